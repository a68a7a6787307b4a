/* The functions that stand in front of the C library's. */
#ifndef PYHANDLES_RECORDER_HOOKS_H
#define PYHANDLES_RECORDER_HOOKS_H

#include "slots.h"

#include <stdint.h>

enum call {
#define CALL(name, does, told) CALL_##name,
#include "calls.def"
#undef CALL
    CALLS,
};

/* By enum call. */
extern const hooked hooks[CALLS];

/* The call that is told of: open for open64. */
extern const uint16_t told_calls[CALLS];

const char *call_name(uint16_t call);

#endif
