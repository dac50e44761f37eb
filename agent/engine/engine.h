/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of steps, and what holds whatever happens. The code cites these by number, and the test
 * that breaks each names it.
 *
 * I1 A packet is judged wholly by the old policy or wholly by the new.
 * I2 Killed at any instruction, the kernel holds the old or the new policy, and the next run of any
 *    command finds out which from the kernel, and cleans up what was left.
 * I3 The kernel says what is enforced (it carries the generation's number and digest); the history says
 *    what was intended; where they differ the kernel is believed, and that is reported.
 * I4 Nothing is reported as applied before it was read back from the kernel and found equal.
 * I5 A generation is stored durably before it can be enforced, and never changes after.
 * I6 On failure nothing changed, and the message says what failed, where, and what to do.
 * I7 One writer: a second apply waits, or says who holds the lock; foreign commits are noticed.
 * I8 No other table is touched; stopping or upgrading portguard leaves the rules in place. One table
 *    besides ours is ever made: `explain --trace` marks the packet that it waits for by a table of its
 *    own, which belongs to its socket and goes with it (kernel/foreign/foreign.h).
 */
#ifndef PG_ENGINE_ENGINE_H
#define PG_ENGINE_ENGINE_H

#include "portguard/portguard.h"

static inline const char *pg_setting_profiles(const struct pg_settings *settings)
{
        return settings->profiles ? settings->profiles : PG_DEFAULT_PROFILES;
}

static inline const char *pg_setting_state(const struct pg_settings *settings)
{
        return settings->state ? settings->state : PG_DEFAULT_STATE;
}

#endif
