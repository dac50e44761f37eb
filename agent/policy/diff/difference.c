/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both policies' segments are walked side by side; each pair of sources is compared once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/base_traffic.h"
#include "policy/diff/internal.h"

struct pg_difference {
        const struct pg_policy *before, *after;
        struct pg_line *lines;
        size_t n;
        /* Of source i of `before` (its number of sources: nobody) to source j of `after`. */
        struct pg_relation **relations;
        size_t n_rows, n_columns;
};

static const struct pg_source anybody = {.label = (char *)"any", .any = true};

struct pg_difference *pg_difference_free(struct pg_difference *difference)
{
        if (!difference)
                return NULL;
        for (size_t i = 0; difference->relations && i < difference->n_rows * difference->n_columns; i++)
                if (difference->relations[i]) {
                        pg_relation_done(difference->relations[i]);
                        free(difference->relations[i]);
                }
        free(difference->relations);
        free(difference->lines);
        free(difference);
        return NULL;
}

/* Where a source stands in the table of relations: behind the policy's own come "nobody" and `anybody`.
 */
static size_t position_of(const struct pg_policy *policy, const struct pg_source *source)
{
        size_t n = policy ? policy->n_sources : 0;

        if (source == &anybody)
                return n + 1;
        return policy && source ? (size_t)(source - policy->sources) : n;
}

static const struct pg_relation *relate(struct pg_difference *d, const struct pg_source *before,
                                        const struct pg_source *after)
{
        size_t at = position_of(d->before, before) * d->n_columns + position_of(d->after, after);
        struct pg_relation *relation = d->relations[at];

        if (relation)
                return relation;
        relation = calloc(1, sizeof(*relation));
        if (!relation || pg_relation_find(before, after, relation) < 0) {
                free(relation);
                return NULL;
        }
        d->relations[at] = relation;
        return relation;
}

static int add_line(struct pg_difference *d, const struct pg_line *what, bool is_gain,
                    const struct pg_surplus *surplus)
{
        const struct pg_source *rest = is_gain ? what->before : what->after;
        unsigned reachable = pg_source_families(rest);
        struct pg_line *line;

        if (surplus->families == 0)
                return 0;
        line = PG_ARRAY_ADD(d->lines, d->n);
        if (!line)
                return -ENOMEM;
        *line = *what;
        line->surplus = surplus;
        line->families = surplus->families;
        line->is_partial = (reachable & ~surplus->families) != 0;
        if (is_gain)
                line->kind = reachable & surplus->families ? PG_CHANGE_WIDENS : PG_CHANGE_OPENS;
        else
                line->kind = reachable & surplus->families ? PG_CHANGE_NARROWS : PG_CHANGE_CLOSES;
        return 0;
}

static int add_lines(struct pg_difference *d, const struct pg_line *what)
{
        const struct pg_relation *relation = relate(d, what->before, what->after);
        int r;

        if (!relation)
                return -ENOMEM;
        r = add_line(d, what, true, &relation->gained);
        return r < 0 ? r : add_line(d, what, false, &relation->lost);
}

/* A policy's segments, and how far the walk has come. */
struct side {
        const struct pg_policy *policy;
        bool with_outbound;
        size_t next;
};

static const struct pg_segment *current(struct side *side)
{
        while (side->policy && side->next < side->policy->n_segments) {
                const struct pg_segment *segment = &side->policy->segments[side->next];

                if ((segment->direction == PG_IN || side->with_outbound) &&
                    pg_source_opens(&side->policy->sources[segment->source]))
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

/* Both hold the ports from `first` to `last`; NULL: nobody does. */
static int compare_range(struct pg_difference *d, const struct pg_segment *was,
                         const struct pg_segment *is, unsigned first, unsigned last)
{
        const struct pg_segment *segment = is ? is : was;
        const struct pg_line what = {
                .subject = PG_LINE_PORTS,
                .direction = segment->direction,
                .ports = {segment->ports.protocol, (uint16_t)first, (uint16_t)last},
                .was = was,
                .is = is,
                .before = was ? &d->before->sources[was->source] : NULL,
                .after = is ? &d->after->sources[is->source] : NULL,
        };

        return add_lines(d, &what);
}

/* Walks both lists of disjoint, sorted segments once, cutting where either begins or ends. */
static int walk(struct pg_difference *d, struct side *before, struct side *after)
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
                if (compare_range(d, in_old ? was : NULL, in_new ? is : NULL, first & 0xffff,
                                  last & 0xffff) < 0)
                        return -ENOMEM;
                at = last + 1;
                if (in_old && last == old_last)
                        before->next++;
                if (in_new && last == new_last)
                        after->next++;
        }
}

static int compare_ping(struct pg_difference *d)
{
        const struct pg_line what = {
                .subject = PG_LINE_PING,
                .direction = PG_IN,
                .before = d->before ? &d->before->sources[d->before->ping_source] : NULL,
                .after = &d->after->sources[d->after->ping_source],
        };

        return d->before ? add_lines(d, &what) : 0;
}

/* From open to strict or back: what the strict policy does not list, and for what it lists, whom it
 * leaves out. */
