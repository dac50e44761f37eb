/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where sockets and policy do not fit one another: what the files of engine/audit/ share. */
#ifndef PG_ENGINE_AUDIT_AUDIT_H
#define PG_ENGINE_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/advice/advice.h"
#include "engine/reachable.h"
#include "host/sockets.h"
#include "kernel/foreign/nat/nat.h"
#include "policy/policy.h"

/* Sockets beyond these are not looked at, which is reported. */
#define PG_AUDIT_SOCKETS_MAX 65536

struct pg_auditing {
        const struct pg_settings *settings;
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
        struct pg_audit *audit;
        struct pg_waiting *sockets; /* of the same index as the audit's listeners */
        size_t n_sockets;
        struct pg_policy *policy;  /* what is enforced; NULL: nothing, or nothing but refusals */
        struct pg_policy *applied; /* of the history, where somebody changed that; or NULL */
        bool refuses_all;          /* somebody left a hook that drops whatever comes */
        struct pg_asked asked;     /* with options, and what they include */
        struct pg_advised *advised;
        struct pg_port_profiles *port_profiles; /* NULL where the profiles cannot be read */
};

/* Fills in sockets and listeners, sorted, and the processes behind them. */
int pg_audit_find_sockets(struct pg_auditing *auditing);

/* Fills in from where each listener is reachable. 0 or -ENOMEM. */
int pg_audit_judge(struct pg_auditing *auditing);
/* From where the port of this host is reachable, in a word that the caller frees; NULL: from nowhere.
 */
int pg_audit_port_source(const struct pg_auditing *auditing, uint8_t protocol, uint16_t port,
                         char **ret);

/* What NAT rules of other tables publish, and the findings on it. */
int pg_audit_find_published(struct pg_auditing *auditing, const struct pg_nat *nat);
/* Whether some packets to these ports are taken before the input hook sees them, or packets to others
 * are led to these. */
bool pg_audit_is_published(const struct pg_nat *nat, const struct pg_ports *ports);

/* audit_exposed.c, audit_unused.c: what is closed, wider than meant, unused. 0 or -ENOMEM. */
int pg_audit_find_exposed(struct pg_auditing *auditing, const struct pg_nat *nat);
int pg_audit_find_unused(struct pg_auditing *auditing, const struct pg_nat *nat);

/* Whether it depends on the policy that others get to the listener: not on loopback, nor what NAT takes
 * before, nor a client's port. */
bool pg_audit_is_judged(const struct pg_auditing *auditing, const struct pg_nat *nat, size_t at);
/* Answers to a DHCP client pass whatever the segments say. */
bool pg_audit_is_dhcp_client(const struct pg_waiting *item);
/* Where nothing is enforced: the one command for all that listens, and what it would leave closed. 0 or
 * -ENOMEM. */
int pg_audit_find_command(struct pg_auditing *auditing, const struct pg_nat *nat);

/* All of those. 0 or -ENOMEM. */
int pg_audit_find(struct pg_auditing *auditing, const struct pg_nat *nat);
/* Adds a finding that takes the texts, which may be NULL, and "nginx (nginx.service)" of the listener,
 * or NULL. NULL, with the texts freed, when memory is short. */
struct pg_finding *pg_audit_add(struct pg_auditing *auditing, enum pg_finding_kind kind,
                                const struct pg_ports *ports, char *text, char *advice);
int pg_audit_set_listener(struct pg_finding *finding, const struct pg_listener *listener);

/* The service of a profile that has the port for its own, which is the listener's as far
 * as is known; or NULL. `ret_certain` may be NULL. */
const struct pg_port_profile *pg_audit_port_profile(const struct pg_auditing *auditing,
                                                    const struct pg_ports *ports,
                                                    const struct pg_listener *listener,
                                                    bool *ret_certain);
/* The only one that it may be: by more than the port's number, or by a number below 1024 (of several
 * then, the one that is for that port and nothing else); or NULL. */
const struct pg_port_profile *pg_audit_only_profile(const struct pg_auditing *auditing,
                                                    const struct pg_ports *ports,
                                                    const struct pg_listener *listener);
/* What would repair it, in words that the caller frees; NULL: nothing is known, or memory is
 * short. `narrows`: the port is to be open to fewer. */
char *pg_audit_advise_apply(const struct pg_auditing *auditing, const struct pg_ports *ports,
                            const struct pg_listener *listener, bool narrows);
char *pg_audit_advise_closed(const struct pg_auditing *auditing, const struct pg_ports *ports,
                             const struct pg_listener *listener, const struct pg_segment *segment);
char *pg_audit_advise_unused(const struct pg_auditing *auditing, const struct pg_segment *segment,
                             bool has_loopback);
char *pg_audit_advise_published(const struct pg_forward *forward);
/* The port profile whose service means fewer to reach the port than everybody; or NULL. */
const struct pg_port_profile *pg_audit_narrower(const struct pg_auditing *auditing,
                                                const struct pg_ports *ports,
                                                const struct pg_listener *listener, bool *ret_certain,
                                                char **ret_scopes);

#endif
