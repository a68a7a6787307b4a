#include "labelled.h"

#include "guard.h"
#include "labels.h"
#include "tables.h"

#define BATCH 4096
#define FARTHEST_SEARCH 2048

typedef struct {
    heap *heap;
    facts *facts;
    sink *sink;
    uint32_t object;   /* whose references are being labelled */
    uint32_t ordinal;  /* of the reference among them */
    uint32_t first;    /* where they start in the heap's targets */
    uint32_t expected_count; /* how many the walk has found */
    vector expected;   /* expected_reference */
    size_t next;       /* where in `expected` the next one is likely */
    vector containers; /* uint32_t: those in places named like descriptors */
    vector is_noted;   /* bool of each object: it is one of them */
    size_t container;  /* which of them is read */
    bool is_within;    /* one of them is read again, for numbers in it, and nothing is written */
    vector answers;    /* uint8_t of each text: naming; few texts name most variables */
    uint32_t batch[BATCH];
    size_t batched;
} labelling;

enum naming { NOT_ASKED, NAMES_A_DESCRIPTOR, NAMES_NONE };

static bool
names_one(labelling *work, uint32_t label)
{
    uint32_t text = label & LABEL_VALUE_MASK;
    if (text >= work->heap->strings.ends.length) {
        return false; /* there was no memory for it */
    }
    if (vector_reserve(&work->answers, (size_t)text + 1) < 0) {
        work->heap->failed = true;
        return false;
    }
    uint8_t *answer = &VECTOR_AT(uint8_t, &work->answers, text);
    if (*answer == NOT_ASKED) {
        *answer = names_a_descriptor(work->heap, text) ? NAMES_A_DESCRIPTOR : NAMES_NONE;
    }
    return *answer == NAMES_A_DESCRIPTOR;
}

static bool
is_of_an_item(uint32_t label)
{
    enum label_kind kind = label >> LABEL_KIND_SHIFT;
    return kind == LABEL_ITEM || kind == LABEL_SET_ITEM || kind == LABEL_VALUE_NAME || kind == LABEL_VALUE_INT ||
           kind == LABEL_VALUE_HASH || kind == LABEL_VALUE_TYPE || kind == LABEL_MEMBER;
}

/* A cell is one, too: of a closure variable. */
static bool
is_container(PyObject *object)
{
    return PyList_CheckExact(object) || PyTuple_CheckExact(object) || PyDict_CheckExact(object) ||
           PyAnySet_CheckExact(object) || PyCell_Check(object);
}

static void
note_container(labelling *work, size_t place)
{
    uint32_t index = VECTOR_AT(uint32_t, &work->heap->targets, place);
    if (!VECTOR_AT(bool, &work->is_noted, index)) {
        VECTOR_AT(bool, &work->is_noted, index) = true;
        work->heap->failed |= vector_extend(&work->containers, &index, 1) < 0;
    }
}

/* Note a number that may be a descriptor, or what may contain some. `place`: of the reference, in the heap's targets. A
 * target is read only where its label may matter, since that crashes where it is damaged. */
static void
note_numbers(labelling *work, PyObject *target, uint32_t label, size_t place)
{
    bool is_variable = is_of_a_variable(label);
    bool is_named = (is_variable || label >> LABEL_KIND_SHIFT == LABEL_CLOSURE) && names_one(work, label);
    bool is_wanted = work->is_within ? is_of_an_item(label) && !is_named : is_named;
    if (!is_wanted) {
        return;
    }
    if (PyLong_CheckExact(target)) {
        work->heap->failed |= facts_add_number(work->facts, work->object, label, target) < 0;
    }
    else if (!work->is_within && is_container(target)) {
        note_container(work, place);
    }
}

static void
put_label(labelling *work, PyObject *target, uint32_t label)
{
    if (work->ordinal >= work->expected_count) {
        return; /* what the walk has not seen has no place in the table */
    }
    size_t place = work->first + work->ordinal++;
    if (!work->is_within) {
        work->batch[work->batched++] = label;
        if (work->batched == BATCH) {
            pickle_column_data(work->sink, work->batch, sizeof(work->batch));
            work->batched = 0;
        }
    }
    /* Last, since reading the target may crash where it is damaged. */
    if (target != NULL) {
        note_numbers(work, target, label, place);
    }
}

/* The label of a target that tp_traverse reports: the first expected one that is not used up, looked for from where
 * the last one was found, since both orders are nearly always the same. */
