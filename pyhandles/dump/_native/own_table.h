/* A descriptor table of the calling thread's own: what it opens and closes there, the rest of the process does not see.
 * POSIX locks belong to the service's table, and stay. */
#ifndef PYHANDLES_OWN_TABLE_H
#define PYHANDLES_OWN_TABLE_H

#include <stdbool.h>

#define OWN_TABLE_ROOM 4

/* False where a filter of system calls would end the process for it, as one that names what is allowed and is older than
 * the call. Found out by a process apart. */
bool close_range_may_be_called(void);

/* With copies of all descriptors. 0, or -1 with errno. */
int own_table_copied(void);

/* With room for OWN_TABLE_ROOM descriptors, and no copies if the kernel can do that: 0. Where it cannot, 1: the thread
 * should soon end. Or -1 with errno. */
int own_table_empty(void);

#endif
