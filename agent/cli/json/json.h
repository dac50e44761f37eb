/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print with --json. */
#ifndef PG_CLI_JSON_JSON_H
#define PG_CLI_JSON_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/text/text.h"

json_t *pg_json_object(void);

json_t *pg_json_array(void);

/* A string; null for NULL. What is no UTF-8 is shown as \xNN. */
json_t *pg_json_text(const char *text);

json_t *pg_json_texts(char *const *items, size_t n);

/* A generation's number; null for 0, which is none. */
json_t *pg_json_generation(unsigned generation);

json_t *pg_json_error(const struct pg_error *error);

json_t *pg_json_diagnostics(const struct pg_diagnostics *diagnostics);

/* Both take `value`. */
void pg_json_put(json_t *object, const char *key, json_t *value);
void pg_json_add(json_t *array, json_t *value);

/* Prints the object on standard output, and frees it. */
void pg_json_print(json_t *object);
/* The same on one line: one of several. */
void pg_json_print_line(json_t *object);

/* The object without its warnings. */
json_t *pg_audit_json(const struct pg_audit *audit);

json_t *pg_explanation_json(const struct pg_explanation *explanation);

/* generation, parent, restores, time, actor, message, state, enforced, profiles, parameters, digest */
json_t *pg_generation_json(const struct pg_generation *generation);
/* generations, keep */
json_t *pg_history_json(const struct pg_history *history, size_t limit);

json_t *pg_translations_json(const struct pg_translations *translations);

json_t *pg_chain_views_json(const struct pg_chain_views *others);

json_t *pg_trace_json(const struct pg_trace_report *report);

/* The keys of plan; the caller may add some. */
json_t *pg_outcome_json(const struct pg_outcome *outcome, const struct pg_diagnostics *diagnostics);
/* The keys of what changes the kernel: those of plan, and `trial`. */
json_t *pg_outcome_change_json(const struct pg_outcome *outcome,
                               const struct pg_diagnostics *diagnostics);

/* [{name, ports, summary}] */
json_t *pg_closed_json(const struct pg_closed_service *closed, size_t n);

json_t *pg_profile_view_json(const struct pg_profile_view *profile);

json_t *pg_status_json(const struct pg_view *view, const struct pg_diagnostics *diagnostics);

/* {expires_in, falls_back_to, refuses_then, can_confirm, can_extend}, or null where `state` is no
 * trial. */
json_t *pg_trial_json(enum pg_state state, const struct pg_open_trial *trial);

/* state, generation, digest, profiles, egress, services */
json_t *pg_view_json(const struct pg_view *view, enum pg_detail detail);

#endif
