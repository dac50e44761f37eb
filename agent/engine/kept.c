/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I3: the kernel's generation id says that what was in force still is. */
#include "engine/kept.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "engine/engine.h"
#include "state/lock.h"
#include "state/policy_json/policy_json.h"
#include "state/seen.h"

static bool make_note(const struct pg_nft *nft, uint32_t generation_id, char note[static PG_SEEN_MAX])
{
        char place[PG_NFT_PLACE_MAX];

        if (pg_nft_place(nft, place) < 0)
                return false;
        snprintf(note, PG_SEEN_MAX, "%s %u\n", place, generation_id);
        return true;
}

static int refuse_to_put(const char *digest, const void *bytes, size_t length, void *context)
{
        (void)digest, (void)bytes, (void)length, (void)context;
        return -ECANCELED;
}

static int refuse_to_open(const char *digest, size_t *ret_length, void *context)
{
        (void)digest, (void)ret_length, (void)context;
        return -ENOENT;
}

/* The generation, and on the next line its policy. */
static struct pg_policy *read_text(const char *text, uint32_t *ret_generation)
{
        const struct pg_address_bytes nowhere = {.open = refuse_to_open};
        const char *json = strchr(text, '\n');
        struct pg_policy *policy;
        uint32_t generation;

        if (!json || sscanf(text, "%10" SCNu32, &generation) != 1)
                return NULL;
        json++;
        if (pg_policy_from_json(json, strlen(json), &nowhere, NULL, &policy, NULL) < 0)
                return NULL;
        *ret_generation = generation;
        return policy;
}

struct pg_policy *pg_kept_policy(const struct pg_settings *settings, struct pg_nft *nft,
                                 uint32_t *ret_generation)
{
        const char *directory = pg_setting_state(settings);
        _cleanup_(pg_freep) char *text = NULL;
        char note[PG_SEEN_MAX];
        uint32_t generation_id;
        bool left;

        if (pg_lock_peek(directory, &left) < 0 || left ||
            pg_nft_generation(nft, &generation_id, NULL) < 0 || !make_note(nft, generation_id, note))
                return NULL;
        text = pg_seen_text(directory, note);
        return text ? read_text(text, ret_generation) : NULL;
}

void pg_kept_note(const struct pg_settings *settings, const struct pg_nft *nft, uint32_t generation_id,
                  uint32_t generation, const struct pg_policy *policy)
{
        _cleanup_(pg_freep) char *json = NULL;
        _cleanup_(pg_freep) char *text = NULL;
        char note[PG_SEEN_MAX];

        if (!make_note(nft, generation_id, note) ||
            pg_policy_to_json(policy, refuse_to_put, NULL, &json) < 0)
                return;
        text = pg_format("%" PRIu32 "\n%s", generation, json);
        if (text)
                pg_seen_set_text(pg_setting_state(settings), note, text);
}
