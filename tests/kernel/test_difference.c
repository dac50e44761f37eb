/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan = explain: a packet is one of those that a plan's lines open or widen to exactly if the old
 * policy drops it and the new one accepts it; likewise for what they close and narrow. And what two
 * worlds write differently and what is the same makes no line.
 */
#include "kernel/world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base_traffic.h"
#include "policy/diff/internal.h"
#include "policy/explain.h"

#define PAIRS 250
#define PACKETS 400

static char folder[] = "/tmp/portguard-difference-XXXXXX";

static int begin(void **state)
{
        (void)state;
        assert_non_null(mkdtemp(folder));
        return 0;
}

static int end(void **state)
{
        char path[64];

        (void)state;
        snprintf(path, sizeof(path), "%s/p.yaml", folder);
        unlink(path);
        snprintf(path, sizeof(path), "%s/site.yaml", folder);
        unlink(path);
        return rmdir(folder);
}

static struct pg_policy *make(const struct world *world)
{
        world_write(world, folder);
        return world_compile(folder);
}

/* How many of the lines that say more (or less) may pass have the packet. */
static unsigned count_lines(const struct pg_difference *difference, const struct pg_flow *flow,
                            bool is_gain)
{
        unsigned n = 0;

        for (size_t i = 0; i < pg_difference_length(difference); i++) {
                enum pg_change_kind kind = pg_difference_line(difference, i)->kind;

                if ((kind == PG_CHANGE_OPENS || kind == PG_CHANGE_WIDENS) == is_gain)
                        n += pg_difference_has(difference, i, flow);
        }
        return n;
}

static void check_packet(const struct pg_policy *before, const struct pg_policy *after,
                         const struct pg_difference *difference, const struct pg_flow *flow,
                         const struct world worlds[static 2])
{
        struct pg_reason was, is;

        /* Whoever is let in: never from there. */
        if (pg_base_refuses(flow))
                return;
        pg_policy_explain(before, flow, &was);
        pg_policy_explain(after, flow, &is);
        if (count_lines(difference, flow, true) == (!was.accepts && is.accepts) &&
            count_lines(difference, flow, false) == (was.accepts && !is.accepts))
                return;
        world_print(&worlds[0], flow);
        world_print(&worlds[1], flow);
        fail_msg("was %s, is %s; %u lines open it, %u close it", was.accepts ? "accepted" : "dropped",
                 is.accepts ? "accepted" : "dropped", count_lines(difference, flow, true),
                 count_lines(difference, flow, false));
}

/* Somebody from all over. */
static const char *const strangers[] = {
        "1.1.1.1",          "9.9.9.9",  "100.64.0.1", "130.0.0.1",     "10.1.2.1",
        "10.9.9.9",         "11.1.1.1", "172.16.0.1", "198.18.9.9",    "1::1",
        "2001:db8:ffff::1", "9000::1",  "fd00:9::5",  "2001:db8:5::1",
};

/* A flow that the line may be about. */
static struct pg_flow flow_of(const struct pg_line *line, bool is_v6)
{
        struct pg_flow flow = {.direction = line->direction,
                               .protocol = line->ports.protocol,
                               .port = line->ports.first,
                               .is_v6 = is_v6,
                               .interface = "zz0"};

        if (line->subject == PG_LINE_PING) {
                flow.protocol = is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
                flow.type = is_v6 ? 128 : 8;
        } else if (line->subject == PG_LINE_EGRESS) {
                flow.protocol = 253; /* for experiments: no service of a world has it */
        }
        return flow;
}

static bool is_of_line(const struct pg_policy *before, const struct pg_policy *after,
                       const struct pg_line *line, const struct pg_flow *flow)
{
        bool is_gain = line->kind == PG_CHANGE_OPENS || line->kind == PG_CHANGE_WIDENS;
        struct pg_reason was, is;

        pg_policy_explain(before, flow, &was);
        pg_policy_explain(after, flow, &is);
        return is_gain ? !was.accepts && is.accepts : was.accepts && !is.accepts;
}

static bool has_stranger(const struct pg_policy *before, const struct pg_policy *after,
                         const struct pg_line *line, const char *interface, unsigned family)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(strangers); i++) {
                struct pg_prefix prefix;
                struct pg_flow flow;

                pg_prefix_parse(strangers[i], strlen(strangers[i]), &prefix);
                if ((prefix.is_v6 ? PG_V6 : PG_V4) != family)
                        continue;
                flow = flow_of(line, prefix.is_v6);
                flow.interface = interface;
                memcpy(flow.address, prefix.address, 16);
                if (is_of_line(before, after, line, &flow))
                        return true;
        }
        return false;
}

