/* No thread of ours waits all day for a misuse: in a process that has a second thread, even a native one, os.fork()
 * warns from Python 3.12 on. One is made when there is something to tell, and ends when it has told it. It is made in
 * whatever process noted the misuse, a forked child too; what a child has not told by its end, its parent does.
 *
 * A hook may run in a signal's handler, where no thread can be made. No handler closes descriptors, but many write to
 * one; and in a handler, its signal is blocked. So a use with any signal blocked is told then and there. */
#define _GNU_SOURCE
#include "reporter.h"

#include "../triggers.h"
#include "../background.h"
#include "../child.h"
#include "foreign.h"
#include "raising.h"
#include "report.h"

#include <linux/futex.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (128 * 1024)
#define REPORT_BYTES 2048
#define PERIOD_NS 50000000

static _Atomic pid_t runs_in;   /* the process in which the thread runs, or 0 */
static _Atomic uint32_t changed; /* what it waits for, beside the time: a futex */

/* ---- telling -------------------------------------------------------------------------------------------- */

/* Where stderr is another by now, a process that shares the table may still tell. */
static bool
is_to_be_told_here(void)
{
    struct stat status;
    return !capture_settings.quiet && fstat(STDERR_FILENO, &status) == 0 && status.st_dev == capture_settings.stderr_device &&
           status.st_ino == capture_settings.stderr_inode;
}

/* Returns: there is more, which is too young. */
static bool
tell_what_is_untold(bool all)
{
    char text[REPORT_BYTES];
    misuse misuse;
    bool left = false;
    while (is_to_be_told_here() && misuse_take_untold(all, &misuse, &left)) {
        tell(&capture_settings, text, report_text(&misuse, text, sizeof(text)));
    }
    return left;
}

void
reporter_settle(void)
{
    int error = errno;
    if (foreign_is_due()) {
        foreign_look(true);
    }
    errno = error;
}

void
reporter_flush(void)
{
    tell_what_is_untold(true);
}

/* After all that Python does at its exit. */
__attribute__((destructor)) static void
tell_the_rest(void)
{
    reporter_flush();
}

/* ---- the thread ----------------------------------------------------------------------------------------- */

static bool
anything_is_due(void)
{
    return raising_is_due() || (is_to_be_told_here() && misuse_is_untold());
}

static void *
run(void *unused)
{
    (void)unused;
    const struct timespec period = {.tv_nsec = PERIOD_NS};
    const pid_t self = getpid();
    pid_t nobody;
    do {
        uint32_t known = atomic_load(&changed);
        while (tell_what_is_untold(false) | raising_deliver()) {
            syscall(SYS_futex, &changed, FUTEX_WAIT_PRIVATE, known, &period, NULL, 0);
            known = atomic_load(&changed);
        }
        atomic_store(&runs_in, 0);
        nobody = 0;
        /* Whoever noted something after the last look and before this has relied on us. */
    } while (anything_is_due() && atomic_compare_exchange_strong(&runs_in, &nobody, self));
    return NULL;
}

static bool
signals_are_blocked(void)
{
    uint64_t blocked = 0;
    return syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked)) != 0 || blocked != 0;
}

void
reporter_look_again(void)
{
    atomic_fetch_add(&changed, 1);
    syscall(SYS_futex, &changed, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void
reporter_wake(bool use)
{
    if (use && signals_are_blocked()) {
        tell_what_is_untold(false);
        return;
    }
    pid_t self = getpid(), there = atomic_load(&runs_in);
    if (there == self) {
        reporter_look_again();
    }
    else if (atomic_compare_exchange_strong(&runs_in, &there, self) &&
             background_start(NULL, STACK_BYTES, run, NULL) != 0) {
        atomic_store(&runs_in, 0);
    }
}
