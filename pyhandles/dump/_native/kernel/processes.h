/* Other processes and those of their descriptors that have to do with ours. */
#ifndef PYHANDLES_KERNEL_PROCESSES_H
#define PYHANDLES_KERNEL_PROCESSES_H

#include "surroundings.h"

/* `strays` (stray_socket): which of them a process has is noted. */
void processes_read(surroundings *around, const descriptor_table *descriptors, vector *strays, pid_t service,
                    const deadline *end);

#endif
