/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/view/ share; what others ask is in portguard.h. */
#ifndef PG_ENGINE_VIEW_VIEW_H
#define PG_ENGINE_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"

/* The open ports of a policy, with the counters of its compiled or enforced form, and its text. The
 * view takes the policy over. 0 or -ENOMEM. */
int pg_view_fill(struct pg_view *view, struct pg_policy **taken, const struct pg_ruleset *ruleset,
                 char slot, bool with_nft);

/* Gives a policy that was read back from the kernel what the history knows of its
 * scopes, where it has the record's generation with the same digest; else it stays without. */
void pg_view_adopt_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                           struct pg_policy *policy);

void pg_refused_done(struct pg_refused *refused);

/* The services of a policy, and what becomes of them. 0 or -ENOMEM. */
int pg_view_add_services(struct pg_view *view, const struct pg_policy *policy);
void pg_view_services_free(struct pg_view_service *services, size_t n);

#endif
