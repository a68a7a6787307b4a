/* Memory of the recorder's: mapped once, at the start, and never given back, for a thread may be in a hook at any time.
 * Nothing in it is ever locked: a hook may run in a signal's handler, or in a child of a thread that was in another. */
#ifndef PYHANDLES_RECORDER_SHARED_H
#define PYHANDLES_RECORDER_SHARED_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, reserved and not yet used. That which is shared goes on being the same in forked children. NULL with
 * errno where there is none. */
void *recorder_map(size_t bytes, bool shared);

/* In a forked child: what it shared with its parent is its own from here on, and zeroed. 0, or -1 with errno. */
int recorder_map_apart(void *memory, size_t bytes);

#endif
