#include "tripwire.h"

#include "triggers.h"

#include <errno.h>
#include <stdio.h>

static char watched[HIGHEST_ERRNO][24]; /* the trigger's name by errno, or "" */

/* Every OSError that a failing call of C raises is allocated here, with errno still as the call left it. The capture
 * comes first: the allocation may start a collection, which would destroy what is to be seen. */
static PyObject *
tripwire_alloc(PyTypeObject *type, Py_ssize_t items)
{
    int error = errno;
    if (error > 0 && error < HIGHEST_ERRNO && watched[error][0] != '\0' &&
        PyInterpreterState_Get() == PyInterpreterState_Main()) {
        trigger_fire(watched[error], error);
        error = 0; /* or an OSError made by hand later in this thread would look like another one */
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
    memset(watched, 0, sizeof(watched));
}
