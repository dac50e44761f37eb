/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain --live: what else the packet meets on its way. */
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/explain/internal.h"

struct pg_chain_views *pg_chain_views_free(struct pg_chain_views *others)
{
        if (!others)
                return NULL;
        for (size_t i = 0; i < others->n; i++) {
                free(others->items[i].table);
                free(others->items[i].chain);
                free(others->items[i].hook);
        }
        free(others->items);
        free(others);
        return NULL;
}

/* Families whose chains an IP packet of this host meets; a bridge's ports are not its. */
static bool is_on_the_way(const struct pg_foreign_chain *foreign_chain, const struct pg_flow *flow)
{
        uint32_t own = flow->direction == PG_IN ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;

        if (foreign_chain->is_dormant)
                return false;
        switch (foreign_chain->family) {
        case NFPROTO_NETDEV:
                return strcmp(pg_hook_name(foreign_chain->family, foreign_chain->hook),
                              flow->direction == PG_IN ? "ingress" : "egress") == 0;
        case NFPROTO_IPV4:
        case NFPROTO_IPV6:
                if ((foreign_chain->family == NFPROTO_IPV6) != flow->is_v6)
                        return false;
                break;
        case NFPROTO_INET:
                break;
        default:
                return false;
        }
        return foreign_chain->hook == own ||
               foreign_chain->hook ==
                       (flow->direction == PG_IN ? NF_INET_PRE_ROUTING : NF_INET_POST_ROUTING) ||
               (foreign_chain->hook == NF_INET_INGRESS && flow->direction == PG_IN);
}

/* NAT of what this host sends: portguard's chain at output comes behind (NF_IP_PRI_NAT_DST). Of what
 * comes in, the rules are followed: pg_explain_translations(). */
static bool sends_elsewhere(const struct pg_foreign_chain *foreign_chain)
{
        return foreign_chain->may_send && strcmp(foreign_chain->type, "nat") == 0 &&
               foreign_chain->hook == NF_INET_LOCAL_OUT && foreign_chain->priority <= 0;
}

static int add(struct pg_chain_views *others, const struct pg_foreign_chain *foreign_chain,
               const struct pg_flow *flow)
{
        uint32_t own = flow->direction == PG_IN ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;
        struct pg_chain_view *chain = PG_ARRAY_ADD(others->items, others->n);

        if (!chain)
                return -ENOMEM;
        chain->table = pg_format("%s %s", pg_family_name(foreign_chain->family), foreign_chain->table);
        chain->chain = strdup(foreign_chain->chain);
        chain->hook = strdup(pg_hook_name(foreign_chain->family, foreign_chain->hook));
        chain->priority = foreign_chain->priority;
        chain->is_same_hook = foreign_chain->family != NFPROTO_NETDEV && foreign_chain->hook == own;
        chain->may_drop = foreign_chain->may_drop;
        chain->may_untrack = foreign_chain->may_untrack;
        chain->rewrites = pg_rewriting_order(foreign_chain);
        if (!chain->rewrites && sends_elsewhere(foreign_chain))
                chain->rewrites = "before the policy sees them";
        chain->may_proxy = pg_rewriting_proxies(foreign_chain);
        return chain->table && chain->chain && chain->hook ? 0 : -ENOMEM;
}

int pg_explain_foreign_chains(const struct pg_question *question, struct pg_chain_views **ret,
                              struct pg_error *error)
{
        _cleanup_(pg_chain_views_freep) struct pg_chain_views *others = calloc(1, sizeof(*others));
        _cleanup_(pg_explanation_freep) struct pg_explanation *words = calloc(1, sizeof(*words));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_foreign_chains foreign_chains = {0};
        struct pg_flow flow;
        int r;

        if (!others || !words)
                return pg_error_memory(error);
        r = pg_question_parse(question, &flow, words, error);
        if (r >= 0)
                r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = pg_foreign_chains_read(nft, &foreign_chains, error);
        for (size_t i = 0; r >= 0 && i < foreign_chains.n; i++)
                if (is_on_the_way(&foreign_chains.items[i], &flow) &&
                    add(others, &foreign_chains.items[i], &flow) < 0)
                        r = pg_error_memory(error);
        pg_foreign_chains_done(&foreign_chains);
        if (r < 0)
                return r;
        *ret = PG_TAKE(others);
        return 0;
}
