/* vfork: the child runs in the parent's memory, on the parent's stack, until it ends or becomes another program. What it
 * calls meanwhile is not the parent's doing.
 *
 * No C function can stand in front of it, for it returns twice to the same place: the hook notes who called and jumps on. */
#ifndef PYHANDLES_RECORDER_VFORK_H
#define PYHANDLES_RECORDER_VFORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

void hook_vfork(void);

/* Set before slots_patch(): what hook_vfork() jumps to. */
extern void *real_vfork;

/* At the start, and in the child of a fork, which has none of the threads that were in vfork. */
void vfork_prepare(pid_t pid);

/* Called by the hook before anything else, if it is set: with the return address of the call. */
extern _Atomic(void (*)(const void *caller)) vfork_told;

extern _Atomic int vforks_under_way;
bool vfork_is_child(void);

/* Asked in each hook: are we in such a child? */
static inline bool
in_vfork_child(void)
{
    return atomic_load_explicit(&vforks_under_way, memory_order_relaxed) != 0 && vfork_is_child();
}

#endif
