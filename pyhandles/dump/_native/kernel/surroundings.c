#define _GNU_SOURCE
#include "surroundings.h"

#include "epolls.h"
#include "files.h"
#include "processes.h"
#include "socket_tables.h"
#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int
surroundings_init(surroundings *around)
{
    memset(around, 0, sizeof(*around));
    vector_init(&around->waits, sizeof(wait_row));
    vector_init(&around->watches, sizeof(watch_row));
    vector_init(&around->files, sizeof(file_row));
    vector_init(&around->sockets, sizeof(socket_row));
    vector_init(&around->held, sizeof(held_row));
    vector_init(&around->processes, sizeof(process_row));
    vector_init(&around->text, 1);
    around->twin_of_first = -1;
    return vector_append(&around->text) == NULL ? -1 : 0; /* where NO_TEXT is */
}

void
surroundings_clear(surroundings *around)
{
    clocks_free(around->clocks);
    around->clocks = NULL;
    vector_clear(&around->waits);
    vector_clear(&around->watches);
    vector_clear(&around->files);
    vector_clear(&around->sockets);
    vector_clear(&around->held);
    vector_clear(&around->processes);
    vector_clear(&around->text);
}

/* Without a lock, which another thread may hold. */
static const char *
meaning_of(int error)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
    const char *meaning = strerrordesc_np(error);
    return meaning != NULL ? meaning : "an error";
#else
    return error == EACCES || error == EPERM ? "not permitted" : error == ENOENT ? "not there" : "an error";
#endif
}

int64_t
nanoseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint32_t
surroundings_text(surroundings *around, const char *text)
{
    size_t start = around->text.length;
    return vector_extend(&around->text, text, strlen(text) + 1) < 0 ? NO_TEXT : (uint32_t)start;
}

void
surroundings_unseen(unseen why, const char *text, int error)
{
    if (why[0] == '\0') {
        snprintf(why, UNSEEN_BYTES, "%s%s%s", text, error ? ": " : "", error ? meaning_of(error) : "");
    }
}

void
surroundings_read_threads(surroundings *around)
{
    waits_read(around);
}

void
surroundings_read_first(void *around, const descriptor *row)
{
    files_read_first(around, row);
}

void
surroundings_read_files(surroundings *around, const descriptor_table *descriptors)
{
    files_read(around, descriptors);
    epolls_read(around, descriptors);
}

void
surroundings_look_around(surroundings *around, const descriptor_table *descriptors, pid_t service, const deadline *end)
{
    waits_begin_to_settle(around, service);
    vector strays;
    vector_init(&strays, sizeof(stray_socket));
    socket_tables_read(around, descriptors, &strays, end);
    processes_read(around, descriptors, &strays, service, end);
    socket_tables_add_strays(around, &strays, end);
    vector_clear(&strays);
}
