/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel against the generation that it says it enforces. */
#include "engine/verify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/begin.h"
#include "engine/intended.h"
#include "engine/repair_advice.h"
#include "engine/stored.h"
#include "engine/transaction/transaction.h"
#include "ruleset/compile/compile.h"
#include "ruleset/decompile.h"

static int differ(struct pg_verification *v, const char *text)
{
        char **item = PG_ARRAY_ADD(v->differences, v->n_differences);

        v->drift = true;
        if (!item)
                return -ENOMEM;
        *item = strdup(text);
        return *item ? 0 : -ENOMEM;
}

/*
 * What the table should hold: by the history; or, where that does not know the generation, by compiling
 * anew what the kernel enforces. Then rules, hooks and sets that portguard would not make stand out,
 * while an open port that somebody added to the map is taken for policy: the digest finds that.
 */
static int compare_objects(struct pg_verification *v, const struct pg_settings *settings,
                           const struct pg_table *table, struct pg_error *error)
{
        const struct pg_ruleset_options options = {
                .slot = table->slot,
                .with_output = pg_ruleset_chain(table->snapshot.ruleset, "output") != NULL,
        };
        struct pg_delta_scope scope = {
                .slot = table->slot,
                .ignore_record = true,
                .on_trial = table->trial.slot != 0,
        };
        _cleanup_(pg_policy_freep) struct pg_policy *policy =
                pg_stored_policy(settings, &table->enforced);
        _cleanup_(pg_ruleset_freep) struct pg_ruleset *wanted = NULL;
        struct pg_delta delta = {0};
        int r = 0;

        if (!policy)
                r = pg_ruleset_to_policy(table->snapshot.ruleset, table->slot, true, &policy, error);
        if (r >= 0)
                r = pg_ruleset_compile(policy, &options, &wanted, error);
        /* What another version put into the slot, the digest alone can tell from what somebody did. */
        if (r >= 0 && !pg_record_is_current(&table->enforced)) {
                pg_ruleset_drop_slots(wanted);
                scope.slot = 0;
        }
        if (r >= 0)
                pg_replace_adopt(wanted, table->snapshot.ruleset);
        if (r >= 0 && table->trial.slot &&
            pg_trial_hooks_expect(wanted, table->snapshot.ruleset, table->trial.slot) < 0)
                r = pg_error_memory(error);
        if (r < 0)
                return r;
        if (pg_ruleset_compare(table->snapshot.ruleset, wanted, &scope, &delta) < 0)
                return pg_error_memory(error);
        for (size_t i = 0; r >= 0 && i < delta.n_differences; i++)
                r = differ(v, delta.differences[i]);
        if (r >= 0 && table->trial.is_uneven)
                r = differ(
                        v,
                        "the elements of the trial's set end at different times: one of IPv4 and IPv6 "
                        "goes back before the other");
        if (r >= 0 && table->trial.is_altered)
                r = differ(v, "the trial's set does not have the elements that it was made with, which "
                              "are 1, ipv4 and ipv6 and end together");
        pg_delta_done(&delta);
        wanted = pg_ruleset_free(wanted); /* it borrows from the policy */
        return r < 0 ? pg_error_memory(error) : 0;
}

/* A newer version's, that says it in another form. */
static bool is_unknown(const struct pg_record *record)
{
        return record->generation != 0 && record->table_digest[0] == '\0';
}

static int compare_digest(struct pg_verification *v, const struct pg_table *table, char slot,
                          const struct pg_record *record)
{
        if (record->generation == 0)
                return differ(v, "the generation's record is gone from the table, or was changed");
        if (is_unknown(record))
                return differ(
                        v, "what the table should hold is not known here: a newer portguard made it, "
                           "whose record has a form of its own");
        /* Where the differences are known one by one there is nothing to add. */
        if (pg_table_is_as_recorded(table, slot, record) || v->n_differences > 0)
                return 0;
        return differ(v,
                      "what the table holds is not what was enforced: rules, ports or addresses were "
                      "added or taken away (see: portguard plan)");
}

/* What the kernel falls back to must be what was enforced. */
static int compare_fallback(struct pg_verification *v, const struct pg_table *table)
{
        if (!table->live)
                return 0;
        if (!pg_fallback_is_uncertain(table))
                return is_unknown(&table->falls_back)
                               ? compare_digest(v, table, table->live, &table->falls_back)
                               : 0;
        return differ(
                v,
                table->falls_back.generation == 0
                        ? "the record of what the trial falls back to is gone from the table, or was changed"
                        : "what the trial falls back to is not what was enforced: rules, ports or "
                          "addresses were added or taken away");
}

