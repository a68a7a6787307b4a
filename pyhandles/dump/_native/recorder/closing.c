/* Hooks of the calls that close descriptors. */
#define _GNU_SOURCE
#include "hooking.h"

#include "foreign.h"

#include <dirent.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>

int
hook_close(int fd)
{
    if (!RECORDING) {
        foreign_hear(CALL_close, CALLER);
        return REAL(close)(fd);
    }
    noted noted;
    note_begin(&noted, CALL_close, fd, CALLER);
    if (note_refuses(&noted)) {
        return -1;
    }
    note_closing(&noted, fd);
    int result = REAL(close)(fd);
    note_closed(&noted, result);
    return result;
}

/* What has a descriptor in it, which it may not have any more. */
#define CLOSING_WHAT_HAS_ONE(name, type, descriptor)            \
    int hook_##name(type *opened)                               \
    {                                                           \
        int fd = RECORDING ? descriptor(opened) : -1;           \
        if (fd < 0) {                                           \
            return REAL(name)(opened);                          \
        }                                                       \
        noted noted;                                            \
        note_begin(&noted, CALL_##name, fd, CALLER);            \
        note_closing(&noted, fd);                               \
        int result = REAL(name)(opened);                        \
        note_closed(&noted, result);                            \
        return result;                                          \
    }

CLOSING_WHAT_HAS_ONE(fclose, FILE, fileno)
CLOSING_WHAT_HAS_ONE(pclose, FILE, fileno)
CLOSING_WHAT_HAS_ONE(closedir, DIR, dirfd)

static int
as_number(unsigned number)
{
    return number > INT_MAX ? INT_MAX : (int)number;
}

int
hook_close_range(unsigned first, unsigned last, int flags)
{
    if (!RECORDING) {
        return REAL(close_range)(first, last, flags);
    }
    noted noted;
    note_begin(&noted, CALL_close_range, -1, CALLER);
    if (flags & CLOSE_RANGE_CLOEXEC) {
        int result = REAL(close_range)(first, last, flags);
        note_shaped(&noted, result);
        return result;
    }
    note_closing_range(&noted, as_number(first), as_number(last));
    int result = REAL(close_range)(first, last, flags);
    note_closed_range(&noted, result);
    return result;
}

void
hook_closefrom(int first)
{
    if (!RECORDING) {
        REAL(closefrom)(first);
        return;
    }
    noted noted;
    note_begin(&noted, CALL_closefrom, -1, CALLER);
    note_closing_range(&noted, first < 0 ? 0 : first, INT_MAX);
    REAL(closefrom)(first);
    note_closed_range(&noted, 0);
}
