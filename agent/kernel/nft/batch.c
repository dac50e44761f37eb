/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that the kernel makes together. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/nft/internal.h"

/* Room for the largest message: its list of elements is one attribute, whose length has 16 bits. */
#define MESSAGE_MAX (64 * 1024)

int pg_batch_new(struct pg_nft *nft, struct pg_batch **ret, struct pg_error *error)
{
        struct pg_batch *batch = calloc(1, sizeof(*batch));

        if (!batch)
                return pg_error_memory(error);
        batch->nft = nft;
        *ret = batch;
        return 0;
}

struct pg_batch *pg_batch_free(struct pg_batch *batch)
{
        if (!batch)
                return NULL;
        free(batch->data);
        free(batch->causes);
        free(batch);
        return NULL;
}

size_t pg_batch_size(const struct pg_batch *batch)
{
        return batch->length;
}

bool pg_batch_is_empty(const struct pg_batch *batch)
{
        return batch->n_causes == 0 && !batch->failed;
}

/* Zeroed: where libmnl aligns an attribute (1.0.4), the bytes between go to the kernel as they are. */
static bool make_room(struct pg_batch *batch)
{
        size_t capacity = batch->capacity > 0 ? 2 * batch->capacity : 2 * MESSAGE_MAX;
        char *data;

        if (batch->capacity - batch->length >= MESSAGE_MAX)
                return true;
        data = calloc(1, capacity);
        if (!data) {
                batch->failed = true;
                return false;
        }
        if (batch->length > 0)
                memcpy(data, batch->data, batch->length);
        free(batch->data);
        batch->data = data;
        batch->capacity = capacity;
        return true;
}

/* NFNL_MSG_BATCH_BEGIN and _END are no messages of nf_tables: their header names no subsystem. */
void pg_batch_bracket(struct pg_batch *batch, uint16_t type)
{
        struct nlmsghdr *message;
        struct nfgenmsg *general;

        if (!make_room(batch))
                return;
        message = mnl_nlmsg_put_header(batch->data + batch->length);
        message->nlmsg_type = type;
        message->nlmsg_flags = NLM_F_REQUEST;
        message->nlmsg_seq = ++batch->sequence;
        general = mnl_nlmsg_put_extra_header(message, sizeof(*general));
        general->nfgen_family = AF_UNSPEC;
        general->version = NFNETLINK_V0;
        general->res_id = htons(NFNL_SUBSYS_NFTABLES);
        /* Room for the generation id, which is known only when the batch is sent. */
        if (type == NFNL_MSG_BATCH_BEGIN)
                mnl_attr_put_u32(message, NFNL_BATCH_GENID, 0);
        batch->length += message->nlmsg_len;
}

static void begin(struct pg_batch *batch)
{
        batch->length = 0;
        batch->n_causes = 0;
        batch->set_id = 0;
        batch->sequence = batch->nft->sequence;
        pg_batch_bracket(batch, NFNL_MSG_BATCH_BEGIN);
}

struct nlmsghdr *pg_batch_open(struct pg_batch *batch, uint16_t type, uint16_t flags, const char *what,
                               const char *name, struct pg_place place)
{
        struct pg_cause *cause;

        if (batch->length == 0)
                begin(batch);
        if (batch->failed || !make_room(batch))
                return NULL;
        cause = PG_ARRAY_ADD(batch->causes, batch->n_causes);
        if (!cause) {
                batch->failed = true;
                return NULL;
        }
        cause->sequence = ++batch->sequence;
        cause->what = what;
        cause->place = place;
        snprintf(cause->name, sizeof(cause->name), "%s", name);
        return pg_message_begin(batch->data + batch->length, type, flags, batch->sequence);
}

void pg_batch_close(struct pg_batch *batch, const struct nlmsghdr *message)
{
        batch->length += message->nlmsg_len;
}

static const struct pg_place nowhere;

void pg_batch_add_table(struct pg_batch *batch)
{
        struct nlmsghdr *message = pg_batch_open(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE,
                                                 "adding the table inet", PG_TABLE_NAME, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, PG_TABLE_NAME);
        mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, 0);
        pg_batch_close(batch, message);
}