static int compare_egress(struct pg_difference *d)
{
        bool was_strict = d->before && d->before->egress_strict;
        const struct pg_policy *strict = was_strict ? d->before : d->after;
        struct pg_line rest = {.subject = PG_LINE_EGRESS, .direction = PG_OUT};
        int r = 0;

        if (was_strict == d->after->egress_strict)
                return 0;
        for (size_t i = 0; r >= 0 && i < strict->n_segments; i++) {
                const struct pg_segment *segment = &strict->segments[i];
                const struct pg_source *source = &strict->sources[segment->source];
                const struct pg_line what = {
                        .subject = PG_LINE_PORTS,
                        .direction = PG_OUT,
                        .ports = segment->ports,
                        .was = was_strict ? segment : NULL,
                        .is = was_strict ? NULL : segment,
                        .before = was_strict ? source : &anybody,
                        .after = was_strict ? &anybody : source,
                };

                if (segment->direction == PG_OUT && pg_source_opens(source))
                        r = add_lines(d, &what);
        }
        rest.before = was_strict ? NULL : &anybody;
        rest.after = was_strict ? &anybody : NULL;
        return r < 0 ? r : add_lines(d, &rest);
}

/* Neighbouring ranges with the same change and the same services are one. */
static bool continues(const struct pg_line *a, const struct pg_line *b)
{
        return a->subject == PG_LINE_PORTS && b->subject == PG_LINE_PORTS && a->kind == b->kind &&
               a->direction == b->direction && a->ports.protocol == b->ports.protocol &&
               a->before == b->before && a->after == b->after && a->was == b->was && a->is == b->is &&
               (unsigned)a->ports.last + 1 == b->ports.first;
}

static int compare_lines(const void *a, const void *b)
{
        const struct pg_line *x = a, *y = b;

        if (x->subject != y->subject)
                return x->subject < y->subject ? -1 : 1;
        if (x->direction != y->direction)
                return x->direction < y->direction ? -1 : 1;
        if (x->ports.protocol != y->ports.protocol)
                return x->ports.protocol < y->ports.protocol ? -1 : 1;
        if (x->ports.first != y->ports.first)
                return x->ports.first < y->ports.first ? -1 : 1;
        return (x->kind > y->kind) - (x->kind < y->kind);
}

static void put_in_order(struct pg_difference *d)
{
        size_t n = 0;

        if (d->n > 1)
                qsort(d->lines, d->n, sizeof(*d->lines), compare_lines);
        for (size_t i = 0; i < d->n; i++)
                if (n > 0 && continues(&d->lines[n - 1], &d->lines[i]))
                        d->lines[n - 1].ports.last = d->lines[i].ports.last;
                else
                        d->lines[n++] = d->lines[i];
        d->n = n;
}

int pg_difference_find(const struct pg_policy *before, const struct pg_policy *after,
                       struct pg_difference **ret, struct pg_error *error)
{
        _cleanup_(pg_difference_freep) struct pg_difference *d = calloc(1, sizeof(*d));
        bool with_outbound = before && before->egress_strict && after->egress_strict;
        struct side was = {.policy = before, .with_outbound = with_outbound};
        struct side is = {.policy = after, .with_outbound = with_outbound};

        if (!d)
                return pg_error_memory(error);
        d->before = before;
        d->after = after;
        d->n_rows = position_of(before, &anybody) + 1;
        d->n_columns = position_of(after, &anybody) + 1;
        d->relations = calloc(d->n_rows * d->n_columns, sizeof(struct pg_relation *));
        if (!d->relations || walk(d, &was, &is) < 0 || compare_ping(d) < 0 || compare_egress(d) < 0)
                return pg_error_memory(error);
        put_in_order(d);
        *ret = PG_TAKE(d);
        return 0;
}

size_t pg_difference_length(const struct pg_difference *difference)
{
        return difference->n;
}

const struct pg_line *pg_difference_line(const struct pg_difference *difference, size_t index)
{
        return &difference->lines[index];
}

/* What is in no segment of the strict policy that lets anybody out, and no base traffic. */
static bool is_unlisted(const struct pg_policy *strict, const struct pg_flow *flow)
{
        const struct pg_segment *segment = pg_policy_segment(strict, flow);

        return !segment || !pg_source_opens(&strict->sources[segment->source]);
}

static bool has_subject(const struct pg_difference *d, const struct pg_line *line,
                        const struct pg_flow *flow)
{
        switch (line->subject) {
        case PG_LINE_PING:
                return pg_flow_is_ping(flow);
        case PG_LINE_EGRESS:
                return is_unlisted(line->before ? d->after : d->before, flow);
        default:
                return !pg_flow_is_ping(flow) && flow->protocol == line->ports.protocol &&
                       flow->port >= line->ports.first && flow->port <= line->ports.last;
        }
}

static bool source_has(const struct pg_source *source, const struct pg_flow *flow)
{
        return source &&
               (source->any || pg_addresses_have(&source->addresses, flow->is_v6, flow->address) ||
                pg_source_interface(source, flow->interface));
}

bool pg_difference_has(const struct pg_difference *difference, size_t index, const struct pg_flow *flow)
{
        const struct pg_line *line = &difference->lines[index];
        const struct pg_surplus *surplus = line->surplus;
        bool is_gain = line->kind == PG_CHANGE_OPENS || line->kind == PG_CHANGE_WIDENS;

        if (line->direction != flow->direction || pg_base_admits(flow) ||
            !(line->families & (flow->is_v6 ? PG_V6 : PG_V4)) || !has_subject(difference, line, flow) ||
            source_has(is_gain ? line->before : line->after, flow))
                return false;
        if (surplus->is_rest || pg_addresses_have(&surplus->addresses, flow->is_v6, flow->address))
                return true;
        for (size_t i = 0; flow->interface && i < surplus->n_interfaces; i++) {
                const struct pg_source one = {.interfaces = &surplus->interfaces[i], .n_interfaces = 1};

                if (pg_source_interface(&one, flow->interface))
                        return true;
        }
        return false;
}
