#define _GNU_SOURCE
#include "recorder.h"

#include "counters.h"
#include "events.h"
#include "failures.h"
#include "hooking.h"
#include "foreign.h"
#include "late.h"
#include "misuse.h"
#include "numbers.h"
#include "reconnects.h"
#include "reporter.h"
#include "stacks.h"
#include "vfork.h"
#include "widen.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct recorder_terms recorder_terms;

/* ---- starting and stopping ---------------------------------------------------------------------------- */

/* A thread is just starting or stopping; it lets go of the GIL meanwhile. */
static bool changing;

static void
after_fork_in_child(void)
{
    recorder_pid = getpid();
    recorder_in_fork = true;
    changing = false;
    failures_after_fork();
    vfork_prepare(recorder_pid);
}

static int
prepare_once(void)
{
    static bool prepared;
    if (prepared) {
        return 0;
    }
    if (numbers_prepare() < 0 || events_prepare() < 0 || counters_prepare() < 0 || reconnects_prepare() < 0 ||
        misuse_prepare() < 0 || late_prepare() < 0 || slots_prepare(hooks, CALLS) < 0) {
        return -1;
    }
    real_vfork = real_calls[CALL_vfork];
    atomic_store(&vfork_told, note_vfork);
    errno = pthread_atfork(NULL, NULL, after_fork_in_child);
    if (errno != 0) {
        return -1;
    }
    prepared = true;
    return 0;
}

static const char *const policies[] = {[MISUSE_OFF] = "off", [MISUSE_REPORT] = "report", [MISUSE_RAISE] = "raise"};

static int
parse_policy(const char *text)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(policies); i++) {
        if (strcmp(text, policies[i]) == 0) {
            return (int)i;
        }
    }
    PyErr_Format(PyExc_ValueError, "misuse: %s is none of report, raise, off", text);
    return -1;
}

#define MOST_PACKAGES 16

/* The directories' names, which end with a NULL. The texts are the list's. */
static int
collect_packages(PyObject *list, const char *packages[MOST_PACKAGES + 1])
{
    Py_ssize_t count = PyList_GET_SIZE(list) < MOST_PACKAGES ? PyList_GET_SIZE(list) : MOST_PACKAGES;
    for (Py_ssize_t i = 0; i < count; i++) {
        packages[i] = PyUnicode_AsUTF8(PyList_GET_ITEM(list, i));
        if (packages[i] == NULL) {
            return -1;
        }
    }
    packages[count] = NULL;
    return 0;
}

/* What takes the linker's lock, which a library's constructor may hold while it waits for the GIL. */
static int
without_gil(int (*act)(void))
{
    int result, error;
    Py_BEGIN_ALLOW_THREADS
    result = act();
    error = errno;
    Py_END_ALLOW_THREADS
    errno = error;
    return result;
}

static int
patch(void)
{
    return slots_patch(SLOTS_ALL);
}

static int
restore(void)
{
    slots_restore(SLOTS_ALL);
    return 0;
}

static int
begin(unsigned depth, enum misuse_policy policy, const char *standard, const char *const *packages)
{
    if (without_gil(prepare_once) < 0 || stacks_prepare(depth, standard, packages) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    /* A forked child that begins is a program of its own: not even its parent's counters are to see it. */
    if (counters_forget(recorder_in_fork) < 0 || misuse_forget(recorder_in_fork) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    recorder_pid = getpid();
    recorder_terms = (struct recorder_terms){recorder_now(), depth, policies[policy]};
    recorder_in_fork = false;
    vfork_prepare(recorder_pid);
    numbers_forget();
    events_forget();
    widen_forget();
    reconnects_forget();
    late_forget();
    if (misuse_set(policy) < 0) {
        return -1;
    }
    if (without_gil(patch) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    foreign_learn();
    atomic_store(&recording, true);
    return 0;
}

PyObject *
recorder_start(PyObject *module, PyObject *args)
{
    (void)module;
    unsigned depth;
    const char *policy_name, *standard;
    PyObject *list;
    const char *packages[MOST_PACKAGES + 1];
    if (!PyArg_ParseTuple(args, "IssO!", &depth, &policy_name, &standard, &PyList_Type, &list)) {
        return NULL;
    }
    int policy = parse_policy(policy_name);
    if (policy < 0 || collect_packages(list, packages) < 0) {
        return NULL;
    }
    if (RECORDING || changing) {
        PyErr_SetString(PyExc_RuntimeError, "recording already");
        return NULL;
    }
    if (depth < 1 || depth > DEEPEST_STACK) {
        return PyErr_Format(PyExc_ValueError, "depth: %u is not from 1 to %d", depth, DEEPEST_STACK);
    }
    changing = true;
    int result = begin(depth, (enum misuse_policy)policy, standard, packages);
    changing = false;
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
recorder_stop(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    if (RECORDING && !changing) {
        changing = true;
        atomic_store(&recording, false);
        without_gil(restore);
        misuse_set(MISUSE_OFF);
        changing = false;
    }
    Py_RETURN_NONE;
}

PyObject *
recorder_settle(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    reporter_settle();
    Py_RETURN_NONE;
}
