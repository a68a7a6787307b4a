/* What the parts of output*.c share: the rows on their way into the file, with numbers of its own for sites and stacks. */
#ifndef PYHANDLES_RECORDER_OUTPUT_PARTS_H
#define PYHANDLES_RECORDER_OUTPUT_PARTS_H

#include "../heap.h"
#include "../pickle.h"
#include "hooks.h"
#include "numbers.h"

typedef struct {
    heap *heap;
    int64_t offset;         /* from the monotonic clock to nanoseconds since 1970 */
    uint32_t calls[CALLS + 1]; /* text of each call's name, or FORMAT_NOTHING while it has none */
    vector site_numbers;    /* uint32_t: of each of the recorder's sites, its row + 1, or 0 while it has none */
    vector stack_numbers;   /* the same of its stacks */
    vector sites, stacks, stack_frames, events, openings, counters, counter_errors, misuses; /* rows; see format.py */
    uint32_t unknown_site;  /* row of the one that found no room, or FORMAT_NOTHING while there is none */
    bool failed;            /* no memory */
} output_tables;

/* Nanoseconds to be added to the monotonic clock's, now. */
int64_t output_offset(void);

/* 0 stays 0: not known. */
uint64_t output_time(const output_tables *tables, uint64_t time);
uint32_t output_call(output_tables *tables, uint32_t call);

/* A new row, zeroed; NULL where there is no memory, which is noted. */
void *output_append(output_tables *tables, vector *rows);

/* The row of a site or a stack, added if it is new; FORMAT_NOTHING for none. */
uint32_t output_site(output_tables *tables, uint32_t site);
uint32_t output_stack(output_tables *tables, uint32_t stack);
void output_places_init(output_tables *tables);
void output_places_clear(output_tables *tables);
void output_places_write(const output_tables *tables, sink *sink);

/* All events that are kept, by their sequence. */
void output_events_init(output_tables *tables);
void output_events_gather(output_tables *tables);
void output_events_write(const output_tables *tables, sink *sink);

void output_counters_init(output_tables *tables);
void output_counters_gather(output_tables *tables);
void output_counters_write(const output_tables *tables, sink *sink);

void output_misuses_init(output_tables *tables);
void output_misuses_gather(output_tables *tables);
void output_misuses_write(const output_tables *tables, sink *sink);

#endif
