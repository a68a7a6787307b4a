#define _GNU_SOURCE
#include "files.h"

#include "ptys.h"
#include "same.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MINORS_OF_A_MAJOR (1 << 20)

/* So long the queues of all may be asked for: until the copies are closed, what the service closes does not really close. */
#define LONGEST_NS INT64_C(20000000)
#define ASKED_ALWAYS 256 /* however busy the machine is */

#define NOTHING_KNOWN(fd) (file_row){fd, -1, -1, -1, -1, -1, -1}

static int64_t
bytes_told(int fd, unsigned long question)
{
    int bytes = 0;
    return ioctl(fd, question, &bytes) == 0 ? bytes : -1;
}

static void
read_socket(const descriptor *row, file_row *file)
{
    struct linger linger = {0};
    socklen_t length = sizeof(linger);
    if (row->family != AF_UNIX && getsockopt(row->fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff) {
        file->linger = linger.l_linger;
    }
    if (row->listening == 1) {
        return; /* what its queues hold is no bytes, and who it says is its peer is itself */
    }
    file->unsent = bytes_told(row->fd, SIOCOUTQ);
    file->unread = bytes_told(row->fd, SIOCINQ);
    struct ucred peer = {0};
    length = sizeof(peer);
    if (row->family == AF_UNIX && getsockopt(row->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.pid > 0) {
        file->peer_pid = peer.pid;
    }
}

static void
read_pipe(const descriptor *row, file_row *file)
{
    int64_t held = bytes_told(row->fd, FIONREAD);
    if ((row->flags & O_ACCMODE) == O_WRONLY) {
        file->unsent = held;
    }
    else {
        file->unread = held;
    }
}

/* Other devices are asked nothing: an ioctl means what a driver wants. */
static void
read_terminal(const descriptor *row, file_row *file)
{
    unsigned named;
    if (row->flags < 0 || row->flags & O_PATH) {
        return;
    }
    if (is_slave(row)) {
        file->terminal = (int32_t)((major(row->special) - PTS_MAJOR) * MINORS_OF_A_MAJOR + minor(row->special));
    }
    else {
        file->terminal = ioctl(row->fd, TIOCGPTN, &named) == 0 ? (int32_t)named : -1;
    }
    file->unread = bytes_told(row->fd, FIONREAD);
}

static void
read_file(const descriptor_table *descriptors, const descriptor *row, file_row *file)
{
    if (S_ISSOCK(row->mode)) {
        read_socket(row, file);
    }
    else if (S_ISFIFO(row->mode)) {
        read_pipe(row, file);
    }
    else if (is_terminal(row)) {
        read_terminal(row, file);
    }
    else if (descriptors != NULL && strcmp(descriptor_text(descriptors, row->link), "anon_inode:inotify") == 0) {
        file->unread = bytes_told(row->fd, FIONREAD);
    }
}

static void
note_too_many(surroundings *around, int fd)
{
    char why[UNSEEN_BYTES];
    snprintf(why, sizeof(why), "what waits in the descriptors from %d on: too many", fd);
    surroundings_unseen(around->unseen_files, why, 0);
}

void
files_read_first(surroundings *around, const descriptor *row)
{
    file_row *file = vector_append(&around->files);
    if (file != NULL) {
        *file = NOTHING_KNOWN(row->fd);
        read_file(NULL, row, file);
        around->twin_of_first = same_find_twin(around, row);
    }
}

void
files_read(surroundings *around, const descriptor_table *descriptors)
{
    size_t count = descriptors->rows.length, first = around->files.length; /* 1 where the lowest was let go */
    int64_t end = nanoseconds_now() + LONGEST_NS;
    for (size_t i = first; i < count; i++) {
        const descriptor *row = &VECTOR_AT(descriptor, &descriptors->rows, i);
        file_row *file = vector_append(&around->files);
        if (file == NULL) {
            surroundings_unseen(around->unseen_files, "the open files: no memory", 0);
            break;
        }
        *file = NOTHING_KNOWN(row->fd);
        if (i < ASKED_ALWAYS || nanoseconds_now() < end) {
            read_file(descriptors, row, file);
        }
        else {
            note_too_many(around, row->fd);
        }
    }
    same_tell(around, descriptors, first);
}
