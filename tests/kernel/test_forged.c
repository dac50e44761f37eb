/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of a process that is not the kernel: whoever has CAP_NET_ADMIN may send to any netlink socket
 * of the network namespace. Before each request is sent, its socket has a refusal and an end of another
 * sender, with the right numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/conntrack.h"
#include "host/own_addresses.h"
#include "host/sockets.h"
#include "kernel/foreign/foreign.h"

static size_t n_forged;
static struct pg_error error;

static void forge(int protocol, const struct sockaddr_nl *to, uint16_t type, uint32_t sequence)
{
        struct {
                struct nlmsghdr header;
                struct nlmsgerr refusal;
        } message = {
                .header = {.nlmsg_len = sizeof(message),
                           .nlmsg_type = type,
                           .nlmsg_seq = sequence,
                           .nlmsg_pid = to->nl_pid},
                .refusal = {.error = -EPERM, .msg.nlmsg_seq = sequence},
        };
        int other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

        assert_true(other >= 0);
        assert_int_equal(syscall(SYS_sendto, other, &message, sizeof(message), 0, to, sizeof(*to)),
                         sizeof(message));
        close(other);
        n_forged++;
}

static void forge_answers(int fd, uint32_t sequence)
{
        struct sockaddr_nl to = {0};
        socklen_t length = sizeof(to), size = sizeof(int);
        int protocol;

        if (getsockname(fd, (struct sockaddr *)&to, &length) < 0 || to.nl_family != AF_NETLINK)
                return;
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size), 0);
        forge(protocol, &to, NLMSG_ERROR, sequence);
        forge(protocol, &to, NLMSG_DONE, sequence);
}

static void forge_for_requests(int fd, const void *buffer, size_t length)
{
        const struct nlmsghdr *request = buffer;
        size_t left = length;

        for (; left > 0 && NLMSG_OK(request, left); request = NLMSG_NEXT(request, left))
                forge_answers(fd, request->nlmsg_seq);
}

/* These take libc's places for the whole program: of libmnl, of libnl, and of who waits only. */
ssize_t sendto(int fd, const void *buffer, size_t length, int flags, const struct sockaddr *address,
               socklen_t address_length)
{
        forge_for_requests(fd, buffer, length);
        return syscall(SYS_sendto, fd, buffer, length, flags, address, address_length);
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
        forge_for_requests(fd, header->msg_iov[0].iov_base, header->msg_iov[0].iov_len);
        return syscall(SYS_sendmsg, fd, header, flags);
}

/* By another name here: libc's header says of poll() that it writes only. */
int wait_for(struct pollfd *fds, nfds_t n, int timeout) __asm__("poll");

int wait_for(struct pollfd *fds, nfds_t n, int timeout)
{
        struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000L};

        forge_answers(fds[0].fd, 0);
        return (int)syscall(SYS_ppoll, fds, n, timeout < 0 ? NULL : &limit, NULL, 0);
}

static int begin(void **state)
{
        (void)state;
        n_forged = 0;
        error = (struct pg_error){0};
        return 0;
}

static void must(int r)
{
        if (r < 0)
                fail_msg("%d: %s", r, error.message);
        assert_true(n_forged > 0);
}

static void requests_to_nf_tables(void **state)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};
        uint32_t genid;

        (void)state;
        assert_int_equal(pg_nft_open(&nft, &error), 0);
        must(pg_nft_genid(nft, &genid, &error));
        assert_true(genid > 0);
        must(pg_nft_read(nft, PG_READ_ALL, &snapshot, &error));
}

static void commits(void **state)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};

        (void)state;
        assert_int_equal(pg_nft_open(&nft, &error), 0);
        assert_int_equal(pg_batch_new(nft, &batch, &error), 0);
        pg_batch_add_table(batch);
        must(pg_batch_commit(batch, PG_COMMIT, 0, &error));
        must(pg_nft_read(nft, PG_READ_ALL, &snapshot, &error));
        assert_true(snapshot.exists);
}

static int count(const struct pg_socket *socket, void *data)
{
        *(unsigned *)data += socket->local_port == 7777;
        return 0;
}

static void lists_of_sockets(void **state)
{
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7777)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        unsigned n = 0;

        (void)state;
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(listen(fd, 1), 0);
        must(pg_tcp_listening(count, &n, &error));
        assert_int_equal(n, 1);
        close(fd);
}

static void connections(void **state)
{
        /* Connected to where nobody answers: an address of documentation, by a route of our own. */
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(7777),
                                 .sin_addr.s_addr = htonl(0xcb007109)};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void)state;
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        must(pg_conntrack_adopt());
        close(fd);
}

static void addresses(void **state)
{
        _cleanup_(pg_own_addresses_done) struct pg_own_addresses all = {0};
        bool found = false;

        (void)state;
        must(pg_own_addresses_read(&all));
        for (size_t i = 0; i < all.n; i++)
                found |= !all.items[i].is_v6 && memcmp(all.items[i].bytes, "\xcb\0\x71\1", 4) == 0;
        assert_true(found);
}

/* Nothing else comes: it waits for as long as it was told. */
static void traces(void **state)
{
        const struct pg_flow flow = {.direction = PG_IN,
                                     .protocol = IPPROTO_TCP,
                                     .port = 22,
                                     .address = {203, 0, 113, 9}};
        _cleanup_(pg_trace_steps_done) struct pg_trace_steps steps = {0};

        (void)state;
        must(pg_trace_packet(&flow, 200, &steps, &error));
        assert_int_equal(steps.n, 0);
}

static int make_network(void **state)
{
        (void)state;
        return system("ip link set lo up && ip link add far type veth peer name away && "
                      "ip address add 203.0.113.1/24 dev far && ip link set far up");
}

static int remove_network(void **state)
{
        (void)state;
        return system("ip link delete far && nft flush ruleset");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(requests_to_nf_tables, begin),
                cmocka_unit_test_setup(commits, begin),
                cmocka_unit_test_setup(lists_of_sockets, begin),
                cmocka_unit_test_setup(connections, begin),
                cmocka_unit_test_setup(addresses, begin),
                cmocka_unit_test_setup(traces, begin),
        };

        return cmocka_run_group_tests(tests, make_network, remove_network);
}
