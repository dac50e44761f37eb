/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of itself in /proc. */
#include "host/facts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/procfs.h"

static void parse_numbers(const char *text, struct pg_release *release)
{
        unsigned long *numbers[] = {&release->major, &release->minor, &release->patch};
        char *end;

        for (size_t i = 0; i < PG_ELEMENTSOF(numbers) && *text >= '0' && *text <= '9'; i++) {
                *numbers[i] = strtoul(text, &end, 10);
                text = *end == '.' ? end + 1 : end;
                if (*end != '.')
                        return;
        }
}

struct pg_release pg_release_parse(const char *release, const char *version)
{
        static const char debian[] = " Debian ";
        struct pg_release parsed = {0}, package = {0};
        const char *found = strstr(version, debian);

        snprintf(parsed.text, sizeof(parsed.text), "%s", release);
        parse_numbers(release, &parsed);
        if (found)
                parse_numbers(found + strlen(debian), &package);
        if (package.major == parsed.major && package.minor == parsed.minor)
                parsed.patch = package.patch;
        return parsed;
}

struct pg_release pg_kernel_release(void)
{
        struct utsname name;

        if (uname(&name) < 0)
                return (struct pg_release){0};
        return pg_release_parse(name.release, name.version);
}

bool pg_conntrack_use(uint64_t *ret_count, uint64_t *ret_max)
{
        return pg_procfs_number("/proc/sys/net/netfilter/nf_conntrack_count", ret_count) &&
               pg_procfs_number("/proc/sys/net/netfilter/nf_conntrack_max", ret_max) && *ret_max > 0;
}

bool pg_conntrack_checksum(void)
{
        uint64_t value = 0;

        return pg_procfs_number("/proc/sys/net/netfilter/nf_conntrack_checksum", &value) && value != 0;
}

/* Adds the name to the list, and says whether it fits. */
static bool add_name(char *list, size_t size, const char *name)
{
        size_t used = strlen(list);

        if (used + strlen(name) + sizeof(", ") > size)
                return false;
        snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
        return true;
}

void pg_route_localnet(char ret[static PG_ROUTE_LOCALNET_MAX])
{
        _cleanup_(pg_closedirp) DIR *folder = pg_procfs_directory("/proc/sys/net/ipv4/conf");
        const struct dirent *entry;

        *ret = '\0';
        while (folder && (entry = readdir(folder))) {
                char path[PATH_MAX];
                uint64_t value = 0;

                snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet",
                         entry->d_name);
                if (strcmp(entry->d_name, "lo") == 0 || !pg_procfs_number(path, &value) || value == 0)
                        continue;
                /* As many as fit; one is enough to tell. */
                if (!add_name(ret, PG_ROUTE_LOCALNET_MAX, entry->d_name))
                        return;
        }
}

/* Of that interface, or of any but `all` and `default`. */
static bool is_on(const char *folder, const char *interface, const char *key, bool fallback)
{
        _cleanup_(pg_closedirp) DIR *interfaces = interface ? NULL : pg_procfs_directory("%s", folder);
        const struct dirent *entry;
        char path[PATH_MAX];
        uint64_t value;

        if (interface) {
                snprintf(path, sizeof(path), "%s/%s/%s", folder, interface, key);
                return pg_procfs_number(path, &value) ? value != 0 : fallback;
        }
        while (interfaces && (entry = readdir(interfaces)))
                if (entry->d_name[0] != '.' && strcmp(entry->d_name, "all") != 0 &&
                    strcmp(entry->d_name, "default") != 0 &&
                    is_on(folder, entry->d_name, key, fallback))
                        return true;
        return !interfaces;
}

bool pg_forwards(bool is_v6, const char *interface)
{
        static const char v4[] = "/proc/sys/net/ipv4/conf", v6[] = "/proc/sys/net/ipv6/conf";

        if (!is_v6)
                return is_on(v4, interface, "forwarding", true);
        return is_on(v6, "all", "forwarding", true) || is_on(v6, interface, "force_forwarding", false);
}

bool pg_forwards_broadcast(void)
{
        return is_on("/proc/sys/net/ipv4/conf", "all", "bc_forwarding", false);
}

bool pg_routes_loopback(const char *interface)
{
        static const char v4[] = "/proc/sys/net/ipv4/conf";

        return is_on(v4, "all", "route_localnet", false) ||
               is_on(v4, interface, "route_localnet", false);
}

/* The kernel knows five tables. */
#define TABLES_TEXT_MAX 512

/* Of this thread's network namespace, whatever that of the process is. */
static void read_tables(bool is_v6, char text[static TABLES_TEXT_MAX])
{
        pg_procfs_read(text, TABLES_TEXT_MAX, "/proc/thread-self/net/%s_tables_names",
                       is_v6 ? "ip6" : "ip");
}

void pg_legacy_tables(bool is_v6, char ret[static PG_LEGACY_TABLES_MAX])
{
        char text[TABLES_TEXT_MAX], *rest;

        *ret = '\0';
        read_tables(is_v6, text);
        for (char *name = strtok_r(text, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest))
                if (!add_name(ret, PG_LEGACY_TABLES_MAX, name))
                        return;
}

bool pg_legacy_has_nat(bool is_v6)
{
        char text[TABLES_TEXT_MAX], *rest;

        read_tables(is_v6, text);
        for (char *name = strtok_r(text, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest))
                if (strcmp(name, "nat") == 0)
                        return true;
        return false;
}
