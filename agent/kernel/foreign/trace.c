/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftrace: one packet is marked before anything looks at it, and the kernel tells where it goes. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/trace.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/array.h"
#include "host/netlink.h"
#include "kernel/foreign/internal.h"

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 0x2
#endif

/* Before defragmentation and conntrack, which have no part in a verdict. */
#define MARK_PRIORITY (-450)
/* Behind whatever may drop it, before conntrack's confirmation (NF_IP_PRI_CONNTRACK_CONFIRM). */
#define END_PRIORITY (INT32_MAX - 1)
/* A packet that nothing was reported of for so long has come to its end. */
#define QUIET_MS 300
#define MARK "mark"
#define RECEIVE_BUFFER (1024 * 1024)

struct tracer {
        struct pg_nft *nft; /* owns the table */
        struct mnl_socket *listener;
        char table[32];
        uint32_t id;       /* of the packet that is followed; 0: none yet */
        size_t n_followed; /* messages about it */
        struct pg_trace_steps *steps;
};

void pg_trace_steps_done(struct pg_trace_steps *steps)
{
        free(steps->items);
        *steps = (struct pg_trace_steps){0};
}

static void tracer_done(struct tracer *tracer)
{
        if (tracer->listener)
                mnl_socket_close(tracer->listener);
        pg_nft_close(tracer->nft);
}

static void put_table(struct tracer *tracer, struct pg_batch *batch)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL,
                              "adding a table that its socket owns (Linux 5.12), inet", tracer->table,
                              (struct pg_place){0});

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, tracer->table);
        mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
        pg_batch_close(batch, message);
}

static int put_chain(struct tracer *tracer, struct pg_batch *batch, const char *name, uint32_t hook,
                     int32_t priority)
{
        struct nftnl_chain *chain = nftnl_chain_alloc();
        struct nlmsghdr *message;

        if (!chain)
                return -ENOMEM;
        nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, tracer->table);
        nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
        nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
        nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
        nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
        nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
        message = pg_batch_open(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, "adding the chain", name,
                                (struct pg_place){0});
        if (message) {
                nftnl_chain_nlmsg_build_payload(message, chain);
                pg_batch_close(batch, message);
        }
        nftnl_chain_free(chain);
        return message ? 0 : -ENOMEM;
}

/* One that marks it, and one without rules at each end of its way: the kernel reports the policy of
 * every base chain that a marked packet comes to. */
static int put_chains(struct tracer *tracer, struct pg_batch *batch, enum pg_direction direction)
{
        int r;

        if (direction == PG_OUT) {
                r = put_chain(tracer, batch, MARK, NF_INET_LOCAL_OUT, MARK_PRIORITY);
                return r < 0 ? r : put_chain(tracer, batch, "sent", NF_INET_POST_ROUTING, END_PRIORITY);
        }
        r = put_chain(tracer, batch, MARK, NF_INET_PRE_ROUTING, MARK_PRIORITY);
        if (r >= 0)
                r = put_chain(tracer, batch, "received", NF_INET_LOCAL_IN, END_PRIORITY);
        return r < 0 ? r : put_chain(tracer, batch, "forwarded", NF_INET_FORWARD, END_PRIORITY);
}

/* The matches, and a rate at which one packet after the other can be followed. */
static int make_matches(const struct pg_flow *flow, struct pg_rule *rule)
{
        bool inbound = flow->direction == PG_IN;
        int r = pg_match_family(rule, flow->is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);

        if (r >= 0)
                r = flow->is_v6 ? pg_match_prefix6(rule, inbound, flow->address, 128)
                                : pg_match_prefix4(rule, inbound, flow->address, 32);
        if (r >= 0 && flow->interface)
                r = pg_match_interface(rule, inbound, flow->interface);
        if (r >= 0)
                r = pg_match_protocol(rule, flow->protocol);
        if (r >= 0 && pg_protocol_has_ports(flow->protocol))
                r = pg_match_port(rule, false, flow->port);
        if (r >= 0 && (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6))
                r = pg_match_type(rule, flow->type, flow->type);
        return r < 0 ? r : pg_do_limit(rule, 1, 1, 1);
}

