/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <string.h>

#include "base/strings.h"
#include "engine/explain/explain.h"

/* Of both of portguard's chains: nft's "filter". */
#define OWN_PRIORITY 0

const char *pg_rewriting_order(const struct pg_foreign_chain *foreign_chain)
{
        const char *hook = pg_hook_name(foreign_chain->family, foreign_chain->hook);
        bool is_own_hook = strcmp(hook, "input") == 0 || strcmp(hook, "output") == 0;
        int32_t place = pg_foreign_chain_place(foreign_chain);

        if (!foreign_chain->may_rewrite || foreign_chain->is_dormant ||
            !pg_foreign_chain_concerns_host(foreign_chain))
                return NULL;
        if (is_own_hook && place == OWN_PRIORITY)
                return "before or after the policy sees them";
        if (is_own_hook ? place < OWN_PRIORITY : pg_foreign_chain_is_inbound(foreign_chain))
                return "before the policy sees them";
        return "after the policy saw them";
}

bool pg_rewriting_proxies(const struct pg_foreign_chain *foreign_chain)
{
        return foreign_chain->may_proxy && !foreign_chain->is_dormant &&
               pg_foreign_chain_concerns_host(foreign_chain) &&
               pg_foreign_chain_is_inbound(foreign_chain);
}

char *pg_rewriting_text(const struct pg_foreign_chain *foreign_chain)
{
        return pg_format("table %s %s, chain %s may rewrite ports or addresses of packets %s: %s",
                         pg_family_name(foreign_chain->family), foreign_chain->table,
                         foreign_chain->chain, pg_rewriting_order(foreign_chain),
                         pg_foreign_chain_is_inbound(foreign_chain)
                                 ? "so a closed port may be reached, and an open one may not"
                                 : "so what leaves may come from another port, or go elsewhere, than "
                                   "the policy says");
}

char *pg_rewriting_proxy_text(const struct pg_foreign_chain *foreign_chain)
{
        return pg_format(
                "table %s %s, chain %s may hand packets to the socket of another port (tproxy): "
                "the policy judges the port that they were sent to",
                pg_family_name(foreign_chain->family), foreign_chain->table, foreign_chain->chain);
}
