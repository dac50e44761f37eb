/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the kernel's routing, by libnl. */
#include "host/rtnetlink.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <string.h>

#define TRIES_MAX 16

struct answer {
        const struct pg_rtnetlink_reader *reader;
        bool is_complete;
        int result; /* 0, or a negative errno value */
};

static void nl_socket_freep(struct nl_sock **socket)
{
        nl_socket_free(*socket);
}

int pg_rtnetlink_errno(int code)
{
        static const int numbers[NLE_MAX + 1] = {
                [NLE_INTR] = EINTR,
                [NLE_BAD_SOCK] = EBADF,
                [NLE_AGAIN] = EAGAIN,
                [NLE_NOMEM] = ENOMEM,
                [NLE_EXIST] = EEXIST,
                [NLE_INVAL] = EINVAL,
                [NLE_RANGE] = ERANGE,
                [NLE_MSGSIZE] = EMSGSIZE,
                [NLE_OPNOTSUPP] = EOPNOTSUPP,
                [NLE_AF_NOSUPPORT] = EAFNOSUPPORT,
                [NLE_OBJ_NOTFOUND] = ENOENT,
                [NLE_NOATTR] = EBADMSG,
                [NLE_MISSING_ATTR] = EBADMSG,
                [NLE_SEQ_MISMATCH] = EBADMSG,
                [NLE_MSG_OVERFLOW] = ENOBUFS,
                [NLE_MSG_TRUNC] = EBADMSG,
                [NLE_NOADDR] = EADDRNOTAVAIL,
                [NLE_MSG_TOOSHORT] = EBADMSG,
                [NLE_MSGTYPE_NOSUPPORT] = EBADMSG,
                [NLE_BUSY] = EBUSY,
                [NLE_PROTO_MISMATCH] = EPROTONOSUPPORT,
                [NLE_NOACCESS] = EACCES,
                [NLE_PERM] = EPERM,
                [NLE_PARSE_ERR] = EBADMSG,
                [NLE_NODEV] = ENODEV,
                [NLE_DUMP_INTR] = EAGAIN,
                [NLE_ATTRSIZE] = EBADMSG,
        };

        if (code == -NLE_FAILURE && errno != 0)
                return -errno;
        return -code > 0 && -code <= NLE_MAX && numbers[-code] != 0 ? -numbers[-code] : -EIO;
}

struct nl_msg *pg_rtnetlink_new(int type, int flags, const void *header, size_t size)
{
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(type, flags);

        if (!request || nlmsg_append(request, (void *)header, size, NLMSG_ALIGNTO) < 0)
                return NULL;
        return PG_TAKE(request);
}

static int end(struct answer *answer, int result)
{
        answer->result = result;
        answer->is_complete = true;
        return NL_STOP;
}

static int take_valid(struct nl_msg *message, void *data)
{
        struct answer *answer = data;
        int r = answer->reader->take(message, answer->reader->data);

        return r < 0 ? end(answer, r) : NL_OK;
}

static int take_ack(struct nl_msg *message, void *data)
{
        (void)message;
        return end(data, 0);
}

/* The last message of a list begins with an errno, which libnl does not look at: a list that the kernel
 * could not make would pass for an empty one. */
static int take_done(struct nl_msg *message, void *data)
{
        const struct nlmsghdr *header = nlmsg_hdr(message);
        int number = 0;

        if (nlmsg_datalen(header) >= (int)sizeof(number))
                memcpy(&number, nlmsg_data(header), sizeof(number));
        return end(data, number < 0 ? number : 0);
}

/* The kernel's own number: of libnl's there is none for EXDEV, ENETUNREACH, EHOSTUNREACH, ... */
static int take_refusal(struct sockaddr_nl *sender, struct nlmsgerr *refusal, void *data)
{
        (void)sender;
        return end(data, refusal->error < 0 ? refusal->error : -EBADMSG);
}

/* As pg_netlink_receive() does. */
static int take_sender(struct nl_msg *message, void *data)
{
        (void)data;
        return nlmsg_get_src(message)->nl_pid == 0 ? NL_OK : NL_SKIP;
}

/* What is in the environment for libnl (NLCB) does not count: it would print. */
static int open_socket(struct answer *answer, struct nl_sock **ret)
{
        struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
        _cleanup_(nl_socket_freep) struct nl_sock *socket = NULL;
        int r;

        if (!callbacks)
                return -ENOMEM;
        nl_cb_set(callbacks, NL_CB_MSG_IN, NL_CB_CUSTOM, take_sender, NULL);
        nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, take_valid, answer);
        nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, take_ack, answer);
        nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, take_done, answer);
        nl_cb_err(callbacks, NL_CB_CUSTOM, take_refusal, answer);
        socket = nl_socket_alloc_cb(callbacks);
        nl_cb_put(callbacks);
        if (!socket)
                return -ENOMEM;
        r = nl_connect(socket, NETLINK_ROUTE);
        if (r < 0)
                return pg_rtnetlink_errno(r);
        *ret = PG_TAKE(socket);
        return 0;
}

/* There is no need to wait with a limit: the kernel has answered before it returns from the sending,
 * and makes the rest of a list when it is received. Returns libnl's number. */
static int ask_once(struct nl_sock *socket, struct nl_msg *request, struct answer *answer)
{
        const struct pg_rtnetlink_reader *reader = answer->reader;
        int r;

        if (reader->begin)
                reader->begin(reader->data);
        answer->is_complete = false;
        nlmsg_hdr(request)->nlmsg_seq = NL_AUTO_SEQ;
        r = nl_send_auto(socket, request);
        while (r >= 0 && !answer->is_complete)
                r = nl_recvmsgs_default(socket);
        return r;
}

int pg_rtnetlink_request(struct nl_msg *request, const struct pg_rtnetlink_reader *reader)
{
        _cleanup_(nl_socket_freep) struct nl_sock *socket = NULL;
        struct answer answer = {.reader = reader};
        int r;

        errno = 0;
        r = open_socket(&answer, &socket);
        if (r < 0)
                return r;
        for (int i = 0; i < TRIES_MAX; i++) {
                r = ask_once(socket, request, &answer);
                if (r != -NLE_DUMP_INTR || answer.result < 0)
                        break;
        }
        if (answer.result < 0)
                return answer.result;
        return r < 0 ? pg_rtnetlink_errno(r) : 0;
}
