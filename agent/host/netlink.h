/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a netlink socket of libmnl is sent, netlink(7). */
#ifndef PG_HOST_NETLINK_H
#define PG_HOST_NETLINK_H

#include <stddef.h>
#include <sys/types.h>

/* Receives what the kernel sent next, whole, into `buffer`; `flags` as of recvmsg(2). What other
 * processes sent is passed over: whoever has CAP_NET_ADMIN may send to any socket of the network
 * namespace. Returns how many bytes there are, or a negative errno value: -EAGAIN: there is nothing,
 * with MSG_DONTWAIT or a socket that does not wait; -ENOBUFS: something was lost; -ENOSPC: there is
 * more than `size`. A signal does not end it. */
ssize_t pg_netlink_receive(int fd, void *buffer, size_t size, int flags);

#endif
