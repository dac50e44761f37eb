/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to the kernel, by a netlink socket that is made for it: what the files of kernel/ share
 * that do not speak with nf_tables. */
#ifndef PG_HOST_QUERY_H
#define PG_HOST_QUERY_H

#include <libmnl/libmnl.h>

#define PG_QUERY_SIZE 4096

/* Sends `request`, whose header has a type and flags, to `bus` (NETLINK_ROUTE, ...), and gives every
 * answer to `callback`. Returns 0, what the kernel refused it with as a negative errno value, or the
 * errno that the callback left when it returned MNL_CB_ERROR. */
int pg_query(int bus, struct nlmsghdr *request, mnl_cb_t callback, void *data);

#endif
