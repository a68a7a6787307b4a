/* The file under its temporary name, and its final one. */
#ifndef PYHANDLES_OUTPUT_H
#define PYHANDLES_OUTPUT_H

#include <limits.h>
#include <stddef.h>

typedef struct {
    int fd;
    char temporary[PATH_MAX]; /* "" for a file without a name, or none; nobody else's, for our pid is in it */
} output;

/* Put `pid` and `trigger` into a path's placeholders. 0, or -1 with errno. */
int output_expand(const char *template, int pid, const char *trigger, char *path);

/* Make a new file beside `path`, for its owner alone, never through a symbolic link. 0, or -1 with errno. */
int output_open(output *output, const char *path);

/* Give it its name, or the next free one: never another file's. `path` is changed to the name it got. */
int output_publish(output *output, char *path);

/* Remove it. */
void output_discard(output *output);

#endif
