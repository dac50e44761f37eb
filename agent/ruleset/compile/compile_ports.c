/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports are open, and to whom.
 *
 *     tcp dport vmap @input_tcp_ports_a             # a map for each protocol that has open ports
 *     udp dport vmap @input_udp_ports_a
 *     meta l4proto vmap @input_protocols_a          # protocols without ports
 *
 * One map of protocols and ports would cost up to 110 ns more, depending on the processor, since the
 * kernel has another kind of set for ranges in concatenations; and no key is made of a packet that is
 * too short to have a port.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "ruleset/compile/compile.h"

/* The map that a protocol's ports, or the protocol itself, are in. */
static struct pg_set *find_map(struct pg_compilation *c, enum pg_direction direction, uint8_t protocol)
{
        const bool has_ports = pg_protocol_has_ports(protocol);
        char name[PG_NAME_MAX];
        struct pg_set *map;

        pg_ports_name(direction, protocol, c->slot, name);
        map = pg_ruleset_set(c->ruleset, name);
        if (map)
                return map;
        map = pg_ruleset_add_set(c->ruleset, name);
        if (!map)
                return NULL;
        map->flags = has_ports ? PG_SET_MAP | PG_SET_INTERVAL : PG_SET_MAP;
        map->key_type = has_ports ? PG_TYPE_SERVICE : PG_TYPE_PROTOCOL;
        map->key_length = map->field_lengths[0] = has_ports ? 2 : 1;
        return map;
}

static int add_segment(struct pg_compilation *c, const struct pg_segment *segment)
{
        const struct pg_source *source = &c->policy->sources[segment->source];
        const struct pg_policy_service *first = &c->policy->services[segment->services[0]];
        struct pg_set *map = find_map(c, segment->direction, segment->ports.protocol);
        _cleanup_(pg_freep) char *services = pg_segment_services(c->policy, segment);
        struct pg_element *element = map && services ? pg_compile_ports_element(map, segment) : NULL;

        if (!element)
                return -ENOMEM;
        element->place = (struct pg_place){first->file, first->line, first->column};
        element->verdict.code = NFT_GOTO;
        if (source->any)
                pg_accepted_name(segment->direction, c->slot, element->verdict.chain);
        else
                pg_source_name(source->label, segment->direction == PG_IN ? "from_" : "to_", "",
                               c->slot, element->verdict.chain);
        return pg_comment_make(c->names, services, &element->comment);
}

int pg_compile_ports(struct pg_compilation *c, enum pg_direction direction)
{
        const struct pg_policy *policy = c->policy;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];
                const struct pg_source *source = &policy->sources[segment->source];

                if (segment->direction != direction || !pg_source_opens(source))
                        continue;
                r = source->any ? 0 : pg_compile_source(c, source, direction);
                if (r >= 0)
                        r = add_segment(c, segment);
        }
        return r;
}

int pg_compile_port_rules(struct pg_compilation *c, struct pg_chain *chain, enum pg_direction direction)
{
        char name[PG_NAME_MAX];
        int r = 0;

        for (unsigned protocol = 1; r >= 0 && protocol <= UINT8_MAX; protocol++) {
                struct pg_rule *rule;

                pg_ports_name(direction, (uint8_t)protocol, c->slot, name);
                if (!pg_protocol_has_ports((uint8_t)protocol) || !pg_ruleset_set(c->ruleset, name))
                        continue;
                rule = pg_chain_add_rule(chain);
                r = rule ? pg_match_port_map(rule, (uint8_t)protocol, name) : -ENOMEM;
        }
        pg_ports_name(direction, 0, c->slot, name);
        if (r >= 0 && pg_ruleset_set(c->ruleset, name)) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                r = rule ? pg_match_protocol_set(rule, name, true) : -ENOMEM;
        }
        return r;
}
