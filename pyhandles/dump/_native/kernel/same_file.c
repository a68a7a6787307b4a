#define _GNU_SOURCE
#include "same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_COMPARED 64 /* for one descriptor: all of a thousand that are open on /dev/null need not be */

void
same_file_init(same_file *same, pid_t service, pid_t other)
{
    *same = (same_file){.service = service, .other = other};
}

static uint32_t
access_of(const descriptor *row)
{
    if (row->flags & O_PATH) {
        return 0;
    }
    int mode = row->flags & O_ACCMODE;
    return mode == O_RDONLY ? ACCESS_READ : mode == O_WRONLY ? ACCESS_WRITE : ACCESS_READ | ACCESS_WRITE;
}

/* The lowest descriptor of this process with the same description as that row's; its own, where not known. */
static int32_t
lowest_like(const own_files *own, int32_t index)
{
    int32_t fd = VECTOR_AT(descriptor, &own->descriptors->rows, index).fd;
    if ((size_t)index >= own->files->length) {
        return fd;
    }
    const file_row *file = &VECTOR_AT(file_row, own->files, index);
    return file->fd == fd && file->same >= 0 ? file->same : fd;
}

/* 0 they are the same, 1 they are not, -1 not known. */
static int
compare(same_file *same, int own, int other)
{
#ifdef SYS_kcmp
    long order = syscall(SYS_kcmp, same->service, same->other, KCMP_FILE, (unsigned long)own, (unsigned long)other);
    if (order >= 0) {
        return order != 0;
    }
    same->refused = errno != EBADF; /* that one may have been closed meanwhile */
#else
    (void)own;
    (void)other;
    same->refused = true;
#endif
    return -1;
}

/* Compare with one row, if it may be the same. True where it is. */
static bool
is_same(same_file *same, const own_files *own, int32_t index, held_row *row)
{
    if (same->refused) {
        row->same = SAME_NOT_KNOWN;
        return false;
    }
    int order = compare(same, VECTOR_AT(descriptor, &own->descriptors->rows, index).fd, row->fd);
    row->same = order == 0 ? lowest_like(own, index) : order < 0 ? SAME_NOT_KNOWN : row->same;
    return order == 0;
}

bool
same_file_find(same_file *same, const own_files *own, held_row *row)
{
    bool leads_there = false;
    int compared = 0;
    row->same = SAME_NONE;
    same->has_number = false;
    /* What a child inherited has the number that it had: it is tried first. */
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t i = own->first; i >= 0; i = VECTOR_AT(int32_t, own->next, i)) {
            const descriptor *candidate = &VECTOR_AT(descriptor, &own->descriptors->rows, i);
            bool has_its_number = candidate->fd == row->fd;
            if (candidate->device != row->device || candidate->inode != row->inode) {
                continue;
            }
            leads_there = true;
            if (has_its_number != (pass == 0) || access_of(candidate) != row->access ||
                (pass == 1 && lowest_like(own, i) != candidate->fd)) {
                continue;
            }
            same->has_number |= has_its_number;
            if (compared++ == MOST_COMPARED) {
                row->same = SAME_NOT_KNOWN;
                return true;
            }
            if (is_same(same, own, i, row)) {
                return true;
            }
        }
    }
    return leads_there;
}
