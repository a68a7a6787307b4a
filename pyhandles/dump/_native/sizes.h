/* How much memory an object takes, as sys.getsizeof says it, without asking the object. */
#ifndef PYHANDLES_SIZES_H
#define PYHANDLES_SIZES_H

#include "plans.h"

/* Bytes, the collector's header and what the type allocates beside the object included where that is known. */
uint64_t object_size(PyObject *object, category category);

#endif
