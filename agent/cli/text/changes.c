/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of ports, for people. */
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

static const struct {
        const char *verb, *verb_outbound;
        const char *future, *past; /* "2 to open", "2 opened" */
        enum pg_style style;
} kinds[] = {
        [PG_CHANGE_OPENS] = {"opens", "opens out", "to open", "opened", PG_STYLE_GREEN},
        [PG_CHANGE_CLOSES] = {"closes", "closes out", "to close", "closed", PG_STYLE_RED},
        [PG_CHANGE_WIDENS] = {"widens", "widens out", "to widen", "widened", PG_STYLE_YELLOW},
        [PG_CHANGE_NARROWS] = {"narrows", "narrows out", "to narrow", "narrowed", PG_STYLE_CYAN},
};

static char *describe_who(const struct pg_change *change)
{
        if (!change->before)
                return pg_must(pg_format("to %s", change->after));
        if (!change->after)
                return pg_must(pg_format("was %s", change->before));
        return pg_must(pg_format("%s -> %s", change->before, change->after));
}

/* "tcp/443"; with the family where the other one is reachable and stays as it is, and no address says
 * which is meant. The caller frees it. */
static char *describe_ports(const struct pg_change *change)
{
        _cleanup_(pg_freep) char *ports = strcmp(change->ports, "echo-request") == 0
                                                  ? pg_must(strdup("ping"))
                                                  : pg_name_ports(change->protocol, change->ports);

        if (change->family == 0 || !change->is_partial ||
            (change->n_addresses > 0 && change->before && change->after))
                return PG_TAKE(ports);
        return pg_must(pg_format("%s IPv%d", ports, change->family));
}

void pg_changes_print(const struct pg_changes *changes)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};

        for (size_t i = 0; i < changes->n; i++) {
                const struct pg_change *change = &changes->items[i];
                _cleanup_(pg_freep) char *ports = describe_ports(change);
                _cleanup_(pg_freep) char *services =
                        pg_name_services(change->services, change->n_services);
                _cleanup_(pg_freep) char *who = describe_who(change);
                const char *verb =
                        change->outbound ? kinds[change->kind].verb_outbound : kinds[change->kind].verb;

                PG_COLUMNS_ADD(&table, kinds[change->kind].style, verb, ports, who, services);
        }
        pg_columns_print(&table, stdout);
}

char *pg_change_text(const struct pg_change *change)
{
        _cleanup_(pg_freep) char *ports = describe_ports(change);
        _cleanup_(pg_freep) char *who = describe_who(change);

        return pg_must(pg_format("%s %s (%s)",
                                 change->outbound ? kinds[change->kind].verb_outbound
                                                  : kinds[change->kind].verb,
                                 ports, who));
}

char *pg_outcome_count(const struct pg_changes *changes, enum pg_tense tense)
{
        size_t counts[PG_ELEMENTSOF(kinds)] = {0};
        char *text = NULL;

        for (size_t i = 0; changes && i < changes->n; i++)
                counts[changes->items[i].kind]++;
        for (size_t i = 0; i < PG_ELEMENTSOF(kinds); i++) {
                char *longer;

                if (counts[i] == 0)
                        continue;
                longer = pg_must(pg_format("%s%s%zu %s", text ? text : "", text ? ", " : "", counts[i],
                                           tense == PG_TENSE_DONE ? kinds[i].past : kinds[i].future));
                free(text);
                text = longer;
        }
        return text ? text : pg_must(strdup("nobody gains or loses access"));
}
