/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other tables do to those whom a trial lets in: its counters tell of the policy only. */
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <string.h>

#include "engine/change/internal.h"
#include "kernel/foreign/foreign.h"

/* Of portguard's own chains. */
#define OWN_PRIORITY 0
#define MORE_MAX 48

/* Behind the policy, or of its answers. What comes before it is dropped uncounted. */
static bool may_drop_behind(const struct pg_foreign_chain *foreign_chain)
{
        bool is_input = strcmp(pg_hook_name(foreign_chain->family, foreign_chain->hook), "input") == 0;

        if (!foreign_chain->may_drop || foreign_chain->drops_listed ||
            strcmp(foreign_chain->type, "nat") == 0)
                return false;
        return pg_foreign_chain_is_inbound(foreign_chain)
                       ? is_input && foreign_chain->priority >= OWN_PRIORITY
                       : true;
}

static bool may_untrack(const struct pg_foreign_chain *foreign_chain)
{
        return foreign_chain->may_untrack;
}

/* The first that does, and in `more` that there are others. */
static const struct pg_foreign_chain *find(const struct pg_foreign_chains *foreign_chains,
                                           bool (*does)(const struct pg_foreign_chain *foreign_chain),
                                           char more[static MORE_MAX])
{
        const struct pg_foreign_chain *first = NULL;
        size_t n = 0;

        for (size_t i = 0; i < foreign_chains->n; i++) {
                const struct pg_foreign_chain *item = &foreign_chains->items[i];

                if (item->is_dormant || !pg_foreign_chain_concerns_host(item) || !does(item))
                        continue;
                first = first ? first : item;
                n++;
        }
        more[0] = '\0';
        if (n > 1)
                snprintf(more, MORE_MAX, " (and %zu more)", n - 1);
        return first;
}

#define LOG_IN "open one now before you close this session"

static void warn_of_drops(struct pg_context *context, const struct pg_foreign_chain *chain,
                          const char *more, bool is_kept)
{
        pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "table %s %s, chain %s (hook %s, priority %" PRId32
                           ")%s may drop what the policy lets in, or its answers: %s",
                           pg_family_name(chain->family), chain->table, chain->chain,
                           pg_hook_name(chain->family, chain->hook), chain->priority, more,
                           is_kept ? "whether a new ssh connection gets through is not known: " LOG_IN
                                   : "log in once more before you confirm");
}

static void warn_of_untracking(struct pg_context *context, const struct pg_foreign_chain *chain,
                               const char *more)
{
        pg_diagnostics_add(
                context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "table %s %s, chain %s%s takes packets out of connection tracking: where "
                "those of ssh are among them, each is counted, of old sessions, too, and how "
                "many connections are new is not known: " LOG_IN,
                pg_family_name(chain->family), chain->table, chain->chain, more);
}

void pg_others_report(struct pg_context *context, struct pg_outcome *outcome, bool is_kept)
{
        _cleanup_(pg_foreign_chains_done) struct pg_foreign_chains foreign_chains = {0};
        const struct pg_foreign_chain *chain;
        struct pg_error error;
        char more[MORE_MAX];

        if (is_kept && outcome->ssh_connections <= 0)
                return;
        if (pg_foreign_chains_read(context->nft, &foreign_chains, &error) < 0) {
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "whether other tables drop what the policy lets in is not known: %s",
                                   error.message);
                return;
        }
        chain = find(&foreign_chains, may_drop_behind, more);
        if (chain)
                warn_of_drops(context, chain, more, is_kept);
        chain = is_kept ? find(&foreign_chains, may_untrack, more) : NULL;
        if (chain)
                warn_of_untracking(context, chain, more);
        outcome->ssh_untracked = chain;
}
