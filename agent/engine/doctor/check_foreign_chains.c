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

/* nft takes a name for commands of its own where it has other letters, in quotes, too. */
static bool is_nft_name(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                          others[] =
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";

        return *name && strchr(letters, *name) && name[strspn(name, others)] == '\0';
}

/* The command that shows the table, or with `chain` that chain of it. NULL: memory is short. */
static char *list_command(const struct pg_foreign_chain *foreign_chain, bool chain)
{
        const char *family = pg_family_name(foreign_chain->family);

        if (!is_nft_name(foreign_chain->table) || (chain && !is_nft_name(foreign_chain->chain)))
                return strdup("nft -a list ruleset");
        return chain ? pg_format("nft list chain %s %s %s", family, foreign_chain->table,
                                 foreign_chain->chain)
                     : pg_format("nft list table %s %s", family, foreign_chain->table);
}

/* Beside what it drops. */
static int report_untracking(struct pg_doctor *doctor, const struct pg_foreign_chain *foreign_chain)
{
        const char *family = pg_family_name(foreign_chain->family);
        _cleanup_(pg_freep) char *command = NULL, *advice = NULL;

        if (!foreign_chain->may_untrack || foreign_chain->is_dormant)
                return 0;
        command = list_command(foreign_chain, false);
        advice = command ? pg_format("%s shows it; let notrack leave out answers to this host's own "
                                     "connections, give a zone to both directions, or delete the rule",
                                     command)
                         : NULL;
        if (!advice)
                return -ENOMEM;
        return pg_doctor_add(
                doctor, "other tables", PG_CHECK_WARNING, advice,
                "table %s %s, chain %s takes packets out of connection tracking (notrack), or into "
                "another zone of it: each is judged by itself, and one that belongs to a connection, of "
                "this host or to it, and is not known there to do so, is judged like a new one, or "
                "dropped",
                family, foreign_chain->table, foreign_chain->chain);
}

/* Likewise. */
static int report_rewriting(struct pg_doctor *doctor, const struct pg_foreign_chain *foreign_chain)
{
        bool rewrites = pg_rewriting_order(foreign_chain),
             proxies = pg_rewriting_proxies(foreign_chain);
        _cleanup_(pg_freep) char *text = rewrites ? pg_rewriting_text(foreign_chain) : NULL;
        _cleanup_(pg_freep) char *proxy = proxies ? pg_rewriting_proxy_text(foreign_chain) : NULL;
        _cleanup_(pg_freep) char *command = list_command(foreign_chain, false);
        _cleanup_(pg_freep) char *advice =
                command ? pg_format(
                                  "%s shows it; portguard explain answers for what it makes of packets; "
                                  "where nothing needs the rule, delete it",
                                  command)
                        : NULL;
        int r = 0;

        if ((rewrites && !text) || (proxies && !proxy) || !advice)
                return -ENOMEM;
        if (rewrites)
                r = pg_doctor_add(doctor, "other tables", PG_CHECK_WARNING, advice, "%s", text);
        if (proxies && r >= 0)
                r = pg_doctor_add(doctor, "other tables", PG_CHECK_NOTE, NULL, "%s", proxy);
        return r;
}