void pg_batch_delete_table(struct pg_batch *batch)
{
        struct nlmsghdr *message = pg_batch_open(batch, NFT_MSG_DELTABLE, 0, "deleting the table inet",
                                                 PG_TABLE_NAME, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, PG_TABLE_NAME);
        pg_batch_close(batch, message);
}

void pg_batch_add_chain(struct pg_batch *batch, const struct pg_chain *chain)
{
        struct nlmsghdr *message = pg_batch_open(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL,
                                                 "adding the chain", chain->name, chain->place);
        struct nftnl_chain *c = message ? pg_chain_encode(chain) : NULL;

        if (!message)
                return;
        if (!c) {
                batch->failed = true;
                return;
        }
        nftnl_chain_nlmsg_build_payload(message, c);
        nftnl_chain_free(c);
        pg_batch_close(batch, message);
}

void pg_batch_set_policy(struct pg_batch *batch, const char *chain, uint32_t policy)
{
        struct nlmsghdr *message = pg_batch_open(batch, NFT_MSG_NEWCHAIN, 0,
                                                 "setting the policy of the chain", chain, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
        mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(policy));
        pg_batch_close(batch, message);
}

void pg_batch_rename_chain(struct pg_batch *batch, uint64_t handle, const char *name)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_NEWCHAIN, 0, "giving a chain the name", name, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PG_TABLE_NAME);
        mnl_attr_put_u64(message, NFTA_CHAIN_HANDLE, htobe64(handle));
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, name);
        pg_batch_close(batch, message);
}

void pg_batch_delete_chain(struct pg_batch *batch, const char *chain)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_DELCHAIN, 0, "deleting the chain", chain, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
        pg_batch_close(batch, message);
}

static void write_rule(struct pg_batch *batch, const struct pg_chain *chain, const struct pg_rule *rule,
                       uint16_t flags, uint64_t handle)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_NEWRULE, flags, "adding a rule to the chain", chain->name,
                              chain->place);
        struct nftnl_rule *r = message ? pg_rule_encode(chain->name, rule) : NULL;

        if (!message)
                return;
        if (!r) {
                batch->failed = true;
                return;
        }
        if (handle != 0)
                nftnl_rule_set_u64(r, NFTNL_RULE_HANDLE, handle);
        nftnl_rule_nlmsg_build_payload(message, r);
        nftnl_rule_free(r);
        pg_batch_close(batch, message);
}

void pg_batch_add_rule(struct pg_batch *batch, const struct pg_chain *chain, const struct pg_rule *rule,
                       bool at_head)
{
        write_rule(batch, chain, rule, NLM_F_CREATE | (at_head ? 0 : NLM_F_APPEND), 0);
}

void pg_batch_replace_rule(struct pg_batch *batch, const struct pg_chain *chain,
                           const struct pg_rule *rule, uint64_t handle)
{
        write_rule(batch, chain, rule, NLM_F_REPLACE, handle);
}

void pg_batch_delete_rule(struct pg_batch *batch, const char *chain, uint64_t handle)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_DELRULE, 0, "deleting rules of the chain", chain, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_RULE_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
        if (handle != 0)
                mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(handle));
        pg_batch_close(batch, message);
}

void pg_batch_add_set(struct pg_batch *batch, const struct pg_set *set)
{
        struct nlmsghdr *message = pg_batch_open(batch, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL,
                                                 "adding the set", set->name, set->place);
        struct nftnl_set *s = message ? pg_set_encode(set, ++batch->set_id) : NULL;

        if (!message)
                return;
        if (!s) {
                batch->failed = true;
                return;
        }
        nftnl_set_nlmsg_build_payload(message, s);
        nftnl_set_free(s);
        pg_batch_close(batch, message);
}

void pg_batch_delete_set(struct pg_batch *batch, const char *set)
{
        struct nlmsghdr *message =
                pg_batch_open(batch, NFT_MSG_DELSET, 0, "deleting the set", set, nowhere);

        if (!message)
                return;
        mnl_attr_put_strz(message, NFTA_SET_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(message, NFTA_SET_NAME, set);
        pg_batch_close(batch, message);
}
