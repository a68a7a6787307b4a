#define _GNU_SOURCE
#include "vectors.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_ROOM_BYTES ((size_t)1 << 16)

static void *
map_pages(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void
vector_init(vector *array, size_t width)
{
    *array = (vector){.width = width};
}

void
vector_clear(vector *array)
{
    if (array->data != NULL) {
        munmap(array->data, array->room * array->width);
    }
    vector_init(array, array->width);
}

int
vector_reserve(vector *array, size_t length)
{
    if (length <= array->room) {
        return 0;
    }
    size_t room = array->room ? array->room : FIRST_ROOM_BYTES / array->width;
    while (room < length) {
        room *= 2;
    }
    void *data;
    if (array->data == NULL) {
        data = map_pages(room * array->width);
    }
    else {
        data = mremap(array->data, array->room * array->width, room * array->width, MREMAP_MAYMOVE);
        data = data == MAP_FAILED ? NULL : data;
    }
    if (data == NULL) {
        errno = ENOMEM;
        return -1;
    }
    array->data = data;
    array->room = room;
    return 0;
}

void *
vector_append(vector *array)
{
    if (array->length == array->room && vector_reserve(array, array->length + 1) < 0) {
        return NULL;
    }
    void *element = (char *)array->data + array->length * array->width;
    memset(element, 0, array->width); /* a vector that was emptied to be used again is not zero */
    array->length++;
    return element;
}

int
vector_extend(vector *array, const void *elements, size_t count)
{
    if (vector_reserve(array, array->length + count) < 0) {
        return -1;
    }
    if (count > 0) {
        memcpy((char *)array->data + array->length * array->width, elements, count * array->width);
        array->length += count;
    }
    return 0;
}

static size_t
slot_of(uintptr_t address, size_t mask)
{
    /* Fibonacci hashing; objects are aligned to 16, so their low bits say nothing. */
    return (size_t)(((uint64_t)address >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20) & mask;
}

int
address_map_init(address_map *map, size_t expected)
{
    size_t slots = 1024;
    while (slots < expected * 2) {
        slots *= 2;
    }
    vector_init(&map->addresses, sizeof(uintptr_t));
    map->mask = slots - 1;
    map->slots = map_pages(slots * sizeof(uint32_t));
    if (map->slots == NULL) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

void
address_map_clear(address_map *map)
{
    if (map->slots != NULL) {
        munmap(map->slots, (map->mask + 1) * sizeof(uint32_t));
        map->slots = NULL;
    }
    vector_clear(&map->addresses);
}

uint32_t
address_map_find(const address_map *map, uintptr_t address)
{
    const uintptr_t *addresses = map->addresses.data;
    for (size_t slot = slot_of(address, map->mask);; slot = (slot + 1) & map->mask) {
        uint32_t entry = map->slots[slot];
        if (entry == 0) {
            return ADDRESS_ABSENT;
        }
        if (addresses[entry - 1] == address) {
            return entry - 1;
        }
    }
}

static int
address_map_grow(address_map *map)
{
    size_t mask = map->mask * 2 + 1;
    uint32_t *slots = map_pages((mask + 1) * sizeof(uint32_t));
    if (slots == NULL) {
        errno = ENOMEM;
        return -1;
    }
    const uintptr_t *addresses = map->addresses.data;
    for (size_t i = 0; i < map->addresses.length; i++) {
        size_t slot = slot_of(addresses[i], mask);
        while (slots[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = (uint32_t)i + 1;
    }
    munmap(map->slots, (map->mask + 1) * sizeof(uint32_t));
    map->slots = slots;
    map->mask = mask;
    return 0;
}

uint32_t
address_map_add(address_map *map, uintptr_t address, bool *is_new)
{
    const uintptr_t *addresses = map->addresses.data;
    size_t slot = slot_of(address, map->mask);
    for (; map->slots[slot] != 0; slot = (slot + 1) & map->mask) {
        uint32_t entry = map->slots[slot];
        if (addresses[entry - 1] == address) {
            *is_new = false;
            return entry - 1;
        }
    }
    if (map->addresses.length >= ADDRESS_ABSENT - 1) {
        errno = EOVERFLOW;
        return ADDRESS_ABSENT;
    }
    uintptr_t *place = vector_append(&map->addresses);
    if (place == NULL) {
        return ADDRESS_ABSENT;
    }
    *place = address;
    map->slots[slot] = (uint32_t)map->addresses.length;
    *is_new = true;
    /* At most seven tenths full: short probes, and no more than six bytes of slots an address. */
    if (map->addresses.length * 10 > (map->mask + 1) * 7 && address_map_grow(map) < 0) {
        return ADDRESS_ABSENT;
    }
    return (uint32_t)map->addresses.length - 1;
}
