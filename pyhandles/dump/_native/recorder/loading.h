/* The calls that load objects and ask for functions in them: what was loaded before is seen to first.
 *
 * Most must go on as if nothing were in front: by the return address the C library knows who asks, and looks for the
 * object where the asking one's run path says, and for the next function from there on. So nothing can be done after
 * such a call. What dlopen() loads is seen to when its functions are asked for, which is next. dlclose() alone does not
 * care who calls. */
#ifndef PYHANDLES_RECORDER_LOADING_H
#define PYHANDLES_RECORDER_LOADING_H

#include "slots.h"

#include <stdatomic.h>

#define LOADING_CALLS 5

/* Something may have been unloaded, and the same have been loaded again at its place. Cleared by who has seen to it. */
extern atomic_bool loading_unloaded;

/* So many threads are just unloading. */
extern atomic_int loading_unloads;

extern const hooked loading_calls[LOADING_CALLS];

#endif
