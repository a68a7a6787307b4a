#include "labels.h"

#include "frames.h"
#include "keys.h"

static void
expect(heap *heap, vector *expected, PyObject *target, uint32_t label)
{
    if (target == NULL) {
        return;
    }
    expected_reference *reference = vector_append(expected);
    if (reference == NULL) {
        heap->failed = true;
        return;
    }
    *reference = (expected_reference){target, label};
}

static uint32_t
text_label(heap *heap, enum label_kind kind, const char *text)
{
    return make_label(kind, strings_add_literal(&heap->strings, text));
}

/* The dict of interned strings holds what any text of the program may be, so its keys are not told, not even as hashes;
 * and its references are not counted. */
static void
expect_interned(heap *heap, PyDictKeysObject *keys, vector *expected)
{
    uint32_t ordinal = 0;
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        if (entries[i].me_value != NULL) {
            expect(heap, expected, entries[i].me_value, make_label(LABEL_UNKNOWN, ordinal++) | LABEL_UNCOUNTED);
        }
    }
}

static void
expect_dict_items(heap *heap, PyDictObject *dict, enum role role, vector *expected)
{
    PyDictKeysObject *keys = dict->ma_keys;
    Py_ssize_t count = keys->dk_nentries;
    if ((PyObject *)dict == compat_interned_strings(heap->interpreter)) {
        expect_interned(heap, keys, expected);
        return;
    }
    if (DK_IS_UNICODE(keys)) {
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *value = dict->ma_values != NULL ? dict->ma_values->values[i] : entries[i].me_value;
            if (value != NULL) {
                expect(heap, expected, value, value_label(heap, entries[i].me_key, role));
            }
        }
        return;
    }
    PyDictKeyEntry *entries = DK_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (entries[i].me_value != NULL) {
            expect(heap, expected, entries[i].me_value, value_label(heap, entries[i].me_key, role));
            expect(heap, expected, entries[i].me_key, key_label(heap, entries[i].me_key));
        }
    }
}

static void
expect_ordered_keys(heap *heap, PyObject *object, vector *expected)
{
    for (compat_ordered_node *node = ((compat_ordered_dict *)object)->first; node != NULL; node = node->next) {
        expect(heap, expected, node->key, key_label(heap, node->key));
    }
}

/* Backwards, as list and tuple report them. */
static void
expect_sequence(heap *heap, PyObject **items, Py_ssize_t count, vector *expected)
{
    for (Py_ssize_t i = count; --i >= 0;) {
        expect(heap, expected, items[i], make_label(LABEL_ITEM, (uint64_t)i));
    }
}

static void
expect_closure(heap *heap, PyTupleObject *tuple, vector *expected)
{
    uint32_t place = address_map_find(&heap->closures, (uintptr_t)tuple);
    PyCodeObject *code = VECTOR_AT(PyCodeObject *, &heap->closure_codes, place);
    Py_ssize_t count = Py_SIZE(tuple);
    int first = code->co_nlocalsplus - (int)count; /* free variables are the last ones */
    for (Py_ssize_t i = count; --i >= 0;) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, first + i);
        uint32_t text = strings_add_object(&heap->strings, name);
        expect(heap, expected, tuple->ob_item[i], make_label(LABEL_CLOSURE, text));
    }
}

static void
expect_set(heap *heap, PySetObject *set, vector *expected)
{
    uint64_t position = 0;
    for (Py_ssize_t i = 0; i <= set->mask; i++) {
        PyObject *key = set->table[i].key;
        if (key != NULL && set->table[i].hash != -1) { /* as no key's is, but that of what stands for a removed one */
            expect(heap, expected, key, make_label(LABEL_SET_ITEM, position++));
        }
    }
}

static void
expect_deque(heap *heap, compat_deque *deque, vector *expected)
{
    compat_deque_block *block = deque->left_block;
    Py_ssize_t place = deque->left_index;
    for (Py_ssize_t i = 0; i < Py_SIZE(deque); i++) {
        expect(heap, expected, block->data[place], make_label(LABEL_ITEM, (uint64_t)i));
        if (++place == COMPAT_DEQUE_BLOCK) {
            block = block->right;
            place = 0;
        }
    }
}

