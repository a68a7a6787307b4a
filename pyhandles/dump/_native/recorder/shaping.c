/* Hooks of the calls that give a socket its address and state, and of those that make processes. */
#define _GNU_SOURCE
#include "hooking.h"

#include "../failed_call.h"

#include <spawn.h>
#include <sys/types.h>

/* ---- giving an address -------------------------------------------------------------------------------- */

/* These hooks may be put without the recorder. */
#define ADDRESSING(name, parameters, arguments, address, length)    \
    int hook_##name parameters                                      \
    {                                                               \
        bool records = RECORDING;                                   \
        noted noted;                                                \
        if (records) {                                              \
            note_begin(&noted, CALL_##name, fd, CALLER);            \
        }                                                           \
        int result = REAL(name) arguments;                          \
        if (result < 0) {                                           \
            failed_call_note(#name, fd, address, length);           \
        }                                                           \
        if (records) {                                              \
            noted.error = result < 0 ? errno : 0;                   \
            note_address(&noted, address, length);                  \
            note_shaped(&noted, result);                            \
        }                                                           \
        return result;                                              \
    }

ADDRESSING(bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), address, length)
ADDRESSING(connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), address, length)
ADDRESSING(listen, (int fd, int waiting), (fd, waiting), NULL, 0)
SHAPING(int, shutdown, (int fd, int how), (fd, how), fd, -1, NOTHING_ELSE)

/* ---- processes ---------------------------------------------------------------------------------------- */

pid_t
hook_fork(void)
{
    if (!RECORDING) {
        return REAL(fork)();
    }
    noted noted;
    note_begin(&noted, CALL_fork, -1, CALLER);
    pid_t child = REAL(fork)();
    if (child != 0) { /* the child has nothing to tell of it */
        note_forked(&noted, child);
    }
    return child;
}

#define SPAWNING(name)                                                                                          \
    int hook_##name(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,                  \
                    const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])    \
    {                                                                                                           \
        if (!RECORDING) {                                                                                       \
            return REAL(name)(child, path, actions, attributes, arguments, environment);                        \
        }                                                                                                       \
        noted noted;                                                                                            \
        note_begin(&noted, CALL_##name, -1, CALLER);                                                            \
        pid_t made = -1;                                                                                        \
        int error = REAL(name)(&made, path, actions, attributes, arguments, environment);                       \
        if (error == 0 && child != NULL) {                                                                      \
            *child = made;                                                                                      \
        }                                                                                                       \
        int before = errno;                                                                                     \
        noted.error = errno = error;                                                                            \
        note_path(&noted, path);                                                                                \
        note_forked(&noted, error == 0 ? made : -1);                                                            \
        errno = before;                                                                                         \
        return error;                                                                                           \
    }

SPAWNING(posix_spawn)
SPAWNING(posix_spawnp)
