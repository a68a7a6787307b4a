#define _GNU_SOURCE
#include "noting_parts.h"

#include "../format.h"
#include "counters.h"
#include "failures.h"
#include "recorder.h"
#include "vfork.h"
#include "widen.h"

#include <string.h>
#include <sys/types.h>
#include <time.h>

_Atomic bool recording;
bool recorder_in_fork;
pid_t recorder_pid;

uint64_t
recorder_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Field by field: to zero the whole of it, or to return it, takes as long as all the rest. */
void
note_begin(noted *noted, enum call call, int fd, const void *caller)
{
    noted->caller = caller;
    noted->generation = number_generation(fd);
    noted->call = told_calls[call];
    noted->in_child = in_vfork_child();
    noted->located = noted->widened = false;
    noted->about = ABOUT_ONE;
    noted->fd = fd;
    noted->other = -1;
    noted->result = noted->error = 0;
    noted->flags = 0;
    noted->detail = NULL;
    noted->detail_kind = DETAIL_NONE;
    noted->detail_bytes = 0;
    if (widen_any()) {
        note_where(noted);
        noted->widened = widen_before(noted->call, noted->where.site);
    }
    events_expect(fd);
    noted->start = recorder_now();
}

/* The pointers are the program's, and after these errors perhaps nobody has found out yet that they are bad. */
static bool
kernel_has_looked(int error)
{
    return error != EFAULT && error != EINVAL && error != EBADF && error != ENOTSOCK;
}

void
note_path(noted *noted, const char *path)
{
    if (path == NULL || !kernel_has_looked(noted->error)) {
        return;
    }
    noted->detail = path;
    noted->detail_bytes = strlen(path);
    noted->detail_kind = DETAIL_PATH;
}

void
note_address(noted *noted, const struct sockaddr *address, socklen_t length)
{
    if (address == NULL || length == 0 || !kernel_has_looked(noted->error)) {
        return;
    }
    noted->detail = address;
    noted->detail_bytes = length;
    noted->detail_kind = DETAIL_ADDRESS;
}

deed
note_deed(const noted *noted, uint64_t time)
{
    return (deed){
        .time = time,
        .thread = noted->where.thread,
        .stack = noted->where.stack,
        .site = noted->where.site,
        .call = noted->call,
        .pid = recorder_pid,
        .generation = noted->generation,
    };
}

/* Of a name the end is kept, which says most; of an address the beginning, which is all of it but for long paths. */
static void
copy_detail(event *event, const noted *noted)
{
    if (noted->detail_kind == DETAIL_NONE) {
        return;
    }
    size_t bytes = noted->detail_bytes < DETAIL_BYTES ? noted->detail_bytes : DETAIL_BYTES;
    size_t skipped = noted->detail_kind == DETAIL_PATH ? noted->detail_bytes - bytes : 0;
    memcpy(event->detail, (const char *)noted->detail + skipped, bytes);
    event->detail_kind = (uint8_t)noted->detail_kind;
    event->detail_bytes = (uint8_t)bytes;
    event->detail_is_cut = bytes < noted->detail_bytes;
}

/* Right where it is to be: to read again at once what was just written in pieces, the processor has to wait. */
static void
fill(event *event, const noted *noted, uint64_t duration)
{
    event->time = noted->start;
    event->duration = duration;
    event->thread = noted->where.thread;
    event->fd = noted->fd;
    event->other = noted->other;
    event->result = noted->result;
    event->generation = number_generation(noted->fd);
    event->stack = noted->where.stack;
    event->call = noted->call;
    event->error = (int16_t)noted->error;
    event->flags = noted->flags | (noted->widened ? EVENT_WIDENED : 0);
    event->detail_kind = DETAIL_NONE;
    event->detail_bytes = 0;
    event->detail_is_cut = false;
    copy_detail(event, noted);
}

void
note_event(const noted *noted, uint64_t duration)
{
    claim claim = events_claim(noted->fd, noted->other, noted->about);
    for (int i = 0; i < 3; i++) {
        if (claim.places[i] != NULL) {
            fill(claim.places[i], noted, duration);
        }
    }
    events_publish(&claim, noted->about);
}


bool
note_count(noted *noted, uint64_t duration)
{
    note_where(noted);
    counter_add(counter_of(noted->call, noted->where.site, noted->in_child || recorder_in_fork), duration, noted->error);
    failures_note(noted->error, noted);
    return !noted->in_child;
}
