/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a policy to nftables objects. */
#ifndef PG_RULESET_COMPILE_COMPILE_H
#define PG_RULESET_COMPILE_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"
#include "ruleset/model/model.h"

/* To be raised by whoever changes what an unchanged policy compiles to: the record tells by it a table
 * that another version made from one that somebody changed. The first release has 1; tests have 0. */
#define PG_COMPILER 1

struct pg_compilation {
        const struct pg_policy *policy;
        struct pg_ruleset *ruleset;
        struct pg_set *names; /* that comments do not take (ruleset/model/comments.h) */
        char slot;
};

/* The chain from_NAME or to_NAME, which accepts whom the source lets in and refuses the rest, and the
 * sets that it needs; nothing where they are there already. 0 or -ENOMEM. */
int pg_compile_source(struct pg_compilation *c, const struct pg_source *source,
                      enum pg_direction direction);

/* The maps of the ports and protocols that are open in one direction, and the chains
 * and sets that their verdicts need; and the rules that look into them. 0 or -ENOMEM. */
int pg_compile_ports(struct pg_compilation *c, enum pg_direction direction);
int pg_compile_port_rules(struct pg_compilation *c, struct pg_chain *chain,
                          enum pg_direction direction);
/* An empty set of protocols and ports; NULL when memory is short. */
struct pg_set *pg_compile_ports_set(struct pg_compilation *c, const char *name);
/* An element for the ports of a segment, of such a set, or of a set of ports or of protocols alone;
 * NULL when memory is short. */
struct pg_element *pg_compile_ports_element(struct pg_set *set, const struct pg_segment *segment);

/* The chain accepted or accepted_output, which counts a new connection at the hit
 * of its port, and accepts; and the sets of hits. 0 or -ENOMEM. */
int pg_compile_accepted(struct pg_compilation *c, enum pg_direction direction);

/* The two sets of a source's addresses of one family. */
enum pg_set_kind {
        PG_SET_SINGLES,
        PG_SET_NETS,
        PG_SET_KINDS,
};
struct pg_set_names {
        char of[PG_SET_KINDS][PG_NAME_MAX];
};
void pg_set_names(const char *label, const char *prefix, bool is_v6, const char *region, char slot,
                  struct pg_set_names *ret);
/* The ranges of one family as sets of these names, unless they are there: those that are not empty, or
 * of a part of a large group both. 0 or -ENOMEM. */
int pg_compile_sets(struct pg_compilation *c, const struct pg_source *source,
                    const struct pg_addresses *ranges, bool is_v6, const struct pg_set_names *names,
                    bool is_shard);
/* An empty set, or map, of addresses; or NULL when memory is short. */
struct pg_set *pg_compile_address_set(struct pg_compilation *c, const struct pg_source *source,
                                      bool is_v6, uint32_t flags, const char *name);

/* The sets of who was refused, which belong to no slot; and the chain deny or
 * deny_output, which remembers, logs at a bounded rate, counts and drops. 0 or -ENOMEM. */
int pg_compile_refused_sets(struct pg_compilation *c);
int pg_compile_refused(struct pg_compilation *c, enum pg_direction direction);

/* The sets of whom echo requests may come from, and of the share of each; and that
 * source as the comment of the chain echo, which must be there. 0 or -ENOMEM. */
int pg_compile_ping_sets(struct pg_compilation *c);
int pg_compile_echo_label(struct pg_compilation *c);

/* An empty set of addresses, protocols and ports that packets add to; NULL when memory is
 * short. */
struct pg_set *pg_compile_sides_set(struct pg_compilation *c, const char *name, bool is_v6,
                                    uint64_t timeout_ms, uint32_t size);

/* The map of the ports that untracked answers come from, and the chains that it leads to. 0 or -ENOMEM.
 */
int pg_compile_answers_map(struct pg_compilation *c);

/* The ports where askers are remembered, and the sets of these; nothing where no service wants it. 0 or
 * -ENOMEM. */
int pg_compile_asked_sets(struct pg_compilation *c);

/* Appended to the chain that accepts what comes in: who asks at such a port is remembered. */
int pg_remember_asker_rules(struct pg_compilation *c, struct pg_chain *chain);

/* Appended to the output chain before the port lookup: answers to who has asked. */
int pg_answer_asker_rules(struct pg_compilation *c, struct pg_chain *chain);

/* Appended to the output chain before the port lookup: answers of a DHCP server. */
int pg_answer_dhcp_rules(struct pg_compilation *c, struct pg_chain *chain);

/* Appended to it behind the port lookup: answers of services that conntrack does not follow. */
int pg_answer_untracked_rules(struct pg_compilation *c, struct pg_chain *chain);

/* Adds the slot's chains `icmp`, `icmpv6`, `igmp` and `dhcp`, and those that they and others lead to:
 * `echo`, `echo6`, `loopback`. */
int pg_base_input_chains(struct pg_ruleset *ruleset, const struct pg_policy *policy, char slot);

/* Appends the rule that drops what came over a wire to an address of 127.0.0.0/8: to every chain that
 * accepts what begins a connection, so that what is refused anyway does not pay for it. 0 or -ENOMEM.
 */
int pg_base_loopback_rule(struct pg_chain *chain, char slot);

/* Appends to the slot's input or output chain the rules that come before the port lookup. */
int pg_base_input_rules(struct pg_chain *chain, char slot);
int pg_base_output_rules(struct pg_chain *chain);

/* Appends a rule that accepts answers of DHCP servers to clients: of IPv4 from 67 to 68; of IPv6 to 546
 * of link-local addresses, from any port or from 547 only. 0 or -ENOMEM. */
int pg_base_dhcpv4_rule(struct pg_chain *chain);
int pg_base_dhcpv6_rule(struct pg_chain *chain, bool from_547);

/* Compiles a policy into the table's contents. Address sets borrow from the policy, which must outlive
 * the ruleset. The caller frees it. */
int pg_ruleset_compile(const struct pg_policy *policy, const struct pg_ruleset_options *options,
                       struct pg_ruleset **ret, struct pg_error *error);

#endif
