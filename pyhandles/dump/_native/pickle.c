#define _GNU_SOURCE
#include "pickle.h"

#include "crc.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)1 << 20)

int
sink_open(sink *sink, int fd)
{
    memset(sink, 0, sizeof(*sink));
    sink->fd = fd;
    void *memory = mmap(NULL, FIRST_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return -1;
    }
    sink->buffer = memory;
    sink->room = FIRST_ROOM;
    return 0;
}

int
write_fully(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
        else if (count == 0 || errno != EINTR) {
            return count == 0 ? EIO : errno;
        }
    }
    return 0;
}

static void
fail(sink *sink, int error)
{
    sink->error = sink->error ? sink->error : error;
}

static void
flush(sink *sink)
{
    if (!sink->error) {
        fail(sink, write_fully(sink->fd, sink->buffer, sink->used));
    }
    sink->offset += sink->used;
    sink->used = 0;
}

static void
grow(sink *sink)
{
    void *memory = mremap(sink->buffer, sink->room, sink->room * 2, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) {
        fail(sink, ENOMEM);
        sink->used = 0; /* it is lost anyway, and whoever goes on writing needs room */
        return;
    }
    sink->buffer = memory;
    sink->room *= 2;
}

int
sink_finish(sink *sink)
{
    if (sink->fd != SINK_MEMORY) {
        flush(sink);
    }
    errno = sink->error;
    return sink->error ? -1 : 0;
}

void
sink_clear(sink *sink)
{
    if (sink->buffer != NULL) {
        munmap(sink->buffer, sink->room);
        sink->buffer = NULL;
    }
}

static void
store(sink *sink, const void *data, size_t length)
{
    const char *bytes = data;
    while (length > 0) {
        size_t room = sink->room - sink->used;
        size_t part = length < room ? length : room;
        memcpy(sink->buffer + sink->used, bytes, part);
        sink->used += part;
        bytes += part;
        length -= part;
        if (sink->used == sink->room) {
            if (sink->fd == SINK_MEMORY) {
                grow(sink);
            }
            else {
                flush(sink);
            }
        }
    }
}

static void
put(sink *sink, const void *data, size_t length)
{
    sink->outside = crc32_update(sink->outside, data, length);
    store(sink, data, length);
}

static void
put_opcode(sink *sink, char opcode)
{
    put(sink, &opcode, 1);
}

void
pickle_begin(sink *sink)
{
    put(sink, "\x80\x05", 2); /* PROTO 5 */
}

void
pickle_end(sink *sink)
{
    put_opcode(sink, '.'); /* STOP */
}

void
pickle_dict_begin(sink *sink)
{
    put(sink, "}(", 2); /* EMPTY_DICT, MARK */
}

void
pickle_dict_end(sink *sink)
{
    put_opcode(sink, 'u'); /* SETITEMS */
}

void
pickle_list_begin(sink *sink)
{
    put(sink, "](", 2); /* EMPTY_LIST, MARK */
}

void
pickle_list_end(sink *sink)
{
    put_opcode(sink, 'e'); /* APPENDS */
}

void
pickle_int(sink *sink, int64_t value)
{
    if (value >= INT32_MIN && value <= INT32_MAX) {
        int32_t narrow = (int32_t)value;
        put_opcode(sink, 'J'); /* BININT */
        put(sink, &narrow, sizeof(narrow));
        return;
    }
    put(sink, "\x8a\x08", 2); /* LONG1 of eight bytes */
    put(sink, &value, sizeof(value));
}

void
pickle_float(sink *sink, double value)
{
    uint64_t bits;
    unsigned char bytes[9] = {'G'}; /* BINFLOAT, big-endian */
    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++) {
        bytes[1 + i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    put(sink, bytes, sizeof(bytes));
}

void
pickle_bool(sink *sink, bool value)
{
    put_opcode(sink, value ? '\x88' : '\x89'); /* NEWTRUE, NEWFALSE */
}

void
pickle_none(sink *sink)
{
    put_opcode(sink, 'N');
}

void
pickle_text(sink *sink, const char *text, size_t length)
{
    if (length < 256) {
        unsigned char head[2] = {0x8c, (unsigned char)length}; /* SHORT_BINUNICODE */
        put(sink, head, sizeof(head));
    }
    else {
        uint32_t count = (uint32_t)length;
        put_opcode(sink, 'X'); /* BINUNICODE */
        put(sink, &count, sizeof(count));
    }
    put(sink, text, length);
}

void
pickle_string(sink *sink, const char *text)
{
    pickle_text(sink, text, strlen(text));
}

void
pickle_key_int(sink *sink, const char *key, int64_t value)
{
    pickle_string(sink, key);
    pickle_int(sink, value);
}

void
pickle_key_string(sink *sink, const char *key, const char *text)
{
    pickle_string(sink, key);
    if (text == NULL) {
        pickle_none(sink);
    }
    else {
        pickle_string(sink, text);
    }
}

void
pickle_column_begin(sink *sink, const char *name, const char *type, uint64_t bytes)
{
    pickle_string(sink, name);
    pickle_dict_begin(sink);
    pickle_key_string(sink, "type", type);
    pickle_string(sink, "pad");
    /* What stands between here and the data: "pad"'s own opcode and length, the key "data", its opcode and length. */
    size_t between = 2 + (2 + strlen("data")) + (1 + sizeof(bytes));
    unsigned char pad[2 + 7] = {'C', (unsigned char)((8 - (sink->offset + sink->used + between) % 8) % 8)};
    put(sink, pad, 2 + (size_t)pad[1]); /* SHORT_BINBYTES */
    pickle_string(sink, "data");
    put_opcode(sink, '\x8e'); /* BINBYTES8 */
    put(sink, &bytes, sizeof(bytes));
    sink->crc = 0;
    sink->column_left = bytes;
}

void
pickle_column_data(sink *sink, const void *data, size_t length)
{
    if (length > sink->column_left) {
        fail(sink, EOVERFLOW);
        return;
    }
    sink->column_left -= length;
    sink->crc = crc32_update(sink->crc, data, length);
    store(sink, data, length);
}

void
pickle_column_end(sink *sink)
{
    if (sink->column_left != 0) {
        fail(sink, EINVAL);
    }
    pickle_key_int(sink, "crc32", sink->crc);
    pickle_dict_end(sink);
}

void
pickle_checksum(sink *sink)
{
    pickle_string(sink, "crc32");
    pickle_int(sink, sink->outside);
}
