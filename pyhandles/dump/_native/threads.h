/* The threads that have Python state, by the names that threading gave them. */
#ifndef PYHANDLES_THREADS_H
#define PYHANDLES_THREADS_H

#include "heap.h"
#include "tables.h"

typedef struct {
    uint64_t ident, native;
    uint32_t name, flags;
} thread_row;

extern const column thread_columns[];

/* Append a row for each thread, in the interpreter's order. 0 or -1. */
int threads_add(vector *rows, heap *heap);

#endif
