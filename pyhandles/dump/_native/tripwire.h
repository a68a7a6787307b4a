/* Notices the failing calls: a function in front of the allocation of OSError and its subclasses in C. */
#ifndef PYHANDLES_TRIPWIRE_H
#define PYHANDLES_TRIPWIRE_H

#include <stdbool.h>

#define HIGHEST_ERRNO 256

/* Fire the trigger of this name when a call of C fails with `error`; to be called before tripwire_set(). The name is
 * copied. False where the number is none that an error can have. */
bool tripwire_watch(int error, const char *name);

/* Put the functions in front, and take them away and forget what was watched. */
void tripwire_set(void);
void tripwire_remove(void);

#endif
