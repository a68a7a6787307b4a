#define _GNU_SOURCE
#include "holdings.h"

#include "../numbers.h"
#include "same_file.h"
#include "terminals.h"
#include "things.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MOST_ROWS 65536

/* ---- what is looked for ------------------------------------------------------------------------------- */

static uint32_t
look_for(holdings *holdings, const thing *thing)
{
    const int32_t none = -1;
    bool is_new;
    uint32_t index = address_map_add(&holdings->things, thing->key, &is_new);
    if (index == ADDRESS_ABSENT || (is_new && (vector_extend(&holdings->first, &none, 1) < 0 ||
                                               vector_extend(&holdings->stray, &none, 1) < 0))) {
        return ADDRESS_ABSENT;
    }
    return index;
}

static int
look_for_sockets(holdings *holdings)
{
    for (size_t i = 0; i < holdings->around->sockets.length; i++) {
        const socket_row *row = &VECTOR_AT(socket_row, &holdings->around->sockets, i);
        const thing itself = socket_thing(row->inode), peer = socket_thing(row->peer_inode);
        if ((row->inode != 0 && look_for(holdings, &itself) == ADDRESS_ABSENT) ||
            (row->peer_inode != 0 && look_for(holdings, &peer) == ADDRESS_ABSENT)) {
            return -1;
        }
    }
    for (size_t i = 0; i < holdings->strays->length; i++) {
        const thing itself = socket_thing(VECTOR_AT(stray_socket, holdings->strays, i).row.inode);
        bool is_wanted = address_map_find(&holdings->things, itself.key) != ADDRESS_ABSENT;
        uint32_t index = look_for(holdings, &itself);
        if (index == ADDRESS_ABSENT) {
            return -1;
        }
        if (!is_wanted) {
            VECTOR_AT(int32_t, &holdings->stray, index) = (int32_t)i;
        }
    }
    return 0;
}

static int
look_for_own(holdings *holdings)
{
    const vector *rows = &holdings->descriptors->rows;
    if (vector_reserve(&holdings->next, rows->length) < 0) {
        return -1;
    }
    holdings->next.length = rows->length;
    for (size_t i = rows->length; i-- > 0;) { /* so that the lowest is the first */
        const descriptor *row = &VECTOR_AT(descriptor, rows, i);
        const thing itself = thing_of(descriptor_text(holdings->descriptors, row->link));
        uint32_t index = look_for(holdings, &itself);
        if (index == ADDRESS_ABSENT) {
            return -1;
        }
        VECTOR_AT(int32_t, &holdings->next, i) = VECTOR_AT(int32_t, &holdings->first, index);
        VECTOR_AT(int32_t, &holdings->first, index) = (int32_t)i;
    }
    return 0;
}

int
holdings_init(holdings *holdings, surroundings *around, const descriptor_table *descriptors, vector *strays,
              pid_t service)
{
    memset(holdings, 0, sizeof(*holdings));
    holdings->around = around;
    holdings->descriptors = descriptors;
    holdings->strays = strays;
    holdings->service = service;
    vector_init(&holdings->first, sizeof(int32_t));
    vector_init(&holdings->stray, sizeof(int32_t));
    vector_init(&holdings->next, sizeof(int32_t));
    vector_init(&holdings->terminals, sizeof(terminal_end));
    if (terminals_note(&holdings->terminals, around, descriptors) < 0 ||
        address_map_init(&holdings->things, descriptors->rows.length + around->sockets.length) < 0 ||
        look_for_own(holdings) < 0 || look_for_sockets(holdings) < 0) {
        holdings_clear(holdings);
        return -1;
    }
    return 0;
}

void
holdings_clear(holdings *holdings)
{
    address_map_clear(&holdings->things);
    vector_clear(&holdings->first);
    vector_clear(&holdings->stray);
    vector_clear(&holdings->next);
    vector_clear(&holdings->terminals);
}

/* ---- what is found ------------------------------------------------------------------------------------ */

typedef struct {
    holdings *holdings;
    const deadline *end;
    int directory; /* /proc/PID/fd */
    int process;   /* /proc/PID */
    int pid;
    bool descends;
    int error;     /* ENOMEM, or EOVERFLOW where there are too many rows */
    same_file same;
} search;

