/* Inodes of sockets and pipes as keys of an address map, which has no use for the lowest four bits. */
#ifndef PYHANDLES_KERNEL_INODES_H
#define PYHANDLES_KERNEL_INODES_H

#include "../vectors.h"

static inline uintptr_t
inode_key(uint64_t inode)
{
    return (uintptr_t)(inode << 4);
}

static inline bool
inode_is_in(const address_map *inodes, uint64_t inode)
{
    return inode != 0 && address_map_find(inodes, inode_key(inode)) != ADDRESS_ABSENT;
}

/* 0 or -1. */
static inline int
inode_add(address_map *inodes, uint64_t inode)
{
    bool is_new;
    return address_map_add(inodes, inode_key(inode), &is_new) == ADDRESS_ABSENT ? -1 : 0;
}

#endif
