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

/* Have a thread look as it does before Python code first runs in it. What runs now must not go on after that. */
static inline void
compat_forget_frames(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030f0000
    thread->current_frame = thread->base_frame;
#elif PY_VERSION_HEX >= 0x030d0000
    thread->current_frame = NULL;
#else
    thread->cframe->current_frame = NULL;
#endif
#if PY_VERSION_HEX >= 0x030c0000
    thread->py_recursion_remaining = thread->py_recursion_limit;
#else
    thread->recursion_remaining = thread->recursion_limit;
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

static inline bool
compat_frame_is_of_c(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return frame->owner >= FRAME_OWNED_BY_INTERPRETER;
#elif PY_VERSION_HEX >= 0x030c0000
    return frame->owner == FRAME_OWNED_BY_CSTACK;
#else
    (void)frame;
    return false;
#endif
}

/* The frame's code, or NULL for a frame that stands for C. */
static inline PyCodeObject *
compat_frame_code(interpreter_frame *frame)
{
    if (compat_frame_is_of_c(frame)) {
        return NULL;
    }
    PyObject *executable = compat_frame_executable(frame).object;
    return executable != NULL && PyCode_Check(executable) ? (PyCodeObject *)executable : NULL;
}

static inline bool
compat_frame_is_complete(interpreter_frame *frame)
{
    return compat_frame_code(frame) != NULL && !_PyFrame_IsIncomplete(frame);
}

/* This frame, or the next one outwards that is complete, or NULL. */
static inline interpreter_frame *
compat_complete_frame(interpreter_frame *frame)
{
    while (frame != NULL && !compat_frame_is_complete(frame)) {
        frame = frame->previous;
    }
    return frame;
}

/* Is it a function's, of a thread's own stack: no generator's, and nothing's that stands for C? */
static inline bool
compat_frame_is_of_function(interpreter_frame *frame)
{
    return compat_frame_is_complete(frame) && frame->owner == FRAME_OWNED_BY_THREAD;
}

/* Has Python code begun it by itself, and no function of C in between? */
static inline bool
compat_frame_is_called_by(interpreter_frame *frame, interpreter_frame *caller)
{
#if PY_VERSION_HEX < 0x030c0000
    return frame->previous == caller && !frame->is_entry;
#else
    return frame->previous == caller;
#endif
}

/* A number of the location table: six bits a byte, the lowest first. */
static inline unsigned
compat_location_number(const unsigned char **at)
{
    unsigned number = 0;
    for (unsigned shift = 0;; shift += 6) {
        unsigned byte = *(*at)++;
        number |= (byte & 0x3F) << shift;
        if ((byte & 0x40) == 0 || shift > 24) {
            return number;
        }
    }
}

/* The line of the instruction at this offset, in units; 0 for one that has none. Reads only what never changes: what
 * CPython's own function reads may be put into place just now, if this thread does not have the GIL. The table is
 * described in CPython's Objects/locations.md. */
static inline unsigned
compat_code_line(PyCodeObject *code, int offset)
{
    enum { ONE_LINE_0 = 10, ONE_LINE_2 = 12, NO_COLUMNS = 13, LONG = 14, NONE = 15 };
    const unsigned char *entry = (const unsigned char *)PyBytes_AS_STRING(code->co_linetable);
    const unsigned char *end = entry + PyBytes_GET_SIZE(code->co_linetable);
    int line = code->co_firstlineno, reached = 0;
    while (entry < end) {
        unsigned kind = *entry >> 3 & 15;
        reached += (*entry & 7) + 1;
        if (kind == NO_COLUMNS || kind == LONG) {
            const unsigned char *number = entry + 1;
            unsigned delta = compat_location_number(&number);
            line += delta & 1 ? -(int)(delta >> 1) : (int)(delta >> 1);
        }
        else if (kind >= ONE_LINE_0 && kind <= ONE_LINE_2) {
            line += (int)kind - ONE_LINE_0;
        }
        if (offset < reached) {
            return kind == NONE || line < 0 ? 0 : (unsigned)line;
        }
        do {
            entry++;
        } while (entry < end && (*entry & 0x80) == 0);
    }
    return 0;
}

/* Which instruction of its code a frame is at, in units. */
static inline int
compat_frame_offset(interpreter_frame *frame)
{
    return _PyInterpreterFrame_LASTI(frame);
}

/* The same as an address, which lies in the code object. */
static inline uintptr_t
compat_frame_instruction(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return (uintptr_t)frame->instr_ptr;
#else
    return (uintptr_t)frame->prev_instr;
#endif
}

static inline int
compat_frame_line(interpreter_frame *frame)
{
    PyCodeObject *code = compat_frame_code(frame);
    return PyCode_Addr2Line(code, compat_frame_offset(frame) * (int)sizeof(_Py_CODEUNIT));
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

/* Its code, also when it has ended: until 3.11 the frame has let go of it by then, and the generator has it. Or NULL. */
static inline PyCodeObject *
compat_generator_code(PyGenObject *generator)
{
#if PY_VERSION_HEX < 0x030c0000
    return (PyCodeObject *)generator->gi_code;
#else
    return compat_frame_code(compat_generator_frame(generator));
#endif
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
