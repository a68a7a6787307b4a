/* How a hook is made: for the files that make them. */
#ifndef PYHANDLES_RECORDER_HOOKING_H
#define PYHANDLES_RECORDER_HOOKING_H

#include "noting.h"

#include <stdatomic.h>

/* What is called where nothing is in front, by enum call. */
extern void *real_calls[CALLS];

/* The real function, of the type that the hook has itself. */
#define REAL(name) ((__typeof__(&hook_##name))real_calls[CALL_##name])

#define CALLER __builtin_return_address(0)
#define RECORDING atomic_load_explicit(&recording, memory_order_relaxed)

/* A hook: (type parameters), (arguments), the number that the call is about, and what to note of its `result`. */
#define HOOK(type, name, parameters, arguments, fd, note)       \
    type hook_##name parameters                                 \
    {                                                           \
        if (!RECORDING) {                                       \
            return REAL(name) arguments;                        \
        }                                                       \
        noted noted;                                            \
        note_begin(&noted, CALL_##name, fd, CALLER);            \
        type result = REAL(name) arguments;                     \
        note;                                                   \
        return result;                                          \
    }

/* Of a call that makes a descriptor: the detail can be read when it is known whether the kernel has. */
#define NOTE_MADE(failed, made, detail)                         \
    noted.error = failed ? errno : 0;                           \
    detail;                                                     \
    note_made(&noted, made)

#define MAKING(name, parameters, arguments, detail)             \
    HOOK(int, name, parameters, arguments, -1, NOTE_MADE(result < 0, result, detail))

/* A call that gives something for a descriptor which stays, or does something to it. */
#define SHAPING(type, name, parameters, arguments, fd, failed, detail)  \
    HOOK(type, name, parameters, arguments, fd,                         \
         noted.error = result == failed ? errno : 0;                    \
         detail;                                                        \
         note_shaped(&noted, result == failed ? -1 : 0))

#define NOTHING_ELSE (void)0

#endif
