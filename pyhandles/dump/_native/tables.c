#include "tables.h"

#include <string.h>

#define BATCH_BYTES 4096

void
table_begin(sink *sink, const char *name, uint64_t rows)
{
    pickle_string(sink, name);
    pickle_dict_begin(sink);
    pickle_key_int(sink, "rows", (int64_t)rows);
    pickle_string(sink, "columns");
    pickle_dict_begin(sink);
}

void
table_end(sink *sink)
{
    pickle_dict_end(sink);
    pickle_dict_end(sink);
}

static void
write_column(sink *sink, const vector *rows, const column *column)
{
    size_t width = (size_t)(column->type[2] - '0');
    char batch[BATCH_BYTES];
    size_t used = 0;
    const char *field = (const char *)rows->data + column->offset;
    pickle_column_begin(sink, column->name, column->type, rows->length * width);
    for (size_t i = 0; i < rows->length; i++, field += rows->width) {
        memcpy(batch + used, field, width);
        used += width;
        if (used + width > sizeof(batch)) {
            pickle_column_data(sink, batch, used);
            used = 0;
        }
    }
    pickle_column_data(sink, batch, used);
    pickle_column_end(sink);
}

void
write_table(sink *sink, const char *name, const vector *rows, const column *columns)
{
    table_begin(sink, name, rows->length);
    for (; columns->name != NULL; columns++) {
        write_column(sink, rows, columns);
    }
    table_end(sink);
}
