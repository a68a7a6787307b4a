/* What a hook notes of its call. Between the parts of the recorder's hooks.
 *
 * A hook notes when it has called; one that closes also before, since a number may be given out again, and the new one be
 * noted, before the close has returned. errno is what the call left, throughout. */
#ifndef PYHANDLES_RECORDER_NOTING_H
#define PYHANDLES_RECORDER_NOTING_H

#include "events.h"
#include "hooks.h"
#include "numbers.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* One call, from the hook's beginning to its end. */
typedef struct {
    uint64_t start;
    const void *caller; /* an address in the code that called */
    whereabouts where;
    uint32_t generation; /* of the number that is closed or used */
    uint16_t call;
    bool in_child; /* of a vfork, in the service's own memory: only counted */
    bool located;
    bool widened;
    enum about about;
    int fd, other, result, error;
    uint8_t flags; /* enum event_flag */
    deed deed; /* of what closes, from before the call on */
    const void *detail;
    enum detail_kind detail_kind;
    size_t detail_bytes;
} noted;

extern _Atomic bool recording;

/* This process has been forked from one that records. */
extern bool recorder_in_fork;

/* Nanoseconds, on the monotonic clock. */
uint64_t recorder_now(void);

/* Begin: the time, and a delay if one was asked for here. `fd` is the number that the call is about, or -1. */
void note_begin(noted *noted, enum call call, int fd, const void *caller);

/* Is a number to be used that has been given out again meanwhile, and is that to fail? Then errno is EBADF. */
bool note_refuses(noted *noted);

/* Is this thread's first use of what has the number now meant for what had it before, and is that to fail? The same. */
bool note_refuses_late(enum call call, int fd, const void *caller);

/* What the call is about besides. Read only after it: the pointers are the program's, and the kernel has looked. */
void note_path(noted *noted, const char *path);
void note_address(noted *noted, const struct sockaddr *address, socklen_t length);

/* The call has returned `result`, a descriptor, or failed. */
void note_made(noted *noted, int result);
/* It has made `result` for who came to `listening`, or failed. */
void note_accepted(noted *noted, int result, int listening);
/* It has made two, or failed. */
void note_pair(noted *noted, int result, int first, int second);
/* It has made `result` of `source`; in the place of what was open there, where the call was given the number. */
void note_copied(noted *noted, int result, int source);
/* It has closed `former` and opened `result`, which mostly has the same number. */
void note_reopened(noted *noted, int result, int former);
/* It has come by a message. */
void note_received(noted *noted, int fd);
/* It has to do with a descriptor, which stays. */
void note_shaped(noted *noted, int result);

/* It has made a process. */
void note_forked(noted *noted, pid_t child);
/* vfork is about to be called. Nothing can come after it, so what it returns is not known: it is only counted. */
void note_vfork(const void *caller);

/* The number is about to be closed, or all from `first` to `last` that are open; and now the call has returned. */
void note_closing(noted *noted, int fd);
void note_closed(noted *noted, int result);
void note_closing_range(noted *noted, int first, int last);
void note_closed_range(noted *noted, int result);

/* A call on a descriptor failed. Begun without note_begin(), for it costs nothing otherwise. */
void note_used(enum call call, int fd, long result, const void *caller);
/* It did not fail, but reached another file than it was meant for. */
void note_used_late(enum call call, int fd, uint64_t start, long result, const void *caller);

#endif
