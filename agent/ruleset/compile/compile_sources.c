/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources become chains and the sets that they look into. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/compile/compile.h"

static struct pg_place place_of_source(const struct pg_source *source)
{
        return (struct pg_place){.file = source->file, .line = source->line, .column = source->column};
}

static size_t count_ranges(const struct pg_source *source, bool is_v6)
{
        return is_v6 ? source->addresses.n_v6 : source->addresses.n_v4;
}

/* At most a part and the rest of each family, in two sets each. */
#define SOURCE_RULES_MAX 8

/* Made before their chain: adding chains moves the others. */
struct source_rules {
        struct pg_rule items[SOURCE_RULES_MAX];
        size_t n;
};

/* "cluster_v4.10.0.0.0/12": the region in the name, which nft takes with '-' for ':'.
 * pg_name_is_shard() knows it by that. */
static void name_region(const struct pg_shard *shard, char buffer[static PG_PREFIX_TEXT_MAX + 1])
{
        buffer[0] = '.';
        pg_prefix_format(&shard->region, buffer + 1);
        for (char *p = buffer; *p != '\0'; p++)
                if (*p == ':')
                        *p = '-';
}

/* Appends the rules that accept who is in the sets of these names. */
static int accept_sets(struct pg_compilation *c, const struct pg_set_names *names, bool is_v6,
                       bool inbound, struct source_rules *rules)
{
        char accepted[PG_NAME_MAX];
        int r = 0;

        pg_accepted_name(inbound ? PG_IN : PG_OUT, c->slot, accepted);
        for (enum pg_set_kind kind = 0; r >= 0 && kind < PG_SET_KINDS; kind++) {
                struct pg_rule *rule = &rules->items[rules->n];

                if (!pg_ruleset_set(c->ruleset, names->of[kind]))
                        continue;
                rules->n++;
                r = pg_match_set(rule, is_v6, inbound, names->of[kind]);
                if (r >= 0)
                        r = pg_do_verdict(rule, NFT_GOTO, accepted);
        }
        return r;
}

/* Moves the rules to a chain of that name, which is sorted in later. */
static struct pg_chain *add_chain(struct pg_compilation *c, const char *name,
                                  struct source_rules *rules)
{
        struct pg_chain *chain = pg_ruleset_add_chain(c->ruleset, name);

        for (size_t i = 0; i < rules->n; i++) {
                struct pg_rule *rule = chain ? pg_chain_add_rule(chain) : NULL;

                if (rule)
                        *rule = rules->items[i];
                else {
                        pg_rule_done(&rules->items[i]);
                        chain = NULL;
                }
        }
        rules->n = 0;
        return chain;
}

/* Both sets of one part of a large source, unless the other direction made them, and the chain that
 * accepts who is in them. A part has both though one may be empty: what comes in later changes no rule.
 */
static int add_shard(struct pg_compilation *c, const struct pg_source *source,
                     const struct pg_shard *shard, bool inbound, char chain_name[static PG_NAME_MAX])
{
        bool is_v6 = shard->region.is_v6, owned = false;
        char region[PG_PREFIX_TEXT_MAX + 1], suffix[PG_NAME_MAX];
        struct source_rules rules = {0};
        struct pg_addresses ranges = {0};
        struct pg_set_names names;
        struct pg_chain *chain;
        int r;

        name_region(shard, region);
        pg_set_names(source->label, "", is_v6, region, c->slot, &names);
        snprintf(suffix, sizeof(suffix), "%s%s", is_v6 ? "_v6" : "_v4", region);
        pg_source_name(source->label, inbound ? "from_" : "to_", suffix, c->slot, chain_name);
        r = pg_shard_ranges(&source->addresses, shard, &ranges, &owned);
        if (r >= 0 && owned) {
                r = pg_ruleset_keep(c->ruleset, &ranges);
                if (r < 0)
                        pg_addresses_done(&ranges);
        }
        if (r >= 0)
                r = pg_compile_sets(c, source, &ranges, is_v6, &names, true);
        if (r >= 0)
                r = accept_sets(c, &names, is_v6, inbound, &rules);
        chain = add_chain(c, chain_name, &rules);
        if (!chain || r < 0)
                return -ENOMEM;
        chain->place = place_of_source(source);
        return 0;
}

