/* Growing arrays in memory of our own: mmap alone, since another thread may have held malloc's lock when the
 * child was forked. */
#ifndef PYHANDLES_VECTORS_H
#define PYHANDLES_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    void *data;
    size_t length; /* elements in use */
    size_t room;   /* elements that fit */
    size_t width;  /* bytes of an element */
} vector;

void vector_init(vector *array, size_t width);
void vector_clear(vector *array);

/* Make room for `length` elements in all. 0, or -1 with errno where there is no memory. */
int vector_reserve(vector *array, size_t length);

/* A new element at the end, zeroed; NULL where there is no memory. */
void *vector_append(vector *array);

/* `count` elements at the end, copied. 0 or -1. */
int vector_extend(vector *array, const void *elements, size_t count);

#define VECTOR_AT(type, array, index) (((type *)(array)->data)[index])

/* Where each address stands in a vector of addresses: open addressing with linear probing. Cost: O(1) each,
 * eight bytes an address at most, besides the vector's own. */
typedef struct {
    vector addresses; /* uintptr_t, in the order of insertion */
    uint32_t *slots;  /* index + 1, or 0 */
    size_t mask;
} address_map;

#define ADDRESS_ABSENT UINT32_MAX

int address_map_init(address_map *map, size_t expected);
void address_map_clear(address_map *map);

/* The index of the address, or ADDRESS_ABSENT. */
uint32_t address_map_find(const address_map *map, uintptr_t address);

/* The index of the address, put at the end if it is new; ADDRESS_ABSENT where there is no memory. */
uint32_t address_map_add(address_map *map, uintptr_t address, bool *is_new);

#endif
