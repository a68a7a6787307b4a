#define _GNU_SOURCE
#include "choice.h"

#include "../sockets.h"
#include "inodes.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define MOST_ROWS 65536
#define MOST_STRAYS 16384
#define BOUND_ONLY 13 /* TCP_BOUND_INACTIVE: neither listens nor is connected */

int
choice_init(choice *choice, surroundings *around, const descriptor_table *descriptors, vector *strays)
{
    *choice = (struct choice){.around = around, .strays = strays, .user = geteuid()};
    vector_init(&choice->local, sizeof(socket_row));
    if (own_sockets_init(&choice->own, descriptors, around->call) < 0) {
        choice_clear(choice);
        return -1;
    }
    return 0;
}

void
choice_clear(choice *choice)
{
    vector_clear(&choice->local);
    own_sockets_clear(&choice->own);
}

/* ---- what there is ------------------------------------------------------------------------------------ */

static uint32_t
address_text(surroundings *around, const struct sockaddr_storage *address, socklen_t length)
{
    char text[ADDRESS_BYTES] = "";
    if (length > 0) {
        socket_address_text(address, length, text);
    }
    return text[0] == '\0' ? NO_TEXT : surroundings_text(around, text);
}

/* False where there is no room for it. */
static bool
keep(choice *choice, vector *where, const socket_row *row)
{
    if (where->length >= MOST_ROWS || vector_extend(where, row, 1) < 0) {
        choice->full = true;
        return false;
    }
    return true;
}

/* It may be this process's own, closed while a thread was in a call on it: if it is of the same user, and no process has
 * it. One for which there is no room is no reason to stop. */
static void
keep_stray(choice *choice, const socket_row *row)
{
    if (choice->strays->length < MOST_STRAYS) {
        stray_socket stray = {.row = *row};
        vector_extend(choice->strays, &stray, 1);
    }
}

/* Nobody's any more: it ends by itself. */
static bool
is_ending(const socket_row *row)
{
    return row->inode == 0 && (row->state == TCP_FIN_WAIT1 || row->state == TCP_FIN_WAIT2 || row->state == TCP_CLOSING ||
                               row->state == TCP_LAST_ACK);
}

static bool
take_inet(choice *choice, const found_socket *found)
{
    socket_row row = found->row;
    unsigned local = port_of(&found->local, found->local_length);
    unsigned peer = port_of(&found->peer, found->peer_length);
    bool is_server = row.state == TCP_LISTEN || row.state == BOUND_ONLY || row.state == TCP_CLOSE;
    bool is_chosen = is_server || is_ending(&row) || own_sockets_have(&choice->own, row.inode) ||
                     own_sockets_have_port(&choice->own, local) || own_sockets_have_end(&choice->own, local, peer);
    bool may_be_stray = !is_chosen && row.inode != 0 && row.uid == choice->user;
    if (!is_chosen && !may_be_stray) {
        return true;
    }
    row.local = address_text(choice->around, &found->local, found->local_length);
    row.peer = address_text(choice->around, &found->peer, found->peer_length);
    if (may_be_stray) {
        keep_stray(choice, &row);
        return true;
    }
    return keep(choice, &choice->around->sockets, &row);
}

bool
choice_take(const found_socket *found, void *arg)
{
    choice *choice = arg;
    if (found->row.family != AF_UNIX) {
        return take_inet(choice, found);
    }
    socket_row row = found->row;
    row.local = address_text(choice->around, &found->local, found->local_length);
    return keep(choice, &choice->local, &row);
}

choice_mark
choice_here(const choice *choice)
{
    return (choice_mark){choice->around->sockets.length, choice->strays->length, choice->local.length};
}

void
choice_return(choice *choice, const choice_mark *mark)
{
    choice->around->sockets.length = mark->sockets;
    choice->strays->length = mark->strays;
    choice->local.length = mark->local;
}

/* ---- Unix sockets: when all are there ----------------------------------------------------------------- */

/* The inodes that those of this process say are their peers'. A datagram socket's peer need not know of it. */
static int
note_peers(choice *choice, address_map *peers)
{
    for (size_t i = 0; i < choice->local.length; i++) {
        const socket_row *row = &VECTOR_AT(socket_row, &choice->local, i);
        if (row->peer_inode != 0 && own_sockets_have(&choice->own, row->inode) && inode_add(peers, row->peer_inode) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Where each stands in the vector; the first of those that came twice. */
static int
note_places(const choice *choice, address_map *inodes, vector *places)
{
    for (size_t i = 0; i < choice->local.length; i++) {
        uint64_t inode = VECTOR_AT(socket_row, &choice->local, i).inode;
        uint32_t place = (uint32_t)i;
        bool is_new = false;
        if (inode != 0 && address_map_add(inodes, inode_key(inode), &is_new) == ADDRESS_ABSENT) {
            return -1;
        }
        if (is_new && vector_extend(places, &place, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Not one that was accepted, which has the address of the one that listens. A datagram socket counts as connected as soon
 * as another one is connected to it. */
static bool
holds_its_address(const choice *choice, const socket_row *row)
{
    const char *name = (const char *)choice->around->text.data + row->local;
    return row->local != NO_TEXT && (row->state != TCP_ESTABLISHED || row->socktype == SOCK_DGRAM ||
                                     own_sockets_want(&choice->own, name));
}

static int
choose_unix(choice *choice, address_map *peers, address_map *inodes, vector *places)
{
    if (note_peers(choice, peers) < 0 || note_places(choice, inodes, places) < 0) {
        return -1;
    }
    for (size_t i = 0; i < choice->local.length; i++) {
        socket_row *row = &VECTOR_AT(socket_row, &choice->local, i);
        uint32_t peer = row->peer_inode == 0 ? ADDRESS_ABSENT : address_map_find(inodes, inode_key(row->peer_inode));
        if (peer != ADDRESS_ABSENT) {
            row->peer = VECTOR_AT(socket_row, &choice->local, VECTOR_AT(uint32_t, places, peer)).local;
        }
        if (own_sockets_have(&choice->own, row->inode) || own_sockets_have(&choice->own, row->peer_inode) ||
            inode_is_in(peers, row->inode) || holds_its_address(choice, row)) {
            if (!keep(choice, &choice->around->sockets, row)) {
                return 0;
            }
        }
    }
    return 0;
}

/* A table that changes while it is read may tell of one socket twice. */
static int
leave_out_repeated(choice *choice, address_map *inodes)
{
    vector *rows = &choice->around->sockets;
    size_t kept = 0;
    for (size_t i = 0; i < rows->length; i++) {
        const socket_row row = VECTOR_AT(socket_row, rows, i);
        bool is_new = row.inode == 0;
        if (row.inode != 0 && address_map_add(inodes, inode_key(row.inode), &is_new) == ADDRESS_ABSENT) {
            return -1;
        }
        if (is_new) {
            VECTOR_AT(socket_row, rows, kept) = row;
            kept++;
        }
    }
    rows->length = kept;
    return 0;
}

int
choice_finish(choice *choice)
{
    address_map peers = {0}, inodes = {0}, kept = {0};
    vector places;
    vector_init(&places, sizeof(uint32_t));
    int result = -1;
    if (address_map_init(&peers, 0) == 0 && address_map_init(&inodes, choice->local.length) == 0 &&
        choose_unix(choice, &peers, &inodes, &places) == 0 &&
        address_map_init(&kept, choice->around->sockets.length) == 0) {
        result = leave_out_repeated(choice, &kept);
    }
    vector_clear(&places);
    address_map_clear(&peers);
    address_map_clear(&inodes);
    address_map_clear(&kept);
    return result;
}
