/* Late uses: of a number that a variable has held since before the number was given out to another thread.
 *
 * Told only where it is proven. That the variable was used for the number while that had its former opening, and is used
 * again in the same run of the same function, and was not assigned meanwhile: the bytecode says so, of the function and
 * of all that called it. */
#ifndef PYHANDLES_RECORDER_LATE_H
#define PYHANDLES_RECORDER_LATE_H

#include "hooks.h"
#include "numbers.h"

#define LATE_SEEN 8192

/* By thread and number, the generation in which they were last looked at: the thread and the number in the upper half.
 * Where two share a word, or look alike, less is looked at. */
extern _Atomic uint64_t *late_seen;

/* Once a process. 0, or -1 with errno. */
int late_prepare(void);

/* What was seen before now proves nothing any more. */
void late_forget(void);

static inline uint32_t
late_key(int fd)
{
    return ((uint32_t)((uintptr_t)__builtin_thread_pointer() >> 6) ^ (uint32_t)fd << 16 ^ (uint32_t)fd) * 0x9E3779B1u;
}

/* Is this thread's first use of what has the number now? Numbers below 3 are names, which programs give out as they like. */
static inline bool
late_is_news(int fd)
{
    uint32_t generation = fd > 2 ? number_generation(fd) : 0;
    if (generation == 0) {
        return false;
    }
    uint32_t key = late_key(fd);
    uint64_t seen = atomic_load_explicit(&late_seen[key % LATE_SEEN], memory_order_relaxed);
    return seen != ((uint64_t)key << 32 | generation);
}

/* Look at such a use, before it is made. Is it late? Then gives the generation that was meant. */
bool late_look(enum call call, int fd, uint32_t *meant);

#endif
