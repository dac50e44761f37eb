/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of other programs that translate what comes in. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "kernel/foreign/nat/internal.h"
#include "kernel/nftnl.h"

/* Of messages. kube-proxy's are some 5 KiB a service; what is kept of them takes several times as much.
 */
#define BYTES_MAX (64 * 1024 * 1024)

PG_DEFINE_CLEANUP(struct nftnl_table, nftnl_table_free)

void pg_nat_tables_done(struct pg_nat_tables *tables)
{
        for (size_t i = 0; i < tables->n; i++) {
                if (tables->items[i].chains)
                        nftnl_chain_list_free(tables->items[i].chains);
                if (tables->items[i].sets)
                        nftnl_set_list_free(tables->items[i].sets);
        }
        free(tables->items);
        *tables = (struct pg_nat_tables){.nft = tables->nft, .own = tables->own};
}

bool pg_nat_is_base(const struct nftnl_chain *chain)
{
        const char *type = nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE);

        return nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM) && type && strcmp(type, "nat") == 0 &&
               nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM) == NF_INET_PRE_ROUTING;
}

/* The dump gives the chains of a table one behind the other. NULL: memory is short. */
static struct pg_nat_table *get_table(struct pg_nat_tables *tables, uint8_t family, const char *name)
{
        struct pg_nat_table *table = tables->n > 0 ? &tables->items[tables->n - 1] : NULL;

        if (table && table->family == family && strcmp(table->name, name) == 0)
                return table;
        table = PG_ARRAY_ADD(tables->items, tables->n);
        if (!table)
                return NULL;
        table->family = family;
        snprintf(table->name, sizeof(table->name), "%s", name);
        table->chains = nftnl_chain_list_alloc();
        table->sets = nftnl_set_list_alloc();
        return table->chains && table->sets ? table : NULL;
}

static int take_chain(struct pg_nat_tables *tables, const struct nlmsghdr *message)
{
        _cleanup_(nftnl_chain_freep) struct nftnl_chain *chain = nftnl_chain_alloc();
        struct pg_nat_table *table;
        uint32_t family;

        if (!chain)
                return -ENOMEM;
        if (nftnl_chain_nlmsg_parse(message, chain) < 0 ||
            !nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE) ||
            !nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME))
                return -EPROTO;
        family = nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY);
        if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
                return 0;
        table = get_table(tables, (uint8_t)family, nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE));
        if (!table)
                return -ENOMEM;
        table->has_base |= pg_nat_is_base(chain);
        /* One that comes twice: pg_chain_decode(). */
        if (!nftnl_chain_list_lookup_byname(table->chains,
                                            nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME)))
                nftnl_chain_list_add_tail(PG_TAKE(chain), table->chains);
        return 0;
}

static int take_rule(struct pg_nat_tables *tables, const struct nlmsghdr *message)
{
        _cleanup_(nftnl_rule_freep) struct nftnl_rule *rule = pg_rule_parse(message);
        const char *name;

        if (!rule)
                return -errno;
        if (!(name = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN)))
                return -EPROTO;
        if (!tables->chain || strcmp(nftnl_chain_get_str(tables->chain, NFTNL_CHAIN_NAME), name) != 0)
                tables->chain = nftnl_chain_list_lookup_byname(tables->table->chains, name);
        if (!tables->chain) /* it was not there a moment ago: the ruleset moved */
                return -EINTR;
        nftnl_chain_rule_add_tail(PG_TAKE(rule), tables->chain);
        return 0;
}

/* What is asleep translates nothing. */
static int take_table(struct pg_nat_tables *tables, const struct nlmsghdr *message)
{
        _cleanup_(nftnl_table_freep) struct nftnl_table *table = nftnl_table_alloc();

        if (!table)
                return -ENOMEM;
        if (nftnl_table_nlmsg_parse(message, table) < 0)
                return -EPROTO;
        if (nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS) & NFT_TABLE_F_DORMANT)
                tables->table->has_base = false;
        return 0;
}

static int take(const struct nlmsghdr *message, void *data)
{
        uint16_t type = NFNL_MSG_TYPE(message->nlmsg_type);
        struct pg_nat_tables *tables = data;
        int r = 0;

        tables->n_bytes += message->nlmsg_len;
        tables->is_cut |= tables->n_bytes > BYTES_MAX;
        if (tables->is_cut)
                return MNL_CB_OK;
        if (type == NFT_MSG_NEWCHAIN)
                r = take_chain(tables, message);
        else if (type == NFT_MSG_NEWRULE)
                r = take_rule(tables, message);
        else if (type == NFT_MSG_NEWTABLE)
                r = take_table(tables, message);
        else if (type == NFT_MSG_NEWSET)
                r = pg_set_parse(message, tables->set);
        else if (type == NFT_MSG_NEWSETELEM)
                tables->is_cut |= nftnl_set_elems_nlmsg_parse(message, tables->set) < 0;
        errno = -r;
        return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* NLM_F_DUMP: all of a kind, of one table, where there is one, and of one set. NLM_F_ACK: the set
 * itself. */
static int ask(struct pg_nat_tables *tables, uint16_t type, uint16_t flags)
{
        struct pg_nft *nft = tables->nft;
        uint8_t family = tables->table ? tables->table->family : NFPROTO_UNSPEC;
        char buffer[1024];
        struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, type, family, flags, ++nft->sequence);
        int r;

        /* NFTA_TABLE_NAME, NFTA_SET_TABLE and NFTA_SET_ELEM_LIST_TABLE are this number, too, and the
         * second one the set's name. */
        if (tables->table)
                mnl_attr_put_strz(request, NFTA_RULE_TABLE, tables->table->name);
        if (tables->set)
                mnl_attr_put_strz(request, NFTA_SET_NAME,
                                  nftnl_set_get_str(tables->set, NFTNL_SET_NAME));
        r = pg_nft_request(nft, request, take, tables);
        return r == -ENOENT ? -EINTR : r;
}

