#define _GNU_SOURCE
#include "terminals.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLAVES "/dev/pts/"
#define INDEX "tty-index:"

static bool
is_master(const char *link)
{
    return strcmp(link, "/dev/ptmx") == 0 || strcmp(link, SLAVES "ptmx") == 0;
}

int
terminals_note(vector *ends, const surroundings *around, const descriptor_table *descriptors)
{
    for (size_t i = 0; i < around->files.length && i < descriptors->rows.length; i++) {
        const file_row *file = &VECTOR_AT(file_row, &around->files, i);
        const descriptor *row = &VECTOR_AT(descriptor, &descriptors->rows, i);
        const terminal_end end = {file->terminal, is_master(descriptor_text(descriptors, row->link))};
        if (file->fd == row->fd && file->terminal >= 0 && vector_extend(ends, &end, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool
has(const vector *ends, int32_t number, bool master)
{
    for (size_t i = 0; i < ends->length; i++) {
        const terminal_end *end = &VECTOR_AT(terminal_end, ends, i);
        if (end->is_master == master && (end->number == number || number < 0)) {
            return true;
        }
    }
    return false;
}

/* Every master has the same name; its terminal stands in the kernel's notes on the descriptor. -1 where it does not. */
static int32_t
number_of_master(int directory, int fd)
{
    char name[32], text[512];
    snprintf(name, sizeof(name), "fdinfo/%d", fd);
    int info = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (info < 0) {
        return -1;
    }
    ssize_t count = read(info, text, sizeof(text) - 1);
    close(info);
    text[count > 0 ? count : 0] = '\0';
    const char *index = strstr(text, INDEX);
    return index == NULL ? -1 : (int32_t)strtol(index + strlen(INDEX), NULL, 10);
}

int32_t
terminals_other_end(const vector *ends, int directory, int fd, const char *link)
{
    if (ends->length == 0) {
        return -1;
    }
    if (is_master(link)) {
        int32_t number = has(ends, -1, false) ? number_of_master(directory, fd) : -1;
        return number >= 0 && has(ends, number, false) ? number : -1;
    }
    if (strncmp(link, SLAVES, strlen(SLAVES)) != 0 || link[strlen(SLAVES)] < '0' || link[strlen(SLAVES)] > '9') {
        return -1;
    }
    int32_t number = (int32_t)strtol(link + strlen(SLAVES), NULL, 10);
    return has(ends, number, true) ? number : -1;
}
