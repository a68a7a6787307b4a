/* Texts from elsewhere, a file's name or a peer's, on their way to a terminal: nothing in them acts upon it. */
#ifndef PYHANDLES_PRINTING_H
#define PYHANDLES_PRINTING_H

#include <stddef.h>

/* Write a text with each byte of what a terminal acts upon, or does not show, as "\x1b". Always ends it with a null. */
void print_safely(const char *text, char *out, size_t room);

/* Write a path as a shell takes it: as it is, or quoted where it must be. Always ends it with a null. */
void print_for_shell(const char *path, char *out, size_t room);

#endif
