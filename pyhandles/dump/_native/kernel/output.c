#define _GNU_SOURCE
#include "output.h"

#include "../redact.h"
#include "../sockets.h"
#include "../tables.h"
#include "waits.h"

#include <limits.h>
#include <string.h>

#define TEXT_BYTES (3 * PATH_MAX)

/* Too large for a thread's stack, which in place is the service's. */
static char utf8[TEXT_BYTES], redacted[REDACTED_BYTES(TEXT_BYTES)];

static const char *
text_at(const surroundings *around, uint32_t start)
{
    const char *text = (const char *)around->text.data + start;
    size_t length = bytes_to_utf8(text, strlen(text), utf8, sizeof(utf8) - 1);
    utf8[length] = '\0';
    return utf8;
}

static uint32_t
name_text(const surroundings *around, heap *heap, uint32_t start)
{
    return start == NO_TEXT ? FORMAT_NOTHING : strings_add_literal(&heap->strings, text_at(around, start));
}

static uint32_t
name_address(const surroundings *around, heap *heap, const socket_row *row, uint32_t start)
{
    if (start == NO_TEXT || !heap->redact) {
        return name_text(around, heap, start);
    }
    const descriptor described = {.family = row->family};
    redact_address(heap, &described, text_at(around, start), redacted);
    return strings_add_literal(&heap->strings, redacted);
}

static void
name_rows(surroundings *around, heap *heap)
{
    for (size_t i = 0; i < around->waits.length; i++) {
        wait_row *row = &VECTOR_AT(wait_row, &around->waits, i);
        row->call = name_text(around, heap, row->call);
    }
    for (size_t i = 0; i < around->sockets.length; i++) {
        socket_row *row = &VECTOR_AT(socket_row, &around->sockets, i);
        row->local = name_address(around, heap, row, row->local);
        row->peer = name_address(around, heap, row, row->peer);
    }
    for (size_t i = 0; i < around->processes.length; i++) {
        process_row *row = &VECTOR_AT(process_row, &around->processes, i);
        row->name = name_text(around, heap, row->name);
        row->command = heap->redact ? FORMAT_NOTHING : name_text(around, heap, row->command);
    }
}

static void
write_unseen(sink *sink, const char *key, const unseen why)
{
    if (why[0] == '\0') {
        pickle_string(sink, key);
        pickle_none(sink);
    }
    else {
        pickle_key_string(sink, key, why);
    }
}

void
kernel_header_write(const surroundings *around, sink *sink)
{
    pickle_string(sink, "kernel");
    pickle_dict_begin(sink);
    write_unseen(sink, "waits", around->unseen_waits);
    write_unseen(sink, "files", around->unseen_files);
    write_unseen(sink, "sockets", around->unseen_sockets);
    write_unseen(sink, "processes", around->unseen_processes);
    pickle_key_int(sink, "hidden", around->hidden);
    pickle_dict_end(sink);
}

static void
write_call_address(const failed_call *call, const heap *heap, sink *sink)
{
    char text[ADDRESS_BYTES];
    socket_address_text(&call->address, call->length, text);
    utf8[bytes_to_utf8(text, strlen(text), utf8, sizeof(utf8) - 1)] = '\0';
    const descriptor described = {.family = call->address.ss_family};
    if (heap->redact) {
        redact_address(heap, &described, utf8, redacted);
    }
    pickle_key_string(sink, "address", heap->redact ? redacted : utf8);
}

void
failed_call_write(const surroundings *around, const heap *heap, sink *sink)
{
    const failed_call *call = around->call;
    pickle_string(sink, "failed_call");
    if (call == NULL) {
        pickle_none(sink);
        return;
    }
    pickle_dict_begin(sink);
    pickle_key_string(sink, "call", call->name);
    pickle_key_int(sink, "fd", call->fd);
    if (call->length == 0) {
        pickle_string(sink, "address");
        pickle_none(sink);
    }
    else {
        write_call_address(call, heap, sink);
    }
    pickle_dict_end(sink);
}

static const column wait_columns[] = {
    COLUMN(wait_row, native, "<u8"), COLUMN(wait_row, state, "<u4"), COLUMN(wait_row, call, "<u4"),
    COLUMN(wait_row, fd, "<i4"),     COLUMN(wait_row, other, "<i4"), COLUMN(wait_row, asleep, "<i8"),
    COLUMNS_END,
};
static const column watch_columns[] = {
    COLUMN(watch_row, set, "<i4"),    COLUMN(watch_row, native, "<u8"), COLUMN(watch_row, fd, "<i4"),
    COLUMN(watch_row, events, "<u4"), COLUMN(watch_row, device, "<u8"), COLUMN(watch_row, inode, "<u8"),
    COLUMNS_END,
};
static const column file_columns[] = {
    COLUMN(file_row, fd, "<i4"),     COLUMN(file_row, same, "<i4"),     COLUMN(file_row, unsent, "<i8"),
    COLUMN(file_row, unread, "<i8"), COLUMN(file_row, linger, "<i4"),   COLUMN(file_row, peer_pid, "<i4"),
    COLUMN(file_row, terminal, "<i4"), COLUMNS_END,
};
static const column socket_columns[] = {
    COLUMN(socket_row, inode, "<u8"),    COLUMN(socket_row, family, "<i4"), COLUMN(socket_row, socktype, "<i4"),
    COLUMN(socket_row, protocol, "<i4"), COLUMN(socket_row, state, "<i4"),  COLUMN(socket_row, local, "<u4"),
    COLUMN(socket_row, peer, "<u4"),     COLUMN(socket_row, unsent, "<u8"), COLUMN(socket_row, unread, "<u8"),
    COLUMN(socket_row, uid, "<u4"),      COLUMN(socket_row, timer, "<u4"),  COLUMN(socket_row, expires, "<u4"),
    COLUMN(socket_row, peer_inode, "<u8"), COLUMNS_END,
};
static const column held_columns[] = {
    COLUMN(held_row, pid, "<u4"),   COLUMN(held_row, fd, "<i4"),   COLUMN(held_row, device, "<u8"),
    COLUMN(held_row, inode, "<u8"), COLUMN(held_row, same, "<i4"), COLUMN(held_row, access, "<u4"),
    COLUMN(held_row, terminal, "<i4"), COLUMNS_END,
};
static const column process_columns[] = {
    COLUMN(process_row, pid, "<u4"), COLUMN(process_row, parent, "<u4"), COLUMN(process_row, started, "<u8"),
    COLUMN(process_row, uid, "<u4"), COLUMN(process_row, name, "<u4"),   COLUMN(process_row, command, "<u4"),
    COLUMN(process_row, visible, "<u4"), COLUMNS_END,
};

int
kernel_write(surroundings *around, heap *heap, sink *sink)
{
    waits_settle(around);
    name_rows(around, heap);
    write_table(sink, "waits", &around->waits, wait_columns);
    write_table(sink, "watches", &around->watches, watch_columns);
    write_table(sink, "files", &around->files, file_columns);
    write_table(sink, "sockets", &around->sockets, socket_columns);
    write_table(sink, "held_elsewhere", &around->held, held_columns);
    write_table(sink, "processes", &around->processes, process_columns);
    return heap->strings.failed ? -1 : 0;
}
