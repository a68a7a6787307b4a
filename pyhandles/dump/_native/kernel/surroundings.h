/* What the kernel tells of what is around the process: what its threads wait for, the open files behind its descriptors,
 * and the sockets and processes at their other ends. System calls alone, no memory but mmap's; nothing of Python's. What
 * cannot be found out is noted in words, and never fails a capture. */
#ifndef PYHANDLES_KERNEL_SURROUNDINGS_H
#define PYHANDLES_KERNEL_SURROUNDINGS_H

#include "../descriptors.h"
#include "../failed_call.h"
#include "../vectors.h"
#include "clocks.h"
#include "deadline.h"

#include <stdint.h>
#include <sys/types.h>

#define UNSEEN_BYTES 160
#define NO_TEXT 0u

/* Rows of the tables; see format.py. Each text is where it starts in `text`, or NO_TEXT. */
typedef struct {
    uint64_t native;
    uint32_t state, call; /* enum wait_state; text */
    int32_t fd, other;
    int64_t asleep;
    run_note ran; /* not in the file */
} wait_row;

typedef struct {
    int32_t set;
    uint64_t native;
    int32_t fd;
    uint32_t events;
    uint64_t device, inode;
} watch_row;

typedef struct {
    int32_t fd, same;
    int64_t unsent, unread;
    int32_t linger, peer_pid, terminal;
} file_row;

typedef struct {
    uint64_t inode;
    int32_t family, socktype, protocol, state;
    uint32_t local, peer; /* texts */
    uint64_t unsent, unread;
    uint32_t uid, timer, expires;
    uint64_t peer_inode;
} socket_row;

typedef struct {
    uint32_t pid;
    int32_t fd;
    uint64_t device, inode;
    int32_t same;
    uint32_t access; /* enum access_flag */
    int32_t terminal;
} held_row;

typedef struct {
    uint32_t pid, parent;
    uint64_t started;
    uint32_t uid, name, command, visible; /* name, command: texts */
} process_row;

/* Why the kernel did not tell all of one kind, for people; "" where it did. */
typedef char unseen[UNSEEN_BYTES];

typedef struct {
    const failed_call *call;                                /* whose error the capture is made for, or NULL */
    vector waits, watches, files, sockets, held, processes; /* rows */
    vector text;                                            /* char; zero-terminated texts */
    unseen unseen_waits, unseen_files, unseen_sockets, unseen_processes;
    int32_t twin_of_first;                                  /* see files_read_first */
    struct clocks *clocks;                                  /* by which the waits are told how long they are */
    uint32_t hidden; /* processes whose descriptors could not be seen */
} surroundings;

/* 0, or -1 where there is no memory. */
int surroundings_init(surroundings *around);
void surroundings_clear(surroundings *around);

/* On the monotonic clock: for what may take so long and no longer. */
int64_t nanoseconds_now(void);

/* Note a text for a row. NO_TEXT where there is no memory. */
uint32_t surroundings_text(surroundings *around, const char *text);

/* Note why something cannot be seen: the text, and what errno means where `error` is not 0. The first reason stays. */
void surroundings_unseen(unseen why, const char *text, int error);

/* What the threads are doing. In the service, before anything else: it goes on meanwhile, but for whoever holds the GIL. */
void surroundings_read_threads(surroundings *around);

/* The open file behind the lowest descriptor, which is about to be closed to make room. `around` is the surroundings. */
void surroundings_read_first(void *around, const descriptor *row);

/* The open files behind the descriptors, which must all be open, but for that one. For a process or thread with a table
 * of its own, in which one number is free. */
void surroundings_read_files(surroundings *around, const descriptor_table *descriptors);

/* The rest, when the descriptors are closed: the sockets and the processes, as far as can be seen until `end`. `service` is
 * the process that is captured. */
void surroundings_look_around(surroundings *around, const descriptor_table *descriptors, pid_t service,
                              const deadline *end);

#endif
