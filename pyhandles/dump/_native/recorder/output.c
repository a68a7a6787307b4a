/* The recording in the snapshot. Read while the service stands still or goes on: what is just being written is left out. */
#define _GNU_SOURCE
#include "recorder.h"

#include "../tables.h"
#include "events.h"
#include "hooking.h"
#include "output_parts.h"

#include <errno.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

typedef struct {
    int32_t fd;
    uint64_t time;
    uint32_t thread, pid, call, generation, stack;
} opening_row;

/* ---- what all rows need --------------------------------------------------------------------------------- */

static int64_t
now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

int64_t
output_offset(void)
{
    return now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
}

uint64_t
output_time(const output_tables *tables, uint64_t time)
{
    return time == 0 ? 0 : time + (uint64_t)tables->offset;
}

uint32_t
output_call(output_tables *tables, uint32_t call)
{
    uint32_t number = call < CALLS ? call : CALLS;
    if (tables->calls[number] == FORMAT_NOTHING) {
        tables->calls[number] = strings_add_literal(&tables->heap->strings, call_name((uint16_t)number));
    }
    return tables->calls[number];
}

void *
output_append(output_tables *tables, vector *rows)
{
    void *row = vector_append(rows);
    tables->failed |= row == NULL;
    return row;
}

static void
init(output_tables *tables, heap *heap)
{
    *tables = (output_tables){.heap = heap, .offset = output_offset()};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tables->calls); i++) {
        tables->calls[i] = FORMAT_NOTHING;
    }
    output_places_init(tables);
    output_events_init(tables);
    vector_init(&tables->openings, sizeof(opening_row));
    output_counters_init(tables);
    output_misuses_init(tables);
}

static void
clear(output_tables *tables)
{
    output_places_clear(tables);
    vector_clear(&tables->events);
    vector_clear(&tables->openings);
    vector_clear(&tables->counters);
    vector_clear(&tables->counter_errors);
    vector_clear(&tables->misuses);
}

/* ---- openings ------------------------------------------------------------------------------------------- */

/* False where none is known, or where it is just being noted. */
static bool
opening_of(int fd, deed *opened)
{
    const number *number = number_of(fd);
    if (number_state(number) != NUMBER_OPEN) {
        return false;
    }
    *opened = number->opened;
    atomic_thread_fence(memory_order_acquire);
    return opened->time != 0 && opened->generation == atomic_load(&number->generation) &&
           number_state(number) == NUMBER_OPEN;
}

static void
gather_openings(output_tables *tables)
{
    for (int fd = 0; fd < numbers_end(); fd++) {
        deed opened;
        opening_row *row = opening_of(fd, &opened) ? output_append(tables, &tables->openings) : NULL;
        if (row != NULL) {
            *row = (opening_row){
                .fd = fd,
                .time = output_time(tables, opened.time),
                .thread = opened.thread,
                .pid = (uint32_t)opened.pid,
                .call = output_call(tables, opened.call),
                .generation = opened.generation,
                .stack = output_stack(tables, opened.stack),
            };
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

void
recorder_header_write(sink *sink)
{
    pickle_string(sink, "recorder");
    if (!RECORDING) {
        pickle_none(sink);
        return;
    }
    pickle_dict_begin(sink);
    pickle_string(sink, "since");
    pickle_float(sink, (double)((int64_t)recorder_terms.since + output_offset()) / 1e9);
    pickle_key_int(sink, "depth", recorder_terms.depth);
    pickle_key_string(sink, "misuse", recorder_terms.misuse);
    pickle_key_int(sink, "events", (int64_t)events_count());
    pickle_key_int(sink, "numbers", NUMBERS);
    pickle_key_int(sink, "unseen", (int64_t)events_unseen());
    pickle_dict_end(sink);
}

static const column opening_columns[] = {
    COLUMN(opening_row, fd, "<i4"),   COLUMN(opening_row, time, "<u8"), COLUMN(opening_row, thread, "<u4"),
    COLUMN(opening_row, pid, "<u4"),  COLUMN(opening_row, call, "<u4"), COLUMN(opening_row, generation, "<u4"),
    COLUMN(opening_row, stack, "<u4"), COLUMNS_END,
};
int
recorder_write(heap *heap, sink *sink)
{
    output_tables tables;
    init(&tables, heap);
    if (RECORDING && !tables.failed) {
        output_events_gather(&tables);
        gather_openings(&tables);
        output_counters_gather(&tables);
        output_misuses_gather(&tables);
    }
    output_places_write(&tables, sink);
    output_events_write(&tables, sink);
    write_table(sink, "openings", &tables.openings, opening_columns);
    output_counters_write(&tables, sink);
    output_misuses_write(&tables, sink);
    clear(&tables);
    if (tables.failed) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}
