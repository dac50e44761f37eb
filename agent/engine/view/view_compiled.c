/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy that need not be enforced, to look at: a request's, or a generation's of the history. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/enforced.h"
#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/request/request.h"
#include "engine/view/view.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"

/* What a policy compiles to; the view takes it over. */
static int fill_compiled(struct pg_view *view, struct pg_policy **taken, bool with_nft,
                         struct pg_error *error)
{
        static const struct pg_ruleset_options options = {.slot = 'a'};
        _cleanup_(pg_ruleset_freep) struct pg_ruleset *ruleset = NULL;
        const struct pg_policy *policy = *taken;
        char digest[PG_DIGEST_TEXT_SIZE];
        int r = pg_ruleset_compile(policy, &options, &ruleset, error);

        if (r < 0)
                return r;
        pg_ruleset_digest(ruleset, 'a', digest);
        view->digest = strdup(digest);
        r = pg_copy_strings(policy->profiles, policy->n_profiles, &view->profiles, &view->n_profiles);
        if (r >= 0)
                r = pg_copy_closed(policy, &view->closed, &view->n_closed);
        if (r >= 0)
                r = pg_view_fill(view, taken, ruleset, 'a', with_nft);
        return r < 0 || !view->digest ? pg_error_memory(error) : 0;
}

int pg_view_request(const struct pg_settings *settings, const struct pg_request *request, bool with_nft,
                    struct pg_view **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_view_freep) struct pg_view *view = calloc(1, sizeof(*view));
        _cleanup_(pg_compiled_done) struct pg_compiled compiled = {0};
        int r;

        if (!view)
                return pg_error_memory(error);
        r = pg_compile_request(settings, request, &compiled, diagnostics, error);
        if (r >= 0)
                r = fill_compiled(view, &compiled.policy, with_nft, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(view);
        return 0;
}

static int fill_generation(struct pg_view *view, struct pg_store *store, uint32_t generation,
                           bool with_nft, struct pg_error *error)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        int r;

        view->about = calloc(1, sizeof(*view->about));
        if (!view->about)
                return pg_error_memory(error);
        r = pg_store_generation(store, generation, view->about, error);
        if (r >= 0)
                r = pg_store_policy(store, generation, NULL, &policy, error);
        return r < 0 ? r : fill_compiled(view, &policy, with_nft, error);
}

/* Whether the kernel holds it now; who may not ask the kernel may look at the history all the same. */
static void find_enforced(struct pg_view *view, const struct pg_settings *settings,
                          struct pg_diagnostics *diagnostics)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        const struct pg_table *table = &enforced.table;

        if (pg_nft_open(&nft, NULL) >= 0 && pg_enforced_read(settings, nft, PG_ENFORCED_GENERATION,
                                                             &enforced, diagnostics, NULL) >= 0) {
                if (view->about->state == PG_GENERATION_TRIAL && !table->trial.slot &&
                    !(table->snapshot.dormant && table->trial.is_there))
                        view->about->state =
                                table->trial.has_run_out ? PG_GENERATION_EXPIRED : PG_GENERATION_ENDED;
                view->about->is_enforced = table->slot &&
                                           table->enforced.generation == view->generation &&
                                           strcmp(table->enforced.digest, view->about->digest) == 0;
        }
}

int pg_view_generation(const struct pg_settings *settings, uint32_t generation, bool with_nft,
                       struct pg_view **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_view_freep) struct pg_view *view = calloc(1, sizeof(*view));
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        int r;

        if (!view)
                return pg_error_memory(error);
        view->generation = generation;
        r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, error);
        if (r >= 0)
                r = fill_generation(view, store, generation, with_nft, error);
        if (r < 0)
                return r;
        find_enforced(view, settings, diagnostics);
        *ret = PG_TAKE(view);
        return 0;
}
