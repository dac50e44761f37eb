/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services against scopes. */
#include <stdio.h>
#include <string.h>

#include "cli/report/internal.h"

/* As many columns as fit on a sheet of A4; further scopes get tables of their own. */
#define COLUMNS_MAX 14
/* Up to so many letters there is room on it for names that are written across. */
#define ACROSS_MAX 50

struct part {
        char *const *scopes;
        size_t n;
        size_t first;         /* the index of the first of them among all */
        size_t number, count; /* 1 of 3 */
};

static bool is_any(const char *scope)
{
        return strcmp(scope, "any") == 0;
}

static void print_column_heads(FILE *out, const struct pg_page *page, const struct part *part)
{
        fputs("<thead><tr><th scope=\"col\" class=\"s\"><span>Service</span> <span>Ports</span></th>",
              out);
        for (size_t i = 0; i < part->n; i++) {
                fprintf(out, "<th scope=\"col\" class=\"c%s\" data-scope=\"",
                        is_any(part->scopes[i]) ? " any" : "");
                pg_html_text(out, part->scopes[i]);
                fputs("\"><span>", out);
                pg_page_print_who(out, &part->scopes[i], 1, false);
                fputs("</span></th>", out);
        }
        if (pg_page_has_hits(page))
                fputs("<th scope=\"col\" class=\"n\"><span>Connections</span></th>", out);
        fputs("</tr></thead>\n", out);
}

/* A scope that is not named gets in all the same by the addresses and interfaces of those that are. */
static const char *unnamed_cell(enum pg_extent extent, const char *scope)
{
        /* A part of anybody is let in by whatever is open at all. */
        if (is_any(scope) && extent != PG_EXTENT_ALL)
                return "<td></td>";
        switch (extent) {
        case PG_EXTENT_ALL:
                return "<td><i title=\"open, as others are named who have its addresses\">○</i></td>";
        case PG_EXTENT_PART:
                return "<td><i title=\"open to a part of it, whose addresses others have who are named\">◐</i></td>";
        case PG_EXTENT_UNKNOWN:
                return "<td><i title=\"not known: the history does not say who is in it\">?</i></td>";
        case PG_EXTENT_NONE:
                break;
        }
        return "<td></td>";
}

static void print_cell(FILE *out, const struct pg_reach_row *row, const char *scope,
                       enum pg_extent extent)
{
        if (pg_row_has_scope(row, scope))
                fputs(is_any(scope) ? "<td class=\"any\"><b title=\"open to anybody\">◆</b></td>"
                                    : "<td><b title=\"open\">●</b></td>",
                      out);
        else
                fputs(unnamed_cell(extent, scope), out);
}

static void print_row(FILE *out, const struct pg_page *page, const struct part *part, size_t index)
{
        const struct pg_reach_row *row = &page->in->rows[index];

        fputs("<tr><th scope=\"row\"><span><a href=\"#s", out);
        while (index > 0 && !page->in->rows[index].is_first)
                index--;
        fprintf(out, "%zu\">", index);
        pg_page_print_name(out, row->service);
        fputs("</a></span> <span class=\"ports\">", out);
        pg_page_print_ports(out, row);
        fputs("</span></th>", out);
        for (size_t i = 0; i < part->n; i++)
                print_cell(out, row, part->scopes[i], row->extents[part->first + i]);
        if (pg_page_has_hits(page)) {
                fprintf(out, "<td class=\"n%s\">", row->packets == 0 ? " zero" : "");
                pg_html_number(out, row->packets);
                fputs(row->is_shared ? "<sup>†</sup></td>" : "</td>", out);
        }
        fputs("</tr>\n", out);
}

/* Where there are several parts, a service stands in those that name its scopes. */
static bool has_row(const struct part *part, const struct pg_reach_row *row)
{
        for (size_t i = 0; i < part->n; i++)
                if (pg_row_has_scope(row, part->scopes[i]))
                        return true;
        return false;
}

static bool fits_across(const struct part *part)
{
        size_t letters = 0;

        for (size_t i = 0; i < part->n; i++)
                letters += strlen(part->scopes[i]) + 2;
        return letters <= ACROSS_MAX;
}

static void print_part(FILE *out, const struct pg_page *page, const struct part *part)
{
        fprintf(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Services and "
                "scopes, part %zu\">\n<table class=\"matrix%s\">\n<caption><span>",
                part->number, fits_across(part) ? " across" : "");
        if (part->count > 1)
                fprintf(out, "Part %zu of %zu: the services that name these scopes. ", part->number,
                        part->count);
        fputs("Each row is a service that listens on this host, each column who may reach it.</span></caption>\n",
              out);
        print_column_heads(out, page, part);
        fputs("<tbody>\n", out);
        for (size_t i = 0; i < page->in->n_rows; i++)
                if (has_row(part, &page->in->rows[i]))
                        print_row(out, page, part, i);
        fputs("</tbody>\n</table>\n</div>\n", out);
}

static void print_key(FILE *out, const struct pg_page *page)
{
        bool is_shared = false, is_unknown = false;

        for (size_t i = 0; i < page->in->n_rows; i++) {
                is_shared |= page->in->rows[i].is_shared;
                for (size_t j = 0; j < page->in->n_scopes; j++)
                        is_unknown |= page->in->rows[i].extents[j] == PG_EXTENT_UNKNOWN;
        }
        fputs("<p class=\"key\"><span><b class=\"any\">◆</b> open to anybody</span> <span><b>●</b> open to this "
              "scope by name</span> <span><i>○</i> open to all of this scope, by others that are named</span> "
              "<span><i>◐</i> open to a part of it</span> <span><i>·</i> refused; in the column of anybody: "
              "not open to everybody</span>",
              out);
        if (is_unknown)
                fputs(" <span><i>?</i> not known: the history does not say who is in this scope</span>",
                      out);
        if (is_shared && pg_page_has_hits(page))
                fputs(" <span><sup>†</sup> counted together with another service on the same ports</span>",
                      out);
        fputs("</p>\n", out);
}

void pg_page_print_matrix(FILE *out, const struct pg_page *page)
{
        const struct pg_reach *in = page->in;
        size_t count = (in->n_scopes + COLUMNS_MAX - 1) / COLUMNS_MAX;

        fputs("<section id=\"matrix\">\n<h2>Who can reach what</h2>\n", out);
        if (in->n_rows == 0)
                fputs("<p class=\"lead\">Nobody reaches any port of this host.</p>\n", out);
        else
                print_key(out, page);
        for (size_t i = 0; i < count; i++) {
                size_t first = i * COLUMNS_MAX, left = in->n_scopes - first;
                struct part part = {&in->scopes[first], left < COLUMNS_MAX ? left : COLUMNS_MAX, first,
                                    i + 1, count};

                print_part(out, page, &part);
        }
        fputs("</section>\n", out);
}
