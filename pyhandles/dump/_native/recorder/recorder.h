/* The recorder: what happens to descriptors, seen at the calls of the C library. For the rest of the extension. */
#ifndef PYHANDLES_RECORDER_H
#define PYHANDLES_RECORDER_H

#include "../pickle.h"
#include "../heap.h"

#include <stdbool.h>
#include <sys/types.h>

/* Python's functions; see _native.pyi. */
PyObject *recorder_start(PyObject *module, PyObject *args);
PyObject *recorder_stop(PyObject *module, PyObject *unused);
PyObject *recorder_counters(PyObject *module, PyObject *args);
PyObject *recorder_sums(PyObject *module, PyObject *unused);
PyObject *recorder_widen(PyObject *module, PyObject *args);
PyObject *recorder_settle(PyObject *module, PyObject *unused);
PyObject *recorder_calls(PyObject *module, PyObject *unused);

/* What recorder_start() has found out. */
extern pid_t recorder_pid;

/* What it was told, and when, on the monotonic clock. */
extern struct recorder_terms {
    uint64_t since; /* nanoseconds */
    unsigned depth;
    const char *misuse;
} recorder_terms;

/* The snapshot's part of it. Every table, empty ones where nothing was recorded. Texts go to the heap's. */
void recorder_header_write(sink *sink);
int recorder_write(heap *heap, sink *sink);

#endif
