/* The system's sockets, as the kernel's files in /proc/net tell of them: for where sock_diag is refused. */
#ifndef PYHANDLES_KERNEL_PROC_NET_H
#define PYHANDLES_KERNEL_PROC_NET_H

#include "deadline.h"
#include "found_socket.h"

/* Tell of every socket of a table; of Unix sockets without their peers, their owners and what waits in them. 0, or -1
 * with errno, ETIME where the time ran out. */
int proc_net_read(const socket_table *table, const deadline *end, take_socket take, void *arg);

#endif
