#define _GNU_SOURCE
#include "descriptors.h"

#include "numbers.h"
#include "own_table.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGHEST_PROBED (1 << 20)

void
descriptors_init(descriptor_table *table)
{
    vector_init(&table->rows, sizeof(descriptor));
    vector_init(&table->text, 1);
}

void
descriptors_clear(descriptor_table *table)
{
    vector_clear(&table->rows);
    vector_clear(&table->text);
}

static int
add_text(descriptor_table *table, const char *text, uint32_t *start)
{
    *start = (uint32_t)table->text.length;
    return vector_extend(&table->text, text, strlen(text) + 1);
}

static int
describe_link(descriptor_table *table, descriptor *row)
{
    char path[32], link[PATH_MAX];
    if (S_ISSOCK(row->mode)) {
        /* What the kernel would say, without half of the time that all else takes: the copies are to be let go soon. */
        snprintf(link, sizeof(link), "socket:[%llu]", (unsigned long long)row->inode);
        return add_text(table, link, &row->link);
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", row->fd);
    ssize_t length = readlink(path, link, sizeof(link) - 1);
    link[length > 0 ? length : 0] = '\0';
    return add_text(table, link, &row->link);
}

static int
describe(descriptor_table *table, int fd)
{
    descriptor row = {.fd = fd, .position = -1};
    row.family = row.socktype = row.protocol = row.listening = row.state = -1;
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) {
        return 0;
    }
    row.cloexec = (flags & FD_CLOEXEC) != 0;
    row.flags = fcntl(fd, F_GETFL);
    struct stat status;
    if (fstat(fd, &status) == 0) {
        row.mode = status.st_mode;
        row.device = status.st_dev;
        row.inode = status.st_ino;
        row.size = status.st_size;
        row.special = status.st_rdev;
    }
    socket_facts facts = {.local = "", .peer = ""};
    if (S_ISSOCK(row.mode)) {
        socket_describe(fd, &row, &facts);
    }
    else if (S_ISREG(row.mode) || S_ISBLK(row.mode)) {
        row.position = lseek(fd, 0, SEEK_CUR);
    }
    if (describe_link(table, &row) < 0 || add_text(table, facts.local, &row.local) < 0 ||
        add_text(table, facts.peer, &row.peer) < 0) {
        return -1;
    }
    return vector_extend(&table->rows, &row, 1);
}

/* The numbers that are open, but for that by which they are listed. */
typedef struct {
    int directory;
    int (*found)(int fd, void *arg);
    void *arg;
} listing;

static int
found_number(int number, void *arg)
{
    const listing *listing = arg;
    return number == listing->directory ? 0 : listing->found(number, listing->arg);
}

/* Call for every number in the directory, which stays open. */
static int
each_number(int directory, int (*found)(int fd, void *arg), void *arg)
{
    listing listing = {directory, found, arg};
    return numbers_each(directory, found_number, &listing);
}

static int
identify(int fd, void *arg)
{
    struct stat status;
    descriptor_identity *identity = vector_append(arg);
    if (identity == NULL) {
        return -1;
    }
    identity->fd = fd;
    if (fstat(fd, &status) == 0) {
        identity->device = status.st_dev;
        identity->inode = status.st_ino;
    }
    return 0;
}

int
descriptors_identify_standard(vector *identities)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 && identify(fd, identities) < 0) {
            return -1;
        }
    }
    return 0;
}

int
descriptors_identify(vector *identities)
{
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return -1;
    }
    int result = each_number(directory, identify, identities);
    close(directory);
    return result;
}

static int
describe_found(int fd, void *arg)
{
    return describe(arg, fd);
}

/* Where /proc is not there: ask for each number up to the limit, or as many as may be asked in a moment. */
static int
probe_numbers(descriptor_table *table)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    int last = limit.rlim_cur > HIGHEST_PROBED ? HIGHEST_PROBED : (int)limit.rlim_cur;
    for (int fd = 0; fd < last; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 && describe(table, fd) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The kernel lists them in their order, but for the lowest, which may have been described first: an insertion sort
 * has little to do. */
static void
sort_rows(vector *descriptors)
{
    descriptor *rows = descriptors->data;
    for (size_t i = 1; i < descriptors->length; i++) {
        descriptor moved = rows[i];
        size_t place = i;
        for (; place > 0 && rows[place - 1].fd > moved.fd; place--) {
            rows[place] = rows[place - 1];
        }
        rows[place] = moved;
    }
}

static void
compare_with_start(vector *descriptors, const vector *identities)
{
    const descriptor_identity *known = identities->data;
    descriptor *rows = descriptors->data;
    size_t at = 0; /* both ascend */
    for (size_t i = 0; i < descriptors->length; i++) {
        while (at < identities->length && known[at].fd < rows[i].fd) {
            at++;
        }
        rows[i].start = at < identities->length && known[at].fd == rows[i].fd && known[at].inode == rows[i].inode &&
                        known[at].device == rows[i].device;
    }
}

int
descriptors_list_own(descriptor_table *table, const vector *identities, letting_go letting_go, void *arg)
{
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 && (errno == EMFILE || errno == ENFILE)) {
        int lowest = 0;
        while (lowest < HIGHEST_PROBED && fcntl(lowest, F_GETFD) < 0) {
            lowest++;
        }
        if (describe(table, lowest) < 0) {
            return -1;
        }
        if (table->rows.length > 0) {
            letting_go(arg, &VECTOR_AT(descriptor, &table->rows, 0));
        }
        close(lowest);
        directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    int result = directory < 0 ? probe_numbers(table) : each_number(directory, describe_found, table);
    if (directory >= 0) {
        close(directory);
    }
    sort_rows(&table->rows);
    compare_with_start(&table->rows, identities);
    return result;
}

bool
descriptors_have(const descriptor_table *table, int64_t fd)
{
    size_t first = 0, end = table->rows.length;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int32_t candidate = VECTOR_AT(descriptor, &table->rows, middle).fd;
        if (candidate == fd) {
            return true;
        }
        if (candidate < fd) {
            first = middle + 1;
        }
        else {
            end = middle;
        }
    }
    return false;
}

