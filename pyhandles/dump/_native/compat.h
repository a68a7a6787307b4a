/* Everything that knows a version of CPython. The other files read the interpreter through these functions.
 *
 * None of them allocates, takes a lock, changes a reference count or raises: they run in a forked child.
 * Frames and the layouts of undeclared types have files of their own, which this one includes.
 */
#ifndef PYHANDLES_COMPAT_H
#define PYHANDLES_COMPAT_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#include <Python.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x030b0000
#error "pyhandles needs CPython 3.11 or later"
#endif
#if PY_VERSION_HEX >= 0x03100000
#error "pyhandles does not read this version of CPython yet"
#endif
#ifdef Py_GIL_DISABLED
#error "pyhandles does not read free-threaded builds of CPython yet"
#endif

/* The interpreter's own headers are not written for -Wextra. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_hamt.h>
#include <internal/pycore_context.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_object.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_genobject.h>
#include <internal/pycore_interpframe.h>
#include <internal/pycore_stackref.h>
#include <internal/pycore_tstate.h>
#endif
#pragma GCC diagnostic pop

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the collector ---------------------------------------------------------------------------------- */

#define COMPAT_GENERATIONS 3

/* The first releases of 3.14 collect in increments: in place of three generations there lie, as large and in the same
 * order, a young one and the two halves of the old one. */
#ifdef _PyGC_NEXT_MASK_OLD_SPACE_1
#define COMPAT_FIRST_GENERATION young
#else
#define COMPAT_FIRST_GENERATION generations
#endif

static inline struct gc_generation *
compat_generation(PyInterpreterState *interpreter, int generation)
{
    char *first = (char *)&interpreter->gc + offsetof(struct _gc_runtime_state, COMPAT_FIRST_GENERATION);
    return (struct gc_generation *)first + generation;
}

/* How often a generation has been collected. */
static inline Py_ssize_t
compat_collections(PyInterpreterState *interpreter, int generation)
{
#if PY_VERSION_HEX >= 0x030f0000
    struct gc_stats *stats = interpreter->gc.generation_stats;
    if (generation == 0) {
        return stats->young.items[stats->young.index].collections;
    }
    struct gc_old_stats_buffer *old = &stats->old[generation - 1];
    return old->items[old->index].collections;
#else
    return interpreter->gc.generation_stats[generation].collections;
#endif
}

static inline PyGC_Head *
compat_permanent_generation(PyInterpreterState *interpreter)
{
    return &interpreter->gc.permanent_generation.head;
}

static inline PyGC_Head *
compat_gc_next(PyGC_Head *node)
{
    return (PyGC_Head *)(node->_gc_next & ~(uintptr_t)3); /* the low bits are the collector's own */
}

static inline PyObject *
compat_from_gc(PyGC_Head *node)
{
    return (PyObject *)(node + 1);
}

static inline PyGC_Head *
compat_as_gc(PyObject *object)
{
    return (PyGC_Head *)object - 1;
}

static inline bool
compat_is_immortal(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030c0000
    return _Py_IsImmortal(object);
#else
    (void)object;
    return false;
#endif
}

/* The _asyncio module of 3.12 tells of its list of free objects. Whoever takes a reference to one and gives it back, as
 * gc.get_referents() does, frees it once more: the list may be a ring then. */
#define COMPAT_MODULES_TELL_OF_FREE_OBJECTS (PY_VERSION_HEX >= 0x030c0000 && PY_VERSION_HEX < 0x030d0000)

/* ---- interpreters and threads ----------------------------------------------------------------------- */

/* The first of the threads, found from one that is whole. A thread that comes from C enters the list without the GIL, at
 * its head: where that was interrupted by the fork, the head does not lead to the others yet. */
static inline PyThreadState *
compat_first_thread(PyThreadState *known)
{
    while (known->prev != NULL && known->prev->next == known) {
        known = known->prev;
    }
    return known;
}

static inline PyObject *
compat_sys_modules(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX >= 0x030c0000
    return interpreter->imports.modules;
#else
    return interpreter->modules;
#endif
}

/* The dict of all interned strings, each its own value; NULL where it is out of reach. From 3.14 on it is tracked. */
static inline PyObject *
compat_interned_strings(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX >= 0x030c0000
    return interpreter->cached_objects.interned_strings;
#else
    (void)interpreter;
    return NULL;
#endif
}

