/* How many objects there were of each type when pyhandles was installed: noted then, written with each snapshot. */
#ifndef PYHANDLES_CENSUS_H
#define PYHANDLES_CENSUS_H

#include "heap.h"
#include "pickle.h"

/* Keep the names, a list of str, and the counts, a list of int; empty ones forget. 0, or -1 with an exception set. */
int census_note(PyObject *names, PyObject *counts);

/* Write the table. Puts the names where all texts are, so it comes before them; what fails, the heap says. */
void census_write(heap *heap, sink *sink);

#endif
