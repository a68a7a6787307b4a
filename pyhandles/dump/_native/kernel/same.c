#define _GNU_SOURCE
#include "same.h"

#include "ordering.h"
#include "pollable.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What takes time is bounded: until the copies are closed, what the service closes does not really close. A question
 * takes a microsecond at most, so a thousand descriptors to one device can be told. */
#define MOST_QUESTIONS 12000
#define MOST_PAIRS 1000
#define MOST_PROBED 10000
#define TWIN_NOT_KNOWN (-2)

typedef struct {
    surroundings *around;
    const descriptor_table *descriptors;
    pid_t thread;
    size_t closed;    /* so many of the first are not open */
    size_t questions; /* that may still be asked */
    int pairs;        /* that may still be compared without kcmp */
    size_t left_out;  /* descriptors for which there were too few */
} comparison;

static const descriptor *
row_of(const comparison *comparison, uint32_t index)
{
    return &VECTOR_AT(descriptor, &comparison->descriptors->rows, index);
}

static int
sign(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* What never changes of an open file: others may set its flags meanwhile. */
static uint64_t
access_of(const descriptor *row)
{
    return (uint64_t)(row->flags & (O_ACCMODE | O_PATH));
}

static int
by_what_is_open(void *arg, uint32_t first, uint32_t second)
{
    const comparison *comparison = arg;
    const descriptor *a = row_of(comparison, first), *b = row_of(comparison, second);
    int told = sign(a->inode, b->inode);
    told = told ? told : sign(a->device, b->device);
    told = told ? told : sign(access_of(a), access_of(b));
    if (told == 0 && (a->mode & S_IFMT) == 0) {
        /* All that has no file, epolls, eventfds and timers, is one inode. */
        told = strcmp(descriptor_text(comparison->descriptors, a->link), descriptor_text(comparison->descriptors, b->link));
        told = told < 0 ? -1 : told > 0;
    }
    return told;
}

static long
compare_files(pid_t thread, int a, int b)
{
#ifdef SYS_kcmp
    return syscall(SYS_kcmp, thread, thread, KCMP_FILE, a, b);
#else
    (void)thread, (void)a, (void)b;
    errno = ENOSYS;
    return -1;
#endif
}

static int
by_open_file(void *arg, uint32_t first, uint32_t second)
{
    comparison *comparison = arg;
    switch (compare_files(comparison->thread, row_of(comparison, first)->fd, row_of(comparison, second)->fd)) {
        case 0:
            return 0;
        case 1:
            return -1;
        case 2:
            return 1;
        default:
            return NO_ORDER;
    }
}

static void
note_refusal(surroundings *around)
{
    surroundings_unseen(around->unseen_files, "which of some descriptors share an open file", errno);
}

static void
note_left_out(const comparison *comparison)
{
    char why[UNSEEN_BYTES];
    if (comparison->left_out > 0) {
        snprintf(why, sizeof(why), "which of %zu descriptors share an open file: too many of a kind to compare",
                 comparison->left_out);
        surroundings_unseen(comparison->around->unseen_files, why, 0);
    }
}

/* Those that are equal lie side by side, the lowest first, as a stable sort leaves them. */
static void
tell_groups(comparison *comparison, const uint32_t *numbers, size_t count, ordering order)
{
    file_row *files = comparison->around->files.data;
    for (size_t i = 0; i < count; i++) {
        bool joins = i > 0 && order(comparison, numbers[i - 1], numbers[i]) == 0;
        files[numbers[i]].same = joins ? files[numbers[i - 1]].same : files[numbers[i]].fd;
    }
}

static size_t
questions_for(size_t count)
{
    size_t rounds = 1; /* to compare the neighbours */
    for (size_t width = 1; width < count; width *= 2) {
        rounds++;
    }
    return count > 1 ? count * rounds : 0;
}

static int
by_number(void *arg, uint32_t first, uint32_t second)
{
    (void)arg;
    return sign(first, second);
}

/* The first of those before it with which it shares its file, itself, or -1 where that was not found out. */
static int32_t
first_of_group(comparison *comparison, const uint32_t *numbers, size_t at)
{
    const file_row *files = comparison->around->files.data;
    int32_t fd = files[numbers[at]].fd;
    for (size_t i = 0; i < at; i++) {
        int32_t first = files[numbers[i]].fd;
        if (files[numbers[i]].same != first) {
            continue; /* it is in the group of one before it */
        }
        int told = comparison->pairs > 0 ? pollable_same(first, fd) : -1;
        comparison->pairs--;
        if (told != 0) {
            return told > 0 ? first : -1;
        }
    }
    return fd;
}

/* The numbers ascend. 0, or -1 where it was not found out, of none of them then. */
static int
tell_pollable(comparison *comparison, const uint32_t *numbers, size_t count)
{
    file_row *files = comparison->around->files.data;
    for (size_t i = 0; i < count; i++) {
        bool may_be_asked = pollable(comparison->descriptors, row_of(comparison, numbers[i]));
        int32_t first = may_be_asked ? first_of_group(comparison, numbers, i) : -1;
        if (first < 0) {
            while (i-- > 0) {
                files[numbers[i]].same = -1;
            }
            return -1;
        }
        files[numbers[i]].same = first;
    }
    return 0;
}

/* Descriptors to one inode, no socket's, with one access mode. */
static void
tell_alike(comparison *comparison, uint32_t *numbers, uint32_t *room, size_t count)
{
    size_t questions = questions_for(count);
    if (questions > comparison->questions) {
        comparison->left_out += count;
        return;
    }
    comparison->questions -= questions;
    if (sort_numbers(numbers, room, count, by_open_file, comparison) == 0) {
        tell_groups(comparison, numbers, count, by_open_file);
        return;
    }
    int error = errno;
    sort_numbers(numbers, room, count, by_number, comparison);
    if (tell_pollable(comparison, numbers, count) < 0) {
        errno = error;
        note_refusal(comparison->around);
    }
}

static bool
is_sockets(const comparison *comparison, uint32_t number)
{
    return S_ISSOCK(row_of(comparison, number)->mode);
}

/* Numbers that stand side by side, as the first order has sorted them. */
static void
tell_each_kind(comparison *comparison, uint32_t *numbers, uint32_t *room, size_t count)
{
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && by_what_is_open(comparison, numbers[start], numbers[end]) == 0; end++) {
        }
        if (is_sockets(comparison, numbers[start])) {
            tell_groups(comparison, numbers + start, end - start, by_what_is_open);
        }
        else {
            bool closed = numbers[start] < comparison->closed; /* the lowest, which comes first, as the sort is stable */
            tell_alike(comparison, numbers + start + closed, room, end - start - closed);
        }
    }
}

