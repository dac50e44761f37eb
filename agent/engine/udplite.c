/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP-Lite, of which connection tracking may take all for invalid. */
#include "engine/udplite.h"

#include <netinet/in.h>

#include "host/facts.h"

bool pg_udplite_is_dropped(const struct pg_policy *policy)
{
        bool is_open = false;

        for (size_t i = 0; policy && !is_open && i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];

                is_open = segment->direction == PG_IN && segment->ports.protocol == IPPROTO_UDPLITE &&
                          pg_source_opens(&policy->sources[segment->source]);
        }
        return is_open && pg_conntrack_checksum();
}
