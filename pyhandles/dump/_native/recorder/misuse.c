#define _GNU_SOURCE
#include "misuse.h"

#include "../format.h"
#include "events.h"
#include "raising.h"
#include "reporter.h"
#include "shared.h"
#include "sweeps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KINDS 4
#define SITES (MISUSES - KINDS)
#define RIPE_NS UINT64_C(100000000)

enum state { EMPTY, WRITING, FRESH, TOLD };

typedef struct {
    _Atomic uint64_t key; /* kind << 32 | site; 0: free */
    _Atomic uint64_t count;
    _Atomic uint32_t state;
    misuse first;
} place;

static place *places;
static _Atomic int policy;

int
misuse_prepare(void)
{
    places = recorder_map(MISUSES * sizeof(place), true);
    return places == NULL ? -1 : 0;
}

int
misuse_set(enum misuse_policy wanted)
{
    if (wanted == MISUSE_RAISE && raising_prepare() < 0) {
        return -1;
    }
    atomic_store(&policy, (int)wanted);
    if (places != NULL) {
        reporter_flush();
    }
    return 0;
}

int
misuse_forget(bool apart)
{
    if (apart) {
        return recorder_map_apart(places, MISUSES * sizeof(place));
    }
    for (uint32_t i = 0; places != NULL && i < MISUSES; i++) {
        atomic_store(&places[i].state, EMPTY);
        atomic_store(&places[i].count, 0);
        atomic_store(&places[i].key, 0);
    }
    return 0;
}

static uint32_t
state_of(const place *place)
{
    return atomic_load_explicit(&place->state, memory_order_acquire);
}

static uint32_t
mixed(uint64_t key)
{
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 33);
}

static place *
place_of(enum misuse_kind kind, uint32_t site)
{
    uint64_t key = (uint64_t)kind << 32 | site;
    uint32_t start = mixed(key) % SITES;
    for (uint32_t i = 0; i < SITES && site != NO_SITE; i++) {
        place *place = &places[(start + i) % SITES];
        uint64_t there = 0;
        if (atomic_load(&place->key) == key || atomic_compare_exchange_strong(&place->key, &there, key) ||
            there == key) {
            return place;
        }
    }
    place *common = &places[SITES + kind - 1];
    atomic_store(&common->key, (uint64_t)kind << 32 | NO_SITE);
    return common;
}

/* ---- noting --------------------------------------------------------------------------------------------- */

static deed
deed_of_event(const event *event, const deed *pattern)
{
    uint32_t sites[DEEPEST_STACK], told = NO_SITE;
    if (event->stack != NO_STACK) {
        stacks_frames(event->stack, sites, &told);
    }
    return (deed){
        .time = event->time,
        .thread = event->thread,
        .stack = event->stack,
        .site = told,
        .call = event->call,
        .pid = pattern->pid,
        .generation = event->generation,
    };
}

/* Of a number that has been closed and opened several times meanwhile, the first time is what made the use late. */
static void
find_the_first(misuse *misuse)
{
    uint64_t closed = UINT64_MAX, opened = UINT64_MAX, sequence;
    event event;
    for (uint32_t i = 0; i < KEPT_OF_A_NUMBER; i++) {
        if (!events_of_number(misuse->fd, i, &event, &sequence)) {
            continue;
        }
        if (event.flags & EVENT_CLOSED && event.generation >= misuse->use.generation && event.time < closed) {
            closed = event.time;
            misuse->closed = deed_of_event(&event, &misuse->use);
        }
        if (event.flags & EVENT_OPENED && event.generation == misuse->use.generation + 1 && event.time < opened) {
            opened = event.time;
            misuse->opened = deed_of_event(&event, &misuse->use);
        }
    }
}

static void
describe(enum misuse_kind kind, int fd, const deed *use, misuse *out)
{
    memset(out, 0, sizeof(*out));
    out->kind = kind;
    out->fd = fd;
    out->use = *use;
    const number *number = number_of(fd);
    if (number != NULL) {
        out->closed = number->closed;
        out->opened = number->opened;
    }
    if (kind == MISUSE_LATE_USE && out->closed.generation != use->generation) {
        find_the_first(out);
    }
    else if (kind == MISUSE_FOREIGN_CLOSE) {
        out->closed = (deed){0}; /* that is this one */
    }
}

