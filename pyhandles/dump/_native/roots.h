/* Where reachability starts: sys.modules, the interpreter's own state, the threads' states. */
#ifndef PYHANDLES_ROOTS_H
#define PYHANDLES_ROOTS_H

#include "heap.h"

/* Add the roots to the heap's objects and rows; frames must have been added. 0 or -1. */
int roots_add(heap *heap);

#endif
