/* The walk: the collector's own lists, then whatever their objects refer to, each object once. */
#include "heap.h"

#include "frames.h"
#include "guard.h"
#include "labels.h"
#include "roots.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Nothing but a container tells of so many: a tp_traverse that goes on is lost, in a chain that has become a ring say. */
#define MOST_REFERENCES (1u << 26)

int
heap_init(heap *heap, PyInterpreterState *interpreter, PyThreadState *capturing_thread)
{
    memset(heap, 0, sizeof(*heap));
    heap->interpreter = interpreter;
    heap->capturing_thread = capturing_thread;
    vector_init(&heap->flags, sizeof(uint16_t));
    vector_init(&heap->roles, sizeof(uint8_t));
    vector_init(&heap->ends, sizeof(uint32_t));
    vector_init(&heap->targets, sizeof(uint32_t));
    vector_init(&heap->closure_codes, sizeof(PyCodeObject *));
    vector_init(&heap->frames, sizeof(running_frame));
    vector_init(&heap->roots, sizeof(root_row));
    heap->has_hash_key =
        getrandom(heap->hash_key, sizeof(heap->hash_key), GRND_NONBLOCK) == (ssize_t)sizeof(heap->hash_key);
    if (address_map_init(&heap->objects, 1 << 16) < 0 || address_map_init(&heap->closures, 1 << 10) < 0 ||
        plans_init(&heap->plans) < 0 || strings_init(&heap->strings) < 0) {
        return -1;
    }
    return 0;
}

void
heap_clear(heap *heap)
{
    address_map_clear(&heap->objects);
    address_map_clear(&heap->closures);
    vector_clear(&heap->flags);
    vector_clear(&heap->roles);
    vector_clear(&heap->ends);
    vector_clear(&heap->targets);
    vector_clear(&heap->closure_codes);
    vector_clear(&heap->frames);
    vector_clear(&heap->roots);
    plans_clear(&heap->plans);
    strings_clear(&heap->strings);
}

uint32_t
heap_add(heap *heap, PyObject *object)
{
    bool is_new;
    uint32_t index = address_map_add(&heap->objects, (uintptr_t)object, &is_new);
    if (index == ADDRESS_ABSENT ||
        (is_new && (vector_append(&heap->flags) == NULL || vector_append(&heap->roles) == NULL))) {
        heap->failed = true;
        return FORMAT_NOTHING;
    }
    return index;
}

static int
add_list(heap *heap, PyGC_Head *head, uint16_t flags)
{
    for (PyGC_Head *node = compat_gc_next(head); node != head; node = compat_gc_next(node)) {
        uint32_t index = heap_add(heap, compat_from_gc(node));
        if (index == FORMAT_NOTHING) {
            return -1;
        }
        VECTOR_AT(uint16_t, &heap->flags, index) |= flags | OBJECT_TRACKED;
    }
    return 0;
}

static int
add_tracked(heap *heap)
{
    static const uint16_t generation_flags[COMPAT_GENERATIONS] = {0, OBJECT_GENERATION_1, OBJECT_GENERATION_2};
    for (int i = COMPAT_GENERATIONS; --i >= 0;) {
        if (add_list(heap, &compat_generation(heap->interpreter, i)->head, generation_flags[i]) < 0) {
            return -1;
        }
    }
    return add_list(heap, compat_permanent_generation(heap->interpreter), OBJECT_FROZEN);
}

static void
add_reference(heap *heap, PyObject *target)
{
    uint32_t index = heap_add(heap, target);
    uint32_t *place = index == FORMAT_NOTHING ? NULL : vector_append(&heap->targets);
    if (place == NULL) {
        heap->failed = true;
        return;
    }
    *place = index;
}

/* visitproc. Allocates nothing from Python, changes no reference count, sets no exception. Ends the traversal by any
 * other answer than 0. */
static int
visit_reference(PyObject *target, void *arg)
{
    heap *heap = arg;
    if (heap->left == 0) {
        return -1;
    }
    heap->left--;
    if (!heap_is_free(heap, heap->cursor, target)) {
        add_reference(heap, target);
    }
    return heap->failed ? -1 : 0;
}

static void
emit_unlabelled(PyObject *target, uint32_t label, void *arg)
{
    (void)label;
    add_reference(arg, target);
}

static bool
is_container(PyObject *object)
{
    return PyList_Check(object) || PyTuple_Check(object) || PyDict_Check(object) || PyAnySet_Check(object);
}

static void
read_object(heap *heap, uint32_t index)
{
    uint16_t flags = 0;
    if (!heap_is_bare_frame(heap, index)) {
        PyObject *object = heap_object(heap, index);
        const type_plan *plan = plan_of(heap, Py_TYPE(object));
        if (plan == NULL) {
            heap->failed = true;
            return;
        }
        if (compat_is_immortal(object)) {
            flags |= OBJECT_IMMORTAL;
        }
        if (compat_is_collectable(object)) {
            flags |= OBJECT_COLLECTABLE;
            if (PyObject_GC_IsTracked(object) && !(heap_flags(heap, index) & OBJECT_TRACKED)) {
                flags |= OBJECT_COLLECTING; /* in a list, but in none of the collector's own */
            }
            size_t first = heap->targets.length;
            heap->left = is_container(object) ? UINT32_MAX : MOST_REFERENCES;
            Py_TYPE(object)->tp_traverse(object, visit_reference, heap);
            if (heap->left == 0) {
                flags |= OBJECT_UNREADABLE;
                heap->unreadable++;
                heap->targets.length = first;
            }
        }
        learn_roles(heap, object, plan_of(heap, Py_TYPE(object)));
    }
    unreported_references(heap, index, emit_unlabelled, heap);
    VECTOR_AT(uint16_t, &heap->flags, index) |= flags;
}

static int
read_objects(heap *heap)
{
    if (guard_enter()) {
        uint32_t crashed = heap->cursor;
        VECTOR_AT(uint16_t, &heap->flags, crashed) |= OBJECT_UNREADABLE;
        uint32_t end = (uint32_t)heap->targets.length;
        if (vector_extend(&heap->ends, &end, 1) < 0) {
            heap->failed = true;
        }
        heap->unreadable++;
        heap->cursor = crashed + 1;
    }
    while (heap->cursor < heap_count(heap) && !heap->failed) {
        read_object(heap, heap->cursor);
        uint32_t end = (uint32_t)heap->targets.length;
        if (vector_extend(&heap->ends, &end, 1) < 0) {
            heap->failed = true;
        }
        heap->cursor++;
    }
    guard_leave();
    heap->complete = true;
    if (heap->targets.length >= UINT32_MAX) {
        errno = EOVERFLOW;
        heap->failed = true;
    }
    return heap->failed ? -1 : 0;
}

int
heap_walk(heap *heap)
{
    if (frames_add(heap) < 0 || roots_add(heap) < 0 || add_tracked(heap) < 0) {
        return -1;
    }
    return read_objects(heap);
}
