/* How long something may take at most. */
#ifndef PYHANDLES_KERNEL_DEADLINE_H
#define PYHANDLES_KERNEL_DEADLINE_H

#include <stdbool.h>
#include <time.h>

typedef struct timespec deadline;

static inline deadline
deadline_in_seconds(int seconds)
{
    deadline end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    return end;
}

static inline bool
deadline_passed(const deadline *end)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

#endif
