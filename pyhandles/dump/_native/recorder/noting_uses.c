#include "noting_parts.h"

#include "failures.h"
#include "late.h"
#include "misuse.h"
#include "vfork.h"

/* Note it. Is it not to be made? */
static bool
is_refused_as_late(noted *noted, uint64_t time)
{
    note_where(noted);
    deed deed = note_deed(noted, time);
    misuse_note(MISUSE_LATE_USE, noted->fd, &deed);
    return misuse_forbids();
}

bool
note_refuses(noted *noted)
{
    if (noted->generation == number_generation(noted->fd) || noted->in_child) {
        return false;
    }
    if (!is_refused_as_late(noted, recorder_now())) {
        return false;
    }
    errno = EBADF;
    return true;
}

static bool
says_that_it_was_closed(int error, int fd)
{
    const number *number = number_of(fd);
    return (error == EBADF || error == ENOTSOCK) && number != NULL && number_state(number) == NUMBER_CLOSED;
}

static noted
used(enum call call, int fd, long result, int error, const void *caller)
{
    return (noted){
        .start = recorder_now(),
        .caller = caller,
        .call = told_calls[call],
        .in_child = in_vfork_child(),
        .fd = fd,
        .other = -1,
        .generation = number_generation(fd),
        .result = (int)result,
        .error = error,
    };
}

bool
note_refuses_late(enum call call, int fd, const void *caller)
{
    int error = errno;
    uint32_t meant;
    if (!late_look(call, fd, &meant)) {
        return false;
    }
    noted noted = used(call, fd, 0, 0, caller);
    noted.generation = meant;
    bool refused = is_refused_as_late(&noted, noted.start);
    errno = refused ? EBADF : error;
    return refused;
}

void
note_used(enum call call, int fd, long result, const void *caller)
{
    int error = errno;
    if (error == EBADF || error == ENOTSOCK || error == EPIPE) {
        noted noted = used(call, fd, result, error, caller);
        if (note_count(&noted, 0)) {
            if (says_that_it_was_closed(error, fd)) {
                deed deed = note_deed(&noted, noted.start);
                misuse_note(MISUSE_USE_AFTER_CLOSE, fd, &deed);
            }
            note_event(&noted, 0);
        }
    }
    else {
        failures_note(error, NULL);
    }
    errno = error;
}

void
note_used_late(enum call call, int fd, uint64_t start, long result, const void *caller)
{
    int error = errno;
    noted noted = used(call, fd, result, 0, caller);
    uint64_t duration = noted.start - start;
    noted.start = start;
    noted.widened = true; /* else it is not known to be late */
    if (note_count(&noted, duration)) {
        note_event(&noted, duration);
    }
    errno = error;
}
