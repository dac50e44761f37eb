/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows packets through the NAT chains of prerouting. Not one packet, but at each step all that may
 * still be meant; where a map or a set sorts them out, each of its elements in turn.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/nat/internal.h"

/* Rules that are looked at. As chains can lead to one chain by many ways, there may be more ways than
 * rules. */
#define STEPS_MAX 4000000
/* The kernel's: NFT_JUMP_STACK_SIZE. Each may have looked into some sets on its way. */
#define DEPTH_MAX 16
#define RECURSION_MAX 64

struct walk {
        struct pg_nat_tables *tables;
        struct pg_nat_table *table;
        const struct pg_nat_chain *chain;
        struct pg_nat *nat;
        size_t n_steps, n_before; /* what the base chains before translate */
        int depth, recursion;
        bool may_be_over; /* a rule before may have ended some packets' way through the chain */
};

static int run_ops(struct walk *walk, const struct pg_nat_rule *rule, size_t from,
                   struct pg_forward packets, struct pg_nat_registers registers);

static bool may_step(struct walk *walk)
{
        if (walk->n_steps++ < STEPS_MAX)
                return true;
        walk->nat->is_cut = true;
        return false;
}

static int run_chain(struct walk *walk, const struct pg_nat_chain *chain,
                     const struct pg_forward *packets)
{
        const struct pg_nat_chain *before = walk->chain;
        int r = 0;

        walk->chain = chain;
        for (size_t i = 0; r >= 0 && i < chain->n && may_step(walk); i++) {
                r = run_ops(walk, &chain->rules[i], 0, *packets, (struct pg_nat_registers){0});
                if (chain->rules[i].is_final)
                        break;
        }
        walk->chain = before;
        return r;
}

static int follow(struct walk *walk, int32_t code, const char *name, const struct pg_forward *packets)
{
        const struct pg_nat_chain *chain = NULL;
        int r;

        if (name && (code == NFT_JUMP || code == NFT_GOTO))
                chain = pg_nat_chain_find(walk->table, name);
        if (!chain)
                return 0;
        if (walk->depth >= DEPTH_MAX) {
                walk->nat->is_cut = true;
                return 0;
        }
        walk->depth++;
        r = run_chain(walk, chain, packets);
        walk->depth--;
        return r;
}

static bool same_packets(const struct pg_forward *a, const struct pg_forward *b)
{
        return a->protocol == b->protocol && a->first == b->first && a->last == b->last &&
               a->has_target == b->has_target && a->is_v6 == b->is_v6 && a->stays == b->stays &&
               memcmp(a->target_first, b->target_first, sizeof(a->target_first)) == 0 &&
               memcmp(a->target_last, b->target_last, sizeof(a->target_last)) == 0 &&
               strcmp(a->interface, b->interface) == 0;
}

/* Where it goes to, as far as the rule says so. */
static void read_translation(const struct pg_nat_translation *to,
                             const struct pg_nat_registers *registers, struct pg_forward *packets)
{
        const struct pg_nat_word *words = registers->words;
        size_t at = to->address_register, n_words = to->is_v6 ? 4 : 1;

        packets->to_is_v6 = to->is_v6;
        packets->has_to = to->has_address;
        packets->stays = !to->has_address && !to->address_in_register;
        memcpy(packets->to, to->address, sizeof(packets->to));
        packets->to_port = to->has_port ? to->port : 0;
        if (to->address_in_register && at + n_words <= PG_NAT_REGISTERS) {
                packets->has_to = true;
                for (size_t i = 0; i < n_words; i++) {
                        packets->has_to = packets->has_to && words[at + i].has_bytes;
                        memcpy(packets->to + 4 * i, words[at + i].bytes, 4);
                }
        }
        at = to->port_register;
        if (to->port_in_register && at < PG_NAT_REGISTERS && words[at].has_bytes)
                packets->to_port = (uint16_t)(words[at].bytes[0] << 8 | words[at].bytes[1]);
}

