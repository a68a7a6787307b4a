#include "printing.h"

#include "texts.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ESCAPE_BYTES 4 /* "\x1b" */

/* Code points that a terminal acts upon, that change the direction of writing, or that cannot be seen. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x600, 0x605},   {0x61C, 0x61C},     {0x6DD, 0x6DD},
    {0x70F, 0x70F},   {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0xD800, 0xDFFF},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool
is_seen(uint32_t point)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(unseen); i++) {
        if (point >= unseen[i].first && point <= unseen[i].last) {
            return false;
        }
    }
    return true;
}

/* The code point of a character of well-formed UTF-8. */
static uint32_t
code_point(const unsigned char *bytes, size_t length)
{
    static const unsigned char head[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = bytes[0] & head[length];
    for (size_t i = 1; i < length; i++) {
        point = point << 6 | (bytes[i] & 0x3F);
    }
    return point;
}

typedef struct {
    char *out;
    size_t used, room;
} printed;

static bool
print(printed *printed, const char *bytes, size_t length)
{
    if (printed->used + length >= printed->room) {
        return false; /* never half of it */
    }
    memcpy(printed->out + printed->used, bytes, length);
    printed->used += length;
    printed->out[printed->used] = '\0';
    return true;
}

/* `quoted`: a backslash stands before what would end or begin something in a shell's $'…'. */
static bool
print_escaped(printed *printed, const char *text, bool quoted)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = (const unsigned char *)text;
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = character_length(bytes, left);
        bool seen = length > 0 && is_seen(code_point(bytes, length));
        length = length > 0 ? length : 1;
        for (size_t i = 0; i < length; i++) {
            char escape[ESCAPE_BYTES] = {'\\', 'x', digits[bytes[i] >> 4], digits[bytes[i] & 15]};
            bool marked = quoted && (bytes[i] == '\'' || bytes[i] == '\\');
            if ((marked && !print(printed, "\\", 1)) ||
                !(seen ? print(printed, (const char *)bytes + i, 1) : print(printed, escape, sizeof(escape)))) {
                return false;
            }
        }
        bytes += length;
        left -= length;
    }
    return true;
}

static printed
printing(char *out, size_t room)
{
    out[0] = '\0';
    return (printed){.out = out, .room = room};
}

void
print_safely(const char *text, char *out, size_t room)
{
    printed printed = printing(out, room);
    print_escaped(&printed, text, false);
}

static bool
is_all_seen(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t left = strlen(text), length; left > 0; bytes += length, left -= length) {
        length = character_length(bytes, left);
        if (length == 0 || !is_seen(code_point(bytes, length))) {
            return false;
        }
    }
    return true;
}

void
print_for_shell(const char *path, char *out, size_t room)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    printed printed = printing(out, room);
    if (path[strspn(path, plain)] == '\0') {
        print(&printed, path, strlen(path));
    }
    else if (strchr(path, '\'') == NULL && is_all_seen(path)) {
        (void)(print(&printed, "'", 1) && print(&printed, path, strlen(path)) && print(&printed, "'", 1));
    }
    else {
        (void)(print(&printed, "$'", 2) && print_escaped(&printed, path, true) && print(&printed, "'", 1));
    }
}
