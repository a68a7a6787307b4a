#define _GNU_SOURCE
#include "spare.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HIGHEST_NUMBER 63 /* one above would enlarge the table of a process that has no more */

static struct {
    pthread_mutex_t lock;
    bool wanted, lent;
    output file;
    struct stat status; /* which file it is, if the service closes a number that it does not know */
    char path[PATH_MAX];
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER, .file.fd = -1};

/* Out of the way: a service may count on the number that it gets next. */
static int
move_up(int fd)
{
    for (int number = HIGHEST_NUMBER; number > fd; number--) {
        if (fcntl(number, F_GETFD) < 0) {
            int moved = fcntl(fd, F_DUPFD_CLOEXEC, number);
            if (moved >= 0) {
                close(fd);
                return moved;
            }
        }
    }
    return fd;
}

static int
open_without_name(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof(directory), "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1, slash ? path : ".");
    return open(directory, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

static int
open_file(bool may_have_a_name)
{
    output *file = &spare.file;
    file->fd = open_without_name(spare.path);
    if (file->fd < 0 && !(may_have_a_name && output_open(file, spare.path) == 0)) {
        return -1;
    }
    file->fd = move_up(file->fd);
    return fstat(file->fd, &spare.status);
}

static bool
is_still_ours(bool used)
{
    struct stat status;
    if (spare.file.fd < 0 || fstat(spare.file.fd, &status) < 0 || status.st_dev != spare.status.st_dev ||
        status.st_ino != spare.status.st_ino) {
        return false;
    }
    /* An inode's number is used again. */
    return used || (status.st_nlink == spare.status.st_nlink && status.st_ctim.tv_sec == spare.status.st_ctim.tv_sec &&
                    status.st_ctim.tv_nsec == spare.status.st_ctim.tv_nsec);
}

static void
close_file(bool used)
{
    if (is_still_ours(used)) {
        close(spare.file.fd);
    }
    spare.file.fd = -1;
    spare.file.temporary[0] = '\0';
}

static void
remove_file(void)
{
    if (spare.file.temporary[0]) {
        unlink(spare.file.temporary);
    }
    close_file(false);
}

int
spare_keep(const char *path)
{
    pthread_mutex_lock(&spare.lock);
    spare.wanted = true;
    int result = 0;
    if (spare.file.fd < 0) {
        snprintf(spare.path, sizeof(spare.path), "%s", path);
        result = open_file(true);
    }
    pthread_mutex_unlock(&spare.lock);
    return result;
}

void
spare_release(void)
{
    pthread_mutex_lock(&spare.lock);
    spare.wanted = false;
    if (!spare.lent) {
        remove_file();
    }
    pthread_mutex_unlock(&spare.lock);
}

int
spare_lend(void)
{
    int fd = -1;
    pthread_mutex_lock(&spare.lock);
    if (!spare.lent && is_still_ours(false)) {
        fd = spare.file.fd;
        spare.lent = true;
    }
    pthread_mutex_unlock(&spare.lock);
    return fd;
}

const output *
spare_file(void)
{
    return &spare.file;
}

void
spare_take_back(bool used)
{
    pthread_mutex_lock(&spare.lock);
    spare.lent = false;
    if (used) {
        close_file(true); /* its name is the snapshot's by now, or gone */
        if (spare.wanted) {
            open_file(true);
        }
    }
    else if (!spare.wanted) {
        remove_file();
    }
    pthread_mutex_unlock(&spare.lock);
}

void
spare_renew_in_forked_service(void)
{
    spare.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    spare.lent = false;
    close_file(false);
    if (spare.wanted) {
        open_file(false); /* it may be about to become another program, which would not remove a name */
    }
}
