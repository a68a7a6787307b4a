#include "hooks.h"

#include "hooking.h"
#include "vfork.h"

void *real_calls[CALLS];

#define CALL(name, does, told) void hook_##name(void);
#include "calls.def"
#undef CALL

/* Who asks for what each does. */
enum asking {
    MAKES = SLOTS_ALL,
    WRAPS = SLOTS_ALL,
    PAIRS = SLOTS_ALL,
    COPIES = SLOTS_ALL,
    CLOSES = SLOTS_ALL,
    SHAPES = SLOTS_ALL,
    ADDRESSES = SLOTS_ADDRESSING | SLOTS_ALL,
    USES = SLOTS_ALL,
    FORKS = SLOTS_ALL,
};

const hooked hooks[CALLS] = {
#define CALL(name, does, told) [CALL_##name] = {#name, (void *)hook_##name, &real_calls[CALL_##name], does},
#include "calls.def"
#undef CALL
};

const uint16_t told_calls[CALLS] = {
#define CALL(name, does, told) [CALL_##name] = CALL_##told,
#include "calls.def"
#undef CALL
};

const char *
call_name(uint16_t call)
{
    return call < CALLS ? hooks[call].name : "?";
}
