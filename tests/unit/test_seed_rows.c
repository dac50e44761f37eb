/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of the seed table is open in every profile that stands for it, by the service and to
 * exactly the scope that tests/data/seed-rows.tsv gives; and a seed profile opens nothing that no row
 * accounts for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "policy/compile/compile.h"

#define PROFILES PORTGUARD_SOURCE "/profiles"
#define ROWS PORTGUARD_SOURCE "/tests/data/seed-rows.tsv"
#define SEEDS PORTGUARD_SOURCE "/tests/data/seed_ports.tsv"
#define SEED_ROWS 82

struct row {
        char line[8];
        enum pg_direction direction;
        struct pg_ports ports;
        char profile[64];
        char scope[64]; /* as a source's label: "cluster, control-plane" */
        bool optional;
        char service[128];
};

static struct row *rows;
static size_t n_rows;

/* "cluster,control-plane" to the label's form. */
static void spell_scope(const char *text, char *label, size_t size)
{
        size_t n = 0;

        for (; *text != '\0' && n + 3 < size; text++) {
                label[n++] = *text;
                if (*text == ',')
                        label[n++] = ' ';
        }
        label[n] = '\0';
}

static void read_rows(void)
{
        FILE *file = fopen(ROWS, "re");
        char line[512];

        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        while (fgets(line, sizeof(line), file)) {
                struct row *row = PG_ARRAY_ADD(rows, n_rows);
                char direction[8], protocol[8], scope[64], optional[8];
                unsigned first, last;

                assert_non_null(row);
                assert_int_equal(sscanf(line, "%7s %7s %7s %u %u %63s %63s %7s %127s", row->line,
                                        direction, protocol, &first, &last, row->profile, scope,
                                        optional, row->service),
                                 9);
                row->direction = strcmp(direction, "out") == 0 ? PG_OUT : PG_IN;
                row->ports.protocol = pg_protocol_with_ports(protocol, strlen(protocol));
                assert_int_not_equal(row->ports.protocol, 0);
                row->ports.first = (uint16_t)first;
                row->ports.last = (uint16_t)last;
                row->optional = strcmp(optional, "yes") == 0;
                spell_scope(scope, row->scope, sizeof(row->scope));
        }
        fclose(file);
}

static struct pg_catalog *load(const char *profile)
{
        struct pg_diagnostics *diagnostics = NULL;
        struct pg_catalog *catalog = NULL;
        struct pg_error error;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        if (pg_catalog_load(PROFILES, &profile, 1, &catalog, diagnostics, &error) < 0) {
                if (pg_diagnostics_length(diagnostics) > 0)
                        fail_msg("%s: %s", profile, pg_diagnostics_at(diagnostics, 0)->text);
                fail_msg("%s: %s", profile, error.message);
        }
        pg_diagnostics_free(diagnostics);
        return catalog;
}

static struct pg_policy *compile(const struct pg_catalog *catalog, bool with_all)
{
        const char *text =
                with_all ? "enable: all\negress: strict\nhosts: {msg.argo.grnet.gr: [192.0.2.1]}\n"
                         : "egress: strict\nhosts: {msg.argo.grnet.gr: [192.0.2.1]}\n";
        struct pg_diagnostics *diagnostics = NULL;
        struct pg_policy *policy = NULL;
        struct pg_site *site = NULL;
        struct pg_error error;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_site_parse("site", text, strlen(text), &site, diagnostics, &error), 0);
        assert_int_equal(pg_policy_compile(catalog, site, &policy, diagnostics, &error), 0);
        pg_diagnostics_free(diagnostics);
        pg_site_free(site);
        return policy;
}

static const struct pg_segment *owner(const struct pg_policy *policy, enum pg_direction direction,
                                      uint8_t protocol, unsigned port)
{
        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];

                if (segment->direction == direction && segment->ports.protocol == protocol &&
                    segment->ports.first <= port && port <= segment->ports.last)
                        return segment;
        }
        return NULL;
}

static unsigned width(const struct row *row)
{
        return (unsigned)row->ports.last - row->ports.first;
}

static bool covers(const struct row *row, enum pg_direction direction, uint8_t protocol, unsigned port)
{
        return row->direction == direction && row->ports.protocol == protocol &&
               row->ports.first <= port && port <= row->ports.last;
}

/* Another row of the same profile has a better claim to the port. */
static bool is_carved(const struct row *row, unsigned port)
{
        for (size_t i = 0; i < n_rows; i++)
                if (strcmp(rows[i].profile, row->profile) == 0 && width(&rows[i]) < width(row) &&
                    covers(&rows[i], row->direction, row->ports.protocol, port))
                        return true;
        return false;
}

static bool is_service_of(const struct pg_segment *segment, const struct pg_policy *policy,
                          const char *service)
{
        for (size_t i = 0; i < segment->n_services; i++)
                if (strcmp(policy->services[segment->services[i]].name, service) == 0)
                        return true;
        return false;
}

