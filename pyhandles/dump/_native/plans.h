/* What is known of each type, worked out once: its category, where its fields are and what they are called. */
#ifndef PYHANDLES_PLANS_H
#define PYHANDLES_PLANS_H

#include "compat.h"
#include "vectors.h"
#include "texts.h"

typedef enum {
    CATEGORY_OTHER,
    CATEGORY_DICT,
    CATEGORY_ORDERED_DICT,
    CATEGORY_LIST,
    CATEGORY_TUPLE,
    CATEGORY_SET,
    CATEGORY_DEQUE,
    CATEGORY_FUNCTION,
    CATEGORY_MODULE,
    CATEGORY_TYPE,
    CATEGORY_CODE,
    CATEGORY_GENERATOR,
    CATEGORY_COROUTINE,
    CATEGORY_ASYNC_GENERATOR,
    CATEGORY_FRAME,
    CATEGORY_EXCEPTION,
    CATEGORY_WEAK_REFERENCE,
    CATEGORY_LRU_CACHE,
    CATEGORY_LOCAL,
    CATEGORY_LOCAL_DUMMY,
    CATEGORY_HAMT_BITMAP,
    CATEGORY_HAMT_ARRAY,
    CATEGORY_HAMT_COLLISION,
    CATEGORY_FILE,
    CATEGORY_SOCKET,
    CATEGORY_EPOLL,
    CATEGORY_MMAP,
    CATEGORY_SCANDIR,
    CATEGORY_TASK,
    CATEGORY_INT,
    CATEGORY_STR,
} category;

typedef struct {
    Py_ssize_t offset;
    uint32_t label;
} plan_field;

typedef struct {
    PyTypeObject *type;
    uint32_t object; /* the index of the type itself */
    category category;
    bool has_dict; /* its instances may have a __dict__ */
    uint32_t first_field, field_count;
} type_plan;

typedef struct {
    address_map types;
    vector plans;  /* type_plan, in the order of `types` */
    vector fields; /* plan_field */
} plan_table;

struct heap;

int plans_init(plan_table *table);
void plans_clear(plan_table *table);

/* The plan of a type, made at the first call; the type becomes an object of the heap. NULL with no memory. Once the
 * heap is complete, a type without a plan is that of an object which could not be read: nothing is known of it. */
const type_plan *plan_of(struct heap *heap, PyTypeObject *type);

/* A field's value by name: of __slots__, of a C type, inline, or in the instance's dict. Borrowed; or NULL. */
PyObject *peek_attribute(struct heap *heap, PyObject *object, const char *name);

/* The value of a str key in a dict, compared by text, without hashing. Borrowed; or NULL. */
PyObject *peek_item(PyObject *dict, const char *key);

#endif
