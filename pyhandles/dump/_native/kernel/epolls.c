#define _GNU_SOURCE
#include "epolls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The kernel looks at each registration several times before it tells the first; so long it may take for all epolls
 * together, but for the one that is under way. And so many may be told. */
#define LONGEST_NS INT64_C(10000000)
#define ASKED_ALWAYS 16 /* however busy the machine is */
#define MOST_WATCHES 100000

#define INTERNAL_MINOR_BITS 20

/* Without /proc, no link tells what a descriptor is that leads to no file. */
static bool
may_be_epoll(const descriptor_table *descriptors, const descriptor *row)
{
    return (row->mode & S_IFMT) == 0 && descriptor_text(descriptors, row->link)[0] == '\0';
}

static bool
is_epoll(const descriptor_table *descriptors, const descriptor *row)
{
    return strcmp(descriptor_text(descriptors, row->link), "anon_inode:[eventpoll]") == 0;
}

/* The number after a name, or 0; the base that the kernel writes it in. */
static uint64_t
number_after(const char *line, const char *name, unsigned base)
{
    const char *at = strstr(line, name);
    uint64_t value = 0;
    if (at == NULL) {
        return 0;
    }
    for (at += strlen(name); *at == ' '; at++) {
    }
    for (;; at++) {
        unsigned digit = *at >= '0' && *at <= '9' ? (unsigned)(*at - '0')
                       : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
                                                  : base;
        if (digit >= base) {
            return value;
        }
        value = value * base + digit;
    }
}

/* "tfd:        5 events:       19 data:                5  pos:0 ino:3f2 sdev:9". Before Linux 4.14 it ends at data. */
static int
read_line(surroundings *around, int set, const char *line)
{
    if (strncmp(line, "tfd:", 4) != 0) {
        return 0;
    }
    if (around->watches.length >= MOST_WATCHES) {
        return -1;
    }
    watch_row *watch = vector_append(&around->watches);
    if (watch == NULL) {
        return -1;
    }
    /* Inside of the kernel a device is another number than the one that stat tells. */
    uint64_t device = number_after(line, "sdev:", 16);
    watch->set = set;
    watch->fd = (int32_t)number_after(line, "tfd:", 10);
    watch->events = (uint32_t)number_after(line, "events:", 16);
    watch->inode = number_after(line, "ino:", 16);
    watch->device = makedev(device >> INTERNAL_MINOR_BITS, device & ((1u << INTERNAL_MINOR_BITS) - 1));
    return 0;
}

/* Read the lines of an open file. 0 or -1. */
static int
read_lines(surroundings *around, int set, int info)
{
    char buffer[8192];
    size_t held = 0;
    for (;;) {
        ssize_t count = read(info, buffer + held, sizeof(buffer) - 1 - held);
        if (count <= 0) {
            return count == 0 ? 0 : -1;
        }
        held += (size_t)count;
        buffer[held] = '\0';
        char *line = buffer, *end;
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (read_line(around, set, line) < 0) {
                return -1;
            }
        }
        held -= (size_t)(line - buffer);
        memmove(buffer, line, held);
        if (held == sizeof(buffer) - 1) {
            held = 0; /* no line of the kernel's is as long */
        }
    }
}

static int
read_epoll(surroundings *around, int set)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", set); /* self's table need not be this thread's */
    int info = open(path, O_RDONLY | O_CLOEXEC);
    if (info < 0) {
        return -1;
    }
    int result = read_lines(around, set, info);
    int error = errno;
    close(info);
    errno = error;
    return result;
}

void
epolls_read(surroundings *around, const descriptor_table *descriptors)
{
    int64_t end = nanoseconds_now() + LONGEST_NS;
    size_t asked = 0;
    for (size_t i = 0; i < descriptors->rows.length; i++) {
        const descriptor *row = &VECTOR_AT(descriptor, &descriptors->rows, i);
        if (may_be_epoll(descriptors, row)) {
            surroundings_unseen(around->unseen_files, "what epolls watch: there is no /proc", 0);
        }
        if (!is_epoll(descriptors, row)) {
            continue;
        }
        if ((asked++ >= ASKED_ALWAYS && nanoseconds_now() > end) || around->watches.length >= MOST_WATCHES) {
            surroundings_unseen(around->unseen_files, "what the epolls with the highest numbers watch: too many", 0);
            return;
        }
        errno = 0;
        if (read_epoll(around, row->fd) < 0) {
            surroundings_unseen(around->unseen_files, "what every epoll watches", errno);
        }
    }
}