static void check_row(const struct row *row, const struct pg_policy *policy)
{
        for (unsigned port = row->ports.first; port <= row->ports.last; port++) {
                const struct pg_segment *segment =
                        owner(policy, row->direction, row->ports.protocol, port);
                const char *label;

                if (is_carved(row, port))
                        continue;
                if (!segment)
                        fail_msg("%s: %s does not open port %u", row->line, row->profile, port);
                if (!is_service_of(segment, policy, row->service))
                        fail_msg("%s: %s opens port %u, but not by %s", row->line, row->profile, port,
                                 row->service);
                /* Loopback is accepted before any port is looked at: nobody else may get in. */
                if (strcmp(row->scope, "local") == 0 &&
                    !pg_source_opens(&policy->sources[segment->source]))
                        continue;
                label = policy->sources[segment->source].label;
                if (strcmp(label, row->scope) != 0)
                        fail_msg("%s: %s opens port %u to '%s', not to '%s'", row->line, row->profile,
                                 port, label, row->scope);
        }
}

static void check_closed(const struct row *row, const struct pg_policy *policy)
{
        const struct pg_segment *segment =
                owner(policy, row->direction, row->ports.protocol, row->ports.first);

        if (segment && pg_source_opens(&policy->sources[segment->source]) &&
            !is_carved(row, row->ports.first))
                fail_msg("%s: %s opens port %u though nobody asked for it", row->line, row->profile,
                         row->ports.first);
}

static void each_row_is_open_to_its_scope(void **state)
{
        (void)state;
        for (size_t i = 0; i < n_rows; i++) {
                struct pg_catalog *catalog = load(rows[i].profile);
                struct pg_policy *policy = compile(catalog, rows[i].optional);

                check_row(&rows[i], policy);
                pg_policy_free(policy);
                if (rows[i].optional) {
                        policy = compile(catalog, false);
                        check_closed(&rows[i], policy);
                        pg_policy_free(policy);
                }
                pg_catalog_free(catalog);
        }
}

/* A row accounts for a profile's port when it is a row of that profile or of one that it includes. */
static bool accounts(const struct row *row, const struct pg_catalog *catalog,
                     const struct pg_segment *segment, unsigned port)
{
        return pg_catalog_find(catalog, row->profile) &&
               covers(row, segment->direction, segment->ports.protocol, port);
}

static void check_accounted(const struct pg_catalog *catalog, const struct pg_policy *policy,
                            const struct pg_segment *segment, const char *profile)
{
        for (unsigned port = segment->ports.first; port <= segment->ports.last; port++) {
                bool accounted = false;

                for (size_t i = 0; i < n_rows && !accounted; i++)
                        accounted = accounts(&rows[i], catalog, segment, port);
                if (!accounted)
                        fail_msg("%s opens port %u (%s), and no row accounts for it", profile, port,
                                 policy->services[segment->services[0]].name);
        }
}

static void a_seed_profile_opens_nothing_else(void **state)
{
        (void)state;
        for (size_t i = 0; i < n_rows; i++) {
                struct pg_catalog *catalog = load(rows[i].profile);
                struct pg_policy *policy = compile(catalog, false);

                for (size_t j = 0; j < policy->n_segments; j++) {
                        const struct pg_segment *segment = &policy->segments[j];
                        const char *service = policy->services[segment->services[0]].name;

                        if (pg_source_opens(&policy->sources[segment->source]) &&
                            strncmp(service, "base/", 5) != 0)
                                check_accounted(catalog, policy, segment, rows[i].profile);
                }
                pg_policy_free(policy);
                pg_catalog_free(catalog);
        }
}

/* The mapping is written by hand: it must speak of every line of the seed table, and of its ports. */
static void the_mapping_follows_the_seed_table(void **state)
{
        FILE *file = fopen(SEEDS, "re");
        char line[1024];

        (void)state;
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        for (unsigned n = 1; n <= SEED_ROWS; n++) {
                char name[8], direction[8], protocol[8];
                unsigned first, last;
                bool found = false;

                assert_non_null(fgets(line, sizeof(line), file));
                assert_int_equal(sscanf(line, "%*[^\t]\t%*[^\t]\t%*[^\t]\t%7[^\t]\t%7[^\t]\t%u\t%u",
                                        direction, protocol, &first, &last),
                                 4);
                snprintf(name, sizeof(name), "L%u", n);
                for (size_t i = 0; i < n_rows; i++) {
                        if (strcmp(rows[i].line, name) != 0)
                                continue;
                        found = true;
                        assert_int_equal(rows[i].ports.first, first);
                        assert_int_equal(rows[i].ports.last, last);
                        assert_int_equal(rows[i].direction,
                                         strcmp(direction, "out") == 0 ? PG_OUT : PG_IN);
                        assert_int_equal(rows[i].ports.protocol,
                                         pg_protocol_with_ports(protocol, strlen(protocol)));
                }
                if (!found)
                        fail_msg("no profile is named for %s", name);
        }
        assert_null(fgets(line, sizeof(line), file));
        fclose(file);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_mapping_follows_the_seed_table),
                cmocka_unit_test(each_row_is_open_to_its_scope),
                cmocka_unit_test(a_seed_profile_opens_nothing_else),
        };

        read_rows();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
