/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of other programs that translate what comes in. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/nat/internal.h"

struct reading {
        struct pg_nat_tables *tables;
        struct pg_nat_table *table;
        struct pg_nat_chain *last; /* the dump gives the rules of a chain one behind the other */
};

void pg_nat_tables_done(struct pg_nat_tables *tables)
{
        for (size_t i = 0; i < tables->n; i++) {
                struct pg_nat_table *table = &tables->items[i];

                for (size_t j = 0; j < table->n_chains; j++) {
                        for (size_t k = 0; k < table->chains[j].n; k++)
                                pg_nat_rule_done(&table->chains[j].rules[k]);
                        free(table->chains[j].rules);
                        free(table->chains[j].name);
                }
                for (size_t j = 0; j < table->n_sets; j++)
                        pg_nat_set_done(&table->sets[j]);
                free(table->chains);
                free(table->sets);
                free(table->name);
        }
        free(tables->items);
        *tables = (struct pg_nat_tables){.nft = tables->nft};
}

static struct pg_nat_table *get_table(struct pg_nat_tables *tables, uint8_t family, const char *name)
{
        struct pg_nat_table *table;

        for (size_t i = tables->n; i > 0; i--)
                if (tables->items[i - 1].family == family &&
                    strcmp(tables->items[i - 1].name, name) == 0)
                        return &tables->items[i - 1];
        table = PG_ARRAY_ADD(tables->items, tables->n);
        if (!table)
                return NULL;
        table->family = family;
        table->name = strdup(name);
        return table->name ? table : NULL;
}

static bool is_nat_base(const struct nftnl_chain *c)
{
        const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);

        return nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM) && type && strcmp(type, "nat") == 0 &&
               nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == NF_INET_PRE_ROUTING;
}

static int add_chain(struct pg_nat_tables *tables, uint8_t family, const struct nftnl_chain *c)
{
        const char *table_name = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
        const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
        struct pg_nat_table *table;
        struct pg_nat_chain *chain;

        if (!table_name || !name)
                return -EPROTO;
        if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
                return 0;
        if (!pg_nat_may_add(tables))
                return 0;
        table = get_table(tables, family, table_name);
        chain = table ? PG_ARRAY_ADD(table->chains, table->n_chains) : NULL;
        if (!chain)
                return -ENOMEM;
        chain->name = strdup(name);
        chain->is_base = is_nat_base(c);
        table->has_base |= chain->is_base;
        return chain->name ? 0 : -ENOMEM;
}

static int take_chain(const struct nlmsghdr *message, void *data)
{
        const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
        struct reading *reading = data;
        struct nftnl_chain *c = nftnl_chain_alloc();
        int r = -ENOMEM;

        if (c)
                r = nftnl_chain_nlmsg_parse(message, c) < 0
                            ? -EPROTO
                            : add_chain(reading->tables, header->nfgen_family, c);
        if (c)
                nftnl_chain_free(c);
        errno = -r;
        return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int compare_chains(const void *a, const void *b)
{
        return strcmp(((const struct pg_nat_chain *)a)->name, ((const struct pg_nat_chain *)b)->name);
}

struct pg_nat_chain *pg_nat_chain_find(const struct pg_nat_table *table, const char *name)
{
        struct pg_nat_chain key = {.name = (char *)name};

        if (table->n_chains == 0)
                return NULL;
        return bsearch(&key, table->chains, table->n_chains, sizeof(key), compare_chains);
}

static int take_expr(struct nftnl_expr *e, void *data)
{
        int r = pg_nat_expr_decode(e, data);

        return r < 0 ? r : 1;
}

/* No packet gets behind a rule that has no condition and ends the chain. */
static bool is_final(const struct pg_nat_rule *rule)
{
        for (size_t i = 0; i < rule->n; i++)
                switch (rule->ops[i].kind) {
                case PG_NAT_LOAD:
                case PG_NAT_DATA:
                case PG_NAT_MASK:
                        break;
                case PG_NAT_VERDICT:
                        if (rule->ops[i].verdict.code != NFT_JUMP &&
                            rule->ops[i].verdict.code != NFT_CONTINUE)
                                return true;
                        break;
                case PG_NAT_TRANSLATE:
                        return true;
                default:
                        return false;
                }
        return false;
}

static int add_rule(struct reading *reading, const struct nftnl_rule *r)
{
        const char *name = nftnl_rule_get_str(r, NFTNL_RULE_CHAIN);
        struct pg_nat_rule *rule;
        int result;

        if (!name)
                return -EPROTO;
        if (!pg_nat_may_add(reading->tables))
                return 0;
        if (!reading->last || strcmp(reading->last->name, name) != 0)
                reading->last = pg_nat_chain_find(reading->table, name);
        /* A rule of a chain that was not there a moment ago; unless it was too many. */
        if (!reading->last)
                return reading->tables->is_cut ? 0 : -EINTR;
        rule = PG_ARRAY_ADD(reading->last->rules, reading->last->n);
        if (!rule)
                return -ENOMEM;
        rule->family = reading->table->family;
        result = nftnl_expr_foreach((struct nftnl_rule *)r, take_expr, rule);
        rule->is_final = is_final(rule);
        return result < 0 ? -ENOMEM : 0;
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
        struct nftnl_rule *rule = nftnl_rule_alloc();
        int r = -ENOMEM;

        if (rule)
                r = nftnl_rule_nlmsg_parse(message, rule) < 0 ? -EPROTO : add_rule(data, rule);
        if (rule)
                nftnl_rule_free(rule);
        errno = -r;
        return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int dump_chains(struct pg_nat_tables *tables)
{
        struct reading reading = {.tables = tables};
        struct pg_nft *nft = tables->nft;
        char buffer[512];
        struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC,
                                                         NLM_F_DUMP, ++nft->sequence);

        return pg_nft_request(nft, request, take_chain, &reading);
}

static int dump_rules(struct pg_nat_tables *tables, struct pg_nat_table *table)
{
        struct reading reading = {.tables = tables, .table = table};
        struct pg_nft *nft = tables->nft;
        char buffer[512];
        struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETRULE, table->family,
                                                         NLM_F_DUMP, ++nft->sequence);

        mnl_attr_put_strz(request, NFTA_RULE_TABLE, table->name);
        return pg_nft_request(nft, request, take_rule, &reading);
}

int pg_nat_tables_read(struct pg_nat_tables *tables)
{
        int r = dump_chains(tables);

        for (size_t i = 0; r >= 0 && i < tables->n; i++) {
                struct pg_nat_table *table = &tables->items[i];

                if (!table->has_base)
                        continue;
                qsort(table->chains, table->n_chains, sizeof(*table->chains), compare_chains);
                r = dump_rules(tables, table);
                if (r >= 0)
                        r = pg_nat_sets_read(tables, table);
        }
        return r == -ENOENT ? -EINTR : r;
}
