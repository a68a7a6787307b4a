/* The system's sockets, as the kernel's sockets for asking about sockets tell of them (sock_diag(7)). */
#ifndef PYHANDLES_KERNEL_SOCK_DIAG_H
#define PYHANDLES_KERNEL_SOCK_DIAG_H

#include "deadline.h"
#include "found_socket.h"

/* Tell of every socket of a table. 0; 1 where the table changed meanwhile, so that some may have been told of twice or
 * not at all; or -1 with errno, ETIME where the time ran out. */
int sock_diag_read(const socket_table *table, const deadline *end, take_socket take, void *arg);

#endif