static int report(struct pg_doctor *doctor, const struct pg_foreign_chain *foreign_chain)
{
        const char *family = pg_family_name(foreign_chain->family);
        const char *hook = pg_hook_name(foreign_chain->family, foreign_chain->hook);
        const char *policy = foreign_chain->policy == NF_ACCEPT ? "accept" : "drop";
        bool is_nat = strcmp(foreign_chain->type, "nat") == 0;
        bool is_before =
                foreign_chain->hook == NF_INET_PRE_ROUTING || foreign_chain->hook == NF_INET_LOCAL_OUT;
        bool matters = foreign_chain->may_drop && !foreign_chain->is_dormant && !is_nat &&
                       !foreign_chain->drops_listed;
        _cleanup_(pg_freep) char *command = list_command(foreign_chain, true);
        _cleanup_(pg_freep) char *advice = NULL;

        if (command && is_nft_name(foreign_chain->table))
                advice = pg_format("%s shows it; where nothing needs it: nft delete table %s %s",
                                   command, family, foreign_chain->table);
        else if (command)
                advice =
                        pg_format("%s shows it; where nothing needs it, delete its table by the handle",
                                  command);
        if (!advice)
                return -ENOMEM;
        return pg_doctor_add(doctor, "other tables", matters ? PG_CHECK_WARNING : PG_CHECK_NOTE,
                             matters ? advice : NULL,
                             "table %s %s, chain %s (%s, hook %s, priority %" PRId32
                             ", policy %s, %zu rule%s): %s",
                             family, foreign_chain->table, foreign_chain->chain, foreign_chain->type,
                             hook, foreign_chain->priority, policy, foreign_chain->n_rules,
                             foreign_chain->n_rules == 1 ? "" : "s",
                             foreign_chain->is_dormant ? "is dormant"
                             : is_nat && is_before
                                     ? "may send packets elsewhere before a policy sees them"
                             : is_nat                      ? "translates addresses"
                             : foreign_chain->drops_listed ? "refuses only sources that it lists"
                             : !matters && pg_rewriting_order(foreign_chain)
                                     ? "drops nothing, but may rewrite packets"
                             : !matters ? "drops nothing"
                             : pg_foreign_chain_is_inbound(foreign_chain)
                                     ? "may drop what portguard lets in"
                                     : "may drop what portguard lets out");
}

static int report_legacy(struct pg_doctor *doctor, bool is_v6)
{
        char tables[PG_LEGACY_TABLES_MAX];

        pg_legacy_tables(is_v6, tables);
        if (*tables == '\0')
                return 0;
        return pg_doctor_add(doctor, "other tables", PG_CHECK_WARNING,
                             is_v6 ? "ip6tables-legacy-save shows them"
                                   : "iptables-legacy-save shows them",
                             "legacy %s has tables (%s), which nft does not show: they may drop what "
                             "portguard lets in",
                             is_v6 ? "ip6tables" : "iptables", tables);
}

int pg_check_foreign_chains(struct pg_doctor *doctor)
{
        _cleanup_(pg_foreign_chains_done) struct pg_foreign_chains foreign_chains = {0};
        struct pg_error error;
        size_t reported = 0, n = 0, before = doctor->checkup->n;
        int r = pg_foreign_chains_read(doctor->nft, &foreign_chains, &error);

        if (r < 0)
                return pg_doctor_add(doctor, "other tables", PG_CHECK_WARNING, NULL,
                                     "other tables could not be looked at: %s", error.message);
        for (size_t i = 0; r >= 0 && i < foreign_chains.n; i++) {
                if (!pg_foreign_chain_concerns_host(&foreign_chains.items[i]))
                        continue;
                n++;
                if (reported++ < TOLD_MAX)
                        r = report(doctor, &foreign_chains.items[i]);
                if (r >= 0 && reported <= TOLD_MAX)
                        r = report_untracking(doctor, &foreign_chains.items[i]);
                if (r >= 0 && reported <= TOLD_MAX)
                        r = report_rewriting(doctor, &foreign_chains.items[i]);
        }
        n += foreign_chains.n_all - foreign_chains.n;
        if (r >= 0 && n > TOLD_MAX)
                r = pg_doctor_add(doctor, "other tables", PG_CHECK_WARNING, "nft list ruleset",
                                  "%zu more base chains of other tables", n - TOLD_MAX);
        if (r >= 0)
                r = report_legacy(doctor, false);
        if (r >= 0)
                r = report_legacy(doctor, true);
        if (r < 0 || doctor->checkup->n > before)
                return r;
        return pg_doctor_add(
                doctor, "other tables", PG_CHECK_OK, NULL,
                "no other table of ip, ip6, inet or netdev has a chain where packets of this host "
                "come by");
}
