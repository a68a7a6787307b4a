#define _GNU_SOURCE
#include "proc_net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define BLOCK_BYTES 16384
#define UNIX_LISTENS 0x10000 /* in the flags */
#define UNIX_CONNECTED 3

/* ---- a line ------------------------------------------------------------------------------------------- */

/* A number, and the one character that must follow it, unless that is 0. On failure the place becomes NULL, and all that
 * is read from there is 0. */
static uint64_t
read_number(const char **place, int base, char then)
{
    uint64_t value = 0;
    const char *at = *place;
    while (at != NULL && *at == ' ') {
        at++;
    }
    const char *start = at;
    for (; at != NULL && *at; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at >= 'A' && *at <= 'F' ? *at - 'A' + 10 : 99;
        digit = *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 : digit;
        if (digit >= base) {
            break;
        }
        value = value * (unsigned)base + (unsigned)digit;
    }
    bool failed = at == start || (then != '\0' && *at != then);
    *place = failed ? NULL : at + (then != '\0');
    return failed ? 0 : value;
}

/* An address of the Internet: words in the processor's own order. */
static socklen_t
read_inet_address(const char **place, int family, struct sockaddr_storage *out)
{
    uint32_t words[4] = {0};
    size_t digits = family == AF_INET ? 8 : 32;
    const char *at = *place;
    at += strspn(at, " ");
    if (strlen(at) < digits || at[digits] != ':') {
        *place = NULL;
        return 0;
    }
    for (size_t i = 0; i < digits / 8; i++) {
        char word[9] = {0};
        memcpy(word, at + 8 * i, 8);
        const char *text = word;
        words[i] = (uint32_t)read_number(&text, 16, '\0');
    }
    *place = at + digits + 1;
    uint16_t port = htons((uint16_t)read_number(place, 16, ' '));
    memset(out, 0, sizeof(*out));
    out->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)out;
        four->sin_port = port;
        four->sin_addr.s_addr = words[0];
        return sizeof(*four);
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    six->sin6_port = port;
    memcpy(&six->sin6_addr, words, sizeof(words));
    return sizeof(*six);
}

static bool
is_nowhere(const struct sockaddr_storage *address)
{
    static const struct in6_addr any;
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    return address->ss_family == AF_INET ? four->sin_port == 0 && four->sin_addr.s_addr == 0
                                         : six->sin6_port == 0 && memcmp(&six->sin6_addr, &any, sizeof(any)) == 0;
}

/* "  0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13429 1 …" */
static bool
read_inet_line(const char *line, const socket_table *table, found_socket *found)
{
    socket_row *row = &found->row;
    read_number(&line, 10, ':');
    if (line == NULL) {
        return false;
    }
    found->local_length = read_inet_address(&line, table->family, &found->local);
    if (line == NULL) {
        return false;
    }
    found->peer_length = read_inet_address(&line, table->family, &found->peer);
    row->state = (int32_t)read_number(&line, 16, ' ');
    row->unsent = read_number(&line, 16, ':');
    row->unread = read_number(&line, 16, ' ');
    row->timer = (uint32_t)read_number(&line, 16, ':');
    uint64_t ticks = read_number(&line, 16, ' ');
    read_number(&line, 16, ' '); /* retransmissions */
    row->uid = (uint32_t)read_number(&line, 10, ' ');
    read_number(&line, 10, ' '); /* probes without an answer */
    row->inode = read_number(&line, 10, ' ');
    row->family = table->family;
    row->socktype = table->socktype;
    row->protocol = table->protocol;
    row->expires = row->timer ? (uint32_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
    if (is_nowhere(&found->peer)) {
        found->peer_length = 0;
    }
    return line != NULL;
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 13429 /run/x.sock" */
static bool
read_unix_line(const char *line, found_socket *found)
{
    socket_row *row = &found->row;
    struct sockaddr_un *address = (struct sockaddr_un *)&found->local;
    read_number(&line, 16, ':');
    read_number(&line, 16, ' '); /* references */
    read_number(&line, 16, ' ');
    uint64_t flags = read_number(&line, 16, ' ');
    row->family = AF_UNIX;
    row->socktype = (int32_t)read_number(&line, 16, ' ');
    uint64_t state = read_number(&line, 16, ' ');
    row->state = flags & UNIX_LISTENS ? TCP_LISTEN : state == UNIX_CONNECTED ? TCP_ESTABLISHED : TCP_CLOSE;
    row->inode = read_number(&line, 10, '\0');
    row->uid = UINT32_MAX;
    if (line == NULL) {
        return false;
    }
    line += *line == ' ';
    size_t length = strlen(line);
    length = length > sizeof(address->sun_path) ? sizeof(address->sun_path) : length;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, line, length);
    if (address->sun_path[0] == '@') {
        address->sun_path[0] = '\0'; /* an abstract name; a path that begins so cannot be told from one */
    }
    found->local_length = length > 0 ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length) : 0;
    return true;
}

/* ---- the file ----------------------------------------------------------------------------------------- */

/* Tell of each complete line; what follows the last is moved to the front. False to read no more. */
static bool
tell_lines(const socket_table *table, char *block, size_t *used, take_socket take, void *arg)
{
    char *line = block;
    for (char *end; (end = memchr(line, '\n', *used - (size_t)(line - block))) != NULL; line = end + 1) {
        *end = '\0';
        found_socket found = {0};
        /* The first line, which has titles, is none. */
        bool is_socket = table->family == AF_UNIX ? read_unix_line(line, &found) : read_inet_line(line, table, &found);
        if (is_socket && !take(&found, arg)) {
            return false;
        }
    }
    *used -= (size_t)(line - block);
    memmove(block, line, *used);
    return *used < BLOCK_BYTES;
}

int
proc_net_read(const socket_table *table, const deadline *end, take_socket take, void *arg)
{
    char path[40], block[BLOCK_BYTES];
    snprintf(path, sizeof(path), "/proc/self/net/%s", table->file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t count;
    size_t used = 0;
    int error = 0;
    while ((count = read(fd, block + used, sizeof(block) - used)) != 0) {
        if (count < 0 && errno != EINTR) {
            error = errno;
            break;
        }
        used += count > 0 ? (size_t)count : 0;
        if (!tell_lines(table, block, &used, take, arg)) {
            break;
        }
        if (deadline_passed(end)) {
            error = ETIME;
            break;
        }
    }
    close(fd);
    errno = error;
    return error ? -1 : 0;
}
