/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard: which ssh sessions a policy would refuse, were they new. */
#ifndef PG_ENGINE_GUARD_H
#define PG_ENGINE_GUARD_H

#include "engine/caller.h"
#include "host/sockets.h"
#include "policy/policy.h"
#include "portguard/error.h"

/*
 * Asks `policy` about every established session to a listening ssh, and about the caller's own
 * (pg_ssh_session_find(); NULL: there is none), as if it were new. Each
 * that would be refused is told in `diagnostics` with `severity`, the caller's own first: the address
 * and port it comes from, the port it goes to, what the policy lets in there, and the option or line
 * that would admit it; its place is the service that owns the port, or none. After 20 of them the rest
 * are told as a number.
 *
 * An ssh is what listens at port 22 or at that of SSH_CONNECTION, and what root runs by a name that
 * begins with "sshd" or "dropbear". Who is known not to have logged in is not asked about: OpenSSH says
 * so in the titles of its processes. The caller's own is asked about also when it is not established
 * any more, unless it goes to an address that this network namespace does not have.
 *
 * Returns how many would be refused, or a negative errno value: a kernel that does not say what
 * sessions there are is an error, not a yes.
 */
int pg_guard(const struct pg_policy *policy, const struct pg_ssh_session *caller,
             enum pg_severity severity, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* The ports that an ssh listens at, by the same rules. */
int pg_ssh_ports(struct pg_port_set *ret, struct pg_error *error);

#endif
