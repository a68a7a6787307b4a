/* What the kernel knows of a socket, and how its addresses read. */
#ifndef PYHANDLES_SOCKETS_H
#define PYHANDLES_SOCKETS_H

#include "descriptors.h"

#include <sys/socket.h>

typedef struct {
    char local[ADDRESS_BYTES], peer[ADDRESS_BYTES];
} socket_facts;

/* Fill in the fields of a descriptor that is a socket, and its addresses as text. */
void socket_describe(int fd, descriptor *out, socket_facts *facts);

/* How it reads: "10.0.0.7:80", "[::1]:80", "/run/x.sock", "@abstract", "" for none. `text` has ADDRESS_BYTES. */
void socket_address_text(const struct sockaddr_storage *storage, socklen_t length, char *text);

/* What it has in common with its like: "tcp sockets to 10.0.0.7:5432". */
void socket_group(const descriptor *row, const char *local, const char *peer, char *text, size_t room);

#endif
