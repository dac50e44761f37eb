/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gains and who loses access by a change of policy. */
#ifndef PORTGUARD_CHANGE_H
#define PORTGUARD_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

enum pg_change_kind {
        PG_CHANGE_OPENS,   /* nobody could, somebody can */
        PG_CHANGE_CLOSES,  /* somebody could, nobody can */
        PG_CHANGE_WIDENS,  /* more can */
        PG_CHANGE_NARROWS, /* fewer can */
};

struct pg_change {
        enum pg_change_kind kind;
        bool outbound;
        int family;      /* 4 or 6 where only that one changes; else 0 */
        bool is_partial; /* the other family is reachable, and stays as it is */
        char *protocol;  /* "tcp"; "any" where all outbound traffic is meant */
        char *ports;     /* "443", "30000-32767"; "echo-request"; "any" for a protocol without ports */
        char *before;    /* who could: "any", "cluster"; NULL for nobody */
        char *after;     /* who can; NULL for nobody */
        char **services; /* "k8s-node/nodeport"; none where all outbound traffic is meant */
        size_t n_services;
        /* Exactly who gains or loses, at most PG_CHANGE_ADDRESSES_MAX of them; none where it is
         * everybody but whom the other side names. */
        char **addresses; /* as prefixes or ranges */
        size_t n_addresses, n_addresses_all;
        char **interfaces;
        size_t n_interfaces;
};

#define PG_CHANGE_ADDRESSES_MAX 64

struct pg_changes {
        struct pg_change *items; /* inbound first, by protocol and port */
        size_t n;
};

/* Frees all; NULL is allowed. Returns NULL. */
struct pg_changes *pg_changes_free(struct pg_changes *changes);

#endif
