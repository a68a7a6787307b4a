/* Closing all descriptors, whichever they are, as daemons do at their start: what of it fails is no mistake. */
#ifndef PYHANDLES_RECORDER_SWEEPS_H
#define PYHANDLES_RECORDER_SWEEPS_H

#include <stdbool.h>
#include <stdint.h>

#define SHORTEST_SWEEP 4

/* A close of this number was tried, successfully or not. Neighbouring numbers, upwards or downwards, are a sweep when
 * there are four. Gives how many have been taken for misuse before that was known, when it gets known; else 0. */
uint32_t sweep_goes_on(int fd, uint32_t thread, uint32_t site);

/* A close has failed here: may it be a misuse, and be taken for one? False where it is part of a sweep. */
bool sweep_allows(uint32_t thread, uint32_t site);

/* Has a close of this number turned out to be part of a sweep, which still goes on or was the last here? */
bool sweep_covers(int fd, uint32_t thread, uint32_t site);

/* Whoever lists the descriptors in order to close them finds in the list the one by which it was read. Was it this? */
bool sweep_of_the_list(int fd, uint32_t generation);

#endif
