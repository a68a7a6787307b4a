#define _GNU_SOURCE
#include "process_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD */

/* The beginning of a file, with a null after it. The bytes read; 0 where there are none. */
static size_t
read_file(int directory, const char *name, char *text, size_t room)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        text[0] = '\0';
        return 0;
    }
    size_t used = 0;
    ssize_t count;
    while (used < room - 1 && ((count = read(fd, text + used, room - 1 - used)) > 0 || (count < 0 && errno == EINTR))) {
        used += count > 0 ? (size_t)count : 0;
    }
    close(fd);
    text[used] = '\0';
    return used;
}

static uint64_t
read_decimal(const char *text)
{
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    return value;
}

/* The fields of /proc/PID/stat are counted from 1; of those after the name, 3 is the first. */
static const char *
skip_fields(const char *text, int count)
{
    while (count > 0 && *text) {
        count -= *text++ == ' ';
    }
    return text;
}

int
process_facts_read(int directory, int pid, process_facts *facts)
{
    char text[1024];
    read_file(directory, "stat", text, sizeof(text));
    /* A name may hold whatever it likes, brackets too. */
    const char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (name == NULL || end == NULL || end < name || end[1] != ' ') {
        return -1;
    }
    size_t length = (size_t)(end - name - 1);
    length = length < NAME_BYTES ? length : NAME_BYTES - 1;
    const char *fields = end + 2;
    *facts = (process_facts){.pid = pid, .state = fields[0]};
    memcpy(facts->name, name + 1, length);
    facts->parent = (int)read_decimal(skip_fields(fields, 4 - 3));
    facts->is_kernels = (read_decimal(skip_fields(fields, 9 - 3)) & KERNEL_THREAD) != 0;
    facts->start_ticks = read_decimal(skip_fields(fields, 22 - 3));
    return 0;
}

uint64_t
process_start_time(const process_facts *facts)
{
    struct timespec now, since_start;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &since_start);
    int64_t start = (now.tv_sec - since_start.tv_sec) * SECOND + (now.tv_nsec - since_start.tv_nsec);
    uint64_t rate = (uint64_t)sysconf(_SC_CLK_TCK), ticks = facts->start_ticks;
    return (uint64_t)start + ticks / rate * SECOND + ticks % rate * SECOND / rate;
}

uint32_t
process_user(int directory)
{
    char text[4096];
    read_file(directory, "status", text, sizeof(text));
    const char *line = strstr(text, "\nUid:\t"); /* the real user, the one as whom it acts, two more */
    const char *acting = line == NULL ? NULL : strchr(line + 6, '\t');
    return acting == NULL ? UINT32_MAX : (uint32_t)read_decimal(acting + 1);
}

/* ---- the command -------------------------------------------------------------------------------------- */

static bool
is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
    const unsigned char *c = (const unsigned char *)word;
    while (*c && (*c >= 0x80 || strchr(plain, *c) != NULL)) {
        c++;
    }
    return *c == '\0' && word[0] != '\0';
}

/* A text that is cut off where there is no room for more. */
typedef struct {
    char *text;
    size_t used, room;
    bool cut;
} line;

static void
put(line *line, char c)
{
    if (line->used < line->room) {
        line->text[line->used++] = c;
    }
    else {
        line->cut = true;
    }
}

static void
put_word(line *line, const char *word)
{
    bool quoted = !is_plain(word);
    if (quoted) {
        put(line, '\'');
    }
    for (const char *c = word; *c; c++) {
        if (*c == '\'') {
            put(line, '\'');
            put(line, '\\');
            put(line, '\'');
        }
        put(line, *c);
    }
    if (quoted) {
        put(line, '\'');
    }
}

void
process_command(int directory, const process_facts *facts, char command[COMMAND_BYTES])
{
    char arguments[COMMAND_BYTES + 1];
    command[0] = '\0';
    if (facts->state == 'D') {
        return; /* where it waits for a page, its memory is locked, and its arguments are in it */
    }
    size_t length = read_file(directory, "cmdline", arguments, sizeof(arguments));
    line line = {.text = command, .room = COMMAND_BYTES - 4};
    for (size_t at = 0; at < length; at += strlen(arguments + at) + 1) {
        if (at > 0) {
            put(&line, ' ');
        }
        put_word(&line, arguments + at);
    }
    if (line.cut || length == sizeof(arguments) - 1) {
        while (line.used > 0 && ((unsigned char)command[line.used - 1] & 0xC0) == 0x80) {
            line.used--; /* of a character, part may be missing */
        }
        line.used -= line.used > 0 && (unsigned char)command[line.used - 1] >= 0xC0;
        memcpy(command + line.used, "…", sizeof("…")); /* three bytes */
        return;
    }
    command[line.used] = '\0';
}
