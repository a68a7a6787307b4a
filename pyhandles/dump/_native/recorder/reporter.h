/* Tells of misuse: on stderr, and by an exception in the thread that did it. */
#ifndef PYHANDLES_RECORDER_REPORTER_H
#define PYHANDLES_RECORDER_REPORTER_H

#include "misuse.h"

/* There is something to tell. `use`: of a call that signals' handlers make, too. From within a hook. */
void reporter_wake(bool use);

/* What there was to tell may be none any more: nobody needs to wait for it. From within a hook. */
void reporter_look_again(void);

/* Decide what is only suspected: a snapshot is to be made, or it is the end. Call with the GIL. */
void reporter_settle(void);

/* Tell what has not been told, from the calling thread. */
void reporter_flush(void);

#endif
