/* Where no child can be made: the capture in the service itself, which stands still for it. */
#ifndef PYHANDLES_INPLACE_H
#define PYHANDLES_INPLACE_H

#include "child.h"

/* Capture in this process. Native threads with copies of the descriptor table of their own list the descriptors and
 * write the file, so that they may close what they like and a process at its limit does not matter; the heap is
 * walked by the calling thread, and serialised in memory. Call with the GIL, which is kept: nothing may change the
 * heap meanwhile. The job's report is complete when this returns. NULL with errno where that cannot be done either. */
job *capture_in_place(const request *request);

#endif
