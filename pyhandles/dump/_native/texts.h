/* The texts of a snapshot, each once: names of attributes, types, functions, files. */
#ifndef PYHANDLES_TEXTS_H
#define PYHANDLES_TEXTS_H

#include "compat.h"
#include "vectors.h"

#define NO_STRING UINT32_MAX
#define STRING_CACHE 4096

typedef struct {
    vector text;     /* char: UTF-8, one behind the other */
    vector ends;     /* uint32_t: where each ends */
    vector hashes;   /* uint32_t, so that growing need not read the text */
    uint32_t *slots; /* index + 1, or 0 */
    size_t mask;
    bool failed; /* a text is missing, for want of memory */
    struct {
        PyObject *object;
        uint32_t index;
    } cache[STRING_CACHE]; /* by address: most names are interned and come again at once */
} string_table;

int strings_init(string_table *table);
void strings_clear(string_table *table);

/* The number of a text; NO_STRING where there is no memory. Lone surrogates pass through, as UTF-8 of a kind. */
uint32_t strings_add(string_table *table, const char *text, size_t length);
uint32_t strings_add_literal(string_table *table, const char *text);

/* The number of a str's text, cut at 1,000 characters; NO_STRING for anything else and for NULL. */
uint32_t strings_add_object(string_table *table, PyObject *object);

/* Write a str as UTF-8, at most `room` bytes, never half a character. Returns the bytes written. */
size_t unicode_to_utf8(PyObject *object, char *buffer, size_t room);

/* Write what may be any bytes, such as a file's name, as UTF-8, at most `room` bytes, never half a character. Bytes that
 * are none become lone surrogates, as Python's "surrogateescape" has them. Returns the bytes written. */
size_t bytes_to_utf8(const char *bytes, size_t length, char *buffer, size_t room);

/* The length of the character that valid UTF-8 starts with; 0 for anything else. `length` is at least 1. */
size_t character_length(const unsigned char *bytes, size_t length);

/* False for a legacy str that has no data yet: it has a length, and nothing else may be asked of it. */
bool unicode_is_readable(PyObject *object);

/* Is this str equal to the ASCII text? */
bool unicode_equals(PyObject *object, const char *text);

#endif