int pg_nat_tables_read(struct pg_nat_tables *tables)
{
        int r = ask(tables, NFT_MSG_GETCHAIN, NLM_F_DUMP);

        for (size_t i = 0; r >= 0 && i < tables->n; i++) {
                tables->table = &tables->items[i];
                tables->chain = NULL;
                if (tables->table->has_base)
                        r = ask(tables, NFT_MSG_GETTABLE, NLM_F_ACK);
                if (r >= 0 && tables->table->has_base)
                        r = ask(tables, NFT_MSG_GETRULE, NLM_F_DUMP);
        }
        return r;
}

/* A set of the table with its elements. */
static int get_set(struct pg_nat_tables *tables, const char *name, struct nftnl_set **ret)
{
        _cleanup_(nftnl_set_freep) struct nftnl_set *set = NULL;
        int r;

        *ret = nftnl_set_list_lookup_byname(tables->table->sets, name);
        if (*ret)
                return 0;
        tables->set = set = nftnl_set_alloc();
        if (!set || nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0)
                return -ENOMEM;
        r = ask(tables, NFT_MSG_GETSET, NLM_F_ACK);
        if (r >= 0)
                r = ask(tables, NFT_MSG_GETSETELEM, NLM_F_DUMP);
        if (r < 0)
                return r;
        *ret = set;
        nftnl_set_list_add_tail(PG_TAKE(set), tables->table->sets);
        return 0;
}

static size_t copy(struct nftnl_set_elem *e, uint16_t attribute, uint8_t buffer[static PG_NAT_KEY_MAX])
{
        uint32_t length = 0;
        const void *data = nftnl_set_elem_get(e, attribute, &length);

        if (!data || length > PG_NAT_KEY_MAX)
                return 0;
        memcpy(buffer, data, length);
        return length;
}

static int take_element(struct nftnl_set_elem *e, void *data)
{
        struct pg_nat_elements *elements = data;
        struct pg_nat_element *item = PG_ARRAY_ADD(elements->items, elements->n);

        if (!item)
                return -1;
        item->element = e;
        item->is_end = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_FLAGS) &&
                       (nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_FLAGS) & NFT_SET_ELEM_INTERVAL_END);
        /* What is for all that no other element is for has no key, and may be for any. */
        memset(item->last, 0xff, sizeof(item->last));
        if (copy(e, NFTNL_SET_ELEM_KEY, item->first) > 0 &&
            copy(e, NFTNL_SET_ELEM_KEY_END, item->last) == 0 && !elements->is_interval)
                memcpy(item->last, item->first, sizeof(item->last));
        return 0;
}

static int compare_elements(const void *a, const void *b)
{
        const struct pg_nat_element *x = a, *y = b;
        int r = memcmp(x->first, y->first, sizeof(x->first));

        return r != 0 ? r : (int)y->is_end - (int)x->is_end;
}

int pg_nat_elements_get(struct pg_nat_tables *tables, const char *name, struct pg_nat_elements *ret)
{
        struct nftnl_set *set = NULL;
        int r = get_set(tables, name, &set);
        uint32_t flags;

        if (r < 0)
                return r;
        flags = nftnl_set_get_u32(set, NFTNL_SET_FLAGS);
        ret->key_length = nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN);
        ret->is_interval = (flags & PG_SET_INTERVAL) && !(flags & PG_SET_CONCAT);
        if (nftnl_set_elem_foreach(set, take_element, ret) < 0)
                return -ENOMEM;
        /* A hash table gives them in another order each time. */
        if (ret->n > 1)
                qsort(ret->items, ret->n, sizeof(*ret->items), compare_elements);
        for (size_t i = 0; ret->is_interval && i + 1 < ret->n; i++)
                if (ret->items[i + 1].is_end) {
                        uint8_t *last = ret->items[i].last;
                        size_t length = copy(ret->items[i + 1].element, NFTNL_SET_ELEM_KEY, last);

                        while (length > 0 && last[length - 1]-- == 0)
                                length--;
                }
        return 0;
}