static int verify_slot(struct pg_verification *v, const struct pg_settings *settings,
                       const struct pg_table *table, struct pg_error *error)
{
        int r = compare_objects(v, settings, table, error);

        v->generation = table->enforced.generation;
        if (table->enforced.generation != 0)
                v->made_by = strdup(table->enforced.version);
        if (r >= 0 && (pg_table_outdated(table, &v->outdated) < 0 ||
                       (table->enforced.generation != 0 && !v->made_by)))
                r = pg_error_memory(error);
        if (r >= 0 && compare_digest(v, table, table->slot, &table->enforced) < 0)
                r = pg_error_memory(error);
        if (r >= 0 && table->trial.slot && compare_fallback(v, table) < 0)
                r = pg_error_memory(error);
        if (r >= 0 && !table->trial.slot && pg_leftovers_exist(table->snapshot.ruleset, table->slot) &&
            differ(v, "objects that belong to no generation in force are in the table (the next apply "
                      "removes them)") < 0)
                r = pg_error_memory(error);
        return r;
}

/* Who was disabled has nothing that restore would bring back. */
static int verify_generation(struct pg_verification *v, const struct pg_settings *settings,
                             const struct pg_table *table, struct pg_diagnostics *diagnostics,
                             struct pg_error *error)
{
        _cleanup_(pg_disagreement_done) struct pg_disagreement found = {0};
        _cleanup_(pg_freep) char *loss = pg_loss_at_boot(settings, table, false);
        int r = pg_intended_compare(settings, table, &found, error);

        if (loss && diagnostics)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s", loss);
        if (r < 0 || !found.text)
                return r;
        v->advice = PG_TAKE(found.advice);
        return differ(v, found.text) < 0 ? pg_error_memory(error) : 0;
}

static int verify(struct pg_verification *v, const struct pg_settings *settings,
                  const struct pg_table *table, struct pg_diagnostics *diagnostics,
                  struct pg_error *error)
{
        _cleanup_(pg_freep) char *absence = NULL;
        int r = 0;

        v->enforced = table->snapshot.exists;
        if (!table->snapshot.exists)
                absence = pg_absence_text(settings, diagnostics);
        if (absence)
                r = differ(v, absence);
        else if (table->snapshot.dormant)
                r = differ(v, "the table is dormant: nothing is enforced");
        else if (table->snapshot.exists && !table->slot)
                r = differ(v, "no hook goes to a generation (see: portguard status)");
        if (r < 0)
                r = pg_error_memory(error);
        else if (table->slot)
                r = verify_slot(v, settings, table, error);
        if (r >= 0 && table->snapshot.exists)
                r = verify_generation(v, settings, table, diagnostics, error);
        return r;
}

/* The hooks are in no digest. */
static bool is_hook_untouched(const struct pg_ruleset *ruleset, const char *name, char slot)
{
        const struct pg_chain *chain = pg_ruleset_chain(ruleset, name);
        char judge[PG_NAME_MAX];
        bool judges;

        pg_slot_name(name, slot, judge);
        judges = pg_ruleset_chain(ruleset, judge) != NULL;
        if (!chain)
                return !judges;
        return !pg_chain_is_misplaced(chain) && chain->policy == (judges ? NF_DROP : NF_ACCEPT) &&
               chain->n_rules == (judges ? 1 : 0) &&
               (!judges || (pg_rule_is_jump(&chain->rules[0], slot) &&
                            strcmp(chain->rules[0].exprs[0].verdict.chain, judge) == 0));
}

/* Without looking at each object: a change of any of them is seen here. What stands beside the two
 * slots of a trial is not. */
static bool is_untouched(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;

        if (table->trial.slot || pg_leftovers_exist(ruleset, table->slot) ||
            !pg_ruleset_chain(ruleset, "input") || !is_hook_untouched(ruleset, "input", table->slot) ||
            !is_hook_untouched(ruleset, "output", table->slot))
                return false;
        return pg_table_is_as_recorded(table, table->slot, &table->enforced);
}

/* Of a trial in whose hooks, and beside whose slots, nothing differs. */
static bool are_slots_untouched(const struct pg_table *table)
{
        return table->trial.slot && pg_table_is_as_recorded(table, table->slot, &table->enforced) &&
               (!table->live || pg_table_is_as_recorded(table, table->live, &table->falls_back));
}

/* Of the maps of open ports, which have these verdicts for what a policy says; in others they mean
 * something else. */
static bool is_policy(const char *map, size_t length, const char *verdict, char slot)
{
        static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP};
        char name[PG_NAME_MAX];

        for (size_t i = 0; i < 2 * PG_ELEMENTSOF(protocols); i++) {
                const enum pg_direction direction = i % 2 == 0 ? PG_IN : PG_OUT;

                pg_ports_name(direction, protocols[i / 2], slot, name);
                if (strlen(name) != length || strncmp(map, name, length) != 0)
                        continue;
                pg_accepted_name(direction, slot, name);
                return strcmp(verdict, "accept") == 0 || strcmp(verdict, "drop") == 0 ||
                       (strncmp(verdict, "goto ", strlen("goto ")) == 0 &&
                        strcmp(verdict + strlen("goto "), name) == 0);
        }
        return false;
}

