/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the site, and of options, that no profile declares. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/compile/internal.h"

static const char *const kinds[] = {
        [PG_NAME_PARAM] = "parameter",
        [PG_NAME_GROUP] = "group",
        [PG_NAME_SERVICE] = "service",
};

/* A name of the site, or of an option; `profile` is the one that is meant, or NULL: any. */
struct wanted {
        enum pg_name_kind kind;
        const char *profile, *name;
        size_t profile_length;
        struct pg_place place;
};

static bool is_meant(const struct wanted *wanted, const struct pg_profile *profile)
{
        return !wanted->profile ||
               (strncmp(wanted->profile, profile->name, wanted->profile_length) == 0 &&
                profile->name[wanted->profile_length] == '\0');
}

static bool has_group(const struct pg_profile *profile, const char *name)
{
        for (size_t i = 0; i < profile->n_groups; i++)
                if (strcmp(profile->groups[i].name, name) == 0)
                        return true;
        return false;
}

static bool declares(const struct pg_profile *profile, const struct wanted *wanted)
{
        if (!is_meant(wanted, profile))
                return false;
        switch (wanted->kind) {
        case PG_NAME_PARAM:
                return pg_profile_param(profile, wanted->name);
        case PG_NAME_GROUP:
                return has_group(profile, wanted->name);
        case PG_NAME_SERVICE:
                return pg_profile_service(profile, wanted->name);
        }
        return false;
}

static bool is_applied(const struct pg_catalog *catalog, const struct wanted *wanted)
{
        for (size_t i = 0; i < catalog->n_entries; i++)
                if (declares(catalog->entries[i].profile, wanted))
                        return true;
        return false;
}

static bool others_declare(const struct pg_catalog *catalog, const struct wanted *wanted)
{
        for (size_t i = 0; i < catalog->n_others; i++)
                if (declares(catalog->others[i], wanted))
                        return true;
        return false;
}

struct names {
        const char **items;
        size_t n;
};

static int add_names(struct names *names, const struct pg_profile *profile, enum pg_name_kind kind)
{
        size_t n = kind == PG_NAME_PARAM   ? profile->n_params
                   : kind == PG_NAME_GROUP ? profile->n_groups
                                           : profile->n_services;

        for (size_t i = 0; i < n; i++) {
                const char **item = PG_ARRAY_ADD(names->items, names->n);

                if (!item)
                        return -ENOMEM;
                *item = kind == PG_NAME_PARAM   ? profile->params[i].name
                        : kind == PG_NAME_GROUP ? profile->groups[i].name
                                                : profile->services[i].name;
        }
        return 0;
}

/* The nearest that an applied profile has, or else another one's. What memory does not suffice for is
 * not advised. */
static const char *find_nearest(const struct pg_catalog *catalog, const struct wanted *wanted,
                                bool with_others)
{
        struct names names = {0};
        const char *nearest;

        for (size_t i = 0; i < catalog->n_entries; i++)
                if (is_meant(wanted, catalog->entries[i].profile))
                        add_names(&names, catalog->entries[i].profile, wanted->kind);
        nearest = pg_nearest(wanted->name, names.items, names.n);
        for (size_t i = 0; !nearest && with_others && i < catalog->n_others; i++)
                add_names(&names, catalog->others[i], wanted->kind);
        if (!nearest)
                nearest = pg_nearest(wanted->name, names.items, names.n);
        free(names.items);
        return nearest;
}

/* "k8s-node.cni" for k8s-worker.cni: the same name in the profile that has it, which may be included by
 * the one that was meant. The caller frees it; NULL where none is. */
static char *find_elsewhere(const struct pg_catalog *catalog, const struct wanted *wanted,
                            bool with_others)
{
        struct wanted anywhere = *wanted;
        const char *profile = NULL;

        if (!wanted->profile)
                return NULL;
        anywhere.profile = NULL;
        for (size_t i = 0; !profile && i < catalog->n_entries; i++)
                if (declares(catalog->entries[i].profile, &anywhere))
                        profile = catalog->entries[i].profile->name;
        for (size_t i = 0; with_others && !profile && i < catalog->n_others; i++)
                if (declares(catalog->others[i], &anywhere))
                        profile = catalog->others[i]->name;
        return profile ? pg_format("%s%c%s", profile, wanted->kind == PG_NAME_PARAM ? '.' : '/',
                                   wanted->name)
                       : NULL;
}

/* What comes from the command line, whose place has no line, is meant for this host. The site file may
 * serve hosts of several roles: a name that another profile has is only warned about; one that none has
 * is a mistake, which would leave what was meant at its default. */
