/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the enforced generation, kept as comments on the elements of a set. */
#include "ruleset/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/catalog/catalog.h"
#include "ruleset/compile/compile.h"
#include "ruleset/digest.h"

/* What the record of 0.1.0 had not before its release. */
#define COMPILER_UNSAID 1
#define VERSION_UNSAID "0.1.0"

void pg_record_done(struct pg_record *record)
{
        for (size_t i = 0; i < record->n_profiles; i++)
                free(record->profiles[i]);
        free(record->profiles);
        *record = (struct pg_record){0};
}

static int add_profile(struct pg_record *record, const char *name)
{
        char **item = PG_ARRAY_ADD(record->profiles, record->n_profiles);

        if (!item)
                return -ENOMEM;
        *item = strdup(name);
        return *item ? 0 : -ENOMEM;
}

static bool is_digest(const char *text)
{
        return strspn(text, "0123456789abcdef") == PG_DIGEST_TEXT_SIZE - 1 &&
               text[PG_DIGEST_TEXT_SIZE - 1] == '\0';
}

static void copy_digest(char to[static PG_DIGEST_TEXT_SIZE], const char *from)
{
        snprintf(to, PG_DIGEST_TEXT_SIZE, "%s", is_digest(from) ? from : "");
}

/* "COMPILER/VERSION[/TABLE]"; in *ret_table what stands for TABLE, or NULL. */
static bool parse_maker(struct pg_record *record, char *text, const char **ret_table)
{
        char *version = NULL;
        unsigned long compiler = strtoul(text, &version, 10);
        size_t length;

        if (strspn(text, "0123456789") == 0 || compiler > UINT32_MAX || *version++ != '/')
                return false;
        length = strspn(version, "abcdefghijklmnopqrstuvwxyz0123456789.-~");
        if (length == 0 || length >= sizeof(record->version) ||
            (version[length] != '\0' && version[length] != '/'))
                return false;
        record->compiler = (unsigned)compiler;
        snprintf(record->version, sizeof(record->version), "%.*s", (int)length, version);
        if (version[length] == '/')
                *ret_table = version + length + 1;
        return true;
}

static bool parse_head(struct pg_record *record, char *word)
{
        char *maker = strchr(word, '+');
        const char *table = NULL;

        record->compiler = COMPILER_UNSAID;
        snprintf(record->version, sizeof(record->version), "%s", VERSION_UNSAID);
        if (maker) {
                *maker++ = '\0';
                if (!parse_maker(record, maker, &table))
                        return false;
        }
        copy_digest(record->digest, word);
        copy_digest(record->table_digest, table ? table : word);
        return record->compiler > PG_COMPILER ||
               (record->digest[0] != '\0' && record->table_digest[0] != '\0');
}

static int parse_record(struct pg_record *record, char *text)
{
        char *word = strsep(&text, " ");
        int r = 0;

        if (!parse_head(record, word)) {
                *record = (struct pg_record){0};
                return 0;
        }
        while (r >= 0 && record->n_profiles < PG_CATALOG_PROFILES_MAX && (word = strsep(&text, " ")))
                if (pg_name_is_valid(word))
                        r = add_profile(record, word);
        return r;
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
        fprintf(stream, "%s+%u/%s", record->digest, record->compiler, record->version);
        if (strcmp(record->table_digest, record->digest) != 0)
                fprintf(stream, "/%s", record->table_digest);
        for (size_t i = 0; i < record->n_profiles; i++)
                fprintf(stream, " %s", record->profiles[i]);
        return pg_stream_end(stream, &text);
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
        _cleanup_(pg_freep) char *text = make_text(record);
        char name[PG_NAME_MAX];
        const struct pg_set *set;

        pg_slot_name(PG_RECORD_NAME, slot, name);
        set = pg_ruleset_set(ruleset, name);
        for (size_t i = 0; set && i < set->n_elements; i++)
                if (pg_parts_number(&set->elements[i]) >= record->generation)
                        return false;
        return !set ||
               (text && set->n_elements + strlen(text) / PG_COMMENT_MAX + 1 <= PG_RECORD_ELEMENTS_MAX);
}

int pg_record_make(const struct pg_ruleset *ruleset, char slot, uint32_t generation, const char *digest,
                   char *const *profiles, size_t n_profiles, struct pg_record *ret)
{
        int r = 0;

        *ret = (struct pg_record){.generation = generation,
                                  .compiler = PG_COMPILER,
                                  .version = PORTGUARD_VERSION};
        pg_ruleset_digest(ruleset, slot, ret->table_digest);
        copy_digest(ret->digest, digest ? digest : ret->table_digest);
        for (size_t i = 0; r >= 0 && i < n_profiles; i++)
                r = add_profile(ret, profiles[i]);
        return r;
}

bool pg_record_equal(const struct pg_record *a, const struct pg_record *b)
{
        if (strcmp(a->table_digest, b->table_digest) != 0 || a->compiler != b->compiler ||
            a->n_profiles != b->n_profiles)
                return false;
        for (size_t i = 0; i < a->n_profiles; i++)
                if (strcmp(a->profiles[i], b->profiles[i]) != 0)
                        return false;
        return true;
}

bool pg_record_is_current(const struct pg_record *record)
{
        return record->generation == 0 || record->compiler == PG_COMPILER;
}

bool pg_record_is_newer(const struct pg_record *record)
{
        return record->generation != 0 && record->compiler > PG_COMPILER;
}
