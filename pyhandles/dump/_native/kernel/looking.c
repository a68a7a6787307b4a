#define _GNU_SOURCE
#include "looking.h"

#include "../format.h"
#include "../numbers.h"
#include "poll_sets.h"
#include "thread_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST_WORK_NS INT64_C(30000000) /* the service waits */
#define LONGEST_NS INT64_C(80000000)   /* where the machine is busy */
#define TRIES 3
#define COULD_NOT_LIST "the threads could not be listed"
#define NOT_PERMITTED                                                                                                  \
    "what the threads do is not shown to a program that has changed its user or was given privileges when it started"

typedef struct {
    threads_seen *seen;
    int tasks, through, from; /* /proc/self/task; a pipe */
    bool calls_are_told;
    pid_t self;
    long looked_at;
    int64_t started, worked; /* the second: what this thread had done before */
} look;

void
threads_seen_init(threads_seen *seen, pid_t asking)
{
    memset(seen, 0, sizeof(*seen));
    seen->asking = asking;
    vector_init(&seen->waits, sizeof(wait_row));
    vector_init(&seen->watches, sizeof(watch_row));
}

void
threads_seen_clear(threads_seen *seen)
{
    vector_clear(&seen->waits);
    vector_clear(&seen->watches);
}

static int64_t
work_done(void)
{
    struct timespec done;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &done);
    return (int64_t)done.tv_sec * 1000000000 + done.tv_nsec;
}

static bool
is_late(const look *look)
{
    return work_done() - look->worked > MOST_WORK_NS || nanoseconds_now() - look->started > LONGEST_NS;
}

/* ---- one thread --------------------------------------------------------------------------------------- */

/* Whoever waits for one descriptor waits for that one: a socket with a timeout does so in poll. */
static void
name_the_only_one(const vector *watches, size_t before, wait_row *row)
{
    if (watches->length == before + 1) {
        row->fd = VECTOR_AT(watch_row, watches, before).fd;
    }
}

static bool
is_same_call(const thread_call *one, const thread_call *other)
{
    return memcmp(one, other, sizeof(*one)) == 0;
}

/* What was read of the thread's memory is what the kernel was given if the thread is in the same call afterwards. */
static void
read_set(look *look, wait_row *row, thread_call *call)
{
    vector *watches = &look->seen->watches;
    const size_t before = watches->length;
    pid_t thread = (pid_t)row->native;
    for (int i = 0; i < TRIES; i++) {
        const kernel_call *known = call->in_call ? kernel_call_of(call->number) : NULL;
        thread_call after;
        if (known == NULL || known->watches == WATCHES_NOTHING) {
            return;
        }
        bool complete = poll_set_read(watches, row->native, known, call->arguments, look->through, look->from) == 0;
        if (thread_call_read(look->tasks, thread, &after) < 0) {
            break;
        }
        if (is_same_call(call, &after)) {
            name_the_only_one(watches, before, row);
            if (!complete) {
                surroundings_unseen(look->seen->why, "a set of descriptors in poll or select was not read to its end", 0);
            }
            return;
        }
        watches->length = before;
        *call = after;
        row->ran.seen = nanoseconds_now();
    }
    watches->length = before;
}

static void
describe(wait_row *row, const thread_call *call)
{
    row->state = call->in_call ? WAIT_CALL : WAIT_RUNNING;
    row->call = (uint32_t)call->number;
    if (call->in_call && row->fd < 0) {
        kernel_call_descriptors(call->number, call->arguments, &row->fd, &row->other);
    }
}

/* 0, or -1 where there is no memory. */
static int
look_at(look *look, pid_t thread)
{
    wait_row row = {.native = (uint64_t)thread, .fd = -1, .other = -1, .asleep = -1, .ran.processor = -1};
    thread_call call;
    row.ran.seen = nanoseconds_now();
    if (thread == look->seen->asking) {
        row.state = WAIT_RUNNING;
    }
    else if (look->calls_are_told) {
        if (thread_call_read(look->tasks, thread, &call) < 0) {
            return 0; /* it has ended */
        }
        read_set(look, &row, &call);
        describe(&row, &call);
    }
    return vector_extend(&look->seen->waits, &row, 1);
}

/* ---- all of them -------------------------------------------------------------------------------------- */

static int
look_at_next(int thread, void *arg)
{
    look *look = arg;
    if (thread == look->self) {
        return 0;
    }
    if (is_late(look)) {
        errno = ETIME;
        return -1;
    }
    look->looked_at++;
    if (look_at(look, thread) < 0) {
        surroundings_unseen(look->seen->why, "there was no memory for all threads", 0);
        return -1;
    }
    return 0;
}

/* Of itself a thread is told its call if of any. */
static void
find_out_what_is_told(look *look)
{
    thread_call call;
    look->calls_are_told = thread_call_read(look->tasks, look->self, &call) == 0;
    if (!look->calls_are_told && (errno == EACCES || errno == EPERM)) {
        surroundings_unseen(look->seen->why, NOT_PERMITTED, 0);
    }
    else if (!look->calls_are_told) {
        surroundings_unseen(look->seen->why, "this system does not tell which calls threads are in", errno);
    }
}

static void
tell_how_many(const look *look)
{
    unseen text;
    struct stat status;
    if (fstat(look->tasks, &status) == 0 && (long)status.st_nlink - 3 > look->looked_at) {
        /* Two of the links are the directory's own, and one thread is ours. */
        snprintf(text, sizeof(text), "for lack of time only %ld of %ld threads were looked at", look->looked_at,
                 (long)status.st_nlink - 3);
        surroundings_unseen(look->seen->why, text, 0);
    }
}

void
threads_look(threads_seen *seen)
{
    int ends[2] = {-1, -1};
    look look = {.seen = seen, .self = (pid_t)syscall(SYS_gettid), .started = nanoseconds_now(),
                 .worked = work_done()};
    look.tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (look.tasks < 0) {
        surroundings_unseen(seen->why, COULD_NOT_LIST, errno);
        return;
    }
    find_out_what_is_told(&look);
    (void)!pipe2(ends, O_CLOEXEC | O_NONBLOCK); /* without, sets are not read to their end */
    look.from = ends[0];
    look.through = ends[1];
    if (numbers_each(look.tasks, look_at_next, &look) < 0) {
        if (errno == ETIME) {
            tell_how_many(&look);
        }
        else {
            surroundings_unseen(seen->why, COULD_NOT_LIST, errno);
        }
    }
    close(ends[0]);
    close(ends[1]);
    close(look.tasks);
}
