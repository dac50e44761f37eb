/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names that outbound services go to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/compile/internal.h"

static int add_host(const struct pg_site *site, struct pg_words *ret, const struct pg_word *word)
{
        struct pg_word *item;

        if (pg_scope_kind(word->text) != PG_SCOPE_HOST || pg_site_find_host(site, word->text))
                return 0;
        for (size_t i = 0; i < ret->n; i++)
                if (strcmp(ret->items[i].text, word->text) == 0)
                        return 0;
        item = PG_ARRAY_ADD(ret->items, ret->n);
        if (!item)
                return -ENOMEM;
        item->place = word->place;
        item->text = strdup(word->text);
        return item->text ? 0 : -ENOMEM;
}

static int add_hosts_of(const struct pg_compiler *compiler, const struct pg_profile *profile,
                        const struct pg_word *scope, struct pg_words *ret)
{
        const struct pg_words *values;
        const struct pg_param *param;
        char name[64];
        int r = 0;

        if (!pg_param_reference(scope->text, name, sizeof(name)))
                return add_host(compiler->site, ret, scope);
        param = pg_profile_param(profile, name);
        values = param ? pg_setting_values(compiler, profile, param) : NULL;
        for (size_t i = 0; values && r >= 0 && i < values->n; i++)
                r = add_host(compiler->site, ret, &values->items[i]);
        return r;
}

int pg_policy_unknown_hosts(const struct pg_catalog *catalog, const struct pg_site *site,
                            struct pg_words *ret)
{
        struct pg_compiler compiler = {.catalog = catalog, .site = site};

        for (size_t i = 0; site->egress_strict && i < catalog->n_entries; i++) {
                const struct pg_profile *profile = catalog->entries[i].profile;

                for (size_t j = 0; j < profile->n_services; j++) {
                        const struct pg_service *service = &profile->services[j];

                        for (size_t k = 0; k < service->scopes.n; k++) {
                                int r = add_hosts_of(&compiler, profile, &service->scopes.items[k],
                                                     ret);

                                if (r < 0)
                                        return r;
                        }
                }
        }
        return 0;
}
