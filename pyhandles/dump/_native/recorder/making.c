/* Hooks of the calls that make one descriptor which is no file. */
#define _GNU_SOURCE
#include "hooking.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* Who has called, as far as the kernel was asked and the answer was not cut. */
#define ACCEPTED                                                                                      \
    if (made >= 0 && length != NULL) {                                                                \
        note_address(&noted, address, *length < room ? *length : room);                               \
    }

int
hook_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    if (!RECORDING) {
        return REAL(accept)(fd, address, length);
    }
    noted noted;
    note_begin(&noted, CALL_accept, fd, CALLER);
    socklen_t room = length == NULL ? 0 : *length;
    int made = REAL(accept)(fd, address, length);
    ACCEPTED
    note_accepted(&noted, made, fd);
    return made;
}

int
hook_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    if (!RECORDING) {
        return REAL(accept4)(fd, address, length, flags);
    }
    noted noted;
    note_begin(&noted, CALL_accept4, fd, CALLER);
    socklen_t room = length == NULL ? 0 : *length;
    int made = REAL(accept4)(fd, address, length, flags);
    ACCEPTED
    note_accepted(&noted, made, fd);
    return made;
}

MAKING(socket, (int family, int type, int protocol), (family, type, protocol), NOTHING_ELSE)
MAKING(epoll_create, (int size), (size), NOTHING_ELSE)
MAKING(epoll_create1, (int flags), (flags), NOTHING_ELSE)
MAKING(eventfd, (unsigned count, int flags), (count, flags), NOTHING_ELSE)
MAKING(timerfd_create, (int clock, int flags), (clock, flags), NOTHING_ELSE)
MAKING(inotify_init, (void), (), NOTHING_ELSE)
MAKING(inotify_init1, (int flags), (flags), NOTHING_ELSE)
MAKING(memfd_create, (const char *name, unsigned flags), (name, flags), note_path(&noted, name))
MAKING(pidfd_open, (pid_t pid, unsigned flags), (pid, flags), NOTHING_ELSE)

/* Given a descriptor it changes that one. */
int
hook_signalfd(int fd, const void *mask, int flags)
{
    if (!RECORDING) {
        return REAL(signalfd)(fd, mask, flags);
    }
    noted noted;
    note_begin(&noted, CALL_signalfd, fd, CALLER);
    int made = REAL(signalfd)(fd, mask, flags);
    if (fd >= 0) {
        note_shaped(&noted, made);
    }
    else {
        note_made(&noted, made);
    }
    return made;
}
