/* Runs a program as the interpreter runs the one that it was started for. */
#ifndef PYHANDLES_BECOME_H
#define PYHANDLES_BECOME_H

#include "compat.h"

/* Returns only where that could not begin: NULL, with an exception set. */
PyObject *become(PyObject *module, PyObject *args);

#endif