/* Every range that a line names is of it, from end to end; every interface, and anybody where it is
 * about all the rest, in each family that it is said to be about. */
static void check_line(const struct pg_policy *before, const struct pg_policy *after,
                       const struct pg_line *line)
{
        const struct pg_surplus *surplus = line->surplus;

        for (size_t i = 0; i < surplus->addresses.n_v4; i++) {
                uint32_t ends[2] = {htonl(surplus->addresses.v4[i].first),
                                    htonl(surplus->addresses.v4[i].last)};

                for (int j = 0; j < 2; j++) {
                        struct pg_flow flow = flow_of(line, false);

                        memcpy(flow.address, &ends[j], 4);
                        if (!pg_base_refuses(&flow))
                                assert_true(is_of_line(before, after, line, &flow));
                }
        }
        for (size_t i = 0; i < surplus->addresses.n_v6; i++)
                for (int j = 0; j < 2; j++) {
                        struct pg_flow flow = flow_of(line, true);

                        memcpy(flow.address,
                               j ? surplus->addresses.v6[i].last : surplus->addresses.v6[i].first, 16);
                        assert_true(is_of_line(before, after, line, &flow));
                }
        for (unsigned family = PG_V4; family <= PG_V6; family++) {
                for (size_t i = 0; i < surplus->n_interfaces && line->families & family; i++) {
                        char name[32];

                        snprintf(name, sizeof(name), "%s", surplus->interfaces[i]);
                        if (name[strlen(name) - 1] == '*')
                                name[strlen(name) - 1] = 'x';
                        assert_true(has_stranger(before, after, line, name, family));
                }
                if (surplus->is_rest)
                        assert_int_equal(has_stranger(before, after, line, "zz0", family),
                                         (line->families & family) != 0);
        }
}

static void lines_are_what_the_evaluator_says(void **state)
{
        struct chance chance = {world_seed()};
        size_t opened = 0, closed = 0, n_lines = 0;

        (void)state;
        for (int i = 0; i < PAIRS; i++) {
                struct pg_difference *difference = NULL;
                struct pg_policy *before, *after;
                struct world worlds[2];
                struct pg_error error;

                world_make(&chance, &worlds[0]);
                if (draw(&chance, 4))
                        world_change(&chance, &worlds[0], &worlds[1]);
                else
                        world_make(&chance, &worlds[1]);
                before = make(&worlds[0]);
                after = make(&worlds[1]);
                assert_int_equal(pg_difference_find(before, after, &difference, &error), 0);
                for (int j = 0; j < PACKETS; j++) {
                        struct pg_flow flow;

                        world_packet(&chance, &worlds[draw(&chance, 2)], &flow);
                        /* Who is answered is told by who may ask. */
                        flow.is_untracked = false;
                        flow.source_port = 0;
                        check_packet(before, after, difference, &flow, worlds);
                        opened += count_lines(difference, &flow, true);
                        closed += count_lines(difference, &flow, false);
                }
                for (size_t j = 0; j < pg_difference_length(difference); j++)
                        check_line(before, after, pg_difference_line(difference, j));
                n_lines += pg_difference_length(difference);
                pg_difference_free(difference);
                pg_policy_free(before);
                pg_policy_free(after);
        }
        printf("%d packets: %zu opened, %zu closed; %zu lines\n", PAIRS * PACKETS, opened, closed,
               n_lines);
        /* A test of packets of which nothing is to be said proves nothing. */
        assert_true(opened > PAIRS * PACKETS / 50);
        assert_true(closed > PAIRS * PACKETS / 50);
}

static void a_policy_against_itself_has_no_lines(void **state)
{
        struct chance chance = {world_seed()};

        (void)state;
        for (int i = 0; i < 50; i++) {
                struct pg_difference *difference = NULL;
                struct pg_policy *before, *after;
                struct pg_error error;
                struct world world;

                world_make(&chance, &world);
                before = make(&world);
                after = make(&world);
                assert_int_equal(pg_difference_find(before, after, &difference, &error), 0);
                assert_int_equal(pg_difference_length(difference), 0);
                pg_difference_free(difference);
                pg_policy_free(before);
                pg_policy_free(after);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_are_what_the_evaluator_says),
                cmocka_unit_test(a_policy_against_itself_has_no_lines),
        };

        return cmocka_run_group_tests(tests, begin, end);
}
