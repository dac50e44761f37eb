/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as a graph. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/report/internal.h"
#include "cli/text/text.h"

#define INK "#1a1d21"
#define SOFT "#59616b"
#define GROUP "#0b5c73"
#define ANY "#a33b00"
#define FONT "Helvetica,Arial,sans-serif"

/* Ports of a service that stand in its node; further ones are counted. */
#define PORTS_SHOWN 8

/* In a quoted string of dot, `\` and `&` begin escapes of labels. */
static void print_escaped(FILE *out, const char *text)
{
        _cleanup_(pg_freep) char *safe = pg_safe(text);

        for (const char *p = safe; *p; p++) {
                if (*p == '"' || *p == '\\')
                        fputc('\\', out);
                fputs(*p == '&' ? "&amp;" : (char[]){*p, '\0'}, out);
        }
}

static void print_attribute(FILE *out, const char *name, const char *text)
{
        fprintf(out, ", %s=\"", name);
        print_escaped(out, text);
        fputc('"', out);
}

static void print_scopes(FILE *out, const struct pg_reach *reach, bool outbound)
{
        if (reach->n_scopes == 0)
                return;
        fprintf(out, "  subgraph %s {\n    rank=%s;\n", outbound ? "destinations" : "origins",
                outbound ? "max" : "min");
        for (size_t i = 0; i < reach->n_scopes; i++) {
                bool is_any = strcmp(reach->scopes[i], "any") == 0;

                fprintf(out, "    %s%zu [label=\"", outbound ? "to" : "from", i);
                print_escaped(out, is_any ? (outbound ? "anywhere" : "anybody") : reach->scopes[i]);
                fprintf(out, "\", shape=%s, style=filled, color=\"%s\", fontcolor=\"%s\"",
                        is_any ? "octagon" : "ellipse", is_any ? ANY : GROUP, is_any ? ANY : GROUP);
                print_attribute(out, "scope", reach->scopes[i]);
                fputs("];\n", out);
        }
        fputs("  }\n", out);
}

static void print_ports(FILE *out, const struct pg_reach_row *row, size_t shown, const char *between)
{
        for (size_t i = 0; i < row->n_exposures && i < shown; i++) {
                _cleanup_(pg_freep) char *ports =
                        pg_name_ports(row->exposures[i]->protocol, row->exposures[i]->ports);

                fputs(i > 0 ? between : "", out);
                print_escaped(out, ports);
        }
        if (row->n_exposures > shown)
                fprintf(out, "%sand %zu more", between, row->n_exposures - shown);
}

static void print_service(FILE *out, const struct pg_reach *reach, size_t index, bool outbound,
                          bool hits)
{
        const struct pg_reach_row *row = &reach->rows[index];

        fprintf(out, "    %s%zu [label=\"", outbound ? "out" : "in", index);
        print_escaped(out, row->service + pg_profile_length(row->service));
        fputs("\\n", out);
        print_ports(out, row, PORTS_SHOWN, "\\n");
        if (hits)
                fprintf(out, "\\n%" PRIu64 " connection%s", row->packets, row->packets == 1 ? "" : "s");
        fputc('"', out);
        print_attribute(out, "service", row->service);
        print_attribute(out, "direction", outbound ? "out" : "in");
        fputs(", ports=\"", out);
        print_ports(out, row, SIZE_MAX, " ");
        fputs("\"];\n", out);
}

/* Rows are sorted by service, so those of a profile follow one another. */
static void print_services(FILE *out, const struct pg_reach *reach, bool outbound, bool hits)
{
        for (size_t i = 0; i < reach->n_rows;) {
                const char *profile = reach->rows[i].service;
                size_t length = pg_profile_length(profile);

                fprintf(out,
                        "  subgraph cluster_%s%zu {\n    margin=10; style=\"rounded,filled\"; color=\"#d5d9de\"; fillcolor=\"#f4f5f7\"; fontsize=11; fontcolor=\"" SOFT
                        "\";\n    label=\"",
                        outbound ? "out" : "in", i);
                if (length > 0) {
                        _cleanup_(pg_freep) char *name = pg_must(strndup(profile, length - 1));

                        print_escaped(out, name);
                }
                fputs("\";\n", out);
                for (const char *first = profile;
                     i < reach->n_rows && pg_profile_length(reach->rows[i].service) == length &&
                     strncmp(reach->rows[i].service, first, length) == 0;
                     i++)
                        print_service(out, reach, i, outbound, hits);
                fputs("  }\n", out);
        }
}

static void print_edges(FILE *out, const struct pg_reach *reach, bool outbound)
{
        for (size_t i = 0; i < reach->n_rows; i++)
                for (size_t j = 0; j < reach->n_scopes; j++) {
                        bool is_any = strcmp(reach->scopes[j], "any") == 0;

                        if (!pg_row_has_scope(&reach->rows[i], reach->scopes[j]))
                                continue;
                        if (outbound)
                                fprintf(out, "  out%zu -> to%zu", i, j);
                        else
                                fprintf(out, "  from%zu -> in%zu", j, i);
                        fprintf(out, " [color=\"%s\"%s];\n", is_any ? ANY : GROUP,
                                is_any ? ", penwidth=1.6" : "");
                }
}

/* One column of services, whatever direction. */
static void print_column(FILE *out, const struct pg_reach reaches[static 2])
{
        fputs("  {\n    rank=same;\n", out);
        for (int outbound = 0; outbound < 2; outbound++)
                for (size_t i = 0; i < reaches[outbound].n_rows; i++)
                        fprintf(out, "    %s%zu;\n", outbound ? "out" : "in", i);
        fputs("  }\n", out);
}

static void print_title(FILE *out, const struct pg_view *view)
{
        _cleanup_(pg_freep) char *name = NULL;

        fputs("  label=\"", out);
        if (view->generation > 0)
                name = pg_name_generation(view->generation, view->profiles, view->n_profiles);
        else if (view->n_profiles > 0)
                name = pg_join(view->profiles, view->n_profiles);
        print_escaped(out, name ? name : pg_view_off_text(view));
        if (name)
                fputs(view->egress_strict ? "; egress strict"
                                          : "; egress open: what leaves is not limited",
                      out);
        fputs("\";\n", out);
}

void pg_graph_print(FILE *out, const struct pg_view *view)
{
        bool hits = view->state != PG_STATE_OFF;
        struct pg_reach reaches[2];

        fputs("digraph portguard {\n"
              "  rankdir=LR; ranksep=1.8; nodesep=0.16; pad=0.3; newrank=true; bgcolor=white;\n"
              "  labelloc=t; labeljust=l; fontname=\"" FONT "\"; fontsize=13; fontcolor=\"" INK "\";\n"
              "  node [fontname=\"" FONT "\", fontsize=11, fontcolor=\"" INK "\", color=\"" SOFT
              "\", shape=box, style=\"rounded,filled\", fillcolor=white, margin=\"0.16,0.07\"];\n"
              "  edge [arrowsize=0.6, tailport=e, headport=w];\n",
              out);
        print_title(out, view);
        for (int outbound = 0; outbound < 2; outbound++) {
                pg_reach_make(view, outbound, &reaches[outbound]);
                print_scopes(out, &reaches[outbound], outbound);
                print_services(out, &reaches[outbound], outbound, hits);
                print_edges(out, &reaches[outbound], outbound);
        }
        print_column(out, reaches);
        fputs("}\n", out);
        pg_reach_done(&reaches[0]);
        pg_reach_done(&reaches[1]);
}
