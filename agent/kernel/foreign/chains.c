/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base chains of other tables, from dumps of all chains and rules. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/internal.h"

/* Beyond that a dormant table is reported as if it were not. */
#define DORMANT_MAX 1024

struct dormant {
        uint8_t family;
        char name[PG_NAME_MAX];
};

struct reading {
        struct dormant *dormant;
        size_t n_dormant;
        struct pg_graph graph;
        struct pg_graph_chain *last; /* of the last rule: they come chain by chain */
        bool has_conditions;         /* of the rule at hand, as far as it was read */
        struct pg_listed listed;     /* the same */
        struct pg_rewriting rewriting;
};

static void reading_done(struct reading *reading)
{
        free(reading->dormant);
        pg_graph_done(&reading->graph);
}

static bool is_ours(uint8_t family, const char *table)
{
        return family == NFPROTO_INET && strcmp(table, PG_TABLE_NAME) == 0;
}

/* What a callback of libmnl returns for a negative errno value. */
static int result(int r)
{
        if (r >= 0)
                return MNL_CB_OK;
        errno = -r;
        return MNL_CB_ERROR;
}

static int take_table(const struct nlmsghdr *message, void *data)
{
        const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
        struct dormant table = {.family = header->nfgen_family}, *item;
        struct reading *reading = data;
        struct nlattr *attribute;
        uint32_t flags = 0;

        mnl_attr_for_each(attribute, message, sizeof(*header))
        {
                uint16_t type = mnl_attr_get_type(attribute);

                if (type == NFTA_TABLE_FLAGS && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        flags = ntohl(mnl_attr_get_u32(attribute));
                if (type == NFTA_TABLE_NAME && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                        snprintf(table.name, sizeof(table.name), "%s", mnl_attr_get_str(attribute));
        }
        if (!(flags & NFT_TABLE_F_DORMANT) || reading->n_dormant >= DORMANT_MAX)
                return MNL_CB_OK;
        item = PG_ARRAY_ADD(reading->dormant, reading->n_dormant);
        if (item)
                *item = table;
        return result(item ? 0 : -ENOMEM);
}

static int add_devices(struct pg_graph_chain *chain, const struct nftnl_chain *c)
{
        const char *const *devices = nftnl_chain_get(c, NFTNL_CHAIN_DEVICES);
        const char *only[] = {nftnl_chain_get_str(c, NFTNL_CHAIN_DEV), NULL};
        size_t n = 0;

        if (!devices)
                devices = only;
        while (n <= PG_CHAIN_DEVICES_MAX && devices[n])
                n++;
        if (n == 0 || n > PG_CHAIN_DEVICES_MAX)
                return 0;
        chain->devices = calloc(PG_CHAIN_DEVICES_MAX, sizeof(*chain->devices));
        if (!chain->devices)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                snprintf(chain->devices[i], sizeof(chain->devices[i]), "%s", devices[i]);
        chain->n_devices = n;
        return 0;
}

static int add_chain(struct reading *reading, const struct nftnl_chain *c)
{
        const char *table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
        const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
        const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);
        uint8_t family = (uint8_t)nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY);
        struct pg_graph_chain *chain = NULL;
        int r;

        if (!table || !name)
                return -EPROTO;
        if (is_ours(family, table))
                return 0;
        r = pg_graph_add_chain(&reading->graph, family, table, name, &chain);
        if (r < 0 || !chain || !nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
                return r;
        chain->is_base = true;
        chain->hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);
        chain->priority = nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO);
        chain->policy = nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY);
        snprintf(chain->type, sizeof(chain->type), "%s", type ? type : "");
        return add_devices(chain, c);
}

static int take_chain(const struct nlmsghdr *message, void *data)
{
        struct nftnl_chain *c = nftnl_chain_alloc();
        int r = -EPROTO;

        if (!c)
                return result(-ENOMEM);
        if (nftnl_chain_nlmsg_parse(message, c) >= 0)
                r = add_chain(data, c);
        nftnl_chain_free(c);
        return result(r);
}

