#include "interned.h"

static bool
entry_is(uint64_t entry, uint64_t hash, is_it is_it, const void *wanted)
{
    return entry >> 32 == hash >> 32 && is_it((uint32_t)entry - 1, wanted);
}

/* From its slot on: its number, or NOT_INTERNED and the free slot at which the search ended. */
static uint32_t
search(interned *index, uint32_t *slot, uint64_t hash, is_it is_it, const void *wanted)
{
    for (uint32_t looked = 0; looked < INTERNED_SLOTS; looked++, *slot = (*slot + 1) % INTERNED_SLOTS) {
        uint64_t entry = atomic_load_explicit(&index->slots[*slot], memory_order_acquire);
        if (entry == 0) {
            break;
        }
        if (entry_is(entry, hash, is_it, wanted)) {
            return (uint32_t)entry - 1;
        }
    }
    return NOT_INTERNED;
}

uint32_t
interned_find(interned *index, uint64_t hash, is_it is_it, const void *wanted)
{
    uint32_t slot = (uint32_t)hash % INTERNED_SLOTS;
    return search(index, &slot, hash, is_it, wanted);
}

/* There are fewer records than slots: a free one is always met. */
uint32_t
interned_publish(interned *index, uint64_t hash, uint32_t number, is_it is_it, const void *wanted)
{
    uint32_t slot = (uint32_t)hash % INTERNED_SLOTS;
    uint64_t entry = hash >> 32 << 32 | (number + 1), none;
    do {
        uint32_t other = search(index, &slot, hash, is_it, wanted);
        if (other != NOT_INTERNED) {
            return other;
        }
        none = 0;
    } while (!atomic_compare_exchange_strong_explicit(&index->slots[slot], &none, entry, memory_order_release,
                                                      memory_order_relaxed));
    return number;
}

uint32_t
interned_claim(_Atomic uint32_t *used, uint32_t amount, uint32_t limit)
{
    uint32_t first = atomic_load_explicit(used, memory_order_relaxed);
    do {
        if (amount > limit - first) {
            return NOT_INTERNED;
        }
    } while (!atomic_compare_exchange_weak_explicit(used, &first, first + amount, memory_order_relaxed,
                                                    memory_order_relaxed));
    return first;
}

void
interned_return(_Atomic uint32_t *used, uint32_t first, uint32_t amount)
{
    uint32_t end = first + amount;
    atomic_compare_exchange_strong_explicit(used, &end, first, memory_order_relaxed, memory_order_relaxed);
}