static int add_shard_element(struct pg_set *map, const struct pg_shard *shard, const char *chain)
{
        struct pg_element *element = pg_set_add_element(map);

        if (!element)
                return -ENOMEM;
        memcpy(element->key, shard->region.address, map->key_length);
        pg_prefix_last(&shard->region, element->key_end);
        element->verdict.code = NFT_JUMP;
        snprintf(element->verdict.chain, sizeof(element->verdict.chain), "%s", chain);
        return 0;
}

/* A large source: a map from each part of the address space to the chain of its set. */
static int add_sharded_map(struct pg_compilation *c, const struct pg_source *source, bool is_v6,
                           bool inbound, const char *name)
{
        _cleanup_(pg_freep) struct pg_shard *shards = NULL;
        _cleanup_(pg_freep) char(*chains)[PG_NAME_MAX] = NULL;
        struct pg_set *map;
        size_t n;
        int r;

        if (pg_ruleset_set(c->ruleset, name))
                return 0;
        r = pg_shards_divide(&source->addresses, is_v6, &shards, &n);
        if (r >= 0) {
                chains = calloc(n, sizeof(*chains));
                r = chains ? 0 : -ENOMEM;
        }
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_shard(c, source, &shards[i], inbound, chains[i]);
        map = r < 0 ? NULL
                    : pg_compile_address_set(c, source, is_v6, PG_SET_INTERVAL | PG_SET_MAP, name);
        r = map ? 0 : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_shard_element(map, &shards[i], chains[i]);
        return r;
}

/* Appends the rules that accept the source's addresses of one family, and makes the sets they need. */
static int accept_addresses(struct pg_compilation *c, const struct pg_source *source, bool is_v6,
                            bool inbound, struct source_rules *rules)
{
        struct pg_set_names names;
        char name[PG_NAME_MAX];
        int r;

        if (count_ranges(source, is_v6) > PG_SHARD_RANGES) {
                /* The map's verdicts lead to chains of one direction. */
                pg_source_name(source->label, inbound ? "" : "to_", is_v6 ? "_v6" : "_v4", c->slot,
                               name);
                r = add_sharded_map(c, source, is_v6, inbound, name);
                return r < 0 ? r
                             : pg_match_address_map(&rules->items[rules->n++], is_v6, inbound, name);
        }
        pg_set_names(source->label, "", is_v6, "", c->slot, &names);
        r = pg_compile_sets(c, source, &source->addresses, is_v6, &names, false);
        return r < 0 ? r : accept_sets(c, &names, is_v6, inbound, rules);
}

/* Whether some port is open to the source: then its chain and its sets are in the table. */
static bool is_used(const struct pg_policy *policy, size_t source)
{
        for (size_t i = 0; i < policy->n_segments; i++)
                if (policy->segments[i].source == source &&
                    (policy->segments[i].direction == PG_IN || policy->egress_strict))
                        return true;
        return false;
}

/* The largest other source that is large and lies in this one whole: "cluster" in "cluster, admins".
 * Its sets serve both. Of two equal ones the shorter label is the part. */
static const struct pg_source *find_part(const struct pg_compilation *c, const struct pg_source *source,
                                         bool is_v6)
{
        const struct pg_source *best = NULL;

        for (size_t i = 0; i < c->policy->n_sources; i++) {
                const struct pg_source *part = &c->policy->sources[i];

                if (count_ranges(part, is_v6) > PG_SHARD_RANGES &&
                    strlen(part->label) < strlen(source->label) && is_used(c->policy, i) &&
                    (!best || count_ranges(part, is_v6) > count_ranges(best, is_v6)) &&
                    pg_addresses_contain(&source->addresses, &part->addresses))
                        best = part;
        }
        return best;
}

