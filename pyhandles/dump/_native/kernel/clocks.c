#define _GNU_SOURCE
#include "clocks.h"

#include "thread_files.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_PROCESSORS 8192
#define WORD_BITS (8 * sizeof(unsigned long))
#define STACK_BYTES ((size_t)64 * 1024)
#define PATIENCE_MS 200

/* In memory that the process shares which goes from processor to processor. */
typedef struct clocks {
    pid_t visitor;
    _Atomic bool has_moved; /* the visitor, which then may be moved back */
    bool known[MOST_PROCESSORS];
    /* How far the monotonic clock is ahead of the processor's, in nanoseconds, at most. It only grows, and a later one
     * makes less of the time for which a thread has slept. */
    _Atomic int64_t lead[MOST_PROCESSORS];
} clocks;

clocks *
clocks_new(void)
{
    void *made = mmap(NULL, sizeof(clocks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? NULL : made;
}

static bool
is_possible(int32_t processor)
{
    return processor >= 0 && processor < MOST_PROCESSORS;
}

void
clocks_note(clocks *clocks, const run_note *note)
{
    if (is_possible(note->processor)) {
        _Atomic int64_t *lead = &clocks->lead[note->processor];
        int64_t found = note->seen - note->last_ran;
        if (!clocks->known[note->processor] || found < atomic_load(lead)) {
            atomic_store(lead, found);
        }
        clocks->known[note->processor] = true;
    }
}

int64_t
clocks_asleep(const clocks *clocks, const run_note *note)
{
    if (!is_possible(note->processor) || !clocks->known[note->processor]) {
        return -1;
    }
    int64_t asleep = note->seen - note->last_ran - atomic_load(&clocks->lead[note->processor]);
    return asleep < 0 ? 0 : asleep;
}

/* ---- the process that goes from one to the next ------------------------------------------------------- */

static bool
go_to(int processor)
{
    unsigned long only[MOST_PROCESSORS / WORD_BITS];
    memset(only, 0, sizeof(only));
    only[(size_t)processor / WORD_BITS] = 1ul << (size_t)processor % WORD_BITS;
    return syscall(SYS_sched_setaffinity, 0, sizeof(only), only) == 0;
}

static void
let_go_anywhere(pid_t process)
{
    unsigned long all[MOST_PROCESSORS / WORD_BITS];
    memset(all, 0xFF, sizeof(all));
    syscall(SYS_sched_setaffinity, process, sizeof(all), all);
}

static int
visit_each(void *arg)
{
    clocks *clocks = arg;
    run_note here;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0); /* if it is ended for a call that is forbidden, nobody wants its memory */
    int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int processor = 0; tasks >= 0 && processor < MOST_PROCESSORS; processor++) {
        if (!clocks->known[processor] || !go_to(processor)) {
            continue;
        }
        atomic_store(&clocks->has_moved, true);
        if (thread_note_own_run(tasks, &here) == 0) {
            clocks_note(clocks, &here);
        }
    }
    _exit(0);
}

void
clocks_visit(clocks *clocks)
{
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack != MAP_FAILED) {
        /* One that is still there when this process ends, were it but to be asked for its status, would become a child of
         * whoever adopts orphans: of the service, where it is a container's first process. With its signal ignored, its
         * end leaves nothing. */
        signal(SIGCHLD, SIG_IGN);
        pid_t visitor = clone(visit_each, stack + STACK_BYTES, SIGCHLD, clocks);
        clocks->visitor = visitor < 0 ? 0 : visitor;
        munmap(stack, STACK_BYTES);
    }
}

static bool
has_ended(pid_t process)
{
    return waitpid(process, NULL, __WALL | WNOHANG) != 0;
}

static bool
ends_soon(pid_t process)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    bool ended = has_ended(process);
    for (int i = 0; i < PATIENCE_MS && !ended; i++) {
        nanosleep(&moment, NULL);
        ended = has_ended(process);
    }
    return ended;
}

void
clocks_settle(clocks *clocks)
{
    if (clocks->visitor != 0 && !ends_soon(clocks->visitor)) {
        kill(clocks->visitor, SIGKILL);
        if (atomic_load(&clocks->has_moved)) {
            let_go_anywhere(clocks->visitor); /* it ends where it may run */
        }
        ends_soon(clocks->visitor);
    }
    clocks->visitor = 0;
}

void
clocks_free(clocks *clocks)
{
    if (clocks != NULL) {
        clocks_settle(clocks);
        munmap(clocks, sizeof(*clocks));
    }
}
