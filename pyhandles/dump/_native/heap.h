/* The heap as the walk finds it: every object once, every reference of each, in the order of discovery. */
#ifndef PYHANDLES_HEAP_H
#define PYHANDLES_HEAP_H

#include "compat.h"
#include "format.h"
#include "vectors.h"
#include "plans.h"
#include "texts.h"

enum keys_option { KEYS_NAMES = 0, KEYS_ALL = 1, KEYS_NONE = 2 };

/* What a dict or tuple is to the object it belongs to, learnt from that object. */
enum role { ROLE_NONE = 0, ROLE_ATTRIBUTES = 1, ROLE_GLOBALS = 2, ROLE_CLOSURE = 3 };

typedef struct {
    interpreter_frame *frame;
    uint32_t object;
    uint32_t thread; /* row of the thread */
    uint32_t depth;  /* 0 is the innermost */
} running_frame;

typedef struct {
    uint32_t object, kind, name;
} root_row;

typedef struct heap {
    PyInterpreterState *interpreter;
    PyThreadState *capturing_thread;
    pid_t cause; /* as in the request */
    enum keys_option keys;
    bool redact;
    uint64_t hash_key[2]; /* drawn for each snapshot and forgotten with it */
    bool has_hash_key;    /* where none could be drawn, nothing is hashed: a guess could be checked */

    address_map objects;
    vector flags;   /* uint16_t, enum object_flag */
    vector roles;   /* uint8_t, enum role */
    vector ends;    /* uint32_t: where each object's references end in `targets` */
    vector targets; /* uint32_t: indices of objects */

    address_map closures;  /* the tuples with ROLE_CLOSURE */
    vector closure_codes;  /* PyCodeObject *: whose free variables name their items */
    vector frames;         /* running_frame: the first objects, in this order */
    vector roots;          /* root_row */
    plan_table plans;
    string_table strings;

    volatile uint32_t cursor;     /* the object being read, for the handler of a crash in it */
    volatile uint32_t unreadable; /* objects whose tp_traverse crashed, or went on for ever */
    uint32_t left;                /* so many more references may the object tell that is being read */
    bool complete;                /* every object is found: their number is settled */
    bool failed;                  /* no memory, or too many objects: errno says */
} heap;

int heap_init(heap *heap, PyInterpreterState *interpreter, PyThreadState *capturing_thread);
void heap_clear(heap *heap);

/* Find every object and every reference. 0, or -1 with errno. Reads the interpreter and changes nothing of it.
 * Cost: linear in objects and references. */
int heap_walk(heap *heap);

/* The index of an object, added if it is new; FORMAT_NOTHING where there is no memory. */
uint32_t heap_add(heap *heap, PyObject *object);

static inline uint32_t
heap_find(const heap *heap, const void *object)
{
    return address_map_find(&heap->objects, (uintptr_t)object);
}

static inline PyObject *
heap_object(const heap *heap, uint32_t index)
{
    return (PyObject *)VECTOR_AT(uintptr_t, &heap->objects.addresses, index);
}

/* Whether a target that an object tells of is no object any more. */
static inline bool
heap_is_free(const heap *heap, uint32_t source, PyObject *target)
{
    return COMPAT_MODULES_TELL_OF_FREE_OBJECTS && PyModule_CheckExact(heap_object(heap, source)) &&
           Py_REFCNT(target) <= 0;
}

static inline uint32_t
heap_count(const heap *heap)
{
    return (uint32_t)heap->objects.addresses.length;
}

static inline uint16_t
heap_flags(const heap *heap, uint32_t index)
{
    return VECTOR_AT(uint16_t, &heap->flags, index);
}

/* An interpreter's frame without a frame object stands in the table by its own address: it is no PyObject. */
static inline bool
heap_is_bare_frame(const heap *heap, uint32_t index)
{
    return index < heap->frames.length &&
           (void *)heap_object(heap, index) == (void *)VECTOR_AT(running_frame, &heap->frames, index).frame;
}

static inline PyTypeObject *
heap_type(const heap *heap, uint32_t index)
{
    return heap_is_bare_frame(heap, index) ? &PyFrame_Type : Py_TYPE(heap_object(heap, index));
}

/* A reference that tp_traverse does not report, or whose label is known with it. */
typedef void (*emit_reference)(PyObject *target, uint32_t label, void *arg);

static inline uint32_t
make_label(enum label_kind kind, uint64_t value)
{
    return (uint32_t)kind << LABEL_KIND_SHIFT | (value > LABEL_VALUE_MASK ? LABEL_VALUE_MASK : (uint32_t)value);
}

#endif
