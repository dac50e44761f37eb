/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commits of others, by the multicast group of nf_tables. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "host/netlink.h"
#include "kernel/nft/internal.h"

#define RECEIVE_BUFFER (1024 * 1024)
#define TASK_NAME_MAX 16 /* TASK_COMM_LEN */
/* Whoever commits all the time must not keep the asking from its end. */
#define READS_MAX 4096

struct pg_watch {
        struct mnl_socket *socket;
        struct pg_nft *own;
        bool pending;      /* objects of our table were reported, the name of who did it was not yet */
        uint32_t reported; /* the generation id of the last commit, by whomever; 0: none yet */
        enum pg_foreign foreign; /* since last asked */
        char culprit[PG_CULPRIT_MAX];
        char *receive;
};

int pg_watch_open(struct pg_nft *nft, struct pg_watch **ret, struct pg_error *error)
{
        _cleanup_(pg_watch_closep) struct pg_watch *watch = calloc(1, sizeof(*watch));
        int group = NFNLGRP_NFTABLES, size = RECEIVE_BUFFER, fd;

        if (!watch)
                return pg_error_memory(error);
        watch->own = nft;
        watch->receive = malloc(PG_RECEIVE_SIZE);
        if (!watch->receive)
                return pg_error_memory(error);
        watch->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (!watch->socket || mnl_socket_bind(watch->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
            mnl_socket_setsockopt(watch->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                return pg_nft_error(error, errno, "listening to changes of the ruleset",
                                    (struct pg_place){0});
        fd = mnl_socket_get_fd(watch->socket);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        nft->watch = watch;
        *ret = PG_TAKE(watch);
        return 0;
}

struct pg_watch *pg_watch_close(struct pg_watch *watch)
{
        int group = NFNLGRP_NFTABLES;

        if (!watch)
                return NULL;
        if (watch->own->watch == watch)
                watch->own->watch = NULL;
        if (watch->socket) {
                mnl_socket_setsockopt(watch->socket, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
                pg_nft_close_later(watch->own, watch->socket);
        }
        free(watch->receive);
        free(watch);
        return NULL;
}

/* The table's name is the first attribute of every kind of object (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE,
 * NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE, NFTA_OBJ_TABLE: all of them 1). */
static bool is_ours(const struct nlmsghdr *message)
{
        const struct nfgenmsg *general = mnl_nlmsg_get_payload(message);
        const struct nlattr *attribute;

        if (mnl_nlmsg_get_payload_len(message) < sizeof(*general) ||
            general->nfgen_family != NFPROTO_INET)
                return false;
        mnl_attr_for_each(attribute, message, sizeof(*general))
        {
                if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME)
                        return mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 &&
                               strcmp(mnl_attr_get_str(attribute), PG_TABLE_NAME) == 0;
        }
        return false;
}

static void take_generation(struct pg_watch *watch, const struct nlmsghdr *message)
{
        char name[4 * TASK_NAME_MAX + 1] = "";
        const struct nlattr *attribute;
        uint32_t pid = 0;

        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                uint16_t type = mnl_attr_get_type(attribute);

                if (type == NFTA_GEN_ID && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        watch->reported = ntohl(mnl_attr_get_u32(attribute));
                if (type == NFTA_GEN_PROC_PID && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        pid = ntohl(mnl_attr_get_u32(attribute));
                if (type == NFTA_GEN_PROC_NAME &&
                    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                        pg_printable(mnl_attr_get_str(attribute),
                                     strnlen(mnl_attr_get_str(attribute), TASK_NAME_MAX), name,
                                     sizeof(name));
        }
        if (!watch->pending)
                return;
        watch->pending = false;
        watch->foreign = PG_FOREIGN_TOUCHED;
        if (pid != 0)
                snprintf(watch->culprit, PG_CULPRIT_MAX, "process %u (%.32s)", pid, name);
}

/* A commit's objects are reported first, then its generation with the process that made it. */
static void take_event(struct pg_watch *watch, const struct nlmsghdr *message)
{
        if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
                return;
        if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN)
                take_generation(watch, message);
        else if (!pg_nft_has_port(watch->own, message->nlmsg_pid))
                watch->pending |= is_ours(message);
}

static void take_what_was_told(struct pg_watch *watch)
{
        for (int i = 0; i < READS_MAX; i++) {
                ssize_t length = pg_netlink_receive(mnl_socket_get_fd(watch->socket), watch->receive,
                                                    PG_RECEIVE_SIZE, 0);
                const struct nlmsghdr *message = (const struct nlmsghdr *)watch->receive;
                int rest = (int)length;

                if (length == -ENOBUFS) {
                        if (watch->foreign == PG_FOREIGN_NONE)
                                watch->foreign = PG_FOREIGN_UNKNOWN;
                        continue;
                }
                if (length < 0)
                        return;
                for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest))
                        take_event(watch, message);
        }
        /* Not read to the end. */
        if (watch->foreign == PG_FOREIGN_NONE)
                watch->foreign = PG_FOREIGN_UNKNOWN;
}

/* What a commit did can be read before it is reported. It is reported before another batch may begin,
 * were it empty: both happen under the lock of the commit (nf_tables_commit()). */
static void wait_until_told(struct pg_watch *watch)
{
        struct pg_batch batch = {.nft = watch->own};

        pg_batch_bracket(&batch, NFNL_MSG_BATCH_BEGIN);
        pg_batch_bracket(&batch, NFNL_MSG_BATCH_END);
        if (!batch.failed)
                mnl_socket_sendto(watch->socket, batch.data, batch.length);
        free(batch.data);
}

enum pg_foreign pg_watch_ask(struct pg_watch *watch, char culprit[static PG_CULPRIT_MAX])
{
        enum pg_foreign foreign;

        wait_until_told(watch);
        take_what_was_told(watch);
        /* What was reported of our table without a name is reported all the same. */
        foreign = watch->pending ? PG_FOREIGN_TOUCHED : watch->foreign;
        snprintf(culprit, PG_CULPRIT_MAX, "%s",
                 watch->culprit[0] != '\0' ? watch->culprit : "somebody");
        watch->foreign = PG_FOREIGN_NONE;
        watch->culprit[0] = '\0';
        return foreign;
}

bool pg_watch_follow(struct pg_watch *watch, uint32_t *genid)
{
        take_what_was_told(watch);
        if (watch->foreign != PG_FOREIGN_NONE || watch->pending ||
            (int32_t)(watch->reported - *genid) <= 0)
                return false;
        *genid = watch->reported;
        return true;
}
