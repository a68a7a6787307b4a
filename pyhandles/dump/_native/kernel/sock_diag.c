#define _GNU_SOURCE
#include "sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES 32768 /* the kernel sends no more at once */
#define PATIENCE_US 500000
#define SEQUENCE 1
#define SHOW_UID 0x40 /* newer than some headers; and its attribute */
#define ATTRIBUTE_UID 7

typedef struct {
    struct nlmsghdr header;
    union {
        struct inet_diag_req_v2 inet;
        struct unix_diag_req local;
    };
} question;

typedef struct {
    const socket_table *table;
    take_socket take;
    void *arg;
    bool changed; /* while it was read */
} conversation;

static int
open_netlink(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd >= 0) {
        const struct timeval patience = {.tv_usec = PATIENCE_US};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }
    return fd;
}

static int
ask(int fd, const socket_table *table)
{
    question question;
    memset(&question, 0, sizeof(question));
    size_t size = table->family == AF_UNIX ? sizeof(question.local) : sizeof(question.inet);
    question.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.header.nlmsg_seq = SEQUENCE;
    if (table->family == AF_UNIX) {
        question.local.sdiag_family = AF_UNIX;
        question.local.udiag_states = ~0u;
        question.local.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | SHOW_UID;
    }
    else {
        question.inet.sdiag_family = (uint8_t)table->family;
        question.inet.sdiag_protocol = (uint8_t)table->protocol;
        question.inet.idiag_states = ~0u;
    }
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent = sendto(fd, &question, question.header.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
    return sent < 0 ? -1 : 0;
}

/* ---- one socket --------------------------------------------------------------------------------------- */

static bool
is_anything(const uint32_t address[4])
{
    return (address[0] | address[1] | address[2] | address[3]) == 0;
}

/* As getsockname(2) and getpeername(2) give it, which name the interface where the address means nothing without. */
static socklen_t
inet_address(int family, const uint32_t address[4], uint16_t port, uint32_t interface, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    out->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)out;
        four->sin_port = port;
        memcpy(&four->sin_addr, address, sizeof(four->sin_addr));
        return sizeof(*four);
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    six->sin6_port = port;
    memcpy(&six->sin6_addr, address, sizeof(six->sin6_addr));
    six->sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) ? interface : 0;
    return sizeof(*six);
}

static bool
tell_inet(const conversation *talk, const struct nlmsghdr *header)
{
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
        return true;
    }
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    const struct inet_diag_sockid *id = &message->id;
    if (message->idiag_family != talk->table->family) {
        return true;
    }
    found_socket found = {.row = {
        .inode = message->idiag_inode,
        .family = message->idiag_family,
        .socktype = talk->table->socktype,
        .protocol = talk->table->protocol,
        .state = message->idiag_state,
        .unsent = message->idiag_wqueue,
        .unread = message->idiag_rqueue,
        .uid = message->idiag_uid,
        .timer = message->idiag_timer,
        .expires = message->idiag_timer ? message->idiag_expires : 0,
    }};
    found.local_length = inet_address(message->idiag_family, id->idiag_src, id->idiag_sport, id->idiag_if, &found.local);
    if (id->idiag_dport != 0 || !is_anything(id->idiag_dst)) {
        found.peer_length = inet_address(message->idiag_family, id->idiag_dst, id->idiag_dport, id->idiag_if, &found.peer);
    }
    return talk->take(&found, talk->arg);
}

