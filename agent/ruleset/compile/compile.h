/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the compiler share. */
#ifndef PG_RULESET_COMPILE_H
#define PG_RULESET_COMPILE_H

#include "ruleset/model/comments.h"
#include "ruleset/model/ruleset.h"

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

/* compile_ports.c: the maps of the ports and protocols that are open in one direction, and the chains
 * and sets that their verdicts need; and the rules that look into them. 0 or -ENOMEM. */
int pg_compile_ports(struct pg_compilation *c, enum pg_direction direction);
int pg_compile_port_rules(struct pg_compilation *c, struct pg_chain *chain,
                          enum pg_direction direction);
/* An empty set of protocols and ports; NULL when memory is short. */
struct pg_set *pg_compile_ports_set(struct pg_compilation *c, const char *name);
/* An element for the ports of a segment, of such a set, or of a set of ports or of protocols alone;
 * NULL when memory is short. */
struct pg_element *pg_compile_ports_element(struct pg_set *set, const struct pg_segment *segment);

/* compile_accepted.c: the chain accepted or accepted_output, which counts a new connection at the hit
 * of its port, and accepts; and the sets of hits. 0 or -ENOMEM. */
int pg_compile_accepted(struct pg_compilation *c, enum pg_direction direction);
/* The name of that chain. */
void pg_accepted_name(enum pg_direction direction, char slot, char name[static PG_NAME_MAX]);

/* compile_sets.c: the two sets of a source's addresses of one family. */
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

/* compile_deny.c: the sets of who was refused, which belong to no slot; and the chain deny or
 * deny_output, which remembers, logs at a bounded rate, counts and drops. 0 or -ENOMEM. */
int pg_compile_denied_sets(struct pg_compilation *c);
int pg_compile_deny(struct pg_compilation *c, enum pg_direction direction);

/* compile_ping.c: the sets of whom echo requests may come from, and of the share of each; and that
 * source as the comment of the chain echo, which must be there. 0 or -ENOMEM. */
int pg_compile_ping_sets(struct pg_compilation *c);
int pg_compile_echo_label(struct pg_compilation *c);

/* compile.c: an empty set of addresses, protocols and ports that packets add to; NULL when memory is
 * short. */
struct pg_set *pg_compile_sides_set(struct pg_compilation *c, const char *name, bool is_v6,
                                    uint64_t timeout_ms, uint32_t size);

#endif
