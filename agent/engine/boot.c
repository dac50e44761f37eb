/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is applied comes back after a reboot. */
#include "engine/boot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/procfs.h"
#include "host/unit_state.h"

/* What restores at boot restores in the network namespace of PID 1. Where that cannot be asked, as in a
 * user namespace, it is another one. */
static bool is_at_boot(void)
{
        uint64_t own = pg_procfs_inode(AT_FDCWD, "/proc/thread-self/ns/net", "net");

        return own != 0 && own == pg_procfs_inode(AT_FDCWD, "/proc/1/ns/net", "net");
}

void pg_report_boot(struct pg_diagnostics *diagnostics)
{
        if (!is_at_boot() || pg_unit_state_find("", "portguard.service").is_enabled)
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
