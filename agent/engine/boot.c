/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is applied comes back after a reboot, and whose the default state directory is. */
#include "engine/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/procfs.h"
#include "engine/engine.h"
#include "host/unit_state.h"

/* 0: cannot be asked */
static uint64_t own_namespace(void)
{
        return pg_procfs_inode(AT_FDCWD, "/proc/thread-self/ns/net", "net");
}

static uint64_t first_namespace(void)
{
        return pg_procfs_inode(AT_FDCWD, "/proc/1/ns/net", "net");
}

int pg_state_check(const struct pg_settings *settings, struct pg_error *error)
{
        uint64_t own = own_namespace(), first = first_namespace();

        if (settings->state || own == 0 || first == 0 || own == first)
                return 0;
        return pg_error_set(error, PG_STATUS_FAILED, -EXDEV,
                            "this is another network namespace than that of process 1, whose state "
                            "directory " PG_DEFAULT_STATE
                            " is; give this one a state directory of its own: --state DIR, or "
                            "PORTGUARD_STATE");
}

/* What restores at boot restores in the network namespace of PID 1. Where that cannot be asked, as in a
 * user namespace, it is another one. */
static bool is_at_boot(void)
{
        uint64_t own = own_namespace();

        return own != 0 && own == first_namespace();
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
