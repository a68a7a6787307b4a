/* Whether two descriptors share an open file, where kcmp may not be asked, as in many containers: an epoll takes a number
 * once for each open file that stands at it. */
#ifndef PYHANDLES_KERNEL_POLLABLE_H
#define PYHANDLES_KERNEL_POLLABLE_H

#include "../descriptors.h"

/* Is it of a kind that can be asked for: a pipe, a terminal, or one of those that have no file? */
bool pollable(const descriptor_table *descriptors, const descriptor *row);

/* 1, 0, or -1 where it was not found out. For a table of one's own, in which two numbers are free. */
int pollable_same(int a, int b);

#endif
