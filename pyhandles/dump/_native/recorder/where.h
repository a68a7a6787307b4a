/* Where the calling thread is, as the recorder sees it: to look at it from Python. */
#ifndef PYHANDLES_RECORDER_WHERE_H
#define PYHANDLES_RECORDER_WHERE_H

#include "../compat.h"

/* Python's functions; see _native.pyi. */
PyObject *recorder_where(PyObject *module, PyObject *unused);
PyObject *recorder_holding(PyObject *module, PyObject *args);

#endif
