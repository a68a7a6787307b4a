#define _GNU_SOURCE
#include "objects.h"

#include "slots.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Beyond these, objects have no name. */
#define OBJECTS 4096
#define NAMES_BYTES (512 << 10)

typedef struct {
    _Atomic uintptr_t start, end; /* end 0: not loaded */
    _Atomic(const char *) file;
    bool seen;
} object;

static object objects[OBJECTS];
static _Atomic uint32_t count;

/* Each once, with its terminator; kept for good, for a reader may have been given one. */
static char names[NAMES_BYTES];
static size_t names_bytes;

static const char *
kept(const char *file)
{
    for (size_t place = 0; place < names_bytes; place += strlen(names + place) + 1) {
        if (strcmp(names + place, file) == 0) {
            return names + place;
        }
    }
    size_t bytes = strlen(file) + 1;
    if (bytes > NAMES_BYTES - names_bytes) {
        return NULL;
    }
    char *name = memcpy(names + names_bytes, file, bytes);
    names_bytes += bytes;
    return name;
}

static const char *
program_file(void)
{
    static char file[4096];
    if (file[0] == '\0') {
        ssize_t bytes = readlink("/proc/self/exe", file, sizeof(file) - 1);
        file[bytes < 0 ? 0 : bytes] = '\0';
    }
    return file;
}

void
objects_add(uintptr_t start, uintptr_t end, const char *file)
{
    const char *name = kept(file[0] == '\0' ? program_file() : file);
    uint32_t used = atomic_load(&count);
    object *place = NULL;
    for (uint32_t each = 0; each < used; each++) {
        object *known = &objects[each];
        if (known->end == end && known->start == start && known->file == name) {
            known->seen = true;
            return;
        }
        if (known->end == 0 && place == NULL) {
            place = known;
        }
    }
    if (place == NULL) {
        if (used == OBJECTS) {
            return;
        }
        place = &objects[used];
    }
    /* A reader takes what it has read if the end is the same before and after. */
    place->start = start;
    place->file = name;
    place->seen = true;
    place->end = end;
    if (place == &objects[used]) {
        count = used + 1;
    }
}

void
objects_begin(void)
{
    for (uint32_t each = 0; each < atomic_load(&count); each++) {
        objects[each].seen = false;
    }
}

void
objects_end(void)
{
    for (uint32_t each = 0; each < atomic_load(&count); each++) {
        if (!objects[each].seen) {
            objects[each].end = 0;
        }
    }
}

const char *
slots_object(const void *address)
{
    uintptr_t wanted = (uintptr_t)address;
    uint32_t used = atomic_load_explicit(&count, memory_order_acquire);
    for (uint32_t each = 0; each < used; each++) {
        object *object = &objects[each];
        uintptr_t end = atomic_load_explicit(&object->end, memory_order_acquire);
        if (wanted < end && wanted >= atomic_load_explicit(&object->start, memory_order_acquire)) {
            const char *file = atomic_load_explicit(&object->file, memory_order_acquire);
            return atomic_load_explicit(&object->end, memory_order_relaxed) == end ? file : NULL;
        }
    }
    return NULL;
}
