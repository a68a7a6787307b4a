#define _GNU_SOURCE
#include "genuine.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

/* Where functions are, in the order in which to ask; up to glibc 2.33 some are in several. */
static const char *const libraries[] = {"libc.so.6", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libdl.so.2"};
#define LIBRARIES (sizeof(libraries) / sizeof(*libraries))

/* Nothing that these do is the program's. */
static const char *const parts[] = {
    "libc.so.",       "libpthread.so.", "librt.so.",      "libutil.so.",     "libdl.so.",        "libm.so.",
    "libresolv.so.",  "libanl.so.",     "ld-linux",       "linux-vdso",      "libnss_files.so.", "libnss_dns.so.",
    "libnss_db.so.",  "libnss_compat.", "libthread_db.",  "libnss_hesiod.",  "libasan.so",       "libtsan.so",
    "liblsan.so",     "libubsan.so",    "libhwasan.so",   "libclang_rt.",    "vgpreload_",
};
#define PARTS (sizeof(parts) / sizeof(*parts))

static void *handles[LIBRARIES];
static uintptr_t program;

#define INTERPOSERS 16
static uintptr_t interposers[INTERPOSERS];

bool
genuine_find_libraries(void)
{
    bool more = false;
    for (size_t each = 0; each < LIBRARIES; each++) {
        if (handles[each] == NULL) {
            handles[each] = dlopen(libraries[each], RTLD_LAZY | RTLD_NOLOAD);
            more = more || handles[each] != NULL;
        }
    }
    return more;
}

int
genuine_prepare(const struct link_map *first)
{
    image image;
    program = image_read(&image, first) ? image.start : 0;
    genuine_find_libraries();
    if (handles[0] == NULL) {
        errno = ENOTSUP;
        return -1;
    }
    return 0;
}

static const char *
last_part(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}

static bool
is_part(const char *file)
{
    for (size_t each = 0; each < PARTS; each++) {
        if (strncmp(last_part(file), parts[each], strlen(parts[each])) == 0) {
            return true;
        }
    }
    return false;
}

static void
note_interposer(uintptr_t start)
{
    for (int each = 0; each < INTERPOSERS && start != program; each++) {
        if (interposers[each] == 0 || interposers[each] == start) {
            interposers[each] = start;
            return;
        }
    }
}

genuine
genuine_find(const char *name)
{
    genuine found = {NULL, NULL};
    for (size_t each = 0; each < LIBRARIES; each++) {
        void *address = handles[each] == NULL ? NULL : dlsym(handles[each], name);
        if (address == NULL || address == found.called) {
            continue;
        }
        if (found.called == NULL) {
            found.called = address;
        } else if (found.twin == NULL) {
            found.twin = address;
        }
    }
    void *first = dlsym(RTLD_DEFAULT, name);
    if (first == NULL || first == found.called || found.called == NULL) {
        return found;
    }
    if (first == found.twin) {
        return (genuine){.called = first, .twin = found.called};
    }
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    if (dladdr1(first, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL ||
        symbol->st_shndx == SHN_UNDEF) {
        return found; /* the entry of a program's own import table, which stands for the function */
    }
    if (!is_part(info.dli_fname)) {
        note_interposer((uintptr_t)info.dli_fbase);
    }
    return (genuine){.called = first};
}

bool
genuine_is_part(const image *image)
{
    for (int each = 0; each < INTERPOSERS && interposers[each] != 0; each++) {
        if (interposers[each] == image->start) {
            return true;
        }
    }
    return is_part(image->file);
}
