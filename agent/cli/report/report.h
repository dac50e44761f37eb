/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as services and scopes: the page of portguard report, and show --format dot. */
#ifndef PG_CLI_REPORT_REPORT_H
#define PG_CLI_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/chosen.h"

/* Scopes on the left, services in the middle, by profile, and what they reach on the right. Nodes carry
 * what they stand for as attributes too: `scope`; `service`, `direction` and `ports`. */
void pg_graph_print(FILE *out, const struct pg_view *view);

/* Ports of one service that the same scopes may use. A service whose ports differ in this has a row for
 * each. */
struct pg_reach_row {
        char *service;                        /* "k8s-node/kubelet" */
        const struct pg_exposure **exposures; /* the view's: at least one, all of the same scopes */
        size_t n_exposures;
        uint64_t packets, bytes;
        bool is_shared; /* other services have some of these ports too, and are counted with them */
        bool is_first;  /* of its service */
        enum pg_extent *extents; /* how much of each of the scopes gets in, whatever is named */
};

struct pg_reach {
        struct pg_reach_row *rows; /* by service */
        size_t n_rows;
        size_t n_services;
        char **scopes; /* each once: "any" and "internal" first, "local" last */
        size_t n_scopes;
        const struct pg_view *view;
};

/* In the head of each page, before the version: by this a page is known as portguard's. */
#define PG_PAGE_MARK "<meta name=\"generator\" content=\"portguard "

/* What the page tells; all borrowed. */
struct pg_page {
        enum pg_chosen_kind kind;
        const struct pg_view *view;
        const struct pg_view *stored; /* the same as the history has it, with summaries; or NULL */
        const struct pg_reach *in, *out;
        const struct pg_diagnostics *diagnostics;
        const char *host, *command;
        int64_t now; /* when the view was made, in seconds since 1970 */
};

void pg_page_print(FILE *out, const struct pg_page *page);

/* One direction of a policy. It borrows from the view. Running out of memory ends the program, as in
 * print.h. The caller ends it with pg_reach_done(). */
void pg_reach_make(const struct pg_view *view, bool outbound, struct pg_reach *ret);
/* Fills in the extents. */
void pg_reach_measure(struct pg_reach *reach);
void pg_reach_done(struct pg_reach *reach);

#endif
