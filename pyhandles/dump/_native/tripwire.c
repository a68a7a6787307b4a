#define _GNU_SOURCE
#include "tripwire.h"

#include "triggers.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static char watched[HIGHEST_ERRNO][24]; /* the trigger's name by errno, or "" */
static atomic_bool is_watched[HIGHEST_ERRNO];
static _Atomic uint64_t noticed[HIGHEST_ERRNO];

static void
note_time(_Atomic uint64_t *when)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    atomic_store(when, (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec);
}

/* Every OSError that a failing call of C raises is allocated here, with errno still as the call left it. The capture
 * comes first: the allocation may start a collection, which would destroy what is to be seen. */
static PyObject *
tripwire_alloc(PyTypeObject *type, Py_ssize_t items)
{
    int error = errno;
    if (tripwire_watches(error)) {
        note_time(&noticed[error]);
        if (PyInterpreterState_Get() == PyInterpreterState_Main()) {
            failed_call call;
            tripwire_fire(error, 0, failed_call_take(error, &call) ? &call : NULL);
            error = 0; /* or an OSError made by hand later in this thread would look like another one */
        }
    }
    errno = error;
    return PyType_GenericAlloc(type, items);
}

/* The types that OSError turns into by its errno are allocated by a slot of their own. */
static PyObject **const types[] = {
    &PyExc_OSError,          &PyExc_BlockingIOError,        &PyExc_ConnectionError,        &PyExc_ChildProcessError,
    &PyExc_BrokenPipeError,  &PyExc_ConnectionAbortedError, &PyExc_ConnectionRefusedError, &PyExc_ConnectionResetError,
    &PyExc_FileExistsError,  &PyExc_FileNotFoundError,      &PyExc_IsADirectoryError,      &PyExc_NotADirectoryError,
    &PyExc_InterruptedError, &PyExc_PermissionError,        &PyExc_ProcessLookupError,     &PyExc_TimeoutError,
};

bool
tripwire_watch(int error, const char *name)
{
    if (error <= 0 || error >= HIGHEST_ERRNO) {
        return false;
    }
    snprintf(watched[error], sizeof(watched[error]), "%s", name);
    atomic_store(&is_watched[error], true);
    return true;
}

void
tripwire_set(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        PyTypeObject *type = (PyTypeObject *)*types[i];
        if (type->tp_alloc == PyType_GenericAlloc) {
            type->tp_alloc = tripwire_alloc;
        }
    }
}

void
tripwire_remove(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        PyTypeObject *type = (PyTypeObject *)*types[i];
        if (type->tp_alloc == tripwire_alloc) {
            type->tp_alloc = PyType_GenericAlloc;
        }
    }
    for (int error = 0; error < HIGHEST_ERRNO; error++) {
        atomic_store(&is_watched[error], false);
    }
}

bool
tripwire_watches(int error)
{
    return error > 0 && error < HIGHEST_ERRNO && atomic_load_explicit(&is_watched[error], memory_order_relaxed);
}

uint64_t
tripwire_noticed(int error)
{
    return atomic_load(&noticed[error]);
}

void
tripwire_fire(int error, pid_t cause, const failed_call *call)
{
    if (tripwire_watches(error)) {
        trigger_fire(watched[error], error, cause, call);
    }
}
