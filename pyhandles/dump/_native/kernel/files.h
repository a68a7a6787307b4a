/* The open file behind each descriptor: which share one, what was not sent, who is at the other end. */
#ifndef PYHANDLES_KERNEL_FILES_H
#define PYHANDLES_KERNEL_FILES_H

#include "surroundings.h"

void files_read(surroundings *around, const descriptor_table *descriptors);

/* The lowest descriptor, before it is closed. Which others share its open file is found by asking for each number, as
 * there is none free for a list; the lowest of them is noted. */
void files_read_first(surroundings *around, const descriptor *row);

#endif
