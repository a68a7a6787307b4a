#define _GNU_SOURCE
#include "bytecode_parts.h"

#include <opcode.h>
#include <string.h>

#define LOOKED_BACK 32

/* By how much it makes the evaluation stack higher; false where that is not known, or where it does more than to work
 * out an argument. */
static bool
effect_of(const instruction *it, int *effect)
{
    int arg = (int)it->arg;
    switch (it->op) {
    case NOP:
    case EXTENDED_ARG:
        *effect = 0;
        return true;
    case LOAD_FAST:
    case LOAD_CONST:
    case PUSH_NULL:
#ifdef LOAD_FAST_CHECK
    case LOAD_FAST_CHECK:
#endif
#ifdef LOAD_FAST_BORROW
    case LOAD_FAST_BORROW:
#endif
#ifdef LOAD_SMALL_INT
    case LOAD_SMALL_INT:
#endif
        *effect = 1;
        return true;
    case LOAD_GLOBAL:
        *effect = 1 + (arg & 1);
        return true;
#ifdef LOAD_FAST_LOAD_FAST
    case LOAD_FAST_LOAD_FAST:
#endif
#ifdef LOAD_FAST_BORROW_LOAD_FAST_BORROW
    case LOAD_FAST_BORROW_LOAD_FAST_BORROW:
#endif
#if defined(LOAD_FAST_LOAD_FAST) || defined(LOAD_FAST_BORROW_LOAD_FAST_BORROW)
        *effect = 2;
        return true;
#endif
#if PY_VERSION_HEX < 0x030c0000
    case LOAD_ATTR:
        *effect = 0;
        return true;
    case LOAD_METHOD:
        *effect = 1;
        return true;
    case PRECALL:
        *effect = -arg;
        return true;
    case CALL:
        *effect = -1;
        return true;
#else
    case LOAD_ATTR:
        *effect = arg & 1;
        return true;
    case CALL:
        *effect = -arg - 1;
        return true;
#endif
    case BINARY_OP:
        *effect = -1;
        return true;
    default:
        return false;
    }
}

static bool
is_load(const instruction *it)
{
    switch (it->op) {
    case LOAD_FAST:
#ifdef LOAD_FAST_CHECK
    case LOAD_FAST_CHECK:
#endif
#ifdef LOAD_FAST_BORROW
    case LOAD_FAST_BORROW:
#endif
        return true;
    default:
        return false;
    }
}

static bool
is_pair_of_loads(const instruction *it)
{
    switch (it->op) {
#ifdef LOAD_FAST_LOAD_FAST
    case LOAD_FAST_LOAD_FAST:
        return true;
#endif
#ifdef LOAD_FAST_BORROW_LOAD_FAST_BORROW
    case LOAD_FAST_BORROW_LOAD_FAST_BORROW:
        return true;
#endif
    default:
        return false;
    }
}

bool
bytecode_is_text(PyObject *text, const char *ascii)
{
    return PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT_ASCII(text) &&
           strcmp((const char *)PyUnicode_DATA(text), ascii) == 0;
}

static bool
is_named(PyCodeObject *code, unsigned name, const char *wanted)
{
    return name < (unsigned)PyTuple_GET_SIZE(code->co_names) &&
           bytecode_is_text(PyTuple_GET_ITEM(code->co_names, name), wanted);
}

static bool
loads_attribute(PyCodeObject *code, const instruction *it, const char *wanted, bool of_method)
{
#if PY_VERSION_HEX < 0x030c0000
    return it->op == (of_method ? LOAD_METHOD : LOAD_ATTR) && is_named(code, it->arg, wanted);
#else
    return it->op == LOAD_ATTR && (it->arg & 1) == of_method && is_named(code, it->arg >> 1, wanted);
#endif
}

/* The methods that have other names than what they call. */
static bool
loads_method(PyCodeObject *code, const instruction *it, const char *call)
{
    static const char *const others[][2] = {
        {"recv_into", "recv"}, {"recvfrom_into", "recvfrom"}, {"recvmsg_into", "recvmsg"}, {"sendall", "send"}};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(others); i++) {
        if (strcmp(others[i][1], call) == 0 && loads_attribute(code, it, others[i][0], true)) {
            return true;
        }
    }
    return (strncmp(call, "recv", 4) == 0 || strncmp(call, "send", 4) == 0) && loads_attribute(code, it, call, true);
}

/* os.CALL, up to `last`: gives the first instruction, or -1. */
static int
function_of_os(PyCodeObject *code, const instruction *past, int last, const char *call)
{
    if (last >= 0 && past[last].op == PUSH_NULL) {
        last--;
    }
    if (last >= 1 && (loads_attribute(code, &past[last], call, false) || loads_attribute(code, &past[last], call, true)) &&
        past[last - 1].op == LOAD_GLOBAL && is_named(code, past[last - 1].arg >> 1, "os")) {
        return last - 1;
    }
    return -1;
}

