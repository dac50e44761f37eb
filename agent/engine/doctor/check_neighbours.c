/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other tables: what they drop stays dropped, whatever our policy says. */
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/strings.h"
#include "engine/doctor/internal.h"
#include "engine/explain/explain.h"

/* A host of Kubernetes has some ten; beyond that a list is no help. */
#define TOLD_MAX 32

/* Beside what it drops. */
static int tell_untracking(struct pg_doctor *doctor, const struct pg_neighbour *neighbour)
{
        const char *family = pg_family_name(neighbour->family);
        _cleanup_(pg_freep) char *mend = pg_format(
                "nft list table %s %s shows it; let notrack leave out answers to this host's own "
                "connections, give a zone to both directions, or delete the rule",
                family, neighbour->table);

        if (!neighbour->may_untrack || neighbour->is_dormant)
                return 0;
        if (!mend)
                return -ENOMEM;
        return pg_doctor_add(
                doctor, "neighbours", PG_CHECK_WARNING, mend,
                "table %s %s, chain %s takes packets out of connection tracking (notrack), or into "
                "another zone of it: each is judged by itself, and one that is not known there to "
                "belong to a connection, as an answer to this host, is dropped",
                family, neighbour->table, neighbour->chain);
}

/* Likewise. */
static int tell_rewriting(struct pg_doctor *doctor, const struct pg_neighbour *neighbour)
{
        bool rewrites = pg_rewriting_order(neighbour), proxies = pg_rewriting_proxies(neighbour);
        _cleanup_(pg_freep) char *text = rewrites ? pg_rewriting_text(neighbour) : NULL;
        _cleanup_(pg_freep) char *proxy = proxies ? pg_rewriting_proxy_text(neighbour) : NULL;
        _cleanup_(pg_freep) char *mend = pg_format(
                "nft list table %s %s shows it; portguard explain answers for what it makes of packets; "
                "where nothing needs the rule, delete it",
                pg_family_name(neighbour->family), neighbour->table);
        int r = 0;

        if ((rewrites && !text) || (proxies && !proxy) || !mend)
                return -ENOMEM;
        if (rewrites)
                r = pg_doctor_add(doctor, "neighbours", PG_CHECK_WARNING, mend, "%s", text);
        if (proxies && r >= 0)
                r = pg_doctor_add(doctor, "neighbours", PG_CHECK_NOTE, NULL, "%s", proxy);
        return r;
}

static int tell(struct pg_doctor *doctor, const struct pg_neighbour *neighbour)
{
        const char *family = pg_family_name(neighbour->family);
        const char *hook = pg_hook_name(neighbour->family, neighbour->hook);
        const char *policy = neighbour->policy == NF_ACCEPT ? "accept" : "drop";
        bool is_nat = strcmp(neighbour->type, "nat") == 0;
        bool matters =
                neighbour->may_drop && !neighbour->is_dormant && !is_nat && !neighbour->drops_listed;
        _cleanup_(pg_freep) char *mend =
                pg_format("nft list chain %s %s %s shows it; where nothing needs it: nft delete table "
                          "%s %s",
                          family, neighbour->table, neighbour->chain, family, neighbour->table);

        if (!mend)
                return -ENOMEM;
        return pg_doctor_add(doctor, "neighbours", matters ? PG_CHECK_WARNING : PG_CHECK_NOTE,
                             matters ? mend : NULL,
                             "table %s %s, chain %s (%s, hook %s, priority %" PRId32
                             ", policy %s, %zu rule%s): %s",
                             family, neighbour->table, neighbour->chain, neighbour->type, hook,
                             neighbour->priority, policy, neighbour->n_rules,
                             neighbour->n_rules == 1 ? "" : "s",
                             neighbour->is_dormant ? "sleeps"
                             : is_nat && pg_neighbour_is_inbound(neighbour)
                                     ? "may send packets elsewhere before a policy sees them"
                             : is_nat                  ? "translates addresses"
                             : neighbour->drops_listed ? "refuses only sources that it lists"
                             : !matters && pg_rewriting_order(neighbour)
                                     ? "drops nothing, but may rewrite packets"
                             : !matters                           ? "drops nothing"
                             : pg_neighbour_is_inbound(neighbour) ? "may drop what portguard lets in"
                                                                  : "may drop what portguard lets out");
}

static int tell_legacy(struct pg_doctor *doctor, bool is_v6)
{
        char tables[PG_LEGACY_TABLES_MAX];

        pg_legacy_tables(is_v6, tables);
        if (*tables == '\0')
                return 0;
        return pg_doctor_add(doctor, "neighbours", PG_CHECK_WARNING,
                             is_v6 ? "ip6tables-legacy-save shows them"
                                   : "iptables-legacy-save shows them",
                             "legacy %s has tables (%s), which nft does not show: they may drop what "
                             "portguard lets in",
                             is_v6 ? "ip6tables" : "iptables", tables);
}

int pg_check_neighbours(struct pg_doctor *doctor)
{
        struct pg_neighbours neighbours = {0};
        struct pg_error error;
        size_t told = 0, n = 0, before = doctor->checkup->n;
        int r = pg_neighbours_read(doctor->nft, &neighbours, &error);

        if (r < 0)
                return pg_doctor_add(doctor, "neighbours", PG_CHECK_WARNING, NULL,
                                     "other tables could not be looked at: %s", error.message);
        for (size_t i = 0; r >= 0 && i < neighbours.n; i++) {
                if (!pg_neighbour_concerns_host(&neighbours.items[i]))
                        continue;
                n++;
                if (told++ < TOLD_MAX)
                        r = tell(doctor, &neighbours.items[i]);
                if (r >= 0 && told <= TOLD_MAX)
                        r = tell_untracking(doctor, &neighbours.items[i]);
                if (r >= 0 && told <= TOLD_MAX)
                        r = tell_rewriting(doctor, &neighbours.items[i]);
        }
        n += neighbours.n_all - neighbours.n;
        if (r >= 0 && n > TOLD_MAX)
                r = pg_doctor_add(doctor, "neighbours", PG_CHECK_WARNING, "nft list ruleset",
                                  "%zu more base chains of other tables", n - TOLD_MAX);
        pg_neighbours_done(&neighbours);
        if (r >= 0)
                r = tell_legacy(doctor, false);
        if (r >= 0)
                r = tell_legacy(doctor, true);
        if (r < 0 || doctor->checkup->n > before)
                return r;
        return pg_doctor_add(doctor, "neighbours", PG_CHECK_OK, NULL,
                             "no other table has a chain where packets of this host come by");
}
