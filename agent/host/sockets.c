/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of this network namespace, by inet_diag. */
#include "host/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ports.h"
#include "base/procfs.h"
#include "host/sock_diag.h"

/* The filter is run for every socket of the host. */
#define RANGES_MAX 64

struct range {
        uint16_t first, last;
};

struct walk {
        uint8_t protocol;
        uint8_t family;
        const struct pg_port_set *ports; /* or NULL: any */
        pg_socket_fn callback;
        void *data;
        bool was_stopped; /* by the callback */
};

bool pg_port_set_is_empty(const struct pg_port_set *set)
{
        for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
                if (set->bits[i] != 0)
                        return false;
        return true;
}

/* Ports that are not farther apart than `gap` come into one range. Returns how many ranges there are,
 * no more than one above RANGES_MAX. */
static size_t find_ranges(const struct pg_port_set *set, unsigned gap,
                          struct range ranges[static RANGES_MAX])
{
        size_t n = 0;

        for (unsigned port = 0; port <= UINT16_MAX; port++) {
                if (set->bits[port / 64] == 0)
                        port |= 63;
                if (!pg_port_set_has(set, (uint16_t)port))
                        continue;
                if (n > 0 && port - ranges[n - 1].last <= gap) {
                        ranges[n - 1].last = (uint16_t)port;
                        continue;
                }
                if (n == RANGES_MAX)
                        return RANGES_MAX + 1;
                ranges[n++] = (struct range){(uint16_t)port, (uint16_t)port};
        }
        return n;
}

static void put_comparison(struct inet_diag_bc_op *op, unsigned char code, uint16_t port,
                           unsigned short no)
{
        op[0] = (struct inet_diag_bc_op){.code = code, .yes = 2 * sizeof(*op), .no = no};
        op[1] = (struct inet_diag_bc_op){.no = port};
}

/*
 * For each range: is the port at least the first, and at most the last? Then jump to the end, which
 * accepts; else on to the next range. Behind the last range "no" leads four bytes behind the end, which
 * refuses (inet_diag.c: inet_diag_bc_run).
 */
static void put_filter(struct nlmsghdr *request, const struct pg_port_set *ports)
{
        enum { GE = 0, LE = 2, JUMP = 4, LENGTH = 5 };
        struct inet_diag_bc_op ops[RANGES_MAX * LENGTH];
        struct range ranges[RANGES_MAX];
        size_t n = RANGES_MAX + 1, size;

        for (unsigned gap = 1; n > RANGES_MAX; gap *= 2)
                n = find_ranges(ports, gap, ranges);
        size = (n * LENGTH - 1) * sizeof(ops[0]);
        for (size_t i = 0; i < n; i++) {
                struct inet_diag_bc_op *op = &ops[i * LENGTH];
                size_t left = size - (i * LENGTH + JUMP) * sizeof(*op);

                put_comparison(op + GE, INET_DIAG_BC_S_GE, ranges[i].first,
                               (LENGTH - GE) * sizeof(*op));
                put_comparison(op + LE, INET_DIAG_BC_S_LE, ranges[i].last, (LENGTH - LE) * sizeof(*op));
                op[JUMP] = (struct inet_diag_bc_op){
                        .code = INET_DIAG_BC_JMP,
                        .yes = sizeof(*op),
                        .no = (unsigned short)left,
                };
        }
        mnl_attr_put(request, INET_DIAG_REQ_BYTECODE, size, ops);
}

static void set_addresses(struct pg_socket *socket, uint8_t family, const struct inet_diag_sockid *id)
{
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        const uint8_t *local = (const uint8_t *)id->idiag_src;
        const uint8_t *remote = (const uint8_t *)id->idiag_dst;
        static const uint8_t nobody[16] = {0};
        /* One that listens has no remote address. */
        bool is_mapped = family == AF_INET6 && memcmp(local, mapped, sizeof(mapped)) == 0 &&
                         (memcmp(remote, mapped, sizeof(mapped)) == 0 ||
                          memcmp(remote, nobody, sizeof(nobody)) == 0);
        size_t skip = is_mapped ? sizeof(mapped) : 0;

        socket->is_v6 = family == AF_INET6 && !is_mapped;
        memcpy(socket->local, local + skip, socket->is_v6 ? 16 : 4);
        memcpy(socket->remote, remote + skip, socket->is_v6 ? 16 : 4);
}

