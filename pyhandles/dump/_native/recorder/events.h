/* The last events: of all numbers in one ring, and of each number in a small one of its own. */
#ifndef PYHANDLES_RECORDER_EVENTS_H
#define PYHANDLES_RECORDER_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#define RING 16384
#define KEPT_OF_A_NUMBER 8
#define DETAIL_BYTES 56

enum detail_kind {
    DETAIL_NONE,
    DETAIL_PATH,    /* the end of a file's name, no terminator */
    DETAIL_ADDRESS, /* a struct sockaddr, of so many bytes */
};

typedef struct event {
    uint64_t time, duration; /* nanoseconds, on the monotonic clock */
    uint32_t thread;
    int32_t fd, other, result;
    uint32_t generation;
    uint32_t stack;
    uint16_t call;
    int16_t error;
    uint8_t flags; /* enum event_flag of ../format.h */
    uint8_t detail_kind, detail_bytes;
    bool detail_is_cut;
    char detail[DETAIL_BYTES];
} event;

/* Once a process. 0, or -1 with errno. */
int events_prepare(void);

/* Which numbers an event is kept with: the one, the other as well, or all that it closed of a range. That of a socket
 * which connections come in by is not: they would push out what happened to it. */
enum about { ABOUT_ONE, ABOUT_BOTH, ABOUT_RANGE };

/* Places for one event, in the ring and with the numbers that it is about: NULL, or to be filled in. */
typedef struct {
    uint64_t sequence;
    event *places[3];
} claim;

claim events_claim(int fd, int other, enum about about);

/* They are filled in, by what the first says. */
void events_publish(const claim *claim, enum about about);

/* One is to come, of this number it may be: have its place at hand. */
void events_expect(int fd);

/* Only counted: it would push others out that say more. */
void events_pass(void);

void events_forget(void);

/* How many there have been in this process. */
uint64_t events_count(void);

/* Events that had no number's record to go to. */
uint64_t events_unseen(void);

/* For readers, a capture's child among them: the event in this place, and its sequence number from 1 on; false where
 * there is none, or where it is just being written. */
bool events_in_ring(uint32_t place, event *event, uint64_t *sequence);
bool events_of_number(int fd, uint32_t place, event *event, uint64_t *sequence);

#endif
