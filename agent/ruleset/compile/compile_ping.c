/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may ping, and the share of each. */
#include <errno.h>

#include "ruleset/compile/compile.h"

/* So long without a ping, and of so many sources of each family at a time (2 MB where all are there).
 */
#define PINGS_TIMEOUT_MS (10 * 60 * 1000)
#define PINGS_SIZE 16384

/* A source is forgotten only when its share is whole again, which takes two units of the rate. */
static int add_pings_set(struct pg_compilation *c, bool is_v6)
{
        char name[PG_NAME_MAX];
        uint64_t whole_ms = 2000 * (uint64_t)c->policy->ping_rate.seconds;
        struct pg_set *set;

        pg_slot_name(is_v6 ? PG_PINGS6_NAME : PG_PINGS4_NAME, c->slot, name);
        set = pg_ruleset_add_set(c->ruleset, name);
        if (!set)
                return -ENOMEM;
        set->flags = PG_SET_TIMEOUT | PG_SET_DYNAMIC;
        set->key_type = is_v6 ? PG_TYPE_IPV6 : PG_TYPE_IPV4;
        set->field_lengths[0] = is_v6 ? 16 : 4;
        set->key_length = is_v6 ? 16 : 4;
        set->timeout_ms = whole_ms > PINGS_TIMEOUT_MS ? whole_ms : PINGS_TIMEOUT_MS;
        set->size = PINGS_SIZE;
        return 0;
}

/* Sets of their own, and whole: a sharded map would accept before the rate is looked at. */
int pg_compile_ping_sets(struct pg_compilation *c)
{
        const struct pg_source *source = &c->policy->sources[c->policy->ping_source];
        int r = 0;

        for (int is_v6 = 0; r >= 0 && !source->any && is_v6 <= 1; is_v6++) {
                struct pg_set_names names;

                pg_set_names(source->label, "ping_", is_v6, "", c->slot, &names);
                r = pg_compile_sets(c, source, &source->addresses, is_v6, &names, false);
        }
        if (!pg_source_opens(source) || c->policy->ping_rate.count == 0)
                return r;
        for (int is_v6 = 0; r >= 0 && is_v6 <= 1; is_v6++)
                r = add_pings_set(c, is_v6);
        return r;
}

/* Whom echo requests may come from: that source may have no chain of its own to tell it. */
int pg_compile_echo_label(struct pg_compilation *c)
{
        const struct pg_source *source = &c->policy->sources[c->policy->ping_source];
        char name[PG_NAME_MAX];

        pg_slot_name(PG_ECHO4_NAME, c->slot, name);
        return source->any ? 0
                           : pg_comment_make(c->names, source->label,
                                             &pg_ruleset_chain(c->ruleset, name)->comment);
}