/* "set input_tcp_ports_a: not ours: 99 : accept", and not "... : jump somewhere". */
static bool is_of_elements(const char *difference, char slot)
{
        const char *name = difference + strlen("set ");
        const char *what = strchr(difference, ':'), *verdict = NULL;

        if (strncmp(difference, "set ", strlen("set ")) != 0 || !what)
                return false;
        if (strncmp(what, ": missing: ", strlen(": missing: ")) == 0)
                return true;
        if (strncmp(what, ": not ours: ", strlen(": not ours: ")) != 0)
                return false;
        for (const char *p = what + strlen(": not ours"); (p = strstr(p, " : ")); p++)
                verdict = p + strlen(" : ");
        return !verdict || is_policy(name, (size_t)(what - name), verdict, slot);
}

static char *change_text(const struct pg_verification *v, const struct pg_settings *settings,
                         const struct pg_table *table, bool rules_hold)
{
        bool is_new = v->n_differences == 0 && is_unknown(&table->enforced);
        _cleanup_(pg_freep) char *repair =
                pg_repair_text(settings, table, is_new ? "makes it anew with this one" : "repairs it");

        if (!repair)
                return NULL;
        if (v->n_differences > 0)
                return pg_format("somebody changed the table inet portguard in %zu place%s: %s%s%s "
                                 "(who it was, the kernel does not keep; portguard verify tells all of "
                                 "it, %s)",
                                 v->n_differences, v->n_differences == 1 ? "" : "s", v->differences[0],
                                 v->n_differences > 1 ? ", and more" : "",
                                 rules_hold
                                         ? ""
                                         : "; who gets in is not what its open ports and groups say, "
                                           "where these rules decide",
                                 repair);
        if (is_new)
                return pg_format(
                        "whether somebody changed the table inet portguard is not known here: a "
                        "newer portguard (%s) made it (%s)",
                        table->enforced.version, repair);
        return pg_format(
                "somebody changed the table inet portguard: %s is not what was enforced (who it "
                "was, the kernel does not keep; portguard verify tells more, %s)",
                table->trial.slot && pg_table_is_as_recorded(table, table->slot, &table->enforced)
                        ? "what the trial falls back to"
                        : "it",
                repair);
}

int pg_table_change(const struct pg_settings *settings, const struct pg_table *table, char **ret,
                    bool *ret_rules_hold, struct pg_error *error)
{
        _cleanup_(pg_verification_freep) struct pg_verification *v = calloc(1, sizeof(*v));
        int r;

        if (!v)
                return pg_error_memory(error);
        *ret = NULL;
        *ret_rules_hold = true;
        if (is_untouched(table))
                return 0;
        r = compare_objects(v, settings, table, error);
        if (r < 0 || (v->n_differences == 0 && are_slots_untouched(table)))
                return r;
        *ret_rules_hold = pg_record_is_current(&table->enforced);
        for (size_t i = 0; i < v->n_differences; i++)
                *ret_rules_hold = *ret_rules_hold && is_of_elements(v->differences[i], table->slot);
        *ret = change_text(v, settings, table, *ret_rules_hold);
        return *ret ? 0 : pg_error_memory(error);
}

static int verify_once(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                       struct pg_verification **ret, uint32_t *ret_genid,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_verification_freep) struct pg_verification *v = calloc(1, sizeof(*v));
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r;

        if (!v)
                return pg_error_memory(error);
        r = pg_table_read_settled(settings, nft, is_locked, PG_READ_ALL, &table, diagnostics, error);
        if (r >= 0)
                r = verify(v, settings, &table, diagnostics, error);
        if (r >= 0 && pg_advise_verified(settings, &table, v) < 0)
                r = pg_error_memory(error);
        if (r < 0)
                return r;
        pg_verification_free(*ret);
        *ret = PG_TAKE(v);
        *ret_genid = table.snapshot.genid;
        return 0;
}

int pg_verify(const struct pg_settings *settings, struct pg_verification **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_verification_freep) struct pg_verification *v = NULL;
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        uint32_t genid = 0;
        int r = pg_nft_open(&nft, error);

        if (r >= 0)
                r = verify_once(settings, nft, false, &v, &genid, diagnostics, error);
        if (r >= 0 && v && v->drift && pg_is_outrun(settings, nft, genid))
                lock = pg_hold_off_writers(settings, nft, diagnostics);
        if (lock)
                r = verify_once(settings, nft, true, &v, &genid, diagnostics, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(v);
        return 0;
}

struct pg_verification *pg_verification_free(struct pg_verification *verification)
{
        if (!verification)
                return NULL;
        pg_strings_free(verification->differences, verification->n_differences);
        free(verification->advice);
        free(verification->made_by);
        free(verification->outdated);
        free(verification);
        return NULL;
}
