/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims become disjoint segments. A port belongs to its most specific claim: the narrowest range that
 * covers it. Claims of equal size are joined. Both cases are reported with both places.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/compile/internal.h"

static int compare_claims(const void *a, const void *b)
{
        const struct pg_claim *x = a, *y = b;

        if (x->direction != y->direction)
                return x->direction < y->direction ? -1 : 1;
        if (x->ports.protocol != y->ports.protocol)
                return x->ports.protocol < y->ports.protocol ? -1 : 1;
        if (x->ports.first != y->ports.first)
                return x->ports.first < y->ports.first ? -1 : 1;
        if (x->ports.last != y->ports.last)
                return x->ports.last < y->ports.last ? -1 : 1;
        return x->service < y->service ? -1 : x->service > y->service;
}

static bool same_field(const struct pg_claim *a, const struct pg_claim *b)
{
        return a->direction == b->direction && a->ports.protocol == b->ports.protocol;
}

static unsigned width(const struct pg_claim *claim)
{
        return (unsigned)claim->ports.last - claim->ports.first;
}

static struct pg_place place_of(const struct pg_compiler *compiler, const struct pg_claim *claim)
{
        const struct pg_policy_service *service = &compiler->policy->services[claim->service];

        return (struct pg_place){.file = service->file,
                                 .line = service->line,
                                 .column = service->column};
}

static void describe_scopes(const struct pg_claim *claim, char *buffer, size_t size)
{
        size_t used = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < claim->n_scopes && used < size; i++)
                used += (size_t)snprintf(buffer + used, size - used, "%s%s", i > 0 ? ", " : "",
                                         claim->scopes[i]);
}

/* Each pair of overlapping claims is reported once, whatever other claims cut it into. */
static void report_pair(struct pg_compiler *compiler, const struct pg_claim *a,
                        const struct pg_claim *b)
{
        const struct pg_policy_service *services = compiler->policy->services;
        const struct pg_claim *narrow = width(a) <= width(b) ? a : b;
        const struct pg_claim *wide = narrow == a ? b : a;
        struct pg_place other = place_of(compiler, wide);
        char narrow_ports[PG_PORTS_TEXT_MAX], wide_ports[PG_PORTS_TEXT_MAX];
        char narrow_scopes[128], wide_scopes[128];

        pg_ports_format(&narrow->ports, narrow_ports);
        pg_ports_format(&wide->ports, wide_ports);
        describe_scopes(narrow, narrow_scopes, sizeof(narrow_scopes));
        describe_scopes(wide, wide_scopes, sizeof(wide_scopes));
        if (width(narrow) == width(wide))
                pg_diagnostics_add(compiler->diagnostics, PG_SEVERITY_NOTE, place_of(compiler, narrow),
                                   "joined: %s of %s (%s) is also claimed by %s (%s) at %s:%u:%u",
                                   narrow_ports, services[narrow->service].name, narrow_scopes,
                                   services[wide->service].name, wide_scopes, other.file, other.line,
                                   other.column);
        else
                pg_diagnostics_add(compiler->diagnostics, PG_SEVERITY_NOTE, place_of(compiler, narrow),
                                   "carved: %s of %s (%s) is taken out of %s of %s (%s) at %s:%u:%u",
                                   narrow_ports, services[narrow->service].name, narrow_scopes,
                                   wide_ports, services[wide->service].name, wide_scopes, other.file,
                                   other.line, other.column);
}

/* Claims are sorted by first port: the overlapping ones of a claim follow it at once. */
static void report_overlaps(struct pg_compiler *compiler, const struct pg_claim *claims, size_t n)
{
        for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n && claims[j].ports.first <= claims[i].ports.last; j++)
                        if (claims[i].service != claims[j].service)
                                report_pair(compiler, &claims[i], &claims[j]);
}

/* The claims that own `port`: among those that cover it, all of the least width. */
static size_t find_owners(const struct pg_claim *claims, size_t n, unsigned port,
                          const struct pg_claim **owners)
{
        unsigned least = UINT32_MAX;
        size_t n_owners = 0;

        for (size_t i = 0; i < n && claims[i].ports.first <= port; i++) {
                if (claims[i].ports.last < port || width(&claims[i]) > least)
                        continue;
                if (width(&claims[i]) < least) {
                        least = width(&claims[i]);
                        n_owners = 0;
                }
                owners[n_owners++] = &claims[i];
        }
        return n_owners;
}

