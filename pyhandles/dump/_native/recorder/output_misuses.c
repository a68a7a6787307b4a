/* Misuse in the file: the first of each kind at each site. */
#define _GNU_SOURCE
#include "output_parts.h"

#include "../tables.h"
#include "misuse.h"

typedef struct {
    uint32_t kind;
    uint64_t count, time;
    uint32_t thread, pid, call;
    int32_t fd;
    uint32_t stack;
    uint64_t closed_time;
    uint32_t closed_thread, closed_stack;
    uint64_t opened_time;
    uint32_t opened_thread, opened_stack;
} misuse_row;

static uint32_t
stack_of(output_tables *tables, const deed *deed)
{
    return deed->time == 0 ? FORMAT_NOTHING : output_stack(tables, deed->stack);
}

void
output_misuses_gather(output_tables *tables)
{
    for (uint32_t place = 0; place < MISUSES; place++) {
        misuse misuse;
        misuse_row *row = misuse_at(place, &misuse) ? output_append(tables, &tables->misuses) : NULL;
        if (row != NULL) {
            *row = (misuse_row){
                .kind = misuse.kind,
                .count = misuse.count,
                .time = output_time(tables, misuse.use.time),
                .thread = misuse.use.thread,
                .pid = (uint32_t)misuse.use.pid,
                .call = output_call(tables, misuse.use.call),
                .fd = misuse.fd,
                .stack = stack_of(tables, &misuse.use),
                .closed_time = output_time(tables, misuse.closed.time),
                .closed_thread = misuse.closed.thread,
                .closed_stack = stack_of(tables, &misuse.closed),
                .opened_time = output_time(tables, misuse.opened.time),
                .opened_thread = misuse.opened.thread,
                .opened_stack = stack_of(tables, &misuse.opened),
            };
        }
    }
}

static const column misuse_columns[] = {
    COLUMN(misuse_row, kind, "<u4"),        COLUMN(misuse_row, count, "<u8"),
    COLUMN(misuse_row, time, "<u8"),        COLUMN(misuse_row, thread, "<u4"),
    COLUMN(misuse_row, pid, "<u4"),         COLUMN(misuse_row, call, "<u4"),
    COLUMN(misuse_row, fd, "<i4"),          COLUMN(misuse_row, stack, "<u4"),
    COLUMN(misuse_row, closed_time, "<u8"), COLUMN(misuse_row, closed_thread, "<u4"),
    COLUMN(misuse_row, closed_stack, "<u4"), COLUMN(misuse_row, opened_time, "<u8"),
    COLUMN(misuse_row, opened_thread, "<u4"), COLUMN(misuse_row, opened_stack, "<u4"), COLUMNS_END,
};

void
output_misuses_init(output_tables *tables)
{
    vector_init(&tables->misuses, sizeof(misuse_row));
}

void
output_misuses_write(const output_tables *tables, sink *sink)
{
    write_table(sink, "misuses", &tables->misuses, misuse_columns);
}
