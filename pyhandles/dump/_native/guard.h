/* Reading an object may crash: an extension's tp_traverse may be wrong, memory may be damaged. In a child of ours
 * that costs the one object. */
#ifndef PYHANDLES_GUARD_H
#define PYHANDLES_GUARD_H

#include <setjmp.h>

extern sigjmp_buf guard_return;
extern volatile int guard_armed;

/* Catch the signals of a crash on a stack of its own. For a forked child alone. 0 or -1. */
int guard_install(void);

/* `if (guard_enter()) { a crash brought us here }`. In force until guard_leave(). */
#define guard_enter() (guard_armed = 1, sigsetjmp(guard_return, 0))
#define guard_leave() ((void)(guard_armed = 0))

#endif
