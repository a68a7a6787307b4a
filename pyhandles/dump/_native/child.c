#define _GNU_SOURCE
#include "child.h"

#include "crc.h"
#include "guard.h"

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
    void *memory = mmap(NULL, sizeof(job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    job *job = memory;
    job->request = *request;
    job->request.pid = getpid();
    job->request.parent = getppid();
    return job;
}

void
job_free(job *job)
{
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
    uint64_t all = ~UINT64_C(0), before;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    pid_t child = fork_quietly(job);
    int error = errno;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
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

static int
start_waiter(job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) {
        return -1;
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, WAITER_STACK_BYTES);
    /* The thread inherits the mask: the service's signals are for the service's threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, &attributes, wait_and_tell, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error ? -1 : 0;
}

void
child_wait_in_background(job *job)
{
    atomic_fetch_add(&background, 1);
    if (start_waiter(job) < 0) {
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

static const char *
shell_quote(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    return path[strspn(path, plain)] == '\0' ? "" : "'";
}

static size_t
failure_text(const job *job, char *text, size_t room)
{
    int error = job->report.error;
    int length;
    if (error < 0) {
        length = snprintf(text, room, "pyhandles: the capture was ended by signal %d (%s); no snapshot\n", -error,
                          strsignal(-error));
    }
    else {
        length = snprintf(text, room, "pyhandles: %s%s%s: %s; no snapshot\n", stage_text(job->report.stage),
                          job->report.path[0] ? " " : "", job->report.path, strerror(error));
    }
    return (size_t)length < room ? (size_t)length : room - 1;
}

size_t
job_text(const job *job, char *text, size_t room)
{
    const report *report = &job->report;
    if (report->stage != STAGE_DONE) {
        return failure_text(job, text, room);
    }
    const char *quote = shell_quote(report->path);
    const char *manner = job->request.in_fork ? "" : ", while the process stood still";
    int length = snprintf(text, room,
                          "pyhandles: %s%u of %u descriptors open%s%s\n"
                          "pyhandles: captured %llu objects in %.1f s%s; look with: pyhandles shell %s%s%s\n",
                          job->request.error == EMFILE ? "too many open files: " : "", report->open, report->soft_limit,
                          report->group[0] ? ", " : "", report->group, (unsigned long long)report->objects,
                          report->seconds, manner, quote, report->path, quote);
    return (size_t)length < room ? (size_t)length : room - 1;
}

void
tell(const settings *settings, const char *text, size_t length)
{
    struct stat status;
    struct pollfd place = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (fstat(STDERR_FILENO, &status) == 0 && status.st_dev == settings->stderr_device &&
        status.st_ino == settings->stderr_inode && poll(&place, 1, PATIENCE_MS) > 0) {
        (void)!write(STDERR_FILENO, text, length < PIPE_BUF ? length : PIPE_BUF); /* so many fit if any do */
    }
}

void
job_tell(const job *job)
{
    char text[PIPE_BUF];
    if (!job->request.settings->quiet) {
        tell(job->request.settings, text, job_text(job, text, sizeof(text)));
    }
}
