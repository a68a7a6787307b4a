#include "events.h"

#include "numbers.h"
#include "shared.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

typedef struct {
    _Atomic uint64_t sequence; /* 0: nothing is there, or it is being written */
    event event;
} place;

typedef struct {
    _Atomic uint32_t next;
    place places[KEPT_OF_A_NUMBER];
} history;

static place *ring;
static history *histories;
static _Atomic uint64_t count, unseen;

int
events_prepare(void)
{
    if (ring == NULL) {
        ring = recorder_map(RING * sizeof(place), false);
    }
    if (histories == NULL) {
        histories = recorder_map(NUMBERS * sizeof(history), false);
    }
    return ring == NULL || histories == NULL ? -1 : 0;
}

/* From here on it is being written. */
static event *
begin(place *place)
{
    if (place == NULL) {
        return NULL;
    }
    atomic_store_explicit(&place->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    return &place->event;
}

static void
end(event *event, uint64_t sequence)
{
    if (event != NULL) {
        place *at = (place *)((char *)event - offsetof(place, event));
        atomic_store_explicit(&at->sequence, sequence, memory_order_release);
    }
}

static bool
take(const place *place, event *event, uint64_t *sequence)
{
    *sequence = atomic_load_explicit(&place->sequence, memory_order_acquire);
    *event = place->event;
    atomic_thread_fence(memory_order_acquire);
    return *sequence != 0 && atomic_load_explicit(&place->sequence, memory_order_relaxed) == *sequence;
}

/* The next place of this number; NULL where it has none. */
static place *
next_of(int fd)
{
    if (fd < 0) {
        return NULL;
    }
    if (fd >= NUMBERS) {
        atomic_fetch_add_explicit(&unseen, 1, memory_order_relaxed);
        return NULL;
    }
    history *history = &histories[fd];
    return &history->places[atomic_fetch_add_explicit(&history->next, 1, memory_order_relaxed) % KEPT_OF_A_NUMBER];
}

/* A range concerns the numbers in it that were open. */
static void
keep_range(const event *event, uint64_t sequence)
{
    int last = event->other < numbers_end() - 1 ? event->other : numbers_end() - 1;
    for (int fd = event->fd; fd <= last; fd++) {
        const number *number = number_of(fd);
        if (number != NULL && number->closed.time == event->time) {
            struct event *copy = begin(next_of(fd));
            if (copy != NULL) {
                *copy = *event;
                end(copy, sequence);
            }
        }
    }
}

void
events_expect(int fd)
{
    const place *place = &ring[(atomic_load_explicit(&count, memory_order_relaxed) + 1) % RING];
    __builtin_prefetch(place, 1);
    __builtin_prefetch(place + 1, 1); /* its end, which is in the next line of the cache */
    if ((unsigned)fd < NUMBERS) {
        __builtin_prefetch(&histories[fd], 1);
    }
}

claim
events_claim(int fd, int other, enum about about)
{
    claim claim = {.sequence = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1};
    /* All places first: a count in one step waits for what was written before. */
    place *first = about == ABOUT_RANGE ? NULL : next_of(fd);
    place *second = about == ABOUT_BOTH && other != fd ? next_of(other) : NULL;
    claim.places[0] = begin(&ring[claim.sequence % RING]);
    claim.places[1] = begin(first);
    claim.places[2] = begin(second);
    return claim;
}

void
events_publish(const claim *claim, enum about about)
{
    if (about == ABOUT_RANGE) {
        keep_range(claim->places[0], claim->sequence);
    }
    for (int i = 0; i < 3; i++) {
        end(claim->places[i], claim->sequence);
    }
}

void
events_pass(void)
{
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&unseen, 1, memory_order_relaxed);
}

uint64_t
events_count(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed);
}

uint64_t
events_unseen(void)
{
    return atomic_load_explicit(&unseen, memory_order_relaxed);
}

bool
events_in_ring(uint32_t index, event *event, uint64_t *sequence)
{
    return ring != NULL && index < RING && take(&ring[index], event, sequence);
}

bool
events_of_number(int fd, uint32_t index, event *event, uint64_t *sequence)
{
    return histories != NULL && (unsigned)fd < NUMBERS && index < KEPT_OF_A_NUMBER &&
           take(&histories[fd].places[index], event, sequence);
}

void
events_forget(void)
{
    for (uint32_t i = 0; i < RING; i++) {
        atomic_store(&ring[i].sequence, 0);
    }
    for (int fd = 0; fd < numbers_end(); fd++) {
        for (uint32_t i = 0; i < KEPT_OF_A_NUMBER; i++) {
            atomic_store(&histories[fd].places[i].sequence, 0);
        }
    }
    atomic_store(&count, 0);
    atomic_store(&unseen, 0);
}
