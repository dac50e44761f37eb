/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two policies side by side, port range by port range. */
#include "policy/compare.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

PG_DEFINE_CLEANUP(struct pg_changes, pg_changes_free)

struct pg_changes *pg_changes_free(struct pg_changes *changes)
{
        if (!changes)
                return NULL;
        for (size_t i = 0; i < changes->n; i++) {
                free(changes->items[i].protocol);
                free(changes->items[i].ports);
                free(changes->items[i].before);
                free(changes->items[i].after);
                free(changes->items[i].services);
        }
        free(changes->items);
        free(changes);
        return NULL;
}

/* One side of the comparison: a policy's segments that count, and how far the walk has come. */
struct side {
        const struct pg_policy *policy;
        bool with_outbound; /* both sides are strict: otherwise the mode's change says it all */
        size_t next;
};

static bool counts(const struct side *side, const struct pg_segment *segment)
{
        if (segment->direction == PG_OUT && !side->with_outbound)
                return false;
        return pg_source_opens(&side->policy->sources[segment->source]);
}

static const struct pg_segment *current(struct side *side)
{
        while (side->policy && side->next < side->policy->n_segments) {
                const struct pg_segment *segment = &side->policy->segments[side->next];

                if (counts(side, segment))
                        return segment;
                side->next++;
        }
        return NULL;
}

/* Direction, protocol and port as one number, in the order of the segments. */
static uint64_t position(const struct pg_segment *segment, unsigned port)
{
        return ((uint64_t)segment->direction << 32) | ((uint64_t)segment->ports.protocol << 24) | port;
}

static bool interfaces_contain(const struct pg_source *outer, const struct pg_source *inner)
{
        for (size_t i = 0; i < inner->n_interfaces; i++) {
                bool found = false;

                for (size_t j = 0; j < outer->n_interfaces && !found; j++)
                        found = strcmp(outer->interfaces[j], inner->interfaces[i]) == 0;
                if (!found)
                        return false;
        }
        return true;
}

static bool contains(const struct pg_source *outer, const struct pg_source *inner)
{
        if (outer->any)
                return true;
        return !inner->any && interfaces_contain(outer, inner) &&
               pg_addresses_contain(&outer->addresses, &inner->addresses);
}

/* Who may use a segment's ports; NULL where there is no segment. The caller frees it. */
static char *copy_label(const struct side *side, const struct pg_segment *segment)
{
        return segment && side->policy ? strdup(side->policy->sources[segment->source].label) : NULL;
}

/* The first range of a set as text. */
static void format_first(const struct pg_addresses *set, char *text, size_t size)
{
        uint32_t first, last;

        if (set->n_v4 > 0) {
                first = htonl(set->v4[0].first);
                last = htonl(set->v4[0].last);
                pg_range_format(AF_INET, (uint8_t *)&first, (uint8_t *)&last, text, size);
        } else if (set->n_v6 > 0) {
                pg_range_format(AF_INET6, set->v6[0].first, set->v6[0].last, text, size);
        }
}

/* Where both sides have the same name: what `source` lets in beyond `other`. The caller frees it. */
static char *describe_beyond(const struct pg_source *source, const struct pg_source *other)
{
        struct pg_addresses beyond = {0};
        char first[96] = "";
        size_t n;

        if (pg_addresses_beyond(&source->addresses, &other->addresses, &beyond) < 0) {
                pg_addresses_done(&beyond);
                return NULL;
        }
        format_first(&beyond, first, sizeof(first));
        n = beyond.n_v4 + beyond.n_v6;
        pg_addresses_done(&beyond);
        for (size_t i = 0; n == 0 && i < source->n_interfaces; i++) {
                struct pg_source one = {.interfaces = &source->interfaces[i], .n_interfaces = 1};

                if (!interfaces_contain(other, &one))
                        return pg_format("%s with interface %s", source->label, source->interfaces[i]);
        }
        if (n > 1)
                return pg_format("%s with %s and %zu more", source->label, first, n - 1);
        return pg_format("%s with %s", source->label, first);
}

/* "cluster -> cluster" says nothing: the side with more of the two tells what it has. */
static int tell_difference(struct pg_change *change, const struct pg_source *from,
                           const struct pg_source *to)
{
        char *text;

        if (strcmp(change->before, change->after) != 0)
                return 0;
        if (change->kind == PG_CHANGE_WIDENS) {
                text = describe_beyond(to, from);
                free(change->after);
                change->after = text;
        } else {
                text = describe_beyond(from, to);
                free(change->before);
                change->before = text;
        }
        return text ? 0 : -1;
}