static bool is_owner(const struct pg_claim *claim, const struct pg_claim *const *owners, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (owners[i] == claim)
                        return true;
        return false;
}

static bool is_same_beaten(const struct pg_overridden *a, const struct pg_overridden *b)
{
        return a->service == b->service && a->ports.protocol == b->ports.protocol &&
               a->ports.first == b->ports.first && a->ports.last == b->ports.last;
}

static int add_beaten(struct pg_segment *segment, const struct pg_overridden *overridden)
{
        struct pg_overridden *item;

        for (size_t i = 0; i < segment->n_overridden; i++)
                if (is_same_beaten(&segment->overridden[i], overridden))
                        return 0;
        if (segment->n_overridden >= PG_OVERRIDDEN_MAX)
                return 0;
        item = PG_ARRAY_ADD(segment->overridden, segment->n_overridden);
        if (!item)
                return -1;
        *item = *overridden;
        return 0;
}

/* The claims that have the segment's ports too, and do not own them. */
static int find_beaten(const struct pg_claim *claims, size_t n, const struct pg_claim *const *owners,
                       size_t n_owners, struct pg_segment *segment)
{
        for (size_t i = 0; i < n && claims[i].ports.first <= segment->ports.first; i++) {
                struct pg_overridden overridden;

                if (claims[i].ports.last < segment->ports.first ||
                    is_owner(&claims[i], owners, n_owners))
                        continue;
                memset(&overridden, 0, sizeof(overridden)); /* compared whole */
                overridden.service = claims[i].service;
                overridden.ports.protocol = claims[i].ports.protocol;
                overridden.ports.first = claims[i].ports.first;
                overridden.ports.last = claims[i].ports.last;
                if (add_beaten(segment, &overridden) < 0)
                        return -1;
        }
        return 0;
}

static int compare_beaten(const void *a, const void *b)
{
        const struct pg_overridden *x = a, *y = b;

        if (x->service != y->service)
                return x->service < y->service ? -1 : 1;
        if (x->ports.first != y->ports.first)
                return x->ports.first < y->ports.first ? -1 : 1;
        return (x->ports.last > y->ports.last) - (x->ports.last < y->ports.last);
}

static int unite_scopes(struct pg_compiler *compiler, const struct pg_claim *const *owners, size_t n,
                        size_t *ret)
{
        _cleanup_(pg_freep) const char **scopes = NULL;
        size_t n_scopes = 0;

        for (size_t i = 0; i < n; i++)
                n_scopes += owners[i]->n_scopes;
        scopes = calloc(n_scopes + 1, sizeof(*scopes));
        if (!scopes)
                return pg_error_memory(compiler->error);
        n_scopes = 0;
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < owners[i]->n_scopes; j++)
                        scopes[n_scopes++] = owners[i]->scopes[j];
        return pg_source_intern(compiler, scopes, n_scopes, place_of(compiler, owners[0]), ret);
}

static int compare_indexes(const void *a, const void *b)
{
        size_t x = *(const size_t *)a, y = *(const size_t *)b;

        return x < y ? -1 : x > y;
}

static int fill_segment(struct pg_compiler *compiler, struct pg_segment *segment,
                        const struct pg_claim *const *owners, size_t n)
{
        segment->services = calloc(n, sizeof(*segment->services));
        if (!segment->services)
                return pg_error_memory(compiler->error);
        for (size_t i = 0; i < n; i++) {
                segment->services[i] = owners[i]->service;
                segment->answers_any_port |= owners[i]->answers_any_port;
        }
        qsort(segment->services, n, sizeof(*segment->services), compare_indexes);
        for (size_t i = 0; i < n; i++)
                if (i == 0 || segment->services[i] != segment->services[segment->n_services - 1])
                        segment->services[segment->n_services++] = segment->services[i];
        return unite_scopes(compiler, owners, n, &segment->source);
}

