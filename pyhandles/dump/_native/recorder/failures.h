/* Calls that failed with an errno that a trigger waits for, where no OSError may follow: a native library's.
 *
 * A hook may be within a library that holds a lock of its own, so the capture is begun by a thread of ours, which is
 * made for that and soon ends. It waits a moment: where Python code has called, an OSError follows, and the tripwire
 * captures in the thread that failed, with the frame that called still there. */
#ifndef PYHANDLES_RECORDER_FAILURES_H
#define PYHANDLES_RECORDER_FAILURES_H

#include "noting.h"

#include <stdatomic.h>

/* There was one in a signal's handler, where no thread can be made: a later hook does it. */
extern atomic_bool failures_are_left;

void failures_see(int error, const noted *noted);

/* From within a hook: a call has failed, or, with 0, has not. `noted`: the call, where it may have an address, or NULL. */
static inline void
failures_note(int error, const noted *noted)
{
    if (error != 0 || atomic_load_explicit(&failures_are_left, memory_order_relaxed)) {
        failures_see(error, noted);
    }
}

/* In a forked child, into which no other thread has come. */
void failures_after_fork(void);

/* Wait, without the GIL, until what has been noted has fired or turned out to be an OSError. */
void failures_settle(void);

#endif
