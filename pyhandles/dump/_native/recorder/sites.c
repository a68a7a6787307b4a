#define _GNU_SOURCE
#include "sites.h"

#include "../format.h"
#include "../texts.h"
#include "interned.h"
#include "mix.h"
#include "shared.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define TEXT_BYTES (6u << 20)
#define LONGEST_FILE 1024
#define LONGEST_FUNCTION 512
#define PACKAGES 16
#define FROZEN "<frozen "

typedef struct {
    _Atomic uint32_t ready;
    uint32_t line, flags;
    uint32_t text, file_bytes, function_bytes; /* each with a zero behind it */
} record;

static struct {
    interned index;
    record records[INTERNED];
    _Atomic uint32_t used;
    char texts[TEXT_BYTES];
} *shared;

static struct {
    char standard[PATH_MAX], own[PATH_MAX]; /* with a slash at the end */
    char packages[PACKAGES][PATH_MAX];
} *directories;

typedef struct {
    char file[LONGEST_FILE], function[LONGEST_FUNCTION];
    uint32_t file_bytes, function_bytes, line, flags;
} candidate;

static void
keep_directory(char kept[PATH_MAX], const char *directory)
{
    size_t length = strlen(directory);
    if (length > 0 && length < PATH_MAX - 1) {
        memcpy(kept, directory, length);
        kept[length] = '/';
    }
}

/* That in which the extension lies: what Python code calls from there is our own doing. */
static void
keep_own_directory(void)
{
    Dl_info info;
    int found;
    /* It takes the linker's lock, which a library's constructor may hold while it waits for the GIL. */
    Py_BEGIN_ALLOW_THREADS
    found = dladdr((void *)keep_own_directory, &info);
    Py_END_ALLOW_THREADS
    if (found == 0 || info.dli_fname == NULL) {
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    if (slash != NULL && slash - info.dli_fname < PATH_MAX - 1) {
        memcpy(directories->own, info.dli_fname, (size_t)(slash - info.dli_fname) + 1);
    }
}

int
sites_prepare(const char *standard, const char *const *packages)
{
    if (shared != NULL) {
        return 0;
    }
    directories = recorder_map(sizeof(*directories), false);
    if (directories == NULL) {
        return -1;
    }
    keep_directory(directories->standard, standard);
    for (int i = 0; i < PACKAGES && packages[i] != NULL; i++) {
        keep_directory(directories->packages[i], packages[i]);
    }
    keep_own_directory();
    shared = recorder_map(sizeof(*shared), true);
    return shared == NULL ? -1 : 0;
}

static bool
lies_in(const char *file, uint32_t file_bytes, const char directory[PATH_MAX])
{
    size_t length = strlen(directory);
    return length > 0 && file_bytes > length && memcmp(file, directory, length) == 0;
}

static bool
is_standard(const char *file, uint32_t file_bytes)
{
    if (file_bytes > strlen(FROZEN) && memcmp(file, FROZEN, strlen(FROZEN)) == 0) {
        return true;
    }
    if (lies_in(file, file_bytes, directories->own)) {
        return true;
    }
    for (int i = 0; i < PACKAGES; i++) {
        if (lies_in(file, file_bytes, directories->packages[i])) {
            return false;
        }
    }
    return lies_in(file, file_bytes, directories->standard);
}

static bool
is_it_recorded(uint32_t number, const void *wanted)
{
    const candidate *candidate = wanted;
    const record *record = &shared->records[number];
    const char *text = shared->texts + record->text;
    return record->line == candidate->line && record->file_bytes == candidate->file_bytes &&
           record->function_bytes == candidate->function_bytes &&
           (record->flags & SITE_NATIVE) == (candidate->flags & SITE_NATIVE) &&
           memcmp(text, candidate->file, candidate->file_bytes) == 0 &&
           memcmp(text + candidate->file_bytes + 1, candidate->function, candidate->function_bytes) == 0;
}

static uint32_t
add(const candidate *candidate, uint64_t hash)
{
    uint32_t bytes = candidate->file_bytes + candidate->function_bytes + 2;
    uint32_t number = interned_claim(&shared->index.count, 1, INTERNED);
    if (number == NOT_INTERNED) {
        return NO_SITE;
    }
    uint32_t text = interned_claim(&shared->used, bytes, TEXT_BYTES);
    if (text == NOT_INTERNED) {
        interned_return(&shared->index.count, number, 1);
        return NO_SITE;
    }
    char *file = shared->texts + text, *function = file + candidate->file_bytes + 1;
    memcpy(file, candidate->file, candidate->file_bytes);
    file[candidate->file_bytes] = '\0';
    memcpy(function, candidate->function, candidate->function_bytes);
    function[candidate->function_bytes] = '\0';
    record *record = &shared->records[number];
    record->line = candidate->line;
    record->flags = candidate->flags | (is_standard(file, candidate->file_bytes) ? SITE_STANDARD : 0);
    record->text = text;
    record->file_bytes = candidate->file_bytes;
    record->function_bytes = candidate->function_bytes;
    atomic_store_explicit(&record->ready, 1, memory_order_release);
    uint32_t found = interned_publish(&shared->index, hash, number, is_it_recorded, candidate);
    if (found != number) {
        atomic_store_explicit(&record->ready, 0, memory_order_release);
        interned_return(&shared->used, text, bytes);
        interned_return(&shared->index.count, number, 1);
    }
    return found;
}

static uint32_t
intern(const candidate *candidate)
{
    uint64_t hash = mix_bytes(candidate->line, candidate->file, candidate->file_bytes);
    hash = mix_bytes(hash ^ (candidate->flags & SITE_NATIVE), candidate->function, candidate->function_bytes);
    uint32_t number = interned_find(&shared->index, hash, is_it_recorded, candidate);
    return number == NOT_INTERNED ? add(candidate, hash) : number;
}

static uint32_t
copy_text(PyObject *text, char *buffer, size_t room)
{
    return text != NULL && PyUnicode_Check(text) ? (uint32_t)unicode_to_utf8(text, buffer, room) : 0;
}

uint32_t
site_of_code(PyCodeObject *code, int offset)
{
    candidate candidate;
    candidate.file_bytes = copy_text(code->co_filename, candidate.file, sizeof(candidate.file));
    candidate.function_bytes = copy_text(code->co_qualname, candidate.function, sizeof(candidate.function));
    candidate.line = compat_code_line(code, offset);
    candidate.flags = 0;
    return intern(&candidate);
}

uint32_t
site_of_library(const char *file)
{
    candidate candidate;
    size_t length = file == NULL ? 0 : strlen(file);
    candidate.file_bytes = (uint32_t)bytes_to_utf8(file, length, candidate.file, sizeof(candidate.file));
    candidate.function_bytes = 0;
    candidate.line = 0;
    candidate.flags = SITE_NATIVE;
    return intern(&candidate);
}

bool
site_is_standard(uint32_t number)
{
    return number != NO_SITE && (shared->records[number].flags & SITE_STANDARD) != 0;
}

uint32_t
stacks_site_count(void)
{
    return shared == NULL ? 0 : atomic_load_explicit(&shared->index.count, memory_order_acquire);
}

bool
stacks_site(uint32_t number, site *site)
{
    if (number >= stacks_site_count() ||
        !atomic_load_explicit(&shared->records[number].ready, memory_order_acquire)) {
        return false;
    }
    const record *record = &shared->records[number];
    const char *text = shared->texts + record->text;
    site->file = record->file_bytes == 0 ? NULL : text;
    site->function = record->function_bytes == 0 ? NULL : text + record->file_bytes + 1;
    site->line = record->line;
    site->flags = record->flags;
    return true;
}