/* Of a rule that does nothing before its verdict but count. */
static void find_end(struct reading *reading, const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

        if (!reading->has_conditions && pg_expr_ends_chain(e, &reading->last->is_decided))
                reading->last->is_over = true;
        reading->has_conditions |= !name || strcmp(name, "counter") != 0;
}

static int take_expr(struct nftnl_expr *e, void *data)
{
        struct reading *reading = data;
        const char *target = NULL;
        int r = 0;

        pg_listed_see(&reading->listed, reading->last->family, e);
        if (pg_expr_untracks(e))
                reading->last->deeds |= PG_DEED_UNTRACKS;
        if (pg_expr_proxies(e))
                reading->last->deeds |= PG_DEED_PROXIES;
        if (pg_expr_sends(e))
                reading->last->deeds |= PG_DEED_SENDS;
        if (pg_rewriting_see(&reading->rewriting, reading->last->family, e))
                reading->last->deeds |= PG_DEED_REWRITES;
        reading->last->leads_by_map |= pg_expr_maps_verdict(e);
        if (pg_expr_may_drop(e, &target))
                pg_graph_drops(reading->last,
                               reading->listed.is_listed ? PG_DROPS_LISTED : PG_DROPS_ANY);
        if (target)
                r = pg_graph_add_jump(&reading->graph, reading->last, target,
                                      reading->listed.is_listed);
        find_end(reading, e);
        return r < 0 ? r : 1;
}

static int add_rule(struct reading *reading, struct nftnl_rule *rule)
{
        uint8_t family = (uint8_t)nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY);
        const char *table = nftnl_rule_get_str(rule, NFTNL_RULE_TABLE);
        const char *name = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
        struct pg_graph_chain *last = reading->last;

        if (!table || !name)
                return -EPROTO;
        if (is_ours(family, table))
                return 0;
        if (!last || last->family != family || strcmp(last->table, table) != 0 ||
            strcmp(last->name, name) != 0)
                last = pg_graph_find(&reading->graph, family, table, name);
        if (!last) /* it was not there a moment ago: the ruleset moved */
                return reading->graph.is_cut ? 0 : -EINTR;
        reading->last = last;
        reading->has_conditions = false;
        reading->listed = (struct pg_listed){0};
        reading->rewriting = (struct pg_rewriting){0};
        last->n_rules++;
        return last->is_over ? 0 : nftnl_expr_foreach(rule, take_expr, reading);
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
        struct nftnl_rule *rule = pg_rule_parse(message);
        int r;

        if (!rule)
                return MNL_CB_ERROR;
        r = add_rule(data, rule);
        nftnl_rule_free(rule);
        return result(r);
}

static void take_policies(struct pg_graph *graph)
{
        for (size_t i = 0; i < graph->n_chains; i++)
                if (graph->chains[i].is_base && graph->chains[i].policy != NF_ACCEPT &&
                    !graph->chains[i].is_decided)
                        pg_graph_drops(&graph->chains[i], PG_DROPS_ANY);
}

static int dump(struct pg_nft *nft, uint16_t type, mnl_cb_t callback, struct reading *reading)
{
        char buffer[256];
        struct nlmsghdr *request =
                nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_UNSPEC, NLM_F_DUMP, ++nft->sequence);

        return pg_nft_request(nft, request, callback, reading);
}

static bool is_dormant(const struct reading *reading, const struct pg_graph_chain *chain)
{
        for (size_t i = 0; i < reading->n_dormant; i++)
                if (reading->dormant[i].family == chain->family &&
                    strcmp(reading->dormant[i].name, chain->table) == 0)
                        return true;
        return false;
}

