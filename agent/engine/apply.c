/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan and apply. */
#include <errno.h>

#include "engine/converge.h"
#include "engine/parameters.h"
#include "kernel/links.h"

PG_DEFINE_CLEANUP(struct pg_outcome, pg_outcome_free)

/* No rule that names it ever matches. */
static void tell_unseen(const struct pg_word *word, const char *group, const struct pg_link *link,
                        struct pg_diagnostics *diagnostics)
{
        if (link->kind[0] != '\0')
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, word->place,
                                   "packets of the interface '%s' come in by %s, %s: group '%s' lets "
                                   "nobody in by '%s'; write %s, or give it addresses",
                                   link->name, link->arrival, pg_link_relation(link->kind), group,
                                   word->text, link->arrival);
        else
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, word->place,
                        "'%s' is an alternative name of the interface %s, by which no packet "
                        "comes in: group '%s' lets nobody in by it; write %s",
                        word->text, link->name, group, link->name);
}

/* An interface may come later; a mistyped one never does. What the kernel does not say is no reason to
 * hold the apply up. */
static void check_interfaces(const struct pg_site *site, struct pg_diagnostics *diagnostics)
{
        struct pg_error ignored;

        for (size_t i = 0; i < site->n_groups; i++)
                for (size_t j = 0; j < site->groups[i].interfaces.n; j++) {
                        const struct pg_word *word = &site->groups[i].interfaces.items[j];
                        struct pg_link link;

                        if (pg_link_find(word->text, &link, &ignored) < 0)
                                continue;
                        if (!link.exists)
                                pg_diagnostics_add(
                                        diagnostics, PG_SEVERITY_WARNING, word->place,
                                        "there is no interface '%s' now; group '%s' lets it in when "
                                        "it comes",
                                        word->text, site->groups[i].name);
                        else if (!link.is_seen)
                                tell_unseen(word, site->groups[i].name, &link, diagnostics);
                }
}

/* The names are the policy's. The caller frees the parameters. */
static int describe_request(const struct pg_request *request, const struct pg_policy *policy,
                            const char *message, struct pg_generation *ret)
{
        *ret = (struct pg_generation){
                .message = (char *)message,
                .profiles = policy->profiles,
                .n_profiles = policy->n_profiles,
        };
        return pg_parameters_of(request, &ret->parameters, &ret->n_parameters);
}

static int compile(const struct pg_settings *settings, const struct pg_request *request,
                   struct pg_compiled *ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        int r = pg_compile_request(settings, request, ret, diagnostics, error);

        if (r >= 0)
                check_interfaces(ret->site, diagnostics);
        return r;
}

/* What writes nothing need not wait for a writer. */
static int look(const struct pg_settings *settings, const struct pg_wish *wish,
                struct pg_outcome *outcome, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct pg_context context = {.settings = settings, .diagnostics = diagnostics, .error = error};
        struct pg_snapshot snapshot = {0};
        int r = pg_nft_open(&context.nft, error);

        if (r < 0)
                return r;
        pg_outcome_keep(outcome, context.nft);
        pg_context_find_caller(&context);
        if (wish->mode == PG_CONVERGE_CHECK)
                r = pg_read_settled(settings, context.nft, PG_READ_STRUCTURE, &snapshot, diagnostics,
                                    error);
        pg_snapshot_done(&snapshot);
        if (r >= 0)
                r = pg_converge(&context, wish, outcome);
        pg_actor_done(&context.actor);
        return r;
}

static int enforce(const struct pg_settings *settings, const struct pg_wish *wish,
                   struct pg_outcome *outcome, struct pg_diagnostics *diagnostics,
                   struct pg_error *error)
{
        struct pg_context context = {0};
        int r = pg_context_begin(&context, settings, PG_HISTORY_NEEDED, outcome, diagnostics, error);

        if (r >= 0)
                r = pg_converge(&context, wish, outcome);
        pg_context_done(&context);
        return r;
}

static int run(const struct pg_settings *settings, const struct pg_request *request,
               const struct pg_change_options *options, enum pg_converge_mode mode,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = pg_outcome_new();
        struct pg_compiled compiled = {0};
        struct pg_generation asked = {0};
        struct pg_wish wish = {
                .mode = mode,
                .asked = &asked,
                .trial_ms = options->trial_ms,
                .allow_lockout = options->allow_lockout,
        };
        int r;

        if (!outcome)
                return pg_error_memory(error);
        r = compile(settings, request, &compiled, diagnostics, error);
        wish.policy = compiled.policy;
        wish.site = compiled.site;
        if (r >= 0 && describe_request(request, compiled.policy, options->message, &asked) < 0)
                r = pg_error_memory(error);
        if (r >= 0)
                r = mode == PG_CONVERGE_APPLY ? enforce(settings, &wish, outcome, diagnostics, error)
                                              : look(settings, &wish, outcome, diagnostics, error);
        if (r >= 0 && mode == PG_CONVERGE_APPLY && outcome->was_off && outcome->changed)
                pg_tell_boot(diagnostics);
        pg_strings_free(asked.parameters, asked.n_parameters);
        pg_compiled_done(&compiled);
        if (r < 0)
                return r;
        *ret = PG_TAKE(outcome);
        return 0;
}

int pg_apply(const struct pg_settings *settings, const struct pg_request *request,
             const struct pg_change_options *options, struct pg_outcome **ret,
             struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return run(settings, request, options, options->dry_run ? PG_CONVERGE_CHECK : PG_CONVERGE_APPLY,
                   ret, diagnostics, error);
}

/* Against a generation of the history, whatever the kernel holds. */
static int plan_against(const struct pg_settings *settings, const struct pg_request *request,
                        uint32_t against, struct pg_outcome *outcome,
                        struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_policy_freep) struct pg_policy *before = NULL;
        const struct pg_ruleset_options options = {.slot = 'a'};
        struct pg_compiled compiled = {0};
        int r;

        pg_settle_unasked(settings, diagnostics);
        r = compile(settings, request, &compiled, diagnostics, error);
        if (r >= 0)
                r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, error);
        if (r >= 0)
                before = pg_known_guess(store, against, compiled.site, &options);
        if (r >= 0 && !before)
                r = pg_store_policy(store, against, NULL, &before, error);
        if (r >= 0)
                r = pg_outcome_describe(outcome, before, compiled.policy, error);
        pg_compiled_done(&compiled);
        if (r < 0)
                return r;
        outcome->generation = against;
        outcome->state = PG_STATE_CONFIRMED;
        outcome->changed = outcome->changes->n > 0;
        return 0;
}

int pg_plan(const struct pg_settings *settings, const struct pg_request *request, uint32_t against,
            struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        static const struct pg_change_options none;
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        int r;

        if (!against)
                return run(settings, request, &none, PG_CONVERGE_PLAN, ret, diagnostics, error);
        outcome = pg_outcome_new();
        if (!outcome)
                return pg_error_memory(error);
        r = plan_against(settings, request, against, outcome, diagnostics, error);
        if (r >= 0)
                *ret = PG_TAKE(outcome);
        return r;
}