/* meta nftrace set 1 */
static int add_mark(struct nftnl_rule *rule)
{
        static const uint8_t one = 1;
        struct nftnl_expr *value = nftnl_expr_alloc("immediate"), *meta = nftnl_expr_alloc("meta");

        if (!value || !meta) {
                if (value)
                        nftnl_expr_free(value); /* which does not take NULL */
                if (meta)
                        nftnl_expr_free(meta);
                return -ENOMEM;
        }
        nftnl_expr_set_u32(value, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
        nftnl_expr_set(value, NFTNL_EXPR_IMM_DATA, &one, sizeof(one));
        nftnl_expr_set_u32(meta, NFTNL_EXPR_META_KEY, NFT_META_NFTRACE);
        nftnl_expr_set_u32(meta, NFTNL_EXPR_META_SREG, NFT_REG_1);
        nftnl_rule_add_expr(rule, value);
        nftnl_rule_add_expr(rule, meta);
        return 0;
}

static int put_rule(struct tracer *tracer, struct pg_batch *batch, const struct pg_flow *flow)
{
        _cleanup_(pg_rule_done) struct pg_rule matches = {0};
        struct nftnl_rule *rule = NULL;
        struct nlmsghdr *message = NULL;
        int r = make_matches(flow, &matches);

        if (r >= 0)
                rule = pg_rule_encode(MARK, &matches);
        if (!rule)
                return -ENOMEM;
        if (add_mark(rule) < 0) {
                nftnl_rule_free(rule);
                return -ENOMEM;
        }
        nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, tracer->table);
        message = pg_batch_open(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, "adding the rule",
                                MARK, (struct pg_place){0});
        if (message) {
                nftnl_rule_nlmsg_build_payload(message, rule);
                pg_batch_close(batch, message);
        }
        nftnl_rule_free(rule);
        return message ? 0 : -ENOMEM;
}

static int mark_packets(struct tracer *tracer, const struct pg_flow *flow, struct pg_error *error)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        int r = pg_batch_new(tracer->nft, &batch, error);

        if (r < 0)
                return r;
        put_table(tracer, batch);
        if (put_chains(tracer, batch, flow->direction) < 0 || put_rule(tracer, batch, flow) < 0)
                return pg_error_memory(error);
        return pg_batch_commit(batch, PG_COMMIT, 0, error);
}

