#define _GNU_SOURCE
#include "waits.h"

#include "../background.h"
#include "../format.h"
#include "../own_table.h"
#include "calls_table.h"
#include "looking.h"
#include "thread_files.h"

#include <linux/futex.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)
#define PATIENCE_NS INT64_C(100000000)
#define LONGEST_SETTLING_NS INT64_C(300000000)

/* Shared by the thread that looks and the one that asks, who may give up. Whoever needs it last frees it. */
typedef struct errand {
    _Atomic uint32_t done; /* a futex; from then on what was seen belongs to whoever asked */
    atomic_uint users;
    threads_seen seen;
} errand;

static errand *
errand_new(void)
{
    errand *made = mmap(NULL, sizeof(errand), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) {
        return NULL;
    }
    made->users = 2;
    threads_seen_init(&made->seen, (pid_t)syscall(SYS_gettid));
    return made;
}

static void
errand_leave(errand *errand)
{
    if (atomic_fetch_sub(&errand->users, 1) == 1) {
        threads_seen_clear(&errand->seen);
        munmap(errand, sizeof(*errand));
    }
}

/* ---- in the thread that looks ------------------------------------------------------------------------- */

/* Its end closes what it has opened. Nobody waits for that: where it was given copies of the service's descriptors, they
 * are closed then too, which may take long. */
static void *
run(void *arg)
{
    errand *errand = arg;
    if (own_table_empty() < 0) {
        surroundings_unseen(errand->seen.why, "the threads were not looked at, as that takes a descriptor table apart", errno);
    }
    else {
        threads_look(&errand->seen);
    }
    atomic_store(&errand->done, 1);
    syscall(SYS_futex, &errand->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errand_leave(errand);
    return NULL;
}

/* ---- in the service ----------------------------------------------------------------------------------- */

static bool
await(errand *errand)
{
    const int64_t until = nanoseconds_now() + PATIENCE_NS;
    for (int64_t left = PATIENCE_NS; left > 0 && !atomic_load(&errand->done); left = until - nanoseconds_now()) {
        const struct timespec time = {.tv_nsec = left};
        syscall(SYS_futex, &errand->done, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
    }
    return atomic_load(&errand->done);
}

static void
take_over(surroundings *around, threads_seen *seen)
{
    for (size_t i = 0; i < seen->waits.length; i++) {
        wait_row *row = &VECTOR_AT(wait_row, &seen->waits, i);
        char text[CALL_TEXT_BYTES];
        long number = row->call;
        row->call = NO_TEXT;
        if (row->state == WAIT_CALL) {
            kernel_call_text(number, text);
            row->call = surroundings_text(around, text);
        }
    }
    vector empty_waits = around->waits, empty_watches = around->watches;
    around->waits = seen->waits;
    around->watches = seen->watches;
    seen->waits = empty_waits;
    seen->watches = empty_watches;
    if (seen->why[0] != '\0') {
        surroundings_unseen(around->unseen_waits, seen->why, 0);
    }
}

void
waits_read(surroundings *around)
{
    const int kept = errno;
    errand *errand = errand_new();
    int error = errand == NULL ? ENOMEM : background_start(NULL, STACK_BYTES, run, errand);
    if (error) {
        surroundings_unseen(around->unseen_waits, "no thread could be made to look at the others", error);
        if (errand != NULL) {
            errand_leave(errand); /* for the thread */
            errand_leave(errand);
        }
    }
    else {
        if (await(errand)) {
            take_over(around, &errand->seen);
        }
        else {
            surroundings_unseen(around->unseen_waits, "the threads were not looked at in time", 0);
        }
        errand_leave(errand);
    }
    errno = kept;
}

/* One that has run since its call was looked at will be told to have slept for no time, at least. */
static void
note_when_they_ran(surroundings *around, int tasks)
{
    const int64_t until = nanoseconds_now() + LONGEST_SETTLING_NS;
    for (size_t i = 0; i < around->waits.length && nanoseconds_now() < until; i++) {
        wait_row *row = &VECTOR_AT(wait_row, &around->waits, i);
        if (row->state != WAIT_RUNNING && thread_run_read(tasks, (pid_t)row->native, &row->ran) == 0) {
            run_note note = row->ran;
            note.seen = nanoseconds_now();
            clocks_note(around->clocks, &note);
        }
    }
}

void
waits_begin_to_settle(surroundings *around, pid_t service)
{
    char path[32];
    run_note own;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)service);
    int tasks = around->waits.length == 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    around->clocks = tasks < 0 ? NULL : clocks_new();
    if (around->clocks != NULL) {
        note_when_they_ran(around, tasks);
    }
    if (around->clocks != NULL && getpid() != service) {
        clocks_visit(around->clocks);
    }
    else if (around->clocks != NULL && thread_note_own_run(tasks, &own) == 0) {
        clocks_note(around->clocks, &own);
    }
    if (tasks >= 0) {
        close(tasks);
    }
}

void
waits_settle(surroundings *around)
{
    if (around->clocks == NULL) {
        return;
    }
    clocks_settle(around->clocks);
    for (size_t i = 0; i < around->waits.length; i++) {
        wait_row *row = &VECTOR_AT(wait_row, &around->waits, i);
        row->asleep = clocks_asleep(around->clocks, &row->ran);
    }
}
