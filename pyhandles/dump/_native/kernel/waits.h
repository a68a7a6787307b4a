/* What each thread of the process waits for, and the sets that it does in poll and select. */
#ifndef PYHANDLES_KERNEL_WAITS_H
#define PYHANDLES_KERNEL_WAITS_H

#include "surroundings.h"

/* In the service, whose descriptor table stays as it is. Takes some 10 microseconds a thread, and 100 milliseconds at the
 * very most. */
void waits_read(surroundings *around);

/* Begin to find out for how long each has slept: when the service goes on, for it takes a while. For a process or thread
 * with a table of its own, in which two numbers are free. */
void waits_begin_to_settle(surroundings *around, pid_t service);

/* Fill it in, as far as it is known by now. */
void waits_settle(surroundings *around);

#endif
