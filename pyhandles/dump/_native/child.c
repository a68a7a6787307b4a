#define _GNU_SOURCE
#include "child.h"

#include "background.h"
#include "crc.h"
#include "guard.h"
#include "printing.h"
#include "recorder/reporter.h"
#include "spare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_CAPTURE_SECONDS 120
#define STACK_BYTES (1024 * 1024)
#define WAITER_STACK_BYTES (256 * 1024)
#define KERNEL_SIGNALS 64
#define PATIENCE_MS 200 /* for a pipe that is full, and that perhaps nobody reads */

static atomic_int background; /* captures that a thread of ours waits for */
static job *unattended;       /* captures for which no thread could be made; touched with the GIL held */

static void
forget_in_forked_service(void)
{
    /* The threads that wait did not come along, and neither did their children. */
    atomic_store(&background, 0);
    unattended = NULL;
    spare_renew_in_forked_service();
}

int
child_prepare(void)
{
    static bool prepared;
    if (prepared) {
        return 0;
    }
    prepared = true;
    crc32_prepare();
    return pthread_atfork(NULL, NULL, forget_in_forked_service) == 0 ? 0 : -1;
}

/* ---- in the child ------------------------------------------------------------------------------------- */

/* The service's handlers are Python's: none may run here. What a terminal or a supervisor sends to the whole group is
 * for the service; the child ends by itself soon enough. */
static void
reset_signals(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ, SIGTSTP};
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number <= KERNEL_SIGNALS; number++) {
        sigaction(number, &action, NULL);
    }
    action.sa_handler = SIG_IGN;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        sigaction(ignored[i], &action, NULL);
    }
    uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* If memory runs out, this process is the one to kill. */
static void
offer_to_be_killed_first(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1000", 4);
        close(fd);
    }
}

/* Called when the descriptors are closed, which must not wait for anything. From here on the service comes first. */
static void
step_back(void)
{
    setpriority(PRIO_PROCESS, 0, 10);
    offer_to_be_killed_first();
}

static int
child_main(void *arg)
{
    job *job = arg;
    reset_signals();
    alarm(LONGEST_CAPTURE_SECONDS);
    prctl(PR_SET_NAME, "pyhandles");
    guard_install();
    job->request.in_fork = true;
    job->request.settled = step_back;
    capture_run(&job->request, &job->report);
    _exit(job->report.stage == STAGE_DONE ? 0 : 1);
}

/* ---- in the service ----------------------------------------------------------------------------------- */

job *
job_new(const request *request)
{
    reporter_settle();
    void *memory = mmap(NULL, sizeof(job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    job *job = memory;
    job->request = *request;
    job->request.pid = getpid();
    job->request.parent = getppid();
    job->request.spare = spare_lend();
    return job;
}

void
job_free(job *job)
{
    if (job->request.spare >= 0) {
        spare_take_back(job->report.took_spare);
    }
    munmap(job, sizeof(*job));
}

/* As fork does, but that no at-fork handler runs, that the child's end is told to nobody who does not ask for it with
 * __WALL (no SIGCHLD, nothing for the service's waitpid(-1)), and that the child has a stack of its own: the service's
 * thread may have a small one, and be deep in it. */
static pid_t
fork_quietly(job *job)
{
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        return -1;
    }
    pid_t child = clone(child_main, stack + STACK_BYTES, 0, job);
    int error = errno;
    munmap(stack, STACK_BYTES);
    errno = error;
    return child;
}

job *
child_start(const request *request)
{
    job *job = job_new(request);
    if (job == NULL) {
        return NULL;
    }
    surroundings around;
    if (surroundings_init(&around) < 0) {
        job_free(job);
        errno = ENOMEM;
        return NULL;
    }
    surroundings_read_threads(&around);
    job->request.around = &around;
    uint64_t all = ~UINT64_C(0), before;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    pid_t child = fork_quietly(job);
    int error = errno;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
    surroundings_clear(&around); /* the child has its own copy */
    if (child < 0) {
        job_free(job);
        errno = error;
        return NULL;
    }
    job->child = child;
    return job;
}

void
child_wait(job *job)
{
    int status = 0;
    while (waitpid(job->child, &status, __WALL) < 0 && errno == EINTR) {
    }
    if (job->report.stage != STAGE_DONE && job->report.error == 0) {
        /* It did not come to the point of saying why. */
        job->report.error = WIFSIGNALED(status) ? -WTERMSIG(status) : EIO;
    }
    if (job->report.output.temporary[0]) {
        unlink(job->report.output.temporary); /* nor of cleaning up */
    }
}

static void *
wait_and_tell(void *arg)
{
    job *job = arg;
    child_wait(job);
    job_tell(job);
    job_free(job);
    atomic_fetch_sub(&background, 1);
    return NULL;
}

void
child_wait_in_background(job *job)
{
    atomic_fetch_add(&background, 1);
    if (background_start(NULL, WAITER_STACK_BYTES, wait_and_tell, job) != 0) {
        atomic_fetch_sub(&background, 1);
        job->next = unattended;
        unattended = job;
    }
}

bool
children_wait(double seconds)
{
    job *waiting = unattended;
    unattended = NULL;
    const struct timespec moment = {.tv_nsec = 2000000};
    struct timespec started, now;
    clock_gettime(CLOCK_MONOTONIC, &started);
    bool finished = true;
    Py_BEGIN_ALLOW_THREADS
    while (waiting != NULL) {
        job *job = waiting;
        waiting = job->next;
        child_wait(job);
        job_tell(job);
        job_free(job);
    }
    while (atomic_load(&background) > 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - started.tv_sec) + (double)(now.tv_nsec - started.tv_nsec) / 1e9 > seconds) {
            finished = false;
            break;
        }
        nanosleep(&moment, NULL);
    }
    Py_END_ALLOW_THREADS
    return finished;
}

