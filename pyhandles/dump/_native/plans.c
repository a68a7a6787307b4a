#include "plans.h"

#include "fields.h"
#include "heap.h"

#include <string.h>

int
plans_init(plan_table *table)
{
    vector_init(&table->plans, sizeof(type_plan));
    vector_init(&table->fields, sizeof(plan_field));
    return address_map_init(&table->types, 1024);
}

void
plans_clear(plan_table *table)
{
    address_map_clear(&table->types);
    vector_clear(&table->plans);
    vector_clear(&table->fields);
}

/* Types that have no public name in C, told by theirs; a class statement cannot make one of these names. */
static const struct {
    const char *name;
    category category;
    Py_ssize_t least_size;
} named_types[] = {
    {"collections.OrderedDict", CATEGORY_ORDERED_DICT, sizeof(compat_ordered_dict)},
    {"collections.deque", CATEGORY_DEQUE, sizeof(compat_deque)},
    {"functools._lru_cache_wrapper", CATEGORY_LRU_CACHE, sizeof(compat_lru_cache)},
    {"_thread._local", CATEGORY_LOCAL, sizeof(compat_local)},
    {"_thread._localdummy", CATEGORY_LOCAL_DUMMY, 0},
    {"hamt_bitmap_node", CATEGORY_HAMT_BITMAP, 0},
    {"hamt_array_node", CATEGORY_HAMT_ARRAY, 0},
    {"hamt_collision_node", CATEGORY_HAMT_COLLISION, 0},
    {"_io.FileIO", CATEGORY_FILE, sizeof(compat_file_io)},
    {"_socket.socket", CATEGORY_SOCKET, sizeof(compat_socket)},
    {"select.epoll", CATEGORY_EPOLL, sizeof(compat_epoll)},
    {"mmap.mmap", CATEGORY_MMAP, sizeof(compat_mmap)},
    {"posix.ScandirIterator", CATEGORY_SCANDIR, sizeof(PyObject) + COMPAT_SCANDIR_TAIL},
    {"_asyncio.Task", CATEGORY_TASK, 0},
};

static category
category_by_name(PyTypeObject *type)
{
    for (PyTypeObject *base = type; base != NULL; base = base->tp_base) {
        if (is_of_class_statement(base)) {
            continue; /* what counts is what it stands on */
        }
        for (size_t i = 0; i < Py_ARRAY_LENGTH(named_types); i++) {
            if (strcmp(base->tp_name, named_types[i].name) == 0 && base->tp_basicsize >= named_types[i].least_size) {
                return named_types[i].category;
            }
        }
        if (strcmp(base->tp_name, "weakref") == 0 || strncmp(base->tp_name, "weakref.", 8) == 0 ||
            strcmp(base->tp_name, "weakproxy") == 0 || strcmp(base->tp_name, "weakcallableproxy") == 0) {
            return CATEGORY_WEAK_REFERENCE;
        }
    }
    return CATEGORY_OTHER;
}

static category
categorize(PyTypeObject *type)
{
    unsigned long flags = type->tp_flags;
    if (flags & Py_TPFLAGS_LONG_SUBCLASS) {
        return CATEGORY_INT;
    }
    if (flags & Py_TPFLAGS_UNICODE_SUBCLASS) {
        return CATEGORY_STR;
    }
    if (flags & Py_TPFLAGS_TUPLE_SUBCLASS) {
        return CATEGORY_TUPLE;
    }
    if (flags & Py_TPFLAGS_LIST_SUBCLASS) {
        return CATEGORY_LIST;
    }
    if (flags & Py_TPFLAGS_TYPE_SUBCLASS) {
        return CATEGORY_TYPE;
    }
    if (flags & Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return CATEGORY_EXCEPTION;
    }
    if (flags & Py_TPFLAGS_DICT_SUBCLASS) {
        return category_by_name(type) == CATEGORY_ORDERED_DICT ? CATEGORY_ORDERED_DICT : CATEGORY_DICT;
    }
    if (type == &PyFunction_Type) {
        return CATEGORY_FUNCTION;
    }
    if (type == &PyCode_Type) {
        return CATEGORY_CODE;
    }
    if (type == &PyFrame_Type) {
        return CATEGORY_FRAME;
    }
    if (type == &PyGen_Type) {
        return CATEGORY_GENERATOR;
    }
    if (type == &PyCoro_Type) {
        return CATEGORY_COROUTINE;
    }
    if (type == &PyAsyncGen_Type) {
        return CATEGORY_ASYNC_GENERATOR;
    }
    for (PyTypeObject *base = type; base != NULL; base = base->tp_base) {
        if (base == &PySet_Type || base == &PyFrozenSet_Type) {
            return CATEGORY_SET;
        }
        if (base == &PyModule_Type) {
            return CATEGORY_MODULE;
        }
    }
    return category_by_name(type);
}

