#define _GNU_SOURCE
#include "slots.h"

#include "genuine.h"
#include "image.h"
#include "loading.h"
#include "machine.h"
#include "objects.h"
#include "targets.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

static atomic_uint wanted; /* enum slots_part: for whom slots are to be patched */
static struct link_map *own;
static struct link_map *first; /* the program */

/* The linker's list as it was the last time, and what was done to it then. Under its lock. */
#define OBJECTS 4096
static struct {
    const struct link_map *map;
    const void *dynamic;
} settled[OBJECTS];
static size_t settled_count;
static unsigned settled_for; /* enum slots_part */

static atomic_bool switching;

bool
slots_have_switching(void)
{
    return atomic_load_explicit(&switching, memory_order_relaxed);
}

static bool
is_asked_for(int number)
{
    return (targets[number].call->parts & settled_for) != 0;
}

static void
patch_import(image *image, const import *import)
{
    uintptr_t word = atomic_load_explicit(import->slot, memory_order_relaxed);
    int number = targets_of_address(word);
    if (number >= 0) {
        /* Several names may have one address. */
        int named = targets_of_name(import->name);
        number = named >= 0 && target_is(named, word) ? named : number;
    } else if (import->lazy && image_has(image, word)) {
        number = targets_of_name(import->name);
    }
    /* Whatever else stands there, somebody has put in front. */
    if (number >= 0 && targets[number].genuine.called != NULL && is_asked_for(number)) {
        image_store(image, import->slot, (uintptr_t)targets[number].call->hook);
    }
}

static void
restore_import(image *image, const import *import)
{
    int number = targets_of_hook(atomic_load_explicit(import->slot, memory_order_relaxed));
    if (number >= 0 && !is_asked_for(number)) {
        image_store(image, import->slot, (uintptr_t)targets[number].genuine.called);
    }
}

static void
settle_object(const struct link_map *map, bool restore)
{
    image image;
    if (!image_read(&image, map)) {
        return;
    }
    objects_add(image.start, image.end, image.file);
    if (strstr(image.file, "greenlet") != NULL) {
        atomic_store_explicit(&switching, true, memory_order_relaxed);
    }
    if (map == own) {
        return;
    }
    if (restore) {
        image_imports(&image, restore_import);
    }
    if (settled_for != 0 && !genuine_is_part(&image)) {
        image_imports(&image, patch_import);
    }
    image_close(&image);
}

static bool
is_settled(size_t place, const struct link_map *map)
{
    return place < settled_count && settled[place].map == map && settled[place].dynamic == map->l_ld;
}

/* How many of the list's first are as they were. */
static size_t
count_settled(void)
{
    size_t place = 0;
    for (const struct link_map *map = first; map != NULL && is_settled(place, map); map = map->l_next) {
        place++;
    }
    return place;
}

/* Make the slots what they are to be. No object is being loaded or unloaded meanwhile. */
static void
settle(void)
{
    unsigned former = settled_for;
    settled_for = atomic_load(&wanted);
    bool restore = settled_for == 0 || (former & ~settled_for) != 0;
    size_t known = count_settled();
    bool unloading = atomic_load(&loading_unloads) != 0;
    bool unloaded = atomic_exchange(&loading_unloaded, false);
    bool afresh = unloading || unloaded || settled_for == 0 || settled_for != former || known < settled_count;
    if (afresh) {
        known = settled_count = 0;
        objects_begin();
    }
    size_t place = 0;
    for (const struct link_map *map = first; map != NULL; map = map->l_next, place++) {
        if (place < known) {
            continue;
        }
        if (place == known && settled_for != 0 && genuine_find_libraries()) {
            targets_find();
        }
        settle_object(map, restore);
        if (place < OBJECTS) {
            settled[place].map = map;
            settled[place].dynamic = map->l_ld;
        }
    }
    settled_count = place < OBJECTS ? place : OBJECTS;
    if (afresh) {
        objects_end();
    }
}

#if RECORDER_MACHINE

static void
nothing(void)
{
}

/* The linker calls this with its lock held, when it is asked for the function below: so nothing is loaded, moved to its
 * place or unloaded by another thread meanwhile, nor are two threads in here. */
static void (*settle_locked(void))(void)
{
    settle();
    return nothing;
}

__attribute__((ifunc("settle_locked"), visibility("default"))) void pyhandles_settle_slots(void);

static void
lock_and_settle(void)
{
    int kept = errno;
    (void)dlsym(own, "pyhandles_settle_slots");
    errno = kept;
}

#else

static void
lock_and_settle(void)
{
    settle();
}

#endif

static struct {
    _Atomic(const hooked *) table;
    atomic_size_t count;
    int error; /* 0, or why it could not be done */
} preparation;

static int
prepare(void)
{
    if (!RECORDER_MACHINE || preparation.count > TARGETS - LOADING_CALLS) {
        errno = ENOTSUP;
        return -1;
    }
    Dl_info info;
    struct link_map *map;
    if (dladdr1(&first, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 ||
        (own = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)) == NULL) {
        errno = ENOTSUP;
        return -1;
    }
    for (first = own; first->l_prev != NULL; first = first->l_prev) {
    }
    if (genuine_prepare(first) < 0) {
        return -1;
    }
    for (size_t each = 0; each < LOADING_CALLS; each++) {
        targets_add(&loading_calls[each]);
    }
    const hooked *table = preparation.table;
    for (size_t each = 0; each < preparation.count; each++) {
        targets_add(&table[each]);
    }
    targets_find();
    return 0;
}

static void
prepare_and_note(void)
{
    preparation.error = prepare() < 0 ? errno : 0;
}

int
slots_prepare(const hooked *table, size_t count)
{
    /* The recorder and whoever watches for an errno may come at once, as neither has the GIL. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    preparation.table = table;
    preparation.count = count;
    pthread_once(&once, prepare_and_note);
    errno = preparation.error;
    return preparation.error ? -1 : 0;
}

int
slots_patch(enum slots_part part)
{
    if (own == NULL) {
        errno = ENOTSUP;
        return -1;
    }
    atomic_fetch_or(&wanted, part);
    lock_and_settle();
    return 0;
}

void
slots_restore(enum slots_part part)
{
    if (own != NULL) {
        atomic_fetch_and(&wanted, ~(unsigned)part);
        lock_and_settle();
    }
}

NAMED_IN_ASSEMBLY void
slots_refresh(void)
{
    if (atomic_load_explicit(&wanted, memory_order_relaxed) != 0) {
        lock_and_settle();
    }
}
