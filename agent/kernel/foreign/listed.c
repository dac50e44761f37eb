/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a rule of any program goes on only for sources that are listed: fail2ban and CrowdSec have
 * such rules, and no others. */
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/foreign/internal.h"

/* Where the whole source address stands in the network header. */
static bool is_source(uint8_t family, const struct nftnl_expr *e)
{
        uint32_t offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
        uint32_t length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        bool is_v4 = offset == 12 && length == 4, is_v6 = offset == 8 && length == 16;

        if (!nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG) ||
            nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE) != NFT_PAYLOAD_NETWORK_HEADER)
                return false;
        switch (family) {
        case NFPROTO_IPV4:
                return is_v4;
        case NFPROTO_IPV6:
                return is_v6;
        default:
                return is_v4 || is_v6;
        }
}

/* A set of its own name is one that somebody fills; those of a rule are called __set0 and the like. */
static bool looks_up(const struct nftnl_expr *e, uint32_t source)
{
        const char *set = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);

        return set && strncmp(set, "__", 2) != 0 &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_SREG) == source &&
               !nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG) &&
               !(nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV);
}

/* iptables has no sets: it has a rule for each address. */
static bool is_one(const struct nftnl_expr *e, uint32_t source, uint32_t length)
{
        uint32_t compared = 0;

        nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &compared);
        return nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_SREG) == source &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ && compared == length;
}

void pg_listed_see(struct pg_listed *listed, uint8_t family, const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
        uint32_t source = listed->source, length = listed->length;

        /* Only what comes at once: another expression may write over the register. */
        listed->source = listed->length = 0;
        if (!name || listed->is_listed)
                return;
        if (strcmp(name, "payload") == 0 && is_source(family, e)) {
                listed->source = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_DREG);
                listed->length = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
        } else if (source != 0) {
                listed->is_listed = (strcmp(name, "lookup") == 0 && looks_up(e, source)) ||
                                    (strcmp(name, "cmp") == 0 && is_one(e, source, length));
        }
}
