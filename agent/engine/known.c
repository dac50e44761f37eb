/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I3: the kernel's generation id says that a large group is what it was. */
#include "engine/known.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/standing.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"
#include "state/seen.h"

void pg_known_done(struct pg_known *known)
{
        pg_snapshot_done(&known->snapshot);
        pg_ruleset_free(known->compiled);
        pg_policy_free(known->policy);
        *known = (struct pg_known){0};
}

static bool has_shards(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_name_is_shard(ruleset->sets[i].name))
                        return true;
        return false;
}

static bool make_note(const struct pg_nft *nft, uint32_t generation_id, const char *digest,
                      char note[static PG_SEEN_MAX])
{
        char place[PG_NFT_PLACE_MAX];

        if (pg_nft_place(nft, place) < 0)
                return false;
        snprintf(note, PG_SEEN_MAX, "%s %u %s\n", place, generation_id, digest);
        return true;
}

void pg_known_note(const struct pg_settings *settings, const struct pg_nft *nft,
                   const struct pg_ruleset *ruleset, uint32_t generation_id, const char *digest)
{
        char note[PG_SEEN_MAX];

        if (has_shards(ruleset) && make_note(nft, generation_id, digest, note))
                pg_seen_set(pg_setting_state(settings), note);
}

/* The policy, when it compiles to what the history says of it. What open egress leaves out of the table
 * is not proven, and no comparison looks at it. */
static struct pg_policy *prove(struct pg_store *store, const struct pg_generation *generation,
                               const struct pg_site *guess, const struct pg_ruleset_options *options,
                               struct pg_ruleset **ret_compiled)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        struct pg_ruleset *compiled = NULL;
        char digest[PG_DIGEST_TEXT_SIZE] = "";

        if (pg_store_policy(store, generation->number, guess, &policy, NULL) >= 0 &&
            pg_ruleset_compile(policy, options, &compiled, NULL) >= 0)
                pg_ruleset_digest(compiled, options->slot, digest);
        if (strcmp(digest, generation->digest) != 0) {
                pg_ruleset_free(compiled);
                return NULL;
        }
        if (ret_compiled)
                *ret_compiled = compiled;
        else
                pg_ruleset_free(compiled);
        return PG_TAKE(policy);
}

struct pg_policy *pg_known_guess(struct pg_store *store, uint32_t number, const struct pg_site *site,
                                 const struct pg_ruleset_options *options)
{
        struct pg_generation generation = {0};
        struct pg_policy *policy = NULL;

        if (pg_store_generation(store, number, &generation, NULL) >= 0)
                policy = prove(store, &generation, site, options, NULL);
        pg_generation_done(&generation);
        return policy;
}

/* The parts of large groups that were not read. */
static void borrow_shards(struct pg_ruleset *ruleset, const struct pg_ruleset *compiled)
{
        for (size_t i = 0; i < ruleset->n_sets; i++) {
                struct pg_set *set = &ruleset->sets[i];
                const struct pg_set *known =
                        pg_name_is_shard(set->name) ? pg_ruleset_set(compiled, set->name) : NULL;

                if (!known)
                        continue;
                set->addresses = known->addresses;
                set->owns_addresses = false;
                set->is_unread = false;
        }
}

static bool recall(const struct pg_settings *settings, const struct pg_standing *standing,
                   const struct pg_site *site, struct pg_known *known)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_ruleset *ruleset = known->snapshot.ruleset;
        const struct pg_ruleset_options options = {
                .slot = standing->slot,
                .with_output = pg_ruleset_chain(ruleset, "output") != NULL,
        };
        struct pg_generation generation = {0};

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, standing->enforced.generation, &generation, NULL) < 0)
                return false;
        if (strcmp(generation.digest, standing->enforced.digest) == 0) {
                if (site)
                        known->policy = prove(store, &generation, site, &options, &known->compiled);
                if (!known->policy)
                        known->policy = prove(store, &generation, NULL, &options, &known->compiled);
        }
        pg_generation_done(&generation);
        if (!known->policy)
                return false;
        pg_replace_adopt(known->compiled, ruleset);
        borrow_shards(ruleset, known->compiled);
        return true;
}

/* While a trial is open, two slots have parts of groups. */
static bool try_to_recall(const struct pg_settings *settings, const struct pg_nft *nft,
                          const struct pg_site *site, struct pg_known *known)
{
        struct pg_standing standing = {0};
        char note[PG_SEEN_MAX];
        bool is_recalled =
                pg_standing_find(&known->snapshot, &standing) >= 0 && standing.slot &&
                !standing.trial.slot &&
                make_note(nft, known->snapshot.generation_id, standing.enforced.digest, note) &&
                pg_seen_is(pg_setting_state(settings), note) &&
                recall(settings, &standing, site, known);

        pg_standing_done(&standing);
        return is_recalled;
}

static int note_whole(const struct pg_settings *settings, const struct pg_nft *nft,
                      const struct pg_snapshot *snapshot, struct pg_error *error)
{
        struct pg_standing standing = {0};
        char digest[PG_DIGEST_TEXT_SIZE];

        if (pg_standing_find(snapshot, &standing) < 0)
                return pg_error_memory(error);
        if (standing.slot) {
                pg_ruleset_digest(snapshot->ruleset, standing.slot, digest);
                if (strcmp(digest, standing.enforced.digest) == 0)
                        pg_known_note(settings, nft, snapshot->ruleset, snapshot->generation_id,
                                      digest);
        }
        pg_standing_done(&standing);
        return 0;
}

int pg_known_complete(const struct pg_settings *settings, struct pg_nft *nft,
                      const struct pg_site *site, struct pg_known *known, struct pg_error *error)
{
        int r = 0;

        if (has_shards(known->snapshot.ruleset) && !try_to_recall(settings, nft, site, known)) {
                pg_known_done(known);
                r = pg_nft_read(nft, PG_READ_ALL, &known->snapshot, error);
                if (r >= 0)
                        r = note_whole(settings, nft, &known->snapshot, error);
        }
        if (r < 0)
                pg_known_done(known);
        return r;
}

int pg_known_read_locked(const struct pg_settings *settings, struct pg_nft *nft,
                         const struct pg_site *site, struct pg_known *ret, struct pg_error *error)
{
        struct pg_known known = {0};
        int r = pg_nft_read(nft, PG_READ_SMALL, &known.snapshot, error);

        if (r >= 0)
                r = pg_known_complete(settings, nft, site, &known, error);
        if (r >= 0)
                *ret = known;
        return r;
}
