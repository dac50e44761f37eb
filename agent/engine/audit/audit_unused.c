/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the policy opens, and nothing takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/audit/audit.h"

enum use { USE_NONE, USE_LOOPBACK, USE_LISTENS };

/* What listens within the ports, and the first that does so. */
static enum use find_use(const struct pg_auditing *auditing, const struct pg_ports *ports,
                         size_t *ret_listener)
{
        enum use use = USE_NONE;

        for (size_t i = 0; i < auditing->n_sockets; i++) {
                const struct pg_waiting *item = &auditing->sockets[i];

                if (item->socket.protocol != ports->protocol ||
                    item->socket.local_port < ports->first || item->socket.local_port > ports->last)
                        continue;
                if (!item->is_loopback)
                        return USE_LISTENS;
                if (use == USE_NONE)
                        *ret_listener = i;
                use = USE_LOOPBACK;
        }
        return use;
}

static bool same_services(const struct pg_segment *a, const struct pg_segment *b)
{
        return a->direction == b->direction && a->ports.protocol == b->ports.protocol &&
               a->source == b->source && a->n_services == b->n_services &&
               memcmp(a->services, b->services, a->n_services * sizeof(*a->services)) == 0;
}

/* A range that the ports of another service cut in pieces is one: the best use of any piece. */
static enum use find_use_of_all(const struct pg_auditing *auditing, const struct pg_nat *nat,
                                const struct pg_segment *segment, bool *ret_is_first,
                                size_t *ret_listener)
{
        const struct pg_policy *policy = auditing->policy;
        enum use best = USE_NONE;

        *ret_is_first = true;
        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *other = &policy->segments[i];
                enum use use;

                if (!same_services(segment, other))
                        continue;
                if (other < segment)
                        *ret_is_first = false;
                use = pg_audit_is_published(nat, &other->ports)
                              ? USE_LISTENS
                              : find_use(auditing, &other->ports, ret_listener);
                if (use > best)
                        best = use;
        }
        return best;
}

static int find_unused(struct pg_auditing *auditing, const struct pg_nat *nat,
                       const struct pg_segment *segment, enum use wanted)
{
        const struct pg_source *source = &auditing->policy->sources[segment->source];
        _cleanup_(pg_freep) char *services = NULL;
        struct pg_finding *finding;
        size_t listener = 0;
        bool is_first;
        enum use use;

        if (segment->direction != PG_IN || !pg_protocol_has_ports(segment->ports.protocol) ||
            !pg_source_opens(source))
                return 0;
        use = find_use_of_all(auditing, nat, segment, &is_first, &listener);
        if (use != wanted || !is_first)
                return 0;
        services = pg_segment_services(auditing->policy, segment);
        if (!services)
                return -ENOMEM;
        finding = pg_audit_add(auditing, use == USE_NONE ? PG_FINDING_UNUSED : PG_FINDING_LOOPBACK,
                               &segment->ports, pg_format("open to %s by %s", source->label, services),
                               pg_audit_advise_unused(auditing, segment, use == USE_LOOPBACK));
        if (!finding)
                return -ENOMEM;
        return use == USE_NONE ? 0
                               : pg_audit_set_listener(finding, &auditing->audit->listeners[listener]);
}

int pg_audit_find_unused(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        static const enum use kinds[] = {USE_LOOPBACK, USE_NONE};
        const struct pg_policy *policy = auditing->policy;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(kinds); i++)
                for (size_t j = 0; r >= 0 && j < policy->n_segments; j++)
                        r = find_unused(auditing, nat, &policy->segments[j], kinds[i]);
        return r;
}
