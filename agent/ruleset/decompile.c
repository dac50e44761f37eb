/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that a table enforces. */
#include "ruleset/decompile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"

struct decompilation {
        const struct pg_ruleset *ruleset;
        struct pg_policy *policy;
        char slot;
        bool ours_only;
};

static int intern_source(struct pg_policy *policy, const char *label, size_t *ret, bool *is_new)
{
        struct pg_source *source;

        *is_new = false;
        for (size_t i = 0; i < policy->n_sources; i++)
                if (strcmp(policy->sources[i].label, label) == 0) {
                        *ret = i;
                        return 0;
                }
        source = PG_ARRAY_ADD(policy->sources, policy->n_sources);
        if (!source)
                return -ENOMEM;
        source->label = strdup(label);
        *ret = policy->n_sources - 1;
        *is_new = true;
        return source->label ? pg_source_read_label(source) : -ENOMEM;
}

/* Accepts by itself, or in the chain that counts and accepts. */
static bool verdict_accepts(const struct decompilation *d, enum pg_direction direction,
                            const struct pg_verdict *verdict)
{
        char accepted[PG_NAME_MAX];

        pg_accepted_name(direction, d->slot, accepted);
        return verdict->code == NF_ACCEPT ||
               (verdict->code == NFT_GOTO && strcmp(verdict->chain, accepted) == 0);
}

/* Accepts, or leads to the chains of a sharded source. */
static bool rule_accepts(const struct decompilation *d, enum pg_direction direction,
                         const struct pg_rule *rule)
{
        const struct pg_expr *last = rule->n_exprs > 0 ? &rule->exprs[rule->n_exprs - 1] : NULL;

        return last &&
               ((last->kind == PG_EXPR_VERDICT && verdict_accepts(d, direction, &last->verdict)) ||
                (last->kind == PG_EXPR_LOOKUP && last->lookup.is_map));
}

static int add_interface(struct pg_source *source, const struct pg_cmp *cmp)
{
        char name[PG_DATA_MAX + 2];

        /* A comparison of fewer than all bytes is a prefix: "cni*". */
        snprintf(name, sizeof(name), cmp->length < PG_DATA_MAX ? "%.*s*" : "%.*s", (int)cmp->length,
                 (const char *)cmp->data);
        if (pg_strings_have(source->interfaces, source->n_interfaces, name))
                return 0;
        return pg_strings_add(name, &source->interfaces, &source->n_interfaces);
}

/* What a rule of a shard's chain lets in of the addresses for which the map of shards leads there. */
static int read_shard_rule(const struct decompilation *d, struct pg_source *source,
                           const struct pg_rule *rule, const struct pg_set *map,
                           const struct pg_element *asked)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < rule->n_exprs; i++) {
                const struct pg_set *shard =
                        rule->exprs[i].kind == PG_EXPR_LOOKUP
                                ? pg_ruleset_set(d->ruleset, rule->exprs[i].lookup.set)
                                : NULL;

                r = shard ? pg_addresses_add_part(&source->addresses, &shard->addresses,
                                                  map->key_type == PG_TYPE_IPV6, asked->key,
                                                  asked->key_end)
                          : 0;
        }
        return r;
}

/* The addresses of a set, or of all the sets that a map of shards leads to. */
static int read_set(const struct decompilation *d, struct pg_source *source, const struct pg_set *set)
{
        int r = set ? pg_addresses_add_all(&source->addresses, &set->addresses) : 0;

        for (size_t i = 0; set && r >= 0 && i < set->n_elements; i++) {
                const struct pg_chain *chain =
                        pg_ruleset_chain(d->ruleset, set->elements[i].verdict.chain);

                for (size_t j = 0; chain && r >= 0 && j < chain->n_rules; j++)
                        r = read_shard_rule(d, source, &chain->rules[j], set, &set->elements[i]);
        }
        return r;
}

/* What one accepting rule of a source's chain lets in: a set of addresses or an interface. */
static int read_source_rule(const struct decompilation *d, struct pg_source *source,
                            const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++) {
                const struct pg_expr *expr = &rule->exprs[i];

                if (expr->kind == PG_EXPR_LOOKUP)
                        return read_set(d, source, pg_ruleset_set(d->ruleset, expr->lookup.set));
                if (expr->kind == PG_EXPR_META && i + 1 < rule->n_exprs &&
                    rule->exprs[i + 1].kind == PG_EXPR_CMP &&
                    (expr->meta.key == NFT_META_IIFNAME || expr->meta.key == NFT_META_OIFNAME))
                        return add_interface(source, &rule->exprs[i + 1].cmp);
        }
        return 0;
}