static inline PyObject *
compat_raised_exception(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030c0000
    return thread->current_exception;
#else
    return thread->curexc_value;
#endif
}

/* What asyncio keeps of a thread: its running loop and task. Before 3.14 they are in the thread's dict. */
static inline PyObject *
compat_running_loop(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030e0000
    return ((_PyThreadStateImpl *)thread)->asyncio_running_loop;
#else
    (void)thread;
    return NULL;
#endif
}

static inline PyObject *
compat_running_task(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030e0000
    return ((_PyThreadStateImpl *)thread)->asyncio_running_task;
#else
    (void)thread;
    return NULL;
#endif
}

/* What is to be called at exit. */
typedef struct {
    PyObject *function, *arguments, *keywords; /* each may be NULL */
} exit_callback;

static inline Py_ssize_t
compat_exit_callback_count(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX >= 0x030e0000
    PyObject *callbacks = interpreter->atexit.callbacks;
    return callbacks != NULL && PyList_Check(callbacks) ? PyList_GET_SIZE(callbacks) : 0;
#else
    return interpreter->atexit.ncallbacks;
#endif
}

static inline exit_callback
compat_exit_callback(PyInterpreterState *interpreter, Py_ssize_t index)
{
#if PY_VERSION_HEX >= 0x030e0000
    PyObject *tuple = PyList_GET_ITEM(interpreter->atexit.callbacks, index);
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) != 3) {
        return (exit_callback){NULL, NULL, NULL};
    }
    PyObject **items = ((PyTupleObject *)tuple)->ob_item;
    return (exit_callback){items[0], items[1], items[2] == Py_None ? NULL : items[2]};
#else
#if PY_VERSION_HEX >= 0x030c0000
    atexit_py_callback *callback = interpreter->atexit.callbacks[index];
#else
    atexit_callback *callback = interpreter->atexit.callbacks[index];
#endif
    if (callback == NULL) {
        return (exit_callback){NULL, NULL, NULL};
    }
    return (exit_callback){callback->func, callback->args, callback->kwargs};
#endif
}

/* The Python function that handles a signal, or NULL. Before 3.12 it is out of reach. */
static inline PyObject *
compat_signal_handler(int number)
{
#if PY_VERSION_HEX >= 0x030d0000
    return _PyRuntime.signals.handlers[number].func;
#elif PY_VERSION_HEX >= 0x030c0000
    return (PyObject *)_PyRuntime.signals.handlers[number].func._value;
#else
    (void)number;
    return NULL;
#endif
}

/* Have the interpreter know of no main program yet. */
static inline void
compat_forget_main(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX >= 0x030c0000
    /* Not freed: which allocator it comes from differs by release. */
#if PY_VERSION_HEX >= 0x030d0000
    interpreter->config.sys_path_0 = NULL;
#else
    _PyRuntime.sys_path_0 = NULL;
#endif
    _PyInterpreterState_SetNotRunningMain(interpreter);
#else
    (void)interpreter;
#endif
}

/* ---- instances -------------------------------------------------------------------------------------- */

static inline PyDictKeysObject *
compat_cached_keys(PyTypeObject *type)
{
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* The values that an instance keeps without a dict; how many is told by `count`. NULL where it has none. */
static inline PyObject **
compat_inline_values(PyObject *object, Py_ssize_t *count)
{
    PyTypeObject *type = Py_TYPE(object);
    PyDictValues *values = NULL;
    *count = 0;
    if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        return NULL;
    }
#if PY_VERSION_HEX >= 0x030e0000
    bool has_dict = _PyObject_ManagedDictPointer(object)->dict != NULL; /* which then owns the values */
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES && !has_dict) {
        values = _PyObject_InlineValues(object);
        if (!values->valid) {
            values = NULL;
        }
    }
#elif PY_VERSION_HEX >= 0x030d0000
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        values = _PyObject_InlineValues(object);
        if (!values->valid) {
            values = NULL;
        }
    }
#elif PY_VERSION_HEX >= 0x030c0000
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
    if (_PyDictOrValues_IsValues(either)) {
        values = _PyDictOrValues_GetValues(either);
    }
#else
    values = *_PyObject_ValuesPointer(object);
#endif
    if (values == NULL) {
        return NULL;
    }
    *count = compat_cached_keys(type)->dk_nentries;
    return values->values;
}

