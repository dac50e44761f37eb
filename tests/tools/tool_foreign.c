/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds to a table of this network namespace what nft of Debian 12 does not make:
 *
 *      tool_foreign FAMILY TABLE CHAIN inner|empty
 *      tool_foreign FAMILY TABLE SET LENGTH
 *
 * FAMILY is a number (1: inet, 2: ip); `inner` is an expression of Linux 6.2, which looks into a VXLAN
 * packet, and `empty` a rule without expressions. SET is an interval set of IPv4 addresses by its type,
 * whose keys have LENGTH bytes, with one range. Exits with 77 where the kernel does not have it.
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
/* nft's number of the type, which means nothing to the kernel. */
#define IPV4_ADDR 7
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

static struct nlmsghdr *put_rule(char *at, char **argv)
{
        struct nlmsghdr *message =
                put(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
                    NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, (uint8_t)atoi(argv[1]), 0);
        struct nlattr *list;

        mnl_attr_put_strz(message, NFTA_RULE_TABLE, argv[2]);
        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, argv[3]);
        list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
        if (strcmp(argv[4], "inner") == 0)
                put_inner(message);
        mnl_attr_nest_end(message, list);
        return message;
}

static struct nlmsghdr *put_set(char *at, char **argv, uint32_t length)
{
        struct nlmsghdr *message = put(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET, NLM_F_CREATE,
                                       (uint8_t)atoi(argv[1]), 0);

        mnl_attr_put_strz(message, NFTA_SET_TABLE, argv[2]);
        mnl_attr_put_strz(message, NFTA_SET_NAME, argv[3]);
        mnl_attr_put_u32(message, NFTA_SET_FLAGS, htonl(NFT_SET_INTERVAL));
        mnl_attr_put_u32(message, NFTA_SET_KEY_TYPE, htonl(IPV4_ADDR));
        mnl_attr_put_u32(message, NFTA_SET_KEY_LEN, htonl(length));
        mnl_attr_put_u32(message, NFTA_SET_ID, htonl(1));
        return message;
}

static void put_key(struct nlmsghdr *message, const uint8_t *key, uint32_t length, uint32_t flags)
{
        struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *data;

        data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
        mnl_attr_put(message, NFTA_DATA_VALUE, length, key);
        mnl_attr_nest_end(message, data);
        if (flags)
                mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(flags));
        mnl_attr_nest_end(message, element);
}

static struct nlmsghdr *put_elements(char *at, char **argv, uint32_t length)
{
        struct nlmsghdr *message = put(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM,
                                       NLM_F_ACK | NLM_F_CREATE, (uint8_t)atoi(argv[1]), 0);
        uint8_t first[64] = {10}, end[64] = {11};
        struct nlattr *list;

        must(length > 0 && length <= sizeof(first), "length");
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, argv[2]);
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, argv[3]);
        mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(1));
        list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
        put_key(message, first, length, 0);
        put_key(message, end, length, NFT_SET_ELEM_INTERVAL_END);
        mnl_attr_nest_end(message, list);
        return message;
}

int main(int argc, char **argv)
{
        struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
        _Alignas(struct nlmsghdr) char buffer[4096];
        uint32_t key_length;
        ssize_t length;
        char *at = buffer;

        if (argc != 5)
                return 99;
        must(socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0, "netlink");
        at += put(at, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
        key_length = (uint32_t)atoi(argv[4]);
        if (key_length > 0) {
                at += put_set(at, argv, key_length)->nlmsg_len;
                at += put_elements(at, argv, key_length)->nlmsg_len;
        } else {
                at += put_rule(at, argv)->nlmsg_len;
        }
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
