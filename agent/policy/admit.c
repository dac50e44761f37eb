/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which segment owns a connection's port, and by which interfaces a source lets it pass. */
#include "policy/admit.h"

#include <stdlib.h>
#include <string.h>

static int find_segment(const void *key, const void *item)
{
        const struct pg_segment *segment = item;
        const struct pg_flow *flow = key;

        if (flow->direction != segment->direction)
                return flow->direction < segment->direction ? -1 : 1;
        if (flow->protocol != segment->ports.protocol)
                return flow->protocol < segment->ports.protocol ? -1 : 1;
        return flow->port < segment->ports.first ? -1 : flow->port > segment->ports.last;
}

/* A name that ends in '*' stands for any that begins so. */
const char *pg_source_interface(const struct pg_source *source, const char *name)
{
        for (size_t i = 0; name && i < source->n_interfaces; i++) {
                const char *pattern = source->interfaces[i];
                size_t length = strlen(pattern);

                if (length > 0 && pattern[length - 1] == '*' ? strncmp(name, pattern, length - 1) == 0
                                                             : strcmp(name, pattern) == 0)
                        return pattern;
        }
        return NULL;
}

const char *pg_source_way(const struct pg_source *source, const struct pg_flow *flow)
{
        if (flow->direction == PG_OUT && flow->member && !pg_source_interface(source, flow->member))
                return NULL;
        return pg_source_interface(source, flow->interface);
}

const struct pg_segment *pg_policy_segment(const struct pg_policy *policy, const struct pg_flow *flow)
{
        if (policy->n_segments == 0)
                return NULL;
        return bsearch(flow, policy->segments, policy->n_segments, sizeof(*policy->segments),
                       find_segment);
}
