/* When a capture is due, and that a storm of causes does not become a storm of captures. */
#ifndef PYHANDLES_TRIGGERS_H
#define PYHANDLES_TRIGGERS_H

#include "capture.h"

/* The one settings object of the process. */
extern settings capture_settings;

/* No more than one capture in `cooldown` seconds, and `maximum` in all, by triggers. */
void triggers_limit(double cooldown, unsigned maximum);

/* A trigger's cause has happened: begin a capture in the background unless one is not due yet. Call with the GIL
 * held. Never raises; a failure to begin is one line on stderr. */
void trigger_fire(const char *name, int error);

/* How many captures triggers have begun. */
unsigned triggers_fired(void);

#endif
