/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds to a chain of this network namespace a rule that nft of Debian 12 does not make:
 *
 *      tool_foreign FAMILY TABLE CHAIN inner|empty
 *
 * FAMILY is a number (1: inet, 2: ip); `inner` is an expression of Linux 6.2, which looks into a VXLAN
 * packet, and `empty` a rule without expressions. Exits with 77 where the kernel does not have it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/address.h"

/* linux/netfilter/nf_tables.h of 6.2 */
enum { INNER_NUM = 1, INNER_TYPE, INNER_FLAGS, INNER_HDRSIZE, INNER_EXPR };
enum { INNER_VXLAN = 1, INNER_HAS_HDRSIZE = 1 << 0, INNER_TH = 1 << 3 };

static void put_expr(struct nlmsghdr *message)
{
        struct nlattr *data;

        mnl_attr_put_strz(message, NFTA_EXPR_NAME, "meta");
        data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
        mnl_attr_put_u32(message, NFTA_META_KEY, htonl(NFT_META_L4PROTO));
        mnl_attr_put_u32(message, NFTA_META_DREG, htonl(NFT_REG_1));
        mnl_attr_nest_end(message, data);
}

static void put_inner(struct nlmsghdr *message)
{
        struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *data, *inner;

        mnl_attr_put_strz(message, NFTA_EXPR_NAME, "inner");
        data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
        mnl_attr_put_u32(message, INNER_NUM, 0);
        mnl_attr_put_u32(message, INNER_TYPE, htonl(INNER_VXLAN));
        mnl_attr_put_u32(message, INNER_FLAGS, htonl(INNER_HAS_HDRSIZE | INNER_TH));
        mnl_attr_put_u32(message, INNER_HDRSIZE, htonl(8));
        inner = mnl_attr_nest_start(message, INNER_EXPR);
        put_expr(message);
        mnl_attr_nest_end(message, inner);
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, element);
}

static struct nlmsghdr *put(void *at, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
        struct nlmsghdr *message = mnl_nlmsg_put_header(at);
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

        message->nlmsg_type = type;
        message->nlmsg_flags = NLM_F_REQUEST | flags;
        *header = (struct nfgenmsg){.nfgen_family = family, .res_id = htons(resource)};
        return message;
}

int main(int argc, char **argv)
{
        struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
        _Alignas(struct nlmsghdr) char buffer[4096];
        struct nlmsghdr *message;
        struct nlattr *list;
        ssize_t length;
        char *at = buffer;

        if (argc != 5)
                return 99;
        must(socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0, "netlink");
        at += put(at, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
        message = put(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
                      NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, (uint8_t)atoi(argv[1]), 0);
        mnl_attr_put_strz(message, NFTA_RULE_TABLE, argv[2]);
        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, argv[3]);
        list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
        if (strcmp(argv[4], "inner") == 0)
                put_inner(message);
        mnl_attr_nest_end(message, list);
        at += message->nlmsg_len;
        at += put(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
        must(mnl_socket_sendto(socket, buffer, (size_t)(at - buffer)) > 0, "send");
        length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
        if (length > 0 && mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) < 0 &&
            (errno == ENOENT || errno == EOPNOTSUPP))
                return 77;
        must(length > 0 && mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) >= 0, argv[4]);
        mnl_socket_close(socket);
        return 0;
}