static void
expect_cached_results(heap *heap, compat_lru_cache *cache, vector *expected)
{
    if (cache->root.next == NULL) {
        return; /* without a bound it keeps no list */
    }
    for (compat_lru_link *link = cache->root.next; link != &cache->root; link = link->next) {
        expect(heap, expected, link->key, text_label(heap, LABEL_MEMBER, "cached arguments"));
        expect(heap, expected, link->result, text_label(heap, LABEL_MEMBER, "cached result"));
    }
}

/* The tree behind a context: pairs of a context variable and its value, or of nothing and a node further down. */
static void
expect_context_values(heap *heap, PyObject **pairs, Py_ssize_t count, vector *expected)
{
    for (Py_ssize_t i = count - 1; i > 0; i -= 2) {
        PyObject *key = pairs[i - 1];
        PyObject *name = key != NULL && Py_TYPE(key) == &PyContextVar_Type ? ((PyContextVar *)key)->var_name : NULL;
        uint32_t text = strings_add_object(&heap->strings, name);
        uint32_t value = text == NO_STRING ? text_label(heap, LABEL_MEMBER, "node") : make_label(LABEL_CONTEXT, text);
        expect(heap, expected, pairs[i], value);
        expect(heap, expected, key, text_label(heap, LABEL_MEMBER, "context variable"));
    }
}

