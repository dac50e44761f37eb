/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/guard/ share. */
#ifndef PG_ENGINE_GUARD_INTERNAL_H
#define PG_ENGINE_GUARD_INTERNAL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/guard/guard.h"

/*
 * Asks `policy` about every established session to a listening ssh, and about the caller's own
 * (pg_ssh_session_find(); NULL: there is none), as if it were new. Each
 * that would be refused is reported in `diagnostics` with `severity`, the caller's own first: the
 * address and port it comes from, the port it goes to, what the policy lets in there, and the option or
 * line that would admit it; its place is the service that owns the port, or none. After 20 of them the
 * rest are reported as a number.
 *
 * An ssh is what listens at port 22 or at that of SSH_CONNECTION, and what root runs by a name that
 * begins with "sshd" or "dropbear". Who is known not to have logged in is not asked about: OpenSSH says
 * so in the titles of its processes. The caller's own is asked about also when it is not established
 * any more, unless it goes to an address that this network namespace does not have.
 *
 * By which interface a session comes in no kernel tells: it is judged by the one that its answers leave
 * by. Where another has the address that it goes to, may be its way in and decides otherwise, it is
 * said of one that is refused, and a warning of those that are not.
 *
 * Returns how many would be refused, or a negative errno value: a kernel that does not say what
 * sessions there are is an error, not a yes.
 */
int pg_guard(const struct pg_policy *policy, const struct pg_ssh_session *caller,
             enum pg_severity severity, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Whether anybody could reach an ssh that listens here by the policy; who comes from this host is
 * nobody, and who gets to 127.0.0.1 by NAT of other tables is somebody. 1: no ssh that others get to is
 * reached by anybody, and *ret is one of them; 0: one is, or none listens. In guard_reach.c. */
int pg_ssh_unreached(struct pg_nft *nft, const struct pg_policy *policy, struct pg_socket *ret,
                     struct pg_error *error);

/* The ports that an ssh listens at. */
struct pg_ssh_span {
        uint16_t first, last;
        unsigned n; /* how many; 0: that is not known */
};

struct pg_refusal {
        struct pg_socket session;
        bool is_own;                      /* the caller's */
        const struct pg_segment *segment; /* that owns the port; or NULL */
        struct pg_ssh_span ssh;
        /* It was judged by the way of its answers; `other` has its address here, may be what it comes
         * in by, and would make it the other verdict; "" where none does. */
        char way[IF_NAMESIZE], other[IF_NAMESIZE];
};

/* Tells it, what the policy lets in at its port, and what would admit it. */
void pg_refusal_report(const struct pg_policy *policy, const struct pg_refusal *refusal,
                       enum pg_severity severity, struct pg_diagnostics *diagnostics);

/* Tells that it depends on the way that a session comes by whether it would be refused; `n`: of how
 * many it is one. */
void pg_refusal_report_doubt(const struct pg_refusal *refusal, size_t n,
                             struct pg_diagnostics *diagnostics);

/* Tells that nobody could reach the ssh that listens there, and what would let somebody in. */
void pg_refusal_report_listener(const struct pg_policy *policy, const struct pg_socket *listener,
                                enum pg_severity severity, struct pg_diagnostics *diagnostics);

#endif
