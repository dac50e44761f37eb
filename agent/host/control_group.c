/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The systemd unit of a process, by its control group. */
#include "host/control_group.h"

#include <string.h>

#include "base/cleanup.h"

static bool is_unit(const char *name, size_t length)
{
        static const char *const kinds[] = {".service", ".scope", ".socket"};

        if (length == 0 || length >= PG_UNIT_NAME_MAX)
                return false;
        for (size_t i = 0; i < PG_ELEMENTSOF(kinds); i++) {
                size_t kind = strlen(kinds[i]);

                if (length > kind && memcmp(name + length - kind, kinds[i], kind) == 0)
                        return true;
        }
        return false;
}

/* The last unit in a path, whose components the '/' end: a container's own systemd has units below the
 * host's. */
static bool find_in_path(const char *path, size_t length, char unit[static PG_UNIT_NAME_MAX])
{
        bool found = false;

        while (length > 0) {
                const char *slash = memchr(path, '/', length);
                size_t component = slash ? (size_t)(slash - path) : length;

                if (is_unit(path, component)) {
                        memcpy(unit, path, component);
                        unit[component] = '\0';
                        found = true;
                }
                component += slash != NULL;
                path += component;
                length -= component;
        }
        return found;
}

enum rank { RANK_NONE, RANK_OTHER, RANK_UNIFIED, RANK_SYSTEMD };

/* Which hierarchy a line is of: "0::" is version 2; in version 1 systemd keeps its units in one that no
 * controller has, and others may follow it or not. */
static enum rank rank_of(const char *controllers, size_t length)
{
        static const char own[] = "name=systemd";

        if (length == 0)
                return RANK_UNIFIED;
        return length == sizeof(own) - 1 && memcmp(controllers, own, length) == 0 ? RANK_SYSTEMD
                                                                                  : RANK_OTHER;
}

bool pg_control_group_unit(const char *text, char unit[static PG_UNIT_NAME_MAX])
{
        enum rank best = RANK_NONE;

        while (*text) {
                size_t length = strcspn(text, "\n");
                const char *controllers = memchr(text, ':', length), *path = NULL;
                char found[PG_UNIT_NAME_MAX];

                if (controllers) {
                        controllers++;
                        path = memchr(controllers, ':', length - (size_t)(controllers - text));
                }
                if (path) {
                        enum rank rank = rank_of(controllers, (size_t)(path - controllers));

                        path++;
                        if (rank > best && find_in_path(path, length - (size_t)(path - text), found)) {
                                memcpy(unit, found, sizeof(found));
                                best = rank;
                        }
                }
                text += length;
                text += *text == '\n';
        }
        return best != RANK_NONE;
}