static void
expect_inline_values(heap *heap, PyObject *object, vector *expected)
{
    Py_ssize_t count;
    PyObject **values = compat_inline_values(object, &count);
    if (values == NULL) {
        return;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(compat_cached_keys(Py_TYPE(object)));
    for (Py_ssize_t i = 0; i < count; i++) {
        if (values[i] != NULL) {
            expect(heap, expected, values[i], value_label(heap, entries[i].me_key, ROLE_ATTRIBUTES));
        }
    }
}

static void
expect_fields(heap *heap, PyObject *object, const type_plan *plan, vector *expected)
{
    for (uint32_t i = 0; i < plan->field_count; i++) {
        plan_field field = VECTOR_AT(plan_field, &heap->plans.fields, plan->first_field + i);
        expect(heap, expected, *(PyObject **)((char *)object + field.offset), field.label);
    }
}

typedef struct {
    heap *heap;
    vector *expected;
} expectation;

static void
expect_emitted(PyObject *target, uint32_t label, void *arg)
{
    expectation *expectation = arg;
    expect(expectation->heap, expectation->expected, target, label);
}

static void
expect_generator(heap *heap, PyGenObject *generator, vector *expected)
{
    expect(heap, expected, generator->gi_name, text_label(heap, LABEL_MEMBER, "__name__"));
    expect(heap, expected, generator->gi_qualname, text_label(heap, LABEL_MEMBER, "__qualname__"));
    if (compat_generator_has_frame(generator)) {
        expectation into = {heap, expected};
        suspended_frame_references(heap, compat_generator_frame(generator), expect_emitted, &into);
    }
    else {
        expect(heap, expected, compat_ended_generator_code(generator), text_label(heap, LABEL_MEMBER, "f_code"));
    }
    expect(heap, expected, generator->gi_exc_state.exc_value, text_label(heap, LABEL_MEMBER, "handled exception"));
}

static void
expect_finished_frame(heap *heap, PyFrameObject *frame, vector *expected)
{
    if (frame->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT) {
        expectation into = {heap, expected};
        suspended_frame_references(heap, frame->f_frame, expect_emitted, &into);
    }
}

static void
expect_by_category(heap *heap, uint32_t index, PyObject *object, category category, vector *expected)
{
    enum role role = VECTOR_AT(uint8_t, &heap->roles, index);
    switch (category) {
        case CATEGORY_ORDERED_DICT:
            expect_ordered_keys(heap, object, expected);
            /* fall through */
        case CATEGORY_DICT:
            expect_dict_items(heap, (PyDictObject *)object, role, expected);
            break;
        case CATEGORY_LIST:
            expect_sequence(heap, ((PyListObject *)object)->ob_item, Py_SIZE(object), expected);
            break;
        case CATEGORY_TUPLE:
            if (role == ROLE_CLOSURE) {
                expect_closure(heap, (PyTupleObject *)object, expected);
            }
            else {
                expect_sequence(heap, ((PyTupleObject *)object)->ob_item, Py_SIZE(object), expected);
            }
            break;
        case CATEGORY_SET:
            expect_set(heap, (PySetObject *)object, expected);
            break;
        case CATEGORY_DEQUE:
            expect_deque(heap, (compat_deque *)object, expected);
            break;
        case CATEGORY_GENERATOR:
        case CATEGORY_COROUTINE:
        case CATEGORY_ASYNC_GENERATOR:
            expect_generator(heap, (PyGenObject *)object, expected);
            break;
        case CATEGORY_FRAME:
            expect_finished_frame(heap, (PyFrameObject *)object, expected);
            break;
        case CATEGORY_LRU_CACHE:
            expect_cached_results(heap, (compat_lru_cache *)object, expected);
            break;
        case CATEGORY_HAMT_BITMAP:
            expect_context_values(heap, ((compat_context_bitmap *)object)->pairs, Py_SIZE(object), expected);
            break;
        case CATEGORY_HAMT_COLLISION:
            expect_context_values(heap, ((compat_context_collision *)object)->pairs, Py_SIZE(object), expected);
            break;
        case CATEGORY_HAMT_ARRAY:
            for (int i = 0; i < COMPAT_CONTEXT_ARRAY; i++) {
                expect(heap, expected, ((compat_context_array *)object)->nodes[i],
                       make_label(LABEL_MEMBER_ITEM, (uint64_t)i));
            }
            break;
        default:
            break;
    }
}

void
expect_references(heap *heap, uint32_t index, vector *expected)
{
    if (heap_is_bare_frame(heap, index)) {
        return;
    }
    PyObject *object = heap_object(heap, index);
    const type_plan *plan = plan_of(heap, Py_TYPE(object));
    if (plan == NULL) {
        heap->failed = true;
        return;
    }
    expect_by_category(heap, index, object, plan->category, expected);
    expect_fields(heap, object, plan, expected);
    expect_inline_values(heap, object, expected);
    expect(heap, expected, compat_instance_dict(object), text_label(heap, LABEL_MEMBER, "__dict__"));
}

/* ---- what tp_traverse does not report ---------------------------------------------------------------- */

#if PY_VERSION_HEX >= 0x030d0000
static void
local_dicts(heap *heap, PyObject *object, emit_reference emit, void *arg)
{
    PyObject *dicts = ((compat_local *)object)->dicts;
    Py_ssize_t position = 0;
    PyObject *key, *dict;
    uint32_t label = text_label(heap, LABEL_MEMBER, "__dict__") | LABEL_UNCOUNTED;
    while (dicts != NULL && PyDict_Check(dicts) && PyDict_Next(dicts, &position, &key, &dict)) {
        emit(dict, label, arg);
    }
}
#else
static void
local_dicts(heap *heap, PyObject *object, emit_reference emit, void *arg)
{
    PyObject *own_key = ((compat_local *)object)->key;
    uint32_t label = text_label(heap, LABEL_MEMBER, "__dict__") | LABEL_UNCOUNTED;
    for (PyThreadState *thread = compat_first_thread(heap->capturing_thread); thread != NULL; thread = thread->next) {
        Py_ssize_t position = 0;
        PyObject *key, *dummy;
        while (thread->dict != NULL && PyDict_Next(thread->dict, &position, &key, &dummy)) {
            if (key == own_key && ((compat_local_dummy *)dummy)->dict != NULL) {
                emit(((compat_local_dummy *)dummy)->dict, label, arg);
            }
        }
    }
}
#endif

void
unreported_references(heap *heap, uint32_t index, emit_reference emit, void *arg)
{
    if (index < heap->frames.length) {
        frame_references(heap, &VECTOR_AT(running_frame, &heap->frames, index), emit, arg);
        if (heap_is_bare_frame(heap, index)) {
            return;
        }
    }
    PyObject *object = heap_object(heap, index);
    const type_plan *plan = plan_of(heap, Py_TYPE(object));
    if (plan == NULL) {
        heap->failed = true;
        return;
    }
    if (plan->category == CATEGORY_WEAK_REFERENCE) {
        PyObject *target = ((PyWeakReference *)object)->wr_object;
        if (target != NULL && target != Py_None && Py_REFCNT(target) > 0) {
            emit(target, make_label(LABEL_WEAK, 0) | LABEL_UNCOUNTED, arg);
        }
    }
    else if (plan->category == CATEGORY_LOCAL) {
        local_dicts(heap, object, emit, arg);
    }
#if PY_VERSION_HEX < 0x030d0000
    else if (plan->category == CATEGORY_LOCAL_DUMMY) {
        PyObject *dict = ((compat_local_dummy *)object)->dict;
        if (dict != NULL) {
            emit(dict, text_label(heap, LABEL_MEMBER, "__dict__") | LABEL_UNCOUNTED, arg);
        }
    }
#endif
    else if (plan->category == CATEGORY_TYPE && !(((PyTypeObject *)object)->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        PyObject *dict = ((PyTypeObject *)object)->tp_dict;
        if (dict != NULL) {
            emit(dict, text_label(heap, LABEL_MEMBER, "__dict__") | LABEL_UNCOUNTED, arg);
        }
    }
}

/* ---- roles -------------------------------------------------------------------------------------------- */

static void
set_role(heap *heap, PyObject *object, enum role role)
{
    if (object == NULL) {
        return;
    }
    uint32_t index = heap_find(heap, object);
    if (index != ADDRESS_ABSENT) {
        VECTOR_AT(uint8_t, &heap->roles, index) = (uint8_t)role;
    }
}

static void
set_closure(heap *heap, PyFunctionObject *function)
{
    PyObject *tuple = function->func_closure;
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    if (tuple == NULL || Py_SIZE(tuple) > code->co_nlocalsplus) {
        return;
    }
    bool is_new;
    if (address_map_add(&heap->closures, (uintptr_t)tuple, &is_new) == ADDRESS_ABSENT ||
        (is_new && vector_extend(&heap->closure_codes, &code, 1) < 0)) {
        heap->failed = true;
        return;
    }
    set_role(heap, tuple, ROLE_CLOSURE);
}

void
learn_roles(heap *heap, PyObject *object, const type_plan *plan)
{
    switch (plan->category) {
        case CATEGORY_MODULE:
            set_role(heap, ((PyModuleObject *)object)->md_dict, ROLE_GLOBALS);
            return;
        case CATEGORY_FUNCTION:
            set_closure(heap, (PyFunctionObject *)object);
            set_role(heap, ((PyFunctionObject *)object)->func_dict, ROLE_ATTRIBUTES);
            return;
        case CATEGORY_TYPE:
            set_role(heap, ((PyTypeObject *)object)->tp_dict, ROLE_ATTRIBUTES);
            return;
        case CATEGORY_EXCEPTION:
            set_role(heap, ((PyBaseExceptionObject *)object)->dict, ROLE_ATTRIBUTES);
            return;
        case CATEGORY_LOCAL_DUMMY:
#if PY_VERSION_HEX < 0x030d0000
            set_role(heap, ((compat_local_dummy *)object)->dict, ROLE_ATTRIBUTES);
#endif
            return;
        case CATEGORY_LOCAL: {
#if PY_VERSION_HEX >= 0x030d0000
            PyObject *dicts = ((compat_local *)object)->dicts, *key, *dict;
            Py_ssize_t position = 0;
            while (dicts != NULL && PyDict_Check(dicts) && PyDict_Next(dicts, &position, &key, &dict)) {
                set_role(heap, dict, ROLE_ATTRIBUTES);
            }
#endif
            return;
        }
        default:
            if (plan->has_dict) {
                set_role(heap, compat_instance_dict(object), ROLE_ATTRIBUTES);
            }
    }
}
