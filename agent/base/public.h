/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup functions for the types of the public headers, see PG_DEFINE_CLEANUP(). */
#ifndef PG_BASE_PUBLIC_H
#define PG_BASE_PUBLIC_H

#include "base/cleanup.h"
#include "portguard/doctor.h"

PG_DEFINE_CLEANUP(struct pg_audit, pg_audit_free)
PG_DEFINE_CLEANUP(struct pg_changes, pg_changes_free)
PG_DEFINE_CLEANUP(struct pg_checkup, pg_checkup_free)
PG_DEFINE_CLEANUP(struct pg_diagnostics, pg_diagnostics_free)
PG_DEFINE_CLEANUP(struct pg_explanation, pg_explanation_free)
PG_DEFINE_CLEANUP(struct pg_history, pg_history_free)
PG_DEFINE_CLEANUP(struct pg_chain_views, pg_chain_views_free)
PG_DEFINE_CLEANUP(struct pg_outcome, pg_outcome_free)
PG_DEFINE_CLEANUP(struct pg_profile_list, pg_profile_list_free)
PG_DEFINE_CLEANUP(struct pg_profile_view, pg_profile_view_free)
PG_DEFINE_CLEANUP(struct pg_trace_report, pg_trace_report_free)
PG_DEFINE_CLEANUP(struct pg_translations, pg_translations_free)
PG_DEFINE_CLEANUP(struct pg_verification, pg_verification_free)
PG_DEFINE_CLEANUP(struct pg_view, pg_view_free)

#endif
