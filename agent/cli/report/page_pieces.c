/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces that the page's parts share. */
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/report/internal.h"
#include "cli/text/text.h"

/* More port ranges of one row are counted only. */
#define PORTS_SHOWN 24

bool pg_page_has_hits(const struct pg_page *page)
{
        return page->kind == PG_CHOSEN_ENFORCED && page->view->state != PG_STATE_OFF;
}

bool pg_page_is_off(const struct pg_page *page)
{
        return page->kind == PG_CHOSEN_ENFORCED && page->view->state == PG_STATE_OFF;
}

void pg_page_print_name(FILE *out, const char *service)
{
        size_t length = pg_profile_length(service);

        if (length > 0) {
                fputs("<span class=\"p\">", out);
                pg_html_part(out, service, length);
                fputs("</span>", out);
        }
        pg_html_text(out, service[length] ? service + length : length > 0 ? "" : "(no name)");
}

void pg_page_print_ports(FILE *out, const struct pg_reach_row *row)
{
        for (size_t i = 0; i < row->n_exposures && i < PORTS_SHOWN; i++) {
                _cleanup_(pg_freep) char *ports =
                        pg_name_ports(row->exposures[i]->protocol, row->exposures[i]->ports);

                fputs(i > 0 ? " <code>" : "<code>", out);
                pg_html_text(out, ports);
                fputs("</code>", out);
        }
        if (row->n_exposures > PORTS_SHOWN)
                fprintf(out, " and %zu more", row->n_exposures - PORTS_SHOWN);
}

void pg_page_print_who(FILE *out, char *const *scopes, size_t n, bool outbound)
{
        _cleanup_(pg_freep) char *text = pg_must(pg_strings_join(scopes, n, ", "));

        if (strcmp(text, "any") == 0)
                fputs(outbound ? "anywhere" : "anybody", out);
        else if (strcmp(text, "local") == 0)
                fputs("this host", out);
        else
                pg_html_text(out, text);
}
