/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How ports, services and roles are called in text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

char *pg_name_ports(const char *protocol, const char *ports)
{
        if (strcmp(ports, "any") != 0)
                return pg_must(pg_format("%s/%s", protocol, ports));
        if (strcmp(protocol, "any") == 0)
                return pg_must(strdup("everything"));
        return pg_must(pg_format("protocol/%s", protocol));
}

/* A profile of one service is often called like it: saying so twice helps nobody. */
static void print_service(FILE *out, const char *name)
{
        const char *slash = strchr(name, '/');
        size_t profile = slash ? (size_t)(slash - name) : 0;

        if (slash && strlen(slash + 1) == profile && strncmp(name, slash + 1, profile) == 0)
                fputs(slash + 1, out);
        else if (slash)
                fprintf(out, "%s (%.*s)", slash + 1, (int)profile, name);
        else
                fputs(name, out);
}

char *pg_name_services(char *const *services, size_t n)
{
        char *text = NULL;
        size_t size;
        FILE *out = pg_must(open_memstream(&text, &size));

        for (size_t i = 0; i < n; i++) {
                fputs(i > 0 ? ", " : "", out);
                print_service(out, services[i]);
        }
        return pg_must(pg_stream_end(out, &text));
}

char *pg_name_generation(uint32_t generation, char *const *profiles, size_t n_profiles)
{
        _cleanup_(pg_freep) char *names = pg_join(profiles, n_profiles);

        if (generation == 0)
                return pg_must(strdup(
                        "a generation that is not known, since its record in the table is gone or was changed"));
        if (n_profiles == 0)
                return pg_must(pg_format("generation %u", generation));
        return pg_must(pg_format("generation %u (%s)", generation, names));
}
