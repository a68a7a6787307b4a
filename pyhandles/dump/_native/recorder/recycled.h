/* Tells a code object from one that lay at its address before. */
#ifndef PYHANDLES_RECORDER_RECYCLED_H
#define PYHANDLES_RECORDER_RECYCLED_H

#include "../compat.h"

#include <stdatomic.h>

/* From 3.12 on each code object has a number of its own. Before that there is nothing in it that need differ, as names,
 * tables and all may lie where those of the former one lay; so it is counted how many have ended, by address. */
#if PY_VERSION_HEX >= 0x030c0000
static inline void
recycled_prepare(void)
{
}

static inline uint32_t
recycled_edition(PyCodeObject *code)
{
    return code->co_version;
}
#else
#define RECYCLED_PLACES 8192
extern _Atomic uint32_t recycled_ended[RECYCLED_PLACES];

void recycled_prepare(void);

static inline uint32_t
recycled_edition(PyCodeObject *code)
{
    size_t place = (uintptr_t)code * 0x9E3779B97F4A7C15u >> 51;
    return atomic_load_explicit(&recycled_ended[place], memory_order_relaxed);
}
#endif

#endif
