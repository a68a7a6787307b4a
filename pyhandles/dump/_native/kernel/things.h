/* What a link in /proc/PID/fd leads to, as a key by which the same thing is found. */
#ifndef PYHANDLES_KERNEL_THINGS_H
#define PYHANDLES_KERNEL_THINGS_H

#include <stdint.h>

enum thing_kind { THING_SOCKET, THING_PIPE, THING_OTHER };

typedef struct {
    enum thing_kind kind;
    uint64_t inode; /* of a socket or pipe */
    uintptr_t key;  /* with no use for the lowest four bits; of other things a hash of the name */
} thing;

thing thing_of(const char *link);
thing socket_thing(uint64_t inode);

#endif
