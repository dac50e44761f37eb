/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a rule of any program rewrites what decides which port of which host a packet reaches. */
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/foreign/internal.h"

/* In the network header: the protocol and the addresses, of IPv6 what an offset of IPv4 may be, too.
 * What is only written for its TTL, DSCP or ECN changes no port. */
static bool is_told_apart(uint32_t base, bool is_v4, uint32_t byte)
{
        switch (base) {
        case NFT_PAYLOAD_TRANSPORT_HEADER:
                return byte < 4;
        case NFT_PAYLOAD_NETWORK_HEADER:
                return is_v4 ? byte == 9 || byte > 11 : byte == 6 || byte > 7;
        case NFT_PAYLOAD_LL_HEADER: /* behind the header of a VLAN */
                return byte >= 18;
        default: /* what ports carry */
                return false;
        }
}

/* nft writes even numbers of bytes: it loads them, changes some bits, and writes all of them back. */
static bool stays(const struct pg_rewriting *rewriting, const struct nftnl_expr *e, uint32_t byte)
{
        return rewriting->is_masked && byte < sizeof(rewriting->kept) && rewriting->kept[byte] &&
               rewriting->source == nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_SREG) &&
               rewriting->base == nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE) &&
               rewriting->offset == nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
}

static bool writes(const struct pg_rewriting *rewriting, uint8_t family, const struct nftnl_expr *e)
{
        uint32_t base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
        uint32_t offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        /* Only IPv4 has a checksum of its header. */
        bool is_v4 = family == NFPROTO_IPV4 ||
                     nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_CSUM_TYPE) == NFT_PAYLOAD_CSUM_INET;

        for (uint32_t i = 0; i < length && i < NFT_REG_SIZE * 4; i++)
                if (is_told_apart(base, is_v4, offset + i) && !stays(rewriting, e, i))
                        return true;
        return false;
}

/* Which bytes that were just loaded a bitwise expression leaves as they are. */
static bool is_masked(struct pg_rewriting *rewriting, const struct nftnl_expr *e)
{
        uint32_t n_mask = 0, n_xor = 0;
        const uint8_t *mask = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &n_mask);
        const uint8_t *flipped = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_XOR, &n_xor);

        if (!mask || !flipped || nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_SREG) != rewriting->source ||
            nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_DREG) != rewriting->source)
                return false;
        for (uint32_t i = 0; i < sizeof(rewriting->kept); i++)
                rewriting->kept[i] = i < n_mask && i < n_xor && mask[i] == UINT8_MAX && flipped[i] == 0;
        return true;
}

bool pg_rewriting_see(struct pg_rewriting *rewriting, uint8_t family, const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
        struct pg_rewriting before = *rewriting;

        /* Only what comes at once: another expression may write over the register. */
        *rewriting = (struct pg_rewriting){0};
        if (name && strcmp(name, "payload") == 0) {
                if (nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_SREG))
                        return writes(&before, family, e);
                rewriting->source = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_DREG);
                rewriting->base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
                rewriting->offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        } else if (name && strcmp(name, "bitwise") == 0 && before.source != 0) {
                *rewriting = before;
                rewriting->is_masked = is_masked(rewriting, e);
                if (!rewriting->is_masked)
                        rewriting->source = 0;
        }
        return false;
}
