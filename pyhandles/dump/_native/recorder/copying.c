/* Hooks of the calls that make two descriptors, or copy one. */
#define _GNU_SOURCE
#include "hooking.h"

#include <fcntl.h>
#include <pty.h>
#include <stdarg.h>

/* ---- two at once -------------------------------------------------------------------------------------- */

#define MAKING_TWO(name, parameters, arguments, first, second)  \
    HOOK(int, name, parameters, arguments, -1,                  \
         note_pair(&noted, result, result < 0 ? -1 : first, result < 0 ? -1 : second))

MAKING_TWO(socketpair, (int family, int type, int protocol, int pair[2]), (family, type, protocol, pair), pair[0], pair[1])
MAKING_TWO(pipe, (int pair[2]), (pair), pair[0], pair[1])
MAKING_TWO(pipe2, (int pair[2], int flags), (pair, flags), pair[0], pair[1])
MAKING_TWO(openpty,
           (int *master, int *slave, char *name, const struct termios *attributes, const struct winsize *size),
           (master, slave, name, attributes, size), *master, *slave)

/* ---- copies ------------------------------------------------------------------------------------------- */

#define COPYING(name, parameters, arguments, source) \
    HOOK(int, name, parameters, arguments, source, note_copied(&noted, result, source))

COPYING(dup, (int fd), (fd), fd)
COPYING(dup2, (int fd, int target), (fd, target), fd)
COPYING(dup3, (int fd, int target, int flags), (fd, target, flags), fd)

#define CONTROLLING(name)                                               \
    int hook_##name(int fd, int command, ...)                           \
    {                                                                   \
        va_list rest;                                                   \
        va_start(rest, command);                                        \
        void *argument = va_arg(rest, void *);                          \
        va_end(rest);                                                   \
        if (!RECORDING || (command != F_DUPFD && command != F_DUPFD_CLOEXEC)) { \
            return REAL(name)(fd, command, argument);                   \
        }                                                               \
        noted noted;                                                    \
        note_begin(&noted, CALL_##name, fd, CALLER);                    \
        int copy = REAL(name)(fd, command, argument);                   \
        note_copied(&noted, copy, fd);                                  \
        return copy;                                                    \
    }

CONTROLLING(fcntl)
CONTROLLING(fcntl64)
