/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the audit says of a socket is what the evaluator says of every packet that could come to it:
 * over random sockets and policies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "engine/reachable.h"
#include "policy/explain.h"

#define ROUNDS 20000
/* A small world: addresses 10.0.0.N and fd00::N, ports, interfaces. */
#define ADDRESSES 6
#define PORTS 4

static const char *const interfaces[] = {"eth0", "eth1", "cni7"};
static const char *const patterns[] = {"eth0", "eth1", "cni*", "et*", "wg0"};

static unsigned pick(unsigned n)
{
        return (unsigned)random() % n;
}

static void address(bool is_v6, unsigned n, uint8_t bytes[static 16])
{
        static const uint8_t v6[16] = {0xfd}, v4[4] = {10};

        memset(bytes, 0, 16);
        memcpy(bytes, is_v6 ? v6 : v4, is_v6 ? sizeof(v6) : sizeof(v4));
        bytes[is_v6 ? 15 : 3] = (uint8_t)n;
}

static void add_interface(struct pg_source *source, const char *name)
{
        char **item = PG_ARRAY_ADD(source->interfaces, source->n_interfaces);

        if (!item)
                fail();
        else
                *item = strdup(name);
}

static void fill_source(struct pg_source *source, unsigned number)
{
        source->label = strdup(number == 0 ? "any" : "some");
        source->any = number == 0;
        for (unsigned i = 0; !source->any && i < ADDRESSES; i++)
                for (int is_v6 = 0; is_v6 < 2; is_v6++) {
                        uint8_t bytes[16];

                        if (pick(4) != 0)
                                continue;
                        address(is_v6, i, bytes);
                        assert_int_equal(pg_addresses_add_range(&source->addresses, is_v6, bytes,
                                                                bytes),
                                         0);
                }
        pg_addresses_normalise(&source->addresses);
        for (size_t i = 0; !source->any && i < PG_ELEMENTSOF(patterns); i++)
                if (pick(8) == 0)
                        add_interface(source, patterns[i]);
}

static struct pg_policy *make_policy(void)
{
        struct pg_policy *policy = calloc(1, sizeof(*policy));
        const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

        assert_non_null(policy);
        for (unsigned i = 0; i < 3; i++) {
                struct pg_source *source = PG_ARRAY_ADD(policy->sources, policy->n_sources);

                assert_non_null(source);
                fill_source(source, i);
        }
        for (size_t i = 0; i < PG_ELEMENTSOF(protocols); i++)
                for (uint16_t port = 1; port <= PORTS; port++) {
                        struct pg_segment *segment;

                        if (pick(3) == 0)
                                continue;
                        segment = PG_ARRAY_ADD(policy->segments, policy->n_segments);
                        assert_non_null(segment);
                        segment->ports = (struct pg_ports){protocols[i], port, port};
                        segment->source = pick(3);
                }
        return policy;
}

static struct pg_waiting make_socket(void)
{
        struct pg_waiting item = {.socket = {.protocol = pick(2) ? IPPROTO_TCP : IPPROTO_UDP,
                                             .is_v6 = pick(2),
                                             .local_port = (uint16_t)(1 + pick(PORTS))}};

        if (pick(2) == 0)
                address(item.socket.is_v6, 99, item.socket.local);
        else
                item.is_dual = item.socket.is_v6 && pick(2);
        item.socket.is_v6_only = !item.is_dual;
        if (pick(3) == 0)
                snprintf(item.arrival, sizeof(item.arrival), "%s", interfaces[pick(3)]);
        item.is_loopback = pick(10) == 0;
        return item;
}

/* Whether any packet that the socket would take is let in. */
static bool is_reached(const struct pg_policy *policy, const struct pg_waiting *item)
{
        for (int is_v6 = 0; is_v6 < 2; is_v6++)
                for (unsigned n = 0; n < ADDRESSES + 1; n++)
                        for (size_t i = 0; i < PG_ELEMENTSOF(interfaces); i++) {
                                struct pg_flow flow = {.direction = PG_IN,
                                                       .protocol = item->socket.protocol,
                                                       .port = item->socket.local_port,
                                                       .is_v6 = is_v6,
                                                       .interface = interfaces[i]};

                                if (item->is_loopback || (is_v6 && !item->socket.is_v6) ||
                                    (!is_v6 && item->socket.is_v6 && !item->is_dual) ||
                                    (item->arrival[0] != '\0' &&
                                     strcmp(item->arrival, interfaces[i]) != 0))
                                        continue;
                                address(is_v6, n, flow.address);
                                if (pg_policy_admits(policy, &flow))
                                        return true;
                        }
        return false;
}

/* An interface that the world does not have lets nobody in, but the audit does not know which there
 * are. */
static bool is_by_unknown_interface(const struct pg_policy *policy, const struct pg_segment *segment)
{
        const struct pg_source *source = &policy->sources[segment->source];

        for (size_t i = 0; i < source->n_interfaces; i++)
                if (strcmp(source->interfaces[i], "wg0") == 0)
                        return true;
        return false;
}

static void it_says_what_the_evaluator_says(void **state)
{
        size_t n_open = 0, n_closed = 0;

        (void)state;
        srandom(7);
        for (int round = 0; round < ROUNDS; round++) {
                _cleanup_(pg_policy_freep) struct pg_policy *policy = make_policy();
                const struct pg_waiting item = make_socket();
                const struct pg_segment *segment;
                bool open, wanted = is_reached(policy, &item);

                segment = pg_waiting_reach(policy, &item, &open);
                if (segment && open && !wanted && item.arrival[0] == '\0' &&
                    is_by_unknown_interface(policy, segment))
                        continue;
                if (open != wanted)
                        fail_msg("round %d: %s", round, open ? "open" : "closed");
                n_open += open;
                n_closed += !open;
        }
        assert_true(n_open > ROUNDS / 5);
        assert_true(n_closed > ROUNDS / 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_says_what_the_evaluator_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
