/* Hooks of the calls that read and write. They are many, so they are only looked at when they fail, and before a thread's
 * first of what has the number since. That the number was given out again while they were under way says nothing: they may
 * have waited since before it was closed, and what the kernel does for them is done to the file that they were called
 * for. */
#define _GNU_SOURCE
#include "hooking.h"

#include "late.h"
#include "widen.h"

#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

#define LIKELY_NOT(condition) __builtin_expect(!!(condition), 0)

/* A delay was asked for at some call: is it here, and is the number another's by now? Then it is `late` since this
 * time, or else since 0. */
static bool
refused_after_delay(enum call call, int fd, const void *caller, uint64_t *late)
{
    noted noted;
    note_begin(&noted, call, fd, caller);
    *late = noted.generation != number_generation(fd) ? noted.start : 0;
    return note_refuses(&noted);
}

#define USING(name, parameters, arguments)                                                                      \
    ssize_t hook_##name parameters                                                                              \
    {                                                                                                           \
        if (!RECORDING) {                                                                                       \
            return REAL(name) arguments;                                                                        \
        }                                                                                                       \
        uint64_t late = 0;                                                                                      \
        if (LIKELY_NOT(widen_any()) && refused_after_delay(CALL_##name, fd, CALLER, &late)) {                   \
            return -1;                                                                                          \
        }                                                                                                       \
        if (LIKELY_NOT(late_is_news(fd)) && note_refuses_late(CALL_##name, fd, CALLER)) {                       \
            return -1;                                                                                          \
        }                                                                                                       \
        ssize_t result = REAL(name) arguments;                                                                  \
        if (LIKELY_NOT(result < 0)) {                                                                           \
            note_used(CALL_##name, fd, (long)result, CALLER);                                                   \
        }                                                                                                       \
        else if (LIKELY_NOT(late)) {                                                                            \
            note_used_late(CALL_##name, fd, late, (long)result, CALLER);                                        \
        }                                                                                                       \
        return result;                                                                                          \
    }

USING(read, (int fd, void *buffer, size_t size), (fd, buffer, size))
USING(__read_chk, (int fd, void *buffer, size_t size, size_t room), (fd, buffer, size, room))
USING(readv, (int fd, const struct iovec *buffers, int count), (fd, buffers, count))
USING(pread, (int fd, void *buffer, size_t size, off_t offset), (fd, buffer, size, offset))
USING(pread64, (int fd, void *buffer, size_t size, off64_t offset), (fd, buffer, size, offset))
USING(write, (int fd, const void *buffer, size_t size), (fd, buffer, size))
USING(writev, (int fd, const struct iovec *buffers, int count), (fd, buffers, count))
USING(pwrite, (int fd, const void *buffer, size_t size, off_t offset), (fd, buffer, size, offset))
USING(pwrite64, (int fd, const void *buffer, size_t size, off64_t offset), (fd, buffer, size, offset))
USING(send, (int fd, const void *buffer, size_t size, int flags), (fd, buffer, size, flags))
USING(sendto,
      (int fd, const void *buffer, size_t size, int flags, const struct sockaddr *address, socklen_t length),
      (fd, buffer, size, flags, address, length))
USING(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
USING(recv, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags))
USING(__recv_chk, (int fd, void *buffer, size_t size, size_t room, int flags), (fd, buffer, size, room, flags))
USING(recvfrom,
      (int fd, void *buffer, size_t size, int flags, struct sockaddr *address, socklen_t *length),
      (fd, buffer, size, flags, address, length))
USING(__recvfrom_chk,
      (int fd, void *buffer, size_t size, size_t room, int flags, struct sockaddr *address, socklen_t *length),
      (fd, buffer, size, room, flags, address, length))

/* The descriptors that another process has passed. */
static void
note_passed(struct msghdr *message, uint64_t start, const void *caller)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            noted noted;
            note_begin(&noted, CALL_recvmsg, -1, caller);
            noted.start = start;
            note_received(&noted, fd);
        }
    }
}

ssize_t
hook_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (!RECORDING) {
        return REAL(recvmsg)(fd, message, flags);
    }
    noted noted;
    note_begin(&noted, CALL_recvmsg, fd, CALLER);
    if (note_refuses(&noted)) {
        return -1;
    }
    if (late_is_news(fd) && note_refuses_late(CALL_recvmsg, fd, CALLER)) {
        return -1;
    }
    ssize_t result = REAL(recvmsg)(fd, message, flags);
    if (result >= 0 && message->msg_controllen > 0) {
        int error = errno;
        note_passed(message, noted.start, CALLER);
        errno = error;
    }
    else if (result < 0) {
        note_used(CALL_recvmsg, fd, (long)result, CALLER);
    }
    return result;
}
