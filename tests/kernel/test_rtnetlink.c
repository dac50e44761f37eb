/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of links and addresses, and routes, as a kernel that is busy or wrong tells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/links.h"
#include "host/own_addresses.h"
#include "host/routes.h"

#define N_LINKS 200

/* What is done to the messages of the kernel. */
static struct {
        unsigned n_interrupted; /* so many lists are marked as changed */
        int end;                /* the errno that the others end with */
        unsigned damage;        /* one of so many bytes behind the headers is another; 0: none */
        unsigned n_lists;       /* how many came to their end */
} kernel;

static void damage_message(struct nlmsghdr *message)
{
        unsigned char *bytes = (unsigned char *)message;

        for (size_t i = NLMSG_HDRLEN; kernel.damage > 0 && i < message->nlmsg_len; i++)
                if (rand() % kernel.damage == 0)
                        bytes[i] = (unsigned char)rand();
}

static void change_message(struct nlmsghdr *message)
{
        if (kernel.n_interrupted > 0 && (message->nlmsg_flags & NLM_F_MULTI))
                message->nlmsg_flags |= NLM_F_DUMP_INTR;
        if (message->nlmsg_type >= NLMSG_MIN_TYPE)
                damage_message(message);
        if (message->nlmsg_type != NLMSG_DONE)
                return;
        kernel.n_lists++;
        kernel.n_interrupted -= kernel.n_interrupted > 0;
        memcpy(NLMSG_DATA(message), &kernel.end, sizeof(kernel.end));
}

/* In the place of libc's, for libnl. */
ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
        ssize_t length = syscall(SYS_recvmsg, fd, header, flags);
        struct nlmsghdr *message = header->msg_iov[0].iov_base;
        ssize_t left = length;

        if (flags & MSG_PEEK)
                return length;
        for (; left > 0 && NLMSG_OK(message, (size_t)left); message = NLMSG_NEXT(message, left))
                change_message(message);
        return length;
}

static void run(const char *command)
{
        if (system(command) != 0)
                fail_msg("%s", command);
}

/* A bridge with many ports, each with an alternative name. */
static int make_links(void **state)
{
        char command[512];

        (void)state;
        run("ip link set lo up");
        run("ip link add bridge0 type bridge && ip address add 192.0.2.1/24 dev bridge0 && "
            "ip link set bridge0 up");
        snprintf(command, sizeof(command),
                 "for i in $(seq %d); do echo link add port$i type veth peer name peer$i; "
                 "echo link property add dev port$i altname other$i; "
                 "echo link set port$i master bridge0; done | ip -batch -",
                 N_LINKS);
        run(command);
        return 0;
}

static int mend(void **state)
{
        (void)state;
        memset(&kernel, 0, sizeof(kernel));
        return 0;
}

static int find(const char *name, struct pg_link *ret)
{
        struct pg_error error = {0};
        int r = pg_link_find(name, ret, &error);

        if (r < 0)
                assert_non_null(strstr(error.message, name));
        return r;
}

static void a_list_of_many_links_is_read_to_its_end(void **state)
{
        struct pg_link link;

        (void)state;
        assert_int_equal(find("port199*", &link), 0);
        assert_string_equal(link.name, "port199");
        assert_string_equal(link.arrival, "bridge0");
        assert_string_equal(link.kind, "bridge");
        assert_false(link.is_seen);
        assert_int_equal(find("other200*", &link), 0);
        assert_string_equal(link.name, "port200");
        assert_int_equal(find("other7", &link), 0);
        assert_string_equal(link.name, "port7");
        assert_int_equal(find("none*", &link), 0);
        assert_false(link.exists);
        assert_int_equal(find("none", &link), 0);
        assert_false(link.exists);
}

static void check_addresses(size_t n_wanted)
{
        struct pg_own_addresses all = {0};
        size_t n = 0;

        assert_int_equal(pg_own_addresses_read(&all), 0);
        for (size_t i = 0; i < all.n; i++)
                n += !all.items[i].is_v6;
        assert_int_equal(n, n_wanted);
        pg_own_addresses_done(&all);
        assert_null(all.items);
}

