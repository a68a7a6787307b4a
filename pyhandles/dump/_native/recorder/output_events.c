/* The events in the file: those of the ring and those that each number keeps, each once, by their sequence. */
#define _GNU_SOURCE
#include "output_parts.h"

#include "../redact.h"
#include "../sockets.h"
#include "../tables.h"
#include "events.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define IN_RING (-1)
#define CUT "…"

/* Where an event is to be found. */
typedef struct {
    uint64_t sequence;
    int32_t fd; /* or IN_RING */
    uint32_t place;
} found_event;

typedef struct {
    uint64_t sequence, time, duration;
    uint32_t thread, call;
    int32_t fd, other, result, error;
    uint32_t flags, generation, stack, detail;
} event_row;

/* ---- in their order ------------------------------------------------------------------------------------- */

static bool
take(const found_event *found, event *event, uint64_t *sequence)
{
    return found->fd == IN_RING ? events_in_ring(found->place, event, sequence)
                                : events_of_number(found->fd, found->place, event, sequence);
}

static void
find(output_tables *tables, vector *all, int32_t fd, uint32_t places)
{
    for (uint32_t place = 0; place < places; place++) {
        found_event found = {0, fd, place};
        event event;
        if (take(&found, &event, &found.sequence) && vector_extend(all, &found, 1) < 0) {
            tables->failed = true;
            return;
        }
    }
}

static void
sink_down(found_event *heap, size_t root, size_t length)
{
    found_event moved = heap[root];
    for (size_t child = 2 * root + 1; child < length; root = child, child = 2 * root + 1) {
        child += child + 1 < length && heap[child].sequence < heap[child + 1].sequence;
        if (heap[child].sequence <= moved.sequence) {
            break;
        }
        heap[root] = heap[child];
    }
    heap[root] = moved;
}

/* By their sequence. qsort() may ask for memory. */
static void
sort(found_event *all, size_t length)
{
    for (size_t root = length / 2; root-- > 0;) {
        sink_down(all, root, length);
    }
    for (size_t last = length; last-- > 1;) {
        found_event largest = all[0];
        all[0] = all[last];
        all[last] = largest;
        sink_down(all, 0, last);
    }
}

/* ---- what they are about -------------------------------------------------------------------------------- */

static uint32_t
add_bytes(heap *heap, const char *bytes, size_t length, bool cut_before, bool cut_behind)
{
    char utf8[3 * ADDRESS_BYTES + 2 * sizeof(CUT)], *end = utf8;
    if (cut_before) {
        end = stpcpy(end, CUT);
    }
    end += bytes_to_utf8(bytes, length, end, 3 * ADDRESS_BYTES);
    if (cut_behind) {
        end = stpcpy(end, CUT);
    }
    return strings_add(&heap->strings, utf8, (size_t)(end - utf8));
}

static uint32_t
add_redacted(heap *heap, const char *bytes, size_t length, sa_family_t family, bool cut_before, bool cut_behind)
{
    static char utf8[3 * ADDRESS_BYTES + 1], redacted[REDACTED_BYTES(sizeof(utf8)) + 2 * sizeof(CUT)];
    char *start = redacted;
    utf8[bytes_to_utf8(bytes, length, utf8, sizeof(utf8) - 1)] = '\0';
    if (cut_before) {
        start = stpcpy(start, CUT);
    }
    const descriptor as = {.family = family};
    if (family == AF_UNSPEC) {
        redact_path(heap, utf8, start);
    }
    else {
        redact_address(heap, &as, utf8, start);
    }
    if (cut_behind) {
        strcat(redacted, CUT);
    }
    return strings_add_literal(&heap->strings, redacted);
}

/* The end of a long name begins with a whole part, or with a whole character where there is one part only. */
static uint32_t
name_of_file(heap *heap, const event *event)
{
    const char *name = event->detail, *end = name + event->detail_bytes;
    if (event->detail_is_cut) {
        const char *slash = memchr(name, '/', event->detail_bytes);
        name = slash == NULL ? name : slash;
        while (name < end && (*name & 0xC0) == 0x80) {
            name++;
        }
    }
    return heap->redact ? add_redacted(heap, name, (size_t)(end - name), AF_UNSPEC, event->detail_is_cut, false)
                        : add_bytes(heap, name, (size_t)(end - name), event->detail_is_cut, false);
}

static uint32_t
address(heap *heap, const event *event)
{
    struct sockaddr_storage storage;
    char text[ADDRESS_BYTES];
    memset(&storage, 0, sizeof(storage));
    memcpy(&storage, event->detail, event->detail_bytes);
    socket_address_text(&storage, event->detail_bytes, text);
    size_t shown = strlen(text);
    /* Most that is cut is what follows the zero at a name's end. */
    bool cut = event->detail_is_cut && storage.ss_family == AF_UNIX && shown >= DETAIL_BYTES - sizeof(sa_family_t);
    return heap->redact ? add_redacted(heap, text, shown, storage.ss_family, false, cut)
                        : add_bytes(heap, text, shown, false, cut);
}

static uint32_t
detail(heap *heap, const event *event)
{
    return event->detail_kind == DETAIL_PATH      ? name_of_file(heap, event)
           : event->detail_kind == DETAIL_ADDRESS ? address(heap, event)
                                                  : FORMAT_NOTHING;
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

static void
add(output_tables *tables, const event *event, uint64_t sequence)
{
    event_row *row = output_append(tables, &tables->events);
    if (row == NULL) {
        return;
    }
    *row = (event_row){
        .sequence = sequence,
        .time = output_time(tables, event->time),
        .duration = event->duration,
        .thread = event->thread,
        .call = output_call(tables, event->call),
        .fd = event->fd,
        .other = event->other,
        .result = event->result,
        .error = event->error,
        .flags = event->flags,
        .generation = event->generation,
        .stack = output_stack(tables, event->stack),
        .detail = detail(tables->heap, event),
    };
}

void
output_events_init(output_tables *tables)
{
    vector_init(&tables->events, sizeof(event_row));
}

void
output_events_gather(output_tables *tables)
{
    vector all;
    vector_init(&all, sizeof(found_event));
    find(tables, &all, IN_RING, RING);
    for (int fd = 0; fd < numbers_end(); fd++) {
        find(tables, &all, fd, KEPT_OF_A_NUMBER);
    }
    sort(all.data, all.length);
    uint64_t last = 0;
    for (size_t i = 0; i < all.length; i++) {
        const found_event *found = &VECTOR_AT(found_event, &all, i);
        event event;
        uint64_t sequence;
        /* In place, another may have taken its place meanwhile. */
        if (found->sequence > last && take(found, &event, &sequence) && sequence == found->sequence) {
            add(tables, &event, sequence);
            last = sequence;
        }
    }
    vector_clear(&all);
}

static const column columns[] = {
    COLUMN(event_row, sequence, "<u8"),
    COLUMN(event_row, time, "<u8"),
    COLUMN(event_row, duration, "<u8"),
    COLUMN(event_row, thread, "<u4"),
    COLUMN(event_row, call, "<u4"),
    COLUMN(event_row, fd, "<i4"),
    COLUMN(event_row, other, "<i4"),
    COLUMN(event_row, result, "<i4"),
    {"errno", "<i4", offsetof(event_row, error)},
    COLUMN(event_row, flags, "<u4"),
    COLUMN(event_row, generation, "<u4"),
    COLUMN(event_row, stack, "<u4"),
    COLUMN(event_row, detail, "<u4"),
    COLUMNS_END,
};

void
output_events_write(const output_tables *tables, sink *sink)
{
    write_table(sink, "events", &tables->events, columns);
}
