/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows packets through the NAT chains of prerouting. Not one packet, but at each step all that may
 * still be meant; where a map or a set sorts them out, each of its elements in turn.
 */
#include <errno.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/foreign.h"
#include "kernel/foreign/nat/internal.h"

/* Rules that are looked at. As chains can lead to one chain by many ways, there may be more ways than
 * rules. */
#define STEPS_MAX 4000000
/* The kernel follows 16 jumps (NFT_JUMP_STACK_SIZE), each of which may have looked into some sets. */
#define RECURSION_MAX 64

struct walk {
        struct pg_nat_tables *tables;
        const char *chain;
        struct pg_nat *nat;
        size_t n_steps, n_before; /* what the base chains before translate */
        size_t base, n_met;       /* which base chain that is, and how many translations were met */
        int32_t priority;
        const struct nftnl_rule *rule; /* of the last translation, */
        size_t first_of_rule;          /* and the first that it made of these packets, */
        size_t n_of_rule;              /* and how many targets it has for them */
        int recursion;
        bool may_be_over; /* a rule before may have ended some packets' way through the chain */
};

static int run(struct walk *walk, size_t from, struct pg_nat_state state);

static bool may_step(struct walk *walk)
{
        walk->nat->is_cut |= walk->n_steps++ >= STEPS_MAX;
        return walk->n_steps <= STEPS_MAX;
}

/* 1: no packet gets to its end. */
static int run_chain(struct walk *walk, const struct nftnl_chain *chain, struct pg_forward packets)
{
        struct nftnl_rule_iter *iter = nftnl_rule_iter_create(chain);
        const struct nftnl_rule *rule;
        const char *before = walk->chain;
        int r = iter ? 0 : -ENOMEM;

        walk->chain = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);
        while (r == 0 && (rule = nftnl_rule_iter_next(iter)) && may_step(walk))
                r = run(walk, 0, (struct pg_nat_state){.rule = rule, .packets = packets});
        walk->chain = before;
        if (iter)
                nftnl_rule_iter_destroy(iter);
        return r;
}

/* 1: it ends the way through the chain, of the packets that it is said of. */
static int follow(struct walk *walk, int32_t code, const char *name, const struct pg_nat_state *state)
{
        const struct nftnl_chain *chain = NULL;
        int r = 0;

        if (name && (code == NFT_JUMP || code == NFT_GOTO))
                chain = nftnl_chain_list_lookup_byname(walk->tables->table->chains, name);
        if (chain)
                r = run_chain(walk, chain, state->packets);
        walk->may_be_over |= code != NFT_JUMP && code != NFT_GOTO && code != NFT_CONTINUE;
        return r < 0 ? r : code != NFT_JUMP && code != NFT_CONTINUE;
}

static bool same_packets(const struct pg_forward *a, const struct pg_forward *b)
{
        return a->protocol == b->protocol && a->first == b->first && a->last == b->last &&
               a->has_target == b->has_target && a->is_v6 == b->is_v6 &&
               memcmp(a->target_first, b->target_first, sizeof(a->target_first)) == 0 &&
               memcmp(a->target_last, b->target_last, sizeof(a->target_last)) == 0 &&
               strcmp(a->interface, b->interface) == 0;
}

/* To the policy, other hosts are all one. */
static bool may_join(const struct pg_forward *a, const struct pg_forward *b)
{
        return pg_nat_same_target(a, b) || (!a->stays && !b->stays && a->is_limited == b->is_limited &&
                                            a->has_to == b->has_to && a->to_is_v6 == b->to_is_v6);
}

/* One rule that takes all packets, of several, is enough. Whether it is another target. */
static bool join(struct pg_forward *item, const struct pg_forward *packets)
{
        bool is_certain = (!item->is_limited && !item->is_conditional) ||
                          (!packets->is_limited && !packets->is_conditional);
        bool is_other = !pg_nat_same_target(item, packets);

        if (is_other)
                item->n_targets++;
        else if (item->is_limited && !packets->is_limited)
                item->n_targets = 1; /* those of all sources are counted */
        item->is_limited &= packets->is_limited;
        item->is_balanced |= packets->is_balanced;
        item->is_conditional = !is_certain;
        return is_other;
}

/* One more of the rule, which may balance packets over targets of which some are on this host. */
static void count_target(struct walk *walk)
{
        walk->n_of_rule++;
        for (size_t i = walk->first_of_rule; i < walk->nat->n; i++)
                walk->nat->items[i].n_targets = walk->n_of_rule;
}

