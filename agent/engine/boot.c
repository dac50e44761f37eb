/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is applied comes back after a reboot. */
#include "engine/boot.h"

#include "host/first_namespace.h"
#include "host/unit_state.h"

void pg_report_boot(struct pg_diagnostics *diagnostics)
{
        /* What restores at boot restores there. Where that cannot be asked, this is another one. */
        if (pg_namespace_is_first() <= 0 || pg_unit_state_find("", "portguard.service").is_enabled)
                return;
        if (pg_systemd_is_there(""))
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "portguard.service is not started at boot: this is gone after a reboot "
                        "(systemctl enable portguard.service)");
        else
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "this is gone after a reboot, unless something runs portguard restore "
                        "at boot: systemd does not manage this host");
}
