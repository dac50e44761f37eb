/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as services and scopes, for a matrix or a graph: report and show --format dot. */
#ifndef PG_CLI_REACH_H
#define PG_CLI_REACH_H

#include "portguard/portguard.h"

/* Ports of one service that the same scopes may use. A service whose ports differ in this has a row for
 * each. */
struct pg_reach_row {
        char *service;     /* "k8s-worker/kubelet" */
        const char *label; /* "cluster, control-plane"; the view's */
        const struct pg_exposure **exposures;
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

/* One direction of a policy. It borrows from the view. Running out of memory ends the program, as in
 * print.h. The caller ends it with pg_reach_done(). */
void pg_reach_make(const struct pg_view *view, bool outbound, struct pg_reach *ret);
/* Fills in the extents. */
void pg_reach_measure(struct pg_reach *reach);
void pg_reach_done(struct pg_reach *reach);

/* Whether one of the scopes that a label joins is this. */
bool pg_label_has(const char *label, const char *scope);

/* The bytes of a service's name that are its profile's, with the slash. */
size_t pg_profile_length(const char *service);

#endif
