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

struct pg_other_chains *pg_other_chains_free(struct pg_other_chains *others)
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
static bool is_on_the_way(const struct pg_neighbour *neighbour, const struct pg_flow *flow)
{
        uint32_t own = flow->direction == PG_IN ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;

        if (neighbour->is_dormant)
                return false;
        switch (neighbour->family) {
        case NFPROTO_NETDEV:
                return strcmp(pg_hook_name(neighbour->family, neighbour->hook),
                              flow->direction == PG_IN ? "ingress" : "egress") == 0;
        case NFPROTO_IPV4:
        case NFPROTO_IPV6:
                if ((neighbour->family == NFPROTO_IPV6) != flow->is_v6)
                        return false;
                break;
        case NFPROTO_INET:
                break;
        default:
                return false;
        }
        return neighbour->hook == own ||
               neighbour->hook ==
                       (flow->direction == PG_IN ? NF_INET_PRE_ROUTING : NF_INET_POST_ROUTING) ||
               (neighbour->hook == NF_INET_INGRESS && flow->direction == PG_IN);
}

/* NAT of what this host sends: portguard's chain at output comes behind (NF_IP_PRI_NAT_DST). Of what
 * comes in, the rules are followed: pg_explain_translations(). */
static bool sends_elsewhere(const struct pg_neighbour *neighbour)
{
        return neighbour->may_send && strcmp(neighbour->type, "nat") == 0 &&
               neighbour->hook == NF_INET_LOCAL_OUT && neighbour->priority <= 0;
}

static int add(struct pg_other_chains *others, const struct pg_neighbour *neighbour,
               const struct pg_flow *flow)
{
        uint32_t own = flow->direction == PG_IN ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;
        struct pg_other_chain *chain = PG_ARRAY_ADD(others->items, others->n);

        if (!chain)
                return -ENOMEM;
        chain->table = pg_format("%s %s", pg_family_name(neighbour->family), neighbour->table);
        chain->chain = strdup(neighbour->chain);
        chain->hook = strdup(pg_hook_name(neighbour->family, neighbour->hook));
        chain->priority = neighbour->priority;
        chain->is_same_hook = neighbour->family != NFPROTO_NETDEV && neighbour->hook == own;
        chain->may_drop = neighbour->may_drop;
        chain->may_untrack = neighbour->may_untrack;
        chain->rewrites = pg_rewriting_order(neighbour);
        if (!chain->rewrites && sends_elsewhere(neighbour))
                chain->rewrites = "before the policy sees them";
        chain->may_proxy = pg_rewriting_proxies(neighbour);
        return chain->table && chain->chain && chain->hook ? 0 : -ENOMEM;
}

int pg_explain_others(const struct pg_question *question, struct pg_other_chains **ret,
                      struct pg_error *error)
{
        _cleanup_(pg_other_chains_freep) struct pg_other_chains *others = calloc(1, sizeof(*others));
        _cleanup_(pg_explanation_freep) struct pg_explanation *words = calloc(1, sizeof(*words));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_neighbours neighbours = {0};
        struct pg_flow flow;
        int r;

        if (!others || !words)
                return pg_error_memory(error);
        r = pg_question_parse(question, &flow, words, error);
        if (r >= 0)
                r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = pg_neighbours_read(nft, &neighbours, error);
        for (size_t i = 0; r >= 0 && i < neighbours.n; i++)
                if (is_on_the_way(&neighbours.items[i], &flow) &&
                    add(others, &neighbours.items[i], &flow) < 0)
                        r = pg_error_memory(error);
        pg_neighbours_done(&neighbours);
        if (r < 0)
                return r;
        *ret = PG_TAKE(others);
        return 0;
}
