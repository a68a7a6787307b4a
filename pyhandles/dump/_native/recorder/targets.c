#define _GNU_SOURCE
#include "targets.h"

#include <string.h>

target targets[TARGETS];
static int target_count;

/* From a hash to a number and one more. */
#define PLACES 1024

typedef uint8_t lookup[PLACES];
static lookup by_name, by_address, by_hook;

static uint32_t
hash_of_name(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++) {
        hash = hash * 33 + (unsigned char)*name;
    }
    return hash;
}

static uint32_t
hash_of_address(uintptr_t address)
{
    return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 40);
}

static void
put(lookup table, uint32_t hash, int number)
{
    while (table[hash % PLACES] != 0) {
        hash++;
    }
    table[hash % PLACES] = (uint8_t)(number + 1);
}

bool
target_is(int number, uintptr_t address)
{
    return address != 0 && (address == (uintptr_t)targets[number].genuine.called ||
                            address == (uintptr_t)targets[number].genuine.twin);
}

int
targets_of_name(const char *name)
{
    for (uint32_t hash = hash_of_name(name); by_name[hash % PLACES] != 0; hash++) {
        int number = by_name[hash % PLACES] - 1;
        if (strcmp(targets[number].call->name, name) == 0) {
            return number;
        }
    }
    return -1;
}

int
targets_of_address(uintptr_t address)
{
    for (uint32_t hash = hash_of_address(address); by_address[hash % PLACES] != 0; hash++) {
        if (target_is(by_address[hash % PLACES] - 1, address)) {
            return by_address[hash % PLACES] - 1;
        }
    }
    return -1;
}

int
targets_of_hook(uintptr_t address)
{
    for (uint32_t hash = hash_of_address(address); by_hook[hash % PLACES] != 0; hash++) {
        if ((uintptr_t)targets[by_hook[hash % PLACES] - 1].call->hook == address) {
            return by_hook[hash % PLACES] - 1;
        }
    }
    return -1;
}

void
targets_find(void)
{
    for (int number = 0; number < target_count; number++) {
        genuine *genuine = &targets[number].genuine;
        if (genuine->called != NULL) {
            continue;
        }
        *genuine = genuine_find(targets[number].call->name);
        *targets[number].call->real = genuine->called;
        if (genuine->called != NULL) {
            put(by_address, hash_of_address((uintptr_t)genuine->called), number);
        }
        if (genuine->twin != NULL) {
            put(by_address, hash_of_address((uintptr_t)genuine->twin), number);
        }
    }
}

void
targets_add(const hooked *call)
{
    if (targets_of_name(call->name) >= 0) {
        return; /* a process that was forked while this was done begins again */
    }
    targets[target_count].call = call;
    put(by_name, hash_of_name(call->name), target_count);
    put(by_hook, hash_of_address((uintptr_t)call->hook), target_count);
    target_count++;
}
