/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One form for rules that mean the same. portguard, and each version of nft, write some conditions in
 * another order or size; what is compared, digested or read back as a policy is in this form, whoever
 * made it:
 *
 *     family, then protocol, first, and each once         meta nfproto ipv4 meta l4proto udp ...
 *     one load for each field                             not th sport and th dport in one of 4 bytes
 *     the first bytes of an address for a /8, /16, ...    not all of them, with a mask
 *     names of interfaces with all their 16 bytes         not up to the terminating zero
 */
#ifndef PG_RULESET_NORMAL_FORM_H
#define PG_RULESET_NORMAL_FORM_H

#include "ruleset/model/model.h"

/* Brings a rule into the form. A packet meets the same verdict, counters, limits and sets by it. 0, or
 * -ENOMEM and the rule is as it was. */
int pg_rule_normalise(struct pg_rule *rule);
int pg_ruleset_normalise(struct pg_ruleset *ruleset);

#endif
