/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections into the kernel's connection tracking, by ctnetlink. */
#include "host/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/procfs.h"
#include "host/netlink.h"
#include "host/sockets.h"

#define SETTINGS "/proc/sys/net/netfilter/nf_conntrack_"
/* Messages are sent together while they have no more bytes than this, and a last one. */
#define BATCH_MAX (16 * 1024)
#define MESSAGE_MAX 512
#define ANSWER_MAX 8192

/* struct nf_ct_tcp_flags: to be liberal is not to compare the numbers of segments with a window, which
 * conntrack has not seen grow. */
static const struct nf_ct_tcp_flags liberal = {IP_CT_TCP_FLAG_BE_LIBERAL, IP_CT_TCP_FLAG_BE_LIBERAL};

struct adoption {
        struct mnl_socket *socket;
        uint32_t sequence;
        uint16_t ephemeral_first, ephemeral_last;
        uint32_t tcp_seconds, tcp_new_seconds, udp_seconds;
        int refused;           /* why the kernel did not take one of them; or 0 */
        struct nlmsghdr *last; /* of the batch; or NULL */
        size_t used;
        _Alignas(struct nlmsghdr) char batch[BATCH_MAX + MESSAGE_MAX];
};

static void adoption_freep(struct adoption **adoption)
{
        if (*adoption && (*adoption)->socket)
                mnl_socket_close((*adoption)->socket);
        free(*adoption);
}

bool pg_conntrack_is_loose(void)
{
        uint64_t value;

        return !pg_procfs_number(SETTINGS "tcp_loose", &value) || value != 0;
}

/* How long the kernel itself would keep it without another packet; its default where it does not say.
 */
static uint32_t read_seconds(const char *path, uint32_t otherwise)
{
        uint64_t value;

        return pg_procfs_number(path, &value) && value > 0 && value <= INT32_MAX ? (uint32_t)value
                                                                                 : otherwise;
}

static int open_adoption(struct adoption *adoption)
{
        adoption->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!adoption->socket || mnl_socket_bind(adoption->socket, 0, MNL_SOCKET_AUTOPID) < 0)
                return -errno;
        pg_ephemeral_ports(&adoption->ephemeral_first, &adoption->ephemeral_last);
        adoption->tcp_seconds = read_seconds(SETTINGS "tcp_timeout_established", 5 * 24 * 60 * 60);
        adoption->tcp_new_seconds = read_seconds(SETTINGS "tcp_timeout_syn_sent", 120);
        adoption->udp_seconds = read_seconds(SETTINGS "udp_timeout_stream", 120);
        return 0;
}

static bool is_loopback(const struct pg_socket *socket)
{
        size_t length = socket->is_v6 ? 16 : 4;

        if (memcmp(socket->local, socket->remote, length) == 0)
                return true;
        return !socket->is_v6 && (socket->local[0] == 127 || socket->remote[0] == 127);
}

static void put_tuple(struct nlmsghdr *message, uint16_t type, const struct pg_socket *socket,
                      bool is_outbound)
{
        const uint8_t *from = is_outbound ? socket->local : socket->remote;
        const uint8_t *to = is_outbound ? socket->remote : socket->local;
        uint16_t from_port = is_outbound ? socket->local_port : socket->remote_port;
        uint16_t to_port = is_outbound ? socket->remote_port : socket->local_port;
        size_t length = socket->is_v6 ? 16 : 4;
        struct nlattr *tuple = mnl_attr_nest_start(message, type);
        struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);

        mnl_attr_put(message, socket->is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, length, from);
        mnl_attr_put(message, socket->is_v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, length, to);
        mnl_attr_nest_end(message, nest);
        nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
        mnl_attr_put_u8(message, CTA_PROTO_NUM, socket->protocol);
        mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(from_port));
        mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(to_port));
        mnl_attr_nest_end(message, nest);
        mnl_attr_nest_end(message, tuple);
}