/* Only one of those who come at once. */
static bool
put_first(place *place, const misuse *misuse)
{
    uint32_t state = EMPTY;
    if (!atomic_compare_exchange_strong(&place->state, &state, WRITING)) {
        return false;
    }
    place->first = *misuse;
    atomic_store(&place->count, 1);
    atomic_store_explicit(&place->state, FRESH, memory_order_release);
    return true;
}

static void
keep(const misuse *found, pthread_t thread)
{
    place *place = place_of(found->kind, found->use.site);
    bool is_first = put_first(place, found);
    if (!is_first) {
        atomic_fetch_add(&place->count, 1);
    }
    if (misuse_forbids()) {
        raising_note(found, thread);
    }
    if (is_first || misuse_forbids()) {
        reporter_wake(found->kind == MISUSE_USE_AFTER_CLOSE || found->kind == MISUSE_LATE_USE);
    }
}

bool
misuse_is_watched(void)
{
    return places != NULL && atomic_load_explicit(&policy, memory_order_relaxed) != MISUSE_OFF;
}

void
misuse_note_of(enum misuse_kind kind, int fd, const deed *use, pthread_t thread)
{
    if (!misuse_is_watched()) {
        return;
    }
    int error = errno;
    misuse found;
    describe(kind, fd, use, &found);
    if (kind != MISUSE_DOUBLE_CLOSE) {
        keep(&found, thread);
    }
    else if (!sweep_of_the_list(fd, found.opened.generation) && sweep_allows(use->thread, use->site)) {
        keep(&found, thread);
    }
    errno = error;
}

void
misuse_note(enum misuse_kind kind, int fd, const deed *use)
{
    misuse_note_of(kind, fd, use, pthread_self());
}

/* What was noted of it is none. */
static void
take_back(int fd, const whereabouts *where, uint32_t noted)
{
    place *place = place_of(MISUSE_DOUBLE_CLOSE, where->site);
    const misuse *first = &place->first;
    uint32_t fresh = FRESH;
    if (state_of(place) == FRESH && first->use.thread == where->thread && abs(first->fd - fd) < SHORTEST_SWEEP) {
        atomic_compare_exchange_strong(&place->state, &fresh, EMPTY);
    }
    else {
        atomic_fetch_sub(&place->count, noted);
    }
    raising_take_back(where);
    reporter_look_again();
}

void
misuse_tried_close(int fd, const whereabouts *where)
{
    uint32_t noted = sweep_goes_on(fd, where->thread, where->site);
    if (noted > 0) {
        take_back(fd, where, noted);
    }
}

bool
misuse_forbids(void)
{
    return atomic_load_explicit(&policy, memory_order_relaxed) == MISUSE_RAISE;
}

/* ---- reading -------------------------------------------------------------------------------------------- */

bool
misuse_is_certain_after(uint64_t time)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec > time + RIPE_NS;
}

bool
misuse_is_ripe(const misuse *misuse)
{
    return misuse->kind != MISUSE_DOUBLE_CLOSE || misuse_is_certain_after(misuse->use.time);
}

bool
misuse_at(uint32_t number, misuse *out)
{
    if (places == NULL || number >= MISUSES) {
        return false;
    }
    const place *place = &places[number];
    uint32_t state = state_of(place);
    if (state != FRESH && state != TOLD) {
        return false;
    }
    *out = place->first;
    out->count = atomic_load(&place->count);
    if (number >= SITES) { /* they have no first */
        out->use.stack = out->closed.stack = out->opened.stack = NO_STACK;
        out->use.site = NO_SITE;
    }
    return true;
}

bool
misuse_is_untold(void)
{
    for (uint32_t i = 0; places != NULL && i < MISUSES; i++) {
        if (state_of(&places[i]) == FRESH) {
            return true;
        }
    }
    return false;
}

bool
misuse_take_untold(bool all, misuse *out, bool *left)
{
    *left = false;
    for (uint32_t i = 0; places != NULL && i < MISUSES; i++) {
        place *place = &places[i];
        uint32_t fresh = FRESH;
        if (state_of(place) != FRESH) {
            continue;
        }
        if (!all && !misuse_is_ripe(&place->first)) {
            *left = true;
            continue;
        }
        if (atomic_compare_exchange_strong(&place->state, &fresh, TOLD)) {
            *out = place->first;
            out->count = atomic_load(&place->count);
            return true;
        }
    }
    return false;
}
