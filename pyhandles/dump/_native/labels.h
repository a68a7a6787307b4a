/* What each reference is called. tp_traverse says to what an object refers, not how: the object's own layout says
 * that, and the two are matched. What the layout does not explain is still a reference, without a name. */
#ifndef PYHANDLES_LABELS_H
#define PYHANDLES_LABELS_H

#include "heap.h"

/* The references of one object that its layout explains, in about the order of its tp_traverse. */
typedef struct {
    PyObject *target; /* NULL once it is matched */
    uint32_t label;
} expected_reference;

/* Append what the layout of the object at `index` explains to `expected` (a vector of expected_reference). */
void expect_references(heap *heap, uint32_t index, vector *expected);

/* Emit the references that the object owns or shows but does not report to the collector: a weak reference's
 * target, a static type's dict, a thread's dict of a threading.local; for a running frame all of its own. */
void unreported_references(heap *heap, uint32_t index, emit_reference emit, void *arg);

/* Learn from an object what the dicts and tuples that belong to it are to it. */
void learn_roles(heap *heap, PyObject *object, const type_plan *plan);

#endif
