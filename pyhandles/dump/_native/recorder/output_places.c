/* Sites and stacks in the file: those that something refers to, and no others. */
#define _GNU_SOURCE
#include "output_parts.h"

#include "../tables.h"

#include <string.h>

typedef struct {
    uint32_t file, function, line, flags;
} site_row;

typedef struct {
    uint32_t end, site;
} stack_row;

static uint32_t
text(output_tables *tables, const char *text)
{
    return text == NULL ? FORMAT_NOTHING : strings_add_literal(&tables->heap->strings, text);
}

/* Gives its number, or FORMAT_NOTHING where there is no memory. */
static uint32_t
append(output_tables *tables, vector *rows, const void *row)
{
    if (vector_extend(rows, row, 1) < 0) {
        tables->failed = true;
        return FORMAT_NOTHING;
    }
    return (uint32_t)rows->length - 1;
}

static void
init_numbers(output_tables *tables, vector *numbers, uint32_t count)
{
    vector_init(numbers, sizeof(uint32_t));
    if (vector_reserve(numbers, count) < 0) {
        tables->failed = true;
        return;
    }
    numbers->length = count; /* mapped memory is zeroed */
}

void
output_places_init(output_tables *tables)
{
    vector_init(&tables->sites, sizeof(site_row));
    vector_init(&tables->stacks, sizeof(stack_row));
    vector_init(&tables->stack_frames, sizeof(uint32_t));
    init_numbers(tables, &tables->site_numbers, stacks_site_count());
    init_numbers(tables, &tables->stack_numbers, stacks_count());
    tables->unknown_site = FORMAT_NOTHING;
}

void
output_places_clear(output_tables *tables)
{
    vector_clear(&tables->site_numbers);
    vector_clear(&tables->stack_numbers);
    vector_clear(&tables->sites);
    vector_clear(&tables->stacks);
    vector_clear(&tables->stack_frames);
}

uint32_t
output_site(output_tables *tables, uint32_t number)
{
    site site;
    if (number >= tables->site_numbers.length || !stacks_site(number, &site)) {
        return FORMAT_NOTHING;
    }
    uint32_t *known = &VECTOR_AT(uint32_t, &tables->site_numbers, number);
    if (*known == 0) {
        site_row row = {text(tables, site.file), text(tables, site.function), site.line, site.flags};
        *known = append(tables, &tables->sites, &row) + 1;
    }
    return *known - 1;
}

/* A frame whose site found no room is a frame all the same. */
static uint32_t
site_of_frame(output_tables *tables, uint32_t number)
{
    uint32_t site = output_site(tables, number);
    if (site != FORMAT_NOTHING) {
        return site;
    }
    if (tables->unknown_site == FORMAT_NOTHING) {
        site_row row = {FORMAT_NOTHING, FORMAT_NOTHING, 0, 0};
        tables->unknown_site = append(tables, &tables->sites, &row);
    }
    return tables->unknown_site;
}

uint32_t
output_stack(output_tables *tables, uint32_t number)
{
    if (number >= tables->stack_numbers.length) {
        return FORMAT_NOTHING;
    }
    uint32_t *known = &VECTOR_AT(uint32_t, &tables->stack_numbers, number);
    if (*known == 0) {
        uint32_t frames[DEEPEST_STACK], told;
        unsigned count = stacks_frames(number, frames, &told);
        if (count == 0) {
            return FORMAT_NOTHING;
        }
        for (unsigned i = 0; i < count; i++) {
            uint32_t site = site_of_frame(tables, frames[i]);
            append(tables, &tables->stack_frames, &site);
        }
        stack_row row = {(uint32_t)tables->stack_frames.length, output_site(tables, told)};
        *known = append(tables, &tables->stacks, &row) + 1;
    }
    return *known - 1;
}

static const column site_columns[] = {
    COLUMN(site_row, file, "<u4"), COLUMN(site_row, function, "<u4"), COLUMN(site_row, line, "<u4"),
    COLUMN(site_row, flags, "<u4"), COLUMNS_END,
};
static const column stack_columns[] = {COLUMN(stack_row, end, "<u4"), COLUMN(stack_row, site, "<u4"), COLUMNS_END};
static const column frame_columns[] = {{"site", "<u4", 0}, COLUMNS_END};

void
output_places_write(const output_tables *tables, sink *sink)
{
    write_table(sink, "sites", &tables->sites, site_columns);
    write_table(sink, "stacks", &tables->stacks, stack_columns);
    write_table(sink, "stack_frames", &tables->stack_frames, frame_columns);
}
