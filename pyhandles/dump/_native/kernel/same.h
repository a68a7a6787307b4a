/* Which descriptors lead to one open file description, as after dup: the files' column "same".
 *
 * Such descriptors have the device, the inode and the access mode in common. Of sockets the inode alone tells, each has
 * its own. All others are compared by kcmp, which gives an order, so that k of them are sorted in k log k questions. Where
 * it is refused, those that can be polled are compared by an epoll, and files and devices are not. */
#ifndef PYHANDLES_KERNEL_SAME_H
#define PYHANDLES_KERNEL_SAME_H

#include "surroundings.h"

/* For all rows of around->files, which are those of the descriptors. `closed`: so many of the first are not open. */
void same_tell(surroundings *around, const descriptor_table *descriptors, size_t closed);

/* The lowest descriptor above this one with the same open file, by asking for each number; -1: none, or not found out. */
int32_t same_find_twin(surroundings *around, const descriptor *row);

#endif
