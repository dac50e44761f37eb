/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service's `ports`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ports.h"
#include "profile/profile/internal.h"

/* The text with the parts around `separator` swapped, where that makes a port: 443/tcp, 51000-50000. */
static bool swap_parts(const char *text, const char *start, char separator, char ret[static 64])
{
        const char *middle = strchr(start, separator);
        struct pg_ports ports;

        if (!middle || strlen(text) >= 64)
                return false;
        snprintf(ret, 64, "%.*s%s%c%.*s", (int)(start - text), text, middle + 1, separator,
                 (int)(middle - start), start);
        return !pg_ports_parse(ret, &ports);
}

static void report_port(struct pg_reader *reader, const struct pg_word *word, const char *problem)
{
        const char *slash = strchr(word->text, '/');
        char meant[64];

        if (pg_diagnostics_conceals(reader->diagnostics, word->place.file))
                PG_PROFILE_ERROR_PLAIN(reader, word->place, "this is no port: %s", problem);
        else if (swap_parts(word->text, word->text, '/', meant))
                PG_PROFILE_ERROR(reader, word->place,
                                 "'%s' is no port: the protocol comes first; did you mean '%s'?",
                                 pg_show(word->text).text, meant);
        else if (slash && swap_parts(word->text, slash + 1, '-', meant))
                PG_PROFILE_ERROR(reader, word->place, "'%s' is no port: %s; did you mean '%s'?",
                                 pg_show(word->text).text, problem, meant);
        else
                PG_PROFILE_ERROR(reader, word->place, "'%s' is no port: %s", pg_show(word->text).text,
                                 problem);
}

/* "tcp/${name}": whether the parameter fits is checked later, when all are known. */
static void check_reference(struct pg_reader *reader, const struct pg_word *word)
{
        const char *slash = strchr(word->text, '/');
        char name[64];

        if (slash && slash[1] == '$' && pg_param_reference(word->text, name, sizeof(name)) &&
            pg_protocol_with_ports(word->text, (size_t)(slash - word->text)) != 0)
                return;
        PG_PROFILE_ERROR(
                reader, word->place,
                "'%s' is no port (a parameter is used as tcp/${NAME}, udp/${NAME} or sctp/${NAME})",
                pg_show(word->text).text);
}

struct claim {
        struct pg_ports ports;
        const struct pg_word *word;
        bool valid;
};

static bool overlap(const struct claim *a, const struct claim *b)
{
        if (!a->valid || !b->valid)
                return strcmp(a->word->text, b->word->text) == 0;
        return a->ports.protocol == b->ports.protocol && a->ports.first <= b->ports.last &&
               b->ports.first <= a->ports.last;
}

static int compare_claims(const void *left, const void *right)
{
        const struct claim *a = left, *b = right;

        if (a->valid != b->valid)
                return a->valid ? -1 : 1;
        if (!a->valid && strcmp(a->word->text, b->word->text) != 0)
                return strcmp(a->word->text, b->word->text);
        if (a->ports.protocol != b->ports.protocol)
                return a->ports.protocol < b->ports.protocol ? -1 : 1;
        if (a->ports.first != b->ports.first)
                return a->ports.first < b->ports.first ? -1 : 1;
        return (a->word > b->word) - (a->word < b->word);
}

/* Sorted, so that only neighbours need to be looked at. */
static void check_overlaps(struct pg_reader *reader, struct claim *claims, size_t n)
{
        size_t widest = 0;

        qsort(claims, n, sizeof(*claims), compare_claims);
        for (size_t i = 1; i < n; i++) {
                const struct pg_word *words[2] = {claims[widest].word, claims[i].word};

                if (overlap(&claims[widest], &claims[i]))
                        PG_PROFILE_ERROR(
                                reader, words[words[0] < words[1]]->place,
                                "'%s' and '%s' overlap within one service (write each port once)",
                                pg_show(words[words[0] > words[1]]->text).text,
                                pg_show(words[words[0] < words[1]]->text).text);
                if (!claims[i].valid || claims[i].ports.protocol != claims[widest].ports.protocol ||
                    claims[i].ports.last > claims[widest].ports.last)
                        widest = i;
        }
}

int pg_read_ports(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        _cleanup_(pg_freep) struct claim *claims = NULL;
        struct pg_words *words = target;
        size_t n = 0;
        int r;

        r = pg_read_word_or_words(reader, node, words);
        if (r != 0 || words->n == 0)
                return r;
        claims = calloc(words->n, sizeof(*claims));
        if (!claims)
                return -ENOMEM;
        for (size_t i = 0; i < words->n; i++) {
                struct claim *claim = &claims[n];
                const char *problem;

                claim->word = &words->items[i];
                if (strchr(claim->word->text, '$')) {
                        check_reference(reader, claim->word);
                        n++;
                        continue;
                }
                problem = pg_ports_parse(claim->word->text, &claim->ports);
                claim->valid = !problem;
                if (problem)
                        report_port(reader, claim->word, problem);
                else
                        n++;
        }
        check_overlaps(reader, claims, n);
        return 0;
}
