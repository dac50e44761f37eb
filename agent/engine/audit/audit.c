/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening sockets against the enforced policy. */
#include "engine/audit/audit.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/enforced.h"
#include "engine/explain/explain.h"
#include "engine/stored.h"
#include "engine/udplite.h"
#include "host/facts.h"

static void free_findings(struct pg_audit *audit)
{
        for (size_t i = 0; i < audit->n_findings; i++) {
                struct pg_finding *finding = &audit->findings[i];

                free(finding->protocol);
                free(finding->ports);
                free(finding->address);
                free(finding->process);
                free(finding->text);
                free(finding->advice);
        }
        free(audit->findings);
}

struct pg_audit *pg_audit_free(struct pg_audit *audit)
{
        if (!audit)
                return NULL;
        for (size_t i = 0; i < audit->n_listeners; i++) {
                struct pg_listener *listener = &audit->listeners[i];

                free(listener->protocol);
                free(listener->address);
                free(listener->interface);
                free(listener->process);
                free(listener->unit);
                free(listener->namespace);
                free(listener->reachable_from);
                pg_strings_free(listener->services, listener->n_services);
        }
        for (size_t i = 0; i < audit->n_published; i++) {
                struct pg_published *published = &audit->published[i];

                free(published->protocol);
                free(published->ports);
                free(published->address);
                free(published->interface);
                free(published->to);
                free(published->table);
                free(published->chain);
                free(published->reachable_from);
        }
        free(audit->listeners);
        free(audit->published);
        free_findings(audit);
        free(audit->problem);
        free(audit->command);
        pg_strings_free(audit->left_closed, audit->n_left_closed);
        free(audit);
        return NULL;
}

/* An input hook that drops all, whatever the policy says. What a rule of somebody's in it does is not
 * looked into: that may let in everything. */
static bool refuses_all(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;
        const struct pg_chain *input = pg_ruleset_chain(ruleset, "input");

        if (!table->snapshot.exists || table->snapshot.dormant || pg_table_has_foreign_input(table))
                return false;
        if (input && input->n_rules == 0 && input->policy == NF_DROP)
                return true;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base && ruleset->chains[i].hook == NF_INET_LOCAL_IN &&
                    ruleset->chains[i].policy == NF_DROP)
                        return pg_table_refuses(table);
        return false;
}

static int read_policy(struct pg_auditing *auditing, struct pg_nft *nft)
{
        struct pg_audit *audit = auditing->audit;
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        const struct pg_table *table = &enforced.table;
        const struct pg_record *record = &table->enforced;
        int r = pg_enforced_read(auditing->settings, nft, PG_ENFORCED_POLICY, &enforced,
                                 auditing->diagnostics, auditing->error);

        if (r < 0)
                return r;
        audit->problem = PG_TAKE(enforced.change);
        auditing->refuses_all = refuses_all(table);
        audit->is_unknown = pg_table_refuses(table) && !auditing->refuses_all;
        audit->is_off = !auditing->refuses_all && (pg_table_problem(table) || !table->slot);
        if (!pg_table_problem(table) && table->slot) {
                audit->generation = record->generation;
                auditing->policy = PG_TAKE(enforced.policy);
                if (audit->problem)
                        auditing->applied = pg_stored_policy(auditing->settings, record);
                if (pg_asked_find(auditing->settings, record->generation, record->digest,
                                  record->profiles, record->n_profiles, &auditing->asked) < 0)
                        r = pg_error_memory(auditing->error);
        }
        return r;
}

/* Without the profiles there are no advice, and without other tables no published ports; the rest
 * stands.
 */
static int read_others(struct pg_auditing *auditing, struct pg_nft *nft, struct pg_nat *nat)
{
        const struct pg_place nowhere = {0};
        struct pg_error error = {0};
        int r = pg_port_profiles_load(auditing->settings, NULL, &auditing->port_profiles, &error);

        if (r < 0 && r != -ENOMEM)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, nowhere,
                                   "no profile can be named as advice: %s", error.message);
        if (r != -ENOMEM && pg_advised_new(&auditing->advised) < 0)
                r = -ENOMEM;
        if (r != -ENOMEM)
                r = pg_nat_read(nft, nat, &error);
        if (r == -ENOMEM)
                return pg_error_memory(auditing->error);
        if (r < 0)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, nowhere,
                                   "ports that other tables publish are missing: %s", error.message);
        if (nat->is_cut)
                pg_diagnostics_add(
                        auditing->diagnostics, PG_SEVERITY_WARNING, nowhere,
                        "there are more NAT rules than are looked at: of the ports that they "
                        "publish, some are missing");
        if (nat->is_legacy)
                pg_diagnostics_add(
                        auditing->diagnostics, PG_SEVERITY_WARNING, nowhere,
                        "the NAT table of legacy iptables exists, and is not looked into: ports "
                        "that it publishes are missing (see: iptables-legacy -t nat -S)");
        return 0;
}

