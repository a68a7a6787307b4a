#include "noting_parts.h"

#include "../format.h"
#include "counters.h"
#include "foreign.h"
#include "failures.h"
#include "misuse.h"
#include "reconnects.h"

/* A loop that closes one number after the other, open or not, is told by its counter; its events from here on would
 * push out all others. */
#define TOLD_OF_A_RUN 16

void
note_closing(noted *noted, int fd)
{
    int error = errno;
    note_where(noted);
    if (!noted->in_child) {
        noted->deed = note_deed(noted, noted->start);
        noted->generation = noted->deed.generation = number_closing(fd, &noted->deed);
        reconnects_closing(fd, noted->start);
    }
    errno = error;
}

static void
judge_failed_close(noted *noted, counter *counter)
{
    const number *number = number_of(noted->fd);
    if (noted->error != EBADF || number == NULL) {
        return;
    }
    if (number_state(number) == NUMBER_UNKNOWN) {
        atomic_fetch_add_explicit(&counter->unopened, 1, memory_order_relaxed);
    }
    else if (number_state(number) == NUMBER_CLOSED) {
        misuse_note(MISUSE_DOUBLE_CLOSE, noted->fd, &noted->deed);
    }
}

void
note_closed(noted *noted, int result)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    counter *counter = counter_of(noted->call, noted->where.site, noted->in_child || recorder_in_fork);
    counter_add(counter, duration, noted->error);
    failures_note(noted->error, NULL);
    uint32_t run = counter_run(counter, noted->fd);
    if (!noted->in_child) {
        if (noted->error != EBADF) { /* with any other error the kernel has closed it */
            number_closed(noted->fd, noted->generation, &noted->deed);
            noted->flags |= EVENT_CLOSED;
            foreign_closed(noted->fd, noted->generation, noted->caller, &noted->deed);
        }
        misuse_tried_close(noted->fd, &noted->where);
        judge_failed_close(noted, counter);
        if (noted->error == EBADF && run > TOLD_OF_A_RUN) {
            events_pass();
        }
        else {
            note_event(noted, duration);
        }
    }
    errno = error;
}

static int
last_known(int last)
{
    return last < numbers_end() - 1 ? last : numbers_end() - 1;
}

void
note_closing_range(noted *noted, int first, int last)
{
    int error = errno;
    note_where(noted);
    noted->fd = first;
    noted->other = last;
    noted->about = ABOUT_RANGE;
    noted->deed = note_deed(noted, noted->start);
    for (int fd = first; !noted->in_child && fd <= last_known(last); fd++) {
        number_closing(fd, &noted->deed);
        reconnects_closing(fd, noted->start);
    }
    errno = error;
}

void
note_closed_range(noted *noted, int result)
{
    int error = errno;
    uint64_t duration = note_returned(noted, result, error);
    if (note_count(noted, duration)) {
        if (result >= 0) {
            noted->flags |= EVENT_CLOSED;
            for (int fd = noted->fd; fd <= last_known(noted->other); fd++) {
                number *number = number_of(fd);
                if (number != NULL && number->closing.time == noted->start) {
                    number_closed(fd, number->closing.generation, &noted->deed);
                    foreign_lost(fd);
                }
            }
        }
        note_event(noted, duration);
    }
    errno = error;
}
