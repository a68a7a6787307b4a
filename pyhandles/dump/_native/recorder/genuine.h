/* The C library's own functions, found where no import table is in the way. */
#ifndef PYHANDLES_RECORDER_GENUINE_H
#define PYHANDLES_RECORDER_GENUINE_H

#include "image.h"

#include <stdbool.h>

typedef struct {
    void *called; /* what a call of this name comes to where nothing of ours is in front; NULL: there is none */
    void *twin;   /* another copy of it in the C library, or NULL */
} genuine;

/* `first` is the program. 0, or -1 with errno: ENOTSUP where the C library is not one that we know. */
int genuine_prepare(const struct link_map *first);

/* Some of its libraries may be loaded later than others. True if one has been since: what was not found may be in it. */
bool genuine_find_libraries(void);

genuine genuine_find(const char *name);

/* The C library's own, or one that stands in front of what was looked for: its insides are not looked into. */
bool genuine_is_part(const image *image);

#endif
