/* A close by os.close() of what a socket or a file object has opened, and still takes for its own.
 *
 * That os.close() has closed such a descriptor is only a suspicion: the object may have let go of it before. So it is
 * looked for a little later, with the GIL, while the number is still closed: an object that has the number of what is
 * closed has lost it to somebody else, for its own close() forgets the number first. Unless it has lost it already in an
 * earlier life of the number: so a number is not suspected again before it is known that nobody has it. */
#ifndef PYHANDLES_RECORDER_FOREIGN_H
#define PYHANDLES_RECORDER_FOREIGN_H

#include "numbers.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Find out from where in the interpreter os.close() closes, and file objects open. Call with the GIL, with the hooks in
 * place and nothing recorded yet. What cannot be found out is not suspected. */
void foreign_learn(void);

extern _Atomic bool foreign_learning;
void foreign_heard(uint16_t call, const void *caller);

/* From within a hook that does not record. */
static inline void
foreign_hear(uint16_t call, const void *caller)
{
    if (atomic_load_explicit(&foreign_learning, memory_order_relaxed)) {
        foreign_heard(call, caller);
    }
}

/* A descriptor was made, or closed with success, by a call from this address. From within a hook. */
void foreign_opened(int fd, uint16_t call, const void *caller);
/* It was closed, or replaced, by something that asks no object: a range was closed, say. */
void foreign_lost(int fd);
void foreign_closed(int fd, uint32_t generation, const void *caller, const deed *use);

/* From a thread that holds no lock but the GIL: look into what is suspected; however young it is, if it must be `now`.
 * Returns: there is some that is too young. */
bool foreign_look(bool now);
bool foreign_is_due(void);

#endif