static void a_list_that_changed_is_asked_for_again(void **state)
{
        struct pg_link link;

        (void)state;
        kernel.n_interrupted = 3;
        check_addresses(2);
        assert_int_equal(kernel.n_lists, 4);
        kernel.n_interrupted = 3;
        assert_int_equal(find("port199*", &link), 0);
        assert_true(link.exists);
}

static void a_list_that_changes_all_the_time_is_given_up(void **state)
{
        struct pg_own_addresses all = {0};
        struct pg_link link;

        (void)state;
        kernel.n_interrupted = 1000;
        assert_int_equal(pg_own_addresses_read(&all), -EAGAIN);
        assert_int_equal(kernel.n_lists, 16);
        assert_null(all.items);
        assert_int_equal(find("port*", &link), -EAGAIN);
}

static void a_list_that_could_not_be_made_is_no_empty_one(void **state)
{
        struct pg_own_addresses all = {0};
        struct pg_link link;

        (void)state;
        kernel.end = -ENOMEM;
        assert_int_equal(pg_own_addresses_read(&all), -ENOMEM);
        assert_null(all.items);
        assert_int_equal(find("port*", &link), -ENOMEM);
}

/* Nothing is read beyond a message, which the sanitizers see; and it ends. */
static void damaged_messages_are_refused_or_read(void **state)
{
        uint8_t address[4] = {192, 0, 2, 9};
        struct pg_own_addresses all;
        char name[IF_NAMESIZE];
        struct pg_error error;
        struct pg_link link;
        unsigned n_refused = 0;

        (void)state;
        srand(7);
        for (unsigned i = 0; i < 300; i++) {
                kernel.damage = 4U << i % 8;
                all = (struct pg_own_addresses){0};
                n_refused += pg_own_addresses_read(&all) < 0;
                pg_own_addresses_done(&all);
                n_refused += pg_link_find("other1*", &link, &error) < 0;
                n_refused += pg_link_find("other1", &link, &error) < 0;
                n_refused += pg_route_interface(false, address, NULL, name, &error) < 0;
        }
        assert_true(n_refused > 100);
}

static void check_route(const char *text, const char *wanted)
{
        bool is_v6 = strchr(text, ':') != NULL;
        char name[IF_NAMESIZE] = "?";
        struct pg_error error;
        uint8_t address[16];

        assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address), 1);
        assert_int_equal(pg_route_interface(is_v6, address, NULL, name, &error), 0);
        assert_string_equal(name, wanted);
}

static void routes_of_every_kind_have_an_interface(void **state)
{
        (void)state;
        check_route("192.0.2.9", "bridge0");
        check_route("192.0.2.1", "lo");
        run("ip route add 198.51.100.0/25 via inet6 fe80::9 dev bridge0");
        check_route("198.51.100.9", "bridge0");
        run("ip route add 198.51.100.128/25 nexthop via 192.0.2.8 nexthop via 192.0.2.9");
        check_route("198.51.100.200", "bridge0");
        run("ip route add unreachable 203.0.113.0/24");
        check_route("203.0.113.9", "");
        /* CONFIG_LWTUNNEL */
        if (system("ip route add 10.0.0.0/8 encap ip id 1 dst 192.0.2.9 dev bridge0 2>/dev/null") == 0)
                check_route("10.0.0.9", "bridge0");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(a_list_of_many_links_is_read_to_its_end, mend),
                cmocka_unit_test_teardown(a_list_that_changed_is_asked_for_again, mend),
                cmocka_unit_test_teardown(a_list_that_changes_all_the_time_is_given_up, mend),
                cmocka_unit_test_teardown(a_list_that_could_not_be_made_is_no_empty_one, mend),
                cmocka_unit_test_teardown(damaged_messages_are_refused_or_read, mend),
                cmocka_unit_test(routes_of_every_kind_have_an_interface),
        };

        return cmocka_run_group_tests(tests, make_links, NULL);
}
