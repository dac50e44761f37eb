/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a policy lets one new connection pass, or does not; and two policies side by side. */
#ifndef PORTGUARD_EXPLAIN_H
#define PORTGUARD_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/error.h"

struct pg_settings;
struct pg_request;
struct pg_outcome;

/* One new connection, and who is asked about it. */
struct pg_question {
        const char *ports;                /* "tcp/10250", "protocol/gre", "ping" */
        const char *address;              /* of the other side */
        bool outbound;                    /* to that address, instead of from it */
        const char *interface;            /* NULL: the one that the routing table names */
        unsigned source_port;             /* 0: any but a DHCP server's */
        uint32_t generation;              /* of the history; 0: what is enforced */
        const struct pg_request *request; /* what it compiles to; or NULL */
        bool accepts_no_answer;           /* PG_REASON_CHANGED is an answer, and no failure */
};

enum pg_verdict_reason {
        PG_REASON_OFF,       /* nothing is enforced: other tables decide */
        PG_REASON_BASE,      /* what every policy lets pass */
        PG_REASON_SERVICE,   /* a service claims the port, and lets in whom it lets in */
        PG_REASON_DEFAULT,   /* no service claims the port */
        PG_REASON_ROUTING,   /* the kernel drops or refuses it before any policy sees it */
        PG_REASON_INVALID,   /* it is open, but connection tracking takes the packet for invalid */
        PG_REASON_FORWARDED, /* NAT sends it to another host: the forward chains decide */
        PG_REASON_CHANGED,   /* not known: somebody else's rules are in the table */
};

/* A service that claims the port. */
struct pg_claimant {
        char *name;    /* "k8s-node/kubelet" */
        char *summary; /* or "" */
        char *ports;   /* "tcp/10000-11000": its claim */
        char *file;    /* or NULL: built in, or not known any more */
        unsigned line, column;
};

struct pg_explanation {
        bool accepts; /* not to be looked at with PG_REASON_CHANGED */
        bool rejects; /* it does not, and the program that sends is told at once: strict egress, or the
                       * kernel's routing */
        enum pg_verdict_reason reason;
        char *change;          /* PG_REASON_CHANGED: what is not as it was enforced; else NULL */
        char *ports, *address; /* as they were understood */
        bool outbound;
        char *interface;       /* as rules see it; or NULL: not known */
        char *asked_interface; /* its name in the question, where rules never see that; or NULL */
        char *relation;        /* of `interface` to that: "the bridge that it belongs to"; or NULL */
        char *member;   /* of a VRF, by which it comes in or leaves; or NULL: none, or not known */
        bool is_routed; /* the routing table named the interface */
        char *arrival;  /* how such packets come here, or why not, or are not sent, where that is
                         * special; or NULL */
        char *base;     /* PG_REASON_BASE: which traffic; else NULL */
        struct pg_claimant *owners; /* who owns the port */
        size_t n_owners;
        struct pg_claimant *overridden; /* who claims it too, with a wider range */
        size_t n_overridden;
        char *allowed;    /* whom the owners let in: "any", "cluster, control-plane"; or NULL */
        char *matched;    /* what of it the packet is in: "10.0.0.0/8", "%wg0"; or NULL */
        char *scope;      /* which of the scopes that was, or NULL */
        char *entry;      /* what that was written as: "10.0.0.0/8", "%wg*", "@cluster.txt"; or NULL */
        char *entry_file; /* where; NULL: built in */
        unsigned entry_line, entry_column;
        /* Of each source, accepted at most so often, and so many at once; 0: no limit. */
        unsigned rate_count, rate_seconds, rate_burst;
        char *advice;        /* what would let it pass, or NULL */
        uint32_t generation; /* 0 for a request's, and where nothing is enforced */
        char **profiles;
        size_t n_profiles;
};

/* Explains what becomes of the first packet of a connection. The answer is that of the policy that
 * is asked about; where that is the enforced one, it is read back from the kernel, and a table that
 * does not hold what its generation says is reported in `diagnostics`.
 * in:     question
 * out:    *ret, freed with pg_explanation_free()
 * errors: USAGE: the question cannot be understood; INVALID: profiles or site of its request;
 *         -ENOENT: there is no such generation; DRIFT: somebody changed the rules, so that no
 *         policy can answer, unless the question accepts that */