static int add_change(struct pg_changes *changes, enum pg_change_kind kind, const struct side *before,
                      const struct pg_segment *was, const struct side *after,
                      const struct pg_segment *is, unsigned first, unsigned last)
{
        const struct pg_segment *segment = is ? is : was;
        const struct side *side = is ? after : before;
        struct pg_change *change = PG_ARRAY_ADD(changes->items, changes->n);
        char protocol[16];

        if (!change)
                return -1;
        change->kind = kind;
        change->outbound = segment->direction == PG_OUT;
        pg_protocol_format(segment->ports.protocol, protocol, sizeof(protocol));
        change->protocol = strdup(protocol);
        if (!pg_protocol_has_ports(segment->ports.protocol))
                change->ports = strdup("any");
        else if (first == last)
                change->ports = pg_format("%u", first);
        else
                change->ports = pg_format("%u-%u", first, last);
        change->services = pg_segment_services(side->policy, segment);
        change->before = copy_label(before, was);
        change->after = copy_label(after, is);
        if (!change->protocol || !change->ports || !change->services || (was && !change->before) ||
            (is && !change->after))
                return -1;
        if (was && is)
                return tell_difference(change, &before->policy->sources[was->source],
                                       &after->policy->sources[is->source]);
        return 0;
}

static int compare_range(struct pg_changes *changes, const struct side *before,
                         const struct pg_segment *was, const struct side *after,
                         const struct pg_segment *is, unsigned first, unsigned last)
{
        const struct pg_source *from = was ? &before->policy->sources[was->source] : NULL;
        const struct pg_source *to = is ? &after->policy->sources[is->source] : NULL;
        int r = 0;

        if (!was)
                return add_change(changes, PG_CHANGE_OPENS, before, was, after, is, first, last);
        if (!is)
                return add_change(changes, PG_CHANGE_CLOSES, before, was, after, is, first, last);
        if (!contains(from, to))
                r = add_change(changes, PG_CHANGE_WIDENS, before, was, after, is, first, last);
        if (r == 0 && !contains(to, from))
                r = add_change(changes, PG_CHANGE_NARROWS, before, was, after, is, first, last);
        return r;
}

/* Walks both lists of disjoint, sorted segments once, cutting where either begins or ends. */
static int walk(struct pg_changes *changes, struct side *before, struct side *after)
{
        uint64_t at = 0; /* everything below is done */

        for (;;) {
                const struct pg_segment *was = current(before), *is = current(after);
                uint64_t old_first = was ? position(was, was->ports.first) : UINT64_MAX;
                uint64_t new_first = is ? position(is, is->ports.first) : UINT64_MAX;
                uint64_t old_last = was ? position(was, was->ports.last) : UINT64_MAX;
                uint64_t new_last = is ? position(is, is->ports.last) : UINT64_MAX;
                uint64_t first, last;
                bool in_old, in_new;

                if (!was && !is)
                        return 0;
                old_first = was && old_first < at ? at : old_first;
                new_first = is && new_first < at ? at : new_first;
                first = old_first < new_first ? old_first : new_first;
                in_old = was && old_first == first;
                in_new = is && new_first == first;
                if (in_old && in_new)
                        last = old_last < new_last ? old_last : new_last;
                else if (in_old)
                        last = old_last < new_first ? old_last : new_first - 1;
                else
                        last = new_last < old_first ? new_last : old_first - 1;

                if (compare_range(changes, before, in_old ? was : NULL, after, in_new ? is : NULL,
                                  first & 0xffff, last & 0xffff) < 0)
                        return -1;
                at = last + 1;
                if (in_old && last == old_last)
                        before->next++;
                if (in_new && last == new_last)
                        after->next++;
        }
}

/* Without strict egress everything may leave; that is one change, not one for each port. */
static int compare_egress_mode(struct pg_changes *changes, const struct pg_policy *before,
                               const struct pg_policy *after)
{
        bool was_strict = before && before->egress_strict;
        struct pg_change *change;

        if (was_strict == after->egress_strict)
                return 0;
        change = PG_ARRAY_ADD(changes->items, changes->n);
        if (!change)
                return -1;
        change->kind = after->egress_strict ? PG_CHANGE_NARROWS : PG_CHANGE_WIDENS;
        change->outbound = true;
        change->protocol = strdup("any");
        change->ports = strdup("any");
        change->services = strdup("");
        change->before = strdup(was_strict ? "listed services" : "any");
        change->after = strdup(was_strict ? "any" : "listed services");
        return change->protocol && change->ports && change->services && change->before && change->after
                       ? 0
                       : -1;
}

int pg_policy_compare(const struct pg_policy *before, const struct pg_policy *after,
                      struct pg_changes **ret, struct pg_error *error)
{
        _cleanup_(pg_changes_freep) struct pg_changes *changes = calloc(1, sizeof(*changes));
        bool with_outbound = before && before->egress_strict && after->egress_strict;
        struct side was = {.policy = before, .with_outbound = with_outbound};
        struct side is = {.policy = after, .with_outbound = with_outbound};

        if (!changes || walk(changes, &was, &is) < 0 || compare_egress_mode(changes, before, after) < 0)
                return pg_error_memory(error);
        *ret = PG_TAKE(changes);
        return 0;
}
