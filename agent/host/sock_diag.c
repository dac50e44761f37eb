/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the kernel's sock_diag, by libmnl. */
#include "host/sock_diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "host/netlink.h"

/* A dump's chunk is as large as the buffer, up to 32 KiB (af_netlink.c: netlink_dump). */
#define RECEIVE_SIZE (32 * 1024)

static void socket_closep(struct mnl_socket **socket)
{
        if (*socket)
                mnl_socket_close(*socket);
}

/* The last message, of a dump or of another answer, begins with an errno. libmnl does not look into
 * that of a dump: a list that the kernel could not make would pass for an empty one. */
static int take_end(const struct nlmsghdr *message, void *data)
{
        int number = message->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;

        (void)data;
        if (mnl_nlmsg_get_payload_len(message) >= sizeof(number))
                memcpy(&number, mnl_nlmsg_get_payload(message), sizeof(number));
        if (number >= 0)
                return MNL_CB_STOP;
        errno = -number;
        return MNL_CB_ERROR;
}

static int receive(struct mnl_socket *socket, const struct nlmsghdr *request, mnl_cb_t callback,
                   void *data)
{
        mnl_cb_t controls[] = {[NLMSG_ERROR] = take_end, [NLMSG_DONE] = take_end};
        _cleanup_(pg_freep) char *buffer = malloc(RECEIVE_SIZE);
        unsigned port = mnl_socket_get_portid(socket);
        ssize_t length;
        int r = MNL_CB_OK;

        if (!buffer)
                return -ENOMEM;
        while (r == MNL_CB_OK) {
                length = pg_netlink_receive(mnl_socket_get_fd(socket), buffer, RECEIVE_SIZE, 0);
                if (length < 0)
                        return (int)length;
                r = mnl_cb_run2(buffer, (size_t)length, request->nlmsg_seq, port, callback, data,
                                controls, PG_ELEMENTSOF(controls));
        }
        return r < 0 ? -errno : 0;
}

int pg_sock_diag_request(struct nlmsghdr *request, mnl_cb_t callback, void *data)
{
        _cleanup_(socket_closep) struct mnl_socket *socket =
                mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

        if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
                return -errno;
        request->nlmsg_seq = 1;
        while (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
                if (errno != EINTR)
                        return -errno;
        return receive(socket, request, callback, data);
}
