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
    uint32_t batch[BATCH];
    size_t batched;
} labelling;

static void
put_label(labelling *work, PyObject *target, uint32_t label)
{
    if (work->ordinal >= work->expected_count) {
        return; /* what the walk has not seen has no place in the table */
    }
    work->ordinal++;
    work->batch[work->batched++] = label;
    if (work->batched == BATCH) {
        pickle_column_data(work->sink, work->batch, sizeof(work->batch));
        work->batched = 0;
    }
    /* Last, since reading the target may crash where it is damaged. */
    if (target != NULL && is_of_a_variable(label) && PyLong_CheckExact(target) &&
        names_a_descriptor(work->heap, label) && facts_add_number(work->facts, work->object, label, target) < 0) {
        work->heap->failed = true;
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
    put_label(work, target, match(work, target));
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
label_objects(labelling *work)
{
    heap *heap = work->heap;
    const uint32_t *ends = heap->ends.data;
    if (guard_enter()) {
        /* It did not crash when it was walked; what is left of its labels is unknown. */
        fill_up(work);
        heap->cursor++;
    }
    for (; heap->cursor < heap_count(heap) && !heap->failed; heap->cursor++) {
        uint32_t index = heap->cursor;
        work->object = index;
        work->ordinal = 0;
        work->first = index == 0 ? 0 : ends[index - 1];
        work->expected_count = ends[index] - work->first;
        if (work->expected_count > 0) {
            label_object(work);
        }
    }
    guard_leave();
}

int
write_references(heap *heap, facts *facts, sink *sink)
{
    static labelling work; /* too large for a thread's stack; one capture at a time in a process of its own */
    work = (labelling){.heap = heap, .facts = facts, .sink = sink};
    vector_init(&work.expected, sizeof(expected_reference));
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
    vector_clear(&work.expected);
    return heap->failed ? -1 : 0;
}
