/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of ruleset/text/ share. */
#ifndef PG_RULESET_TEXT_INTERNAL_H
#define PG_RULESET_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ruleset/text/text.h"

/* "tcp", "ipv6-icmp"; "accept", "goto from_cluster_a": parts of both. */
void pg_protocol_print(uint8_t protocol, FILE *stream);

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

#define PG_REGISTERS 16

/* What the expressions of a rule so far have put where, so that a comparison can be named. */
struct pg_loads {
        const struct pg_expr *at[PG_REGISTERS];
        const struct pg_bitwise *mask[PG_REGISTERS]; /* of what is there; or NULL */
        uint8_t family, protocol;                    /* that the rule has matched; 0: none */
};

/* Remembers a load or a mask; borrows the expression. */
void pg_loads_take(struct pg_loads *loads, const struct pg_expr *expr);

/* A comparison with what was loaded; where nft has no words for it, as nft's raw payload or by number.
 */
void pg_cmp_print(struct pg_loads *loads, const struct pg_cmp *cmp, FILE *stream);
/* "type 1-4": two comparisons with one load. */
void pg_range_cmp_print(struct pg_loads *loads, const struct pg_cmp *first, const struct pg_cmp *last,
                        FILE *stream);
/* "sport" or "dport": of a key that begins with an address in the register. */
const char *pg_side_port(const struct pg_loads *loads, uint32_t reg, bool is_v6);
void pg_lookup_print(const struct pg_loads *loads, const struct pg_lookup *lookup, FILE *stream);

#endif
