/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netlink socket to nf_tables. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "base/array.h"
#include "base/procfs.h"
#include "host/netlink.h"
#include "kernel/nft/internal.h"

#ifndef NETLINK_CAP_ACK
#define NETLINK_CAP_ACK 10
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif

/* Enough for the largest batch that is built, 200,000 ranges of 40 bytes; the kernel doubles it. */
#define SEND_BUFFER (8 * 1024 * 1024)
/* On a host where somebody commits all the time, a dump of a role's size still finds a pause. */
#define TRIES_MAX 32
/* A batch of a role's size fails with an answer for each of its messages at worst. */
#define RECEIVE_BUFFER (4 * 1024 * 1024)

/* The forced option needs CAP_NET_ADMIN in the first user namespace; the plain one is capped by
 * net.core.wmem_max. What the kernel gave is asked for. */
static void grow_buffer(int fd, int forced, int plain, int size)
{
        if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
                setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

static size_t ask_send_max(int fd)
{
        int size = 0;
        socklen_t length = sizeof(size);

        /* netlink_sendmsg() refuses more than sk_sndbuf - 32 bytes. */
        if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) < 0 || size < 4096)
                return 4096;
        return (size_t)size - 32;
}

int pg_nft_netns_id(const struct pg_nft *nft, char place[static PG_NETNS_ID_MAX])
{
        char boot[40];
        uint64_t cookie = 0;
        socklen_t length = sizeof(cookie);

        if (getsockopt(mnl_socket_get_fd(nft->socket), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) <
            0)
                return -errno;
        /* Random at each boot, as text (random(4)). */
        if (pg_procfs_read(boot, sizeof(boot), "/proc/sys/kernel/random/boot_id") <= 0)
                return -ENODATA;
        boot[strcspn(boot, "\n")] = '\0';
        snprintf(place, PG_NETNS_ID_MAX, "%s.%" PRIu64, boot, cookie);
        return 0;
}

int pg_nft_open(struct pg_nft **ret, struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = calloc(1, sizeof(*nft));
        int on = 1;
        int fd;

        if (!nft)
                return pg_error_memory(error);
        nft->receive = malloc(PG_RECEIVE_SIZE);
        if (!nft->receive)
                return pg_error_memory(error);
        nft->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!nft->socket && errno == EPROTONOSUPPORT)
                return pg_error_set(error, PG_STATUS_FAILED, -EPROTONOSUPPORT,
                                    "this kernel has no nfnetlink, which nftables needs "
                                    "(CONFIG_NETFILTER_NETLINK; try: modprobe nfnetlink)");
        if (!nft->socket || mnl_socket_bind(nft->socket, 0, MNL_SOCKET_AUTOPID) < 0)
                return pg_nft_error(error, errno, "opening a netlink socket", (struct pg_place){0});

        fd = mnl_socket_get_fd(nft->socket);
        grow_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
        grow_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
        mnl_socket_setsockopt(nft->socket, NETLINK_CAP_ACK, &on, sizeof(on));
        mnl_socket_setsockopt(nft->socket, NETLINK_EXT_ACK, &on, sizeof(on));
        nft->send_max = ask_send_max(fd);
        nft->port = mnl_socket_get_portid(nft->socket);
        /* Who forges an answer does not know it. */
        if (getrandom(&nft->sequence, sizeof(nft->sequence), GRND_NONBLOCK) < 0)
                nft->sequence = (uint32_t)time(NULL);
        *ret = PG_TAKE(nft);
        return 0;
}

void pg_nft_close_later(struct pg_nft *nft, struct mnl_socket *socket)
{
        if (nft->closing)
                mnl_socket_close(nft->closing);
        nft->closing = socket;
}

struct pg_nft *pg_nft_close(struct pg_nft *nft)
{
        if (!nft)
                return NULL;
        if (nft->closing)
                mnl_socket_close(nft->closing);
        if (nft->socket)
                mnl_socket_close(nft->socket);
        free(nft->receive);
        free(nft->past_ports);
        free(nft);
        return NULL;
}

bool pg_nft_has_port(const struct pg_nft *nft, uint32_t port)
{
        for (size_t i = 0; i < nft->n_past_ports; i++)
                if (nft->past_ports[i] == port)
                        return true;
        return port == nft->port;
}

int pg_nft_reopen(struct pg_nft *nft, struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *fresh = NULL;
        int r = pg_nft_open(&fresh, error);
        struct mnl_socket *old = nft->socket;
        uint32_t *port;

        if (!fresh)
                return r;
        port = PG_ARRAY_ADD(nft->past_ports, nft->n_past_ports);
        if (!port)
                return pg_error_memory(error);
        *port = nft->port;
        nft->socket = fresh->socket;
        nft->port = fresh->port;
        nft->send_max = fresh->send_max;
        fresh->socket = old;
        return 0;
}

static bool is_worth_another(int r)
{
        return r == -EINTR || r == -ENOBUFS;
}

int pg_nft_retry(struct pg_nft *nft,
                 int (*read)(struct pg_nft *nft, void *data, struct pg_error *error), void *data,
                 struct pg_error *error)
{
        int r = -EINTR;

        for (int i = 0; is_worth_another(r) && i < TRIES_MAX; i++) {
                int reopened;

                r = read(nft, data, error);
                if (r >= 0)
                        break;
                /* A dump that was broken off leaves its rest in the socket; a new one has none. */
                reopened = pg_nft_reopen(nft, is_worth_another(r) ? error : NULL);
                if (reopened < 0 && is_worth_another(r))
                        return reopened;
        }
        return r;
}

size_t pg_nft_batch_max(struct pg_nft *nft)
{
        return nft->send_max;
}

struct nlmsghdr *pg_message_begin(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence)
{
        return nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, flags, sequence);
}

int pg_nft_request(struct pg_nft *nft, const struct nlmsghdr *request, mnl_cb_t callback, void *data)
{
        ssize_t length;
        int r = MNL_CB_OK;

        while (mnl_socket_sendto(nft->socket, request, request->nlmsg_len) < 0)
                if (errno != EINTR)
                        return -errno;
        do {
                length = pg_netlink_receive(mnl_socket_get_fd(nft->socket), nft->receive,
                                            PG_RECEIVE_SIZE, 0);
                if (length < 0)
                        return (int)length;
                r = mnl_cb_run(nft->receive, (size_t)length, request->nlmsg_seq, nft->port, callback,
                               data);
        } while (r == MNL_CB_OK);
        return r < 0 ? -errno : 0;
}

static int take_generation(const struct nlmsghdr *message, void *data)
{
        struct nlattr *attribute;

        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                if (mnl_attr_get_type(attribute) == NFTA_GEN_ID &&
                    mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        *(uint32_t *)data = ntohl(mnl_attr_get_u32(attribute));
        }
        return MNL_CB_OK;
}

int pg_nft_genid(struct pg_nft *nft, uint32_t *ret, struct pg_error *error)
{
        char buffer[256];
        struct nlmsghdr *request;
        uint32_t id = 0;
        int r;

        request = pg_message_begin(buffer, NFT_MSG_GETGEN, NLM_F_ACK, ++nft->sequence);
        r = pg_nft_request(nft, request, take_generation, &id);
        if (r < 0)
                return pg_nft_error(error, -r, "reading the ruleset's generation",
                                    (struct pg_place){0});
        *ret = id;
        return 0;
}
