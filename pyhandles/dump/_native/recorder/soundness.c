#define _GNU_SOURCE
#include "soundness.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_SUCH_ACTION (-1)
#define MASK_BYTES sizeof(uint64_t)

static uint64_t
blocked_signals(void)
{
    uint64_t mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, MASK_BYTES);
    return mask;
}

/* The kernel reads a word here before it finds that it is asked for nothing it knows. */
static bool
is_readable(const void *address)
{
    int kept = errno;
    bool readable = syscall(SYS_rt_sigprocmask, NO_SUCH_ACTION, address, NULL, MASK_BYTES) == -1 && errno == EINVAL;
    errno = kept;
    return readable;
}

static bool
are_readable(const void *start, size_t bytes)
{
    return (uintptr_t)start % sizeof(void *) == 0 && is_readable(start) &&
           is_readable((const char *)start + bytes - MASK_BYTES);
}

static bool
is_a(PyObject *object, PyTypeObject *type)
{
    return are_readable(object, sizeof(PyObject)) && Py_IS_TYPE(object, type);
}

static bool
is_code(PyObject *object)
{
    if (!is_a(object, &PyCode_Type) || !are_readable(object, sizeof(PyCodeObject))) {
        return false;
    }
    PyCodeObject *code = (PyCodeObject *)object;
    return is_a(code->co_filename, &PyUnicode_Type) && is_a(code->co_qualname, &PyUnicode_Type) &&
           is_a(code->co_linetable, &PyBytes_Type);
}

/* Frames lie one behind the other, and what lies behind the last has ended. */
static bool
has_ended(PyThreadState *thread, interpreter_frame *frame)
{
    return (PyObject **)frame >= thread->datastack_top && (PyObject **)frame < thread->datastack_limit;
}

static bool
is_frame(PyThreadState *thread, interpreter_frame *frame)
{
    if (!are_readable(frame, sizeof(*frame)) || has_ended(thread, frame)) {
        return false;
    }
    if (compat_frame_is_of_c(frame)) {
        return true;
    }
    PyObject *executable = compat_frame_executable(frame).object;
    if (!is_code(executable)) {
        return false;
    }
    int offset = compat_frame_offset(frame);
    return offset >= -1 && offset < Py_SIZE(executable);
}

static bool
are_frames(PyThreadState *thread, unsigned most)
{
    unsigned complete = 0, looked_at = 0;
    for (interpreter_frame *frame = compat_current_frame(thread); frame != NULL; frame = frame->previous) {
        if (complete > most) {
            return true; /* who reads so many looks at the next one too */
        }
        if (looked_at++ > 4 * most || !is_frame(thread, frame)) {
            return false;
        }
        complete += compat_frame_is_complete(frame);
    }
    return true;
}

/* A thread that does not have the GIL is not in the midst of the interpreter; and while a handler runs, its signal is
 * blocked, unless it was asked for that it be not. Others may be blocked at any time, so that alone says nothing. */
bool
frames_are_sound(PyThreadState *thread, unsigned most)
{
    return compat_attached_thread() != thread || blocked_signals() == 0 || are_frames(thread, most);
}