static uint32_t
match(labelling *work, PyObject *target)
{
    expected_reference *expected = work->expected.data;
    size_t count = work->expected.length;
    size_t tries = count < FARTHEST_SEARCH ? count : FARTHEST_SEARCH;
    size_t at = work->next;
    for (size_t i = 0; i < tries; i++, at++) {
        if (at >= count) {
            at = 0;
        }
        if (expected[at].target == target) {
            expected[at].target = NULL;
            work->next = at + 1;
            return expected[at].label;
        }
    }
    if ((PyTypeObject *)target == heap_type(work->heap, work->object)) {
        return make_label(LABEL_TYPE, 0);
    }
    return make_label(LABEL_UNKNOWN, work->ordinal);
}

/* visitproc. Allocates nothing from Python, changes no reference count, sets no exception. */
static int
visit_labelled(PyObject *target, void *arg)
{
    labelling *work = arg;
    if (!heap_is_free(work->heap, work->object, target)) {
        put_label(work, target, match(work, target));
    }
    return 0;
}

static bool
is_next_target(const labelling *work, PyObject *target)
{
    return work->ordinal < work->expected_count &&
           heap_object(work->heap, VECTOR_AT(uint32_t, &work->heap->targets, work->first + work->ordinal)) == target;
}

static void
emit_labelled(PyObject *target, uint32_t label, void *arg)
{
    labelling *work = arg;
    /* Words of a stack are told that are addresses of known objects, and more objects are known by now. */
    if (label >> LABEL_KIND_SHIFT == LABEL_STACK_CANDIDATE && !is_next_target(work, target)) {
        return;
    }
    put_label(work, target, label);
}

static void
fill_up(labelling *work)
{
    while (work->ordinal < work->expected_count) {
        put_label(work, NULL, make_label(LABEL_UNKNOWN, work->ordinal));
    }
}

static void
label_object(labelling *work)
{
    heap *heap = work->heap;
    uint16_t flags = heap_flags(heap, work->object);
    if (!(flags & OBJECT_UNREADABLE)) {
        if (flags & OBJECT_COLLECTABLE) {
            PyObject *object = heap_object(heap, work->object);
            work->expected.length = 0;
            work->next = 0;
            expect_references(heap, work->object, &work->expected);
            Py_TYPE(object)->tp_traverse(object, visit_labelled, work);
        }
        unreported_references(heap, work->object, emit_labelled, work);
    }
    fill_up(work);
}

static void
begin_object(labelling *work, uint32_t index)
{
    const uint32_t *ends = work->heap->ends.data;
    work->object = index;
    work->ordinal = 0;
    work->first = index == 0 ? 0 : ends[index - 1];
    work->expected_count = ends[index] - work->first;
}

static void
label_objects(labelling *work)
{
    heap *heap = work->heap;
    if (guard_enter()) {
        /* It did not crash when it was walked; what is left of its labels is unknown. */
        fill_up(work);
        heap->cursor++;
    }
    for (; heap->cursor < heap_count(heap) && !heap->failed; heap->cursor++) {
        begin_object(work, heap->cursor);
        if (work->expected_count > 0) {
            label_object(work);
        }
    }
    guard_leave();
}

/* Their names are known only now: a container may come before what refers to it. */
static void
look_into_containers(labelling *work)
{
    uint32_t *indices = work->containers.data;
    size_t count = work->containers.length;
    work->is_within = true;
    work->container = 0;
    if (guard_enter()) {
        work->container++;
    }
    for (; work->container < count && !work->heap->failed; work->container++) {
        begin_object(work, indices[work->container]);
        label_object(work);
    }
    guard_leave();
}

int
write_references(heap *heap, facts *facts, sink *sink)
{
    static labelling work; /* too large for a thread's stack; one capture at a time in a process of its own */
    work = (labelling){.heap = heap, .facts = facts, .sink = sink};
    vector_init(&work.expected, sizeof(expected_reference));
    vector_init(&work.containers, sizeof(uint32_t));
    vector_init(&work.is_noted, sizeof(bool));
    vector_init(&work.answers, sizeof(uint8_t));
    heap->failed |= vector_reserve(&work.is_noted, heap_count(heap)) < 0;
    uint64_t count = heap->targets.length;
    table_begin(sink, "references", count);
    pickle_column_begin(sink, "target", "<u4", count * sizeof(uint32_t));
    pickle_column_data(sink, heap->targets.data, count * sizeof(uint32_t));
    pickle_column_end(sink);
    pickle_column_begin(sink, "label", "<u4", count * sizeof(uint32_t));
    heap->cursor = 0;
    label_objects(&work);
    pickle_column_data(sink, work.batch, work.batched * sizeof(uint32_t));
    pickle_column_end(sink);
    table_end(sink);
    look_into_containers(&work);
    vector_clear(&work.containers);
    vector_clear(&work.is_noted);
    vector_clear(&work.answers);
    vector_clear(&work.expected);
    return heap->failed ? -1 : 0;
}
