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
static void print_service(FILE *out, const char *name, size_t length)
{
        const char *slash = memchr(name, '/', length);
        size_t profile = slash ? (size_t)(slash - name) : 0;

        if (!slash)
                fprintf(out, "%.*s", (int)length, name);
        else if (length == 2 * profile + 1 && strncmp(name, slash + 1, profile) == 0)
                fprintf(out, "%.*s", (int)profile, name);
        else
                fprintf(out, "%.*s (%.*s)", (int)(length - profile - 1), slash + 1, (int)profile, name);
}

char *pg_name_services(const char *services)
{
        char *text = NULL;
        size_t size;
        FILE *out = pg_must(open_memstream(&text, &size));

        for (const char *rest = services; *rest;) {
                const char *comma = strstr(rest, ", ");
                size_t length = comma ? (size_t)(comma - rest) : strlen(rest);

                fputs(rest == services ? "" : ", ", out);
                print_service(out, rest, length);
                rest += length + (comma ? 2 : 0);
        }
        if (fclose(out) != 0) {
                free(text);
                text = NULL;
        }
        return pg_must(text);
}

char *pg_name_generation(uint32_t generation, char *const *profiles, size_t n_profiles)
{
        _cleanup_(pg_freep) char *names = pg_join(profiles, n_profiles);

        if (generation == 0)
                return pg_must(strdup(
                        "a generation that is not known, since its record in the table is gone"));
        if (n_profiles == 0)
                return pg_must(pg_format("generation %u", generation));
        return pg_must(pg_format("generation %u (%s)", generation, names));
}
