/* Hooks of the calls that open files, and what has a file in it. */
#define _GNU_SOURCE
#include "hooking.h"

#include "foreign.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

struct open_how;

/* ---- files -------------------------------------------------------------------------------------------- */

static mode_t
mode_of(int flags, va_list rest)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPENING(name)                                           \
    int hook_##name(const char *path, int flags, ...)           \
    {                                                           \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode_t mode = mode_of(flags, rest);                     \
        va_end(rest);                                           \
        if (!RECORDING) {                                       \
            foreign_hear(CALL_##name, CALLER);                  \
            return REAL(name)(path, flags, mode);               \
        }                                                       \
        noted noted;                                            \
        note_begin(&noted, CALL_##name, -1, CALLER);            \
        int made = REAL(name)(path, flags, mode);               \
        noted.error = made < 0 ? errno : 0;                     \
        note_path(&noted, path);                                \
        note_made(&noted, made);                                \
        return made;                                            \
    }

#define OPENING_AT(name)                                                \
    int hook_##name(int directory, const char *path, int flags, ...)    \
    {                                                                   \
        va_list rest;                                                   \
        va_start(rest, flags);                                          \
        mode_t mode = mode_of(flags, rest);                             \
        va_end(rest);                                                   \
        if (!RECORDING) {                                               \
            return REAL(name)(directory, path, flags, mode);            \
        }                                                               \
        noted noted;                                                    \
        note_begin(&noted, CALL_##name, -1, CALLER);                    \
        int made = REAL(name)(directory, path, flags, mode);            \
        noted.error = made < 0 ? errno : 0;                             \
        note_path(&noted, path);                                        \
        note_made(&noted, made);                                        \
        return made;                                                    \
    }

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)
MAKING(openat2, (int directory, const char *path, const struct open_how *how, size_t size), (directory, path, how, size),
       note_path(&noted, path))
MAKING(__open_2, (const char *path, int flags), (path, flags), note_path(&noted, path))
MAKING(__open64_2, (const char *path, int flags), (path, flags), note_path(&noted, path))
MAKING(__openat_2, (int directory, const char *path, int flags), (directory, path, flags), note_path(&noted, path))
MAKING(__openat64_2, (int directory, const char *path, int flags), (directory, path, flags), note_path(&noted, path))
MAKING(creat, (const char *path, mode_t mode), (path, mode), note_path(&noted, path))
MAKING(creat64, (const char *path, mode_t mode), (path, mode), note_path(&noted, path))
MAKING(mkstemp, (char *template), (template), note_path(&noted, template))
MAKING(mkstemp64, (char *template), (template), note_path(&noted, template))
MAKING(mkostemp, (char *template, int flags), (template, flags), note_path(&noted, template))
MAKING(mkostemp64, (char *template, int flags), (template, flags), note_path(&noted, template))
MAKING(mkstemps, (char *template, int suffix), (template, suffix), note_path(&noted, template))
MAKING(mkostemps, (char *template, int suffix, int flags), (template, suffix, flags), note_path(&noted, template))
MAKING(shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode), note_path(&noted, name))
MAKING(posix_openpt, (int flags), (flags), NOTHING_ELSE)

/* ---- what has a descriptor in it ---------------------------------------------------------------------- */

#define MAKING_WHAT_HAS_ONE(type, name, parameters, arguments, descriptor, detail) \
    HOOK(type *, name, parameters, arguments, -1,                                  \
         NOTE_MADE(result == NULL, result == NULL ? -1 : descriptor(result), detail))

/* Closes what the stream had, and gives the stream that number again where it can. */
#define OPENING_AGAIN(name)                                                     \
    FILE *hook_##name(const char *path, const char *mode, FILE *stream)         \
    {                                                                           \
        if (!RECORDING) {                                                       \
            return REAL(name)(path, mode, stream);                              \
        }                                                                       \
        int former = fileno(stream);                                            \
        noted noted;                                                            \
        note_begin(&noted, CALL_##name, former, CALLER);                        \
        FILE *opened = REAL(name)(path, mode, stream);                          \
        noted.error = opened == NULL ? errno : 0;                               \
        note_path(&noted, path);                                                \
        note_reopened(&noted, opened == NULL ? -1 : fileno(opened), former);    \
        return opened;                                                          \
    }

MAKING_WHAT_HAS_ONE(FILE, fopen, (const char *path, const char *mode), (path, mode), fileno, note_path(&noted, path))
MAKING_WHAT_HAS_ONE(FILE, fopen64, (const char *path, const char *mode), (path, mode), fileno, note_path(&noted, path))
MAKING_WHAT_HAS_ONE(FILE, popen, (const char *command, const char *mode), (command, mode), fileno,
                    note_path(&noted, command))
MAKING_WHAT_HAS_ONE(FILE, tmpfile, (void), (), fileno, NOTHING_ELSE)
MAKING_WHAT_HAS_ONE(FILE, tmpfile64, (void), (), fileno, NOTHING_ELSE)
MAKING_WHAT_HAS_ONE(DIR, opendir, (const char *path), (path), dirfd, note_path(&noted, path))
OPENING_AGAIN(freopen)
OPENING_AGAIN(freopen64)
SHAPING(FILE *, fdopen, (int fd, const char *mode), (fd, mode), fd, NULL, NOTHING_ELSE)
SHAPING(DIR *, fdopendir, (int fd), (fd), fd, NULL, NOTHING_ELSE)
