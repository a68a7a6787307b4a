/* The frames of the threads that run, and of the generators that wait. */
#ifndef PYHANDLES_FRAMES_H
#define PYHANDLES_FRAMES_H

#include "heap.h"

/* Add the frames of every thread to the heap as its first objects. 0 or -1. */
int frames_add(heap *heap);

/* What a running frame refers to: its function, code, locals and evaluation stack. */
void frame_references(heap *heap, const running_frame *running, emit_reference emit, void *arg);

/* What a suspended frame of a generator, or a finished one of a frame object, holds in variables and on its
 * stack: the same references that its tp_traverse reports, with their labels. */
void suspended_frame_references(heap *heap, interpreter_frame *frame, emit_reference emit, void *arg);

#endif
