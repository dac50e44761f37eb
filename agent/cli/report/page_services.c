/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each service in full, and who is behind the scopes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/report/internal.h"

#define ADDRESSES_IN_SERVICE 4
#define ADDRESSES_IN_SCOPE 24

/* "10.0.0.0/8, %lxdbr0 and 9 more" */
static void print_addresses(FILE *out, const struct pg_exposure *exposure, size_t shown_max)
{
        char *const *lists[] = {exposure->addresses, exposure->interfaces};
        const size_t lengths[] = {exposure->n_addresses, exposure->n_interfaces};
        size_t all = exposure->n_addresses_all + exposure->n_interfaces, shown = 0;

        for (size_t i = 0; i < PG_ELEMENTSOF(lists); i++)
                for (size_t j = 0; j < lengths[i] && shown < shown_max; j++) {
                        fprintf(out, "%s<code>", shown++ > 0 ? ", " : "");
                        pg_html_text(out, lists[i][j]);
                        fputs(i == 1 ? "</code> (interface)" : "</code>", out);
                }
        if (all > shown) {
                fputs(shown > 0 ? " and " : "", out);
                pg_html_number(out, all - shown);
                fputs(" more", out);
        }
}

static const struct pg_view_service *find_service(const struct pg_page *page, const char *name)
{
        const struct pg_view *views[] = {page->stored, page->view};

        for (size_t i = 0; i < PG_ELEMENTSOF(views); i++)
                for (size_t j = 0; views[i] && j < views[i]->n_services; j++)
                        if (strcmp(views[i]->services[j].name, name) == 0)
                                return &views[i]->services[j];
        return NULL;
}

static void print_row(FILE *out, const struct pg_page *page, const struct pg_reach_row *row)
{
        const struct pg_exposure *exposure = row->exposures[0];

        fputs("<li><p class=\"ports\">", out);
        pg_page_print_ports(out, row);
        fprintf(out, "</p><p>%s <strong%s>", exposure->outbound ? "to" : "from",
                exposure->is_any ? " class=\"any\"" : "");
        pg_page_print_who(out, exposure->scopes, exposure->n_scopes, exposure->outbound);
        fputs("</strong>", out);
        if (!exposure->is_any && exposure->n_addresses_all + exposure->n_interfaces > 0) {
                fputs(": ", out);
                print_addresses(out, exposure, ADDRESSES_IN_SERVICE);
        }
        fputs("</p>", out);
        if (pg_page_has_hits(page)) {
                char bytes[PG_COUNT_TEXT_MAX];

                fputs("<p class=\"soft\">", out);
                pg_html_count(out, row->packets, "connection");
                if (row->packets > 0)
                        fprintf(out, ", %s in first packets", pg_bytes_text(row->bytes, bytes));
                fputs(row->is_shared ? ", shared with other services on these ports</p>" : "</p>", out);
        }
        fputs("</li>", out);
}

static void print_service(FILE *out, const struct pg_page *page, const struct pg_reach *reach,
                          size_t first)
{
        const struct pg_reach_row *row = &reach->rows[first];
        const struct pg_view_service *about = find_service(page, row->service);

        fprintf(out, "<article class=\"svc\" id=\"%s%zu\">\n<div><h3>", reach == page->in ? "s" : "o",
                first);
        pg_page_print_name(out, row->service);
        fputs("</h3>", out);
        if (about && *about->summary) {
                fputs("<p>", out);
                pg_html_text(out, about->summary);
                fputs("</p>", out);
        }
        if (about && about->file) {
                fputs("<p class=\"place\">", out);
                pg_html_text(out, about->file);
                fprintf(out, ":%u</p>", about->line);
        }
        fputs("</div>\n<ul>", out);
        for (size_t i = first; i < reach->n_rows && (i == first || !reach->rows[i].is_first); i++)
                print_row(out, page, &reach->rows[i]);
        fputs("</ul>\n</article>\n", out);
}

void pg_page_print_services(FILE *out, const struct pg_page *page, const struct pg_reach *reach)
{
        for (size_t i = 0; i < reach->n_rows; i++)
                if (reach->rows[i].is_first)
                        print_service(out, page, reach, i);
}

static int compare_scopes(const void *a, const void *b)
{
        const struct pg_exposure *const *x = a, *const *y = b;

        return pg_strings_compare((*x)->scopes, (*x)->n_scopes, (*y)->scopes, (*y)->n_scopes);
}

/* One exposure for the same scopes, but for `any`, which needs no list. */
static size_t collect_scopes(const struct pg_view *view, const struct pg_exposure **found)
{
        size_t n = 0;

        for (size_t i = 0; i < view->n_exposures; i++) {
                const struct pg_exposure *exposure = &view->exposures[i];
                bool is_new = !exposure->is_any && (!exposure->outbound || view->egress_strict);

                for (size_t j = 0; is_new && j < n; j++)
                        is_new = compare_scopes(&found[j], &exposure) != 0;
                if (is_new)
                        found[n++] = exposure;
        }
        return n;
}

void pg_page_print_scopes(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        _cleanup_(pg_freep) const struct pg_exposure **found =
                pg_must(calloc(view->n_exposures + 1, sizeof(*found)));
        size_t n = collect_scopes(view, found);

        if (n == 0)
                return;
        qsort(found, n, sizeof(*found), compare_scopes);
        fputs("<section id=\"scopes\">\n<h2>Who they are</h2>\n<p class=\"lead\">The addresses and interfaces "
              "behind each scope, or behind scopes that a service names together.</p>\n<dl "
              "class=\"scopes\">\n",
              out);
        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *scopes =
                        pg_must(pg_strings_join(found[i]->scopes, found[i]->n_scopes, ", "));

                fputs("<dt>", out);
                pg_html_text(out, scopes);
                fputs("<span>", out);
                pg_html_count(out, found[i]->n_addresses_all, "range");
                fputs("</span></dt><dd>", out);
                print_addresses(out, found[i], ADDRESSES_IN_SCOPE);
                fputs("</dd>\n", out);
        }
        fputs("</dl>\n</section>\n", out);
}
