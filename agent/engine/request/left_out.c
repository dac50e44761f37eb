/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request would let in with the options that it leaves out, against what it does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/outcome.h"
#include "engine/request/internal.h"
#include "policy/diff/diff.h"

/* A policy is compiled for each of so many options; further ones are named whether they matter or not.
 */
#define TRIED_MAX 32

/* The request with those options that are not dropped. */
struct variant {
        const struct pg_settings *settings;
        const struct pg_request *request;
        const struct pg_compiled *wanted;
        struct pg_carried carried;
};

void pg_before_note(struct pg_before *before, const struct pg_context *context,
                    const struct pg_table *table)
{
        if (!before)
                return;
        pg_before_done(before);
        before->generation = table->slot ? table->enforced.generation : pg_context_intended(context);
        snprintf(before->digest, sizeof(before->digest), "%s",
                 table->slot ? table->enforced.digest : "");
        if (before->generation != 0)
                before->error = pg_carried_load(context->settings, before->generation,
                                                before->digest[0] ? before->digest : NULL,
                                                &before->applied, NULL);
}

void pg_before_done(struct pg_before *before)
{
        pg_carried_done(&before->applied);
        *before = (struct pg_before){0};
}

/* The first error. The caller frees it; NULL: memory is short. */
static char *describe_reason(const struct pg_diagnostics *diagnostics, const struct pg_error *error)
{
        for (size_t i = 0; i < pg_diagnostics_length(diagnostics); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(diagnostics, i);

                if (item->severity != PG_SEVERITY_ERROR)
                        continue;
                if (item->file && item->line > 0)
                        return pg_format("%s:%u: %s", item->file, item->line, item->text);
                return pg_format("%s%s%s", item->file ? item->file : "", item->file ? ": " : "",
                                 item->text);
        }
        return strdup(error->message);
}

/* -EINVAL: there is no such policy, and *ret_reason, unless that is NULL, tells why; the caller frees
 * it. */
static int compile(struct variant *variant, struct pg_policy **ret, char **ret_reason)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        struct pg_error error = {0};
        int r = pg_diagnostics_new(&diagnostics);

        if (r >= 0)
                r = pg_compile_variant(variant->settings, variant->request, &variant->carried,
                                       variant->wanted, ret, diagnostics, &error);
        if (r >= 0 || r == -ENOMEM || !ret_reason)
                return r == 0 || r == -ENOMEM ? r : -EINVAL;
        *ret_reason = describe_reason(diagnostics, &error);
        return *ret_reason ? -EINVAL : -ENOMEM;
}

/* Whether the options that are left keep out everybody whom all of them do. */
static int is_enough(struct variant *variant, const struct pg_policy *with_all, bool *ret)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_changes_freep) struct pg_changes *gains = NULL;
        int r = compile(variant, &policy, NULL);

        *ret = false;
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = pg_policy_gains(with_all, policy, &gains, NULL);
        *ret = r >= 0 && gains->n == 0;
        return r;
}

/* Drops each option without which the others are enough. Two may matter together only, as two
 * conditions of a service do: then one of them is left. */
static int drop_the_rest(struct variant *variant, const struct pg_policy *with_all)
{
        size_t n = variant->carried.applied.n_parameters, tried = 0;
        enum pg_carry *options = variant->carried.options;
        _cleanup_(pg_freep) enum pg_carry *before = calloc(n, sizeof(*before));
        int r = 0;

        if (!before)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n && tried < TRIED_MAX; i++) {
                bool enough;

                if (options[i] != PG_CARRY_TAKEN)
                        continue;
                tried++;
                memcpy(before, options, n * sizeof(*before));
                options[i] = PG_CARRY_DROPPED;
                r = is_enough(variant, with_all, &enough);
                if (r >= 0 && !enough)
                        memcpy(options, before, n * sizeof(*before));
        }
        return r;
}

static bool has_several(const struct pg_carried *carried)
{
        size_t n = 0;

        for (size_t i = 0; i < carried->applied.n_parameters; i++)
                n += carried->options[i] == PG_CARRY_TAKEN;
        return n > 1;
}

static int name_options(const struct variant *variant, struct pg_left_out *left_out)
{
        left_out->generation = variant->carried.generation;
        return pg_carried_list(&variant->carried, PG_CARRY_TAKEN, &left_out->options,
                               &left_out->n_options);
}

static int find(struct variant *variant, struct pg_left_out *left_out)
{
        _cleanup_(pg_policy_freep) struct pg_policy *with_all = NULL;
        int r = compile(variant, &with_all, &left_out->reason);

        /* What cannot be compared is not passed over. */
        if (r == -EINVAL)
                return name_options(variant, left_out);
        if (r >= 0)
                r = pg_policy_gains(with_all, variant->wanted->policy, &left_out->changes, NULL);
        if (r < 0 || left_out->changes->n == 0)
                return r;
        if (has_several(&variant->carried))
                r = drop_the_rest(variant, with_all);
        return r < 0 ? r : name_options(variant, left_out);
}

int pg_left_out_find(const struct pg_settings *settings, const struct pg_request *request,
                     struct pg_before *before, const struct pg_compiled *wanted,
                     struct pg_left_out *ret)
{
        struct variant variant = {.settings = settings, .request = request, .wanted = wanted};
        _cleanup_(pg_left_out_done) struct pg_left_out left_out = {0};
        int r = before->error;

        if (before->generation == 0)
                return 0;
        variant.carried = PG_TAKE(before->applied);
        if (r >= 0 && pg_carried_has_more(&variant.carried, request))
                r = find(&variant, &left_out);
        pg_carried_done(&variant.carried);
        if (r < 0 || left_out.n_options == 0)
                return r == -EINVAL ? 0 : r;
        *ret = PG_TAKE(left_out);
        return 0;
}