static int add_foreign_chain(struct pg_foreign_chains *foreign_chains, const struct reading *reading,
                             const struct pg_graph_chain *chain)
{
        struct pg_foreign_chain *foreign_chain;

        foreign_chains->n_all++;
        if (foreign_chains->n >= PG_FOREIGN_CHAINS_MAX)
                return 0;
        foreign_chain = PG_ARRAY_ADD(foreign_chains->items, foreign_chains->n);
        if (!foreign_chain)
                return -ENOMEM;
        *foreign_chain = (struct pg_foreign_chain){
                .family = chain->family,
                .hook = chain->hook,
                .priority = chain->priority,
                .policy = chain->policy,
                .n_rules = chain->n_rules,
                .n_devices = chain->n_devices,
                .is_dormant = is_dormant(reading, chain),
                .may_drop = chain->drops != PG_DROPS_NOBODY || reading->graph.is_cut,
                .may_untrack = chain->deeds & PG_DEED_UNTRACKS,
                .may_rewrite = chain->deeds & PG_DEED_REWRITES,
                .may_proxy = chain->deeds & PG_DEED_PROXIES,
                .may_send = chain->deeds & PG_DEED_SENDS,
                .drops_listed = chain->drops == PG_DROPS_LISTED && !reading->graph.is_cut,
        };
        if (chain->devices)
                memcpy(foreign_chain->devices, chain->devices, sizeof(foreign_chain->devices));
        snprintf(foreign_chain->table, sizeof(foreign_chain->table), "%s", chain->table);
        snprintf(foreign_chain->chain, sizeof(foreign_chain->chain), "%s", chain->name);
        snprintf(foreign_chain->type, sizeof(foreign_chain->type), "%s", chain->type);
        return 0;
}

static int read_all(struct pg_nft *nft, struct reading *reading)
{
        uint32_t before = 0, after = 0;
        int r = pg_nft_genid(nft, &before, NULL);

        if (r >= 0)
                r = dump(nft, NFT_MSG_GETTABLE, take_table, reading);
        if (r >= 0)
                r = dump(nft, NFT_MSG_GETCHAIN, take_chain, reading);
        pg_graph_sort(&reading->graph);
        if (r >= 0)
                r = dump(nft, NFT_MSG_GETRULE, take_rule, reading);
        if (r >= 0)
                take_policies(&reading->graph);
        if (r >= 0)
                r = pg_graph_spread(&reading->graph);
        if (r >= 0)
                r = pg_nft_genid(nft, &after, NULL);
        return r >= 0 && after != before ? -EINTR : r;
}

static int compare(const void *a, const void *b)
{
        const struct pg_foreign_chain *x = a, *y = b;
        int32_t place = pg_foreign_chain_place(x), other = pg_foreign_chain_place(y);
        int r = pg_hook_order(x->family, x->hook) - pg_hook_order(y->family, y->hook);

        if (r == 0)
                r = (place > other) - (place < other);
        if (r == 0)
                r = (x->priority > y->priority) - (x->priority < y->priority);
        if (r == 0)
                r = (int)x->family - (int)y->family;
        if (r == 0)
                r = strcmp(x->table, y->table);
        return r != 0 ? r : strcmp(x->chain, y->chain);
}

static int collect(const struct reading *reading, struct pg_foreign_chains *ret)
{
        _cleanup_(pg_foreign_chains_done) struct pg_foreign_chains foreign_chains = {0};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < reading->graph.n_chains; i++)
                if (reading->graph.chains[i].is_base)
                        r = add_foreign_chain(&foreign_chains, reading, &reading->graph.chains[i]);
        if (r < 0)
                return r;
        if (foreign_chains.n > 1)
                qsort(foreign_chains.items, foreign_chains.n, sizeof(*foreign_chains.items), compare);
        *ret = PG_TAKE(foreign_chains);
        return 0;
}

static int read_once(struct pg_nft *nft, void *data, struct pg_error *error)
{
        _cleanup_(reading_done) struct reading reading = {0};
        int r = read_all(nft, &reading);

        if (r >= 0)
                r = collect(&reading, data);
        if (r == -ENOMEM)
                return pg_error_memory(error);
        return r < 0 ? pg_nft_error(error, -r, "reading the tables of others", (struct pg_place){0})
                     : 0;
}

int pg_foreign_chains_read(struct pg_nft *nft, struct pg_foreign_chains *ret, struct pg_error *error)
{
        return pg_nft_retry(nft, read_once, ret, error);
}

void pg_foreign_chains_done(struct pg_foreign_chains *foreign_chains)
{
        free(foreign_chains->items);
        *foreign_chains = (struct pg_foreign_chains){0};
}
