/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the base chains that come with a policy, the rules that come, and the ends of batches. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char usage[] =
        "usage: tool_events\n"
        "\n"
        "Listens to nf_tables, and prints a line for each event, until it is killed:\n"
        "  listening\n"
        "  policy CHAIN accept|drop    a base chain came, or was given a policy\n"
        "  rule CHAIN\n"
        "  end                         of a batch\n"
        "`nft monitor` of nftables 1.0.6 crashes when a set goes that it has not seen coming.\n";

#define BUFFER (4 * 1024 * 1024)

static const struct nlattr *find(const struct nlmsghdr *message, uint16_t type)
{
        const struct nlattr *attribute;

        mnl_attr_for_each(attribute, message,
                          sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attribute) ==
                                                       type) return attribute;
        return NULL;
}

static void print_chain(const struct nlmsghdr *message)
{
        const struct nlattr *name = find(message, NFTA_CHAIN_NAME);
        const struct nlattr *policy = find(message, NFTA_CHAIN_POLICY);

        if (name && policy)
                printf("policy %s %s\n", mnl_attr_get_str(name),
                       ntohl(mnl_attr_get_u32(policy)) == 0 ? "drop" : "accept");
}

static int print_event(const struct nlmsghdr *message, void *data)
{
        const struct nlattr *chain;

        (void)data;
        switch (message->nlmsg_type & 0xff) {
        case NFT_MSG_NEWCHAIN:
                print_chain(message);
                break;
        case NFT_MSG_NEWRULE:
                chain = find(message, NFTA_RULE_CHAIN);
                if (chain)
                        printf("rule %s\n", mnl_attr_get_str(chain));
                break;
        case NFT_MSG_NEWGEN:
                puts("end");
                break;
        default:
                break;
        }
        return MNL_CB_OK;
}

int main(int argc, char **argv)
{
        struct mnl_socket *socket;
        int group = NFNLGRP_NFTABLES, size = BUFFER;
        static char buffer[64 * 1024];
        ssize_t n;

        (void)argv;
        if (argc != 1) {
                fputs(usage, stderr);
                return 2;
        }
        socket = mnl_socket_open(NETLINK_NETFILTER);
        if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
            mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                err(1, "netlink");
        if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
                err(1, "SO_RCVBUF");
        setlinebuf(stdout);
        puts("listening");
        while ((n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer))) > 0)
                if (mnl_cb_run(buffer, (size_t)n, 0, 0, print_event, NULL) < 0)
                        err(1, "an event");
        err(1, "recv");
}
