/* The counters in the file, and the errors of each. */
#define _GNU_SOURCE
#include "output_parts.h"

#include "../tables.h"
#include "counters.h"

#include <stddef.h>

typedef struct {
    uint32_t call, site, flags;
    uint64_t count, errors, nanoseconds, unopened;
    int32_t run_first, run_last;
} counter_row;

typedef struct {
    uint32_t counter;
    int32_t error;
    uint64_t count;
} error_row;

static void
add_error(output_tables *tables, uint32_t counter, uint32_t error, uint64_t count)
{
    error_row *row = count == 0 ? NULL : output_append(tables, &tables->counter_errors);
    if (row != NULL) {
        *row = (error_row){counter, (int32_t)error, count};
    }
}

/* Of one number there is no run. */
static void
put_run(counter_row *row, uint64_t run)
{
    uint32_t first = (uint32_t)(run >> 32), last = (uint32_t)run;
    row->run_first = last > first ? (int32_t)first : -1;
    row->run_last = last > first ? (int32_t)last : -1;
}

void
output_counters_gather(output_tables *tables)
{
    for (uint32_t place = 0; place < COUNTERS_PLACES; place++) {
        uint16_t call;
        uint32_t site, number = (uint32_t)tables->counters.length;
        bool in_child;
        const counter *counter = counters_at(place, &call, &site, &in_child);
        uint64_t count = counter == NULL ? 0 : atomic_load(&counter->count);
        counter_row *row = count == 0 ? NULL : output_append(tables, &tables->counters);
        if (row == NULL) {
            continue;
        }
        *row = (counter_row){
            .call = output_call(tables, call),
            .site = output_site(tables, site),
            .flags = in_child ? COUNTER_IN_CHILDREN : 0,
            .count = count,
            .errors = atomic_load(&counter->errors),
            .nanoseconds = atomic_load(&counter->nanoseconds),
            .unopened = atomic_load(&counter->unopened),
        };
        put_run(row, atomic_load(&counter->longest));
        for (int i = 0; i < COUNTED_ERRORS; i++) {
            add_error(tables, number, atomic_load(&counter->by_error[i].error), atomic_load(&counter->by_error[i].count));
        }
        add_error(tables, number, 0, atomic_load(&counter->other_errors));
    }
}

static const column counter_columns[] = {
    COLUMN(counter_row, call, "<u4"),        COLUMN(counter_row, site, "<u4"),     COLUMN(counter_row, flags, "<u4"),
    COLUMN(counter_row, count, "<u8"),       COLUMN(counter_row, errors, "<u8"),   COLUMN(counter_row, nanoseconds, "<u8"),
    COLUMN(counter_row, unopened, "<u8"),    COLUMN(counter_row, run_first, "<i4"), COLUMN(counter_row, run_last, "<i4"),
    COLUMNS_END,
};
static const column error_columns[] = {
    COLUMN(error_row, counter, "<u4"), {"errno", "<i4", offsetof(error_row, error)}, COLUMN(error_row, count, "<u8"),
    COLUMNS_END,
};
void
output_counters_init(output_tables *tables)
{
    vector_init(&tables->counters, sizeof(counter_row));
    vector_init(&tables->counter_errors, sizeof(error_row));
}

void
output_counters_write(const output_tables *tables, sink *sink)
{
    write_table(sink, "counters", &tables->counters, counter_columns);
    write_table(sink, "counter_errors", &tables->counter_errors, error_columns);
}
