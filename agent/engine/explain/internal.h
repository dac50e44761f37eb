/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/explain/ share. */
#ifndef PG_ENGINE_EXPLAIN_INTERNAL_H
#define PG_ENGINE_EXPLAIN_INTERNAL_H

#include <stdbool.h>

#include "engine/explain/explain.h"
#include "host/routes.h"
#include "policy/explain.h"
#include "portguard/portguard.h"

/* The policy that is asked about. */
struct pg_reference {
        struct pg_policy *policy; /* NULL: nothing is enforced */
        struct pg_policy
                *applied; /* of the history, where somebody changed what was enforced; or NULL */
        char **profiles;
        size_t n_profiles;
        uint32_t generation;
        char *change; /* why no policy can answer: whose rules are in the table; then `policy` is NULL
                       */
};

/* A question as it was understood: its words are read once, and its interface looked up once. */
struct pg_understood {
        struct pg_flow flow; /* borrows `interface` and `member` */
        char *interface;     /* these four as in struct pg_explanation */
        char *asked_interface;
        char *relation;
        char *member;
        bool is_routed;
};
/* The caller ends it with pg_understood_done(), also when this fails: with status PG_STATUS_USAGE where
 * the words say nothing. */
int pg_question_understand(const struct pg_question *question, struct pg_understood *ret,
                           struct pg_error *error);
void pg_understood_done(struct pg_understood *understood);

/* pg_explain() of a question that is understood already. Of the question, `ports` are reported as they
 * stand, and it says which policy is asked. */
int pg_explain_understood(const struct pg_settings *settings, const struct pg_question *question,
                          const struct pg_understood *understood, struct pg_explanation **ret,
                          struct pg_diagnostics *diagnostics, struct pg_error *error);

/* What the kernel's own routing does with a packet before any policy sees it. */
struct pg_arrival {
        bool never; /* it drops it, or refuses to send it */
        char *text; /* how such packets come here, or why they do not; the caller frees it; or NULL */
};
/* 0 or -ENOMEM. What this host's routing says is asked for what is enforced only. */
int pg_arrival_find(const struct pg_flow *flow, const struct pg_question *question,
                    struct pg_arrival *ret);
/* What the routing is asked of a flow that leaves this host; borrows from it. */
struct pg_sent pg_departure_of(const struct pg_flow *flow);
/* Whether the routing table knows nothing of where it comes in: no answer goes to its source. */
bool pg_arrival_has_no_route(const struct pg_flow *flow);

/* Where the policy that was applied would let a dropped packet pass: that the repair does. `applied`
 * may be NULL. 0 or -ENOMEM. */
int pg_advise_repair(struct pg_explanation *explanation, const struct pg_policy *applied,
                     const struct pg_flow *flow);

/* What would let a dropped packet pass. 0 or -ENOMEM. */
int pg_advise_group(struct pg_explanation *explanation, const struct pg_policy *policy,
                    const struct pg_reason *reason);
/* The same for a ping that the policy does not let in: the group, or the command. 0 or -ENOMEM. */
int pg_advise_ping(struct pg_explanation *explanation, const struct pg_policy *policy,
                   const struct pg_settings *settings, const struct pg_question *question,
                   const struct pg_flow *flow);
/* The same for a port that nobody claims: the profile that does, where there is one. */
void pg_advise_profile(struct pg_explanation *explanation, const struct pg_policy *policy,
                       const struct pg_settings *settings, const struct pg_question *question,
                       const struct pg_flow *flow);

void pg_reference_done(struct pg_reference *reference);

/* `change` only where the question accepts no answer; else that fails. */
int pg_reference_find(const struct pg_settings *settings, const struct pg_question *question,
                      struct pg_reference *ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error);

#endif
