/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print as text. */
#ifndef PG_CLI_TEXT_TEXT_H
#define PG_CLI_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "portguard/portguard.h"

/* Prints the findings, with `all` every listener too, and a line that counts. */
void pg_audit_print(const struct pg_audit *audit, bool all);

#define PG_DURATION_MAX_MS (24U * 3600 * 1000)

/* Parses one number with its unit, of at most that long. Returns NULL and milliseconds, or what is
 * wrong with it and how to repair it (static). */
const char *pg_duration_parse(const char *text, unsigned *ret_ms);

/* The same for how long a trial lasts: a second at least. */
const char *pg_trial_duration_parse(const char *text, unsigned *ret_ms);

/* "accept", "drop", "reject"; NULL: not known. */
const char *pg_explanation_verdict(const struct pg_explanation *explanation);

void pg_explanation_print(const struct pg_explanation *explanation);

/* One line for each of the newest `limit` generations; 0: all. */
void pg_history_print(const struct pg_history *history, size_t limit);

/* Who, when and why, and what became of it. */
void pg_generation_print(const struct pg_generation *generation);

/* "confirmed", "ended: the trial was taken back" */
const char *pg_generation_sentence(const struct pg_generation *generation);
/* "alice as root, by ssh from 203.0.113.9 51234, called by bash": all that is known. Fresh memory that
 * the caller frees, never NULL. */
char *pg_generation_who(const struct pg_generation *generation);

void pg_translations_print(const struct pg_translations *translations);

void pg_chain_views_print(const struct pg_chain_views *others);

void pg_trace_print(const struct pg_trace_report *report);

/* "tcp/443", "protocol/gre", "everything": as a profile has it. */
char *pg_name_ports(const char *protocol, const char *ports);

/* "generation 3 (k8s-worker, ssh)"; 0 is one whose record somebody deleted or changed. */
char *pg_name_generation(uint32_t generation, char *const *profiles, size_t n_profiles);

enum pg_tense {
        PG_TENSE_PLAN,    /* looked at only */
        PG_TENSE_OFFER,   /* looked at, and done if the answer is yes */
        PG_TENSE_DRY_RUN, /* the kernel checked it */
        PG_TENSE_DONE,
};

/* The lines on changed ports, and on what stays closed. */
void pg_outcome_print_changes(const struct pg_outcome *outcome, enum pg_tense tense);
/* What was repaired, and the last line that sums up; while on trial, what decides it. */
void pg_outcome_print_summary(const struct pg_outcome *outcome, enum pg_tense tense);
/* Both. */
void pg_outcome_print(const struct pg_outcome *outcome, enum pg_tense tense);

/* What became of a trial that was taken back. */
void pg_outcome_print_ended(const struct pg_outcome *outcome);

/* What somebody else left or changed, and was put right. */
void pg_outcome_print_repaired(const struct pg_outcome *outcome, enum pg_tense tense);

/* "2 opened, 1 closed", or that nobody gains or loses access; fresh memory that the caller frees, never
 * NULL. */
char *pg_outcome_count(const struct pg_changes *changes, enum pg_tense tense);

/* The lines "closed  udp/10000-11000  optional: --with ...". */
void pg_closed_print(const struct pg_closed_service *closed, size_t n);

/* Everything there is to know before applying it; ends with a command to try. */
void pg_profile_view_print(const struct pg_profile_view *profile);

/* So many of those who were refused are shown when nobody asks for another number. */
#define PG_REFUSED_ROWS 10

/* How many happened a second between two looks. */
struct pg_rates {
        bool is_known; /* there was a look before, at the same generation */
        double seconds;
        double connections, refused;
};

/* At most `width` columns wide, where that is not 0; of those who were refused as many as the view has.
 * With `rates`, which may be NULL, it is shown again and again: what changes stands first. */
void pg_status_print(FILE *out, size_t width, const struct pg_view *view, const struct pg_rates *rates);

/* In whole seconds, of which the last is 1: while there is a trial, there is time left. */
unsigned pg_trial_seconds(uint64_t left_ms);

/* The line on what is on trial and what the kernel does by itself, and the commands that decide. */
void pg_trial_print(FILE *out, uint32_t generation, const struct pg_open_trial *trial);

/* "generation 1 is enforced": what comes after it. Fresh memory that the caller frees, never NULL. */
char *pg_trial_after_text(const struct pg_open_trial *trial);

/* What confirm did. */
void pg_trial_print_kept(const struct pg_outcome *outcome);

/* A line for each, of at most `width` columns (0: any), with what to write in the site file. */
void pg_unfilled_print(FILE *out, size_t width, const struct pg_unfilled *unfilled, size_t n);

/* Which columns and keys an open port range gets. */
enum pg_detail {
        PG_DETAIL_HITS,      /* new connections and bytes */
        PG_DETAIL_ADDRESSES, /* who is behind the scope */
};

/* "off", "confirmed", "trial"; or, of what is off and `refuses` packets all the same, "changed". */
const char *pg_state_name(enum pg_state state, bool refuses);

/* The line that stands for a policy where there is none. */
#define PG_OFF_TEXT "portguard is off: nothing is enforced (portguard apply PROFILE)"

/* Why nothing is enforced; borrowed from the view. */
static inline const char *pg_view_off_text(const struct pg_view *view)
{
        return view->problem ? view->problem : PG_OFF_TEXT;
}

/* The line that says whether what leaves this host is limited. */
void pg_view_print_egress(FILE *out, const struct pg_view *view);
/* One table for each direction that is enforced; of at most `width` columns with PG_DETAIL_HITS, where
 * that is not 0. */
void pg_view_print_exposures(FILE *out, size_t width, const struct pg_view *view,
                             enum pg_detail detail);

#endif
