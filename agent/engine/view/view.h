/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/view/ share; what others ask is in portguard.h. */
#ifndef PG_ENGINE_VIEW_VIEW_H
#define PG_ENGINE_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/model/model.h"

/* The open ports of a policy, with the counters of its compiled or enforced form, and its text. The
 * view takes the policy over. 0 or -ENOMEM. */
int pg_view_fill(struct pg_view *view, struct pg_policy **taken, const struct pg_ruleset *ruleset,
                 char slot, bool with_nft);

void pg_refused_done(struct pg_refused *refused);

/* The services of a policy, and what becomes of them. 0 or -ENOMEM. */
int pg_view_add_services(struct pg_view *view, const struct pg_policy *policy);
void pg_view_services_free(struct pg_view_service *services, size_t n);

#endif
