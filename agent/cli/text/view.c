/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

#define ADDRESSES_SHOWN 4

const char *pg_state_name(enum pg_state state, bool refuses)
{
        static const char *const names[] = {
                [PG_STATE_OFF] = "off",
                [PG_STATE_CONFIRMED] = "confirmed",
                [PG_STATE_TRIAL] = "trial",
        };

        return state == PG_STATE_OFF && refuses ? "changed" : names[state];
}

/* "10.0.0.0/8, fc00::/7, %lxdbr0 … and 9 more" */
static char *describe_addresses(const struct pg_exposure *exposure)
{
        char *const *lists[] = {exposure->addresses, exposure->interfaces};
        const size_t lengths[] = {exposure->n_addresses, exposure->n_interfaces};
        size_t all = exposure->n_addresses_all + exposure->n_interfaces, shown = 0, size;
        char *text = NULL;
        FILE *out;

        if (exposure->is_any)
                return pg_must(strdup(exposure->outbound ? "anywhere" : "everybody"));
        if (exposure->n_scopes == 1 && strcmp(exposure->scopes[0], "local") == 0)
                return pg_must(strdup("this host only"));
        if (all == 0)
                return pg_must(strdup("nobody"));
        out = pg_must(open_memstream(&text, &size));
        for (size_t i = 0; i < PG_ELEMENTSOF(lists); i++)
                for (size_t j = 0; j < lengths[i] && shown < ADDRESSES_SHOWN; j++)
                        fprintf(out, "%s%s%s", shown++ > 0 ? ", " : "", i == 1 ? "%" : "", lists[i][j]);
        if (all > shown)
                fprintf(out, " … and %zu more", all - shown);
        return pg_must(pg_stream_end(out, &text));
}

static void add_exposure(struct pg_columns *table, const struct pg_exposure *exposure,
                         enum pg_detail detail)
{
        _cleanup_(pg_freep) char *ports = pg_name_ports(exposure->protocol, exposure->ports);
        _cleanup_(pg_freep) char *services = pg_name_services(exposure->services, exposure->n_services);
        _cleanup_(pg_freep) char *scopes = pg_join(exposure->scopes, exposure->n_scopes);

        if (detail == PG_DETAIL_HITS) {
                _cleanup_(pg_freep) char *packets = pg_must(pg_format("%" PRIu64, exposure->packets));
                char bytes[PG_COUNT_TEXT_MAX];

                PG_COLUMNS_ADD(table, PG_STYLE_PLAIN, ports, scopes, packets,
                               pg_bytes_text(exposure->bytes, bytes), services);
        } else {
                _cleanup_(pg_freep) char *addresses = describe_addresses(exposure);

                PG_COLUMNS_ADD(table, PG_STYLE_PLAIN, ports, scopes, services, addresses);
        }
}

static void print_direction(FILE *out, size_t width, const struct pg_view *view, bool outbound,
                            enum pg_detail detail)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2, .width = width};
        const char *who = outbound ? "TO" : "FROM";

        if (detail == PG_DETAIL_HITS) {
                table.right = 1U << 2 | 1U << 3;
                table.cut = 1U << 1 | 1U << 4;
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "PORTS", who, "CONNECTIONS", "BYTES", "SERVICE");
        } else {
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "PORTS", who, "SERVICE", "ADDRESSES");
        }
        for (size_t i = 0; i < view->n_exposures; i++)
                if (view->exposures[i].outbound == outbound)
                        add_exposure(&table, &view->exposures[i], detail);
        /* `out` may be a page that is printed on standard output later. */
        fprintf(out, "\n%s%s%s\n", pg_style(stdout, PG_STYLE_BOLD),
                outbound ? "Open from this host:" : "Open to this host:",
                pg_style(stdout, PG_STYLE_PLAIN));
        if (table.n > 1)
                pg_columns_print(&table, out);
        else
                fputs("  nothing\n", out);
}

void pg_view_print_egress(FILE *out, const struct pg_view *view)
{
        fputs(view->egress_strict
                      ? "egress strict: this host reaches only what is listed below, and ICMP; "
                        "the rest is rejected\n"
                      : "egress open: what leaves this host is not limited\n",
              out);
}

void pg_view_print_exposures(FILE *out, size_t width, const struct pg_view *view, enum pg_detail detail)
{
        print_direction(out, width, view, false, detail);
        if (view->egress_strict)
                print_direction(out, width, view, true, detail);
}
