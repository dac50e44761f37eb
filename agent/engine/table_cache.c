/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I3: the kernel's generation id says that a large group is what it was. */
#include "engine/table_cache.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"
#include "state/cache.h"

static bool has_shards(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_name_is_shard(ruleset->sets[i].name))
                        return true;
        return false;
}

static bool make_note(const struct pg_nft *nft, uint32_t genid, const char *digest,
                      char note[static PG_CACHE_NOTE_MAX])
{
        char place[PG_NETNS_ID_MAX];

        if (pg_nft_netns_id(nft, place) < 0)
                return false;
        snprintf(note, PG_CACHE_NOTE_MAX, "%s %u %s\n", place, genid, digest);
        return true;
}

void pg_table_cache_note(const struct pg_settings *settings, const struct pg_nft *nft,
                         const struct pg_ruleset *ruleset, uint32_t genid, const char *digest)
{
        char note[PG_CACHE_NOTE_MAX];

        if (has_shards(ruleset) && make_note(nft, genid, digest, note))
                pg_cache_set(pg_setting_state(settings), note);
}

/* The policy, when it compiles to what has the digest. What open egress leaves out of the table is not
 * proven, and no comparison looks at it. */
static struct pg_policy *prove(struct pg_store *store, uint32_t number, const char *expected,
                               const struct pg_site *guess, const struct pg_ruleset_options *options,
                               struct pg_ruleset **ret_compiled)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_ruleset_freep) struct pg_ruleset *compiled = NULL;
        char digest[PG_DIGEST_TEXT_SIZE] = "";

        if (pg_store_policy(store, number, guess, &policy, NULL) >= 0 &&
            pg_ruleset_compile(policy, options, &compiled, NULL) >= 0)
                pg_ruleset_digest(compiled, options->slot, digest);
        if (strcmp(digest, expected) != 0)
                return NULL;
        if (ret_compiled)
                *ret_compiled = PG_TAKE(compiled);
        return PG_TAKE(policy);
}

struct pg_policy *pg_table_cache_guess(struct pg_store *store, uint32_t number,
                                       const struct pg_site *site,
                                       const struct pg_ruleset_options *options)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        struct pg_policy *policy = NULL;

        if (pg_store_generation(store, number, &generation, NULL) >= 0)
                policy = prove(store, number, generation.digest, site, options, NULL);
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

/* What this version made is proven by compiling it anew. Of what another one made the note has the
 * digest that all of the table had, and the history has the policy by name. */
static bool recall_policy(struct pg_store *store, const struct pg_site *site, struct pg_table *table)
{
        const struct pg_record *record = &table->enforced;
        const struct pg_ruleset_options options = {
                .slot = table->slot,
                .with_output = pg_ruleset_chain(table->snapshot.ruleset, "output") != NULL,
        };

        if (!pg_record_is_current(record)) {
                pg_store_policy(store, record->generation, NULL, &table->policy, NULL);
                return table->policy != NULL;
        }
        if (site)
                table->policy = prove(store, record->generation, record->table_digest, site, &options,
                                      &table->compiled);
        if (!table->policy)
                table->policy = prove(store, record->generation, record->table_digest, NULL, &options,
                                      &table->compiled);
        if (!table->policy)
                return false;
        pg_replace_adopt(table->compiled, table->snapshot.ruleset);
        borrow_shards(table->snapshot.ruleset, table->compiled);
        return true;
}

static bool recall(const struct pg_settings *settings, const struct pg_site *site,
                   struct pg_table *table)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, table->enforced.generation, &generation, NULL) < 0)
                return false;
        return strcmp(generation.digest, table->enforced.digest) == 0 &&
               recall_policy(store, site, table);
}

/* While a trial is open, two slots have parts of groups. */
static bool try_to_recall(const struct pg_settings *settings, const struct pg_nft *nft,
                          const struct pg_site *site, struct pg_table *table)
{
        char note[PG_CACHE_NOTE_MAX];

        return table->slot && !table->trial.slot &&
               make_note(nft, table->snapshot.genid, table->enforced.table_digest, note) &&
               pg_cache_is(pg_setting_state(settings), note) && recall(settings, site, table);
}

static void note_whole(const struct pg_settings *settings, const struct pg_nft *nft,
                       const struct pg_table *table)
{
        if (table->slot && pg_table_is_as_recorded(table, table->slot, &table->enforced))
                pg_table_cache_note(settings, nft, table->snapshot.ruleset, table->snapshot.genid,
                                    table->enforced.table_digest);
}

int pg_table_complete(const struct pg_settings *settings, struct pg_nft *nft,
                      const struct pg_site *site, struct pg_table *table, struct pg_error *error)
{
        int r;

        if (!has_shards(table->snapshot.ruleset) || try_to_recall(settings, nft, site, table))
                return 0;
        pg_table_done(table);
        r = pg_table_read(nft, PG_READ_ALL, table, error);
        if (r >= 0)
                note_whole(settings, nft, table);
        return r;
}
