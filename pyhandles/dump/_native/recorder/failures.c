#define _GNU_SOURCE
#include "../triggers.h" /* first: Python.h wants to come before the headers of the system */
#include "failures.h"

#include "../background.h"
#include "../tripwire.h"
#include "vfork.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)
#define MILLISECOND 1000000
#define STEP_NS (2 * MILLISECOND)
#define GRACE_NS (50 * MILLISECOND)
#define MANY_SIGNALS 32

static _Atomic uint64_t failed[HIGHEST_ERRNO]; /* when, of the first that is not settled; 0: none */
static _Atomic pid_t causes[HIGHEST_ERRNO];    /* in which thread */
static failed_call calls[HIGHEST_ERRNO];       /* the call, where it was given an address */
static atomic_bool is_call_known[HIGHEST_ERRNO];
static atomic_bool runs;                       /* the thread */
atomic_bool failures_are_left;

static uint64_t
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/* ---- the thread --------------------------------------------------------------------------------------- */

/* Nobody waits for it any more, or an OSError has been made since. */
static bool
is_settled(int error, uint64_t since)
{
    return since == 0 || !tripwire_watches(error) || tripwire_noticed(error) >= since;
}

static void
fire(int error, uint64_t since)
{
    if (!Py_IsInitialized()) {
        return;
    }
    PyGILState_STATE state = PyGILState_Ensure();
    if (!is_settled(error, since)) { /* it may have taken long to get here */
        tripwire_fire(error, atomic_load(&causes[error]), atomic_load(&is_call_known[error]) ? &calls[error] : NULL);
    }
    PyGILState_Release(state);
}

/* Returns: there is one that is too young to be sure of. */
static bool
look(void)
{
    bool left = false;
    for (int error = 1; error < HIGHEST_ERRNO; error++) {
        uint64_t since = atomic_load(&failed[error]);
        if (since == 0) {
            continue;
        }
        bool settled = is_settled(error, since);
        if (!settled && now() - since < GRACE_NS) {
            left = true;
            continue;
        }
        if (!settled) {
            fire(error, since);
        }
        atomic_store(&is_call_known[error], false);
        atomic_compare_exchange_strong(&failed[error], &since, 0);
    }
    return left;
}

static bool
anything_is_left(void)
{
    for (int error = 1; error < HIGHEST_ERRNO; error++) {
        if (atomic_load(&failed[error]) != 0) {
            return true;
        }
    }
    return false;
}

static void *
run(void *unused)
{
    (void)unused;
    const struct timespec step = {.tv_nsec = STEP_NS};
    do {
        while (look()) {
            nanosleep(&step, NULL);
        }
        atomic_store(&runs, false);
        /* Whoever noted something after the last look and before this has relied on us. */
    } while (anything_is_left() && !atomic_exchange(&runs, true));
    return NULL;
}

/* ---- in the thread that failed ------------------------------------------------------------------------ */

/* In a signal's handler no thread can be made. There its signal is blocked; in threads that leave the signals to others,
 * all are. */
static bool
may_be_in_a_handler(void)
{
    uint64_t blocked = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked));
    int count = __builtin_popcountll(blocked);
    return count > 0 && count < MANY_SIGNALS;
}

static void
start_thread(void)
{
    if (!atomic_exchange(&runs, true) && background_start(NULL, STACK_BYTES, run, NULL) != 0) {
        atomic_store(&runs, false); /* what is noted stays so, for the next */
    }
}

/* Whoever has set failed[error] is alone here until that is 0 again. */
static void
keep_call(int error, const noted *noted)
{
    bool known = noted != NULL && (noted->detail_kind == DETAIL_ADDRESS || noted->call == CALL_listen);
    if (known) {
        failed_call_fill(&calls[error], call_name(noted->call), noted->fd, error, noted->detail,
                         (socklen_t)noted->detail_bytes);
    }
    atomic_store(&is_call_known[error], known);
}

/* A forked child may be about to run another program; its errors are not the service's. */
void
failures_see(int error, const noted *noted)
{
    bool is_cause = tripwire_watches(error) && triggers_are_due();
    if (!(is_cause || atomic_load(&failures_are_left)) || recorder_in_fork || in_vfork_child()) {
        return;
    }
    int kept = errno;
    uint64_t none = 0;
    if (is_cause && atomic_compare_exchange_strong(&failed[error], &none, now())) {
        atomic_store(&causes[error], (pid_t)syscall(SYS_gettid));
        keep_call(error, noted);
    }
    bool later = may_be_in_a_handler();
    atomic_store(&failures_are_left, later);
    if (!later) {
        start_thread();
    }
    errno = kept;
}

void
failures_after_fork(void)
{
    for (int error = 0; error < HIGHEST_ERRNO; error++) {
        atomic_store(&failed[error], 0);
    }
    atomic_store(&failures_are_left, false);
    atomic_store(&runs, false);
}

void
failures_settle(void)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    failures_note(0, NULL);
    if (!atomic_load(&runs)) {
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    while (atomic_load(&runs)) {
        nanosleep(&step, NULL);
    }
    Py_END_ALLOW_THREADS
}