static void
read_unix_attribute(const struct rtattr *attribute, found_socket *found)
{
    const void *data = RTA_DATA(attribute);
    size_t length = RTA_PAYLOAD(attribute);
    struct sockaddr_un *address = (struct sockaddr_un *)&found->local;
    uint32_t number = 0;
    switch (attribute->rta_type) {
        case UNIX_DIAG_NAME:
            length = length > sizeof(address->sun_path) ? sizeof(address->sun_path) : length;
            address->sun_family = AF_UNIX;
            memcpy(address->sun_path, data, length);
            found->local_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
            break;
        case UNIX_DIAG_PEER:
        case ATTRIBUTE_UID:
            if (length >= sizeof(number)) {
                memcpy(&number, data, sizeof(number));
                if (attribute->rta_type == UNIX_DIAG_PEER) {
                    found->row.peer_inode = number;
                }
                else {
                    found->row.uid = number;
                }
            }
            break;
        case UNIX_DIAG_RQLEN:
            if (length >= sizeof(struct unix_diag_rqlen)) {
                struct unix_diag_rqlen queues;
                memcpy(&queues, data, sizeof(queues));
                found->row.unread = queues.udiag_rqueue;
                found->row.unsent = queues.udiag_wqueue;
            }
            break;
        default:
            break;
    }
}

static bool
tell_unix(const conversation *talk, const struct nlmsghdr *header)
{
    size_t fixed = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct unix_diag_msg)));
    if (header->nlmsg_len < fixed) {
        return true;
    }
    const struct unix_diag_msg *message = NLMSG_DATA(header);
    found_socket found = {.row = {
        .inode = message->udiag_ino,
        .family = AF_UNIX,
        .socktype = message->udiag_type,
        .state = message->udiag_state,
        .uid = UINT32_MAX,
    }};
    int left = (int)(header->nlmsg_len - fixed);
    const struct rtattr *attribute = (const void *)((const char *)header + fixed);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        read_unix_attribute(attribute, &found);
    }
    return talk->take(&found, talk->arg);
}

/* ---- the answer --------------------------------------------------------------------------------------- */

/* What a message that ends the answer says: 0, or -1 with errno. */
static int
outcome_of(const struct nlmsghdr *header)
{
    int code = 0; /* the first thing in either, negative; where it is missing, all went well */
    if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(code))) {
        memcpy(&code, NLMSG_DATA(header), sizeof(code));
    }
    else if (header->nlmsg_type == NLMSG_ERROR) {
        code = -EBADMSG;
    }
    errno = code < 0 ? -code : 0;
    return code < 0 ? -1 : 0;
}

/* 1 where there is more to come, 0 at the end, -1 with errno. */
static int
read_messages(conversation *talk, const char *answer, size_t length)
{
    const struct nlmsghdr *header = (const void *)answer;
    for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
        if (header->nlmsg_seq != SEQUENCE) {
            continue;
        }
        if (header->nlmsg_flags & NLM_F_DUMP_INTR) {
            talk->changed = true;
        }
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
            return outcome_of(header);
        }
        if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
            !(talk->table->family == AF_UNIX ? tell_unix(talk, header) : tell_inet(talk, header))) {
            return 0;
        }
    }
    return 1;
}

static int
listen_to(int fd, conversation *talk, const deadline *end)
{
    char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
    for (;;) {
        struct sockaddr_nl sender = {0};
        struct iovec place = {answer, sizeof(answer)};
        struct msghdr message = {.msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &place, .msg_iovlen = 1};
        ssize_t length = recvmsg(fd, &message, 0);
        if (length < 0 && errno != EINTR) {
            return -1;
        }
        if (length == 0 || message.msg_flags & MSG_TRUNC) {
            errno = EBADMSG;
            return -1;
        }
        int more = length < 0 || sender.nl_pid != 0 ? 1 : read_messages(talk, answer, (size_t)length);
        if (more <= 0) {
            return more;
        }
        if (deadline_passed(end)) {
            errno = ETIME;
            return -1;
        }
    }
}

int
sock_diag_read(const socket_table *table, const deadline *end, take_socket take, void *arg)
{
    int fd = open_netlink();
    if (fd < 0) {
        return -1;
    }
    conversation talk = {.table = table, .take = take, .arg = arg};
    int result = ask(fd, table) < 0 ? -1 : listen_to(fd, &talk, end);
    int error = errno;
    close(fd);
    errno = error;
    return result < 0 ? -1 : talk.changed;
}
