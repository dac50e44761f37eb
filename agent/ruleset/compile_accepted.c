/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is let in is counted then, at the port's element of a set of hits, and not when the port is
 * looked up: the scope may refuse.
 *
 *     chain accepted_a {
 *       ct status confirmed accept                     # counted with its connection's first packet
 *       meta l4proto . th dport @input_hits_a accept   # the element counts
 *       meta l4proto @input_protocol_hits_a accept     # protocols without ports
 *       accept }
 *
 * A packet that conntrack does not track belongs to no connection, and is counted each time.
 */
#include "ruleset/answers.h"
#include "ruleset/compile.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

#include "ruleset/names.h"

void pg_accepted_name(enum pg_direction direction, char slot, char name[static PG_NAME_MAX])
{
        pg_slot_name(direction == PG_IN ? "accepted" : "accepted_output", slot, name);
}

const char *pg_hits_base(enum pg_direction direction, uint8_t protocol)
{
        if (pg_protocol_has_ports(protocol))
                return direction == PG_IN ? "input_hits" : "output_hits";
        return direction == PG_IN ? "input_protocol_hits" : "output_protocol_hits";
}

static int add_hit(struct pg_set *hits, const struct pg_element *port)
{
        struct pg_element *element = pg_set_add_element(hits);

        if (!element)
                return -ENOMEM;
        memcpy(element->key, port->key, sizeof(element->key));
        memcpy(element->key_end, port->key_end, sizeof(element->key_end));
        element->has_counter = true;
        element->place = port->place;
        element->comment = strdup(port->comment);
        return element->comment ? 0 : -ENOMEM;
}

/* A hit for each element of a map of ports, but not for a protocol without ports where it has them. */
static int add_hits(struct pg_compilation *c, const char *map_name, const char *name)
{
        struct pg_set *hits = pg_ruleset_add_set(c->ruleset, name);
        const struct pg_set *map = pg_ruleset_set(c->ruleset, map_name);
        int r = hits && map ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        /* An interval set in any case: the kernel's bitmap for short keys has no counters. */
        hits->flags = (map->flags & PG_SET_CONCAT) | PG_SET_INTERVAL;
        hits->key_type = map->key_type;
        hits->key_length = map->key_length;
        hits->n_fields = map->n_fields;
        memcpy(hits->field_lengths, map->field_lengths, sizeof(hits->field_lengths));
        hits->has_counters = true;
        for (size_t i = 0; r >= 0 && i < map->n_elements; i++)
                if (!(map->flags & PG_SET_CONCAT) || pg_protocol_has_ports(map->elements[i].key[0]))
                        r = add_hit(hits, &map->elements[i]);
        return r;
}

static int count_in(struct pg_chain *chain, const char *hits, bool has_ports)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = !rule       ? -ENOMEM
                : has_ports ? pg_match_ports(rule, hits, false)
                            : pg_match_protocol_set(rule, hits, false);

        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

/* The hits of one map, if that is there, and the rule that counts them. */
static int add_counting(struct pg_compilation *c, enum pg_direction direction, const char *map_base,
                        uint8_t protocol)
{
        char map[PG_NAME_MAX], hits[PG_NAME_MAX], name[PG_NAME_MAX];
        int r;

        pg_slot_name(map_base, c->slot, map);
        if (!pg_ruleset_set(c->ruleset, map))
                return 0;
        pg_slot_name(pg_hits_base(direction, protocol), c->slot, hits);
        pg_accepted_name(direction, c->slot, name);
        r = add_hits(c, map, hits);
        return r < 0 ? r
                     : count_in(pg_ruleset_chain(c->ruleset, name), hits,
                                pg_protocol_has_ports(protocol));
}

int pg_compile_accepted(struct pg_compilation *c, enum pg_direction direction)
{
        bool inbound = direction == PG_IN;
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r;

        pg_accepted_name(direction, c->slot, name);
        chain = pg_ruleset_add_chain(c->ruleset, name);
        if (!chain || (inbound && pg_remember_asker_rules(c, chain) < 0))
                return -ENOMEM;
        rule = chain ? pg_chain_add_rule(chain) : NULL;
        r = rule ? pg_match_ct_status(rule, IPS_CONFIRMED) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r >= 0)
                r = add_counting(c, direction, inbound ? "input_ports" : "output_ports", IPPROTO_TCP);
        if (r >= 0)
                r = add_counting(c, direction,
                                 inbound ? PG_INPUT_PROTOCOLS_NAME : PG_OUTPUT_PROTOCOLS_NAME, 0);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NF_ACCEPT, NULL) : -ENOMEM;
}
