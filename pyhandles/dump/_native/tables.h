/* Rows in memory, columns in the file. */
#ifndef PYHANDLES_TABLES_H
#define PYHANDLES_TABLES_H

#include "vectors.h"
#include "pickle.h"

typedef struct {
    const char *name;
    const char *type; /* "<u4" and the like; its last character is the width in bytes */
    size_t offset;    /* in a row */
} column;

#define COLUMN(row, field, type) {#field, type, offsetof(row, field)}
#define COLUMNS_END {NULL, NULL, 0}

/* Write a table of `rows` (a vector of structs), a column for each entry of `columns`. */
void write_table(sink *sink, const char *name, const vector *rows, const column *columns);

/* The parts of it, for tables whose columns are written in another way. */
void table_begin(sink *sink, const char *name, uint64_t rows);
void table_end(sink *sink);

#endif
