/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is applied comes back after a reboot. */
#include "engine/boot.h"

#include <sys/stat.h>

#include "host/units.h"

/* What restores at boot restores in the network namespace of PID 1. Where that cannot be asked, as in a
 * user namespace, it is another one. */
static bool is_at_boot(void)
{
        struct stat own, first;

        return stat("/proc/thread-self/ns/net", &own) == 0 && stat("/proc/1/ns/net", &first) == 0 &&
               own.st_dev == first.st_dev && own.st_ino == first.st_ino;
}

void pg_tell_boot(struct pg_diagnostics *diagnostics)
{
        if (!is_at_boot() || pg_unit_find("", "portguard.service").is_enabled)
                return;
        if (pg_units_are_there(""))
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
