/* Notices the failing calls: a function in front of the allocation of OSError and its subclasses in C. */
#ifndef PYHANDLES_TRIPWIRE_H
#define PYHANDLES_TRIPWIRE_H

#include "failed_call.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HIGHEST_ERRNO 256

/* Fire the trigger of this name when a call of C fails with `error`; to be called before tripwire_set(). The name is
 * copied. False where the number is none that an error can have. */
bool tripwire_watch(int error, const char *name);

/* Put the functions in front, and take them away and forget what was watched. */
void tripwire_set(void);
void tripwire_remove(void);

/* Is there a trigger for this error? */
bool tripwire_watches(int error);

/* When an OSError with this error was last made, in nanoseconds on the monotonic clock. 0: none has been. */
uint64_t tripwire_noticed(int error);

/* Fire the trigger of this error, if there is one. Call with the GIL. `cause`, `call`: see trigger_fire(). */
void tripwire_fire(int error, pid_t cause, const failed_call *call);

#endif
