/* A socket as one of the kernel's tables has it, before it is known whether it is of interest. */
#ifndef PYHANDLES_KERNEL_FOUND_SOCKET_H
#define PYHANDLES_KERNEL_FOUND_SOCKET_H

#include "surroundings.h"

#include <stdbool.h>
#include <sys/socket.h>

/* One of the tables. */
typedef struct {
    int family, socktype, protocol; /* the last two are 0 where the table has several */
    const char *file;               /* in /proc/self/net */
    const char *name;               /* for people */
} socket_table;

typedef struct {
    socket_row row; /* but for its texts */
    struct sockaddr_storage local, peer;
    socklen_t local_length, peer_length; /* 0 where there is none */
} found_socket;

/* Called for each; false to hear of no more. */
typedef bool (*take_socket)(const found_socket *found, void *arg);

#endif
