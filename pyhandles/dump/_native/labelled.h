/* Writes the references: the targets that the walk found, and the label of each. */
#ifndef PYHANDLES_LABELLED_H
#define PYHANDLES_LABELLED_H

#include "facts.h"
#include "heap.h"
#include "pickle.h"

/* Write the table "references". Notes numbers that may be descriptors on the way. 0 or -1.
 * Cost: tp_traverse a second time; linear but for objects that report in an order of their own. */
int write_references(heap *heap, facts *facts, sink *sink);

#endif
