/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conditions of a rule in the words of nft(8). */
#ifndef PG_RULESET_TEXT_MATCH_H
#define PG_RULESET_TEXT_MATCH_H

#include <stdio.h>

#include "ruleset/model/ruleset.h"

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
