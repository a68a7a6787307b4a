#define _GNU_SOURCE
#include "processes.h"

#include "../numbers.h"
#include "holdings.h"
#include "process_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    process_facts facts;
    bool hidden;  /* its descriptors are not shown */
    bool descends; /* from the service */
} seen_process;

typedef struct {
    surroundings *around;
    holdings holdings;
    const deadline *end;
    pid_t service, self;
    int directory; /* /proc */
    vector seen;   /* seen_process, ascending */
} census;

/* /proc/PID, or -1. */
static int
open_process(const census *census, int pid)
{
    char name[12];
    snprintf(name, sizeof(name), "%d", pid);
    return openat(census->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
note_process(int pid, void *arg)
{
    census *census = arg;
    int directory = pid == census->self && pid != census->service ? -1 : open_process(census, pid);
    if (directory >= 0) {
        seen_process seen = {0};
        bool is_there = process_facts_read(directory, pid, &seen.facts) == 0;
        close(directory);
        if (is_there && vector_extend(&census->seen, &seen, 1) < 0) {
            return -1;
        }
    }
    errno = ETIME;
    return deadline_passed(census->end) ? -1 : 0;
}

static seen_process *
find_seen(const census *census, int pid)
{
    seen_process *seen = census->seen.data;
    size_t first = 0, end = census->seen.length;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (seen[middle].facts.pid == pid) {
            return &seen[middle];
        }
        if (seen[middle].facts.pid < pid) {
            first = middle + 1;
        }
        else {
            end = middle;
        }
    }
    return NULL;
}

/* Each generation lets the next be known. Numbers are given out again, so a child's may be lower than its parent's. */
static void
note_descendants(census *census)
{
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < census->seen.length; i++) {
            seen_process *seen = &VECTOR_AT(seen_process, &census->seen, i);
            const seen_process *parent = seen->descends ? NULL : find_seen(census, seen->facts.parent);
            if (seen->facts.parent == census->service || (parent != NULL && parent->descends)) {
                more |= !seen->descends;
                seen->descends = true;
            }
        }
    }
}

/* Look at the descriptors of each. 0, or -1 with errno. */
static int
look_at_descriptors(census *census)
{
    for (size_t i = 0; i < census->seen.length; i++) {
        seen_process *seen = &VECTOR_AT(seen_process, &census->seen, i);
        if (seen->facts.pid == census->service || seen->facts.state == 'Z' || seen->facts.is_kernels) {
            continue;
        }
        int directory = open_process(census, seen->facts.pid);
        if (directory < 0) {
            continue;
        }
        int result = holdings_look(&census->holdings, directory, seen->facts.pid, seen->descends, census->end);
        int error = errno;
        close(directory);
        if (result < 0 && (error == ETIME || error == ENOMEM || error == EOVERFLOW)) {
            errno = error;
            return -1;
        }
        seen->hidden = result < 0 && (error == EACCES || error == EPERM);
        census->around->hidden += seen->hidden;
    }
    return 0;
}

/* ---- the rows ----------------------------------------------------------------------------------------- */

/* One that has ended meanwhile is told of as it was seen. */
static void
add_process(census *census, const seen_process *seen)
{
    char command[COMMAND_BYTES] = "";
    const process_facts *facts = &seen->facts;
    process_row *row = vector_append(&census->around->processes);
    if (row == NULL) {
        return;
    }
    row->pid = (uint32_t)facts->pid;
    row->parent = (uint32_t)facts->parent;
    row->started = process_start_time(facts);
    row->uid = UINT32_MAX;
    row->name = surroundings_text(census->around, facts->name);
    row->visible = !seen->hidden;
    int directory = open_process(census, facts->pid);
    if (directory >= 0) {
        row->uid = process_user(directory);
        process_command(directory, facts, command);
        close(directory);
    }
    row->command = command[0] == '\0' ? NO_TEXT : surroundings_text(census->around, command);
}

static void
add_processes(census *census)
{
    const seen_process *service = find_seen(census, census->service);
    const vector *held = &census->around->held;
    size_t at = 0; /* those held stand in the order of the processes */
    for (size_t i = 0; i < census->seen.length; i++) {
        const seen_process *seen = &VECTOR_AT(seen_process, &census->seen, i);
        int pid = seen->facts.pid;
        bool holds = at < held->length && VECTOR_AT(held_row, held, at).pid == (uint32_t)pid;
        while (at < held->length && VECTOR_AT(held_row, held, at).pid == (uint32_t)pid) {
            at++;
        }
        if (holds || seen->descends || seen == service || (service != NULL && pid == service->facts.parent)) {
            add_process(census, seen);
        }
    }
}

/* ---- what was not seen -------------------------------------------------------------------------------- */

/* With hidepid, other users' processes are not even listed; the first one always runs. */
static void
note_hidden(census *census)
{
    surroundings *around = census->around;
    char text[UNSEEN_BYTES];
    if (around->hidden > 0) {
        snprintf(text, sizeof(text), "%u process%s of other users do%s not show %s descriptors", around->hidden,
                 around->hidden == 1 ? "" : "es", around->hidden == 1 ? "es" : "",
                 around->hidden == 1 ? "its" : "their");
        surroundings_unseen(around->unseen_processes, text, 0);
    }
    if (census->seen.length > 0 && find_seen(census, 1) == NULL && census->self != 1) {
        surroundings_unseen(around->unseen_processes, "other users' processes are hidden (hidepid)", 0);
    }
}

static void
note_failure(surroundings *around, int error)
{
    if (error == ETIME) {
        surroundings_unseen(around->unseen_processes, "for lack of time not all processes were looked at", 0);
    }
    else if (error == EOVERFLOW) {
        surroundings_unseen(around->unseen_processes, "processes have more of its files than a snapshot takes", 0);
    }
    else {
        surroundings_unseen(around->unseen_processes, "not all processes were looked at", error);
    }
}

/* Whether /proc is that of this process's own numbers: else theirs would mean others. */
static bool
proc_is_ours(pid_t self)
{
    char link[16], expected[16];
    ssize_t length = readlink("/proc/self", link, sizeof(link) - 1);
    link[length > 0 ? length : 0] = '\0';
    snprintf(expected, sizeof(expected), "%d", (int)self);
    return strcmp(link, expected) == 0;
}

static void
take_census(census *census)
{
    surroundings *around = census->around;
    int result = numbers_each(census->directory, note_process, census);
    if (result < 0) {
        note_failure(around, errno);
    }
    note_descendants(census);
    if (look_at_descriptors(census) < 0) {
        note_failure(around, errno);
    }
    add_processes(census);
    note_hidden(census);
}

void
processes_read(surroundings *around, const descriptor_table *descriptors, vector *strays, pid_t service,
               const deadline *end)
{
    census census = {.around = around, .service = service, .self = getpid(), .end = end};
    census.directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    vector_init(&census.seen, sizeof(seen_process));
    if (census.directory < 0) {
        surroundings_unseen(around->unseen_processes, "/proc could not be read", errno);
    }
    else if (!proc_is_ours(census.self)) {
        surroundings_unseen(around->unseen_processes, "/proc numbers the processes otherwise than they do themselves", 0);
    }
    else if (holdings_init(&census.holdings, around, descriptors, strays, service) < 0) {
        surroundings_unseen(around->unseen_processes, "other processes were not looked at", errno);
    }
    else {
        take_census(&census);
        holdings_clear(&census.holdings);
    }
    if (census.directory >= 0) {
        close(census.directory);
    }
    vector_clear(&census.seen);
}
