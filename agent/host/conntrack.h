/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that were there before the kernel tracked any. Its connection tracking begins with the
 * first rule that asks for it (nf_conntrack_proto.c: nf_ct_netns_do_get()), and knows nothing of what
 * was there before: the next packet of such a connection is the first of a new one, from whichever side
 * it comes, or with nf_conntrack_tcp_loose=0 an invalid one.
 */
#ifndef PG_HOST_CONNTRACK_H
#define PG_HOST_CONNTRACK_H

#include <stdbool.h>

/* Has the kernel track the connections of this network namespace's sockets, TCP and connected UDP, as
 * ones that go on; those that it tracks already stay as they are, and those over loopback are left out.
 * Returns 0; or a negative errno value where there are some that it does not take (-ENFILE: its table
 * is full; -EOPNOTSUPP: it has no ctnetlink, CONFIG_NF_CT_NETLINK), or does not say which there are. */
int pg_conntrack_adopt(void);

/* Whether the kernel takes the next packet of a connection that it does not track for the first of a
 * new one, and not for invalid (sysctl net.netfilter.nf_conntrack_tcp_loose). */
bool pg_conntrack_is_loose(void);

#endif
