#define _GNU_SOURCE
#include "bytecode_parts.h"

#include <opcode.h>
#include <string.h>

/* The interpreter's own tables, for this object alone. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC visibility push(hidden)
#if PY_VERSION_HEX >= 0x030d0000
#define NEED_OPCODE_METADATA
#include <internal/pycore_opcode_metadata.h>
#else
#define NEED_OPCODE_TABLES
#include <internal/pycore_opcode.h>
#endif
#pragma GCC visibility pop
#pragma GCC diagnostic pop

#define LONGEST_CODE 4096 /* in units: longer ones are not looked through */

/* ---- instructions ---------------------------------------------------------------------------------------- */

/* Those that a monitoring tool puts in hide which they stand for. */
static bool
is_known(unsigned op)
{
    switch (op) {
#ifdef ENTER_EXECUTOR
    case ENTER_EXECUTOR:
#endif
#ifdef END_ASYNC_FOR
    case END_ASYNC_FOR:
#endif
    case CACHE:
        return false;
    default:
#ifdef MIN_INSTRUMENTED_OPCODE
        return op < MIN_INSTRUMENTED_OPCODE;
#else
        return true;
#endif
    }
}

/* The interpreter may be putting a faster variant of an instruction in its place just now: either will do. */
bool
bytecode_fetch(PyCodeObject *code, unsigned at, unsigned *extended, instruction *out)
{
    unsigned end = (unsigned)Py_SIZE(code);
    const uint8_t *bytes = (const uint8_t *)code->co_code_adaptive;
    if (at >= end || end > LONGEST_CODE) {
        return false;
    }
    out->at = at;
    out->op = _PyOpcode_Deopt[__atomic_load_n(&bytes[2 * at], __ATOMIC_RELAXED)];
    out->arg = *extended << 8 | bytes[2 * at + 1];
    out->next = at + 1 + _PyOpcode_Caches[out->op];
    *extended = out->op == EXTENDED_ARG ? out->arg : 0;
    return is_known(out->op) && out->next <= end;
}

int
bytecode_jumps(unsigned op)
{
    switch (op) {
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
#if PY_VERSION_HEX < 0x030c0000
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
#endif
        return -1;
    case JUMP_FORWARD:
    case FOR_ITER:
    case SEND:
#if PY_VERSION_HEX < 0x030c0000
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
#else
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_NONE:
    case POP_JUMP_IF_NOT_NONE:
#endif
        return 1;
    default:
        return 0;
    }
}

unsigned
bytecode_target(const instruction *it)
{
    return bytecode_jumps(it->op) < 0 ? it->next - it->arg : it->next + it->arg;
}

static bool
goes_on(unsigned op)
{
    switch (op) {
    case RETURN_VALUE:
#ifdef RETURN_CONST
    case RETURN_CONST:
#endif
    case RAISE_VARARGS:
    case RERAISE:
    case JUMP_FORWARD:
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
        return false;
    default:
        return true;
    }
}

/* ---- exception handlers ---------------------------------------------------------------------------------- */

handlers
bytecode_handlers(PyCodeObject *code)
{
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    return (handlers){.at = at, .end = at + PyBytes_GET_SIZE(code->co_exceptiontable)};
}

static unsigned
handler_number(handlers *handlers)
{
    unsigned number = 0;
    while (handlers->at < handlers->end) {
        uint8_t byte = *handlers->at++;
        number = number << 6 | (byte & 63);
        if (!(byte & 64)) {
            break;
        }
    }
    return number;
}

bool
bytecode_next_handler(handlers *handlers)
{
    if (handlers->at >= handlers->end) {
        return false;
    }
    handlers->first = handler_number(handlers);
    handlers->last = handlers->first + handler_number(handlers);
    handlers->target = handler_number(handlers);
    handler_number(handlers); /* depth */
    return true;
}

/* ---- what can come after --------------------------------------------------------------------------------- */

typedef struct {
    uint64_t bits[LONGEST_CODE / 64];
    bool changed;
} reached;

static bool
is_reached(const reached *reached, unsigned at)
{
    return reached->bits[at / 64] >> (at % 64) & 1;
}

static bool
reach(reached *reached, unsigned at, unsigned end)
{
    if (at >= end) {
        return false;
    }
    if (!is_reached(reached, at)) {
        reached->bits[at / 64] |= UINT64_C(1) << (at % 64);
        reached->changed = true;
    }
    return true;
}

static bool
reach_from(reached *reached, const instruction *it, handlers handlers, unsigned end)
{
    if (goes_on(it->op) && !reach(reached, it->next, end)) {
        return false;
    }
    if (bytecode_jumps(it->op) != 0 && !reach(reached, bytecode_target(it), end)) {
        return false;
    }
    while (bytecode_next_handler(&handlers)) {
        if (handlers.first <= it->at && it->at < handlers.last && !reach(reached, handlers.target, end)) {
            return false;
        }
    }
    return true;
}

/* All that can be run after the instruction at `from`, which itself counts only where it can be run again. False where
 * that is not known. A frame that has made a call may stand at the call's cache. */
static bool
reach_all(PyCodeObject *code, unsigned from, reached *reached, unsigned *start)
{
    unsigned end = (unsigned)Py_SIZE(code);
    bool found = false;
    memset(reached, 0, sizeof(*reached));
    do {
        unsigned extended = 0;
        instruction it;
        reached->changed = false;
        for (unsigned at = 0; at < end; at = it.next) {
            if (!bytecode_fetch(code, at, &extended, &it)) {
                return false;
            }
            bool is_start = at <= from && from < it.next;
            if (is_start) {
                found = true;
                *start = at;
            }
            if ((is_start || is_reached(reached, at)) && !reach_from(reached, &it, bytecode_handlers(code), end)) {
                return false;
            }
        }
    } while (reached->changed);
    return found;
}

bool
bytecode_may_repeat(PyCodeObject *code, unsigned at)
{
    reached reached;
    unsigned start;
    return !reach_all(code, at, &reached, &start) || is_reached(&reached, start);
}

static bool
stores(const instruction *it, unsigned local)
{
    switch (it->op) {
    case STORE_FAST:
    case DELETE_FAST:
    case MAKE_CELL:
#ifdef LOAD_FAST_AND_CLEAR
    case LOAD_FAST_AND_CLEAR:
#endif
        return it->arg == local;
#ifdef STORE_FAST_STORE_FAST
    case STORE_FAST_STORE_FAST:
    case STORE_FAST_LOAD_FAST:
        return it->arg >> 4 == local || (it->arg & 15) == local;
#endif
    default:
        return false;
    }
}

bool
bytecode_may_store(PyCodeObject *code, unsigned from, unsigned local)
{
    reached reached;
    unsigned start, extended = 0;
    instruction it;
    if (!reach_all(code, from, &reached, &start)) {
        return true;
    }
    for (unsigned at = 0; at < (unsigned)Py_SIZE(code); at = it.next) {
        if (!bytecode_fetch(code, at, &extended, &it) || ((is_reached(&reached, at) || at == start) && stores(&it, local))) {
            return true;
        }
    }
    return false;
}
