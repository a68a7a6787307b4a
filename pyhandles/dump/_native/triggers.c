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

static double
seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool
triggers_are_due(void)
{
    return limit.fired < limit.maximum && (limit.last <= 0 || seconds_now() - limit.last >= limit.cooldown);
}

void
trigger_fire(const char *name, int error, pid_t cause, const failed_call *call)
{
    if (!triggers_are_due()) {
        return;
    }
    limit.last = seconds_now();
    request request = {
        .settings = &capture_settings,
        .error = error,
        .cause = cause,
        .interpreter = PyInterpreterState_Get(),
        .thread = PyThreadState_Get(),
    };
    if (call != NULL) {
        request.call = *call;
    }
    snprintf(request.trigger, sizeof(request.trigger), "%s", name);
    errno = 0;
    job *started = capture_settings.no_fork ? NULL : child_start(&request);
    if (started != NULL) {
        limit.fired++;
        child_wait_in_background(started);
        return;
    }
    int refused = errno; /* more telling than why there is no thread either */
    job *finished = capture_in_place(&request);
    if (finished != NULL) {
        limit.fired++;
        job_tell(finished);
        job_free(finished);
        return;
    }
    static job failed; /* too large for the stack of a thread of the service */
    failed.request = request;
    failed.report.error = refused ? refused : errno;
    job_tell(&failed);
}
