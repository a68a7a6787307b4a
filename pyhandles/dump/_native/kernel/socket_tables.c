#define _GNU_SOURCE
#include "socket_tables.h"

#include "../sockets.h"
#include "choice.h"
#include "inodes.h"
#include "proc_net.h"
#include "sock_diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>


static const socket_table tables[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, "tcp", "TCP"},    {AF_INET6, SOCK_STREAM, IPPROTO_TCP, "tcp6", "TCP over IPv6"},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP, "udp", "UDP"},     {AF_INET6, SOCK_DGRAM, IPPROTO_UDP, "udp6", "UDP over IPv6"},
    {AF_UNIX, 0, 0, "unix", "Unix"},
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* sock_diag; where a table changes while it is read, once more. 0 or -1. */
static int
read_by_netlink(choice *choice, const socket_table *table, const deadline *end)
{
    const choice_mark before = choice_here(choice);
    int result = sock_diag_read(table, end, choice_take, choice);
    if (result == 1) {
        choice_return(choice, &before);
        result = sock_diag_read(table, end, choice_take, choice);
    }
    if (result < 0 && errno != ETIME) {
        int error = errno;
        choice_return(choice, &before);
        errno = error;
    }
    return result < 0 ? -1 : 0;
}

static void
note_unseen(unseen why, const char *what, const socket_table *table, int error)
{
    char text[UNSEEN_BYTES];
    if (error == ETIME) {
        snprintf(text, sizeof(text), "for lack of time not all %s sockets were read", table->name);
        surroundings_unseen(why, text, 0);
    }
    else {
        snprintf(text, sizeof(text), what, table->name);
        surroundings_unseen(why, text, error);
    }
}

static void
read_table(choice *choice, const socket_table *table, const deadline *end, unseen why)
{
    if (read_by_netlink(choice, table, end) == 0) {
        return;
    }
    int refused = errno;
    if (refused == ETIME) {
        note_unseen(why, "", table, ETIME);
        return;
    }
    const choice_mark before = choice_here(choice);
    if (proc_net_read(table, end, choice_take, choice) == 0) {
        if (table->family == AF_UNIX) {
            note_unseen(why, "the other ends of %s sockets could not be asked for", table, refused);
        }
    }
    else if (errno == ETIME) {
        note_unseen(why, "", table, ETIME);
    }
    else if (table->family != AF_INET6 || errno != ENOENT) { /* IPv6 may be off */
        int error = errno;
        choice_return(choice, &before);
        note_unseen(why, "%s sockets could not be listed", table, error);
    }
}

void
socket_tables_read(surroundings *around, const descriptor_table *descriptors, vector *strays, const deadline *end)
{
    choice choice;
    if (choice_init(&choice, around, descriptors, strays) < 0) {
        surroundings_unseen(around->unseen_sockets, "the system's sockets", errno);
        return;
    }
    for (size_t i = 0; i < TABLES; i++) {
        read_table(&choice, &tables[i], end, around->unseen_sockets);
    }
    if (choice_finish(&choice) < 0) {
        surroundings_unseen(around->unseen_sockets, "not all sockets are in the snapshot", errno);
    }
    else if (choice.full) {
        surroundings_unseen(around->unseen_sockets, "there are more sockets than a snapshot takes", 0);
    }
    choice_clear(&choice);
}

/* ---- sockets that nobody has -------------------------------------------------------------------------- */

typedef struct {
    address_map inodes; /* of strays, in their order */
    vector *strays;
} roll_call;

static bool
answer_to_roll_call(const found_socket *found, void *arg)
{
    const roll_call *call = arg;
    uint32_t index = found->row.inode == 0 ? ADDRESS_ABSENT
                                           : address_map_find(&call->inodes, inode_key(found->row.inode));
    if (index != ADDRESS_ABSENT) {
        VECTOR_AT(stray_socket, call->strays, index).stays = true;
    }
    return true;
}

/* Only those that nobody was seen to have stay in the vector, each once. */
static int
forget_held(roll_call *call)
{
    size_t kept = 0;
    for (size_t i = 0; i < call->strays->length; i++) {
        stray_socket *stray = &VECTOR_AT(stray_socket, call->strays, i);
        bool is_new = false;
        if (!stray->held &&
            address_map_add(&call->inodes, inode_key(stray->row.inode), &is_new) == ADDRESS_ABSENT) {
            return -1;
        }
        if (is_new) {
            VECTOR_AT(stray_socket, call->strays, kept) = *stray;
            kept++;
        }
    }
    call->strays->length = kept;
    return 0;
}

/* Whoever closed its socket before its process was looked at, has left none: they must still be there. */
void
socket_tables_add_strays(surroundings *around, vector *strays, const deadline *end)
{
    roll_call call = {.strays = strays};
    if (address_map_init(&call.inodes, strays->length) == 0 && forget_held(&call) == 0 && strays->length > 0) {
        for (size_t i = 0; i < TABLES; i++) {
            if (sock_diag_read(&tables[i], end, answer_to_roll_call, &call) < 0) {
                proc_net_read(&tables[i], end, answer_to_roll_call, &call);
            }
        }
    }
    for (size_t i = 0; i < strays->length; i++) {
        const stray_socket *stray = &VECTOR_AT(stray_socket, strays, i);
        if (stray->stays) {
            vector_extend(&around->sockets, &stray->row, 1);
        }
    }
    address_map_clear(&call.inodes);
}