static int listen_to_traces(struct tracer *tracer, struct pg_error *error)
{
        int group = NFNLGRP_NFTRACE, size = RECEIVE_BUFFER;

        tracer->listener = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (!tracer->listener || mnl_socket_bind(tracer->listener, 0, MNL_SOCKET_AUTOPID) < 0 ||
            mnl_socket_setsockopt(tracer->listener, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                return pg_nft_error(error, errno, "listening to traces", (struct pg_place){0});
        if (setsockopt(mnl_socket_get_fd(tracer->listener), SOL_SOCKET, SO_RCVBUFFORCE, &size,
                       sizeof(size)) < 0)
                setsockopt(mnl_socket_get_fd(tracer->listener), SOL_SOCKET, SO_RCVBUF, &size,
                           sizeof(size));
        return 0;
}

static void copy_name(const struct nftnl_trace *trace, uint16_t attribute,
                      char name[static PG_NAME_MAX])
{
        if (nftnl_trace_is_set(trace, attribute))
                snprintf(name, PG_NAME_MAX, "%s", nftnl_trace_get_str(trace, attribute));
}

static void fill_step(const struct nftnl_trace *trace, struct pg_trace_step *step)
{
        uint32_t type = nftnl_trace_get_u32(trace, NFTNL_TRACE_TYPE);

        *step = (struct pg_trace_step){.family =
                                               (uint8_t)nftnl_trace_get_u32(trace, NFTNL_TRACE_FAMILY)};
        copy_name(trace, NFTNL_TRACE_TABLE, step->table);
        copy_name(trace, NFTNL_TRACE_CHAIN, step->chain);
        copy_name(trace, NFTNL_TRACE_JUMP_TARGET, step->verdict.chain);
        if (type == NFT_TRACETYPE_RULE && nftnl_trace_is_set(trace, NFTNL_TRACE_RULE_HANDLE))
                step->handle = nftnl_trace_get_u64(trace, NFTNL_TRACE_RULE_HANDLE);
        step->verdict.code =
                (int32_t)nftnl_trace_get_u32(trace, type == NFT_TRACETYPE_POLICY ? NFTNL_TRACE_POLICY
                                                                                 : NFTNL_TRACE_VERDICT);
}

/* A rule that lets the packet go on to the next one decides nothing. */
static bool decides(const struct pg_trace_step *step)
{
        return step->verdict.code != NFT_CONTINUE;
}

static int take_trace(struct tracer *tracer, const struct nftnl_trace *trace)
{
        uint32_t id = nftnl_trace_get_u32(trace, NFTNL_TRACE_ID);
        struct pg_trace_step step, *item;
        bool is_own;

        if (!nftnl_trace_is_set(trace, NFTNL_TRACE_ID) ||
            !nftnl_trace_is_set(trace, NFTNL_TRACE_TYPE) ||
            !nftnl_trace_is_set(trace, NFTNL_TRACE_TABLE))
                return 0;
        fill_step(trace, &step);
        is_own = strcmp(step.table, tracer->table) == 0;
        /* What others have traced is not ours: it begins in our table. */
        if (tracer->id == 0 && is_own)
                tracer->id = id;
        if (id != tracer->id)
                return 0;
        tracer->n_followed++;
        tracer->steps->was_seen = true;
        tracer->steps->has_arrived |= is_own && strcmp(step.chain, MARK) != 0;
        if (is_own || !decides(&step))
                return 0;
        if (tracer->steps->n >= PG_TRACE_STEPS_MAX) {
                tracer->steps->is_cut = true;
                return 0;
        }
        item = PG_ARRAY_ADD(tracer->steps->items, tracer->steps->n);
        if (!item)
                return -ENOMEM;
        *item = step;
        return 0;
}

static int take_message(const struct nlmsghdr *message, void *data)
{
        struct nftnl_trace *trace;
        int r = 0;

        if (message->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_TRACE))
                return MNL_CB_OK;
        trace = nftnl_trace_alloc();
        if (!trace) {
                errno = ENOMEM;
                return MNL_CB_ERROR;
        }
        if (nftnl_trace_nlmsg_parse(message, trace) >= 0)
                r = take_trace(data, trace);
        nftnl_trace_free(trace);
        errno = -r;
        return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static bool is_dropped(const struct pg_trace_steps *steps)
{
        return steps->n > 0 && steps->items[steps->n - 1].verdict.code == NF_DROP;
}

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Takes what has come. 0: nothing; 1: something; or a negative errno value. */
static int take_messages(struct tracer *tracer, struct pg_error *error)
{
        char buffer[16 * 1024];
        ssize_t length =
                pg_netlink_receive(mnl_socket_get_fd(tracer->listener), buffer, sizeof(buffer), 0);

        if (length == -ENOBUFS) {
                tracer->steps->is_lossy = true;
                return 1;
        }
        if (length == -EAGAIN)
                return 0;
        if (length < 0)
                return pg_nft_error(error, (int)-length, "reading a trace", (struct pg_place){0});
        if (mnl_cb_run(buffer, (size_t)length, 0, 0, take_message, tracer) == MNL_CB_ERROR)
                return pg_nft_error(error, errno, "reading a trace", (struct pg_place){0});
        return 1;
}

/* Until the packet was dropped, nothing more is reported of it, or the time is up. What others trace
 * may never leave the socket empty: the clock alone ends this. */
static int follow(struct tracer *tracer, unsigned wait_ms, struct pg_error *error)
{
        struct pollfd wait = {.fd = mnl_socket_get_fd(tracer->listener), .events = POLLIN};
        int64_t end = now_ms() + wait_ms, until = end;

        while (!is_dropped(tracer->steps)) {
                int64_t left = until - now_ms();
                size_t before = tracer->n_followed;
                int r;

                if (left <= 0)
                        return 0;
                r = poll(&wait, 1, (int)left);
                if (r < 0 && errno != EINTR)
                        return pg_nft_error(error, errno, "waiting for a packet", (struct pg_place){0});
                if (r < 0)
                        return pg_error_set(error, PG_STATUS_FAILED, -EINTR, "interrupted");
                if (r > 0)
                        r = take_messages(tracer, error);
                if (r < 0)
                        return r;
                /* The kernel may give another packet the same id later: no end is put off for ever. */
                if (tracer->n_followed > before)
                        until = now_ms() + QUIET_MS < end + QUIET_MS ? now_ms() + QUIET_MS
                                                                     : end + QUIET_MS;
        }
        return 0;
}

int pg_trace_packet(const struct pg_flow *flow, unsigned wait_ms, struct pg_trace_steps *ret,
                    struct pg_error *error)
{
        _cleanup_(pg_trace_steps_done) struct pg_trace_steps steps = {0};
        _cleanup_(tracer_done) struct tracer tracer = {.steps = &steps};
        int r = pg_nft_open(&tracer.nft, error);

        snprintf(tracer.table, sizeof(tracer.table), "portguard_trace_%d", (int)getpid());
        if (r >= 0)
                r = listen_to_traces(&tracer, error);
        if (r >= 0)
                r = mark_packets(&tracer, flow, error);
        if (r >= 0)
                r = follow(&tracer, wait_ms, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(steps);
        return 0;
}
