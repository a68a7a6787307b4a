/* The keys of dicts as labels: what of them a snapshot may say. */
#ifndef PYHANDLES_KEYS_H
#define PYHANDLES_KEYS_H

#include "heap.h"

/* How the value under a key is called, in a dict that is somebody's attributes or globals, or plain data. */
uint32_t value_label(heap *heap, PyObject *key, enum role role);

/* How a reference to the key itself is called. */
uint32_t key_label(heap *heap, PyObject *key);

/* The hash of a text under the snapshot's own key. */
uint64_t keyed_hash(const heap *heap, const void *data, size_t length);

#endif