/* ---- what it has to say ------------------------------------------------------------------------------- */

static size_t
failure_text(job *job)
{
    int error = job->report.error;
    int length;
    if (error < 0) {
        length = snprintf(job->text, sizeof(job->text),
                          "pyhandles: the capture was ended by signal %d (%s); no snapshot\n", -error, strsignal(-error));
    }
    else {
        const char *hint = error == ENFILE ? " (the trigger errno:ENFILE keeps a file open for this)" : "";
        print_safely(job->report.path, job->shown, sizeof(job->shown));
        length = snprintf(job->text, sizeof(job->text), "pyhandles: %s%s%s: %s%s; no snapshot\n",
                          stage_text(job->report.stage), job->shown[0] ? " " : "", job->shown, strerror(error), hint);
    }
    return (size_t)length < sizeof(job->text) ? (size_t)length : sizeof(job->text) - 1;
}

size_t
job_text(job *job)
{
    const report *report = &job->report;
    if (report->stage != STAGE_DONE) {
        return failure_text(job);
    }
    char group[sizeof(report->group)];
    print_for_shell(report->path, job->shown, sizeof(job->shown));
    print_safely(report->group, group, sizeof(group));
    char failed[2 * ADDRESS_BYTES];
    failed_call_text(&job->request.call, failed, sizeof(failed));
    const char *manner = job->request.in_fork ? "" : ", while the process stood still";
    int length = snprintf(job->text, sizeof(job->text),
                          "%s%s%s"
                          "pyhandles: %s%u of %u descriptors open%s%s\n"
                          "pyhandles: captured %llu objects in %.1f s%s; look with: pyhandles shell %s%s\n",
                          failed[0] ? "pyhandles: " : "", failed, failed[0] ? "\n" : "",
                          job->request.error == EMFILE ? "too many open files: " : "", report->open, report->soft_limit,
                          group[0] ? ", " : "", group, (unsigned long long)report->objects,
                          report->seconds, manner, job->shown, job->request.call.length > 0 ? " -c who" : "");
    return (size_t)length < sizeof(job->text) ? (size_t)length : sizeof(job->text) - 1;
}

void
tell(const settings *settings, const char *text, size_t length)
{
    struct stat status;
    struct pollfd place = {.fd = STDERR_FILENO, .events = POLLOUT};
    /* Where nobody reads any longer, there is an error beside POLLOUT, and to write would be a SIGPIPE. */
    if (fstat(STDERR_FILENO, &status) == 0 && status.st_dev == settings->stderr_device &&
        status.st_ino == settings->stderr_inode && poll(&place, 1, PATIENCE_MS) > 0 &&
        place.revents == POLLOUT) {
        (void)!write(STDERR_FILENO, text, length < PIPE_BUF ? length : PIPE_BUF); /* so many fit if any do */
    }
}

void
job_tell(job *job)
{
    if (!job->request.settings->quiet) {
        size_t length = job_text(job);
        tell(job->request.settings, job->text, length);
    }
}
