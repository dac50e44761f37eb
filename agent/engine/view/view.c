/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforced policy, to look at, with its hits. */
#include "engine/view/view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/enforced.h"
#include "engine/outcome.h"
#include "engine/unfilled.h"
#include "ruleset/text/text.h"

struct pg_view *pg_view_free(struct pg_view *view)
{
        if (!view)
                return NULL;
        free(view->problem);
        free(view->changed_by);
        free(view->lost_at_boot);
        free(view->digest);
        free(view->made_by);
        free(view->outdated);
        pg_strings_free(view->profiles, view->n_profiles);
        for (size_t i = 0; i < view->n_exposures; i++) {
                struct pg_exposure *exposure = &view->exposures[i];

                free(exposure->protocol);
                free(exposure->ports);
                pg_strings_free(exposure->scopes, exposure->n_scopes);
                pg_strings_free(exposure->addresses, exposure->n_addresses);
                pg_strings_free(exposure->interfaces, exposure->n_interfaces);
                pg_strings_free(exposure->services, exposure->n_services);
        }
        free(view->exposures);
        pg_closed_free(view->closed, view->n_closed);
        for (size_t i = 0; i < view->n_refused; i++)
                pg_refused_done(&view->refused[i]);
        free(view->refused);
        for (size_t i = 0; i < view->n_refused_out; i++)
                pg_refused_done(&view->refused_out[i]);
        free(view->refused_out);
        free(view->nft);
        if (view->about)
                pg_generation_done(view->about);
        free(view->about);
        pg_view_services_free(view->services, view->n_services);
        pg_strings_free(view->ping_scopes, view->n_ping_scopes);
        pg_unfilled_free(view->unfilled, view->n_unfilled);
        pg_policy_free(view->policy);
        free(view);
        return NULL;
}

static int add_address(struct pg_exposure *exposure, int family, const void *first, const void *last)
{
        char text[128];

        if (exposure->n_addresses >= PG_EXPOSURE_ADDRESSES_MAX)
                return 0;
        pg_range_format(family, first, last, text, sizeof(text));
        return pg_strings_add(text, &exposure->addresses, &exposure->n_addresses);
}

static int add_addresses(struct pg_exposure *exposure, const struct pg_addresses *addresses)
{
        int r = 0;

        exposure->n_addresses_all = addresses->n_v4 + addresses->n_v6;
        for (size_t i = 0; r >= 0 && i < addresses->n_v4 && i < PG_EXPOSURE_ADDRESSES_MAX; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                r = add_address(exposure, AF_INET, &first, &last);
        }
        for (size_t i = 0; r >= 0 && i < addresses->n_v6 && i < PG_EXPOSURE_ADDRESSES_MAX; i++)
                r = add_address(exposure, AF_INET6, addresses->v6[i].first, addresses->v6[i].last);
        return r;
}

static int add_exposure(struct pg_view *view, const struct pg_policy *policy,
                        const struct pg_segment *segment, const struct pg_element *element)
{
        const struct pg_source *source = &policy->sources[segment->source];
        struct pg_exposure *exposure = PG_ARRAY_ADD(view->exposures, view->n_exposures);
        char protocol[16];

        if (!exposure)
                return -ENOMEM;
        exposure->outbound = segment->direction == PG_OUT;
        pg_protocol_format(segment->ports.protocol, protocol, sizeof(protocol));
        exposure->protocol = strdup(protocol);
        if (!pg_protocol_has_ports(segment->ports.protocol))
                exposure->ports = strdup("any");
        else if (segment->ports.first == segment->ports.last)
                exposure->ports = pg_format("%u", segment->ports.first);
        else
                exposure->ports = pg_format("%u-%u", segment->ports.first, segment->ports.last);
        exposure->is_any = source->any;
        if (element) {
                exposure->packets = element->packets;
                exposure->bytes = element->bytes;
        }
        if (!exposure->protocol || !exposure->ports ||
            pg_copy_strings(source->scopes, source->n_scopes, &exposure->scopes, &exposure->n_scopes) <
                    0 ||
            pg_segment_service_names(policy, segment, &exposure->services, &exposure->n_services) < 0 ||
            pg_copy_strings(source->interfaces, source->n_interfaces, &exposure->interfaces,
                            &exposure->n_interfaces) < 0)
                return -ENOMEM;
        return add_addresses(exposure, &source->addresses);
}

/* The element that holds the segment's counter. */
static const struct pg_element *find_element(const struct pg_ruleset *ruleset, char slot,
                                             const struct pg_segment *segment)
{
        char name[PG_NAME_MAX];
        const struct pg_set *map;

        pg_hits_name(segment->direction, segment->ports.protocol, slot, name);
        map = pg_ruleset_set(ruleset, name);
        for (size_t i = 0; map && i < map->n_elements; i++) {
                const struct pg_element *element = &map->elements[i];

                if (pg_element_has_port(element, segment->ports.protocol, segment->ports.first))
                        return element;
        }
        return NULL;
}