static int
add_field(heap *heap, type_plan *plan, Py_ssize_t offset, enum label_kind kind, const char *name)
{
    uint32_t text = strings_add_literal(&heap->strings, name);
    plan_field *field = vector_append(&heap->plans.fields);
    if (text == NO_STRING || field == NULL) {
        return -1;
    }
    field->offset = offset;
    field->label = kind == LABEL_BASE ? make_label(LABEL_BASE, 0) : make_label(kind, text);
    plan->field_count++;
    return 0;
}

static int
add_declared_fields(heap *heap, type_plan *plan, PyTypeObject *type)
{
    bool by_class_statement =
        type->tp_flags & Py_TPFLAGS_HEAPTYPE && ((PyHeapTypeObject *)type)->ht_slots != NULL;
    for (PyMemberDef *member = type->tp_members; member != NULL && member->name != NULL; member++) {
        bool holds_object = member->type == T_OBJECT || member->type == T_OBJECT_EX;
        if (!holds_object || member->offset < (Py_ssize_t)sizeof(PyObject)) {
            continue;
        }
        enum label_kind kind = by_class_statement ? LABEL_SLOT : LABEL_MEMBER;
        if (add_field(heap, plan, member->offset, kind, member->name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_fields(heap *heap, type_plan *plan)
{
    plan->first_field = (uint32_t)heap->plans.fields.length;
    for (PyTypeObject *type = plan->type; type != NULL; type = type->tp_base) {
        if (add_declared_fields(heap, plan, type) < 0) {
            return -1;
        }
        const known_field *known = known_fields(type);
        for (; known != NULL && known->name != NULL; known++) {
            if (add_field(heap, plan, known->offset, LABEL_MEMBER, known->name) < 0) {
                return -1;
            }
        }
    }
    if (plan->category == CATEGORY_TYPE) {
        return add_field(heap, plan, offsetof(PyTypeObject, tp_base), LABEL_BASE, "__base__");
    }
    return 0;
}

/* The type may be no type but damaged memory, and reading it may crash: it enters the table when all of it is read. */
static const type_plan *
make_plan(heap *heap, PyTypeObject *type)
{
    plan_table *table = &heap->plans;
    type_plan plan = {
        .type = type,
        .category = categorize(type),
        .has_dict = type->tp_dictoffset != 0 || type->tp_flags & Py_TPFLAGS_MANAGED_DICT,
    };
    bool is_new;
    if (add_fields(heap, &plan) < 0 || (plan.object = heap_add(heap, (PyObject *)type)) == FORMAT_NOTHING ||
        vector_extend(&table->plans, &plan, 1) < 0) {
        return NULL;
    }
    uint32_t index = address_map_add(&table->types, (uintptr_t)type, &is_new);
    return index == ADDRESS_ABSENT ? NULL : &VECTOR_AT(type_plan, &table->plans, index);
}

const type_plan *
plan_of(heap *heap, PyTypeObject *type)
{
    static const type_plan unknown = {.object = FORMAT_NOTHING, .category = CATEGORY_OTHER};
    uint32_t index = address_map_find(&heap->plans.types, (uintptr_t)type);
    if (index != ADDRESS_ABSENT) {
        return &VECTOR_AT(type_plan, &heap->plans.plans, index);
    }
    return heap->complete ? &unknown : make_plan(heap, type);
}

PyObject *
peek_item(PyObject *dict, const char *key)
{
    if (dict == NULL || !PyDict_Check(dict)) {
        return NULL;
    }
    Py_ssize_t position = 0;
    PyObject *name, *value;
    while (PyDict_Next(dict, &position, &name, &value)) {
        if (unicode_equals(name, key)) {
            return value;
        }
    }
    return NULL;
}

static PyObject *
peek_inline(PyObject *object, const char *name)
{
    Py_ssize_t count;
    PyObject **values = compat_inline_values(object, &count);
    if (values == NULL) {
        return NULL;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(compat_cached_keys(Py_TYPE(object)));
    for (Py_ssize_t i = 0; i < count; i++) {
        if (values[i] != NULL && unicode_equals(entries[i].me_key, name)) {
            return values[i];
        }
    }
    return NULL;
}

PyObject *
peek_attribute(heap *heap, PyObject *object, const char *name)
{
    const type_plan *plan = plan_of(heap, Py_TYPE(object));
    if (plan == NULL) {
        return NULL;
    }
    uint32_t text = strings_add_literal(&heap->strings, name);
    for (uint32_t i = 0; i < plan->field_count; i++) {
        plan_field field = VECTOR_AT(plan_field, &heap->plans.fields, plan->first_field + i);
        if ((field.label & LABEL_VALUE_MASK) == text) {
            return *(PyObject **)((char *)object + field.offset);
        }
    }
    PyObject *value = peek_inline(object, name);
    return value != NULL ? value : peek_item(compat_instance_dict(object), name);
}