/* The access is that of the link itself: 0400 it may be read through, 0200 written. */
static uint32_t
access_of(const search *search, const char *name)
{
    struct stat status;
    if (fstatat(search->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return 0;
    }
    return (status.st_mode & S_IRUSR ? ACCESS_READ : 0) | (status.st_mode & S_IWUSR ? ACCESS_WRITE : 0);
}

static void
add_row(search *search, held_row *row)
{
    vector *held = &search->holdings->around->held;
    row->pid = (uint32_t)search->pid;
    if (held->length >= MOST_ROWS) {
        search->error = EOVERFLOW;
    }
    else if (vector_extend(held, row, 1) < 0) {
        search->error = ENOMEM;
    }
}

static void
found_socket_of(search *search, const thing *thing, uint32_t index, held_row *row)
{
    int32_t first = VECTOR_AT(int32_t, &search->holdings->first, index);
    int32_t stray = VECTOR_AT(int32_t, &search->holdings->stray, index);
    if (stray >= 0 && first < 0) {
        VECTOR_AT(stray_socket, search->holdings->strays, stray).held = true;
        return;
    }
    row->inode = thing->inode;
    row->access = ACCESS_READ | ACCESS_WRITE; /* as all of them: the kernel need not be asked */
    if (first >= 0) { /* a socket has but one open file */
        const descriptor *own = &VECTOR_AT(descriptor, &search->holdings->descriptors->rows, first);
        row->device = own->device;
        row->same = own->fd;
    }
    add_row(search, row);
}

/* Is it worth a row that somebody else has opened it too? Not for what everybody opens, unless it is the same one; where
 * that is not known, a child that has it under the same number has most likely inherited it. */
static bool
is_of_note(const search *search, mode_t mode, const held_row *row)
{
    if (row->same >= 0 || S_ISREG(mode) || S_ISFIFO(mode) || S_ISBLK(mode)) {
        return true;
    }
    return row->same == SAME_NOT_KNOWN && search->descends && search->same.has_number;
}

/* What its file is, by what the kernel knows already: another process's, of the same name in another container, may lie on
 * a file system that answers no more. 0 or -1. */
static int
identify(const search *search, const char *name, held_row *row, mode_t *mode)
{
#ifdef AT_STATX_DONT_SYNC
    struct statx known;
    if (statx(search->directory, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &known) == 0) {
        row->device = makedev(known.stx_dev_major, known.stx_dev_minor);
        row->inode = known.stx_ino;
        *mode = known.stx_mode;
        return 0;
    }
    if (errno != ENOSYS && errno != EPERM) {
        return -1;
    }
#endif
    struct stat status;
    if (fstatat(search->directory, name, &status, 0) < 0) {
        return -1;
    }
    row->device = status.st_dev;
    row->inode = status.st_ino;
    *mode = status.st_mode;
    return 0;
}

/* Found by its name, `index`, or as the other end of a terminal, or both. */
static void
found_file(search *search, uint32_t index, held_row *row, const char *name)
{
    mode_t mode;
    if (identify(search, name, row, &mode) < 0) {
        return;
    }
    row->access = access_of(search, name);
    const own_files own = {search->holdings->descriptors, &search->holdings->around->files, &search->holdings->next,
                           index == ADDRESS_ABSENT ? -1 : VECTOR_AT(int32_t, &search->holdings->first, index)};
    bool leads_there = same_file_find(&search->same, &own, row);
    if ((leads_there && is_of_note(search, mode, row)) || row->terminal >= 0) {
        add_row(search, row);
    }
}

static int
look_at(int fd, void *arg)
{
    search *search = arg;
    char name[12], link[PATH_MAX];
    snprintf(name, sizeof(name), "%d", fd);
    ssize_t length = readlinkat(search->directory, name, link, sizeof(link) - 1);
    if (length > 0) {
        link[length] = '\0';
        const thing thing = thing_of(link);
        uint32_t index = address_map_find(&search->holdings->things, thing.key);
        held_row row = {.fd = fd, .same = SAME_NONE};
        row.terminal = terminals_other_end(&search->holdings->terminals, search->process, fd, link);
        if (index != ADDRESS_ABSENT && thing.kind == THING_SOCKET) {
            found_socket_of(search, &thing, index, &row);
        }
        else if (index != ADDRESS_ABSENT || row.terminal >= 0) {
            found_file(search, index, &row, name);
        }
    }
    errno = search->error != 0 ? search->error : ETIME;
    return search->error != 0 || deadline_passed(search->end) ? -1 : 0;
}

int
holdings_look(holdings *holdings, int directory, int pid, bool descends, const deadline *end)
{
    search search = {.holdings = holdings, .end = end, .process = directory, .pid = pid, .descends = descends};
    same_file_init(&search.same, holdings->service, pid);
    search.directory = openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (search.directory < 0) {
        return -1;
    }
    int result = numbers_each(search.directory, look_at, &search);
    int error = errno;
    close(search.directory);
    errno = error;
    return result;
}
