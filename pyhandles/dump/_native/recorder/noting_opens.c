#include "noting_parts.h"

#include "../format.h"
#include "foreign.h"
#include "reconnects.h"

void
note_made(noted *noted, int result)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        noted->fd = result >= 0 ? result : noted->fd;
        if (result >= 0) {
            deed deed = note_deed(noted, noted->start + duration);
            noted->flags |= EVENT_OPENED;
            number_opened(result, &deed, false);
            foreign_opened(result, noted->call, noted->caller);
        }
        note_event(noted, duration);
    }
    errno = error;
}

void
note_accepted(noted *noted, int result, int listening)
{
    noted->other = result >= 0 ? listening : -1;
    note_made(noted, result);
}

void
note_pair(noted *noted, int result, int first, int second)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        if (result >= 0) {
            deed deed = note_deed(noted, noted->start + duration);
            noted->fd = first;
            noted->other = second;
            noted->about = ABOUT_BOTH;
            noted->flags |= EVENT_OPENED;
            number_opened(first, &deed, false);
            number_opened(second, &deed, false);
            foreign_opened(first, noted->call, noted->caller);
            foreign_opened(second, noted->call, noted->caller);
        }
        note_event(noted, duration);
    }
    errno = error;
}

void
note_copied(noted *noted, int result, int source)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        if (result >= 0 && result != source) {
            const number *number = number_of(result);
            bool replaced = number != NULL && number_state(number) == NUMBER_OPEN;
            deed deed = note_deed(noted, noted->start + duration);
            noted->flags |= EVENT_OPENED | (replaced ? EVENT_REPLACED : 0);
            number_opened(result, &deed, replaced);
            if (replaced) {
                foreign_lost(result);
            }
            foreign_opened(result, noted->call, noted->caller);
        }
        noted->fd = result < 0 ? source : result;
        noted->other = result < 0 ? -1 : source;
        noted->about = ABOUT_BOTH;
        note_event(noted, duration);
    }
    errno = error;
}

void
note_reopened(noted *noted, int result, int former)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        deed deed = note_deed(noted, noted->start + duration);
        noted->fd = result < 0 ? former : result;
        noted->other = former;
        noted->about = ABOUT_BOTH;
        if (result >= 0) {
            noted->flags |= EVENT_OPENED | (result == former ? EVENT_REPLACED : 0);
            number_opened(result, &deed, result == former);
        }
        else {
            noted->flags |= EVENT_CLOSED;
        }
        if (result != former) { /* also where it fails */
            number_closed(former, number_generation(former), &deed);
        }
        note_event(noted, duration);
    }
    errno = error;
}

void
note_received(noted *noted, int fd)
{
    noted->flags |= EVENT_RECEIVED;
    note_made(noted, fd);
}

void
note_shaped(noted *noted, int result)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        if (noted->call == CALL_connect && noted->error != EBADF && noted->error != ENOTSOCK) {
            reconnects_connected(noted->fd, noted);
        }
        note_event(noted, duration);
    }
    errno = error;
}

void
note_vfork(const void *caller)
{
    if (atomic_load_explicit(&recording, memory_order_relaxed)) {
        noted noted;
        note_begin(&noted, CALL_vfork, -1, caller);
        note_count(&noted, 0);
    }
}

void
note_forked(noted *noted, pid_t child)
{
    note_shaped(noted, (int)child);
}
