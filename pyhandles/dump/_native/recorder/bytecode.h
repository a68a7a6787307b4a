/* What a function's bytecode allows, read without the GIL. What is not understood is told as the answer that proves
 * nothing. */
#ifndef PYHANDLES_RECORDER_BYTECODE_H
#define PYHANDLES_RECORDER_BYTECODE_H

#include "../compat.h"

#include <stdbool.h>
#include <stdint.h>

/* Which variable of the function a call at this instruction is about, and how. */
typedef struct {
    enum { ABOUT_NO_VARIABLE, ABOUT_NUMBER, ABOUT_OWNER } kind;
    unsigned local;
} bytecode_subject;

/* Of os.read(fd, ...) the variable fd, of sock.recv(...) the variable sock: where the call is named like this call of the
 * C library, and nothing but such a variable can come there. */
bytecode_subject bytecode_subject_of(PyCodeObject *code, unsigned at, const char *call);

/* May this instruction be run again before the function ends? */
bool bytecode_may_repeat(PyCodeObject *code, unsigned at);

/* May the variable be another's after this instruction? */
bool bytecode_may_store(PyCodeObject *code, unsigned at, unsigned local);

/* Does it call f(*arguments) there? */
bool bytecode_calls_with_all(PyCodeObject *code, unsigned at);

/* Is this the ASCII text? */
bool bytecode_is_text(PyObject *text, const char *ascii);

#endif