static int read_source(const struct decompilation *d, enum pg_direction direction,
                       const char *chain_name, size_t *ret)
{
        const struct pg_chain *chain = pg_ruleset_chain(d->ruleset, chain_name);
        _cleanup_(pg_freep) char *label = NULL;
        struct pg_source *source;
        bool is_new;
        int r;

        r = pg_comment_read(d->ruleset, d->slot, chain && chain->comment ? chain->comment : chain_name,
                            &label);
        if (r >= 0)
                r = intern_source(d->policy, label, ret, &is_new);
        if (r < 0 || !is_new)
                return r;
        source = &d->policy->sources[*ret];
        for (size_t i = 0; chain && r >= 0 && i < chain->n_rules; i++)
                if (rule_accepts(d, direction, &chain->rules[i]))
                        r = read_source_rule(d, source, &chain->rules[i]);
        pg_addresses_normalise(&source->addresses);
        return r;
}

static int read_service(struct pg_policy *policy, const char *name, size_t *ret)
{
        struct pg_policy_service *service;

        for (size_t i = 0; i < policy->n_services; i++)
                if (strcmp(policy->services[i].name, name) == 0) {
                        *ret = i;
                        return 0;
                }
        service = PG_ARRAY_ADD(policy->services, policy->n_services);
        if (!service)
                return -ENOMEM;
        service->name = strdup(name);
        service->summary = strdup("");
        *ret = policy->n_services - 1;
        return service->name && service->summary ? 0 : -ENOMEM;
}

/* A segment has one at least, whatever somebody wrote into the comment. */
static int read_services(struct pg_policy *policy, const char *text, struct pg_segment *segment)
{
        char **names = NULL;
        size_t n = 0;
        int r = pg_strings_split(text[strspn(text, ", ")] ? text : "unknown", ", ", &names, &n);

        for (size_t i = 0; r >= 0 && i < n; i++) {
                size_t *item = PG_ARRAY_ADD(segment->services, segment->n_services);

                r = item ? read_service(policy, names[i], item) : -ENOMEM;
        }
        pg_strings_free(names, n);
        return r;
}

/* Only with strict egress does the table know. */
static bool answers_any_port(const struct decompilation *d, const struct pg_ports *ports)
{
        char name[PG_NAME_MAX];
        const struct pg_set *set;

        pg_slot_name(PG_ASKED_PORTS_NAME, d->slot, name);
        set = pg_ruleset_set(d->ruleset, name);
        for (size_t i = 0; set && i < set->n_elements; i++)
                if (pg_element_has_port(&set->elements[i], ports->protocol, ports->first))
                        return true;
        return false;
}

/* What an element of a protocol's map of ports is for, or of the map of protocols. */
static struct pg_ports read_key(const struct pg_set *map, const struct pg_element *element,
                                uint8_t protocol)
{
        uint16_t first, last;

        if (map->key_type == PG_TYPE_PROTOCOL)
                return (struct pg_ports){element->key[0], 0, UINT16_MAX};
        memcpy(&first, element->key, sizeof(first));
        memcpy(&last, element->key_end, sizeof(last));
        return (struct pg_ports){protocol, ntohs(first), ntohs(last)};
}

static int read_element(const struct decompilation *d, enum pg_direction direction,
                        const struct pg_element *element, const struct pg_ports *ports)
{
        struct pg_policy *policy = d->policy;
        _cleanup_(pg_freep) char *services = NULL;
        struct pg_segment *segment;
        size_t source;
        bool is_new;
        int r;

        if (verdict_accepts(d, direction, &element->verdict)) {
                r = intern_source(policy, "any", &source, &is_new);
                if (r >= 0)
                        policy->sources[source].any = true;
        } else {
                r = read_source(d, direction, element->verdict.chain, &source);
        }
        segment = r < 0 ? NULL : PG_ARRAY_ADD(policy->segments, policy->n_segments);
        if (!segment)
                return -ENOMEM;
        segment->direction = direction;
        segment->ports = *ports;
        segment->source = source;
        segment->answers_any_port = direction == PG_IN && answers_any_port(d, ports);
        r = pg_comment_read(d->ruleset, d->slot, element->comment ? element->comment : "unknown",
                            &services);
        return r < 0 ? r : read_services(policy, services, segment);
}

/* The protocol's elements of its map, in the order of ports; of a protocol without ports there is one.
 */
static int read_protocol(const struct decompilation *d, enum pg_direction direction, uint8_t protocol)
{
        char name[PG_NAME_MAX];
        const struct pg_set *map;
        int r = 0;

        pg_ports_name(direction, protocol, d->slot, name);
        map = pg_ruleset_set(d->ruleset, name);
        for (size_t i = 0; map && r >= 0 && i < map->n_elements; i++) {
                const struct pg_element *element = &map->elements[i];
                const struct pg_ports ports = read_key(map, element, protocol);

                if (ports.protocol == protocol && (element->comment || !d->ours_only))
                        r = read_element(d, direction, element, &ports);
        }
        return r;
}

