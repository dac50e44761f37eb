/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every profile, asked which ports it would open. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/advice/internal.h"
#include "engine/engine.h"
#include "profile/catalog/catalog.h"

struct pg_port_profiles *pg_port_profiles_free(struct pg_port_profiles *port_profiles)
{
        if (!port_profiles)
                return NULL;
        for (size_t i = 0; i < port_profiles->n_profiles; i++)
                pg_profile_free(port_profiles->profiles[i]);
        free(port_profiles->profiles);
        free(port_profiles->items);
        free(port_profiles);
        return NULL;
}

bool pg_port_profiles_are_none(const struct pg_port_profiles *port_profiles)
{
        return port_profiles->n_profiles == 0;
}

/* "tcp/${range}" with the parameter's default. */
static bool read_ports(const struct pg_profile *profile, const char *text, struct pg_ports *ret)
{
        _cleanup_(pg_freep) char *filled = NULL;
        const struct pg_param *param;
        char name[64];

        if (!pg_param_reference(text, name, sizeof(name)))
                return !pg_ports_parse(text, ret);
        param = pg_profile_param(profile, name);
        if (!param || param->initial.n == 0)
                return false;
        filled = pg_format("%.*s%s", (int)(strchr(text, '$') - text), text,
                           param->initial.items[0].text);
        return filled && !pg_ports_parse(filled, ret);
}

static int add_services(struct pg_port_profiles *port_profiles, const struct pg_profile *profile)
{
        for (size_t i = 0; i < profile->n_services; i++) {
                const struct pg_service *service = &profile->services[i];

                for (size_t j = 0;
                     service->direction == port_profiles->direction && j < service->ports.n; j++) {
                        struct pg_port_profile port_profile = {.profile = profile, .service = service},
                                               *item;

                        if (!read_ports(profile, service->ports.items[j].text, &port_profile.ports))
                                continue;
                        item = PG_ARRAY_ADD(port_profiles->items, port_profiles->n);
                        if (!item)
                                return -ENOMEM;
                        *item = port_profile;
                }
        }
        return 0;
}

/* Whether a number, or two joined by '-', in the text may be a range that has the port: what has none
 * need not be parsed, and that is nearly all of them. */
static bool mentions(const char *text, size_t length, uint16_t port)
{
        const char *end = text + length;

        while (text < end) {
                unsigned long first, last;
                char *behind;

                if (*text < '0' || *text > '9') {
                        text++;
                        continue;
                }
                first = last = strtoul(text, &behind, 10);
                if (*behind == '-' && behind[1] >= '0' && behind[1] <= '9')
                        last = strtoul(behind + 1, &behind, 10);
                if (first <= port && port <= last)
                        return true;
                text = behind;
        }
        return false;
}

static int parse(struct pg_port_profiles *port_profiles, const char *name,
                 const struct pg_search_file *file)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        struct pg_profile **item;
        struct pg_error error;
        int r;

        if (pg_diagnostics_new(&ignored) < 0)
                return -ENOMEM;
        item = PG_ARRAY_ADD(port_profiles->profiles, port_profiles->n_profiles);
        if (!item)
                return -ENOMEM;
        r = pg_profile_parse(file->path, name, file->text, file->length, item, ignored, &error);
        if (r >= 0)
                return add_services(port_profiles, *item);
        port_profiles->n_profiles--;
        return r == -ENOMEM ? r : 0;
}

static int load_one(struct pg_port_profiles *port_profiles, const struct pg_search *search,
                    const char *name, const uint16_t *port)
{
        _cleanup_(pg_search_file_done) struct pg_search_file file = {0};
        struct pg_error error;
        int r = pg_search_read(search, name, &file, &error);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return port && !mentions(file.text, file.length, *port) ? 0 : parse(port_profiles, name, &file);
}

static int load(const struct pg_settings *settings, enum pg_direction direction, const uint16_t *port,
                struct pg_port_profiles **ret, struct pg_error *error)
{
        _cleanup_(pg_port_profiles_freep) struct pg_port_profiles *port_profiles =
                calloc(1, sizeof(*port_profiles));
        _cleanup_(pg_search_done) struct pg_search search = {0};
        _cleanup_(pg_words_done) struct pg_words names = {0};
        int r;

        if (!port_profiles)
                return pg_error_memory(error);
        port_profiles->direction = direction;
        r = pg_search_open(pg_setting_profiles(settings), &search, error);
        if (r < 0)
                return r;
        r = pg_search_names(&search, &names, error);
        for (size_t i = 0; r >= 0 && i < names.n; i++)
                if (load_one(port_profiles, &search, names.items[i].text, port) < 0)
                        r = pg_error_memory(error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(port_profiles);
        return 0;
}

int pg_port_profiles_load(const struct pg_settings *settings, const uint16_t *port,
                          struct pg_port_profiles **ret, struct pg_error *error)
{
        return load(settings, PG_IN, port, ret, error);
}

int pg_port_profiles_load_egress(const struct pg_settings *settings, const uint16_t *port,
                                 struct pg_port_profiles **ret, struct pg_error *error)
{
        return load(settings, PG_OUT, port, ret, error);
}

const struct pg_port_profile *pg_port_profiles_named(const struct pg_port_profiles *port_profiles,
                                                     const char *name)
{
        const char *slash = strchr(name, '/');
        size_t length = slash ? (size_t)(slash - name) : 0;

        for (size_t i = 0; slash && i < port_profiles->n; i++) {
                const struct pg_port_profile *port_profile = &port_profiles->items[i];

                if (strncmp(port_profile->profile->name, name, length) == 0 &&
                    port_profile->profile->name[length] == '\0' &&
                    strcmp(port_profile->service->name, slash + 1) == 0)
                        return port_profile;
        }
        return NULL;
}
