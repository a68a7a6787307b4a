/* Everything that knows a version of CPython. The other files read the interpreter through these functions.
 *
 * None of them allocates, takes a lock, changes a reference count or raises: they run in a forked child.
 * Layouts of types that no header declares are given here as offsets; each is used only where the type's
 * tp_basicsize is the one that the layout belongs to.
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
#if PY_VERSION_HEX >= 0x030e0000
#error "pyhandles does not read this version of CPython yet"
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
#pragma GCC diagnostic pop

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef _PyInterpreterFrame interpreter_frame;

/* ---- the collector ---------------------------------------------------------------------------------- */

#define COMPAT_GENERATIONS NUM_GENERATIONS

static inline PyGC_Head *
compat_generation(PyInterpreterState *interpreter, int generation)
{
    return &interpreter->gc.generations[generation].head;
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

/* ---- interpreters, threads, frames ------------------------------------------------------------------ */

static inline PyThreadState *
compat_first_thread(PyInterpreterState *interpreter)
{
    return interpreter->threads.head;
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

static inline interpreter_frame *
compat_current_frame(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
    return thread->current_frame;
#else
    return thread->cframe == NULL ? NULL : thread->cframe->current_frame;
#endif
}

static inline PyObject *
compat_frame_function(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    return frame->f_funcobj;
#else
    return (PyObject *)frame->f_func;
#endif
}

/* The frame's code, or NULL for a frame that stands for C. */
static inline PyCodeObject *
compat_frame_code(interpreter_frame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        return NULL;
    }
#endif
#if PY_VERSION_HEX >= 0x030d0000
    return PyCode_Check(frame->f_executable) ? (PyCodeObject *)frame->f_executable : NULL;
#else
    return frame->f_code;
#endif
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

static inline PyObject *
compat_raised_exception(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030c0000
    return thread->current_exception;
#else
    return thread->curexc_value;
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
    return (interpreter_frame *)generator->gi_iframe;
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
#if PY_VERSION_HEX >= 0x030d0000
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

/* Where an instance has inline values and a dict that shows the same values, the dict does not own them. */
static inline bool
compat_dict_borrows_its_values(PyDictObject *dict)
{
#if PY_VERSION_HEX >= 0x030d0000
    return dict->ma_values != NULL && dict->ma_values->embedded;
#else
    (void)dict;
    return false;
#endif
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

/* ---- types that no header declares ------------------------------------------------------------------ */

typedef struct {
    PyObject_HEAD
    int fd;
    unsigned int created : 1;
    unsigned int readable : 1;
    unsigned int writable : 1;
    unsigned int appending : 1;
    signed int seekable : 2;
    unsigned int closefd : 1;
} compat_file_io;

typedef struct {
    PyObject_HEAD
    int fd;
} compat_socket, compat_epoll;

typedef struct {
    PyObject_HEAD
    char *data;
    Py_ssize_t size;
    Py_ssize_t position;
    off_t offset;
    Py_ssize_t exports;
    int fd;
} compat_mmap;

#if PY_VERSION_HEX >= 0x030d0000
#define COMPAT_SCANDIR_PATH_SIZE 88
#else
#define COMPAT_SCANDIR_PATH_SIZE 72
#endif
typedef struct {
    PyObject_HEAD
    char path[COMPAT_SCANDIR_PATH_SIZE];
    void *directory; /* DIR * */
    int fd;
} compat_scandir;

#define COMPAT_DEQUE_BLOCK 64
typedef struct compat_deque_block {
    struct compat_deque_block *left;
    PyObject *data[COMPAT_DEQUE_BLOCK];
    struct compat_deque_block *right;
} compat_deque_block;
typedef struct {
    PyObject_VAR_HEAD
    compat_deque_block *left_block;
    compat_deque_block *right_block;
    Py_ssize_t left_index;
    Py_ssize_t right_index;
} compat_deque;

typedef struct compat_lru_link {
    PyObject_HEAD
    struct compat_lru_link *previous;
    struct compat_lru_link *next;
    Py_hash_t hash;
    PyObject *key;
    PyObject *result;
} compat_lru_link;
typedef struct {
    compat_lru_link root;
} compat_lru_cache;

typedef struct compat_ordered_node {
    PyObject *key;
    Py_hash_t hash;
    struct compat_ordered_node *next;
} compat_ordered_node;
typedef struct {
    PyDictObject dict;
    compat_ordered_node *first;
} compat_ordered_dict;

/* The nodes of the tree behind a context. */
typedef struct {
    PyObject_VAR_HEAD
    uint32_t bitmap;
    PyObject *pairs[1];
} compat_context_bitmap;
typedef struct {
    PyObject_VAR_HEAD
    int32_t hash;
    PyObject *pairs[1];
} compat_context_collision;
#define COMPAT_CONTEXT_ARRAY 32
typedef struct {
    PyObject_HEAD
    PyObject *nodes[COMPAT_CONTEXT_ARRAY];
} compat_context_array;

/* threading.local keeps a dict for each thread. Up to 3.12 the thread's state maps `key` to a dummy that holds
 * it; from 3.13 on the object's own `dicts` maps a weak reference to it. */
typedef struct {
    PyObject_HEAD
#if PY_VERSION_HEX < 0x030d0000
    PyObject *key;
#endif
    PyObject *args;
    PyObject *keywords;
    PyObject *weak_references;
    PyObject *dicts;
} compat_local;
#if PY_VERSION_HEX < 0x030d0000
typedef struct {
    PyObject_HEAD
    PyObject *dict;
} compat_local_dummy;
#endif

#endif