/* What is left of a source beside its part, where that is a large source as well: no third set is
 * needed. */
static const struct pg_source *find_other_part(const struct pg_compilation *c,
                                               const struct pg_source *source,
                                               const struct pg_source *part, bool is_v6)
{
        for (size_t i = 0; i < c->policy->n_sources; i++) {
                const struct pg_source *other = &c->policy->sources[i];

                if (count_ranges(other, is_v6) > PG_SHARD_RANGES && is_used(c->policy, i) &&
                    pg_addresses_divided(&source->addresses, is_v6, &part->addresses,
                                         &other->addresses))
                        return other;
        }
        return NULL;
}

/* The ranges that the part does not have whole; the ruleset keeps them. */
static int find_rest(struct pg_compilation *c, const struct pg_source *source,
                     const struct pg_source *part, struct pg_addresses *ret)
{
        _cleanup_(pg_addresses_done) struct pg_addresses rest = {0};
        int r = pg_addresses_beyond(&source->addresses, &part->addresses, &rest);

        if (r >= 0)
                r = pg_ruleset_keep(c->ruleset, &rest);
        if (r < 0)
                return r;
        *ret = PG_TAKE(rest);
        return 0;
}

static int accept_family(struct pg_compilation *c, const struct pg_source *source, bool is_v6,
                         bool inbound, struct source_rules *rules)
{
        bool is_large = count_ranges(source, is_v6) > PG_SHARD_RANGES;
        const struct pg_source *part = is_large ? find_part(c, source, is_v6) : NULL;
        const struct pg_source *other = part ? find_other_part(c, source, part, is_v6) : NULL;
        struct pg_source rest = *source;
        int r;

        if (count_ranges(source, is_v6) == 0)
                return 0;
        if (!part)
                return accept_addresses(c, source, is_v6, inbound, rules);
        r = accept_addresses(c, part, is_v6, inbound, rules);
        if (r >= 0 && other)
                return accept_addresses(c, other, is_v6, inbound, rules);
        if (r >= 0)
                r = find_rest(c, source, part, &rest.addresses);
        if (r >= 0 && count_ranges(&rest, is_v6) > 0)
                r = accept_addresses(c, &rest, is_v6, inbound, rules);
        return r;
}

static int add_interface_rules(struct pg_chain *chain, const struct pg_source *source, bool inbound,
                               char slot)
{
        char accepted[PG_NAME_MAX];
        int r = 0;

        pg_accepted_name(inbound ? PG_IN : PG_OUT, slot, accepted);

        for (size_t i = 0; r >= 0 && i < source->n_interfaces; i++) {
                struct pg_rule *rule = pg_chain_add_rule(chain);

                r = rule ? pg_match_interface(rule, inbound, source->interfaces[i]) : -ENOMEM;
                if (r >= 0)
                        r = pg_do_verdict(rule, NFT_GOTO, accepted);
        }
        return r;
}

int pg_compile_source(struct pg_compilation *c, const struct pg_source *source,
                      enum pg_direction direction)
{
        bool inbound = direction == PG_IN;
        char name[PG_NAME_MAX], deny[PG_NAME_MAX];
        struct source_rules rules = {0};
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r = 0;

        pg_source_name(source->label, inbound ? "from_" : "to_", "", c->slot, name);
        if (pg_ruleset_chain(c->ruleset, name))
                return 0;
        r = accept_family(c, source, false, inbound, &rules);
        if (r >= 0)
                r = accept_family(c, source, true, inbound, &rules);
        chain = add_chain(c, name, &rules);
        if (!chain || r < 0)
                return -ENOMEM;
        chain->place = place_of_source(source);
        r = pg_comment_make(c->names, source->label, &chain->comment);
        if (r >= 0)
                r = add_interface_rules(chain, source, inbound, c->slot);
        pg_slot_name(inbound ? "deny" : "deny_output", c->slot, deny);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NFT_GOTO, deny) : -ENOMEM;
}
