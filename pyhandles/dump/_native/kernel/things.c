#include "things.h"

#include <string.h>

#define SOCKET "socket:["
#define PIPE "pipe:["

static thing
numbered_thing(enum thing_kind kind, uint64_t inode)
{
    return (thing){kind, inode, (uintptr_t)(inode << 5 | (uint64_t)kind << 4)};
}

static uint64_t
number_in(const char *text)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

thing
socket_thing(uint64_t inode)
{
    return numbered_thing(THING_SOCKET, inode);
}

thing
thing_of(const char *link)
{
    if (strncmp(link, SOCKET, strlen(SOCKET)) == 0) {
        return numbered_thing(THING_SOCKET, number_in(link + strlen(SOCKET)));
    }
    if (strncmp(link, PIPE, strlen(PIPE)) == 0) {
        return numbered_thing(THING_PIPE, number_in(link + strlen(PIPE)));
    }
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a; whether it is the same file, its inode says */
    for (const char *c = link; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
    }
    return (thing){THING_OTHER, 0, (uintptr_t)((hash | UINT64_C(1) << 63) & ~UINT64_C(15))};
}
