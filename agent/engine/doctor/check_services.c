/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other firewalls that are started here, and whether ours is at boot. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/strings.h"
#include "engine/doctor/internal.h"
#include "host/systemctl.h"
#include "host/unit_state.h"

#define CONFIG_MAX (1024 * 1024)

static const char *const units[] = {
        "ufw.service",  "firewalld.service", "nftables.service",   "netfilter-persistent.service",
        "ferm.service", "shorewall.service", "shorewall6.service", "foomuuri.service",
};

/* Whether a line of the file begins so; a file that cannot be read has none. */
static bool has_line(const struct pg_doctor *doctor, const char *path, const char *begin)
{
        _cleanup_(pg_freep) char *whole = pg_format("%s%s", doctor->root, path), *text = NULL;
        size_t length = 0;

        if (!whole || pg_file_read(AT_FDCWD, whole, CONFIG_MAX, &text, &length, NULL, NULL) < 0)
                return false;
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += strspn(line, "\n \t");
                if (strncmp(line, begin, strlen(begin)) == 0)
                        return true;
        }
        return false;
}

/* Ubuntu starts ufw.service everywhere; it does nothing until `ufw enable` says so in its file. */
static bool is_idle(const struct pg_doctor *doctor, const char *unit)
{
        return strcmp(unit, "ufw.service") == 0 &&
               !has_line(doctor, "/etc/ufw/ufw.conf", "ENABLED=yes");
}

static int report(struct pg_doctor *doctor, const char *unit, struct pg_unit_state state)
{
        _cleanup_(pg_freep) char *advice = pg_format("systemctl disable --now %s", unit);
        bool flushes = strcmp(unit, "nftables.service") == 0 &&
                       has_line(doctor, "/etc/nftables.conf", "flush ruleset");

        if (!advice)
                return -ENOMEM;
        if (flushes)
                return pg_doctor_add(doctor, "services", PG_CHECK_WARNING, advice,
                                     "%s is %s, and /etc/nftables.conf begins with 'flush ruleset': "
                                     "each start or reload of it takes portguard's table away",
                                     unit, state.is_active ? "active" : "enabled");
        if (state.is_active)
                return pg_doctor_add(doctor, "services", PG_CHECK_WARNING, advice,
                                     "%s is active%s: it may drop what portguard lets in", unit,
                                     state.is_enabled ? ", and started at boot" : "");
        return pg_doctor_add(doctor, "services", PG_CHECK_WARNING, advice,
                             "%s is started at boot: it may drop what portguard lets in", unit);
}

static int check_others(struct pg_doctor *doctor)
{
        size_t before = doctor->checkup->n;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(units); i++) {
                struct pg_unit_state state = pg_unit_state_find(doctor->root, units[i]);

                if ((state.is_active || state.is_enabled) && !is_idle(doctor, units[i]))
                        r = report(doctor, units[i], state);
        }
        if (r < 0 || doctor->checkup->n > before)
                return r;
        return pg_doctor_add(doctor, "services", PG_CHECK_OK, NULL,
                             "no other firewall is active or started at boot");
}

/* Whether it is enabled or was started by hand. */
static int report_failed(struct pg_doctor *doctor)
{
        return pg_doctor_add(doctor, "boot", PG_CHECK_PROBLEM,
                             "journalctl -b -u portguard.service tells why; systemctl restart "
                             "portguard.service tries it again",
                             "portguard.service failed: the last confirmed generation was not brought "
                             "back by it");
}

static int check_boot(struct pg_doctor *doctor)
{
        if (pg_systemd_is_there(doctor->root) &&
            pg_systemctl_is_failed(doctor->root, "portguard.service"))
                return report_failed(doctor);
        if (pg_unit_state_find(doctor->root, "portguard.service").is_enabled)
                return pg_doctor_add(doctor, "boot", PG_CHECK_OK, NULL,
                                     "portguard.service brings the last confirmed generation back at "
                                     "boot");
        if (!pg_systemd_is_there(doctor->root))
                return pg_doctor_add(doctor, "boot", PG_CHECK_NOTE,
                                     "run portguard restore at boot, before the network is configured",
                                     "systemd does not manage this host: nothing is enforced after a "
                                     "restart unless something else runs portguard restore");
        return pg_doctor_add(doctor, "boot", PG_CHECK_NOTE, "systemctl enable portguard.service",
                             "portguard.service is not started at boot: nothing is enforced after a "
                             "restart");
}

int pg_check_services(struct pg_doctor *doctor)
{
        int r = check_others(doctor);

        return r < 0 ? r : check_boot(doctor);
}
