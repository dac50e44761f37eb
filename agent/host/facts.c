/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of itself in /proc. */
#include "host/facts.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"

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

static bool read_number(const char *path, uint64_t *ret)
{
        _cleanup_(pg_fclosep) FILE *file = fopen(path, "re");
        char line[32], *end;

        if (!file || !fgets(line, sizeof(line), file))
                return false;
        *ret = strtoull(line, &end, 10);
        return end != line;
}

bool pg_conntrack_use(uint64_t *ret_count, uint64_t *ret_max)
{
        return read_number("/proc/sys/net/netfilter/nf_conntrack_count", ret_count) &&
               read_number("/proc/sys/net/netfilter/nf_conntrack_max", ret_max) && *ret_max > 0;
}

bool pg_conntrack_checksum(void)
{
        uint64_t value = 0;

        return read_number("/proc/sys/net/netfilter/nf_conntrack_checksum", &value) && value != 0;
}

void pg_route_localnet(char ret[static PG_ROUTE_LOCALNET_MAX])
{
        DIR *folder = opendir("/proc/sys/net/ipv4/conf");
        const struct dirent *entry;
        size_t used = 0;

        *ret = '\0';
        while (folder && (entry = readdir(folder))) {
                char path[PATH_MAX];
                uint64_t value = 0;

                snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet",
                         entry->d_name);
                if (strcmp(entry->d_name, "lo") == 0 || !read_number(path, &value) || value == 0)
                        continue;
                /* As many as fit; one is enough to tell. */
                if (used + strlen(entry->d_name) + 3 > PG_ROUTE_LOCALNET_MAX)
                        break;
                snprintf(ret + used, PG_ROUTE_LOCALNET_MAX - used, "%s%s", used > 0 ? ", " : "",
                         entry->d_name);
                used += strlen(ret + used);
        }
        if (folder)
                closedir(folder);
}

void pg_legacy_tables(bool is_v6, char ret[static PG_LEGACY_TABLES_MAX])
{
        /* Of this thread's network namespace, whatever that of the process is. */
        _cleanup_(pg_fclosep) FILE *file = fopen(is_v6 ? "/proc/thread-self/net/ip6_tables_names"
                                                       : "/proc/thread-self/net/ip_tables_names",
                                                 "re");
        char line[64];
        size_t used = 0;

        *ret = '\0';
        /* The kernel knows five tables. */
        for (int i = 0; file && i < 16 && fgets(line, sizeof(line), file); i++) {
                line[strcspn(line, "\n")] = '\0';
                if (used + strlen(line) + 3 > PG_LEGACY_TABLES_MAX)
                        return;
                used += (size_t)sprintf(ret + used, "%s%s", used > 0 ? ", " : "", line);
        }
}
