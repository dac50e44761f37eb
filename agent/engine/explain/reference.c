/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy a question is about. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/enforced.h"
#include "engine/engine.h"
#include "engine/explain/internal.h"
#include "engine/intended.h"
#include "engine/request/request.h"
#include "engine/stored.h"

void pg_reference_done(struct pg_reference *reference)
{
        pg_policy_free(reference->policy);
        pg_policy_free(reference->applied);
        pg_strings_free(reference->profiles, reference->n_profiles);
        free(reference->change);
        *reference = (struct pg_reference){0};
}

static int copy_profiles(struct pg_reference *reference, char *const *profiles, size_t n,
                         struct pg_error *error)
{
        return pg_copy_strings(profiles, n, &reference->profiles, &reference->n_profiles) < 0
                       ? pg_error_memory(error)
                       : 0;
}

static int of_request(const struct pg_settings *settings, const struct pg_request *request,
                      struct pg_reference *ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error)
{
        struct pg_compiled compiled = {0};
        int r = pg_compile_request(settings, request, &compiled, diagnostics, error);

        if (r >= 0)
                r = copy_profiles(ret, compiled.policy->profiles, compiled.policy->n_profiles, error);
        if (r >= 0)
                ret->policy = PG_TAKE(compiled.policy);
        pg_compiled_done(&compiled);
        return r;
}

static int of_generation(const struct pg_settings *settings, uint32_t generation,
                         struct pg_reference *ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        int r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, error);

        if (r >= 0)
                r = pg_store_policy(store, generation, NULL, &ret->policy, error);
        if (r >= 0)
                r = copy_profiles(ret, ret->policy->profiles, ret->policy->n_profiles, error);
        ret->generation = generation;
        return r;
}

/* Nothing of ours is in force, and packets may be refused all the same. */
static int report_refusal(const struct pg_settings *settings, const char *problem,
                          struct pg_reference *ret, struct pg_error *error)
{
        uint32_t generation = pg_intended_generation(settings);

        if (generation)
                ret->change =
                        pg_format("no policy decides: %s; generation %u itself can be asked by its "
                                  "number, and portguard explain --trace follows a real packet",
                                  problem, generation);
        else
                ret->change =
                        pg_format("no policy decides: %s; portguard explain --trace follows a real "
                                  "packet",
                                  problem);
        return ret->change ? 0 : pg_error_memory(error);
}

/* What the table does that is not what its generation says, though its policy tells of it. */
static void warn_of_change(const struct pg_enforced *enforced, struct pg_diagnostics *diagnostics)
{
        if (enforced->is_stored)
                return;
        if (enforced->table.enforced.generation == 0)
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "the table inet portguard does not say which generation made it, since "
                        "somebody deleted or changed that record: this answer is the table's (see: "
                        "portguard verify)");
        else if (enforced->change)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "the table inet portguard is not what generation %u made: "
                                   "this answer is the table's (see: portguard verify)",
                                   enforced->table.enforced.generation);
}

/* Of rules that are not portguard's, no policy tells: it could only answer for what should be there. */
static int take_slot(const struct pg_settings *settings, struct pg_enforced *enforced,
                     struct pg_reference *ret, struct pg_diagnostics *diagnostics,
                     struct pg_error *error)
{
        const struct pg_record *record = &enforced->table.enforced;

        ret->generation = record->generation;
        if (enforced->rules_hold) {
                warn_of_change(enforced, diagnostics);
                ret->policy = PG_TAKE(enforced->policy);
                if (enforced->change)
                        ret->applied = pg_stored_policy(settings, record);
        } else {
                ret->change = pg_format(
                        "what the table does cannot be said: %s; generation %u itself can be asked "
                        "by its number, and portguard explain --trace follows a real packet",
                        enforced->change, record->generation);
                if (!ret->change)
                        return pg_error_memory(error);
        }
        return copy_profiles(ret, record->profiles, record->n_profiles, error);
}

static int of_enforced(const struct pg_settings *settings, struct pg_reference *ret,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_enforced enforced = {0};
        int r = pg_nft_open(&nft, error);

        if (r >= 0)
                r = pg_enforced_read(settings, nft, PG_ENFORCED_POLICY, &enforced, diagnostics, error);
        if (r < 0)
                return r;
        if (enforced.table.slot)
                r = take_slot(settings, &enforced, ret, diagnostics, error);
        else if (pg_table_refuses(&enforced.table))
                r = report_refusal(settings, enforced.change, ret, error);
        else if (enforced.change)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s",
                                   enforced.change);
        pg_enforced_done(&enforced);
        return r;
}

int pg_reference_find(const struct pg_settings *settings, const struct pg_question *question,
                      struct pg_reference *ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error)
{
        int r;

        if (question->request)
                return of_request(settings, question->request, ret, diagnostics, error);
        if (question->generation > 0)
                return of_generation(settings, question->generation, ret, error);
        r = of_enforced(settings, ret, diagnostics, error);
        if (r >= 0 && ret->change && !question->accepts_no_answer)
                r = pg_error_set(error, PG_STATUS_DRIFT, -EBADE, "%s", ret->change);
        return r;
}
