/* Counters by call and site, which never drop anything; in memory that forked children share. */
#ifndef PYHANDLES_RECORDER_COUNTERS_H
#define PYHANDLES_RECORDER_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define COUNTERS 8192
#define COUNTED_ERRORS 6

typedef struct {
    _Alignas(64) _Atomic uint64_t key; /* 0: no counter */
    _Atomic uint64_t count, errors, nanoseconds, unopened;
    _Atomic uint64_t run, longest; /* first << 32 | last, of numbers that were closed one after the other; 0: none */
    struct {
        _Atomic uint32_t error; /* 0: free */
        _Atomic uint64_t count;
    } by_error[COUNTED_ERRORS];
    _Atomic uint64_t other_errors;
} counter;

/* Once a process. 0, or -1 with errno. */
int counters_prepare(void);

/* The counter of a call at a site; that of all sites which found no room, where there is none. Never NULL. */
counter *counter_of(uint16_t call, uint32_t site, bool in_child);

void counter_add(counter *counter, uint64_t nanoseconds, int error);

/* A close of this number, by this counter's site. Gives the length of the run of consecutive ones that it belongs to. */
uint32_t counter_run(counter *counter, int fd);

/* From nothing again. `apart`: in a forked child, whose parent goes on counting. 0, or -1 with errno. */
int counters_forget(bool apart);

/* For readers: the counter in this place below COUNTERS_PLACES, or NULL. One whose count is 0 says nothing. */
#define COUNTERS_PLACES (COUNTERS + 2 * 128)
const counter *counters_at(uint32_t place, uint16_t *call, uint32_t *site, bool *in_child);

#endif