static bool continues(const struct pg_segment *a, const struct pg_segment *b)
{
        return a->direction == b->direction && a->ports.protocol == b->ports.protocol &&
               a->ports.last + 1 == b->ports.first && a->source == b->source &&
               a->answers_any_port == b->answers_any_port && a->n_services == b->n_services &&
               memcmp(a->services, b->services, a->n_services * sizeof(*a->services)) == 0;
}

/* The segment goes on with what is behind it. */
static int join(struct pg_segment *segment, struct pg_segment *next)
{
        int r = 0;

        segment->ports.last = next->ports.last;
        for (size_t i = 0; r == 0 && i < next->n_overridden; i++)
                r = add_beaten(segment, &next->overridden[i]);
        free(next->services);
        free(next->overridden);
        *next = (struct pg_segment){0};
        return r;
}

/* All claims of one direction and protocol, and what comes of them. */
struct field {
        const struct pg_claim *claims;
        size_t n;
        const struct pg_claim **owners; /* room for n */
};

static int add_segment(struct pg_compiler *compiler, const struct field *field, unsigned first,
                       unsigned last, size_t n_owners)
{
        struct pg_policy *policy = compiler->policy;
        struct pg_segment *segment = PG_ARRAY_ADD(policy->segments, policy->n_segments);
        int r;

        if (!segment)
                return pg_error_memory(compiler->error);
        segment->direction = field->claims[0].direction;
        segment->ports = (struct pg_ports){
                .protocol = field->claims[0].ports.protocol,
                .first = (uint16_t)first,
                .last = (uint16_t)last,
        };
        r = fill_segment(compiler, segment, field->owners, n_owners);
        if (r < 0)
                return r;
        r = find_beaten(field->claims, field->n, field->owners, n_owners, segment);
        if (r >= 0 && policy->n_segments > 1 && continues(segment - 1, segment)) {
                r = join(segment - 1, segment);
                segment--;
                policy->n_segments--;
        }
        if (segment->n_overridden > 1)
                qsort(segment->overridden, segment->n_overridden, sizeof(*segment->overridden),
                      compare_beaten);
        return r < 0 ? pg_error_memory(compiler->error) : 0;
}

/* Where the owners of ports may change: at each claim's first port, and behind its last. */
static size_t find_bounds(const struct pg_claim *claims, size_t n, size_t *bounds)
{
        size_t n_bounds = 0;

        for (size_t i = 0; i < n; i++) {
                bounds[n_bounds++] = claims[i].ports.first;
                bounds[n_bounds++] = (size_t)claims[i].ports.last + 1;
        }
        qsort(bounds, n_bounds, sizeof(*bounds), compare_indexes);
        return n_bounds;
}

static int sweep(struct pg_compiler *compiler, const struct pg_claim *claims, size_t n)
{
        _cleanup_(pg_freep) size_t *bounds = calloc(2 * n, sizeof(*bounds));
        _cleanup_(pg_freep) const struct pg_claim **owners = calloc(n, sizeof(*owners));
        const struct field field = {.claims = claims, .n = n, .owners = owners};
        size_t n_bounds;

        if (!bounds || !owners)
                return pg_error_memory(compiler->error);
        report_overlaps(compiler, claims, n);
        n_bounds = find_bounds(claims, n, bounds);
        for (size_t i = 0; i + 1 < n_bounds; i++) {
                size_t n_owners;
                int r;

                if (bounds[i] == bounds[i + 1])
                        continue;
                n_owners = find_owners(claims, n, (unsigned)bounds[i], owners);
                if (n_owners == 0)
                        continue;
                r = add_segment(compiler, &field, (unsigned)bounds[i], (unsigned)bounds[i + 1] - 1,
                                n_owners);
                if (r < 0)
                        return r;
        }
        return 0;
}

int pg_compile_segments(struct pg_compiler *compiler)
{
        struct pg_claim *claims = compiler->claims;
        size_t n;

        if (compiler->n_claims > 1)
                qsort(claims, compiler->n_claims, sizeof(*claims), compare_claims);
        for (size_t i = 0; i < compiler->n_claims; i += n) {
                int r;

                for (n = 1; i + n < compiler->n_claims && same_field(&claims[i], &claims[i + n]); n++)
                        ;
                r = sweep(compiler, &claims[i], n);
                if (r < 0)
                        return r;
        }
        return 0;
}
