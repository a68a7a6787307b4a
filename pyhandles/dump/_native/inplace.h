/* Where no child can be made: the capture in the service itself, which stands still for it. */
#ifndef PYHANDLES_INPLACE_H
#define PYHANDLES_INPLACE_H

#include "child.h"

/* Capture from a native thread that has a copy of the descriptor table of its own, so that it may close what it likes
 * and a process at its limit does not matter. Call with the GIL, which is kept: nothing may change the heap meanwhile.
 * The job's report is complete when this returns. NULL with errno where that cannot be done either. */
job *capture_in_place(const request *request);

#endif