/* By protocol and port, as a policy has them. */
static int read_ports(const struct decompilation *d, enum pg_direction direction)
{
        int r = 0;

        for (unsigned protocol = 0; r >= 0 && protocol <= UINT8_MAX; protocol++)
                r = read_protocol(d, direction, (uint8_t)protocol);
        return r;
}

/* Whether the rule lets echo requests pass of those that have a limit each, or of all: the one that is
 * for those who come when the set of limits is full says nothing more. */
static bool is_echo_rule(const struct decompilation *d, const struct pg_rule *rule)
{
        for (size_t i = 0; i < rule->n_exprs; i++)
                if (rule->exprs[i].kind == PG_EXPR_LOOKUP && rule->exprs[i].lookup.is_not)
                        return false;
        return rule_accepts(d, PG_IN, rule);
}

/* Who may send echo requests, and how many. */
static int read_echo_rule(const struct decompilation *d, const struct pg_rule *rule,
                          struct pg_source *source)
{
        bool is_any = true;

        for (size_t i = 0; i < rule->n_exprs; i++) {
                const struct pg_expr *expr = &rule->exprs[i];

                if (expr->kind == PG_EXPR_DYNSET && expr->dynset.has_limit)
                        d->policy->ping_rate = (struct pg_rate){(unsigned)expr->dynset.limit.rate,
                                                                (unsigned)expr->dynset.limit.unit};
                if (expr->kind == PG_EXPR_LOOKUP ||
                    (expr->kind == PG_EXPR_META && expr->meta.key == NFT_META_IIFNAME))
                        is_any = false;
        }
        if (is_any) {
                source->any = true;
                return 0;
        }
        return read_source_rule(d, source, rule);
}

/* The label is the comment of the chain for IPv4: sources that only echo requests come from have no
 * chain of their own. */
static int read_echo_label(const struct decompilation *d, struct pg_source *source)
{
        char name[PG_NAME_MAX];
        const struct pg_chain *chain;
        int r;

        pg_slot_name(PG_ECHO4_NAME, d->slot, name);
        chain = pg_ruleset_chain(d->ruleset, name);
        r = pg_comment_read(d->ruleset, d->slot,
                            source->any               ? "any"
                            : chain && chain->comment ? chain->comment
                                                      : "unknown",
                            &source->label);
        return r < 0 ? r : pg_source_read_label(source);
}

static int read_echo(const struct decompilation *d)
{
        static const char *const chains[] = {PG_ECHO4_NAME, PG_ECHO6_NAME};
        struct pg_source *source = PG_ARRAY_ADD(d->policy->sources, d->policy->n_sources);
        int r = 0;

        if (!source)
                return -ENOMEM;
        d->policy->ping_source = d->policy->n_sources - 1;
        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(chains); i++) {
                char name[PG_NAME_MAX];
                const struct pg_chain *chain;

                pg_slot_name(chains[i], d->slot, name);
                chain = pg_ruleset_chain(d->ruleset, name);
                for (size_t j = 0; chain && r >= 0 && j < chain->n_rules; j++)
                        if (is_echo_rule(d, &chain->rules[j]))
                                r = read_echo_rule(d, &chain->rules[j], source);
        }
        pg_addresses_normalise(&source->addresses);
        return r < 0 ? r : read_echo_label(d, source);
}

/* Rules that lead elsewhere are a trial's that lets everything pass, what that falls back to, or
 * somebody else's. */
static bool leads_to_slot(const struct pg_chain *hook, char slot)
{
        for (size_t i = 0; hook && i < hook->n_rules; i++)
                if (pg_rule_slot(&hook->rules[i]) == slot)
                        return true;
        return false;
}

int pg_ruleset_to_policy(const struct pg_ruleset *ruleset, char slot, bool ours_only,
                         struct pg_policy **ret, struct pg_error *error)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = calloc(1, sizeof(*policy));
        struct decompilation d = {.ruleset = ruleset,
                                  .policy = policy,
                                  .slot = slot,
                                  .ours_only = ours_only};
        const struct pg_chain *output = pg_ruleset_chain(ruleset, "output");
        bool is_asked = leads_to_slot(output, slot);

        /* A hook that somebody emptied, and that drops, opens no port. */
        if (!policy || read_ports(&d, PG_IN) < 0 || (is_asked && read_ports(&d, PG_OUT) < 0) ||
            read_echo(&d) < 0)
                return pg_error_memory(error);
        policy->egress_strict = is_asked || (output && output->policy == NF_DROP);
        *ret = PG_TAKE(policy);
        return 0;
}
