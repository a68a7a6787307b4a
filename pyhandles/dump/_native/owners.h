/* The objects whose closing closes a descriptor, and the number that each claims, from their own C state. */
#ifndef PYHANDLES_OWNERS_H
#define PYHANDLES_OWNERS_H

#include "heap.h"
#include "tables.h"

typedef struct {
    uint32_t object;
    int32_t fd;
    uint32_t kind, flags;
    int32_t uses;
} owner_row;

extern const column owner_columns[];

/* Append a row for an owner of one of the categories from CATEGORY_FILE to CATEGORY_SCANDIR. 0 or -1. */
int owners_add(vector *rows, heap *heap, uint32_t index, category category);

#endif
