/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change before the lockout guard. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "engine/guard/internal.h"
#include "engine/stored.h"
#include "engine/verify.h"

/* Whether ssh was closed to everybody before; where nothing was enforced it was open, and where
 * somebody changed the rules it may have been. */
static int was_unreached(struct pg_context *context, const struct pg_guarded *change)
{
        _cleanup_(pg_policy_freep) struct pg_policy *read = NULL;
        _cleanup_(pg_freep) char *altered = NULL;
        const struct pg_table *table = change->table;
        const struct pg_policy *before = table->policy;
        struct pg_socket ignored;
        bool rules_hold, is_certain;
        int r;

        if (table->slot == 0 || table->snapshot.dormant)
                return 0;
        r = pg_table_change(context->settings, table, &altered, &rules_hold, context->error);
        if (r < 0 || !rules_hold)
                return r;
        if (!before) {
                r = pg_slot_policy(context->settings, table, table->slot, &table->enforced, &read,
                                   &is_certain, context->error);
                before = read;
        }
        return r < 0 ? r : pg_ssh_unreached(context->nft, before, &ignored, context->error);
}

/* Nobody who is logged in would be refused; but could anybody log in again? */
static int ask_listeners(struct pg_context *context, const struct pg_guarded *change)
{
        struct pg_socket listener = {0};
        int r = pg_ssh_unreached(context->nft, change->policy, &listener, context->error), was;

        if (r <= 0)
                return r;
        was = was_unreached(context, change);
        if (was != 0)
                return was < 0 ? was : 0;
        pg_refusal_report_listener(change->policy, &listener,
                                   change->is_warning ? PG_SEVERITY_WARNING : PG_SEVERITY_ERROR,
                                   context->diagnostics);
        return 1;
}

#define MEND                                                                                            \
        "or try it with --trial 2m: the kernel takes it back unless you confirm; --allow-lockout does " \
        "it all the same"

static int refuse(int sessions, bool is_confirm, struct pg_error *error)
{
        if (is_confirm)
                return pg_error_set(error, PG_STATUS_REFUSED, -EPERM,
                                    "this would lock out %d ssh session%s for good: it is not "
                                    "confirmed, and goes on; portguard rollback takes it back, "
                                    "--allow-lockout confirms it all the same",
                                    sessions, sessions == 1 ? "" : "s");
        if (sessions == 0)
                return pg_error_set(
                        error, PG_STATUS_REFUSED, -EPERM,
                        "nobody could reach ssh on this host any more: nothing was changed. "
                        "Let somebody in, " MEND);
        return pg_error_set(
                error, PG_STATUS_REFUSED, -EPERM,
                "this would lock out %d ssh session%s: nothing was changed. Let them in, " MEND,
                sessions, sessions == 1 ? "" : "s");
}

/* Whoever carries it here, a proxy or a tunnel, has a connection of its own, which nobody knows to be
 * one of ssh. */
static void warn_of_carried(const struct pg_context *context)
{
        const struct pg_ssh_session *caller = &context->caller;
        static const uint8_t loopback6[16] = {[15] = 1};
        char address[INET6_ADDRSTRLEN];

        if (!context->has_caller ||
            (memcmp(caller->client, caller->server, sizeof(caller->client)) != 0 &&
             (caller->is_v6 ? memcmp(caller->client, loopback6, sizeof(loopback6)) != 0
                            : caller->client[0] != 127)))
                return;
        inet_ntop(caller->is_v6 ? AF_INET6 : AF_INET, caller->client, address, sizeof(address));
        pg_diagnostics_add(
                context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "your ssh session comes from %s, which is this host: where a proxy or a tunnel "
                "carries it from, and whether that stays open, the lockout guard does not "
                "know (--trial takes back what locks you out)",
                address);
}

int pg_guard_change(struct pg_context *context, const struct pg_guarded *change)
{
        int sessions = pg_guard(change->policy, context->has_caller ? &context->caller : NULL,
                                change->is_warning ? PG_SEVERITY_WARNING : PG_SEVERITY_ERROR,
                                context->diagnostics, context->error);
        int r = sessions == 0 ? ask_listeners(context, change) : sessions;

        warn_of_carried(context);
        if (r < 0 && change->is_warning) {
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "the lockout guard could not look: %s", context->error->message);
                return 0;
        }
        if (r <= 0 || change->is_warning)
                return r > 0 ? 1 : r;
        return refuse(sessions, change->is_confirm, context->error);
}