static int print_nft(const struct pg_ruleset *ruleset, char **ret)
{
        size_t size = 0;
        FILE *stream = open_memstream(ret, &size);

        if (!stream)
                return -ENOMEM;
        pg_ruleset_print(ruleset, stream);
        return fclose(stream) == 0 ? 0 : -ENOMEM;
}

int pg_view_fill(struct pg_view *view, struct pg_policy **taken, const struct pg_ruleset *ruleset,
                 char slot, bool with_nft)
{
        const struct pg_policy *policy = view->policy = PG_TAKE(*taken);
        int r = pg_view_add_services(view, policy);

        if (r >= 0)
                r = pg_unfilled_find(policy, &view->unfilled, &view->n_unfilled);

        view->egress_strict = policy->egress_strict;
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];

                if (pg_source_opens(&policy->sources[segment->source]) &&
                    (segment->direction == PG_IN || policy->egress_strict))
                        r = add_exposure(view, policy, segment, find_element(ruleset, slot, segment));
        }
        return r < 0 || !with_nft ? r : print_nft(ruleset, &view->nft);
}

/* What a rule counts, which is found by its words: somebody may have put others into the chain. 0 or
 * -ENOMEM. */
static int read_counter(const struct pg_chain *chain, const char *rule, uint64_t *packets,
                        uint64_t *bytes)
{
        for (size_t i = 0; chain && i < chain->n_rules; i++) {
                const struct pg_rule *item = &chain->rules[i];
                _cleanup_(pg_freep) char *text = NULL;
                size_t size;
                FILE *out = open_memstream(&text, &size);

                if (out)
                        pg_rule_print(item, out);
                if (!out || fclose(out) != 0)
                        return -ENOMEM;
                for (size_t j = 0; strcmp(text, rule) == 0 && j < item->n_exprs; j++)
                        if (item->exprs[j].kind == PG_EXPR_COUNTER) {
                                *packets = item->exprs[j].counter.packets;
                                *bytes = item->exprs[j].counter.bytes;
                                return 0;
                        }
        }
        return 0;
}

static int read_counters(const struct pg_ruleset *ruleset, char slot, struct pg_view *view)
{
        uint64_t ignored;
        const struct {
                const char *chain, *rule;
                uint64_t *packets, *bytes;
        } counters[] = {
                {"deny", "counter", &view->refused_packets, &view->refused_bytes},
                {"deny_output", "counter", &view->refused_out_packets, &view->refused_out_bytes},
                {"input", "ct state invalid counter drop", &view->invalid_packets, &ignored},
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(counters); i++) {
                char name[PG_NAME_MAX];

                pg_slot_name(counters[i].chain, slot, name);
                r = read_counter(pg_ruleset_chain(ruleset, name), counters[i].rule, counters[i].packets,
                                 counters[i].bytes);
        }
        return r;
}

static int fill_slot(struct pg_view *view, struct pg_enforced *enforced, bool with_nft,
                     struct pg_error *error)
{
        const struct pg_table *table = &enforced->table;
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;
        int r;

        view->state = table->trial.slot ? PG_STATE_TRIAL : PG_STATE_CONFIRMED;
        if (table->trial.slot)
                view->trial = pg_table_open_trial(table);
        view->generation = table->enforced.generation;
        view->digest = strdup(table->enforced.digest);
        if (pg_table_outdated(table, &view->outdated) < 0)
                return pg_error_memory(error);
        if (table->enforced.generation != 0)
                view->made_by = strdup(table->enforced.version);
        r = pg_copy_strings(table->enforced.profiles, table->enforced.n_profiles, &view->profiles,
                            &view->n_profiles);
        if (r >= 0)
                r = pg_view_fill(view, &enforced->policy, ruleset, table->slot, with_nft);
        if (r >= 0)
                r = read_counters(ruleset, table->slot, view);
        return r < 0 || !view->digest ? pg_error_memory(error) : 0;
}

int pg_view_enforced(const struct pg_settings *settings, bool with_nft, struct pg_view **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_view_freep) struct pg_view *view = calloc(1, sizeof(*view));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        int r;

        if (!view)
                return pg_error_memory(error);
        r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = pg_enforced_read(settings, nft, PG_ENFORCED_POLICY, &enforced, diagnostics, error);
        if (r >= 0) {
                view->problem = PG_TAKE(enforced.change);
                view->lost_at_boot = PG_TAKE(enforced.loss);
                view->refuses = pg_table_refuses(&enforced.table);
        }
        if (r >= 0 && enforced.table.slot)
                r = fill_slot(view, &enforced, with_nft, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(view);
        return 0;
}
