#define _GNU_SOURCE
#include "raising.h"

#include "../triggers.h"
#include "../compat.h"
#include "report.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define WAITING 32
#define REPORT_BYTES 2048

enum state { FREE, WRITING, READY };

static struct {
    _Atomic uint32_t state;
    pthread_t thread;
    misuse misuse;
} waiting[WAITING];

static PyObject *exception_for; /* pyhandles.errors.DescriptorMisuse.saying */

int
raising_prepare(void)
{
    if (exception_for != NULL) {
        return 0;
    }
    PyObject *errors = PyImport_ImportModule("pyhandles.errors");
    PyObject *type = errors == NULL ? NULL : PyObject_GetAttrString(errors, "DescriptorMisuse");
    exception_for = type == NULL ? NULL : PyObject_GetAttrString(type, "saying");
    Py_XDECREF(type);
    Py_XDECREF(errors);
    return exception_for == NULL ? -1 : 0;
}

void
raising_note(const misuse *misuse, pthread_t thread)
{
    for (size_t i = 0; i < WAITING; i++) {
        uint32_t state = FREE;
        if (atomic_compare_exchange_strong(&waiting[i].state, &state, WRITING)) {
            waiting[i].thread = thread;
            waiting[i].misuse = *misuse;
            atomic_store_explicit(&waiting[i].state, READY, memory_order_release);
            return;
        }
    }
}

void
raising_take_back(const whereabouts *where)
{
    for (size_t i = 0; i < WAITING; i++) {
        uint32_t ready = READY;
        const misuse *misuse = &waiting[i].misuse;
        if (atomic_load_explicit(&waiting[i].state, memory_order_acquire) == READY &&
            misuse->kind == MISUSE_DOUBLE_CLOSE && misuse->use.thread == where->thread &&
            misuse->use.site == where->site) {
            atomic_compare_exchange_strong(&waiting[i].state, &ready, FREE);
        }
    }
}

static void
raise_in(pthread_t thread, const misuse *misuse)
{
    char text[REPORT_BYTES];
    size_t length = report_text(misuse, text, sizeof(text));
    PyObject *message = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
    PyObject *exception = message == NULL ? NULL : PyObject_CallOneArg(exception_for, message);
    if (exception != NULL) {
        PyThreadState_SetAsyncExc((unsigned long)thread, exception); /* none of Python's: nothing happens */
    }
    Py_XDECREF(exception);
    Py_XDECREF(message);
    PyErr_Clear();
}

static void
deliver(pthread_t thread, const misuse *misuse)
{
    if (misuse_forbids() && misuse->use.pid == getpid() && Py_IsInitialized()) {
        PyGILState_STATE state = PyGILState_Ensure();
        raise_in(thread, misuse);
        PyGILState_Release(state);
    }
}

bool
raising_deliver(void)
{
    bool left = false;
    for (size_t i = 0; i < WAITING; i++) {
        if (atomic_load_explicit(&waiting[i].state, memory_order_acquire) != READY) {
            continue;
        }
        if (!misuse_is_ripe(&waiting[i].misuse)) {
            left = true;
            continue;
        }
        uint32_t ready = READY;
        if (atomic_compare_exchange_strong(&waiting[i].state, &ready, WRITING)) {
            deliver(waiting[i].thread, &waiting[i].misuse);
            atomic_store(&waiting[i].state, FREE);
        }
    }
    return left;
}

bool
raising_is_due(void)
{
    for (size_t i = 0; i < WAITING; i++) {
        if (atomic_load(&waiting[i].state) == READY) {
            return true;
        }
    }
    return false;
}
