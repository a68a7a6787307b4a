/* Pseudoterminals: of which another process's descriptor is an end, and whether this process has the other one. */
#ifndef PYHANDLES_KERNEL_TERMINALS_H
#define PYHANDLES_KERNEL_TERMINALS_H

#include "surroundings.h"

typedef struct {
    int32_t number;
    bool is_master;
} terminal_end;

/* Note the ends that this process has: terminal_end. 0, or -1 where there is no memory. */
int terminals_note(vector *ends, const surroundings *around, const descriptor_table *descriptors);

/* The number of the terminal of which the descriptor `fd`, with this link, of the process at `directory`, /proc/PID, is
 * the other end; -1 where it is that of none of them. */
int32_t terminals_other_end(const vector *ends, int directory, int fd, const char *link);

#endif
