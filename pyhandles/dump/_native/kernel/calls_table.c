#define _GNU_SOURCE
#include "calls_table.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NONE (-1)
#define CALL(name, fd) {SYS_##name, #name, fd, NONE, WATCHES_NOTHING}
#define CALL_OF_TWO(name, fd, other) {SYS_##name, #name, fd, other, WATCHES_NOTHING}
#define CALL_ON_SET(name, set) {SYS_##name, #name, NONE, NONE, set}
#define LATER_CALL(number, name, fd) {number, name, fd, NONE, WATCHES_NOTHING} /* than the headers of some systems */

#define PIDFD 3 /* P_PIDFD */

/* Those in which a thread may be for long, and those that work on a descriptor. */
static const kernel_call calls[] = {
    /* reading and writing */
    CALL(read, 0), CALL(readv, 0), CALL(pread64, 0), CALL(preadv, 0),
    CALL(write, 0), CALL(writev, 0), CALL(pwrite64, 0), CALL(pwritev, 0),
    CALL_OF_TWO(sendfile, 0, 1), CALL_OF_TWO(splice, 0, 2), CALL_OF_TWO(tee, 0, 1), CALL(vmsplice, 0),
    CALL(getdents64, 0), CALL(lseek, 0), CALL(fstat, 0), CALL(ioctl, 0), CALL(fcntl, 0), CALL(flock, 0),
    CALL(fsync, 0), CALL(fdatasync, 0), CALL(syncfs, 0), CALL(fallocate, 0), CALL(ftruncate, 0), CALL(readahead, 0),
#ifdef SYS_sync_file_range
    CALL(sync_file_range, 0),
#endif
#ifdef SYS_preadv2
    CALL(preadv2, 0), CALL(pwritev2, 0),
#endif
#ifdef SYS_copy_file_range
    CALL_OF_TWO(copy_file_range, 0, 2),
#endif
    /* sockets */
    CALL(accept, 0), CALL(accept4, 0), CALL(connect, 0), CALL(bind, 0), CALL(listen, 0), CALL(shutdown, 0),
    CALL(recvfrom, 0), CALL(recvmsg, 0), CALL(recvmmsg, 0), CALL(sendto, 0), CALL(sendmsg, 0), CALL(sendmmsg, 0),
    CALL(setsockopt, 0), CALL(getsockopt, 0),
    /* sets */
    CALL_ON_SET(ppoll, WATCHES_POLL), CALL_ON_SET(pselect6, WATCHES_SELECT),
    CALL(epoll_pwait, 0), CALL_OF_TWO(epoll_ctl, 0, 2), LATER_CALL(441, "epoll_pwait2", 0),
    LATER_CALL(426, "io_uring_enter", 0),
    /* the table itself */
    CALL(openat, 0), LATER_CALL(437, "openat2", 0), CALL(close, 0), CALL(dup, 0), CALL_OF_TWO(dup3, 0, 1),
    {436, "close_range", 0, 1, WATCHES_NOTHING}, LATER_CALL(438, "pidfd_getfd", 0),
    LATER_CALL(424, "pidfd_send_signal", 0), LATER_CALL(434, "pidfd_open", NONE),
    /* other descriptors */
    CALL(mq_timedsend, 0), CALL(mq_timedreceive, 0), CALL(inotify_add_watch, 0), CALL(timerfd_settime, 0),
    CALL(signalfd4, 0), CALL(newfstatat, 0), CALL(mmap, 4),
    /* processes, time, memory */
    CALL(futex, NONE), LATER_CALL(449, "futex_waitv", NONE), CALL(nanosleep, NONE), CALL(clock_nanosleep, NONE),
    CALL(wait4, NONE), CALL(waitid, NONE), CALL(rt_sigtimedwait, NONE), CALL(rt_sigsuspend, NONE),
    CALL(sched_yield, NONE), CALL(restart_syscall, NONE), CALL(getrandom, NONE), CALL(execve, NONE), CALL(clone, NONE),
    LATER_CALL(435, "clone3", NONE), CALL(exit, NONE), CALL(exit_group, NONE), CALL(msync, NONE), CALL(munmap, NONE),
    CALL(mprotect, NONE), CALL(madvise, NONE), CALL(mremap, NONE), CALL(brk, NONE), CALL(sync, NONE),
    CALL(semtimedop, NONE), CALL(msgrcv, NONE), CALL(msgsnd, NONE), CALL(process_vm_readv, NONE), CALL(ptrace, NONE),
#ifdef SYS_membarrier
    CALL(membarrier, NONE),
#endif
#ifdef __x86_64__
    /* what later machines leave to the calls above */
    CALL_ON_SET(poll, WATCHES_POLL), CALL_ON_SET(select, WATCHES_SELECT), CALL(epoll_wait, 0), CALL(open, NONE),
    CALL_OF_TWO(dup2, 0, 1), CALL(pause, NONE), CALL(fork, NONE), CALL(vfork, NONE), CALL(getdents, 0), CALL(stat, NONE),
    CALL(lstat, NONE), CALL(access, NONE), CALL(unlink, NONE), CALL(rename, NONE), CALL(mkdir, NONE), CALL(rmdir, NONE),
#endif
};

const kernel_call *
kernel_call_of(long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (calls[i].number == number) {
            return &calls[i];
        }
    }
    return NULL;
}

void
kernel_call_text(long number, char text[CALL_TEXT_BYTES])
{
    const kernel_call *call = kernel_call_of(number);
    if (call != NULL) {
        snprintf(text, CALL_TEXT_BYTES, "%s", call->name);
    }
    else {
        snprintf(text, CALL_TEXT_BYTES, "syscall %ld", number);
    }
}

static int32_t
descriptor_in(const uint64_t arguments[CALL_ARGUMENTS], int place)
{
    int32_t fd = place < 0 ? NONE : (int32_t)arguments[place];
    return fd < 0 ? NONE : fd; /* the current directory, say */
}

void
kernel_call_descriptors(long number, const uint64_t arguments[CALL_ARGUMENTS], int32_t *fd, int32_t *other)
{
    const kernel_call *call = kernel_call_of(number);
    *fd = call == NULL ? NONE : descriptor_in(arguments, call->fd);
    *other = call == NULL ? NONE : descriptor_in(arguments, call->other);
    if (number == SYS_waitid && arguments[0] == PIDFD) {
        *fd = descriptor_in(arguments, 1);
    }
}
