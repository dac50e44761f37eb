/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a packet that nft has names for. */
#ifndef PG_RULESET_TEXT_FIELD_H
#define PG_RULESET_TEXT_FIELD_H

#include "ruleset/model/ruleset.h"

/* "saddr", "daddr"; NULL where the payload is no whole address. */
const char *pg_field_address(const struct pg_payload *payload);
/* "tcp", "icmpv6", as in "tcp dport"; NULL: nft has no name for the header. */
const char *pg_field_protocol(uint8_t protocol);
bool pg_field_is_icmp(uint8_t protocol);
/* A port, where the protocol has any. */
bool pg_field_is_port(const struct pg_payload *payload);
/* The type in the header of ICMP or ICMPv6, which `protocol` must be. */
bool pg_field_is_type(const struct pg_payload *payload, uint8_t protocol);
/* The flags of TCP, which the protocol must be. */
bool pg_field_is_flags(const struct pg_payload *payload);
/* The hop limit, where the packet is IPv6. */
bool pg_field_is_hop_limit(const struct pg_payload *payload);

/* "meta nfproto ipv4 ip saddr @x", "meta l4proto icmp icmp type 8": nft adds the family and the
 * protocol by itself, and leaves them out when it lists a rule. Whether the load at `i` of the rule and
 * its comparison are such, for what stands further on in the rule. */
bool pg_match_is_implied(const struct pg_rule *rule, size_t i);

#endif
