#define _GNU_SOURCE
#include "triggers.h"

#include "child.h"
#include "inplace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

settings capture_settings;

static struct {
    double cooldown;
    unsigned maximum;
    unsigned fired;
    double last; /* monotonic seconds; 0 before the first attempt */
} limit;

void
triggers_limit(double cooldown, unsigned maximum)
{
    limit.cooldown = cooldown;
    limit.maximum = maximum;
    limit.fired = 0;
    limit.last = 0;
}

unsigned
triggers_fired(void)
{
    return limit.fired;
}

static bool
is_due(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    if (limit.fired >= limit.maximum || (limit.last > 0 && seconds - limit.last < limit.cooldown)) {
        return false;
    }
    limit.last = seconds;
    return true;
}

void
trigger_fire(const char *name, int error)
{
    if (!is_due()) {
        return;
    }
    request request = {
        .settings = &capture_settings,
        .error = error,
        .interpreter = PyInterpreterState_Get(),
        .thread = PyThreadState_Get(),
    };
    snprintf(request.trigger, sizeof(request.trigger), "%s", name);
    job *started = capture_settings.no_fork ? NULL : child_start(&request);
    if (started != NULL) {
        limit.fired++;
        child_wait_in_background(started);
        return;
    }
    job *finished = capture_in_place(&request);
    if (finished != NULL) {
        limit.fired++;
        job_tell(finished);
        job_free(finished);
        return;
    }
    job failed = {.request = request, .report = {.stage = STAGE_STARTED, .error = errno}};
    job_tell(&failed);
}