/* Keeps a translation. 1, or -ENOMEM. */
static int note(struct walk *walk, const struct nftnl_rule *rule, struct pg_forward packets)
{
        struct pg_nat *nat = walk->nat;
        struct pg_forward *item;
        bool goes_on = nat->n > walk->n_before && same_packets(&nat->items[nat->n - 1], &packets);

        packets.is_conditional |= walk->may_be_over;
        packets.priority = walk->priority;
        packets.base = walk->base;
        packets.place = walk->n_met++;
        /* The same ports, balanced over many targets. */
        if (goes_on && may_join(&nat->items[nat->n - 1], &packets)) {
                if (join(&nat->items[nat->n - 1], &packets) && walk->rule == rule)
                        count_target(walk);
                return 1;
        }
        if (nat->n >= PG_FORWARDS_MAX) {
                nat->is_cut = true;
                return 1;
        }
        item = PG_ARRAY_ADD(nat->items, nat->n);
        if (!item)
                return -ENOMEM;
        *item = packets;
        item->table = strdup(walk->tables->table->name);
        item->chain = strdup(walk->chain);
        if (!goes_on || walk->rule != rule) {
                walk->rule = rule;
                walk->first_of_rule = nat->n - 1;
                walk->n_of_rule = 0;
        }
        count_target(walk);
        return item->table && item->chain ? 1 : -ENOMEM;
}

/* What is sent to this host itself stays; of a range of addresses, some may. */
static int note_target(struct walk *walk, const struct nftnl_rule *rule, struct pg_forward packets)
{
        bool is_range = memcmp(packets.to, packets.to_last, sizeof(packets.to)) != 0;
        int r;

        if (!packets.has_to ||
            (!pg_nat_is_loopback(packets.to_is_v6, packets.to) &&
             !pg_nat_is_ours(walk->tables->own, packets.to_is_v6, packets.to, packets.to_last)))
                return note(walk, rule, packets);
        packets.is_conditional |= is_range;
        r = is_range ? note(walk, rule, packets) : 0;
        if (is_range)
                walk->rule = NULL; /* that target is the same one */
        packets.stays = true;
        return r < 0 ? r : note(walk, rule, packets);
}

static int run_element(struct walk *walk, size_t at, const struct nftnl_expr *lookup,
                       struct nftnl_set_elem *element, struct pg_nat_state *state)
{
        uint32_t length = 0;
        const void *data;

        if (nftnl_set_elem_is_set(element, NFTNL_SET_ELEM_VERDICT))
                return follow(walk, (int32_t)nftnl_set_elem_get_u32(element, NFTNL_SET_ELEM_VERDICT),
                              nftnl_set_elem_get_str(element, NFTNL_SET_ELEM_CHAIN), state);
        data = nftnl_set_elem_get(element, NFTNL_SET_ELEM_DATA, &length);
        if (data)
                pg_nat_put(state, pg_nat_register(lookup, NFTNL_EXPR_LOOKUP_DREG), PG_NAT_BYTES, data,
                           length);
        return run(walk, at + 1, *state);
}

static int run_elements(struct walk *walk, size_t at, const struct nftnl_expr *e, bool is_map,
                        const struct pg_nat_state *state)
{
        uint8_t source = pg_nat_register(e, NFTNL_EXPR_LOOKUP_SREG);
        struct pg_nat_state before = {0};
        struct pg_nat_elements elements = {0};
        int r = pg_nat_elements_get(walk->tables, nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET),
                                    &elements);

        for (size_t i = 0; r >= 0 && i < elements.n && may_step(walk); i++) {
                const struct pg_nat_element *item = &elements.items[i];
                struct pg_nat_state some = *state;

                if (item->is_end ||
                    !pg_nat_narrow(&some, source, item->first, item->last, elements.key_length))
                        continue;
                /* What does not depend on the element need not be followed for each. */
                if (is_map || !before.rule || !same_packets(&some.packets, &before.packets))
                        r = run_element(walk, at, e, item->element, &some);
                before = some;
        }
        free(elements.items);
        return r < 0 ? r : 0;
}

static int run_lookup(struct walk *walk, size_t at, const struct nftnl_expr *e,
                      struct pg_nat_state *state)
{
        enum pg_nat_field field = state->fields[pg_nat_register(e, NFTNL_EXPR_LOOKUP_SREG)];
        bool is_not = nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
        bool is_map = nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG);

        state->is_partial = true;
        if (is_not || (!is_map && field == PG_NAT_CHANCE))
                pg_nat_condition(state);
        else if (!is_map && field == PG_NAT_SOURCE)
                state->packets.is_limited = true; /* some of those sets have a million elements */
        state->packets.is_balanced |= field == PG_NAT_CHANCE;
        if (is_not || (!is_map && field == PG_NAT_SOURCE))
                return run(walk, at + 1, *state);
        return run_elements(walk, at, e, is_map, state);
}

