/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy a question is about. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/begin.h"
#include "engine/engine.h"
#include "engine/explain/internal.h"
#include "engine/kept.h"
#include "engine/request/request.h"
#include "engine/stored.h"
#include "engine/verify.h"
#include "ruleset/decompile.h"
#include "ruleset/digest.h"

void pg_subject_done(struct pg_subject *subject)
{
        pg_policy_free(subject->policy);
        pg_strings_free(subject->profiles, subject->n_profiles);
        free(subject->change);
        *subject = (struct pg_subject){0};
}

static int copy_profiles(struct pg_subject *subject, char *const *profiles, size_t n,
                         struct pg_error *error)
{
        return pg_copy_strings(profiles, n, &subject->profiles, &subject->n_profiles) < 0
                       ? pg_error_memory(error)
                       : 0;
}

static int of_request(const struct pg_settings *settings, const struct pg_request *request,
                      struct pg_subject *ret, struct pg_diagnostics *diagnostics,
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
                         struct pg_subject *ret, struct pg_error *error)
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

/* I3: what the kernel holds is what counts; the history only adds where it comes from. */
static int of_table(const struct pg_settings *settings, const struct pg_nft *nft,
                    const struct pg_snapshot *snapshot, const struct pg_standing *standing,
                    struct pg_policy **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        const struct pg_ruleset *ruleset = snapshot->ruleset;
        char digest[PG_DIGEST_TEXT_SIZE];

        pg_ruleset_digest(ruleset, standing->slot, digest);
        if (standing->enforced.generation == 0) {
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "the table inet portguard does not say which generation made it, since "
                        "somebody deleted that record: this answer is the table's (see: "
                        "portguard verify)");
        } else if (strcmp(digest, standing->enforced.digest) != 0) {
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "the table inet portguard is not what generation %u made: "
                                   "this answer is the table's (see: portguard verify)",
                                   standing->enforced.generation);
        } else {
                *ret = pg_subject_stored(settings, &standing->enforced);
        }
        if (*ret) {
                if (!standing->trial.slot)
                        pg_kept_note(settings, nft, snapshot->generation_id,
                                     standing->enforced.generation, *ret);
                return 0;
        }
        return pg_ruleset_to_policy(ruleset, standing->slot, false, ret, error);
}

/* I3: why nothing is enforced, where something should be. */
static void tell_fault(const struct pg_settings *settings, const struct pg_snapshot *snapshot,
                       struct pg_diagnostics *diagnostics)
{
        const char *fault = pg_snapshot_fault(snapshot);
        _cleanup_(pg_freep) char *absence = snapshot->exists ? NULL : pg_absence_text(settings);

        if (fault || absence)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s",
                                   fault ? fault : absence);
}

/* Where no hook goes to a policy, and packets are refused all the same. */
static int tell_refusal(const struct pg_settings *settings, const struct pg_snapshot *snapshot,
                        struct pg_subject *ret, struct pg_error *error)
{
        const char *fault = pg_snapshot_fault(snapshot);
        uint32_t generation = pg_intended_generation(settings);

        if (generation)
                ret->change =
                        pg_format("no policy decides: %s; generation %u itself can be asked by its "
                                  "number, and portguard explain --trace follows a real packet",
                                  fault, generation);
        else
                ret->change =
                        pg_format("no policy decides: %s; portguard explain --trace follows a real "
                                  "packet",
                                  fault);
        return ret->change ? 0 : pg_error_memory(error);
}

/* Of rules that are not portguard's, no policy tells: it could only answer for what should be there. */
static int find_changed(const struct pg_settings *settings, const struct pg_known *known,
                        const struct pg_standing *standing, struct pg_subject *ret,
                        struct pg_error *error)
{
        _cleanup_(pg_freep) char *change = NULL;
        bool rules_hold;
        int r = pg_table_change(settings, &known->snapshot, standing, known->policy != NULL, &change,
                                &rules_hold, error);

        if (r < 0 || !change || rules_hold)
                return r;
        ret->change =
                pg_format("what the table does cannot be told: %s; generation %u itself can be asked "
                          "by its number, and portguard explain --trace follows a real packet",
                          change, standing->enforced.generation);
        return ret->change ? 0 : pg_error_memory(error);
}

static int of_kernel(const struct pg_settings *settings, const struct pg_nft *nft,
                     struct pg_known *known, struct pg_subject *ret, struct pg_diagnostics *diagnostics,
                     struct pg_error *error)
{
        struct pg_standing standing = {0};
        int r = 0;

        if (pg_standing_find(&known->snapshot, &standing) < 0)
                return pg_error_memory(error);
        if (!standing.slot && pg_snapshot_refuses(&known->snapshot))
                r = tell_refusal(settings, &known->snapshot, ret, error);
        else if (!standing.slot)
                tell_fault(settings, &known->snapshot, diagnostics);
        else
                r = find_changed(settings, known, &standing, ret, error);
        if (r >= 0 && standing.slot) {
                ret->generation = standing.enforced.generation;
                if (!ret->change)
                        ret->policy = PG_TAKE(known->policy);
                r = copy_profiles(ret, standing.enforced.profiles, standing.enforced.n_profiles, error);
                if (r >= 0 && !ret->policy && !ret->change)
                        r = of_table(settings, nft, &known->snapshot, &standing, &ret->policy,
                                     diagnostics, error);
        }
        pg_standing_done(&standing);
        return r;
}

/* What is enforced: from the history where that has the same policy, which knows more of it than the
 * kernel does; else as it is read back. */
static int of_enforced(const struct pg_settings *settings, struct pg_subject *ret,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_known known = {0};
        int r = pg_nft_open(&nft, error);

        if (r < 0)
                return r;
        ret->policy = pg_kept_policy(settings, nft, &ret->generation);
        if (ret->policy)
                return copy_profiles(ret, ret->policy->profiles, ret->policy->n_profiles, error);
        r = pg_known_read(settings, nft, NULL, &known, diagnostics, error);
        if (r >= 0)
                r = of_kernel(settings, nft, &known, ret, diagnostics, error);
        pg_known_done(&known);
        return r;
}

int pg_subject_find(const struct pg_settings *settings, const struct pg_question *question,
                    struct pg_subject *ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
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
