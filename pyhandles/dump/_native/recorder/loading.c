#define _GNU_SOURCE
#include "loading.h"

#include "machine.h"

NAMED_IN_ASSEMBLY void *real_dlopen, *real_dlmopen, *real_dlsym, *real_dlvsym;
HIDDEN void hook_dlopen(void), hook_dlmopen(void), hook_dlsym(void), hook_dlvsym(void);

JUMP_AFTER(hook_dlopen, slots_refresh, real_dlopen);
JUMP_AFTER(hook_dlmopen, slots_refresh, real_dlmopen);
JUMP_AFTER(hook_dlsym, slots_refresh, real_dlsym);
JUMP_AFTER(hook_dlvsym, slots_refresh, real_dlvsym);

atomic_bool loading_unloaded;
atomic_int loading_unloads;

static int (*real_dlclose)(void *);

static int
hook_dlclose(void *handle)
{
    atomic_fetch_add(&loading_unloads, 1);
    int result = real_dlclose(handle);
    atomic_store(&loading_unloaded, true);
    atomic_fetch_sub(&loading_unloads, 1);
    return result;
}

const hooked loading_calls[LOADING_CALLS] = {
    {"dlopen", (void *)hook_dlopen, &real_dlopen, SLOTS_ADDRESSING | SLOTS_ALL},
    {"dlmopen", (void *)hook_dlmopen, &real_dlmopen, SLOTS_ADDRESSING | SLOTS_ALL},
    {"dlsym", (void *)hook_dlsym, &real_dlsym, SLOTS_ADDRESSING | SLOTS_ALL},
    {"dlclose", (void *)hook_dlclose, (void **)&real_dlclose, SLOTS_ADDRESSING | SLOTS_ALL},
    {"dlvsym", (void *)hook_dlvsym, &real_dlvsym, SLOTS_ADDRESSING | SLOTS_ALL},
};
