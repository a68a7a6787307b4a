/* When a capture is due, and that a storm of causes does not become a storm of captures. */
#ifndef PYHANDLES_TRIGGERS_H
#define PYHANDLES_TRIGGERS_H

#include "capture.h"

/* The one settings object of the process. */
extern settings capture_settings;

/* No more than one capture in `cooldown` seconds, and `maximum` in all, by triggers. */
void triggers_limit(double cooldown, unsigned maximum);

/* Would one that fires now capture? Without the GIL the answer may be a moment old. */
bool triggers_are_due(void);

/* A trigger's cause has happened: begin a capture in the background unless one is not due yet. Call with the GIL
 * held. Never raises; a failure to begin is one line on stderr. `cause`: the kernel's number of the thread in which it
 * has happened, or 0 for the calling one. `call`: the one that has failed, or NULL where it is not known. */
void trigger_fire(const char *name, int error, pid_t cause, const failed_call *call);

/* How many captures triggers have begun. */
unsigned triggers_fired(void);

#endif
