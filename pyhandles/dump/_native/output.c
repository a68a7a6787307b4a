#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_NAMES 10000

/* A trigger may be called "threshold:80%"; in a file's name neither a colon nor a slash is welcome. */
static char
plain_character(char c)
{
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '%';
    return plain ? c : '-';
}

int
output_expand(const char *template, int pid, const char *trigger, char *path)
{
    size_t used = 0;
    while (*template != '\0') {
        char number[16];
        const char *piece = template;
        size_t length = 1, taken = 1;
        if (strncmp(template, "{pid}", 5) == 0) {
            snprintf(number, sizeof(number), "%d", pid);
            piece = number;
            length = strlen(number);
            taken = 5;
        }
        else if (strncmp(template, "{trigger}", 9) == 0) {
            piece = trigger;
            length = strlen(trigger);
            taken = 9;
        }
        if (used + length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        for (size_t i = 0; i < length; i++) {
            path[used + i] = piece == trigger ? plain_character(piece[i]) : piece[i];
        }
        used += length;
        template += taken;
    }
    path[used] = '\0';
    return 0;
}

int
output_open(output *output, const char *path)
{
    const char *slash = strrchr(path, '/');
    int directory = slash == NULL ? 0 : (int)(slash - path) + 1;
    for (int attempt = 0; attempt < MOST_NAMES; attempt++) {
        /* Not the whole name: with what is added it might be too long. */
        int length = snprintf(output->temporary, PATH_MAX, "%.*s.%.100s.%d-%d.part", directory, path, path + directory,
                              (int)getpid(), attempt);
        if (length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (output->fd >= 0) {
            return 0;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    output->temporary[0] = '\0';
    return -1;
}

/* Where the file system or a policy knows no other way: take the name with an empty file, then put ours in its place. */
static int
take_name(const char *from, const char *to)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    if (rename(from, to) == 0) {
        return 0;
    }
    int error = errno;
    unlink(to);
    errno = error;
    return -1;
}

static int
rename_to_free(const char *from, const char *to)
{
#ifdef SYS_renameat2
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1u /* RENAME_NOREPLACE */) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EPERM) {
        return -1;
    }
#endif
    return take_name(from, to);
}

static int
give_name(const output *output, const char *name)
{
    char nameless[32];
    if (output->temporary[0]) {
        return rename_to_free(output->temporary, name);
    }
    snprintf(nameless, sizeof(nameless), "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, nameless, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static int
close_file(output *output)
{
    int fd = output->fd;
    output->fd = -1;
    return close(fd);
}

int
output_publish(output *output, char *path)
{
    char name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(path, '.');
    if (dot == NULL || (slash != NULL && dot < slash)) {
        dot = path + strlen(path);
    }
    int stem = (int)(dot - path);
    (void)!fchmod(output->fd, 0600); /* a umask may have taken too much, and some file systems know no modes */
    if (output->temporary[0] && close_file(output) < 0) {
        return -1;
    }
    for (int number = 1; number < MOST_NAMES; number++) {
        int length = number == 1 ? snprintf(name, PATH_MAX, "%s", path)
                                 : snprintf(name, PATH_MAX, "%.*s-%d%s", stem, path, number, dot);
        if (length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        if (give_name(output, name) == 0) {
            memcpy(path, name, (size_t)length + 1);
            output->temporary[0] = '\0';
            return output->fd < 0 ? 0 : close_file(output);
        }
        if (errno != EEXIST) {
            return -1;
        }
    }
    return -1;
}

void
output_discard(output *output)
{
    int error = errno;
    if (output->fd >= 0) {
        close(output->fd);
    }
    if (output->temporary[0]) {
        unlink(output->temporary);
    }
    output->temporary[0] = '\0';
    errno = error;
}
