#define _GNU_SOURCE
#include "texts.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_SLOTS 8192
#define LONGEST_BYTES 4000
#define LONGEST_CHARACTERS 1000

static uint32_t *
map_slots(size_t count)
{
    void *pages = mmap(NULL, count * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

int
strings_init(string_table *table)
{
    memset(table, 0, sizeof(*table));
    vector_init(&table->text, 1);
    vector_init(&table->ends, sizeof(uint32_t));
    vector_init(&table->hashes, sizeof(uint32_t));
    table->mask = FIRST_SLOTS - 1;
    table->slots = map_slots(FIRST_SLOTS);
    return table->slots == NULL ? -1 : 0;
}

void
strings_clear(string_table *table)
{
    if (table->slots != NULL) {
        munmap(table->slots, (table->mask + 1) * sizeof(uint32_t));
        table->slots = NULL;
    }
    vector_clear(&table->text);
    vector_clear(&table->ends);
    vector_clear(&table->hashes);
}

static uint32_t
hash_text(const char *text, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static bool
entry_equals(const string_table *table, uint32_t index, const char *text, size_t length)
{
    const uint32_t *ends = table->ends.data;
    uint32_t start = index == 0 ? 0 : ends[index - 1];
    return ends[index] - start == length && memcmp((char *)table->text.data + start, text, length) == 0;
}

static int
grow(string_table *table)
{
    size_t mask = table->mask * 2 + 1;
    uint32_t *slots = map_slots(mask + 1);
    if (slots == NULL) {
        return -1;
    }
    const uint32_t *hashes = table->hashes.data;
    for (size_t i = 0; i < table->hashes.length; i++) {
        size_t slot = hashes[i] & mask;
        while (slots[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = (uint32_t)i + 1;
    }
    munmap(table->slots, (table->mask + 1) * sizeof(uint32_t));
    table->slots = slots;
    table->mask = mask;
    return 0;
}

uint32_t
strings_add(string_table *table, const char *text, size_t length)
{
    uint32_t hash = hash_text(text, length);
    const uint32_t *hashes = table->hashes.data;
    size_t slot = hash & table->mask;
    for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask) {
        uint32_t index = table->slots[slot] - 1;
        if (hashes[index] == hash && entry_equals(table, index, text, length)) {
            return index;
        }
    }
    if (table->text.length + length >= UINT32_MAX) {
        errno = EOVERFLOW;
        table->failed = true;
        return NO_STRING;
    }
    uint32_t end = (uint32_t)(table->text.length + length);
    if (vector_extend(&table->text, text, length) < 0 || vector_extend(&table->ends, &end, 1) < 0 ||
        vector_extend(&table->hashes, &hash, 1) < 0) {
        table->failed = true;
        return NO_STRING;
    }
    table->slots[slot] = (uint32_t)table->ends.length;
    if (table->ends.length * 10 > (table->mask + 1) * 7 && grow(table) < 0) {
        table->failed = true;
        return NO_STRING;
    }
    return (uint32_t)table->ends.length - 1;
}

uint32_t
strings_add_literal(string_table *table, const char *text)
{
    return strings_add(table, text, strlen(text));
}

uint32_t
strings_add_object(string_table *table, PyObject *object)
{
    if (object == NULL || !PyUnicode_Check(object)) {
        return NO_STRING;
    }
    size_t place = ((uintptr_t)object >> 4) % STRING_CACHE;
    if (table->cache[place].object == object) {
        return table->cache[place].index;
    }
    char buffer[LONGEST_BYTES];
    uint32_t index = strings_add(table, buffer, unicode_to_utf8(object, buffer, sizeof(buffer)));
    if (index != NO_STRING) {
        table->cache[place].object = object;
        table->cache[place].index = index;
    }
    return index;
}

static size_t
encode_character(Py_UCS4 character, char *out)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xC0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xE0 | character >> 12);
        out[1] = (char)(0x80 | (character >> 6 & 0x3F));
        out[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | character >> 18);
    out[1] = (char)(0x80 | (character >> 12 & 0x3F));
    out[2] = (char)(0x80 | (character >> 6 & 0x3F));
    out[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

bool
unicode_is_readable(PyObject *object)
{
#if PY_VERSION_HEX < 0x030c0000
    return PyUnicode_IS_READY(object); /* a legacy string without its data yet */
#else
    (void)object;
    return true;
#endif
}

size_t
unicode_to_utf8(PyObject *object, char *buffer, size_t room)
{
    if (!unicode_is_readable(object)) {
        return 0;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(object);
    if (length > LONGEST_CHARACTERS) {
        length = LONGEST_CHARACTERS;
    }
    int kind = PyUnicode_KIND(object);
    const void *data = PyUnicode_DATA(object);
    size_t used = 0;
    for (Py_ssize_t i = 0; i < length && used + 4 <= room; i++) {
        used += encode_character(PyUnicode_READ(kind, data, i), buffer + used);
    }
    return used;
}

/* As RFC 3629 has it. */
size_t
character_length(const unsigned char *bytes, size_t length)
{
    unsigned char first = bytes[0];
    size_t count = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (count > length) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (first == 0xE0 && bytes[1] < 0xA0) || (first == 0xF0 && bytes[1] < 0x90);
    bool excluded = (first == 0xED && bytes[1] >= 0xA0) || (first == 0xF4 && bytes[1] >= 0x90);
    return overlong || excluded ? 0 : count;
}

size_t
bytes_to_utf8(const char *text, size_t length, char *buffer, size_t room)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t used = 0;
    for (size_t at = 0; at < length && used + 4 <= room;) {
        size_t count = character_length(bytes + at, length - at);
        if (count == 0) {
            used += encode_character(0xDC00 + bytes[at++], buffer + used);
            continue;
        }
        memcpy(buffer + used, bytes + at, count);
        used += count;
        at += count;
    }
    return used;
}

bool
unicode_equals(PyObject *object, const char *text)
{
    if (!PyUnicode_Check(object) || !unicode_is_readable(object) || !PyUnicode_IS_ASCII(object)) {
        return false;
    }
    size_t length = (size_t)PyUnicode_GET_LENGTH(object);
    return length == strlen(text) && memcmp(PyUnicode_DATA(object), text, length) == 0;
}
