/* What is hooked: looked up by its name, by the address of the real function, and by that of the hook. */
#ifndef PYHANDLES_RECORDER_TARGETS_H
#define PYHANDLES_RECORDER_TARGETS_H

#include "genuine.h"
#include "slots.h"

#include <stdbool.h>
#include <stdint.h>

#define TARGETS 160

typedef struct {
    const hooked *call;
    genuine genuine;
} target;

extern target targets[TARGETS];

void targets_add(const hooked *call);

/* Find the real functions of those that had none so far. */
void targets_find(void);

/* These give a number, or -1. */
int targets_of_name(const char *name);
int targets_of_address(uintptr_t address);
int targets_of_hook(uintptr_t address);

/* Is this the address of its real function? */
bool target_is(int number, uintptr_t address);

#endif
