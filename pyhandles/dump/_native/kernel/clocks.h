/* For how long threads have not run.
 *
 * The scheduler notes when each last ran, by a clock of the processor that it ran on. Such a clock stands still while
 * the processor handles interrupts or works for another machine, so that those of two processors may lie hours apart.
 * Compared with a later time of the same clock it tells no more than has passed: never too long, at most too short. */
#ifndef PYHANDLES_KERNEL_CLOCKS_H
#define PYHANDLES_KERNEL_CLOCKS_H

#include "../vectors.h"

#include <stdint.h>
#include <sys/types.h>

/* When a thread last ran, in nanoseconds of its processor's clock; and when it was looked at, by the monotonic clock.
 * processor: -1 where it is not known. */
typedef struct {
    int64_t last_ran, seen;
    int32_t processor;
} run_note;

struct clocks;

/* NULL where there is no memory. */
struct clocks *clocks_new(void);

/* A process that was made for it is gone then, too. */
void clocks_free(struct clocks *clocks);

/* A thread that has run on a processor, before `seen`, tells how far its clock had come. */
void clocks_note(struct clocks *clocks, const run_note *note);

/* Have a process go to each processor that was noted, and look at its clock. For a child that captures: whatever becomes
 * of that process, held up on a busy processor or ended for a call that is forbidden, nothing else suffers. */
void clocks_visit(struct clocks *clocks);

/* Wait for that process, for a moment; the clocks are then known as well as they will be. */
void clocks_settle(struct clocks *clocks);

/* For how long the thread had not run at `seen`, in nanoseconds, at least; -1 where nothing is known. */
int64_t clocks_asleep(const struct clocks *clocks, const run_note *note);

#endif
