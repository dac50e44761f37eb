/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the enforced generation, kept as comments on the elements of a set. */
#include "ruleset/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "ruleset/digest.h"

void pg_record_done(struct pg_record *record)
{
        for (size_t i = 0; i < record->n_profiles; i++)
                free(record->profiles[i]);
        free(record->profiles);
        *record = (struct pg_record){0};
}

static int add_profile(struct pg_record *record, const char *name, size_t length)
{
        char **item = PG_ARRAY_ADD(record->profiles, record->n_profiles);

        if (!item)
                return -ENOMEM;
        *item = strndup(name, length);
        return *item ? 0 : -ENOMEM;
}

/* "DIGEST profile profile ..." */
static int parse_record(struct pg_record *record, const char *text)
{
        size_t length = strcspn(text, " ");

        if (length != PG_DIGEST_TEXT_SIZE - 1) {
                record->generation = 0;
                return 0;
        }
        memcpy(record->digest, text, length);
        record->digest[length] = '\0';
        for (text += length; *text != '\0'; text += length) {
                int r;

                text += strspn(text, " ");
                length = strcspn(text, " ");
                r = length > 0 ? add_profile(record, text, length) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int pg_record_read(const struct pg_ruleset *ruleset, char slot, struct pg_record *ret)
{
        _cleanup_(pg_freep) char *text = NULL;
        char name[PG_NAME_MAX];
        const struct pg_set *set;
        int r;

        *ret = (struct pg_record){0};
        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        for (size_t i = 0; set && i < set->n_elements; i++)
                if (pg_parts_number(&set->elements[i]) > ret->generation)
                        ret->generation = pg_parts_number(&set->elements[i]);
        r = pg_parts_read(set, ret->generation, &text);
        if (r < 0 || ret->generation == 0)
                return r;
        return parse_record(ret, text);
}

static char *make_text(const struct pg_record *record)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        fputs(record->digest, stream);
        for (size_t i = 0; i < record->n_profiles; i++)
                fprintf(stream, " %s", record->profiles[i]);
        if (fclose(stream) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

int pg_record_write(struct pg_ruleset *ruleset, char slot, const struct pg_record *record)
{
        _cleanup_(pg_freep) char *text = make_text(record);
        char name[PG_NAME_MAX];
        struct pg_set *set;

        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        return text && set ? pg_parts_add(set, record->generation, text) : -ENOMEM;
}

bool pg_record_has_room(const struct pg_ruleset *ruleset, char slot, const struct pg_record *record)
{
        size_t length = strlen(record->digest);
        char name[PG_NAME_MAX];
        const struct pg_set *set;

        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        for (size_t i = 0; i < record->n_profiles; i++)
                length += 1 + strlen(record->profiles[i]);
        return !set || set->n_elements + length / PG_COMMENT_MAX + 1 <= PG_RECORD_ELEMENTS_MAX;
}

int pg_record_make(const struct pg_ruleset *ruleset, char slot, uint32_t generation,
                   char *const *profiles, size_t n_profiles, struct pg_record *ret)
{
        int r = 0;

        *ret = (struct pg_record){.generation = generation};
        pg_ruleset_digest(ruleset, slot, ret->digest);
        for (size_t i = 0; r >= 0 && i < n_profiles; i++)
                r = add_profile(ret, profiles[i], strlen(profiles[i]));
        return r;
}

bool pg_record_equal(const struct pg_record *a, const struct pg_record *b)
{
        if (strcmp(a->digest, b->digest) != 0 || a->n_profiles != b->n_profiles)
                return false;
        for (size_t i = 0; i < a->n_profiles; i++)
                if (strcmp(a->profiles[i], b->profiles[i]) != 0)
                        return false;
        return true;
}
