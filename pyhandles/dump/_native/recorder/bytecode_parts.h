/* How bytecode is read: for bytecode*.c alone. */
#ifndef PYHANDLES_RECORDER_BYTECODE_PARTS_H
#define PYHANDLES_RECORDER_BYTECODE_PARTS_H

#include "bytecode.h"

typedef struct {
    unsigned at, next, op, arg;
} instruction;

/* The instruction at `at`, told as the plain one that a faster variant stands for. `extended` is what was before it, 0 at
 * first. False where it is not understood. */
bool bytecode_fetch(PyCodeObject *code, unsigned at, unsigned *extended, instruction *out);

/* -1 backward, 1 forward, 0 not at all; and where to. */
int bytecode_jumps(unsigned op);
unsigned bytecode_target(const instruction *it);

/* The table of exception handlers, entry by entry. */
typedef struct {
    const uint8_t *at, *end;
    unsigned first, last, target; /* instructions from first to before last; where they go when they raise */
} handlers;

handlers bytecode_handlers(PyCodeObject *code);
bool bytecode_next_handler(handlers *handlers);

#endif
