/* The surroundings in the snapshot. */
#ifndef PYHANDLES_KERNEL_OUTPUT_H
#define PYHANDLES_KERNEL_OUTPUT_H

#include "../heap.h"
#include "../pickle.h"
#include "surroundings.h"

/* The header's field "kernel". */
void kernel_header_write(const surroundings *around, sink *sink);

/* The header's field "failed_call". */
void failed_call_write(const surroundings *around, const heap *heap, sink *sink);

/* Its tables; texts go to the heap's. Once: the rows' texts are the string table's from here on. 0 or -1. */
int kernel_write(surroundings *around, heap *heap, sink *sink);

#endif
