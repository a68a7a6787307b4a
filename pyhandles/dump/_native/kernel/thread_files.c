#define _GNU_SOURCE
#include "thread_files.h"

#include "surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define START_BYTES 1024 /* of a file: what is asked for stands in the beginning */
#define PROCESSOR_FIELD 39 /* of `stat`; see proc(5) */
#define FIELD_AFTER_NAME 3

static int
read_start(int tasks, pid_t thread, const char *name, char text[START_BYTES])
{
    char path[40];
    snprintf(path, sizeof(path), "%d/%s", (int)thread, name);
    int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t length = read(fd, text, START_BYTES - 1);
    int error = length < 0 ? errno : ESRCH;
    close(fd);
    if (length <= 0) {
        errno = error;
        return -1;
    }
    text[length] = '\0';
    return 0;
}

int
thread_call_read(int tasks, pid_t thread, thread_call *call)
{
    char text[START_BYTES], *at;
    if (read_start(tasks, thread, "syscall", text) < 0) {
        return -1;
    }
    memset(call, 0, sizeof(*call));
    call->number = strtol(text, &at, 10);
    call->in_call = at != text && call->number >= 0; /* else "running", or -1 where it waits for a page of memory, say */
    for (int i = 0; call->in_call && i < CALL_ARGUMENTS; i++) {
        call->arguments[i] = strtoull(at, &at, 16);
    }
    if (call->in_call) {
        call->stack = strtoull(at, &at, 16);
        call->code = strtoull(at, &at, 16);
    }
    return 0;
}

/* "se.exec_start   :      1422757.828455": milliseconds. */
static int64_t
nanoseconds_of(const char *text, const char *key)
{
    const char *line = strstr(text, key);
    const char *colon = line == NULL ? NULL : strchr(line, ':');
    if (colon == NULL) {
        return -1;
    }
    char *point;
    int64_t milliseconds = strtoll(colon + 1, &point, 10);
    return *point == '.' ? milliseconds * 1000000 + strtoll(point + 1, NULL, 10) : -1;
}

static int
field_of(const char *stat, int number)
{
    const char *at = strrchr(stat, ')'); /* the name may have anything in it */
    for (int field = FIELD_AFTER_NAME - 1; at != NULL && field < number; field++) {
        at = strchr(at + 1, ' ');
    }
    return at == NULL ? -1 : atoi(at + 1);
}

int
thread_run_read(int tasks, pid_t thread, run_note *note)
{
    char text[START_BYTES];
    note->processor = -1;
    if (read_start(tasks, thread, "stat", text) < 0) {
        return -1;
    }
    int processor = field_of(text, PROCESSOR_FIELD);
    if (read_start(tasks, thread, "sched", text) < 0) {
        return -1;
    }
    note->last_ran = nanoseconds_of(text, "\nse.exec_start");
    errno = ENOTSUP;
    if (note->last_ran <= 0 || processor < 0) { /* 0: it is waking up, on another processor than the last */
        return -1;
    }
    note->processor = processor;
    return 0;
}

int
thread_note_own_run(int tasks, run_note *note)
{
    struct timespec work;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &work); /* with which the scheduler brings its note of us up to date */
    int result = thread_run_read(tasks, (pid_t)syscall(SYS_gettid), note);
    note->seen = nanoseconds_now();
    return result;
}
