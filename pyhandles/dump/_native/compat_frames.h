/* Frames, of threads and of generators, in every version of CPython. Part of compat.h: include that.
 *
 * Up to 3.13 a word of a frame is a pointer to an object, which the frame owns. From 3.14 on it is tagged: it may be a
 * small number instead, or a reference that is borrowed from whoever keeps the object alive meanwhile. The collector
 * does not subtract a borrowed reference, so it does not count here either.
 */
#ifndef PYHANDLES_COMPAT_FRAMES_H
#define PYHANDLES_COMPAT_FRAMES_H

typedef _PyInterpreterFrame interpreter_frame;

/* What a word of a frame refers to. */
typedef struct {
    PyObject *object; /* or NULL */
    bool counted;     /* in the object's reference count */
} frame_reference;

#if PY_VERSION_HEX >= 0x030e0000
typedef _PyStackRef frame_word;
#else
typedef PyObject *frame_word;
#endif

static inline frame_reference
compat_frame_reference(frame_word word)
{
#if PY_VERSION_HEX >= 0x030e0000
    if ((word.bits & Py_INT_TAG) > Py_TAG_REFCNT) {
        return (frame_reference){NULL, false}; /* a number, or what marks an error */
    }
    PyObject *object = (PyObject *)(word.bits & ~(uintptr_t)Py_TAG_REFCNT);
    /* A reference to an immortal object is never counted; that it is borrowed says nothing. */
    bool counted = object != NULL && (PyStackRef_RefcountOnObject(word) || _Py_IsImmortal(object));
    return (frame_reference){object, counted};
#else
    return (frame_reference){word, true};
#endif
}

static inline interpreter_frame *
compat_current_frame(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
    return thread->current_frame;
#else
    return thread->cframe == NULL ? NULL : thread->cframe->current_frame;
#endif
}

static inline frame_reference
compat_frame_function(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    return compat_frame_reference(frame->f_funcobj);
#else
    return compat_frame_reference((PyObject *)frame->f_func);
#endif
}

/* What it runs: the code, or something else for a frame that stands for C. */
static inline frame_reference
compat_frame_executable(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return compat_frame_reference(frame->f_executable);
#else
    return compat_frame_reference((PyObject *)frame->f_code);
#endif
}

/* The frame's code, or NULL for a frame that stands for C. */
static inline PyCodeObject *
compat_frame_code(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    if (frame->owner >= FRAME_OWNED_BY_INTERPRETER) {
        return NULL;
    }
#elif PY_VERSION_HEX >= 0x030c0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        return NULL;
    }
#endif
    PyObject *executable = compat_frame_executable(frame).object;
    return executable != NULL && PyCode_Check(executable) ? (PyCodeObject *)executable : NULL;
}

static inline bool
compat_frame_is_complete(interpreter_frame *frame)
{
    return compat_frame_code(frame) != NULL && !_PyFrame_IsIncomplete(frame);
}

static inline int
compat_frame_line(interpreter_frame *frame)
{
    PyCodeObject *code = compat_frame_code(frame);
    return PyCode_Addr2Line(code, _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT));
}

/* Variables first, then the evaluation stack. */
static inline frame_reference
compat_frame_word(interpreter_frame *frame, int index)
{
    return compat_frame_reference(frame->localsplus[index]);
}

/* How many words are in use, or -1 where that is known to the C compiler alone: before 3.14, while the frame runs. */
static inline int
compat_frame_word_count(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return (int)(frame->stackpointer - frame->localsplus);
#else
    return frame->stacktop;
#endif
}

/* ---- generators ------------------------------------------------------------------------------------- */

static inline bool
compat_generator_has_frame(PyGenObject *generator)
{
    return generator->gi_frame_state < FRAME_CLEARED;
}

static inline bool
compat_generator_is_running(PyGenObject *generator)
{
    return generator->gi_frame_state == FRAME_EXECUTING;
}

static inline interpreter_frame *
compat_generator_frame(PyGenObject *generator)
{
    return (interpreter_frame *)&generator->gi_iframe;
}

/* From 3.14 on a generator that has ended keeps its code. */
static inline PyObject *
compat_ended_generator_code(PyGenObject *generator)
{
#if PY_VERSION_HEX >= 0x030e0000
    return compat_frame_executable(compat_generator_frame(generator)).object;
#else
    (void)generator;
    return NULL;
#endif
}

#endif
