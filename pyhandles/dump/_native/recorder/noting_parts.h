/* What the notes have in common: for noting*.c alone. */
#ifndef PYHANDLES_RECORDER_NOTING_PARTS_H
#define PYHANDLES_RECORDER_NOTING_PARTS_H

#include "noting.h"

/* Find out where the call was made, once. */
static inline void
note_where(noted *noted)
{
    if (!noted->located) {
        noted->where = stacks_locate(noted->caller);
        noted->located = true;
    }
}

/* The call has returned this, with this errno. Gives how long it took. */
static inline uint64_t
note_returned(noted *noted, int result, int error)
{
    noted->error = result < 0 ? error : 0;
    noted->result = result;
    return recorder_now() - noted->start;
}

/* Count the call. False for a child's that has the service's memory: nothing more is noted of it. */
bool note_count(noted *noted, uint64_t duration);

deed note_deed(const noted *noted, uint64_t time);
void note_event(const noted *noted, uint64_t duration);

#endif