static inline Py_ssize_t compat_item_count(PyObject *object);

/* The instance's dict, where it has one by now; else NULL. */
static inline PyObject *
compat_instance_dict(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
#if PY_VERSION_HEX >= 0x030d0000
        return (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
#elif PY_VERSION_HEX >= 0x030c0000
        PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
        return _PyDictOrValues_IsValues(either) ? NULL : _PyDictOrValues_GetDict(either);
#else
        return *_PyObject_ManagedDictPointer(object);
#endif
    }
    Py_ssize_t offset = type->tp_dictoffset;
    if (offset < 0) {
        offset += (Py_ssize_t)_PyObject_VAR_SIZE(type, compat_item_count(object));
    }
    return offset > 0 ? *(PyObject **)((char *)object + offset) : NULL;
}

/* Is this a type whose references tp_traverse may be asked for? That of a static type aborts. */
static inline bool
compat_is_collectable(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    return PyType_IS_GC(type) && type->tp_traverse != NULL && (type->tp_is_gc == NULL || type->tp_is_gc(object));
}

static inline Py_ssize_t
compat_preheader_size(PyTypeObject *type)
{
    Py_ssize_t size = PyType_IS_GC(type) ? (Py_ssize_t)sizeof(PyGC_Head) : 0;
#if PY_VERSION_HEX >= 0x030c0000
    return size + (type->tp_flags & Py_TPFLAGS_PREHEADER ? 2 * (Py_ssize_t)sizeof(PyObject *) : 0);
#else
    return size + (type->tp_flags & Py_TPFLAGS_MANAGED_DICT ? 2 * (Py_ssize_t)sizeof(PyObject *) : 0);
#endif
}

/* The bytes that a bytearray has allocated: from 3.15 on they are those of a bytes object of its own. */
static inline Py_ssize_t
compat_byte_array_room(PyByteArrayObject *array)
{
#if PY_VERSION_HEX >= 0x030f0000
    return array->ob_alloc == 0 ? 0 : (Py_ssize_t)offsetof(PyBytesObject, ob_sval) + array->ob_alloc + 1;
#else
    return array->ob_alloc;
#endif
}

/* ---- integers --------------------------------------------------------------------------------------- */

static inline Py_ssize_t
compat_digit_count(PyLongObject *number)
{
#if PY_VERSION_HEX >= 0x030c0000
    return (Py_ssize_t)(number->long_value.lv_tag >> _PyLong_NON_SIZE_BITS);
#else
    return Py_ABS(Py_SIZE(number));
#endif
}

/* The value of an int that fits; false where it does not. */
static inline bool
compat_small_int(PyObject *object, int64_t *value)
{
    PyLongObject *number = (PyLongObject *)object;
    Py_ssize_t count = compat_digit_count(number);
#if PY_VERSION_HEX >= 0x030c0000
    const digit *digits = number->long_value.ob_digit;
    bool negative = (number->long_value.lv_tag & _PyLong_SIGN_MASK) == 2;
#else
    const digit *digits = number->ob_digit;
    bool negative = Py_SIZE(number) < 0;
#endif
    if (count * PyLong_SHIFT > 90 || (count == 3 && digits[2] > 7)) {
        return false;
    }
    uint64_t magnitude = 0;
    for (Py_ssize_t i = count; --i >= 0;) {
        magnitude = magnitude << PyLong_SHIFT | digits[i];
    }
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

/* How many items of tp_itemsize an object has. */
static inline Py_ssize_t
compat_item_count(PyObject *object)
{
    if (PyLong_Check(object)) {
        return compat_digit_count((PyLongObject *)object);
    }
    return Py_ABS(Py_SIZE(object));
}

/* A tuple made by its type's tp_alloc has its items now. */
static inline void
compat_tuple_filled(PyObject *tuple)
{
#if PY_VERSION_HEX >= 0x030e0000
    ((PyTupleObject *)tuple)->ob_hash = -1; /* not computed yet */
#else
    (void)tuple;
#endif
}

/* The state of the calling thread, where it has the GIL; anything else where it has not. */
static inline PyThreadState *
compat_attached_thread(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyThreadState_GetUnchecked();
#else
    return _PyThreadState_UncheckedGet();
#endif
}

#include "compat_frames.h"
#include "compat_layouts.h"

#endif
