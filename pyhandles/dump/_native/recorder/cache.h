/* What a hash stands for, in this process: a cache that threads and signal handlers read and write without a lock.
 *
 * An entry is two words, the value and the hash xor the value: of two writes that mix, no hash comes out. Whoever finds a
 * value also sees what was written before it was kept. */
#ifndef PYHANDLES_RECORDER_CACHE_H
#define PYHANDLES_RECORDER_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LINES 2048
#define CACHE_WAYS 4

typedef struct {
    struct {
        _Atomic uint64_t check, value;
    } entries[CACHE_LINES][CACHE_WAYS]; /* a line of the processor's each */
} cache;

static inline bool
cache_find(cache *cache, uint64_t hash, uint64_t *value)
{
    size_t line = hash % CACHE_LINES;
    for (size_t way = 0; way < CACHE_WAYS; way++) {
        uint64_t held = atomic_load_explicit(&cache->entries[line][way].value, memory_order_acquire);
        uint64_t check = atomic_load_explicit(&cache->entries[line][way].check, memory_order_relaxed);
        if ((check ^ held) == hash) {
            *value = held;
            return true;
        }
    }
    return false;
}

/* In a free place, or else in place of any. */
static inline void
cache_keep(cache *cache, uint64_t hash, uint64_t value)
{
    size_t line = hash % CACHE_LINES, way = 0;
    while (way < CACHE_WAYS && atomic_load_explicit(&cache->entries[line][way].check, memory_order_relaxed) != 0) {
        way++;
    }
    if (way == CACHE_WAYS) {
        way = hash / CACHE_LINES % CACHE_WAYS;
    }
    atomic_store_explicit(&cache->entries[line][way].value, value, memory_order_release);
    atomic_store_explicit(&cache->entries[line][way].check, hash ^ value, memory_order_relaxed);
}

#endif
