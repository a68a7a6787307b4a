#define _GNU_SOURCE
#include "pollable.h"

#include "ptys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of others, to be polled is to be asked something by a driver. */
static const char *const kinds[] = {
    "anon_inode:[eventfd]", "anon_inode:[eventpoll]", "anon_inode:[timerfd]",
    "anon_inode:[signalfd]", "anon_inode:[pidfd]", "anon_inode:inotify",
};

bool
pollable(const descriptor_table *descriptors, const descriptor *row)
{
    if (row->flags < 0 || row->flags & O_PATH) {
        return false;
    }
    const char *link = descriptor_text(descriptors, row->link);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(link, kinds[i]) == 0) {
            return true;
        }
    }
    return S_ISFIFO(row->mode) || is_terminal(row);
}

static int
watch(int epoll, int fd)
{
    struct epoll_event nothing = {0};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &nothing);
}

int
pollable_same(int a, int b)
{
    int result = -1, place = -1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        return -1;
    }
    place = fcntl(a, F_DUPFD_CLOEXEC, 0);
    if (place >= 0 && watch(epoll, place) == 0 && dup3(b, place, O_CLOEXEC) == place) {
        result = watch(epoll, place) == 0 ? 0 : errno == EEXIST ? 1 : -1;
    }
    if (place >= 0) {
        close(place);
    }
    close(epoll);
    return result;
}
