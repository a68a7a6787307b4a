/* Writes a pickle, protocol 5, of the dozen opcodes that a snapshot needs, without any memory of Python's.
 *
 * Errors are kept: after the first one nothing more is written, and sink_finish() tells it. */
#ifndef PYHANDLES_PICKLE_H
#define PYHANDLES_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SINK_MEMORY (-1) /* keep everything in the buffer, which grows */

typedef struct {
    int fd;    /* or SINK_MEMORY */
    int error; /* errno of the first failure, or 0 */
    char *buffer;
    size_t used, room;
    uint64_t offset; /* of the buffer's start in the file */
    uint32_t crc;     /* of the column under way */
    uint32_t outside; /* the checksum of all that is no column's data */
    uint64_t column_left; /* bytes of the column under way that are still to come */
} sink;

int sink_open(sink *sink, int fd);

/* Write out what is buffered. 0, or -1 with errno. Does not close the file. */
int sink_finish(sink *sink);

/* Release the memory. */
void sink_clear(sink *sink);

/* Write all the bytes to a file. 0, or an errno. */
int write_fully(int fd, const char *bytes, size_t length);

void pickle_begin(sink *sink);
void pickle_end(sink *sink);

void pickle_dict_begin(sink *sink);
void pickle_dict_end(sink *sink);
void pickle_list_begin(sink *sink);
void pickle_list_end(sink *sink);

void pickle_int(sink *sink, int64_t value);
void pickle_float(sink *sink, double value);
void pickle_bool(sink *sink, bool value);
void pickle_none(sink *sink);
void pickle_text(sink *sink, const char *text, size_t length);
void pickle_string(sink *sink, const char *text);

/* A dict's key and its value. */
void pickle_key_int(sink *sink, const char *key, int64_t value);
void pickle_key_string(sink *sink, const char *key, const char *text);

/* A column of `bytes` bytes in all, given piece by piece, aligned to eight in the file, with its checksum. */
void pickle_column_begin(sink *sink, const char *name, const char *type, uint64_t bytes);
void pickle_column_data(sink *sink, const void *data, size_t length);
void pickle_column_end(sink *sink);

/* The last key of the file's dict: the checksum of all that stands before its value, the columns' data left out. */
void pickle_checksum(sink *sink);

#endif
