#include "counters.h"

#include "hooks.h"
#include "shared.h"
#include "stacks.h"

#define READY (1ull << 63)
#define OF_CHILD (1ull << 62)

_Static_assert(CALLS <= 128, "COUNTERS_PLACES leaves room for as many");

/* The first COUNTERS by hash of call and site, then one a call for all sites that found no room, here and in children. */
static counter *counters;

int
counters_prepare(void)
{
    if (counters == NULL) {
        counters = recorder_map(COUNTERS_PLACES * sizeof(counter), true);
    }
    return counters == NULL ? -1 : 0;
}

static uint64_t
key_of(uint16_t call, uint32_t site, bool in_child)
{
    return READY | (in_child ? OF_CHILD : 0) | (uint64_t)call << 32 | site;
}

static counter *
counter_of_the_rest(uint16_t call, bool in_child)
{
    counter *counter = &counters[COUNTERS + (in_child ? 128u : 0u) + call];
    atomic_store_explicit(&counter->key, key_of(call, NO_SITE, in_child), memory_order_relaxed);
    return counter;
}

#define LONGEST_LOOK 64

counter *
counter_of(uint16_t call, uint32_t site, bool in_child)
{
    if (site == NO_SITE) {
        return counter_of_the_rest(call, in_child);
    }
    uint64_t key = key_of(call, site, in_child);
    uint32_t start = (uint32_t)((key ^ (key >> 29)) * 0x9E3779B97F4A7C15ull >> 51);
    for (uint32_t i = 0; i < LONGEST_LOOK; i++) {
        counter *counter = &counters[(start + i) % COUNTERS];
        uint64_t there = atomic_load_explicit(&counter->key, memory_order_relaxed);
        if (there == key || (there == 0 && (atomic_compare_exchange_strong(&counter->key, &there, key) || there == key))) {
            return counter;
        }
    }
    return counter_of_the_rest(call, in_child);
}

static void
add(_Atomic uint64_t *sum, uint64_t amount)
{
    atomic_fetch_add_explicit(sum, amount, memory_order_relaxed);
}

static void
count_error(counter *counter, uint32_t error)
{
    for (int i = 0; i < COUNTED_ERRORS; i++) {
        uint32_t there = atomic_load_explicit(&counter->by_error[i].error, memory_order_relaxed);
        if (there == error ||
            (there == 0 && (atomic_compare_exchange_strong(&counter->by_error[i].error, &there, error) || there == error))) {
            add(&counter->by_error[i].count, 1);
            return;
        }
    }
    add(&counter->other_errors, 1);
}

void
counter_add(counter *counter, uint64_t nanoseconds, int error)
{
    add(&counter->count, 1);
    /* Not in one step: of calls at the same line at the same time, the time of some may be missing. */
    uint64_t before = atomic_load_explicit(&counter->nanoseconds, memory_order_relaxed);
    atomic_store_explicit(&counter->nanoseconds, before + nanoseconds, memory_order_relaxed);
    if (error != 0) {
        add(&counter->errors, 1);
        count_error(counter, (uint32_t)error);
    }
}

static uint32_t
run_length(uint64_t run)
{
    return run == 0 ? 0 : (uint32_t)run - (uint32_t)(run >> 32) + 1;
}

/* Not locked: where two threads close at the same line at the same time, a run may be told too short. */
uint32_t
counter_run(counter *counter, int fd)
{
    uint64_t number = (uint32_t)fd, run = atomic_load_explicit(&counter->run, memory_order_relaxed);
    bool next = run != 0 && (uint32_t)run + 1 == number;
    uint64_t now = (next ? run >> 32 : number) << 32 | number;
    if (now == run) { /* the same one as before, as in most programs */
        return 1;
    }
    run = now;
    atomic_store_explicit(&counter->run, run, memory_order_relaxed);
    if (run_length(run) > run_length(atomic_load_explicit(&counter->longest, memory_order_relaxed))) {
        atomic_store_explicit(&counter->longest, run, memory_order_relaxed);
    }
    return run_length(run);
}

const counter *
counters_at(uint32_t place, uint16_t *call, uint32_t *site, bool *in_child)
{
    uint64_t key = counters == NULL || place >= COUNTERS_PLACES ? 0 : atomic_load(&counters[place].key);
    if (key == 0) {
        return NULL;
    }
    *call = (uint16_t)(key >> 32);
    *site = (uint32_t)key;
    *in_child = key & OF_CHILD;
    return &counters[place];
}

int
counters_forget(bool apart)
{
    if (apart) {
        return recorder_map_apart(counters, COUNTERS_PLACES * sizeof(counter));
    }
    for (uint32_t place = 0; place < COUNTERS_PLACES; place++) {
        counter *counter = &counters[place];
        if (atomic_load(&counter->key) == 0) {
            continue;
        }
        /* The key stays: somebody may be counting there. */
        atomic_store(&counter->count, 0);
        atomic_store(&counter->errors, 0);
        atomic_store(&counter->nanoseconds, 0);
        atomic_store(&counter->unopened, 0);
        atomic_store(&counter->run, 0);
        atomic_store(&counter->longest, 0);
        atomic_store(&counter->other_errors, 0);
        for (int i = 0; i < COUNTED_ERRORS; i++) {
            atomic_store(&counter->by_error[i].count, 0);
        }
    }
    return 0;
}