static void report(const struct pg_compiler *compiler, const struct wanted *wanted, const char *text)
{
        const struct pg_catalog *catalog = compiler->catalog;
        bool is_nowhere =
                wanted->place.line > 0 && catalog->has_others && !others_declare(catalog, wanted);
        enum pg_severity severity =
                wanted->place.line == 0 || is_nowhere ? PG_SEVERITY_ERROR : PG_SEVERITY_WARNING;
        _cleanup_(pg_freep) char *elsewhere = NULL;
        const char *nearest;

        /* A list of addresses that no profile here takes opens nothing, and hides nothing. */
        if (severity == PG_SEVERITY_WARNING && wanted->kind == PG_NAME_GROUP)
                return;
        if (severity == PG_SEVERITY_ERROR)
                elsewhere = find_elsewhere(catalog, wanted, is_nowhere);
        nearest = elsewhere ? elsewhere : find_nearest(catalog, wanted, is_nowhere);

        pg_diagnostics_add(compiler->diagnostics, severity, wanted->place,
                           "no %sprofile has the %s '%s' (%s%s%s%s%s%s)", is_nowhere ? "" : "applied ",
                           kinds[wanted->kind], text,
                           nearest ? "did you mean '" : "see: portguard profiles show",
                           nearest ? nearest : "", nearest ? "'?" : "",
                           is_nowhere && catalog->unread ? "; but the profile " : "",
                           is_nowhere && catalog->unread ? catalog->unread : "",
                           is_nowhere && catalog->unread ? " cannot be read, and may have it" : "");
}

static struct wanted wanted_param(const struct pg_setting *setting)
{
        return (struct wanted){
                .kind = PG_NAME_PARAM,
                .name = setting->param,
                .profile = setting->profile,
                .profile_length = setting->profile ? strlen(setting->profile) : 0,
                .place = setting->place,
        };
}

static struct wanted wanted_service(const struct pg_word *word)
{
        const char *slash = strchr(word->text, '/');

        return (struct wanted){
                .kind = PG_NAME_SERVICE,
                .name = slash ? slash + 1 : word->text,
                .profile = slash ? word->text : NULL,
                .profile_length = slash ? (size_t)(slash - word->text) : 0,
                .place = word->place,
        };
}

/* A group may be there for the sake of a parameter, of whatever profile. */
static bool is_used(const struct pg_site *site, const char *group)
{
        for (size_t i = 0; i < site->n_settings; i++)
                if (pg_words_have(&site->settings[i].values, group))
                        return true;
        return strcmp(group, "internal") == 0;
}

static size_t check(const struct pg_compiler *compiler, const struct wanted *wanted, const char *text)
{
        if (is_applied(compiler->catalog, wanted))
                return 0;
        if (compiler->diagnostics)
                report(compiler, wanted, text);
        return 1;
}

static size_t check_all(const struct pg_compiler *compiler)
{
        const struct pg_site *site = compiler->site;
        struct wanted wanted;
        size_t n = 0;

        for (size_t i = 0; i < site->n_groups; i++) {
                wanted = (struct wanted){
                        .kind = PG_NAME_GROUP,
                        .name = site->groups[i].name,
                        .place = site->groups[i].place,
                };
                if (!is_used(site, wanted.name))
                        n += check(compiler, &wanted, wanted.name);
        }
        for (size_t i = 0; i < site->n_settings; i++) {
                wanted = wanted_param(&site->settings[i]);
                n += check(compiler, &wanted, site->settings[i].param);
        }
        for (size_t i = 0; i < site->enable.n; i++) {
                wanted = wanted_service(&site->enable.items[i]);
                if (strcmp(site->enable.items[i].text, "all") != 0)
                        n += check(compiler, &wanted, site->enable.items[i].text);
        }
        return n;
}

void pg_check_names(const struct pg_compiler *compiler)
{
        check_all(compiler);
}

bool pg_policy_names_are_applied(const struct pg_catalog *catalog, const struct pg_site *site)
{
        const struct pg_compiler compiler = {.catalog = catalog, .site = site};

        return check_all(&compiler) == 0;
}

bool pg_policy_has_use(const struct pg_catalog *catalog, const struct pg_site *site,
                       enum pg_name_kind kind, const char *text)
{
        _cleanup_(pg_freep) char *name = strndup(text, strcspn(text, "="));
        const char *joint = name ? strpbrk(name, "./") : NULL;
        struct wanted wanted = {.kind = kind, .name = name};

        /* What cannot be told apart for lack of memory is not passed over. */
        if (!name || (kind == PG_NAME_SERVICE && strcmp(name, "all") == 0) ||
            (kind == PG_NAME_GROUP && is_used(site, name)))
                return true;
        if (joint && kind != PG_NAME_GROUP) {
                wanted.profile = name;
                wanted.profile_length = (size_t)(joint - name);
                wanted.name = joint + 1;
        }
        return is_applied(catalog, &wanted);
}
