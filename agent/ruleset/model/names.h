/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of chains and sets in the table. */
#ifndef PG_RULESET_MODEL_NAMES_H
#define PG_RULESET_MODEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile/profile.h"
#include "ruleset/model/expr.h"

/* The record of generations in a slot: elements (number, part) whose comments, in order, are the text.
 */
#define PG_RECORD_NAME "generation"
/* Names that do not fit into a comment (ruleset/model/comments.h); only where there are any. */
#define PG_LONG_NAMES_NAME "names"
/* The map of ports that untracked answers of services come from. */
#define PG_ANSWERS_NAME "answers"
/* The ports where those who ask are answered from any port; and who asked there lately. */
#define PG_ASKED_PORTS_NAME "asked_ports"
#define PG_ASKED4_NAME "asked4"
#define PG_ASKED6_NAME "asked6"
/* The ports at which a refusal was logged lately. */
#define PG_LOGGED_NAME "logged"
/* Who was refused lately; they belong to no slot. */
#define PG_REFUSED4_NAME "denied4"
#define PG_REFUSED6_NAME "denied6"
/* Where packets of this host were refused to go lately. */
#define PG_REFUSED_OUT4_NAME "denied_out4"
#define PG_REFUSED_OUT6_NAME "denied_out6"
/* Who sent echo requests, each with a limit of its own; and the chains that decide about them. */
#define PG_PINGS4_NAME "pings4"
#define PG_PINGS6_NAME "pings6"
#define PG_ECHO4_NAME "echo"
#define PG_ECHO6_NAME "echo6"

/* "input" and 'a' give "input_a". */
void pg_slot_name(const char *base, char slot, char name[static PG_NAME_MAX]);

/* The map of a protocol's open ports: input_tcp_ports_a; or of the protocols without ports:
 * input_protocols_a. */
void pg_ports_name(enum pg_direction direction, uint8_t protocol, char slot,
                   char name[static PG_NAME_MAX]);
/* The set that counts the connections of the protocol's services: input_hits_a, or
 * input_protocol_hits_a. */
void pg_hits_name(enum pg_direction direction, uint8_t protocol, char slot,
                  char name[static PG_NAME_MAX]);

/* The name of a source's chain ("from_", "": from_cluster_a) or set ("", "_v4": cluster_v4_a), made
 * from its label alone. Letters that nft does not take in an identifier become '-'; a label that is
 * long or has such letters is told apart by a hash. */
void pg_source_name(const char *label, const char *prefix, const char *suffix, char slot,
                    char name[static PG_NAME_MAX]);

/* A number for a text: FNV-1a, 32 bits. */
uint32_t pg_name_hash(const char *text);

/* Whether this is the name of a part of a large group: cluster_v4.10.0.0.0/12_a. */
bool pg_name_is_shard(const char *name);

/* A set of addresses that is replaced while rules look into it has two names in turn: cluster_v4nets_a
 * and cluster_v4nets-2_a. The first of them; any other name as it is. */
void pg_name_first(const char *name, char first[static PG_NAME_MAX]);
/* The other of them; any other name as it is. */
void pg_name_twin(const char *name, char twin[static PG_NAME_MAX]);
/* The order of names by the first of the two; like strcmp(). */
int pg_name_compare(const char *a, const char *b);

/* The name of that chain. */
void pg_accepted_name(enum pg_direction direction, char slot, char name[static PG_NAME_MAX]);

#endif