static int run_ports(struct walk *walk, size_t at, size_t n, const uint16_t *first,
                     const uint16_t *last, const struct pg_nat_state *state)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                struct pg_nat_state some = *state;

                if (pg_nat_narrow_ports(&some, 0, first[i], last[i]))
                        r = run(walk, at + 1, some);
        }
        return r < 0 ? r : 0;
}

static int run_expr(struct walk *walk, size_t at, const struct nftnl_expr *e,
                    struct pg_nat_state *state, bool *ret_goes_on)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME), *ignored;
        uint16_t first[PG_NAT_PORTS_MAX], last[PG_NAT_PORTS_MAX];
        size_t n;

        *ret_goes_on = false;
        if (strcmp(name, "lookup") == 0)
                return run_lookup(walk, at, e, state);
        if (strcmp(name, "immediate") == 0 &&
            nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG) == NFT_REG_VERDICT)
                return follow(walk, (int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT),
                              nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN), state);
        if (strcmp(name, "match") == 0 && (n = pg_nat_multiport(e, first, last)) > 0)
                return run_ports(walk, at, n, first, last, state);
        if (pg_nat_translate(state, e))
                return note_target(walk, state->rule, state->packets);
        walk->may_be_over |= pg_expr_may_drop(e, &ignored);
        *ret_goes_on = pg_nat_see(state, e);
        return 0;
}

/* The rule from the expression at `from` on. 1: all that came to it is over. */
static int run(struct walk *walk, size_t from, struct pg_nat_state state)
{
        struct nftnl_expr_iter *iter;
        const struct nftnl_expr *e;
        bool goes_on = true;
        int r = 0;

        if (walk->recursion >= RECURSION_MAX) {
                walk->nat->is_cut = true;
                return 0;
        }
        iter = nftnl_expr_iter_create(state.rule);
        if (!iter)
                return -ENOMEM;
        walk->recursion++;
        for (size_t i = 0; goes_on && (e = nftnl_expr_iter_next(iter)); i++)
                if (i >= from)
                        r = run_expr(walk, i, e, &state, &goes_on);
        walk->recursion--;
        nftnl_expr_iter_destroy(iter);
        return r > 0 && state.is_partial ? 0 : r;
}

/* A chain that packets come to first, and its table. */
struct base {
        struct pg_nat_table *table;
        struct nftnl_chain *chain;
        int32_t priority;
};
struct bases {
        struct pg_nat_table *table; /* that is looked at */
        struct base *items;
        size_t n;
};

static int add_base(struct nftnl_chain *chain, void *data)
{
        struct bases *bases = data;
        struct base *base = pg_nat_is_base(chain) ? PG_ARRAY_ADD(bases->items, bases->n) : NULL;

        if (base)
                *base = (struct base){bases->table, chain,
                                      nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO)};
        return base || !pg_nat_is_base(chain) ? 0 : -1;
}

static int compare_bases(const void *a, const void *b)
{
        const struct base *x = a, *y = b;

        return (x->priority > y->priority) - (x->priority < y->priority);
}

static int run_base(struct walk *walk, const struct base *base)
{
        int r;

        walk->tables->table = base->table;
        walk->priority = base->priority;
        walk->n_steps = 0;
        walk->n_before = walk->nat->n;
        walk->may_be_over = false;
        r = run_chain(walk, base->chain,
                      (struct pg_forward){.last = UINT16_MAX, .family = base->table->family});
        walk->base++;
        return r;
}

int pg_nat_walk(struct pg_nat_tables *tables, struct pg_nat *nat)
{
        struct walk walk = {.tables = tables, .nat = nat};
        struct bases bases = {0};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < tables->n; i++) {
                bases.table = &tables->items[i];
                if (bases.table->has_base &&
                    nftnl_chain_list_foreach(bases.table->chains, add_base, &bases) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0 && bases.n > 1)
                qsort(bases.items, bases.n, sizeof(*bases.items), compare_bases);
        for (size_t i = 0; r >= 0 && i < bases.n; i++)
                r = run_base(&walk, &bases.items[i]);
        free(bases.items);
        nat->is_cut |= tables->is_cut;
        return r < 0 ? r : 0;
}