static int note(struct walk *walk, const struct pg_nat_translation *to,
                const struct pg_nat_registers *registers, struct pg_forward packets)
{
        struct pg_nat *nat = walk->nat;
        struct pg_forward *slot;

        read_translation(to, registers, &packets);
        packets.family = walk->table->family;
        packets.is_conditional |= walk->may_be_over;
        /* The same ports, balanced over many targets. */
        if (nat->n > walk->n_before && same_packets(&nat->items[nat->n - 1], &packets) &&
            strcmp(nat->items[nat->n - 1].table, walk->table->name) == 0) {
                nat->items[nat->n - 1].n_targets++;
                return 0;
        }
        if (nat->n >= PG_FORWARDS_MAX) {
                nat->is_cut = true;
                return 0;
        }
        packets.n_targets = 1;
        packets.table = strdup(walk->table->name);
        packets.chain = strdup(walk->chain->name);
        slot = packets.table && packets.chain ? PG_ARRAY_ADD(nat->items, nat->n) : NULL;
        if (!slot) {
                free(packets.table);
                free(packets.chain);
                return -ENOMEM;
        }
        *slot = packets;
        return 0;
}

/* Whether it ends the way through the chain, of the packets that it is said of. */
static bool ends(int32_t code)
{
        return code != NFT_JUMP && code != NFT_CONTINUE && code != NFT_GOTO;
}

static int run_element(struct walk *walk, const struct pg_nat_rule *rule, size_t at,
                       const struct pg_nat_set *set, const struct pg_nat_element *element,
                       struct pg_forward packets, struct pg_nat_registers registers)
{
        const struct pg_nat_op *op = &rule->ops[at];

        if (!pg_nat_narrow(&packets, &registers, op->lookup.source, element->first, element->last,
                           set->key_length))
                return 0;
        if (op->lookup.has_verdict) {
                walk->may_be_over |= ends(element->code);
                return follow(walk, element->code, element->chain, &packets);
        }
        if (op->lookup.has_data)
                pg_nat_set_bytes(&registers, op->lookup.target, element->data, element->data_length);
        return run_ops(walk, rule, at + 1, packets, registers);
}

/* What does not depend on the element need not be followed for each: a set of sources, of which some
 * have a million. */
static bool is_same_for_all(const struct pg_nat_op *op, const struct pg_nat_set *set,
                            const struct pg_nat_registers *registers)
{
        if (op->lookup.has_verdict || op->lookup.has_data)
                return false;
        for (size_t i = op->lookup.source;
             i < PG_NAT_REGISTERS && 4 * (i - op->lookup.source) < set->key_length; i++)
                if (registers->words[i].field != PG_NAT_UNKNOWN &&
                    registers->words[i].field != PG_NAT_SOURCE)
                        return false;
        return true;
}

static bool has_field(const struct pg_nat_registers *registers, uint8_t at, enum pg_nat_field field)
{
        return at < PG_NAT_REGISTERS && registers->words[at].field == field;
}

static int run_lookup(struct walk *walk, const struct pg_nat_rule *rule, size_t at,
                      struct pg_forward packets, const struct pg_nat_registers *registers)
{
        const struct pg_nat_op *op = &rule->ops[at];
        const struct pg_nat_set *set = NULL;
        int r = 0;

        packets.is_conditional |= op->lookup.is_negated;
        if (op->lookup.is_negated)
                return run_ops(walk, rule, at + 1, packets, *registers);
        if (!op->lookup.has_verdict && !op->lookup.has_data &&
            has_field(registers, op->lookup.source, PG_NAT_SOURCE)) {
                packets.is_limited = true;
                return run_ops(walk, rule, at + 1, packets, *registers);
        }
        r = pg_nat_set_get(walk->tables, walk->table, op->lookup.set, &set);
        if (r < 0 || !set)
                return r;
        packets.is_conditional |= is_same_for_all(op, set, registers);
        if (set->n > 0 && is_same_for_all(op, set, registers))
                return run_ops(walk, rule, at + 1, packets, *registers);
        for (size_t i = 0; r >= 0 && i < set->n && may_step(walk); i++)
                r = run_element(walk, rule, at, set, &set->elements[i], packets, *registers);
        return r;
}

