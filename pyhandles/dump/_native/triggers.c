#define _GNU_SOURCE
#include "triggers.h"

#include "child.h"

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
    double last; /* monotonic seconds */
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
    if (limit.fired >= limit.maximum || (limit.fired > 0 && seconds - limit.last < limit.cooldown)) {
        return false;
    }
    limit.fired++;
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
    job *started = child_start(&request);
    if (started != NULL) {
        child_wait_in_background(started);
        return;
    }
    job failed = {.request = request, .report = {.stage = STAGE_STARTED, .error = errno}};
    job_tell(&failed);
}

/* ---- the tripwire ------------------------------------------------------------------------------------- */

static allocfunc original_alloc;

/* Every OSError that a failing call of C raises is allocated here, with errno still as the call left it. The capture
 * comes first: the allocation may start a collection, which would destroy what is to be seen. */
static PyObject *
tripwire_alloc(PyTypeObject *type, Py_ssize_t items)
{
    int error = errno;
    if (error == EMFILE && PyInterpreterState_Get() == PyInterpreterState_Main()) {
        trigger_fire("emfile", error);
        error = 0; /* or an OSError made by hand later in this thread would look like another one */
    }
    errno = error;
    return original_alloc(type, items);
}

void
tripwire_set(void)
{
    PyTypeObject *type = (PyTypeObject *)PyExc_OSError;
    if (type->tp_alloc != tripwire_alloc) {
        original_alloc = type->tp_alloc;
        type->tp_alloc = tripwire_alloc;
    }
}

void
tripwire_remove(void)
{
    PyTypeObject *type = (PyTypeObject *)PyExc_OSError;
    if (type->tp_alloc == tripwire_alloc) {
        type->tp_alloc = original_alloc;
    }
}
