#define _GNU_SOURCE
#include "own_table.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)64 * 1024)
#define UNSHARE_FIRST 2u /* CLOSE_RANGE_UNSHARE: Linux 5.9 */

/* In a table of its own, which lacks what is in the range. */
static long
close_in_own(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    return syscall(SYS_close_range, first, last, UNSHARE_FIRST);
#else
    (void)first, (void)last;
    return -1;
#endif
}

int
own_table_copied(void)
{
    /* Containers' filters often refuse unshare, which also makes namespaces, and know nothing against the other. */
    return unshare(CLONE_FILES) == 0 || close_in_own(INT_MAX, INT_MAX) == 0 ? 0 : -1;
}

/* ---- filters that answer with death ------------------------------------------------------------------- */

enum way { CLOSING, COPYING, WAYS };
enum answer { NOT_TRIED, SURVIVED, DIED };

static atomic_int answers[WAYS]; /* enum answer */

static long
take(enum way way)
{
    return way == CLOSING ? close_in_own(0, UINT_MAX) : unshare(CLONE_FILES);
}

static int
try_and_end(void *arg)
{
    prctl(PR_SET_DUMPABLE, 0); /* nobody wants its memory */
    take(*(const enum way *)arg);
    _exit(0);
}

/* In a process apart, of whose end nobody is told. Where none can be made, nothing is found out. */
static enum answer
try_apart(enum way way)
{
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        return NOT_TRIED;
    }
    uint64_t all = ~UINT64_C(0), before;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    pid_t process = clone(try_and_end, stack + STACK_BYTES, 0, &way);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
    munmap(stack, STACK_BYTES);
    int status = SIGSYS; /* where somebody else has asked for it */
    while (process > 0 && waitpid(process, &status, __WALL) < 0 && errno == EINTR) {
    }
    return process < 0 ? NOT_TRIED : WIFEXITED(status) ? SURVIVED : DIED;
}

/* Where there is no filter, or it was survived once: to try takes time where there is much memory. */
static bool
may_take(enum way way)
{
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0) {
        return true;
    }
    if (atomic_load(&answers[way]) == NOT_TRIED) {
        atomic_store(&answers[way], try_apart(way));
    }
    return atomic_load(&answers[way]) != DIED;
}

bool
close_range_may_be_called(void)
{
    return may_take(CLOSING);
}

int
own_table_empty(void)
{
    /* The kernel leaves out of the copy what is to be closed: a thousand sockets take no time, and none of them is kept
     * open for a moment longer than the service wants. */
    if (may_take(CLOSING) && take(CLOSING) == 0) {
        return 0;
    }
    if (!may_take(COPYING)) {
        errno = EPERM;
        return -1;
    }
    if (take(COPYING) < 0) {
        return -1;
    }
    for (int fd = 0; fd < OWN_TABLE_ROOM; fd++) {
        close(fd);
    }
    return 1;
}
