#define _GNU_SOURCE
#include "stacks.h"

#include "cache.h"
#include "interned.h"
#include "mix.h"
#include "recycled.h"
#include "shared.h"
#include "sites.h"
#include "slots.h"
#include "thread.h"

#include <string.h>

/* That many are looked at, however few are kept, for one outside the standard library. */
#define LEAST_LOOKED_AT 16

typedef struct {
    uint32_t told, count;
    uint32_t sites[DEEPEST_STACK];
} candidate;

typedef struct {
    _Atomic uint32_t ready;
    uint32_t told, count, first;
} record;

/* A stack is known by its sites, which mean the same in all processes that share this. */
static struct {
    interned index;
    record records[INTERNED];
    _Atomic uint32_t used;
    uint32_t sites[INTERNED * DEEPEST_STACK];
} *shared;

/* The code objects of a process are its own: what they stand for is kept apart. */
static struct {
    cache stacks; /* by all frames: the number << 32 | the site to tell of */
    cache sites;  /* by one frame */
} *known;

static _Atomic unsigned kept_depth;

int
stacks_prepare(unsigned depth, const char *standard, const char *const *packages)
{
    depth = depth < 1 ? 1 : depth > DEEPEST_STACK ? DEEPEST_STACK : depth;
    atomic_store(&kept_depth, depth);
    if (known != NULL) {
        return 0;
    }
    recycled_prepare();
    if (thread_prepare() < 0 || sites_prepare(standard, packages) < 0) {
        return -1;
    }
    if (shared == NULL && (shared = recorder_map(sizeof(*shared), true)) == NULL) {
        return -1;
    }
    known = recorder_map(sizeof(*known), false);
    return known == NULL ? -1 : 0;
}

bool
stacks_are_prepared(void)
{
    return known != NULL;
}

static bool
is_it_recorded(uint32_t number, const void *wanted)
{
    const candidate *candidate = wanted;
    const record *record = &shared->records[number];
    return record->told == candidate->told && record->count == candidate->count &&
           memcmp(shared->sites + record->first, candidate->sites, candidate->count * sizeof(uint32_t)) == 0;
}

static uint32_t
add(const candidate *candidate, uint64_t hash)
{
    uint32_t number = interned_claim(&shared->index.count, 1, INTERNED);
    if (number == NOT_INTERNED) {
        return NO_STACK;
    }
    uint32_t first = interned_claim(&shared->used, candidate->count, INTERNED * DEEPEST_STACK);
    if (first == NOT_INTERNED) {
        interned_return(&shared->index.count, number, 1);
        return NO_STACK;
    }
    memcpy(shared->sites + first, candidate->sites, candidate->count * sizeof(uint32_t));
    record *record = &shared->records[number];
    record->told = candidate->told;
    record->count = candidate->count;
    record->first = first;
    atomic_store_explicit(&record->ready, 1, memory_order_release);
    uint32_t found = interned_publish(&shared->index, hash, number, is_it_recorded, candidate);
    if (found != number) {
        atomic_store_explicit(&record->ready, 0, memory_order_release);
        interned_return(&shared->used, first, candidate->count);
        interned_return(&shared->index.count, number, 1);
    }
    return found;
}

static uint32_t
intern(const candidate *candidate)
{
    uint64_t hash = mix_bytes(candidate->told, (const char *)candidate->sites, candidate->count * sizeof(uint32_t));
    uint32_t number = interned_find(&shared->index, hash, is_it_recorded, candidate);
    return number == NOT_INTERNED ? add(candidate, hash) : number;
}

/* Each frame by itself, so that the processor need not wait for one before it looks at the next; turned, as the same
 * frame may come again: by what comes to a full turn with the sixty-fifth only. */
static inline uint64_t
mix_frame(uint64_t hash, interpreter_frame *frame)
{
    uint64_t edition = recycled_edition((PyCodeObject *)compat_frame_executable(frame).object);
    return (hash << 7 | hash >> 57) ^ (compat_frame_instruction(frame) ^ edition << 32) * 0x9E3779B97F4A7C15u;
}

static uint32_t
site_of_frame(interpreter_frame *frame)
{
    uint64_t hash = mix(0, mix_frame(0, frame), 0), value;
    if (!cache_find(&known->sites, hash, &value)) {
        value = site_of_code(compat_frame_code(frame), compat_frame_offset(frame));
        cache_keep(&known->sites, hash, value);
    }
    return (uint32_t)value;
}

/* Where there was no room for a site, nobody knows whether it would have been the one to tell of. */
static void
look_at(interpreter_frame *frame, unsigned depth, unsigned most, candidate *candidate)
{
    bool found = false;
    candidate->count = 0;
    for (unsigned i = 0; frame != NULL && i < most && (candidate->count < depth || !found); frame = frame->previous) {
        if (compat_frame_is_of_c(frame)) {
            continue;
        }
        if (compat_frame_is_complete(frame)) {
            uint32_t site = site_of_frame(frame);
            if (candidate->count < depth) {
                candidate->sites[candidate->count++] = site;
            }
            bool tells = !found && !site_is_standard(site);
            if (i == 0 || tells) {
                candidate->told = site;
            }
            found = found || tells;
        }
        i++;
    }
}

/* No Python code runs in this thread, or none that may be looked at. */
static whereabouts
native(const void *caller, uint32_t thread)
{
    candidate candidate = {.count = 1};
    candidate.told = candidate.sites[0] = site_of_library(slots_object(caller));
    return (whereabouts){.stack = intern(&candidate), .site = candidate.told, .thread = thread};
}

whereabouts
stacks_locate(const void *caller)
{
    PyThreadState *thread = thread_with_frames();
    uint32_t number = thread_number(thread);
    unsigned depth = atomic_load_explicit(&kept_depth, memory_order_relaxed);
    unsigned most = depth < LEAST_LOOKED_AT ? LEAST_LOOKED_AT : depth, count = 0;
    interpreter_frame *innermost = thread_innermost(thread, most);
    if (innermost == NULL) {
        return native(caller, number);
    }
    uint64_t hash = depth, value;
    for (interpreter_frame *frame = innermost; frame != NULL && count < most; frame = frame->previous) {
        if (!compat_frame_is_of_c(frame)) {
            hash = mix_frame(hash, frame);
            count++;
        }
    }
    hash = mix(hash, count, 0);
    if (!cache_find(&known->stacks, hash, &value)) {
        candidate candidate;
        look_at(innermost, depth, most, &candidate);
        value = (uint64_t)intern(&candidate) << 32 | candidate.told;
        cache_keep(&known->stacks, hash, value);
    }
    return (whereabouts){.stack = (uint32_t)(value >> 32), .site = (uint32_t)value, .thread = number};
}

uint32_t
stacks_count(void)
{
    return shared == NULL ? 0 : atomic_load_explicit(&shared->index.count, memory_order_acquire);
}

unsigned
stacks_frames(uint32_t stack, uint32_t sites[DEEPEST_STACK], uint32_t *told)
{
    *told = NO_SITE;
    if (stack >= stacks_count() || !atomic_load_explicit(&shared->records[stack].ready, memory_order_acquire)) {
        return 0;
    }
    const record *record = &shared->records[stack];
    *told = record->told;
    memcpy(sites, shared->sites + record->first, record->count * sizeof(uint32_t));
    return record->count;
}