static int take_socket(const struct nlmsghdr *message, void *data)
{
        struct pg_socket socket = {0};
        const struct nlattr *attribute;
        struct inet_diag_msg reported;
        struct walk *walk = data;
        int r;

        if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
            mnl_nlmsg_get_payload_len(message) < sizeof(reported)) {
                errno = EBADMSG;
                return MNL_CB_ERROR;
        }
        memcpy(&reported, mnl_nlmsg_get_payload(message), sizeof(reported));
        if (reported.idiag_family != walk->family)
                return MNL_CB_OK;
        mnl_attr_for_each(attribute, message, sizeof(reported))
        {
                if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY &&
                    mnl_attr_validate(attribute, MNL_TYPE_U8) >= 0)
                        socket.is_v6_only = mnl_attr_get_u8(attribute) != 0;
        }
        socket.protocol = walk->protocol;
        socket.state = reported.idiag_state;
        set_addresses(&socket, reported.idiag_family, &reported.id);
        socket.local_port = ntohs(reported.id.idiag_sport);
        socket.remote_port = ntohs(reported.id.idiag_dport);
        socket.interface = reported.id.idiag_if;
        socket.inode = reported.idiag_inode;
        if (walk->ports && !pg_port_set_has(walk->ports, socket.local_port))
                return MNL_CB_OK;
        r = walk->callback(&socket, walk->data);
        if (r >= 0)
                return MNL_CB_OK;
        walk->was_stopped = true;
        errno = -r;
        return MNL_CB_ERROR;
}

static int dump(struct walk *walk, uint8_t family, uint32_t states)
{
        char buffer[PG_SOCK_DIAG_REQUEST_SIZE] = {0};
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct inet_diag_req_v2 *wanted;

        request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
        wanted->sdiag_family = family;
        wanted->sdiag_protocol = walk->protocol;
        wanted->idiag_states = states;
        if (walk->ports)
                put_filter(request, walk->ports);
        walk->family = family;
        return pg_sock_diag_request(request, take_socket, walk);
}

static int walk_sockets(struct walk *walk, uint32_t states)
{
        int r = dump(walk, AF_INET, states);

        return r < 0 ? r : dump(walk, AF_INET6, states);
}

static int walk_tcp(struct walk *walk, uint32_t states, struct pg_error *error)
{
        int r;

        walk->protocol = IPPROTO_TCP;
        r = walk_sockets(walk, states);
        if (r >= 0 || walk->was_stopped)
                return r;
        if (r == -ENOENT || r == -EPROTONOSUPPORT)
                return pg_error_set(error, PG_STATUS_FAILED, r,
                                    "this kernel does not say what TCP sockets there are "
                                    "(CONFIG_INET_TCP_DIAG; try: modprobe tcp_diag), so the "
                                    "lockout guard cannot look: --allow-lockout goes on without it");
        return pg_error_set(error, PG_STATUS_FAILED, r, "asking the kernel for its TCP sockets: %s",
                            strerror(-r));
}

int pg_tcp_listening(pg_socket_fn callback, void *data, struct pg_error *error)
{
        struct walk walk = {.callback = callback, .data = data};

        return walk_tcp(&walk, 1U << TCP_LISTEN, error);
}

int pg_tcp_established(const struct pg_port_set *ports, pg_socket_fn callback, void *data,
                       struct pg_error *error)
{
        struct walk walk = {.ports = ports, .callback = callback, .data = data};

        if (pg_port_set_is_empty(ports))
                return 0;
        return walk_tcp(&walk, 1U << TCP_ESTABLISHED, error);
}

int pg_sockets_connected(uint8_t protocol, pg_socket_fn callback, void *data)
{
        const uint32_t states = 1U << TCP_ESTABLISHED | 1U << TCP_SYN_SENT | 1U << TCP_FIN_WAIT1 |
                                1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSE_WAIT | 1U << TCP_LAST_ACK |
                                1U << TCP_CLOSING;
        struct walk walk = {.protocol = protocol, .callback = callback, .data = data};
        int r = walk_sockets(&walk, states);

        return r == -EPROTONOSUPPORT && !walk.was_stopped ? -ENOENT : r;
}

int pg_sockets_waiting(uint8_t protocol, pg_socket_fn callback, void *data, struct pg_error *error)
{
        bool is_udp = protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE;
        struct walk walk = {.protocol = protocol, .callback = callback, .data = data};
        char name[16];
        int r = walk_sockets(&walk, 1U << (is_udp ? TCP_CLOSE : TCP_LISTEN));

        if (r >= 0 || walk.was_stopped)
                return r;
        pg_protocol_format(protocol, name, sizeof(name));
        if (r == -ENOENT || r == -EPROTONOSUPPORT)
                return pg_error_set(
                        error, PG_STATUS_FAILED, -ENOENT,
                        "this kernel does not say what %s sockets there are (CONFIG_INET_DIAG; "
                        "try: modprobe %s_diag)",
                        name, name);
        return pg_error_set(error, PG_STATUS_FAILED, r, "asking the kernel for its %s sockets: %s",
                            name, strerror(-r));
}

void pg_ephemeral_ports(uint16_t *ret_first, uint16_t *ret_last)
{
        unsigned first, last;
        char text[32];

        *ret_first = 32768;
        *ret_last = 60999;
        if (pg_procfs_read(text, sizeof(text), "/proc/sys/net/ipv4/ip_local_port_range") < 0 ||
            sscanf(text, "%u %u", &first, &last) != 2 || first > last || last > UINT16_MAX)
                return;
        *ret_first = (uint16_t)first;
        *ret_last = (uint16_t)last;
}