/* The lowest, which was closed, is compared with no other here; what shares its file was found out before. */
static void
join_closed(surroundings *around)
{
    file_row *files = around->files.data;
    int32_t twin = around->twin_of_first, shared = -1;
    files[0].same = twin == TWIN_NOT_KNOWN ? -1 : files[0].fd;
    for (size_t i = 1; i < around->files.length && twin >= 0; i++) {
        if (files[i].fd == twin) {
            shared = files[i].same;
            files[i].same = files[0].fd;
        }
        else if (shared >= 0 && files[i].same == shared) {
            files[i].same = files[0].fd;
        }
    }
}

void
same_tell(surroundings *around, const descriptor_table *descriptors, size_t closed)
{
    uint32_t count = (uint32_t)around->files.length;
    vector numbers, room;
    vector_init(&numbers, sizeof(uint32_t));
    vector_init(&room, sizeof(uint32_t));
    if (vector_reserve(&numbers, count) < 0 || vector_reserve(&room, count) < 0) {
        surroundings_unseen(around->unseen_files, "which descriptors share an open file: no memory", 0);
        goto done;
    }
    for (uint32_t i = 0; i < count; i++) {
        vector_extend(&numbers, &i, 1);
    }
    comparison comparison = {around, descriptors, (pid_t)syscall(SYS_gettid), closed, MOST_QUESTIONS, MOST_PAIRS, 0};
    sort_numbers(numbers.data, room.data, count, by_what_is_open, &comparison);
    tell_each_kind(&comparison, numbers.data, room.data, count);
    if (closed && count > 0 && !S_ISSOCK(row_of(&comparison, 0)->mode)) {
        join_closed(around);
    }
    note_left_out(&comparison);
done:
    vector_clear(&numbers);
    vector_clear(&room);
}

int32_t
same_find_twin(surroundings *around, const descriptor *row)
{
    pid_t thread = (pid_t)syscall(SYS_gettid);
    struct rlimit limit = {0};
    struct stat status;
    getrlimit(RLIMIT_NOFILE, &limit);
    int end = limit.rlim_cur > MOST_PROBED ? MOST_PROBED : (int)limit.rlim_cur;
    int questions = MOST_QUESTIONS / 2;
    for (int fd = row->fd + 1; fd < end && !S_ISSOCK(row->mode); fd++) {
        if (fstat(fd, &status) < 0 || status.st_ino != row->inode || status.st_dev != row->device) {
            continue;
        }
        long told = questions-- > 0 ? compare_files(thread, row->fd, fd) : (errno = 0, -1);
        if (told == 0) {
            return fd;
        }
        if (told < 0) {
            note_refusal(around);
            return TWIN_NOT_KNOWN;
        }
    }
    if (limit.rlim_cur > MOST_PROBED && !S_ISSOCK(row->mode)) {
        surroundings_unseen(around->unseen_files, "which high numbers share the lowest descriptor's open file", 0);
    }
    return -1;
}
