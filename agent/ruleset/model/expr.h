/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftables expressions as values, and one builder for each match that the compiler needs. Numbers are
 * those of linux/netfilter/nf_tables.h.
 */
#ifndef PG_RULESET_MODEL_EXPR_H
#define PG_RULESET_MODEL_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#define PG_NAME_MAX 256 /* NFT_NAME_MAXLEN */
#define PG_DATA_MAX 16

enum pg_expr_kind {
        PG_EXPR_META,    /* load meta data */
        PG_EXPR_CT,      /* load connection tracking data */
        PG_EXPR_PAYLOAD, /* load from the packet */
        PG_EXPR_BITWISE, /* and, then xor */
        PG_EXPR_CMP,
        PG_EXPR_LOOKUP, /* in a set, or in a verdict map */
        PG_EXPR_VERDICT,
        PG_EXPR_LIMIT,
        PG_EXPR_COUNTER,
        PG_EXPR_LOG,
        PG_EXPR_DYNSET,  /* update a set from the packet */
        PG_EXPR_REJECT,  /* drop, and tell the sender */
        PG_EXPR_FOREIGN, /* read from the kernel, and nothing that portguard makes */
        PG_EXPR_KINDS,
};

/* Registers are numbered in words of 32 bits, 0 to 15. */
struct pg_load {
        uint32_t key;
        uint32_t reg;
};

struct pg_payload {
        uint32_t base, offset, length;
        uint32_t reg;
};

struct pg_bitwise {
        uint32_t source, target;
        uint32_t length;
        uint8_t mask[PG_DATA_MAX], xor[PG_DATA_MAX];
};

struct pg_cmp {
        uint32_t reg;
        uint32_t op;
        uint32_t length;
        uint8_t data[PG_DATA_MAX];
};

struct pg_lookup {
        uint32_t reg;
        bool is_map; /* its verdict is the rule's */
        bool is_not; /* goes on where the set does not have it */
        char set[PG_NAME_MAX];
};

struct pg_verdict {
        int32_t code; /* NF_ACCEPT, NF_DROP, NFT_GOTO, NFT_JUMP, NFT_RETURN */
        char chain[PG_NAME_MAX];
};

struct pg_limit {
        uint64_t rate; /* packets */
        uint64_t unit; /* seconds */
        uint32_t burst;
};

struct pg_counter {
        uint64_t packets, bytes; /* as the kernel says; not compared */
};

struct pg_log {
        char prefix[PG_NAME_MAX];
        uint32_t level;
};

/* What each element of the set has of its own: a counter, or a limit that the packet must be within. */
struct pg_dynset {
        uint32_t op;
        uint32_t reg;
        bool has_limit;
        struct pg_limit limit;
        char set[PG_NAME_MAX];
};

struct pg_reject {
        uint32_t type; /* NFT_REJECT_TCP_RST, ... */
        uint32_t code; /* of NFT_REJECT_ICMPX_UNREACH; else 0 */
};

struct pg_expr {
        enum pg_expr_kind kind;
        union {
                struct pg_load meta;
                struct pg_load ct;
                struct pg_payload payload;
                struct pg_bitwise bitwise;
                struct pg_cmp cmp;
                struct pg_lookup lookup;
                struct pg_verdict verdict;
                struct pg_limit limit;
                struct pg_counter counter;
                struct pg_log log;
                struct pg_dynset dynset;
                struct pg_reject reject;
                char foreign[PG_NAME_MAX]; /* the name of the expression */
        };
};

struct pg_rule;

/* Appends a copy of the expression to the rule. 0 or -ENOMEM. */
int pg_rule_add_expr(struct pg_rule *rule, const struct pg_expr *expr);

/* Builders: each appends to the rule what stands in its comment in nft's words. They return 0 or
 * -ENOMEM; a rule to which one failed must be thrown away. `is_source` chooses saddr or daddr. */
int pg_match_iif_lo(struct pg_rule *rule);                                     /* iif lo */
int pg_match_oif_lo(struct pg_rule *rule);                                     /* oif lo */
int pg_match_interface(struct pg_rule *rule, bool is_input, const char *name); /* iifname NAME */
int pg_match_ct_state(struct pg_rule *rule, uint32_t states);                  /* ct state a,b */
int pg_match_ct_status(struct pg_rule *rule, uint32_t bits);                   /* ct status a,b */
int pg_match_protocol(struct pg_rule *rule, uint8_t protocol);                 /* meta l4proto P */
int pg_match_other_protocol(struct pg_rule *rule, uint8_t protocol);           /* meta l4proto != P */
int pg_match_family(struct pg_rule *rule, uint8_t nfproto);                    /* meta nfproto F */
int pg_match_family_set(struct pg_rule *rule, const char *set);                /* meta nfproto @SET */
int pg_match_port(struct pg_rule *rule, bool is_source, uint16_t port);        /* th dport P */
int pg_match_type(struct pg_rule *rule, uint8_t first, uint8_t last);          /* icmp type A-B */
int pg_match_hop_limit(struct pg_rule *rule, uint8_t hops);                    /* ip6 hoplimit N */
int pg_match_prefix4(struct pg_rule *rule, bool is_source, const uint8_t address[4], unsigned length);
int pg_match_prefix6(struct pg_rule *rule, bool is_source, const uint8_t address[16], unsigned length);
int pg_match_set(struct pg_rule *rule, bool is_v6, bool is_source, const char *set); /* ip saddr @SET */
int pg_match_not_in_set(struct pg_rule *rule, bool is_v6, bool is_source,
                        const char *set); /* ip saddr != @SET */
int pg_match_address_map(struct pg_rule *rule, bool is_v6, bool is_source,
                         const char *map); /* ip saddr vmap @MAP */
/* meta l4proto . th dport @SET */
int pg_match_ports(struct pg_rule *rule, const char *set);
int pg_match_port_map(struct pg_rule *rule, uint8_t protocol,
                      const char *map);                                        /* tcp dport vmap @MAP */
int pg_match_protocol_set(struct pg_rule *rule, const char *set, bool is_map); /* meta l4proto @SET */
int pg_match_source_ports_map(struct pg_rule *rule,
                              const char *map); /* meta l4proto . th sport vmap @MAP */
int pg_do_verdict(struct pg_rule *rule, int32_t code, const char *chain);
int pg_do_limit(struct pg_rule *rule, uint64_t rate, uint64_t unit, uint32_t burst);
int pg_do_counter(struct pg_rule *rule);
int pg_do_log(struct pg_rule *rule, const char *prefix);
int pg_match_tcp_syn(struct pg_rule *rule); /* tcp flags syn / fin,syn,rst,ack */
int pg_do_reset(struct pg_rule *rule);      /* reject with tcp reset */
int pg_do_prohibit(struct pg_rule *rule);   /* reject with icmpx admin-prohibited */
/* update @SET { saddr . meta l4proto . th dport counter } */
int pg_do_remember(struct pg_rule *rule, bool is_v6, bool is_source, const char *set);
/* update @SET { meta l4proto . th dport counter } */
int pg_do_remember_port(struct pg_rule *rule, const char *set);
/* update @SET { saddr . meta l4proto . th sport counter } */
int pg_do_remember_asker(struct pg_rule *rule, bool is_v6, const char *set);
/* daddr . meta l4proto . th dport @SET */
int pg_match_asker(struct pg_rule *rule, bool is_v6, const char *set);
/* update @SET { saddr limit rate RATE/UNIT burst BURST packets } */
int pg_do_limit_each(struct pg_rule *rule, bool is_v6, const char *set, const struct pg_limit *limit);

#endif
