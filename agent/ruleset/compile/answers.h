/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With strict egress, what services of this host answer beside what conntrack knows as replies. */
#ifndef PG_RULESET_ANSWERS_H
#define PG_RULESET_ANSWERS_H

#include "ruleset/compile/compile.h"

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

#endif