void
descriptors_close_all(const descriptor_table *table, int but)
{
#ifdef SYS_close_range
    unsigned after = (unsigned)(but + 1); /* 0 where there is none to keep */
    if (close_range_may_be_called() && syscall(SYS_close_range, after, ~0u, 0u) == 0 &&
        (but <= 0 || syscall(SYS_close_range, 0u, (unsigned)but - 1, 0u) == 0)) {
        return;
    }
#endif
    const descriptor *rows = table->rows.data;
    for (size_t i = 0; i < table->rows.length; i++) {
        if (rows[i].fd != but) {
            close(rows[i].fd);
        }
    }
}

int
descriptors_add_remark(descriptor_table *table, int fd, const char *remark)
{
    char text[2 * PATH_MAX];
    for (size_t i = 0; i < table->rows.length; i++) {
        descriptor *row = &VECTOR_AT(descriptor, &table->rows, i);
        if (row->fd == fd) {
            snprintf(text, sizeof(text), "%s%s", descriptor_text(table, row->link), remark);
            return add_text(table, text, &row->link);
        }
    }
    return 0;
}

/* ---- the largest group ------------------------------------------------------------------------------- */

#define GROUP_BYTES 200
#define GROUPS 512

/* What the descriptor has in common with its like: where it leads to, without its own numbers. */
static void
group_of(const descriptor_table *table, const descriptor *row, char *text)
{
    const char *link = descriptor_text(table, row->link);
    if (S_ISSOCK(row->mode)) {
        socket_group(row, descriptor_text(table, row->local), descriptor_text(table, row->peer), text, GROUP_BYTES);
    }
    else if (link[0] == '/') {
        const char *slash = strrchr(link, '/');
        int directory = slash == link ? 1 : (int)(slash - link);
        if (S_ISREG(row->mode)) {
            snprintf(text, GROUP_BYTES, "files in %.*s", directory, link);
        }
        else {
            snprintf(text, GROUP_BYTES, "of %s%s", S_ISDIR(row->mode) ? "the directory " : "", link);
        }
    }
    else if (strncmp(link, "anon_inode:", 11) == 0) {
        snprintf(text, GROUP_BYTES, "of %s", link + 11);
    }
    else {
        snprintf(text, GROUP_BYTES, "%.*ss", (int)strcspn(link, ":"), link);
    }
}

typedef struct {
    char text[GROUP_BYTES];
    uint32_t count;
} group;

static group *
find_group(vector *groups, const char *text)
{
    for (size_t i = 0; i < groups->length; i++) {
        group *candidate = &VECTOR_AT(group, groups, i);
        if (strcmp(candidate->text, text) == 0) {
            return candidate;
        }
    }
    group *added = groups->length < GROUPS ? vector_append(groups) : NULL;
    if (added != NULL) {
        memcpy(added->text, text, strlen(text) + 1);
    }
    return added;
}

void
descriptors_largest_group(const descriptor_table *table, char *text, size_t room)
{
    vector groups;
    vector_init(&groups, sizeof(group));
    for (size_t i = 0; i < table->rows.length; i++) {
        char name[GROUP_BYTES];
        group_of(table, &VECTOR_AT(descriptor, &table->rows, i), name);
        group *found = find_group(&groups, name);
        if (found != NULL) {
            found->count++;
        }
    }
    const group *largest = NULL;
    for (size_t i = 0; i < groups.length; i++) {
        const group *candidate = &VECTOR_AT(group, &groups, i);
        if (largest == NULL || candidate->count > largest->count) {
            largest = candidate;
        }
    }
    text[0] = '\0';
    if (largest != NULL && largest->count > 3) { /* standard input, output and error are mostly alike */
        snprintf(text, room, "%u %s", largest->count, largest->text);
    }
    vector_clear(&groups);
}
