/* The hook of syscall(): Python, and others, make by it what an older C library has no function for. */
#define _GNU_SOURCE
#include "hooking.h"

#include <limits.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <sys/syscall.h>

/* As what a call of this number is told, and what the number does; CALLS: it is not about descriptors. */
static enum call
call_of_number(long number)
{
    switch (number) {
#ifdef SYS_pidfd_open
        case SYS_pidfd_open:
            return CALL_pidfd_open;
#endif
#ifdef SYS_openat2
        case SYS_openat2:
            return CALL_openat2;
#endif
#ifdef SYS_pidfd_getfd
        case SYS_pidfd_getfd:
#endif
#ifdef SYS_io_uring_setup
        case SYS_io_uring_setup:
#endif
        case SYS_perf_event_open:
        case SYS_userfaultfd:
        case SYS_fanotify_init:
        case SYS_open_by_handle_at:
            return CALL_syscall;
        case SYS_memfd_create:
            return CALL_memfd_create;
        case SYS_openat:
            return CALL_openat;
        case SYS_socket:
            return CALL_socket;
        case SYS_accept4:
            return CALL_accept4;
        case SYS_eventfd2:
            return CALL_eventfd;
        case SYS_epoll_create1:
            return CALL_epoll_create1;
        case SYS_timerfd_create:
            return CALL_timerfd_create;
        case SYS_inotify_init1:
            return CALL_inotify_init1;
        case SYS_dup:
            return CALL_dup;
        case SYS_dup3:
            return CALL_dup3;
        case SYS_close:
            return CALL_close;
#ifdef SYS_close_range
        case SYS_close_range:
            return CALL_close_range;
#endif
        default:
            return CALLS;
    }
}

static int
as_number(long given)
{
    return (unsigned)given > INT_MAX ? INT_MAX : (int)given;
}

long
hook_syscall(long number, ...)
{
    va_list rest;
    va_start(rest, number);
    long given[6]; /* as many as there are registers for; what was not given is not looked at */
    for (int i = 0; i < 6; i++) {
        given[i] = va_arg(rest, long);
    }
    va_end(rest);
    enum call call = call_of_number(number);
    if (!RECORDING || call == CALLS || (call == CALL_close_range && given[2] & CLOSE_RANGE_CLOEXEC)) {
        return REAL(syscall)(number, given[0], given[1], given[2], given[3], given[4], given[5]);
    }
    bool copies = call == CALL_dup || call == CALL_dup3;
    noted noted;
    note_begin(&noted, call, copies || call == CALL_close ? (int)given[0] : -1, CALLER);
    if (call == CALL_close) {
        note_closing(&noted, (int)given[0]);
    }
    else if (call == CALL_close_range) {
        note_closing_range(&noted, as_number(given[0]), as_number(given[1]));
    }
    long result = REAL(syscall)(number, given[0], given[1], given[2], given[3], given[4], given[5]);
    if (call == CALL_close) {
        note_closed(&noted, (int)result);
    }
    else if (call == CALL_close_range) {
        note_closed_range(&noted, (int)result);
    }
    else if (copies) {
        note_copied(&noted, (int)result, (int)given[0]);
    }
    else {
        note_made(&noted, (int)result);
    }
    return result;
}
