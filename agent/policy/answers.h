/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What services of this host send of themselves, with strict egress: answers that conntrack takes for
 * none, and protocols that have no questions and answers. */
#ifndef PG_POLICY_ANSWERS_H
#define PG_POLICY_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/admit.h"

/* Whether a server of that port is open to anybody. */
bool pg_policy_serves(const struct pg_policy *policy, uint8_t protocol, uint16_t port);

/* The rule that lets an outbound flow pass as an answer of a DHCP server that the policy opens, in
 * words; or NULL. */
const char *pg_answer_of_dhcp(const struct pg_policy *policy, const struct pg_flow *flow);

/* The inbound segment that an outbound flow answers, where conntrack does not follow it; or NULL. A TCP
 * connection that begins is no answer. */
const struct pg_segment *pg_answer_segment(const struct pg_policy *policy, const struct pg_flow *flow);

#endif
