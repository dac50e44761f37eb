/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets meet the conditions of a rule. */
#include <string.h>

#include "kernel/foreign/nat/internal.h"

static size_t words_of(size_t length)
{
        return (length + 3) / 4;
}

void pg_nat_load(struct pg_nat_registers *registers, const struct pg_nat_op *op)
{
        size_t n = words_of(op->load.length);

        for (size_t i = 0; i < n && op->load.target + i < PG_NAT_REGISTERS; i++)
                registers->words[op->load.target + i] = (struct pg_nat_word){
                        .field = op->load.field,
                        .offset = (uint8_t)(4 * i),
                        .length = op->load.length,
                        .mask = {0xff, 0xff, 0xff, 0xff},
                };
}

void pg_nat_mask(struct pg_nat_registers *registers, const struct pg_nat_op *op)
{
        size_t n = words_of(op->mask.length);

        for (size_t i = 0; i < n && op->mask.source + i < PG_NAT_REGISTERS; i++) {
                struct pg_nat_word word = registers->words[op->mask.source + i];

                word.has_bytes = false;
                memcpy(word.mask, op->mask.mask + 4 * i, sizeof(word.mask));
                if (op->mask.target + i < PG_NAT_REGISTERS)
                        registers->words[op->mask.target + i] = word;
        }
}

void pg_nat_set_bytes(struct pg_nat_registers *registers, uint8_t target, const uint8_t *bytes,
                      size_t length)
{
        for (size_t i = 0; 4 * i < length && target + i < PG_NAT_REGISTERS; i++) {
                struct pg_nat_word *word = &registers->words[target + i];
                size_t rest = length - 4 * i;

                *word = (struct pg_nat_word){.has_bytes = true};
                memcpy(word->bytes, bytes + 4 * i, rest < 4 ? rest : 4);
        }
}

bool pg_nat_narrow_ports(struct pg_forward *packets, uint8_t protocol, uint16_t first, uint16_t last)
{
        if (protocol != 0 && packets->protocol != 0 && packets->protocol != protocol)
                return false;
        if (protocol != 0)
                packets->protocol = protocol;
        if (first > packets->first)
                packets->first = first;
        if (last < packets->last)
                packets->last = last;
        return packets->first <= packets->last;
}

static uint16_t read_port(const uint8_t bytes[static 2])
{
        return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The bytes of an address that were loaded and not masked out decide; the others are any. */
static void narrow_target(struct pg_forward *packets, const struct pg_nat_word *words, bool is_v6,
                          const uint8_t *first, const uint8_t *last)
{
        size_t size = is_v6 ? 16 : 4, length = words[0].length < size ? words[0].length : size;

        packets->has_target = true;
        packets->is_v6 = is_v6;
        memset(packets->target_first, 0, size);
        memset(packets->target_last, 0xff, size);
        for (size_t i = 0; i < length; i++) {
                uint8_t mask = words[i / 4].mask[i % 4];

                packets->target_first[i] = first[i] & mask;
                packets->target_last[i] = (uint8_t)(last[i] | ~mask);
        }
}

static void narrow_interface(struct pg_forward *packets, const uint8_t *name, size_t length)
{
        size_t size = length < sizeof(packets->interface) ? length : sizeof(packets->interface) - 1;

        memset(packets->interface, 0, sizeof(packets->interface));
        memcpy(packets->interface, name, size);
        /* A name that is compared in part only stands for all that begin so. */
        if (size > 0 && strlen(packets->interface) == size && size + 1 < sizeof(packets->interface))
                packets->interface[size] = '*';
}

static bool is_single(const uint8_t *first, const uint8_t *last, size_t length)
{
        return memcmp(first, last, length) == 0;
}

bool pg_nat_narrow(struct pg_forward *packets, const struct pg_nat_registers *registers, uint8_t source,
                   const uint8_t *first, const uint8_t *last, size_t length)
{
        bool some = true;

        for (size_t i = 0; some && 4 * i < length && source + i < PG_NAT_REGISTERS; i++) {
                const struct pg_nat_word *words = &registers->words[source + i];
                const uint8_t *low = first + 4 * i, *high = last + 4 * i;
                size_t rest = length - 4 * i;

                if (words->offset != 0)
                        continue; /* was looked at with the field's first word */
                if (words->field == PG_NAT_PROTOCOL && is_single(low, high, 1))
                        some = pg_nat_narrow_ports(packets, low[0], 0, UINT16_MAX);
                else if (words->field == PG_NAT_PORT && rest >= 2 && words->mask[0] == 0xff &&
                         words->mask[1] == 0xff)
                        some = pg_nat_narrow_ports(packets, 0, read_port(low), read_port(high));
                else if (words->field == PG_NAT_TARGET4 && rest >= words->length)
                        narrow_target(packets, words, false, low, high);
                else if (words->field == PG_NAT_TARGET6 && rest >= words->length)
                        narrow_target(packets, words, true, low, high);
                else if (words->field == PG_NAT_INTERFACE &&
                         is_single(low, high, rest < IF_NAMESIZE ? rest : IF_NAMESIZE))
                        narrow_interface(packets, low, rest);
                else if (words->field == PG_NAT_SOURCE)
                        packets->is_limited = true;
        }
        return some;
}
