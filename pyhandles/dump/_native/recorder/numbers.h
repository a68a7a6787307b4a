/* What is known of each descriptor number: its present opening, and the last that happened to it. */
#ifndef PYHANDLES_RECORDER_NUMBERS_H
#define PYHANDLES_RECORDER_NUMBERS_H

#include "stacks.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Numbers from here on are counted only. 65,536 of them reserve 90 MB of address space, of which the numbers in use
 * take about 1.4 KB each. */
#define NUMBERS 65536

/* Something that was done, and when, where and by whom. Time 0: not known. */
typedef struct {
    uint64_t time; /* nanoseconds on the monotonic clock */
    uint32_t thread;
    uint32_t stack;
    uint32_t site;
    uint32_t call;
    pid_t pid;
    uint32_t generation; /* of the number, by then */
} deed;

enum number_state { NUMBER_UNKNOWN, NUMBER_OPEN, NUMBER_CLOSED };

typedef struct {
    _Atomic uint32_t generation;    /* how often it is known to have been given out; never goes back */
    _Atomic uint32_t closed_before; /* the generation that was closed, plus one; 0: none */
    _Atomic uint32_t unknown;       /* of this generation nothing is known */
    deed opened;
    deed closing; /* the last close that was begun */
    deed closed;  /* the last one that worked */
} number;

/* Once a process. 0, or -1 with errno. */
int numbers_prepare(void);

extern number *numbers;

/* NULL for a number that has no record. */
static inline number *
number_of(int fd)
{
    return numbers != NULL && (unsigned)fd < NUMBERS ? &numbers[fd] : NULL;
}

/* One more than the highest number that was ever opened or closed. */
int numbers_end(void);

/* One word decides, so that a close which is noted late cannot undo the opening that came after it. */
static inline enum number_state
number_state(const number *number)
{
    uint32_t generation = atomic_load_explicit(&number->generation, memory_order_acquire);
    if (atomic_load_explicit(&number->closed_before, memory_order_acquire) == generation + 1) {
        return NUMBER_CLOSED;
    }
    return generation == atomic_load_explicit(&number->unknown, memory_order_relaxed) ? NUMBER_UNKNOWN : NUMBER_OPEN;
}

/* How often the number is known to have been given out: after a while in which nothing was closed, still the same. */
static inline uint32_t
number_generation(int fd)
{
    const number *number = number_of(fd);
    return number == NULL ? 0 : atomic_load_explicit(&number->generation, memory_order_acquire);
}

/* The number is open, since this deed; whatever it was before, that is over. Gives its generation. What takes the place
 * of an open descriptor at once, as dup2 does, was not given out: those who use the number go on with the new file. */
uint32_t number_opened(int fd, const deed *deed, bool replaced);

/* A close is about to be made: noted first, as the number may be given out again before the call returns. Gives the
 * generation that is to be closed. */
uint32_t number_closing(int fd, const deed *deed);

/* This deed has closed that generation. Nothing happens if the number has been opened again. */
void number_closed(int fd, uint32_t generation, const deed *deed);

/* Forget everything: what happened while nothing was recorded is not known. */
void numbers_forget(void);

#endif
