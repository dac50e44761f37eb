/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for what a host dies without; for ICMPv6 as RFC 4890 advises. */
#ifndef PG_RULESET_BASE_TRAFFIC_H
#define PG_RULESET_BASE_TRAFFIC_H

#include "ruleset/model/ruleset.h"

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

#endif
