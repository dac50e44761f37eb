/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is let in is counted then, at the port's element of a set of hits, and not when the port is
 * looked up: the scope may refuse.
 *
 *     chain accepted_a {
 *       ip daddr 127.0.0.0/8 jump loopback_a           # came over a wire (base_traffic.h)
 *       ct status confirmed accept                     # counted with its connection's first packet
 *       meta l4proto . th dport @input_hits_a accept   # the element counts
 *       meta l4proto @input_protocol_hits_a accept     # protocols without ports
 *       accept }
 *
 * A packet that conntrack does not track belongs to no connection, and is counted each time.
 */
#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

#include "ruleset/compile/compile.h"

/* The set, when the first of its elements comes. An interval set in any case: the kernel's bitmap for
 * short keys has no counters. */
static struct pg_set *find_hits(struct pg_compilation *c, const struct pg_segment *segment)
{
        char name[PG_NAME_MAX];
        struct pg_set *hits;

        pg_hits_name(segment->direction, segment->ports.protocol, c->slot, name);
        hits = pg_ruleset_set(c->ruleset, name);
        if (hits)
                return hits;
        if (pg_protocol_has_ports(segment->ports.protocol)) {
                hits = pg_compile_ports_set(c, name);
        } else {
                hits = pg_ruleset_add_set(c->ruleset, name);
                if (hits) {
                        hits->flags = PG_SET_INTERVAL;
                        hits->key_type = PG_TYPE_PROTOCOL;
                        hits->key_length = hits->field_lengths[0] = 1;
                }
        }
        if (hits)
                hits->has_counters = true;
        return hits;
}

static int add_hit(struct pg_compilation *c, const struct pg_segment *segment)
{
        const struct pg_policy_service *first = &c->policy->services[segment->services[0]];
        struct pg_set *hits = find_hits(c, segment);
        _cleanup_(pg_freep) char *services = pg_segment_services(c->policy, segment);
        struct pg_element *element = hits && services ? pg_compile_ports_element(hits, segment) : NULL;

        if (!element)
                return -ENOMEM;
        element->has_counter = true;
        element->place = (struct pg_place){first->file, first->line, first->column};
        return pg_comment_make(c->names, services, &element->comment);
}

/* The rule that counts, where there is something to count. */
static int count_in(struct pg_compilation *c, struct pg_chain *chain, enum pg_direction direction,
                    uint8_t protocol)
{
        char hits[PG_NAME_MAX];
        struct pg_rule *rule;
        int r;

        pg_hits_name(direction, protocol, c->slot, hits);
        if (!pg_ruleset_set(c->ruleset, hits))
                return 0;
        rule = pg_chain_add_rule(chain);
        r = !rule                             ? -ENOMEM
            : pg_protocol_has_ports(protocol) ? pg_match_ports(rule, hits)
                                              : pg_match_protocol_set(rule, hits, false);
        return r < 0 ? r : pg_do_verdict(rule, NF_ACCEPT, NULL);
}

int pg_compile_accepted(struct pg_compilation *c, enum pg_direction direction)
{
        const struct pg_policy *policy = c->policy;
        bool inbound = direction == PG_IN;
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r = 0;

        pg_accepted_name(direction, c->slot, name);
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++)
                if (policy->segments[i].direction == direction &&
                    pg_source_opens(&policy->sources[policy->segments[i].source]))
                        r = add_hit(c, &policy->segments[i]);
        chain = r < 0 ? NULL : pg_ruleset_add_chain(c->ruleset, name);
        if (!chain || (inbound && pg_base_loopback_rule(chain, c->slot) < 0) ||
            (inbound && pg_remember_asker_rules(c, chain) < 0))
                return -ENOMEM;
        rule = pg_chain_add_rule(chain);
        r = rule ? pg_match_ct_status(rule, IPS_CONFIRMED) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NF_ACCEPT, NULL);
        if (r >= 0)
                r = count_in(c, chain, direction, IPPROTO_TCP);
        if (r >= 0)
                r = count_in(c, chain, direction, 0);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NF_ACCEPT, NULL) : -ENOMEM;
}
