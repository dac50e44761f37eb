/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host and a peer in one process: the namespace of the test and another, joined by two links.
 *
 *         link       host                                peer
 *         outside    203.0.113.1     2001:db8:1::1       203.0.113.9     2001:db8:1::9
 *                                    fe80::2                             fe80::8
 *         wg0        198.51.100.1    2001:db8:2::1       198.51.100.9    2001:db8:2::9
 *                                    fe80::1                             fe80::9
 */
#ifndef PG_TESTS_PAIR_H
#define PG_TESTS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/types.h>

/* Fails the test where it is run in the namespace of the machine. A group setup for cmocka. */
int pair_make(void **state);

/* A socket in the peer's namespace, and the index of a link there. */
int pair_socket_of_peer(int family, int type, int protocol, const char *link, int *ret_index);

/* A socket that listens at the host, at an address or at "*" for all of IPv4, "::" for all of IPv6 and
 * "both" for all of both. Port 0: any. */
int pair_listen(const char *address, uint16_t port);
uint16_t pair_port(int fd);

struct pair_session {
        int host, peer;     /* the two ends */
        uint16_t peer_port; /* the peer's */
};

/* Connects to the listener at the host's address: from the peer, or with `from` from that address of
 * the host. */
struct pair_session pair_connect(int listener, const char *to, const char *from);
void pair_close(struct pair_session *session);

/* A process of that name that holds the descriptors, and no other of this test's; the caller may close
 * its own. Its title, which may be NULL, is what `ps` shows. It lives until pair_end(). */
pid_t pair_hold(const char *name, const char *title, const int *fds, size_t n);
void pair_end(pid_t pid);

#endif
