/* The numbers that a thread in poll or select waits for, read from the memory that it gave to the kernel. */
#ifndef PYHANDLES_KERNEL_POLL_SETS_H
#define PYHANDLES_KERNEL_POLL_SETS_H

#include "../vectors.h"
#include "calls_table.h"

#include <stdint.h>

#define MOST_WATCHED 4096 /* of one thread */

/* Add a row to `watches` (watch_row) for each number. `through`: a pipe, whose other end is `from`; by it the kernel does
 * the reading, which for memory that is gone is an error and no crash. Returns: 0, or -1 where not all could be read, which
 * then are not all there. */
int poll_set_read(vector *watches, uint64_t thread, const kernel_call *call, const uint64_t arguments[CALL_ARGUMENTS],
                  int through, int from);

#endif
