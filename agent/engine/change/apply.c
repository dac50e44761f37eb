/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan and apply. */
#include <errno.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/begin.h"
#include "engine/boot.h"
#include "engine/change/internal.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/request/request.h"
#include "engine/table_cache.h"
#include "host/links.h"
#include "policy/compile/compile.h"

/* No rule that names it ever matches. */
static void report_unseen(const struct pg_word *word, const char *group, const struct pg_link *link,
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

/* Whoever names a VRF and its members has what output asks for with strict egress (policy/admit.h). */
static bool has_vrf(const struct pg_group *group, const struct pg_link *link)
{
        for (size_t i = 0; strcmp(link->kind, "vrf") == 0 && i < group->interfaces.n; i++)
                if (strcmp(group->interfaces.items[i].text, link->arrival) == 0)
                        return true;
        return false;
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
                        else if (!link.is_seen &&
                                 !(site->egress_strict && has_vrf(&site->groups[i], &link)))
                                report_unseen(word, site->groups[i].name, &link, diagnostics);
                }
}

/* One plan or apply. */
struct errand {
        const struct pg_settings *settings;
        const struct pg_request *request;
        const struct pg_change_options *options;
        struct pg_carried carried; /* empty unless options are to be kept */
        struct pg_compiled compiled;
        struct pg_words unresolved;
        struct pg_generation asked;
        struct pg_change_spec spec;
        struct pg_before before; /* what was enforced */
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
};

static void errand_done(struct errand *errand)
{
        pg_strings_free(errand->asked.parameters, errand->asked.n_parameters);
        pg_words_done(&errand->unresolved);
        pg_compiled_done(&errand->compiled);
        pg_carried_done(&errand->carried);
        pg_before_done(&errand->before);
}

static int report_kept(const struct errand *errand, struct pg_kept_options *kept)
{
        int r;

        kept->are_asked_for = errand->request->keep_options;
        kept->generation = errand->carried.generation;
        r = pg_carried_list(&errand->carried, PG_CARRY_TAKEN, &kept->options, &kept->n_options);
        return r < 0 ? r
                     : pg_carried_list(&errand->carried, PG_CARRY_UNUSED, &kept->unused,
                                       &kept->n_unused);
}

/* What the history records: the names are the policy's. */
static int describe_request(struct errand *errand)
{
        struct pg_generation *asked = &errand->asked;
        int r;

        asked->profiles = errand->compiled.policy->profiles;
        asked->n_profiles = errand->compiled.policy->n_profiles;
        r = pg_carried_list(&errand->carried, PG_CARRY_TAKEN, &asked->parameters, &asked->n_parameters);
        return r < 0 ? r : pg_parameters_of(errand->request, &asked->parameters, &asked->n_parameters);
}

static int compile(struct errand *errand)
{
        int r = pg_compile_carried(errand->settings, errand->request,
                                   errand->request->keep_options ? &errand->carried : NULL,
                                   &errand->compiled, errand->diagnostics, errand->error);

        if (r < 0)
                return r;
        check_interfaces(errand->compiled.site, errand->diagnostics);
        errand->spec.policy = errand->compiled.policy;
        errand->spec.site = errand->compiled.site;
        errand->spec.unresolved = &errand->unresolved;
        r = pg_policy_unknown_hosts(errand->compiled.catalog, errand->compiled.site,
                                    &errand->unresolved);
        return r < 0 || describe_request(errand) < 0 ? pg_error_memory(errand->error) : 0;
}

/* What is enforced decides about the options that are kept: nobody may apply in between. */
static int compile_with_kept(struct errand *errand, const struct pg_context *context)
{
        int r = pg_carried_find(errand->settings, context->nft, context->lock != NULL, &errand->carried,
                                errand->diagnostics, errand->error);

        return r < 0 ? r : compile(errand);
}

static int carry_out(struct pg_context *context, struct pg_outcome *outcome, void *data)
{
        struct errand *errand = data;
        int r = errand->request->keep_options ? compile_with_kept(errand, context) : 0;

        if (r >= 0 && report_kept(errand, &outcome->kept) < 0)
                r = pg_error_memory(errand->error);
        if (r >= 0)
                r = pg_converge(context, &errand->spec, outcome);
        if (r >= 0 && errand->spec.mode == PG_CONVERGE_APPLY)
                pg_warn_unwritten(context, errand->options, outcome);
        return r;
}

