/* Losing a race on demand: a delay between the decision to call and the call, at one site. */
#ifndef PYHANDLES_RECORDER_WIDEN_H
#define PYHANDLES_RECORDER_WIDEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How many delays are in force. */
extern _Atomic unsigned widened;

static inline bool
widen_any(void)
{
    return atomic_load_explicit(&widened, memory_order_relaxed) != 0;
}

/* Wait, if that was asked for at this call and site. Was it? */
bool widen_before(uint16_t call, uint32_t site);

/* Take all delays away. */
void widen_forget(void);

#endif
