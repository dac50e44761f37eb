/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that is kept, and in which nobody has come in by ssh. */
#include "engine/change/internal.h"
#include "engine/guard/guard.h"

#define OTHER_WAY \
        "nothing shows that you can get in anew, so make sure of another way in before you close this session"

static const char *describe(enum pg_ssh_place place, bool has_port)
{
        switch (place) {
        case PG_SSH_NOWHERE:
                return "no ssh server listens here: " OTHER_WAY;
        case PG_SSH_LOOPBACK:
                return "no ssh server listens here but on loopback: " OTHER_WAY;
        case PG_SSH_BEYOND:
                break;
        }
        return has_port ? "no new ssh connection was let in during the trial: open one now before you "
                          "close this session"
                        : "the policy opens no port of ssh: " OTHER_WAY;
}

void pg_untried_report(struct pg_context *context, const struct pg_outcome *outcome)
{
        enum pg_ssh_place place = PG_SSH_BEYOND;
        struct pg_error error;

        if (outcome->ssh_connections > 0)
                return;
        if (pg_ssh_listens(context->nft, &place, &error) < 0)
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "whether somebody can get in by ssh is not known: %s",
                                   error.message);
        else
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "%s", describe(place, outcome->ssh_connections == 0));
}
