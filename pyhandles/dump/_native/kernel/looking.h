/* Looks at all threads of this process but two: the one that looks, and the one for which it does. */
#ifndef PYHANDLES_KERNEL_LOOKING_H
#define PYHANDLES_KERNEL_LOOKING_H

#include "surroundings.h"

typedef struct {
    pid_t asking;          /* the thread that waits for the answer: told as running, as it is when it does not */
    vector waits, watches; /* wait_row, where `call` is the kernel's number for it; watch_row */
    unseen why;            /* why not all was seen, or "" */
} threads_seen;

void threads_seen_init(threads_seen *seen, pid_t asking);
void threads_seen_clear(threads_seen *seen);

/* For a thread with a descriptor table of its own, in which OWN_TABLE_ROOM numbers are free. Never fails, and ends soon. */
void threads_look(threads_seen *seen);

#endif
