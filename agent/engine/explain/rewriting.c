/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <string.h>

#include "base/strings.h"
#include "engine/explain/explain.h"

/* Of both of portguard's chains: nft's "filter". */
#define OWN_PRIORITY 0

const char *pg_rewriting_order(const struct pg_neighbour *neighbour)
{
        const char *hook = pg_hook_name(neighbour->family, neighbour->hook);
        bool is_own_hook = strcmp(hook, "input") == 0 || strcmp(hook, "output") == 0;

        if (!neighbour->may_rewrite || neighbour->is_dormant || !pg_neighbour_concerns_host(neighbour))
                return NULL;
        if (is_own_hook && neighbour->priority == OWN_PRIORITY)
                return "before or after the policy sees them";
        if (is_own_hook ? neighbour->priority < OWN_PRIORITY : pg_neighbour_is_inbound(neighbour))
                return "before the policy sees them";
        return "after the policy saw them";
}

bool pg_rewriting_proxies(const struct pg_neighbour *neighbour)
{
        return neighbour->may_proxy && !neighbour->is_dormant &&
               pg_neighbour_concerns_host(neighbour) && pg_neighbour_is_inbound(neighbour);
}

char *pg_rewriting_text(const struct pg_neighbour *neighbour)
{
        return pg_format("table %s %s, chain %s may rewrite ports or addresses of packets %s: %s",
                         pg_family_name(neighbour->family), neighbour->table, neighbour->chain,
                         pg_rewriting_order(neighbour),
                         pg_neighbour_is_inbound(neighbour)
                                 ? "so a closed port may be reached, and an open one may not"
                                 : "so what leaves may come from another port, or go elsewhere, than "
                                   "the policy says");
}

char *pg_rewriting_proxy_text(const struct pg_neighbour *neighbour)
{
        return pg_format(
                "table %s %s, chain %s may hand packets to the socket of another port (tproxy): "
                "the policy judges the port that they were sent to",
                pg_family_name(neighbour->family), neighbour->table, neighbour->chain);
}
