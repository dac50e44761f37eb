/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of this network namespace. */
#ifndef PG_HOST_SOCKETS_H
#define PG_HOST_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "portguard/error.h"

/* Any of the 65,536 ports. */
struct pg_port_set {
        uint64_t bits[1024];
};

/* Adds the port, in host byte order; one that is there stays. */
static inline void pg_port_set_add(struct pg_port_set *set, uint16_t port)
{
        set->bits[port / 64] |= UINT64_C(1) << port % 64;
}

/* Whether the port, in host byte order, is in it. */
static inline bool pg_port_set_has(const struct pg_port_set *set, uint16_t port)
{
        return set->bits[port / 64] >> port % 64 & 1;
}

/* Whether no port is in it. */
bool pg_port_set_is_empty(const struct pg_port_set *set);

/* IPv4 addresses that an IPv6 socket has (::ffff:192.0.2.1) are reported as IPv4, as the packets are.
 */
struct pg_socket {
        uint8_t protocol; /* IPPROTO_TCP, ... */
        uint8_t state;    /* TCP_ESTABLISHED, ... (netinet/tcp.h), of UDP, too */
        bool is_v6;
        bool is_v6_only;               /* bound to ::, and IPv4 does not get to it */
        uint8_t local[16], remote[16]; /* network byte order; 4 bytes used for IPv4 */
        uint16_t local_port, remote_port;
        uint32_t interface; /* index of the one that it is bound to, always with link-local addresses;
                               or 0 */
        uint32_t inode;     /* 0: no process has it (yet) */
};

/* Returns 0, or a negative errno value that ends the walk and becomes its result. */
typedef int (*pg_socket_fn)(const struct pg_socket *socket, void *data);

/*
 * Each gives every such TCP socket to `callback`: those that listen; those that are established and
 * whose local port is one of `ports`. The kernel leaves out the others, unless there are so many ports
 * that they are asked for as ranges; then they are left out here. Nothing is kept, so there is no limit
 * to how many there may be. What begins or ends meanwhile may be reported or not. Returns 0; what the
 * callback ended it with; or a negative errno value, with a message, where the kernel does not say
 * (inet_diag, sock_diag(7)).
 */
int pg_tcp_listening(pg_socket_fn callback, void *data, struct pg_error *error);
int pg_tcp_established(const struct pg_port_set *ports, pg_socket_fn callback, void *data,
                       struct pg_error *error);

/* Gives every socket of the protocol, IPPROTO_TCP or IPPROTO_UDP, that has a peer: of TCP from the
 * first segment that was sent to the last that is awaited, of UDP those that are connected. Returns 0;
 * what the callback ended it with; or a negative errno value: -ENOENT: the kernel does not say. */
int pg_sockets_connected(uint8_t protocol, pg_socket_fn callback, void *data);

/* Gives every socket of the protocol (IPPROTO_UDP, ...) that takes what nobody it knows has sent: of
 * TCP and SCTP those that listen, of UDP and UDP-Lite those that are bound and not connected, which
 * those of clients may be too. Returns as pg_tcp_listening() does; -ENOENT: the kernel does not have
 * the protocol, or does not tell of its sockets. */
int pg_sockets_waiting(uint8_t protocol, pg_socket_fn callback, void *data, struct pg_error *error);

/* The first and last of the ports that sockets get which ask for none (net.ipv4.ip_local_port_range,
 * ip(7)); the kernel's default where it does not say. */
void pg_ephemeral_ports(uint16_t *ret_first, uint16_t *ret_last);

#endif
