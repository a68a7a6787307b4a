#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/if_packet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int32_t
option(int fd, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

static void
format_unix(const struct sockaddr_un *address, socklen_t length, char *text)
{
    size_t count = length > offsetof(struct sockaddr_un, sun_path) ? length - offsetof(struct sockaddr_un, sun_path) : 0;
    if (count > sizeof(address->sun_path)) {
        count = sizeof(address->sun_path);
    }
    bool abstract = count > 0 && address->sun_path[0] == '\0';
    size_t used = 0;
    if (abstract) {
        text[used++] = '@';
    }
    for (size_t i = abstract; i < count && used < ADDRESS_BYTES - 1; i++) {
        if (address->sun_path[i] == '\0') {
            if (!abstract) {
                break;
            }
            text[used++] = '@'; /* as the kernel writes it in /proc/net/unix */
            continue;
        }
        text[used++] = address->sun_path[i];
    }
    text[used] = '\0';
}

void
socket_address_text(const struct sockaddr_storage *storage, socklen_t length, char *text)
{
    char host[INET6_ADDRSTRLEN] = "";
    text[0] = '\0';
    switch (storage->ss_family) {
        case AF_INET: {
            const struct sockaddr_in *address = (const struct sockaddr_in *)storage;
            inet_ntop(AF_INET, &address->sin_addr, host, sizeof(host));
            snprintf(text, ADDRESS_BYTES, "%s:%u", host, ntohs(address->sin_port));
            break;
        }
        case AF_INET6: {
            const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)storage;
            inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof(host));
            if (address->sin6_scope_id) {
                snprintf(text, ADDRESS_BYTES, "[%s%%%u]:%u", host, address->sin6_scope_id, ntohs(address->sin6_port));
            }
            else {
                snprintf(text, ADDRESS_BYTES, "[%s]:%u", host, ntohs(address->sin6_port));
            }
            break;
        }
        case AF_UNIX:
            format_unix((const struct sockaddr_un *)storage, length, text);
            break;
        case AF_NETLINK: {
            const struct sockaddr_nl *address = (const struct sockaddr_nl *)storage;
            snprintf(text, ADDRESS_BYTES, "pid %u groups %u", address->nl_pid, address->nl_groups);
            break;
        }
        case AF_PACKET: {
            const struct sockaddr_ll *address = (const struct sockaddr_ll *)storage;
            snprintf(text, ADDRESS_BYTES, "interface %d protocol 0x%04x", address->sll_ifindex,
                     ntohs(address->sll_protocol));
            break;
        }
        case AF_VSOCK: {
            const struct sockaddr_vm *address = (const struct sockaddr_vm *)storage;
            snprintf(text, ADDRESS_BYTES, "%u:%u", address->svm_cid, address->svm_port);
            break;
        }
        default:
            break;
    }
}

void
socket_describe(int fd, descriptor *out, socket_facts *facts)
{
    out->family = option(fd, SO_DOMAIN);
    out->socktype = option(fd, SO_TYPE);
    out->protocol = option(fd, SO_PROTOCOL);
    out->listening = option(fd, SO_ACCEPTCONN);
    struct sockaddr_storage storage;
    socklen_t length = sizeof(storage);
    memset(&storage, 0, sizeof(storage));
    if (getsockname(fd, (struct sockaddr *)&storage, &length) == 0) {
        socket_address_text(&storage, length, facts->local);
    }
    length = sizeof(storage);
    memset(&storage, 0, sizeof(storage));
    if (getpeername(fd, (struct sockaddr *)&storage, &length) == 0) {
        socket_address_text(&storage, length, facts->peer);
    }
    if (out->protocol == IPPROTO_TCP) {
        struct tcp_info info;
        length = sizeof(info);
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0) {
            out->state = info.tcpi_state;
        }
    }
}

static const char *
protocol_name(const descriptor *row)
{
    if (row->family == AF_UNIX) {
        return "unix";
    }
    if (row->family == AF_INET || row->family == AF_INET6) {
        return row->protocol == IPPROTO_TCP ? "tcp" : row->protocol == IPPROTO_UDP ? "udp" : "ip";
    }
    return row->family == AF_NETLINK ? "netlink" : row->family == AF_PACKET ? "packet" : "other";
}

void
socket_group(const descriptor *row, const char *local, const char *peer, char *text, size_t room)
{
    const char *name = protocol_name(row);
    const char *port = strrchr(local, ':');
    if (row->listening == 1) {
        snprintf(text, room, "%s sockets that listen", name);
    }
    else if (peer[0] != '\0' && row->family != AF_UNIX) {
        snprintf(text, room, "%s sockets to %s", name, peer);
    }
    else if (row->family == AF_UNIX && local[0] != '\0') {
        snprintf(text, room, "%s sockets at %s", name, local);
    }
    else {
        snprintf(text, room, "%s sockets%s", name, port != NULL && strcmp(port, ":0") == 0 ? " without an address" : "");
    }
}