/* The instructions are worked out backwards: what was pushed last onto the level of the first argument, or of the
 * method, is that. `first`: where it begins. */
static bytecode_subject
subject_among(PyCodeObject *code, const instruction *past, int count, int arguments, const char *call, unsigned *first)
{
    bytecode_subject none = {ABOUT_NO_VARIABLE, 0};
    int level = 0; /* after the instruction; 0: all arguments are there */
    bool has_first = false;
    for (int i = count - 1; i >= 0; i--) {
        int effect, begin = -1;
        unsigned local = past[i].arg;
        if (!effect_of(&past[i], &effect)) {
            return none;
        }
        if (level == -arguments) {
            if (i > 0 && loads_method(code, &past[i], call) && is_load(&past[i - 1])) {
                *first = past[i - 1].at;
                return (bytecode_subject){ABOUT_OWNER, past[i - 1].arg};
            }
            return none;
        }
        if (!has_first && level == 1 - arguments) {
            has_first = true;
            begin = is_load(&past[i]) ? function_of_os(code, past, i - 1, call) : -1;
        }
        else if (!has_first && level == 2 - arguments && is_pair_of_loads(&past[i])) {
            has_first = true;
            begin = function_of_os(code, past, i - 1, call);
            local = past[i].arg >> 4;
        }
        if (begin >= 0) {
            *first = past[begin].at;
            return (bytecode_subject){ABOUT_NUMBER, local};
        }
        level -= effect;
        if (level < -arguments) {
            return none;
        }
    }
    return none;
}

/* Whether code comes there from elsewhere. */
static bool
is_entered(PyCodeObject *code, unsigned after, unsigned to)
{
    unsigned extended = 0;
    instruction it;
    for (unsigned at = 0; at < (unsigned)Py_SIZE(code); at = it.next) {
        if (!bytecode_fetch(code, at, &extended, &it)) {
            return true;
        }
        if (bytecode_jumps(it.op) != 0 && bytecode_target(&it) > after && bytecode_target(&it) <= to) {
            return true;
        }
    }
    handlers handlers = bytecode_handlers(code);
    while (bytecode_next_handler(&handlers)) {
        if (handlers.target > after && handlers.target <= to) {
            return true;
        }
    }
    return false;
}

static bool
is_of_its_own(PyCodeObject *code, unsigned local)
{
    const char *kinds = PyBytes_AS_STRING(code->co_localspluskinds);
    return local < (unsigned)code->co_nlocalsplus && !(kinds[local] & (CO_FAST_CELL | CO_FAST_FREE));
}

static bool
is_call(unsigned op)
{
#if PY_VERSION_HEX < 0x030c0000
    return op == PRECALL || op == CALL;
#else
    return op == CALL;
#endif
}

bytecode_subject
bytecode_subject_of(PyCodeObject *code, unsigned wanted, const char *call)
{
    bytecode_subject subject = {ABOUT_NO_VARIABLE, 0};
    instruction past[LOOKED_BACK], it;
    int count = 0;
    unsigned extended = 0, first = 0;
    for (unsigned at = 0; at <= wanted; at = it.next) {
        if (!bytecode_fetch(code, at, &extended, &it)) {
            return subject;
        }
        if (at == wanted) {
            break;
        }
        if (count == LOOKED_BACK) {
            memmove(past, past + 1, sizeof(past[0]) * --count);
        }
        past[count++] = it;
    }
    if (it.at != wanted || !is_call(it.op)) {
        return subject;
    }
#if PY_VERSION_HEX < 0x030c0000
    if (it.op == CALL && (count == 0 || past[--count].op != PRECALL)) {
        return subject;
    }
#endif
    subject = subject_among(code, past, count, (int)it.arg, call, &first);
    if (subject.kind == ABOUT_NO_VARIABLE || !is_of_its_own(code, subject.local) || is_entered(code, first, wanted)) {
        return (bytecode_subject){ABOUT_NO_VARIABLE, 0};
    }
    return subject;
}

bool
bytecode_calls_with_all(PyCodeObject *code, unsigned wanted)
{
    unsigned extended = 0;
    instruction it;
    for (unsigned at = 0; at <= wanted; at = it.next) {
        if (!bytecode_fetch(code, at, &extended, &it)) {
            return false;
        }
        if (it.next > wanted) {
            return it.op == CALL_FUNCTION_EX;
        }
    }
    return false;
}
