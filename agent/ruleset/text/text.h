/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset in the words of nft(8), for people and golden tests. `nft -f` reads it back. */
#ifndef PG_RULESET_TEXT_TEXT_H
#define PG_RULESET_TEXT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "ruleset/model/model.h"

/* The whole table as `table inet portguard { ... }`, in canonical order. */
void pg_ruleset_print(const struct pg_ruleset *ruleset, FILE *stream);

/* One rule, without a newline: "tcp dport 22 accept". */
void pg_rule_print(const struct pg_rule *rule, FILE *stream);

void pg_verdict_print(const struct pg_verdict *verdict, FILE *stream);

/* One element of a set or map, or a range of addresses of its family. */
void pg_element_print(const struct pg_set *set, const struct pg_element *element, FILE *stream);
void pg_set_range_print(const struct pg_set *set, const uint8_t *first, const uint8_t *last,
                        FILE *stream);

#endif