static void put_tcp(struct nlmsghdr *message, bool is_new)
{
        struct nlattr *info = mnl_attr_nest_start(message, CTA_PROTOINFO);
        struct nlattr *tcp = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);

        mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE,
                        is_new ? TCP_CONNTRACK_SYN_SENT : TCP_CONNTRACK_ESTABLISHED);
        mnl_attr_put(message, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(liberal), &liberal);
        mnl_attr_put(message, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(liberal), &liberal);
        mnl_attr_nest_end(message, tcp);
        mnl_attr_nest_end(message, info);
}

/* Who began it is not known. It does not decide about its packets, but `conntrack -L` shows it: clients
 * have a port of the range for those that ask for none. */
static void put_connection(struct adoption *adoption, struct nlmsghdr *message,
                           const struct pg_socket *socket)
{
        bool is_tcp = socket->protocol == IPPROTO_TCP, is_new = socket->state == TCP_SYN_SENT;
        uint32_t seconds = !is_tcp  ? adoption->udp_seconds
                           : is_new ? adoption->tcp_new_seconds
                                    : adoption->tcp_seconds;
        bool is_outbound = is_new || (socket->local_port >= adoption->ephemeral_first &&
                                      socket->local_port <= adoption->ephemeral_last);
        struct nfgenmsg *header;

        message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
        message->nlmsg_seq = ++adoption->sequence;
        header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
        header->nfgen_family = socket->is_v6 ? AF_INET6 : AF_INET;
        header->version = NFNETLINK_V0;
        put_tuple(message, CTA_TUPLE_ORIG, socket, is_outbound);
        put_tuple(message, CTA_TUPLE_REPLY, socket, !is_outbound);
        if (!is_new)
                mnl_attr_put_u32(message, CTA_STATUS,
                                 htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
        mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(seconds));
        if (is_tcp)
                put_tcp(message, is_new);
}

/* Takes the kernel's answers up to the one to the last message. One that is tracked already, or in the
 * other direction, is no failure. */
static int take_answers(struct adoption *adoption)
{
        _Alignas(struct nlmsghdr) char buffer[ANSWER_MAX];

        for (;;) {
                ssize_t length = pg_netlink_receive(mnl_socket_get_fd(adoption->socket), buffer,
                                                    sizeof(buffer), 0);
                int left = (int)length;

                if (length < 0)
                        return (int)length;
                for (const struct nlmsghdr *m = (void *)buffer; mnl_nlmsg_ok(m, left);
                     m = mnl_nlmsg_next(m, &left)) {
                        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(m);

                        if (m->nlmsg_type != NLMSG_ERROR ||
                            mnl_nlmsg_get_payload_len(m) < sizeof(answer->error))
                                continue;
                        if (answer->error < 0 && answer->error != -EEXIST && adoption->refused == 0)
                                adoption->refused = answer->error;
                        if (m->nlmsg_seq == adoption->sequence)
                                return 0;
                }
        }
}

static int flush(struct adoption *adoption)
{
        if (!adoption->last)
                return 0;
        adoption->last->nlmsg_flags |= NLM_F_ACK;
        while (mnl_socket_sendto(adoption->socket, adoption->batch, adoption->used) < 0)
                if (errno != EINTR)
                        return -errno;
        adoption->last = NULL;
        adoption->used = 0;
        return take_answers(adoption);
}

static int take_socket(const struct pg_socket *socket, void *data)
{
        struct adoption *adoption = data;

        if (is_loopback(socket))
                return 0;
        adoption->last = mnl_nlmsg_put_header(adoption->batch + adoption->used);
        put_connection(adoption, adoption->last, socket);
        adoption->used += MNL_ALIGN(adoption->last->nlmsg_len);
        return adoption->used > BATCH_MAX ? flush(adoption) : 0;
}

int pg_conntrack_adopt(void)
{
        _cleanup_(adoption_freep) struct adoption *adoption = calloc(1, sizeof(*adoption));
        int r = adoption ? open_adoption(adoption) : -ENOMEM;

        if (r >= 0)
                r = pg_sockets_connected(IPPROTO_TCP, take_socket, adoption);
        if (r >= 0)
                r = pg_sockets_connected(IPPROTO_UDP, take_socket, adoption);
        if (r >= 0)
                r = flush(adoption);
        return r < 0 ? r : adoption->refused;
}
