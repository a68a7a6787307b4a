/* The small things at the head of a snapshot: when, where, why. */
#ifndef PYHANDLES_HEADER_H
#define PYHANDLES_HEADER_H

#include "capture.h"
#include "pickle.h"

void header_write(const request *request, const heap *heap, const descriptor_table *descriptors, double seconds,
                  sink *sink);

#endif
