/* What of the system's sockets is known to have to do with this process: by the descriptors that it has. */
#ifndef PYHANDLES_KERNEL_OWN_SOCKETS_H
#define PYHANDLES_KERNEL_OWN_SOCKETS_H

#include "../descriptors.h"
#include "../failed_call.h"

#define PORTS 65536

typedef struct {
    address_map inodes;
    address_map ends;           /* pairs of ports: where the other ends of connections are */
    uint8_t ports[PORTS / 8];   /* those that its sockets have, or that it could not have */
    char wanted[ADDRESS_BYTES]; /* the name of a Unix socket that it could not have, or "" */
} own_sockets;

/* 0, or -1 where there is no memory. Clear it in any case. `call` may be NULL. */
int own_sockets_init(own_sockets *own, const descriptor_table *descriptors, const failed_call *call);
void own_sockets_clear(own_sockets *own);

bool own_sockets_have(const own_sockets *own, uint64_t inode);
bool own_sockets_have_port(const own_sockets *own, unsigned port);

/* Whether a connection with these ports, as its own side has them, may be the other end of one of this process's. */
bool own_sockets_have_end(const own_sockets *own, unsigned local, unsigned peer);

bool own_sockets_want(const own_sockets *own, const char *name);

/* Of an address of the Internet; 0 where there is none. */
unsigned port_of(const struct sockaddr_storage *address, socklen_t length);

#endif
