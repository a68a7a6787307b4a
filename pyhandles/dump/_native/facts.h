/* What a snapshot says of single objects beside their references: names, places, frames, descriptors claimed. */
#ifndef PYHANDLES_FACTS_H
#define PYHANDLES_FACTS_H

#include "heap.h"

#include "descriptors.h"
#include "tables.h"

typedef struct {
    const descriptor_table *descriptors; /* that are open */
    vector types, modules, functions, codes, exceptions, tasks, threads, frames, owners, numbers;
} facts;

void facts_init(facts *facts, const descriptor_table *descriptors);
void facts_clear(facts *facts);

/* Gather the facts of a heap that has been walked. 0 or -1. */
int facts_gather(facts *facts, heap *heap);

void facts_write(const facts *facts, const heap *heap, sink *sink);

/* Is this the label of a variable or what serves as one? */
bool is_of_a_variable(uint32_t label);

/* Is this text, by its index, a name like one for a descriptor? Then a small int in such a variable may be one. */
bool names_a_descriptor(const heap *heap, uint32_t index);

/* Note that the object refers by this label to an int, if it is the number of an open descriptor. 0 or -1. */
int facts_add_number(facts *facts, uint32_t object, uint32_t label, PyObject *number);

#endif
