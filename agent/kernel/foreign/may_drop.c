/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a rule of any program may end a packet, and to which chain it leads. */
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_CT.h>
#include <string.h>

#include "kernel/foreign/internal.h"

/* What matches, loads, counts, marks or rewrites. Any other expression may end a packet, so that one of
 * a later kernel is not taken for harmless. */
static const char *const harmless[] = {
        "bitwise", "byteorder", "cmp",          "connlimit", "counter", "ct",     "dup",    "dynset",
        "exthdr",  "fib",       "flow_offload", "hash",      "inner",   "last",   "limit",  "log",
        "masq",    "match",     "meta",         "nat",       "notrack", "numgen", "osf",    "payload",
        "quota",   "range",     "redir",        "rt",        "socket",  "tproxy", "tunnel", "xfrm",
};

/* The same of iptables-nft, which has its targets by the names of xtables. */
static const char *const harmless_targets[] = {
        "AUDIT",   "CHECKSUM",   "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT",      "DNAT",
        "DSCP",    "ECN",        "HL",       "HMARK",    "IDLETIMER",   "LED",     "LOG",
        "MARK",    "MASQUERADE", "NETMAP",   "NFLOG",    "NOTRACK",     "RATEEST", "REDIRECT",
        "SECMARK", "SET",        "SNAT",     "TCPMSS",   "TCPOPTSTRIP", "TEE",     "TOS",
        "TPROXY",  "TRACE",      "TTL",
};

static bool is_among(const char *name, const char *const *names, size_t n)
{
        for (size_t i = 0; name && i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

static bool immediate_may_drop(const struct nftnl_expr *e, const char **ret_target)
{
        if (nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG) != NFT_REG_VERDICT)
                return false;
        switch ((int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT)) {
        case NFT_JUMP:
        case NFT_GOTO:
                *ret_target = nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN);
                return !*ret_target;
        case NFT_CONTINUE:
        case NFT_RETURN:
        case NF_ACCEPT:
                return false;
        default: /* dropped, or handed to a program that may */
                return true;
        }
}

bool pg_expr_ends_chain(const struct nftnl_expr *e, bool *ret_decides)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
        int32_t verdict;

        *ret_decides = false;
        if (!name || strcmp(name, "immediate") != 0 ||
            nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_DREG) != NFT_REG_VERDICT)
                return false;
        verdict = (int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT);
        *ret_decides = verdict == NF_ACCEPT || verdict == NF_DROP;
        return *ret_decides || verdict == NFT_GOTO || verdict == NFT_RETURN;
}

bool pg_expr_maps_verdict(const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

        return name && strcmp(name, "lookup") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG) &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT;
}

bool pg_expr_may_drop(const struct nftnl_expr *e, const char **ret_target)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

        *ret_target = NULL;
        if (!name)
                return true;
        if (strcmp(name, "immediate") == 0)
                return immediate_may_drop(e, ret_target);
        if (strcmp(name, "lookup") == 0)
                return pg_expr_maps_verdict(e);
        if (strcmp(name, "objref") == 0)
                return nftnl_expr_is_set(e, NFTNL_EXPR_OBJREF_IMM_TYPE) &&
                       nftnl_expr_get_u32(e, NFTNL_EXPR_OBJREF_IMM_TYPE) == NFT_OBJECT_SYNPROXY;
        if (strcmp(name, "target") == 0 && !pg_expr_is_unknown(e))
                return !is_among(nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME), harmless_targets,
                                 PG_ELEMENTSOF(harmless_targets));
        return !is_among(pg_expr_name(e), harmless, PG_ELEMENTSOF(harmless));
}

/* "ct zone set 5" */
static bool sets_zone(const struct nftnl_expr *e)
{
        return nftnl_expr_is_set(e, NFTNL_EXPR_CT_SREG) &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_CT_KEY) == NFT_CT_ZONE;
}

/* iptables -j NOTRACK; -j CT --notrack and --zone, whose structures all begin with flags, of which each
 * but XT_CT_NOTRACK_ALIAS is one of these two, and the zone. */
bool pg_expr_untracks(const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME), *target;
        uint16_t words[2] = {0};
        uint32_t length = 0;
        const void *info;

        if (name && strcmp(name, "ct") == 0)
                return sets_zone(e);
        if (name && strcmp(name, "notrack") == 0)
                return true;
        if (!name || strcmp(name, "target") != 0)
                return false;
        target = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
        info = nftnl_expr_get(e, NFTNL_EXPR_TG_INFO, &length);
        if (target && strcmp(target, "CT") == 0 && info && length >= sizeof(words))
                memcpy(words, info, sizeof(words));
        return (target && strcmp(target, "NOTRACK") == 0) || (words[0] & ~XT_CT_NOTRACK_ALIAS) ||
               words[1];
}

bool pg_expr_proxies(const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME), *target;

        if (!name || strcmp(name, "target") != 0)
                return name && strcmp(name, "tproxy") == 0;
        target = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
        return target && strcmp(target, "TPROXY") == 0;
}

/* To another destination: nft's dnat and redirect, and those of iptables. */
bool pg_expr_sends(const struct nftnl_expr *e)
{
        const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME), *target;

        if (name && strcmp(name, "nat") == 0)
                return nftnl_expr_get_u32(e, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT;
        if (!name || strcmp(name, "target") != 0)
                return name && strcmp(name, "redir") == 0;
        target = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);
        return target && (strcmp(target, "DNAT") == 0 || strcmp(target, "REDIRECT") == 0);
}
