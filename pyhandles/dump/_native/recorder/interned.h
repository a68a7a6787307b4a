/* Numbered records that are only ever added, each once: an index over them in shared memory, lock-free.
 *
 * A record is complete before it stands in the index: nobody ever waits for one that is half made, and whoever dies on
 * the way, or is interrupted by a signal whose handler adds too, leaves at most a number that means nothing. */
#ifndef PYHANDLES_RECORDER_INTERNED_H
#define PYHANDLES_RECORDER_INTERNED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define INTERNED_SLOTS 32768
#define INTERNED 16384
#define NOT_INTERNED UINT32_MAX

/* In memory that starts as zeros. */
typedef struct {
    _Atomic uint32_t count;
    _Atomic uint64_t slots[INTERNED_SLOTS]; /* half of the hash << 32 | number + 1; 0: free */
} interned;

typedef bool (*is_it)(uint32_t number, const void *wanted);

uint32_t interned_find(interned *index, uint64_t hash, is_it is_it, const void *wanted);

/* Have the record be found. Gives its number, or that of an equal one that was there first. */
uint32_t interned_publish(interned *index, uint64_t hash, uint32_t number, is_it is_it, const void *wanted);

/* So many of what is counted here: the first, or NOT_INTERNED where that would be beyond the limit. */
uint32_t interned_claim(_Atomic uint32_t *used, uint32_t amount, uint32_t limit);

/* They are not needed after all. Lost if others have been claimed meanwhile. */
void interned_return(_Atomic uint32_t *used, uint32_t first, uint32_t amount);

#endif
