/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/explain/ share. */
#ifndef PG_ENGINE_EXPLAIN_INTERNAL_H
#define PG_ENGINE_EXPLAIN_INTERNAL_H

#include <stdbool.h>

#include "engine/explain/explain.h"
#include "policy/explain.h"
#include "portguard/portguard.h"

/* The policy that is asked about. */
struct pg_reference {
        struct pg_policy *policy; /* NULL: nothing is enforced */
        char **profiles;
        size_t n_profiles;
        uint32_t generation;
        char *change; /* why no policy can answer: whose rules are in the table; then `policy` is NULL
                       */
};

/* The words of the question as a flow, whose interface the explanation holds. Fills in
 * ports, address, direction and interface of the explanation. */
int pg_question_parse(const struct pg_question *question, struct pg_flow *ret,
                      struct pg_explanation *explanation, struct pg_error *error);

/* What the kernel's own routing does with a packet before any policy sees it. */
struct pg_arrival {
        bool never; /* it drops it */
        char *text; /* how such packets come here, or why they do not; the caller frees it; or NULL */
};
/* 0 or -ENOMEM. What this host's routing says is asked for what is enforced only. */
int pg_arrival_find(const struct pg_flow *flow, const struct pg_question *question,
                    struct pg_arrival *ret);
/* Whether the routing table knows nothing of where it comes in: no answer goes to its source. */
bool pg_arrival_has_no_route(const struct pg_flow *flow);

/* What would let a dropped packet pass. 0 or -ENOMEM. */
int pg_mend_find(struct pg_explanation *explanation, const struct pg_policy *policy,
                 const struct pg_reason *reason);
/* The same for a port that nobody claims: the profile that does, where there is one. */
void pg_mend_by_profile(struct pg_explanation *explanation, const struct pg_settings *settings,
                        const struct pg_question *question, const struct pg_flow *flow);

void pg_reference_done(struct pg_reference *reference);

/* `change` only where the question accepts no answer; else that fails. */
int pg_reference_find(const struct pg_settings *settings, const struct pg_question *question,
                      struct pg_reference *ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error);

#endif
