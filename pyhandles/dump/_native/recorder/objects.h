/* Which loaded object lies where: written by one thread at a time, read by any at any time. Answers slots_object(). */
#ifndef PYHANDLES_RECORDER_OBJECTS_H
#define PYHANDLES_RECORDER_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

/* One is loaded. The name is copied. */
void objects_add(uintptr_t start, uintptr_t end, const char *file);

/* Between these all that are loaded are added; those that are not are forgotten. */
void objects_begin(void);
void objects_end(void);

#endif
