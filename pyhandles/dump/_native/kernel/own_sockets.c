#define _GNU_SOURCE
#include "own_sockets.h"

#include "../sockets.h"
#include "inodes.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

/* The number after the last colon; 0 where there is none. */
static unsigned
port_in(const char *address)
{
    const char *colon = strrchr(address, ':');
    unsigned port = 0;
    for (const char *c = colon == NULL ? "" : colon + 1; *c >= '0' && *c <= '9' && port < PORTS; c++) {
        port = port * 10 + (unsigned)(*c - '0');
    }
    return port < PORTS ? port : 0;
}

unsigned
port_of(const struct sockaddr_storage *address, socklen_t length)
{
    if (length == 0) {
        return 0;
    }
    return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                               : ((const struct sockaddr_in6 *)address)->sin6_port);
}

/* As a key, with no use for the lowest four bits. */
static uintptr_t
pair_of(unsigned local, unsigned peer)
{
    return ((uintptr_t)local << 16 | peer) << 4;
}

static void
note_port(own_sockets *own, unsigned port)
{
    own->ports[port / 8] |= (uint8_t)(1 << port % 8);
}

/* What holds an address that could not be had is of interest as what is at one of its own. */
static void
note_failed_call(own_sockets *own, const failed_call *call)
{
    if (call == NULL || call->length == 0) {
        return;
    }
    if (call->address.ss_family == AF_UNIX) {
        socket_address_text(&call->address, call->length, own->wanted);
    }
    else if (call->address.ss_family == AF_INET || call->address.ss_family == AF_INET6) {
        note_port(own, port_of(&call->address, call->length));
    }
}

static int
note_descriptor(own_sockets *own, const descriptor_table *descriptors, const descriptor *row)
{
    if (inode_add(&own->inodes, row->inode) < 0) {
        return -1;
    }
    if (row->family != AF_INET && row->family != AF_INET6) {
        return 0;
    }
    unsigned local = port_in(descriptor_text(descriptors, row->local));
    unsigned peer = port_in(descriptor_text(descriptors, row->peer));
    bool is_new;
    note_port(own, local);
    return peer != 0 && address_map_add(&own->ends, pair_of(peer, local), &is_new) == ADDRESS_ABSENT ? -1 : 0;
}

int
own_sockets_init(own_sockets *own, const descriptor_table *descriptors, const failed_call *call)
{
    memset(own, 0, sizeof(*own));
    bool failed = address_map_init(&own->inodes, descriptors->rows.length) < 0 ||
                  address_map_init(&own->ends, descriptors->rows.length) < 0;
    for (size_t i = 0; i < descriptors->rows.length && !failed; i++) {
        const descriptor *row = &VECTOR_AT(descriptor, &descriptors->rows, i);
        failed = S_ISSOCK(row->mode) && note_descriptor(own, descriptors, row) < 0;
    }
    note_failed_call(own, call);
    return failed ? -1 : 0;
}

void
own_sockets_clear(own_sockets *own)
{
    address_map_clear(&own->inodes);
    address_map_clear(&own->ends);
}

bool
own_sockets_have(const own_sockets *own, uint64_t inode)
{
    return inode_is_in(&own->inodes, inode);
}

bool
own_sockets_have_port(const own_sockets *own, unsigned port)
{
    return port != 0 && own->ports[port / 8] & 1 << port % 8;
}

bool
own_sockets_have_end(const own_sockets *own, unsigned local, unsigned peer)
{
    return address_map_find(&own->ends, pair_of(local, peer)) != ADDRESS_ABSENT;
}

bool
own_sockets_want(const own_sockets *own, const char *name)
{
    return own->wanted[0] != '\0' && strcmp(own->wanted, name) == 0;
}
