/* A loaded object: where it lies, and the words in it that the linker has filled in with addresses of functions of
 * others. */
#ifndef PYHANDLES_RECORDER_IMAGE_H
#define PYHANDLES_RECORDER_IMAGE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *file;     /* as the linker has it; empty for the program itself */
    uintptr_t start, end; /* all of its segments lie in here */

    /* The rest is image.c's. */
    uintptr_t base;
    const ElfW(Phdr) *segments;
    size_t segment_count;
    const ElfW(Sym) *symbols;
    const char *strings;
    struct {
        const ElfW(Rela) *first;
        size_t count;
    } relocations[2];
    uintptr_t sealed_start, sealed_end; /* read-only once the linker is done */
    uintptr_t writable_page;            /* the last that was found so */
    bool unsealed;
} image;

typedef struct {
    _Atomic uintptr_t *slot;
    const char *name; /* of the function */
    bool lazy;        /* the linker may not yet have looked for it */
} import;

/* Only while the linker is known to be at rest, as for whatever follows. False where the object is not understood. */
bool image_read(image *image, const struct link_map *map);

bool image_has(const image *image, uintptr_t address);

typedef void import_visitor(image *in, const import *import);
void image_imports(image *image, import_visitor *visit);

/* False where the memory cannot be written. */
bool image_store(image *image, _Atomic uintptr_t *slot, uintptr_t word);

/* After the last store: seals it again. */
void image_close(image *image);

#endif
