/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening sockets against the enforced policy. */
#ifndef PORTGUARD_AUDIT_H
#define PORTGUARD_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/error.h"

struct pg_settings;

/* What takes packets or connections at one address and port of this network namespace. */
struct pg_listener {
        char *protocol; /* "tcp", "udp", "udplite", "sctp" */
        char *address;  /* "192.0.2.1", "0.0.0.0" (all of IPv4), "::" (all of IPv6), "*" (of both) */
        uint16_t port;
        char *interface;  /* that it is bound to; or NULL */
        bool is_loopback; /* only this host reaches it */
        char *process;    /* NULL where none is known */
        bool is_hidden;   /* none is known because there are some that this one may not look into */
        int pid;          /* of the first that holds it; 0: unknown */
        size_t n_processes;
        char *unit;           /* of systemd; or NULL */
        char *namespace;      /* the process's network namespace, "net:[4026531840]"; or NULL */
        bool has_moved;       /* the process is in another network namespace than the socket */
        char *reachable_from; /* "any", "cluster"; NULL: nobody beyond this host */
        char **services;      /* whose port it is by the policy, "k8s-node/kubelet"; none: nobody's */
        size_t n_services;
};

/* Ports whose packets other tables' NAT takes before the input hook judges them. */
struct pg_published {
        char *protocol;   /* "any" where it is any */
        char *ports;      /* "8080", "30000-32767", "any" */
        char *address;    /* of this host, where only packets to it are meant; or NULL */
        char *interface;  /* by which they come in; or NULL */
        bool is_limited;  /* only from some addresses, which the rule says */
        char *to;         /* "172.17.0.2:80", "ports 440-445"; NULL where the rule does not say it */
        size_t n_targets; /* how many there are */
        char *table;      /* "ip nat" */
        char *chain;
        bool is_redirect;     /* to this host: input judges it, at the port of `to` */
        char *reachable_from; /* of a redirect: as the policy has it, of several ports for the first
                               * that is open; NULL: of none, or nothing arrives; else NULL */
};

enum pg_finding_kind {
        PG_FINDING_PUBLISHED, /* the policy does not govern it */
        PG_FINDING_WIDER,     /* more may reach it than the service's profile means */
        PG_FINDING_CLOSED,    /* it listens, and nobody may reach it */
        PG_FINDING_LOOPBACK,  /* opened in vain: it listens for this host only */
        PG_FINDING_UNUSED,    /* opened, and nothing listens */
        PG_FINDING_KINDS,
};

struct pg_finding {
        enum pg_finding_kind kind;
        char *protocol, *ports;
        char *address; /* "0.0.0.0, ::"; NULL where nothing listens */
        char *process; /* "nginx (nginx.service)"; NULL where nothing listens or it is not known */
        bool is_hidden;
        char *text;   /* what the policy says, or does not */
        char *advice; /* or NULL: nothing is known that would repair it */
};

struct pg_audit {
        /* Rules that somebody put into the hooks decide, and no policy: everything counts as reachable.
         */
        bool is_unknown;
        bool is_off;   /* nothing is enforced: everything is as reachable as other firewalls leave it */
        char *problem; /* why the table does not enforce what it should, and the advice; or NULL */
        uint32_t generation;           /* 0 where off */
        struct pg_listener *listeners; /* by protocol, port and address */
        size_t n_listeners;
        struct pg_published *published;
        size_t n_published;
        size_t n_published_elsewhere; /* translations of addresses that are not this host's */
        struct pg_finding *findings;  /* by kind, protocol and port */
        size_t n_findings;
        char *command; /* where off: applies a profile for all that listens, as far as there is one that
                        * it must be; NULL: none is known */
        char **left_closed; /* that the command would not open to anybody: "tcp/8080 (java)" */
        size_t n_left_closed;
        size_t n_other_namespaces; /* network namespaces that processes of this host are in beside ours
                                    */
};

/* "closed", "unused", "wider", "loopback only", "published". */
const char *pg_finding_name(enum pg_finding_kind kind);

/* Looks at the sockets of this network namespace, at the processes that hold them, at the NAT rules
 * of all tables and at the enforced policy. Changes nothing. What could not be looked at is a
 * warning in `diagnostics`.
 * out:    *ret, freed with pg_audit_free()
 * errors: none beside those of all */
int pg_audit(const struct pg_settings *settings, struct pg_audit **ret,
             struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Frees all; NULL is allowed. Returns NULL. */
struct pg_audit *pg_audit_free(struct pg_audit *audit);

#endif
