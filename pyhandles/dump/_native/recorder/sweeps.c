#define _GNU_SOURCE
#include "sweeps.h"

#include "../format.h"
#include "events.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- one number after the other --------------------------------------------------------------------------- */

#define RUNS 256

/* Neighbouring numbers that one thread tries to close at one site, one after the other, upwards or downwards. */
typedef struct {
    _Atomic uint64_t key; /* thread << 32 | site */
    _Atomic uint32_t last, length;
    _Atomic uint32_t noted; /* so many were noted as misuse before it was known for a run */
} run;

static run runs[RUNS];

static run *
run_of(uint32_t thread, uint32_t site)
{
    uint64_t key = (uint64_t)thread << 32 | site;
    run *run = &runs[(key * UINT64_C(0x9E3779B97F4A7C15) >> 33) % RUNS];
    if (atomic_load_explicit(&run->key, memory_order_relaxed) != key) {
        atomic_store_explicit(&run->key, key, memory_order_relaxed);
        atomic_store_explicit(&run->length, 0, memory_order_relaxed);
    }
    return run;
}

uint32_t
sweep_goes_on(int fd, uint32_t thread, uint32_t site)
{
    run *run = run_of(thread, site);
    uint32_t last = atomic_load_explicit(&run->last, memory_order_relaxed);
    uint32_t length = atomic_load_explicit(&run->length, memory_order_relaxed);
    if (length > 0 && abs(fd - (int)last) == 1) {
        length++;
    }
    else {
        length = 1;
        atomic_store_explicit(&run->noted, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&run->last, (uint32_t)fd, memory_order_relaxed);
    atomic_store_explicit(&run->length, length, memory_order_relaxed);
    return length == SHORTEST_SWEEP ? atomic_load_explicit(&run->noted, memory_order_relaxed) : 0;
}

bool
sweep_allows(uint32_t thread, uint32_t site)
{
    run *run = run_of(thread, site);
    if (atomic_load_explicit(&run->length, memory_order_relaxed) >= SHORTEST_SWEEP) {
        return false;
    }
    atomic_fetch_add_explicit(&run->noted, 1, memory_order_relaxed);
    return true;
}

bool
sweep_covers(int fd, uint32_t thread, uint32_t site)
{
    const run *run = run_of(thread, site);
    uint32_t length = atomic_load_explicit(&run->length, memory_order_relaxed);
    return length >= SHORTEST_SWEEP && (uint32_t)abs(fd - (int)atomic_load(&run->last)) < length;
}

/* ---- all that are listed ------------------------------------------------------------------------------------ */

static bool
lists_descriptors(const event *event)
{
    size_t length = event->detail_bytes;
    if (!(event->flags & EVENT_OPENED) || event->detail_kind != DETAIL_PATH) {
        return false;
    }
    length -= length > 0 && event->detail[length - 1] == '/';
    return length >= 3 && memcmp(event->detail + length - 3, "/fd", 3) == 0;
}

bool
sweep_of_the_list(int fd, uint32_t generation)
{
    event event;
    uint64_t sequence;
    for (uint32_t i = 0; i < KEPT_OF_A_NUMBER; i++) {
        if (events_of_number(fd, i, &event, &sequence) && event.generation == generation &&
            lists_descriptors(&event)) {
            return true;
        }
    }
    return false;
}
