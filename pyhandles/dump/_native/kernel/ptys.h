/* The devices that are pseudoterminals: their numbers mean the same on every Linux. */
#ifndef PYHANDLES_KERNEL_PTYS_H
#define PYHANDLES_KERNEL_PTYS_H

#include "../descriptors.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PTMX_MAJOR 5
#define PTMX_MINOR 2
#define PTS_MAJOR 136
#define PTS_MAJORS 8

static inline bool
is_master(const descriptor *row)
{
    return S_ISCHR(row->mode) && major(row->special) == PTMX_MAJOR && minor(row->special) == PTMX_MINOR;
}

static inline bool
is_slave(const descriptor *row)
{
    unsigned kind = major(row->special);
    return S_ISCHR(row->mode) && kind >= PTS_MAJOR && kind < PTS_MAJOR + PTS_MAJORS;
}

static inline bool
is_terminal(const descriptor *row)
{
    return is_master(row) || is_slave(row);
}

#endif
