#define _GNU_SOURCE
#include "poll_sets.h"

#include "surroundings.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define PIPE_HOLDS 4096 /* a pipe takes so much at least, even of a user who has filled too many */
#define POLLS_A_TIME (PIPE_HOLDS / sizeof(struct pollfd))
#define BITS_A_WORD (8 * sizeof(unsigned long))
#define MOST_WORDS (MOST_WATCHED / BITS_A_WORD)

typedef struct {
    vector *watches;
    uint64_t thread;
    int through, from;
} reading_sets;

/* At most PIPE_HOLDS bytes. */
static bool
read_memory(const reading_sets *sets, uint64_t address, void *copy, size_t bytes)
{
    ssize_t written = write(sets->through, (const void *)(uintptr_t)address, bytes);
    return written > 0 && read(sets->from, copy, (size_t)written) == written && (size_t)written == bytes;
}

static int
add(const reading_sets *sets, int fd, uint32_t events)
{
    watch_row *row = vector_append(sets->watches);
    if (row == NULL) {
        return -1;
    }
    *row = (watch_row){.set = -1, .native = sets->thread, .fd = fd, .events = events};
    return 0;
}

static int
read_poll(const reading_sets *sets, uint64_t address, uint64_t count)
{
    struct pollfd some[POLLS_A_TIME];
    for (uint64_t done = 0; done < count && done < MOST_WATCHED; done += POLLS_A_TIME) {
        size_t now = count - done < POLLS_A_TIME ? (size_t)(count - done) : POLLS_A_TIME;
        if (!read_memory(sets, address + done * sizeof(struct pollfd), some, now * sizeof(struct pollfd))) {
            return -1;
        }
        for (size_t i = 0; i < now; i++) {
            if (some[i].fd >= 0 && add(sets, some[i].fd, (uint16_t)some[i].events) < 0) {
                return -1;
            }
        }
    }
    return count > MOST_WATCHED ? -1 : 0;
}

static int
read_select(const reading_sets *sets, uint64_t highest, const uint64_t addresses[3])
{
    static const uint32_t events[] = {POLLIN, POLLOUT, POLLPRI};
    unsigned long bits[3][MOST_WORDS];
    uint64_t count = highest < MOST_WATCHED ? highest : MOST_WATCHED;
    size_t words = (size_t)(count + BITS_A_WORD - 1) / BITS_A_WORD; /* as the kernel reads them */
    memset(bits, 0, sizeof(bits));
    for (int set = 0; set < 3; set++) {
        if (addresses[set] != 0 && words > 0 &&
            !read_memory(sets, addresses[set], bits[set], words * sizeof(unsigned long))) {
            return -1;
        }
    }
    for (size_t fd = 0; fd < count; fd++) {
        uint32_t wanted = 0;
        for (int set = 0; set < 3; set++) {
            wanted |= bits[set][fd / BITS_A_WORD] >> fd % BITS_A_WORD & 1 ? events[set] : 0;
        }
        if (wanted && add(sets, (int)fd, wanted) < 0) {
            return -1;
        }
    }
    return highest > MOST_WATCHED ? -1 : 0;
}

int
poll_set_read(vector *watches, uint64_t thread, const kernel_call *call, const uint64_t arguments[CALL_ARGUMENTS],
              int through, int from)
{
    const reading_sets sets = {watches, thread, through, from};
    switch (call->watches) {
        case WATCHES_POLL:
            return read_poll(&sets, arguments[0], (uint32_t)arguments[1]);
        case WATCHES_SELECT:
            return read_select(&sets, (int32_t)arguments[0] > 0 ? (uint32_t)arguments[0] : 0, arguments + 1);
        default:
            return 0;
    }
}
