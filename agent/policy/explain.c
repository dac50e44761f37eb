/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator: the rules of base_traffic.c and compile.c in their order, with the reason kept. */
#include "policy/explain.h"

#include <arpa/inet.h>
#include <string.h>

#include "policy/answers.h"
#include "policy/base_traffic.h"
#include "policy/compile/compile.h"

/* A scope's entry may be the name of another scope, `internal`, and no further. */
#define DEPTH_MAX 2

static bool prefix_has(const struct pg_prefix *prefix, const uint8_t *address)
{
        size_t whole = prefix->length / 8, rest = prefix->length % 8;

        return memcmp(prefix->address, address, whole) == 0 &&
               (rest == 0 || ((prefix->address[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

/* The longest of the scope's prefixes that has the address, also in the scopes that it names. */
static void find_prefix(const struct pg_policy *policy, const char *scope, const struct pg_flow *flow,
                        int *longest, unsigned depth, struct pg_reason *reason)
{
        const struct pg_origin *origin = pg_policy_origin(policy, scope);

        for (size_t i = 0; origin && i < origin->n_entries; i++) {
                const struct pg_entry *entry = &origin->entries[i];
                struct pg_prefix prefix;

                if (strcmp(entry->text, "internal") == 0 && depth < DEPTH_MAX)
                        find_prefix(policy, "internal", flow, longest, depth + 1, reason);
                else if (pg_prefix_parse(entry->text, strlen(entry->text), &prefix) == PG_PREFIX_GOOD &&
                         prefix.is_v6 == flow->is_v6 && prefix.length > *longest &&
                         prefix_has(&prefix, flow->address)) {
                        *longest = prefix.length;
                        reason->scope = origin->scope;
                        reason->entry = entry;
                }
        }
}

/* The one group file among the scope's entries: what no other entry has is in it. */
static void find_file(const struct pg_policy *policy, const char *scope, struct pg_reason *reason,
                      size_t *n_files)
{
        const struct pg_origin *origin = pg_policy_origin(policy, scope);

        for (size_t i = 0; origin && i < origin->n_entries; i++)
                if (origin->entries[i].text[0] == '@' && (*n_files)++ == 0) {
                        reason->scope = origin->scope;
                        reason->entry = &origin->entries[i];
                }
}

static void find_interface_entry(const struct pg_policy *policy, const char *scope,
                                 struct pg_reason *reason)
{
        const struct pg_origin *origin = pg_policy_origin(policy, scope);

        for (size_t i = 0; origin && i < origin->n_entries; i++)
                if (origin->entries[i].text[0] == '%' &&
                    strcmp(origin->entries[i].text + 1, reason->interface) == 0) {
                        reason->scope = origin->scope;
                        reason->entry = &origin->entries[i];
                        return;
                }
}

static void find_entry(const struct pg_policy *policy, const struct pg_flow *flow,
                       struct pg_reason *reason)
{
        const struct pg_source *source = reason->source;
        size_t n_files = 0;
        int longest = -1;

        for (size_t i = 0; i < source->n_scopes; i++)
                if (reason->by_address)
                        find_prefix(policy, source->scopes[i], flow, &longest, 0, reason);
                else
                        find_interface_entry(policy, source->scopes[i], reason);
        if (!reason->by_address || reason->entry)
                return;
        for (size_t i = 0; i < source->n_scopes; i++)
                find_file(policy, source->scopes[i], reason, &n_files);
        if (n_files > 1)
                reason->scope = NULL, reason->entry = NULL;
}

static bool find_range(const struct pg_source *source, const struct pg_flow *flow,
                       struct pg_reason *reason)
{
        struct pg_prefix_range *match = &reason->match;
        size_t at;

        if (!pg_addresses_find(&source->addresses, flow->is_v6, flow->address, &at))
                return false;
        if (flow->is_v6) {
                memcpy(match->first, source->addresses.v6[at].first, 16);
                memcpy(match->last, source->addresses.v6[at].last, 16);
        } else {
                uint32_t first = htonl(source->addresses.v4[at].first);
                uint32_t last = htonl(source->addresses.v4[at].last);

                memcpy(match->first, &first, 4);
                memcpy(match->last, &last, 4);
        }
        return true;
}

/* Addresses are looked up before interfaces, as in the source's chain. */
static void ask_source(const struct pg_policy *policy, const struct pg_source *source,
                       const struct pg_flow *flow, struct pg_reason *reason)
{
        reason->source = source;
        reason->accepts = source->any;
        if (source->any)
                return;
        reason->by_address = find_range(source, flow, reason);
        if (!reason->by_address)
                reason->interface = pg_source_way(source, flow);
        reason->accepts = reason->by_address || reason->interface;
        if (reason->accepts)
                find_entry(policy, flow, reason);
}

void pg_policy_explain(const struct pg_policy *policy, const struct pg_flow *flow,
                       struct pg_reason *ret)
{
        *ret = (struct pg_reason){.because = PG_BECAUSE_BASE};
        ret->base = pg_base_refuses(flow);
        if (ret->base)
                return;
        ret->base = pg_base_admits(flow);
        if (!ret->base)
                ret->base = pg_answer_of_dhcp(policy, flow);
        if (!ret->base && flow->direction == PG_OUT && !policy->egress_strict)
                ret->base = "egress is open";
        ret->accepts = ret->base;
        if (ret->base)
                return;
        if (pg_flow_is_ping(flow)) {
                ret->because = PG_BECAUSE_PING;
                ask_source(policy, &policy->sources[policy->ping_source], flow, ret);
                return;
        }
        ret->segment = pg_policy_segment(policy, flow);
        if (!ret->segment || !pg_source_opens(&policy->sources[ret->segment->source])) {
                const struct pg_segment *answered = pg_answer_segment(policy, flow);

                ret->segment = answered ? answered : ret->segment;
        }
        ret->because = ret->segment ? PG_BECAUSE_SERVICE : PG_BECAUSE_DEFAULT;
        if (ret->segment)
                ask_source(policy, &policy->sources[ret->segment->source], flow, ret);
}

bool pg_policy_admits(const struct pg_policy *policy, const struct pg_flow *flow)
{
        struct pg_reason reason;

        pg_policy_explain(policy, flow, &reason);
        return reason.accepts;
}