static int run_ports(struct walk *walk, const struct pg_nat_rule *rule, size_t at,
                     const struct pg_forward *packets, const struct pg_nat_registers *registers)
{
        const struct pg_nat_op *op = &rule->ops[at];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < op->ports.n; i++) {
                struct pg_forward some = *packets;

                if (pg_nat_narrow_ports(&some, op->ports.protocol, op->ports.first[i],
                                        op->ports.last[i]))
                        r = run_ops(walk, rule, at + 1, some, *registers);
        }
        return r;
}

/* One step that leads to no other rule. Returns whether packets are left. */
static bool run_op(const struct pg_nat_op *op, struct pg_forward *packets,
                   struct pg_nat_registers *registers)
{
        switch (op->kind) {
        case PG_NAT_LOAD:
                pg_nat_load(registers, op);
                return true;
        case PG_NAT_DATA:
                pg_nat_set_bytes(registers, op->data.target, op->data.bytes, op->data.length);
                return true;
        case PG_NAT_MASK:
                pg_nat_mask(registers, op);
                return true;
        case PG_NAT_CONDITION:
                packets->is_conditional = true;
                return true;
        case PG_NAT_COMPARE:
                packets->is_conditional |= op->compare.is_negated ||
                                           op->compare.source >= PG_NAT_REGISTERS ||
                                           has_field(registers, op->compare.source, PG_NAT_UNKNOWN);
                return op->compare.is_negated ||
                       pg_nat_narrow(packets, registers, op->compare.source, op->compare.first,
                                     op->compare.last, op->compare.length);
        default:
                return true;
        }
}

static int run_ops(struct walk *walk, const struct pg_nat_rule *rule, size_t from,
                   struct pg_forward packets, struct pg_nat_registers registers)
{
        int r = 0;

        if (walk->recursion >= RECURSION_MAX) {
                walk->nat->is_cut = true;
                return 0;
        }
        walk->recursion++;
        for (size_t i = from; r >= 0 && i < rule->n; i++) {
                const struct pg_nat_op *op = &rule->ops[i];

                if (op->kind == PG_NAT_LOOKUP)
                        r = run_lookup(walk, rule, i, packets, &registers);
                else if (op->kind == PG_NAT_PORTS)
                        r = run_ports(walk, rule, i, &packets, &registers);
                else if (op->kind == PG_NAT_VERDICT && ends(op->verdict.code))
                        walk->may_be_over = true;
                else if (op->kind == PG_NAT_VERDICT)
                        r = follow(walk, op->verdict.code, op->verdict.chain, &packets);
                else if (op->kind == PG_NAT_TRANSLATE)
                        r = note(walk, &op->translation, &registers, packets);
                else if (run_op(op, &packets, &registers))
                        continue;
                break;
        }
        walk->recursion--;
        return r;
}

int pg_nat_walk(struct pg_nat_tables *tables, struct pg_nat *nat)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < tables->n; i++)
                for (size_t j = 0; r >= 0 && tables->items[i].has_base && j < tables->items[i].n_chains;
                     j++) {
                        const struct pg_nat_chain *chain = &tables->items[i].chains[j];
                        const struct pg_forward all = {.last = UINT16_MAX};
                        struct walk walk = {
                                .tables = tables,
                                .table = &tables->items[i],
                                .nat = nat,
                                .n_before = nat->n,
                        };

                        if (chain->is_base)
                                r = run_chain(&walk, chain, &all);
                }
        nat->is_cut |= tables->is_cut;
        return r;
}
