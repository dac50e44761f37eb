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
#include "host/facts.h"
#include "host/links.h"

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
        free(others->legacy);
        free(others);
        return NULL;
}

/* Families whose chains an IP packet of this host meets that goes in that direction; a bridge's ports
 * are not its. */
static bool is_on_the_way(const struct pg_foreign_chain *foreign_chain, enum pg_direction direction,
                          bool is_v6, bool is_forwarded)
{
        const uint32_t hook = foreign_chain->hook;

        if (foreign_chain->is_dormant)
                return false;
        switch (foreign_chain->family) {
        case NFPROTO_NETDEV:
                return strcmp(pg_hook_name(foreign_chain->family, hook),
                              direction == PG_IN ? "ingress" : "egress") == 0;
        case NFPROTO_IPV4:
        case NFPROTO_IPV6:
                if ((foreign_chain->family == NFPROTO_IPV6) != is_v6)
                        return false;
                break;
        case NFPROTO_INET:
                break;
        default:
                return false;
        }
        if (direction == PG_IN)
                return hook == NF_INET_LOCAL_IN || hook == NF_INET_PRE_ROUTING ||
                       hook == NF_INET_INGRESS || (is_forwarded && hook == NF_INET_FORWARD);
        return hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;
}

/* Whether it is bound to other interfaces than that of the packet, where that is known. */
static bool is_elsewhere(const struct pg_foreign_chain *foreign_chain, const struct pg_flow *flow)
{
        for (size_t i = 0; flow->interface && i < foreign_chain->n_devices; i++)
                if (!pg_links_are_apart(flow->interface, foreign_chain->devices[i]))
                        return false;
        return flow->interface && foreign_chain->n_devices > 0;
}

/* NAT of what this host sends: portguard's chain at output comes behind (NF_IP_PRI_NAT_DST), whatever
 * the priority of the NAT chain is. Of what comes in, the rules are followed:
 * pg_explain_translations(). */
static bool sends_elsewhere(const struct pg_foreign_chain *foreign_chain)
{
        return foreign_chain->may_send && strcmp(foreign_chain->type, "nat") == 0 &&
               foreign_chain->hook == NF_INET_LOCAL_OUT;
}

static int add(struct pg_chain_views *others, const struct pg_foreign_chain *foreign_chain,
               const struct pg_flow *flow, bool is_of_answers)
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
        chain->may_untrack = foreign_chain->may_untrack;
        chain->is_of_answers = is_of_answers;
        if (is_of_answers)
                return chain->table && chain->chain && chain->hook ? 0 : -ENOMEM;
        chain->may_drop = foreign_chain->may_drop;
        chain->rewrites = pg_rewriting_order(foreign_chain);
        if (!chain->rewrites && sends_elsewhere(foreign_chain))
                chain->rewrites = "before the policy sees them";
        chain->may_proxy = pg_rewriting_proxies(foreign_chain);
        return chain->table && chain->chain && chain->hook ? 0 : -ENOMEM;
}

static bool may_go_elsewhere(const struct pg_translations *translations)
{
        for (size_t i = 0; i < translations->n; i++)
                if (!translations->items[i].stays)
                        return true;
        return false;
}

/* What is untracked is not translated at all. */
static void doubt(struct pg_translations *translations, const struct pg_chain_views *others)
{
        bool may_untrack = false;

        for (size_t i = 0; i < others->n; i++)
                may_untrack |= others->items[i].may_untrack && !others->items[i].is_of_answers;
        translations->is_forwarded &= !may_untrack;
        for (size_t i = 0; may_untrack && i < translations->n; i++)
                translations->items[i].is_certain = false;
}

/* Those on its way first. */
static int add_all(struct pg_chain_views *others, const struct pg_foreign_chains *foreign_chains,
                   const struct pg_flow *flow, bool is_forwarded)
{
        const enum pg_direction back = flow->direction == PG_IN ? PG_OUT : PG_IN;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < foreign_chains->n; i++)
                if (is_on_the_way(&foreign_chains->items[i], flow->direction, flow->is_v6,
                                  is_forwarded) &&
                    !is_elsewhere(&foreign_chains->items[i], flow))
                        r = add(others, &foreign_chains->items[i], flow, false);
        for (size_t i = 0; r >= 0 && i < foreign_chains->n; i++)
                if (foreign_chains->items[i].may_untrack &&
                    is_on_the_way(&foreign_chains->items[i], back, flow->is_v6, false))
                        r = add(others, &foreign_chains->items[i], flow, true);
        return r;
}

static int find_legacy(struct pg_chain_views *others, bool is_v6)
{
        char tables[PG_LEGACY_TABLES_MAX];

        pg_legacy_tables(is_v6, tables);
        others->legacy = tables[0] != '\0' ? strdup(tables) : NULL;
        return tables[0] != '\0' && !others->legacy ? -ENOMEM : 0;
}

int pg_explain_foreign_chains(const struct pg_question *question, struct pg_translations *translations,
                              struct pg_chain_views **ret, struct pg_error *error)
{
        _cleanup_(pg_chain_views_freep) struct pg_chain_views *others = calloc(1, sizeof(*others));
        _cleanup_(pg_understood_done) struct pg_understood understood = {0};
        const struct pg_flow *flow = &understood.flow;
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_foreign_chains foreign_chains = {0};
        int r;

        if (!others)
                return pg_error_memory(error);
        r = pg_question_understand(question, &understood, error);
        if (r >= 0)
                r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = pg_foreign_chains_read(nft, &foreign_chains, error);
        if (r >= 0 && (add_all(others, &foreign_chains, flow, may_go_elsewhere(translations)) < 0 ||
                       find_legacy(others, flow->is_v6) < 0))
                r = pg_error_memory(error);
        pg_foreign_chains_done(&foreign_chains);
        if (r < 0)
                return r;
        doubt(translations, others);
        *ret = PG_TAKE(others);
        return 0;
}