static bool lets_more_in(const struct pg_changes *changes)
{
        for (size_t i = 0; i < changes->n; i++)
                if (changes->items[i].kind == PG_CHANGE_OPENS ||
                    changes->items[i].kind == PG_CHANGE_WIDENS)
                        return true;
        return false;
}

/* It is done by now, if it is: nothing fails for that. */
static void report_left_out(struct errand *errand, struct pg_outcome *outcome)
{
        int r = pg_left_out_find(errand->settings, errand->request, &errand->before, &errand->compiled,
                                 &outcome->left_out);

        if (r == -ENOENT && lets_more_in(outcome->changes))
                pg_diagnostics_add(
                        errand->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "the history does not have what generation %u, which %s enforced, was applied "
                        "with: whether it had options that are left out here is not known",
                        errand->before.generation,
                        errand->spec.mode == PG_CONVERGE_APPLY ? "was" : "is");
        if (r == -ENOMEM)
                pg_diagnostics_add(errand->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "not enough memory to find out whether options that are left out "
                                   "let more in");
}

static int run(const struct pg_settings *settings, const struct pg_request *request,
               const struct pg_change_options *options, enum pg_converge_mode mode,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        _cleanup_(errand_done) struct errand errand = {
                .settings = settings,
                .request = request,
                .options = options,
                .asked.message = (char *)options->message,
                .spec = {.mode = mode,
                         .trial_ms = options->trial_ms,
                         .allow_lockout = options->allow_lockout,
                         .agreed = options->agreed},
                .diagnostics = diagnostics,
                .error = error,
        };
        const struct pg_change_steps steps = {
                .need = mode == PG_CONVERGE_APPLY ? PG_HISTORY_NEEDED : PG_HISTORY_UNUSED,
                .carry_out = carry_out,
                .data = &errand,
        };
        int r = request->keep_options ? 0 : compile(&errand);

        errand.spec.asked = &errand.asked;
        errand.spec.before = &errand.before;
        if (r >= 0)
                r = pg_change_run(settings, &steps, &outcome, diagnostics, error);
        if (r < 0)
                return r;
        if (!request->keep_options)
                report_left_out(&errand, outcome);
        if (mode == PG_CONVERGE_APPLY && outcome->was_off && outcome->changed)
                pg_report_boot(diagnostics);
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
static int compare_with(struct errand *errand, uint32_t against, struct pg_outcome *outcome)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_policy_freep) struct pg_policy *before = NULL;
        const struct pg_ruleset_options options = {.slot = 'a'};
        int r = pg_store_open(pg_setting_state(errand->settings), PG_STORE_READ, &store, errand->error);

        if (r >= 0)
                before = pg_table_cache_guess(store, against, errand->compiled.site, &options);
        if (r >= 0 && !before)
                r = pg_store_policy(store, against, NULL, &before, errand->error);
        return r < 0 ? r : pg_outcome_describe(outcome, before, errand->compiled.policy, errand->error);
}

static int plan_against(const struct pg_settings *settings, const struct pg_request *request,
                        uint32_t against, struct pg_outcome *outcome,
                        struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(errand_done) struct errand errand = {
                .settings = settings,
                .request = request,
                .diagnostics = diagnostics,
                .error = error,
        };
        _cleanup_(pg_context_done) struct pg_context context = {0};
        int r = 0;

        pg_recover_if_needed(settings, diagnostics);
        if (request->keep_options)
                r = pg_context_begin(&context, settings, PG_HISTORY_UNUSED, outcome, diagnostics,
                                     error);
        if (r >= 0)
                r = request->keep_options ? compile_with_kept(&errand, &context) : compile(&errand);
        if (r >= 0 && report_kept(&errand, &outcome->kept) < 0)
                r = pg_error_memory(error);
        if (r >= 0)
                r = compare_with(&errand, against, outcome);
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
