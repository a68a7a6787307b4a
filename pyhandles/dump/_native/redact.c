#define _GNU_SOURCE
#include "redact.h"

#include "keys.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define DELETED " (deleted)" /* as the kernel marks the name of a file that has none any more */
#define MEMFD "memfd:"

static char *
put_hash(const heap *heap, const char *text, size_t length, char *out)
{
    if (!heap->has_hash_key) {
        return stpcpy(out, "~");
    }
    return out + sprintf(out, "~%08x", (uint32_t)keyed_hash(heap, text, length));
}

static bool
starts_with(const char *text, size_t length, const char *start)
{
    return length >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

void
redact_path(const heap *heap, const char *path, char *out)
{
    size_t length = strlen(path);
    bool deleted = length >= strlen(DELETED) && strcmp(path + length - strlen(DELETED), DELETED) == 0;
    const char *end = path + length - (deleted ? strlen(DELETED) : 0);
    while (path < end) {
        if (*path == '/') {
            *out++ = *path++;
            continue;
        }
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t part = (size_t)((slash == NULL ? end : slash) - path);
        if (starts_with(path, part, MEMFD)) {
            out = stpcpy(out, MEMFD);
            path += strlen(MEMFD);
            part -= strlen(MEMFD);
        }
        out = put_hash(heap, path, part, out);
        path += part;
    }
    strcpy(out, end);
}

void
redact_link(const heap *heap, const descriptor *row, const char *link, char *out)
{
    const char *name = strchr(link, '/');
    if (name == NULL || S_ISCHR(row->mode) || S_ISBLK(row->mode)) {
        strcpy(out, link);
        return;
    }
    memcpy(out, link, (size_t)(name - link)); /* nothing, or what is said of a place out of reach */
    redact_path(heap, name, out + (name - link));
}

static void
redact_host(const heap *heap, const char *address, char *out)
{
    const char *port = strrchr(address, ':');
    if (port == NULL || starts_with(address, strlen(address), "0.0.0.0:") ||
        starts_with(address, strlen(address), "[::]:")) {
        strcpy(out, address);
        return;
    }
    bool brackets = address[0] == '[';
    const char *host = address + brackets;
    if (brackets) {
        *out++ = '[';
    }
    out = put_hash(heap, host, (size_t)(port - host) - brackets, out);
    if (brackets) {
        *out++ = ']';
    }
    strcpy(out, port);
}

void
redact_address(const heap *heap, const descriptor *row, const char *address, char *out)
{
    if (row->family == AF_UNIX && address[0] == '@') {
        *out++ = *address++;
    }
    if (row->family == AF_UNIX) {
        redact_path(heap, address, out);
    }
    else if (row->family == AF_INET || row->family == AF_INET6 || row->family == AF_VSOCK) {
        redact_host(heap, address, out);
    }
    else {
        strcpy(out, address);
    }
}