int pg_explain(const struct pg_settings *settings, const struct pg_question *question,
               struct pg_explanation **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_explanation *pg_explanation_free(struct pg_explanation *explanation);

/* A NAT rule of another table that sends the packet elsewhere before the policy sees it. */
struct pg_translation {
        char *table, *chain; /* "ip nat", "PREROUTING" */
        char *to;            /* "port 30080", "ports 440-445", "172.17.0.2:80 or 1 more" */
        char *ports;         /* as which it arrives: "tcp/30080", or as one of "tcp/440-445" */
        char *address;       /* only what is sent to that address of this host; or NULL */
        char *interface;     /* only what comes in by that; or NULL */
        bool stays;          /* on this host, where the policy judges it; else other hosts' packets are
                              * forwarded, which portguard does not govern */
        bool is_certain; /* every such packet; else only where conditions hold that are not looked at */
        const char *dropped; /* why the kernel's routing drops it then; NULL: it does not. Static */
        struct pg_explanation *then; /* of what arrives; NULL where it does not stay, is dropped, or
                                      * may arrive as several ports */
};
struct pg_translations {
        struct pg_translation *items;
        size_t n;
        bool is_forwarded; /* every such packet goes to another host, by whichever of them */
        bool is_cut;       /* there are more NAT rules than are looked at */
        bool is_legacy;    /* the NAT table of legacy iptables exists, and is not looked into */
};

/* The translations of an inbound packet; none of one that leaves. What cannot be understood of a
 * rule's conditions is taken to be met, and then it is not certain.
 * in:     question
 * out:    *ret, freed with pg_translations_free()
 * errors: as pg_explain() */
int pg_explain_translations(const struct pg_settings *settings, const struct pg_question *question,
                            struct pg_translations **ret, struct pg_error *error);
struct pg_translations *pg_translations_free(struct pg_translations *translations);

/* A base chain of another table that the packet meets too. */
struct pg_chain_view {
        char *table; /* "ip filter" */
        char *chain;
        char *hook; /* "input" */
        int priority;
        bool is_same_hook;    /* as portguard's; else one that comes before */
        bool may_drop;        /* whatever portguard says */
        bool may_untrack;     /* takes packets out of connection tracking (notrack), or into another
                               * zone of it: one that belongs to a connection is not known as that
                               * then, and judged like a new one, or dropped */
        bool is_of_answers;   /* it meets what the other side sends back, and may untrack that */
        const char *rewrites; /* "before the policy sees them": when it may give packets another
                               * protocol, address or port, without NAT; NULL: it does not. Static */
        bool may_proxy;       /* hands packets to the socket of another port (tproxy) */
};
struct pg_chain_views {
        struct pg_chain_view *items; /* as the packet meets them; then those that answers meet */
        size_t n;
        char *legacy; /* the tables of legacy iptables, "filter, nat", which are not looked into; or
                       * NULL
                       */
};

/* The base chains of other tables on the packet's way, of which each may still drop it: also those
 * of the forward hook where a translation sends it on.
 * in:     question; translations, of pg_explain_translations(): where a chain may take the packet
 *         out of connection tracking, none of them is certain any more
 * out:    *ret, freed with pg_chain_views_free()
 * errors: USAGE: the question cannot be understood */
int pg_explain_foreign_chains(const struct pg_question *question, struct pg_translations *translations,
                              struct pg_chain_views **ret, struct pg_error *error);
struct pg_chain_views *pg_chain_views_free(struct pg_chain_views *others);

/* What a rule did with a real packet. */
struct pg_trace_line {
        char *table; /* "inet portguard" */
        char *chain;
        char *rule;      /* of portguard's own table, in the words of nft(8); or NULL */
        uint64_t handle; /* of the rule, as in `nft -a list`; 0: the chain's policy, or its end */
        char *verdict;   /* "accept", "goto input_a" */
};
struct pg_trace_report {
        bool was_seen; /* a packet came by while it was waited for */
        bool accepts;  /* no table dropped it, and it came in, was forwarded or sent */
        bool drops;  /* a table dropped it. Neither: what is no table took it, as the kernel's routing,
                      * legacy iptables, IPVS or a queue does */
        bool is_cut; /* it met more rules than are reported */
        bool is_lossy; /* others trace so many packets that messages were lost: some of it may be
                          missing */
        struct pg_trace_line *lines;
        size_t n;
};

/* Waits for a real packet such as the question names, and tells which rules of which tables decided
 * about it. What marks the packet is a table of its own, which goes when this returns or the
 * process ends, however it ends; it needs Linux 5.12.
 * in:     question; wait_ms, how long at most
 * out:    *ret, freed with pg_trace_report_free()
 * errors: USAGE: the question cannot be understood */
int pg_trace(const struct pg_question *question, unsigned wait_ms, struct pg_trace_report **ret,
             struct pg_error *error);
struct pg_trace_report *pg_trace_report_free(struct pg_trace_report *report);

/* Who gains and who loses access from one generation of the history to another.
 * in:     from; to, 0: what is enforced
 * out:    *ret, which has the changes only, freed with pg_outcome_free()
 * errors: -ENOENT: there is no such generation; REFUSED: nothing is enforced; DRIFT: somebody
 *         changed the rules of what is */
int pg_diff(const struct pg_settings *settings, uint32_t from, uint32_t to, struct pg_outcome **ret,
            struct pg_diagnostics *diagnostics, struct pg_error *error);

#endif
