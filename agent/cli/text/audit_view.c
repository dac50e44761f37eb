/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens, and how it fits the policy, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

/* A server on every address of a host has one socket for each. */
#define ADDRESS_SHOWN 40

static enum pg_style style_of(enum pg_finding_kind kind)
{
        static const enum pg_style styles[] = {
                [PG_FINDING_PUBLISHED] = PG_STYLE_RED, [PG_FINDING_WIDER] = PG_STYLE_RED,
                [PG_FINDING_CLOSED] = PG_STYLE_YELLOW, [PG_FINDING_LOOPBACK] = PG_STYLE_YELLOW,
                [PG_FINDING_UNUSED] = PG_STYLE_FAINT,
        };

        return styles[kind];
}

/* "tcp/8080", "tcp/any": "any" is a range here, not a protocol without ports. */
static char *ports_text(const char *protocol, const char *ports)
{
        return pg_must(pg_format("%s/%s", protocol, ports));
}

static char *address_text(const char *address)
{
        if (!address)
                return pg_must(strdup("-"));
        if (strlen(address) <= ADDRESS_SHOWN)
                return pg_must(strdup(address));
        return pg_must(pg_format("%.*s...", ADDRESS_SHOWN, address));
}

static const char *process_text(const struct pg_finding *finding)
{
        if (finding->process)
                return finding->process;
        return finding->is_hidden ? "unknown (not permitted)" : "-";
}

static void print_findings(const struct pg_audit *audit)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};

        if (audit->n_findings == 0)
                return;
        PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "FINDING", "PORT", "ADDRESS", "PROCESS", "POLICY",
                       "ADVICE");
        for (size_t i = 0; i < audit->n_findings; i++) {
                const struct pg_finding *finding = &audit->findings[i];
                _cleanup_(pg_freep) char *ports = ports_text(finding->protocol, finding->ports);
                _cleanup_(pg_freep) char *address = address_text(finding->address);

                PG_COLUMNS_ADD(&table, style_of(finding->kind), pg_finding_name(finding->kind), ports,
                               address, process_text(finding), finding->text,
                               finding->advice ? finding->advice : "-");
        }
        pg_columns_print(&table, stdout);
        putchar('\n');
}

/* "nginx 1234 and 3 more" */
static char *owner_text(const struct pg_listener *listener)
{
        if (!listener->process)
                return pg_must(strdup(listener->is_hidden ? "unknown (not permitted)" : "none seen"));
        if (listener->n_processes > 1)
                return pg_must(pg_format("%s %d and %zu more", listener->process, listener->pid,
                                         listener->n_processes - 1));
        return pg_must(pg_format("%s %d", listener->process, listener->pid));
}

static void add_listener(struct pg_columns *table, const struct pg_listener *listener)
{
        _cleanup_(pg_freep) char *port =
                pg_must(pg_format("%s/%u", listener->protocol, listener->port));
        _cleanup_(pg_freep) char *address =
                pg_must(pg_format("%s%s%s", listener->address, listener->interface ? "%" : "",
                                  listener->interface ? listener->interface : ""));
        _cleanup_(pg_freep) char *owner = owner_text(listener);
        _cleanup_(pg_freep) char *unit =
                pg_must(pg_format("%s%s%s", listener->unit ? listener->unit : "-",
                                  listener->has_moved ? ", now in " : "",
                                  listener->has_moved ? listener->namespace : ""));
        _cleanup_(pg_freep) char *services = pg_name_services(listener->services, listener->n_services);
        const char *from = listener->reachable_from ? listener->reachable_from
                           : listener->is_loopback  ? "this host"
                                                    : "nobody";

        PG_COLUMNS_ADD(table, PG_STYLE_PLAIN, port, address, owner, unit, from, services);
}

static void print_listeners(const struct pg_audit *audit)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2};

        PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "PORT", "ADDRESS", "PROCESS", "UNIT", "FROM", "SERVICE");
        for (size_t i = 0; i < audit->n_listeners; i++)
                add_listener(&table, &audit->listeners[i]);
        puts("Listening:");
        if (audit->n_listeners > 0)
                pg_columns_print(&table, stdout);
        else
                puts("  nothing");
        putchar('\n');
}

/* "2 findings: 1 closed, 1 unused" */
static void print_counts(const struct pg_audit *audit, bool all)
{
        size_t counts[PG_FINDING_KINDS] = {0}, n_reachable = 0, n_told = 0;

        for (size_t i = 0; i < audit->n_findings; i++)
                counts[audit->findings[i].kind]++;
        for (size_t i = 0; i < audit->n_listeners; i++)
                n_reachable += audit->listeners[i].reachable_from != NULL;
        printf("%zu listening, %zu of them reachable; ", audit->n_listeners, n_reachable);
        if (audit->n_findings == 0)
                fputs("no findings", stdout);
        else
                printf("%zu finding%s: ", audit->n_findings, audit->n_findings == 1 ? "" : "s");
        for (size_t i = 0; i < PG_FINDING_KINDS; i++)
                if (counts[i] > 0)
                        printf("%s%zu %s", n_told++ > 0 ? ", " : "", counts[i],
                               pg_finding_name((enum pg_finding_kind)i));
        puts(all ? "" : " (every listener: --all)");
}

static void print_command(const struct pg_audit *audit)
{
        _cleanup_(pg_freep) char *left = NULL, *line = NULL;

        if (!audit->command)
                return;
        puts("To turn it on, with the profiles of what listens (plan instead of apply: who may reach it):");
        pg_print_wrapped(stdout, 2, audit->command);
        if (audit->n_left_closed > 0) {
                left = pg_must(pg_strings_join(audit->left_closed, audit->n_left_closed, ", "));
                line = pg_must(pg_format("it would leave closed: %s", left));
                pg_print_wrapped(stdout, 2, line);
        }
        putchar('\n');
}

static void print_beyond(const struct pg_audit *audit)
{
        size_t n = audit->n_other_namespaces;

        if (audit->n_published_elsewhere > 0)
                printf("%zu NAT rule%s for addresses that are not this host's (services of a cluster, load "
                       "balancers) not listed\n",
                       audit->n_published_elsewhere, audit->n_published_elsewhere == 1 ? "" : "s");
        if (n > 0)
                printf("%zu other network namespace%s (containers) with processes: what listens there is "
                       "not for this policy to judge\n",
                       n, n == 1 ? "" : "s");
}

void pg_audit_print(const struct pg_audit *audit, bool all)
{
        if (audit->problem)
                pg_print_wrapped(stdout, 0, audit->problem);
        if (audit->is_unknown)
                puts("No policy decides: whatever listens may be reachable, as rules of somebody's have it");
        else if (audit->is_off)
                printf("%s: whatever listens is as reachable as other firewalls leave it\n",
                       audit->problem ? "Nothing is enforced" : "portguard is off");
        if (audit->problem || audit->is_off)
                putchar('\n');
        if (all)
                print_listeners(audit);
        print_findings(audit);
        print_command(audit);
        print_counts(audit, all);
        print_beyond(audit);
}
