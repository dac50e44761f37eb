/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the enforced generation, kept as comments on the elements of a set. */
#include "ruleset/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "ruleset/names.h"

#define PART_SIZE 200
#define PARTS_MAX 64

void pg_record_done(struct pg_record *record)
{
        for (size_t i = 0; i < record->n_profiles; i++)
                free(record->profiles[i]);
        free(record->profiles);
        *record = (struct pg_record){0};
}

static uint32_t key_part(const struct pg_element *element, size_t index)
{
        uint32_t value;

        memcpy(&value, element->key + 4 * index, sizeof(value));
        return value;
}

static const struct pg_element *find_part(const struct pg_set *set, uint32_t generation, uint32_t part)
{
        for (size_t i = 0; i < set->n_elements; i++)
                if (key_part(&set->elements[i], 0) == generation &&
                    key_part(&set->elements[i], 1) == part)
                        return &set->elements[i];
        return NULL;
}

static int add_profile(struct pg_record *record, const char *name, size_t length)
{
        char **slot = PG_ARRAY_ADD(record->profiles, record->n_profiles);

        if (!slot)
                return -ENOMEM;
        *slot = strndup(name, length);
        return *slot ? 0 : -ENOMEM;
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
        char text[PART_SIZE * PARTS_MAX + 1] = "";
        char name[PG_NAME_MAX];
        const struct pg_set *set;
        size_t used = 0;

        *ret = (struct pg_record){0};
        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        for (size_t i = 0; set && i < set->n_elements; i++)
                if (key_part(&set->elements[i], 0) > ret->generation)
                        ret->generation = key_part(&set->elements[i], 0);
        for (uint32_t part = 0; set && part < PARTS_MAX; part++) {
                const struct pg_element *element = find_part(set, ret->generation, part);
                size_t length = element && element->comment ? strlen(element->comment) : 0;

                if (length == 0 || length > PART_SIZE)
                        break;
                memcpy(text + used, element->comment, length + 1);
                used += length;
        }
        return ret->generation > 0 ? parse_record(ret, text) : 0;
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
        size_t length;

        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        if (!text || !set)
                return -ENOMEM;
        length = strlen(text);
        for (uint32_t part = 0; part * PART_SIZE < length && part < PARTS_MAX; part++) {
                struct pg_element *element = pg_set_add_element(set);

                if (!element)
                        return -ENOMEM;
                memcpy(element->key, &record->generation, sizeof(record->generation));
                memcpy(element->key + 4, &part, sizeof(part));
                memcpy(element->key_end, element->key, sizeof(element->key));
                element->comment = pg_format("%.*s", PART_SIZE, text + part * PART_SIZE);
                if (!element->comment)
                        return -ENOMEM;
        }
        return 0;
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