/* "Loopback only" holds where the policy drops what comes to it over a wire. */
static void look_at_loopback(struct pg_auditing *auditing)
{
        char interfaces[PG_ROUTE_LOCALNET_MAX];

        pg_route_localnet(interfaces);
        if (interfaces[0] == '\0')
                return;
        if (auditing->audit->is_off)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "neighbours can reach what listens on 127.0.0.1: route_localnet is "
                                   "on (%s), and portguard is off",
                                   interfaces);
        else
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_NOTE, (struct pg_place){0},
                                   "route_localnet is on (%s): what neighbours send to 127.0.0.1 is "
                                   "dropped by the policy only",
                                   interfaces);
}

static void look_at_udplite(struct pg_auditing *auditing)
{
        if (pg_udplite_is_dropped(auditing->policy))
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "the policy opens UDP-Lite, and connection tracking takes all of it "
                                   "for invalid: it is dropped (" PG_UDPLITE_ADVICE " lets it in)");
}

/* What is untracked is answered to by the policy packet by packet. */
static void warn_of_untracking(struct pg_auditing *auditing,
                               const struct pg_foreign_chain *foreign_chain)
{
        if (foreign_chain->may_untrack && !foreign_chain->is_dormant)
                pg_diagnostics_add(
                        auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "table %s %s, chain %s takes packets out of connection tracking (notrack), "
                        "or into another zone of it: what belongs to a connection, of this host or to "
                        "it, and is not known there is judged like a new one, or dropped; let its "
                        "rules leave those out",
                        pg_family_name(foreign_chain->family), foreign_chain->table,
                        foreign_chain->chain);
}

/* What is said of ports is said of packets as the policy sees them. */
static int warn_of_rewriting(struct pg_auditing *auditing, const struct pg_foreign_chain *foreign_chain)
{
        bool rewrites = pg_rewriting_order(foreign_chain),
             proxies = pg_rewriting_proxies(foreign_chain);
        _cleanup_(pg_freep) char *text = rewrites ? pg_rewriting_text(foreign_chain) : NULL;
        _cleanup_(pg_freep) char *proxy = proxies ? pg_rewriting_proxy_text(foreign_chain) : NULL;

        if ((rewrites && !text) || (proxies && !proxy))
                return pg_error_memory(auditing->error);
        if (rewrites)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "%s", text);
        if (proxies)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_NOTE, (struct pg_place){0}, "%s",
                                   proxy);
        return 0;
}

static int warn_of_foreign_chains(struct pg_auditing *auditing, struct pg_nft *nft)
{
        _cleanup_(pg_foreign_chains_done) struct pg_foreign_chains foreign_chains = {0};
        struct pg_error error = {0};
        int r = pg_foreign_chains_read(nft, &foreign_chains, &error);

        if (r == -ENOMEM)
                return pg_error_memory(auditing->error);
        if (r < 0)
                pg_diagnostics_add(
                        auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "whether other tables take packets out of tracking or rewrite them is not "
                        "known: %s",
                        error.message);
        for (size_t i = 0; r >= 0 && i < foreign_chains.n; i++) {
                warn_of_untracking(auditing, &foreign_chains.items[i]);
                r = warn_of_rewriting(auditing, &foreign_chains.items[i]);
        }
        return r == -ENOMEM ? r : 0;
}

static int compare(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        int r = pg_audit_find_sockets(auditing);

        if (r < 0)
                return r;
        r = pg_audit_judge(auditing);
        if (r >= 0)
                r = pg_audit_find_published(auditing, nat);
        if (r >= 0)
                r = pg_audit_find(auditing, nat);
        return r < 0 ? pg_error_memory(auditing->error) : 0;
}

static void auditing_done(struct pg_auditing *auditing)
{
        free(auditing->sockets);
        pg_policy_free(auditing->policy);
        pg_policy_free(auditing->applied);
        pg_asked_done(&auditing->asked);
        pg_advised_free(auditing->advised);
        pg_port_profiles_free(auditing->port_profiles);
}

int pg_audit(const struct pg_settings *settings, struct pg_audit **ret,
             struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_audit_freep) struct pg_audit *audit = calloc(1, sizeof(*audit));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(auditing_done) struct pg_auditing auditing = {.settings = settings,
                                                                .diagnostics = diagnostics,
                                                                .error = error,
                                                                .audit = audit};
        _cleanup_(pg_nat_done) struct pg_nat nat = {0};
        int r;

        if (!audit)
                return pg_error_memory(error);
        r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = read_policy(&auditing, nft);
        if (r >= 0)
                r = read_others(&auditing, nft, &nat);
        if (r >= 0)
                r = warn_of_foreign_chains(&auditing, nft);
        if (r >= 0) {
                look_at_loopback(&auditing);
                look_at_udplite(&auditing);
        }
        if (r >= 0)
                r = compare(&auditing, &nat);
        if (r < 0)
                return r;
        *ret = PG_TAKE(audit);
        return 0;
}

int pg_audit_find(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        int r = pg_audit_find_exposed(auditing, nat);

        if (r < 0)
                return r;
        return auditing->policy ? pg_audit_find_unused(auditing, nat)
                                : pg_audit_find_command(auditing, nat);
}
