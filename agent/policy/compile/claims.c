/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which services are wanted, and what each claims once its parameters are filled in. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/compile/internal.h"

static bool names_service(const char *text, const char *profile, const char *service)
{
        const char *slash = strchr(text, '/');

        if (strcmp(text, "all") == 0)
                return true;
        if (!slash)
                return strcmp(text, service) == 0;
        return strncmp(text, profile, (size_t)(slash - text)) == 0 && profile[slash - text] == '\0' &&
               strcmp(slash + 1, service) == 0;
}

static bool is_enabled(const struct pg_site *site, const char *profile, const char *service)
{
        for (size_t i = 0; i < site->enable.n; i++)
                if (names_service(site->enable.items[i].text, profile, service))
                        return true;
        return false;
}

static bool include_wants(const struct pg_include *include, const char *service)
{
        if (include->all_optional)
                return false;
        for (size_t i = 0; i < include->optional.n; i++)
                if (strcmp(include->optional.items[i].text, service) == 0)
                        return false;
        return true;
}

/* A service is wanted when somebody who brings its profile in wants it: the operator by name, or any
 * include that does not call it optional. */
static bool is_required(const struct pg_compiler *compiler, const struct pg_catalog_entry *entry,
                        const struct pg_service *service)
{
        if (!service->required)
                return false;
        if (entry->requested)
                return true;
        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_profile *profile = compiler->catalog->entries[i].profile;

                for (size_t j = 0; j < profile->n_includes; j++)
                        if (strcmp(profile->includes[j].profile.text, entry->profile->name) == 0 &&
                            include_wants(&profile->includes[j], service->name))
                                return true;
        }
        return false;
}

static bool condition_holds(const struct pg_compiler *compiler, const struct pg_profile *profile,
                            const struct pg_condition *condition)
{
        const struct pg_param *param = pg_profile_param(profile, condition->param.text);
        const struct pg_words *values = param ? pg_setting_values(compiler, profile, param) : NULL;

        if (!values || values->n == 0)
                return false;
        for (size_t i = 0; i < condition->values.n; i++) {
                const struct pg_word *wanted = &condition->values.items[i];

                if (param->type == PG_PARAM_BOOL
                            ? pg_word_is_true(wanted) == pg_word_is_true(&values->items[0])
                            : strcmp(wanted->text, values->items[0].text) == 0)
                        return true;
        }
        return false;
}

static bool conditions_hold(const struct pg_compiler *compiler, const struct pg_profile *profile,
                            const struct pg_service *service)
{
        for (size_t i = 0; i < service->n_conditions; i++)
                if (!condition_holds(compiler, profile, &service->conditions[i]))
                        return false;
        return true;
}

/* "tcp/${relay_range}" with the parameter's value in its place. The caller frees it. */
static char *fill_ports(const struct pg_compiler *compiler, const struct pg_profile *profile,
                        const char *text)
{
        char name[64];
        const struct pg_param *param;
        const struct pg_words *values;

        if (!pg_param_reference(text, name, sizeof(name)))
                return strdup(text);
        param = pg_profile_param(profile, name);
        values = param ? pg_setting_values(compiler, profile, param) : NULL;
        if (!values || values->n == 0)
                return strdup("");
        return pg_format("%.*s%s", (int)(strchr(text, '$') - text), text, values->items[0].text);
}

static int describe_ports(const struct pg_compiler *compiler, const struct pg_profile *profile,
                          const struct pg_service *service, char **ret)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return -ENOMEM;
        for (size_t i = 0; i < service->ports.n; i++) {
                _cleanup_(pg_freep) char *ports =
                        fill_ports(compiler, profile, service->ports.items[i].text);

                fprintf(stream, "%s%s", i > 0 ? ", " : "", ports ? ports : "");
        }
        *ret = pg_stream_end(stream, &text);
        return *ret ? 0 : -ENOMEM;
}

static int add_closed(struct pg_compiler *compiler, const struct pg_profile *profile,
                      const struct pg_service *service)
{
        struct pg_policy *policy = compiler->policy;
        struct pg_closed *closed = PG_ARRAY_ADD(policy->closed, policy->n_closed);

        if (!closed)
                return -ENOMEM;
        closed->name = pg_format("%s/%s", profile->name, service->name);
        closed->summary = strdup(service->summary ? service->summary : "");
        if (!closed->name || !closed->summary)
                return -ENOMEM;
        return describe_ports(compiler, profile, service, &closed->ports);
}

/* A service's scopes with parameters replaced by their values, sorted, each once; borrowed texts. */
struct scopes {
        const char **items;
        size_t n;
};

static int add_scope(struct pg_compiler *compiler, struct scopes *scopes, const struct pg_word *word)
{
        const char **item;

        switch (pg_scope_kind(word->text)) {
        case PG_SCOPE_NONE:
                return 0;
        case PG_SCOPE_GROUP:
                if (!pg_group_is_known(compiler, word->text)) {
                        pg_diagnostics_add(
                                compiler->diagnostics, PG_SEVERITY_ERROR, word->place,
                                "unknown scope '%s' (define it under groups: in the site file)",
                                word->text);
                        return 0;
                }
                break;
        default:
                break;
        }
        item = PG_ARRAY_ADD(scopes->items, scopes->n);
        if (!item)
                return -ENOMEM;
        *item = word->text;
        return 0;
}

static int collect_scopes(struct pg_compiler *compiler, const struct pg_profile *profile,
                          const struct pg_service *service, struct scopes *ret)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < service->scopes.n; i++) {
                const struct pg_word *word = &service->scopes.items[i];
                const struct pg_words *values;
                const struct pg_param *param;
                char name[64];

                if (!pg_param_reference(word->text, name, sizeof(name))) {
                        r = add_scope(compiler, ret, word);
                        continue;
                }
                param = pg_profile_param(profile, name);
                values = param ? pg_setting_values(compiler, profile, param) : NULL;
                for (size_t j = 0; values && r >= 0 && j < values->n; j++)
                        r = add_scope(compiler, ret, &values->items[j]);
        }
        return r;
}

static void check_never_any(struct pg_compiler *compiler, const struct pg_profile *profile,
                            const struct pg_service *service, const struct scopes *scopes)
{
        const char *name = service->never_any_unless.text;
        const struct pg_param *param = name ? pg_profile_param(profile, name) : NULL;

        if (!param || pg_word_is_true(&pg_setting_values(compiler, profile, param)->items[0]))
                return;
        for (size_t i = 0; i < scopes->n; i++)
                if (strcmp(scopes->items[i], "any") == 0)
                        pg_diagnostics_add(
                                compiler->diagnostics, PG_SEVERITY_ERROR, service->place,
                                "%s/%s must not be open to any; name a narrower scope, or say so "
                                "with --set %s.%s=true",
                                profile->name, service->name, profile->name, name);
}

/* After an error a group may be empty because of it. */
static void report_empty(struct pg_compiler *compiler, const struct pg_profile *profile,
                         const struct pg_service *service, const char *scope)
{
        if (pg_diagnostics_count(compiler->diagnostics, PG_SEVERITY_ERROR) > 0 ||
            !pg_scope_is_empty(compiler, scope) ||
            (service->direction == PG_OUT && !compiler->site->egress_strict))
                return;
        if (pg_scope_kind(scope) == PG_SCOPE_HOST)
                pg_diagnostics_add(
                        compiler->diagnostics, PG_SEVERITY_WARNING, service->place,
                        "no address is known for '%s', so %s/%s is closed to it; name one in the "
                        "site file: hosts: {%s: [ADDRESS]}",
                        scope, profile->name, service->name, scope);
        else
                pg_diagnostics_add(
                        compiler->diagnostics, PG_SEVERITY_WARNING, service->place,
                        "group '%s' is empty and opens nothing: %s/%s is closed to it; fill it "
                        "with --group %s=PREFIX or in the site file",
                        scope, profile->name, service->name, scope);
}

static int add_service(struct pg_compiler *compiler, const struct pg_profile *profile,
                       const struct pg_service *service, size_t *ret)
{
        struct pg_policy *policy = compiler->policy;
        struct pg_policy_service *entry = PG_ARRAY_ADD(policy->services, policy->n_services);

        if (!entry)
                return -ENOMEM;
        entry->name = pg_format("%s/%s", profile->name, service->name);
        entry->summary = strdup(service->summary ? service->summary : "");
        entry->file = strdup(profile->file);
        entry->line = service->place.line;
        entry->column = service->place.column;
        if (!entry->name || !entry->summary || !entry->file)
                return -ENOMEM;
        *ret = policy->n_services - 1;
        return 0;
}

static int add_claim(struct pg_compiler *compiler, const struct pg_service *service, size_t index,
                     const struct pg_ports *ports, const struct scopes *scopes)
{
        struct pg_claim *claim;

        if (compiler->n_claims >= PG_CLAIMS_MAX)
                return pg_error_set(compiler->error, PG_STATUS_INVALID, -E2BIG,
                                    "more than %d port ranges are claimed; apply fewer profiles",
                                    PG_CLAIMS_MAX);
        claim = PG_ARRAY_ADD(compiler->claims, compiler->n_claims);
        if (!claim)
                return pg_error_memory(compiler->error);
        claim->direction = service->direction;
        claim->ports = *ports;
        claim->service = index;
        claim->answers_any_port = service->answers_any_port && pg_is_datagram(ports->protocol);
        claim->scopes = calloc(scopes->n, sizeof(*claim->scopes));
        if (!claim->scopes)
                return pg_error_memory(compiler->error);
        memcpy(claim->scopes, scopes->items, scopes->n * sizeof(*claim->scopes));
        claim->n_scopes = scopes->n;
        return 0;
}

static int claim_ports(struct pg_compiler *compiler, const struct pg_profile *profile,
                       const struct pg_service *service, size_t index, const struct scopes *scopes)
{
        for (size_t i = 0; i < service->ports.n; i++) {
                const struct pg_word *word = &service->ports.items[i];
                _cleanup_(pg_freep) char *text = fill_ports(compiler, profile, word->text);
                struct pg_ports ports;
                const char *problem;
                int r;

                if (!text)
                        return pg_error_memory(compiler->error);
                problem = pg_ports_parse(text, &ports);
                if (problem) {
                        pg_diagnostics_add(compiler->diagnostics, PG_SEVERITY_ERROR, word->place,
                                           "'%s' is no port: %s", text, problem);
                        continue;
                }
                r = add_claim(compiler, service, index, &ports, scopes);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int claim_service(struct pg_compiler *compiler, const struct pg_profile *profile,
                         const struct pg_service *service)
{
        struct scopes scopes = {0};
        size_t index;
        int r;

        r = collect_scopes(compiler, profile, service, &scopes);
        /* With the scope `none` an inbound one claims no port, and is reported all the same. */
        if (r >= 0 && (scopes.n > 0 || service->direction == PG_IN))
                r = add_service(compiler, profile, service, &index);
        if (r < 0) {
                free(scopes.items);
                return pg_error_memory(compiler->error);
        }
        if (scopes.n > 0) {
                check_never_any(compiler, profile, service, &scopes);
                for (size_t i = 0; i < scopes.n; i++)
                        report_empty(compiler, profile, service, scopes.items[i]);
                r = claim_ports(compiler, profile, service, index, &scopes);
        }
        free(scopes.items);
        return r;
}

/* What a host with strict egress dies without: names, time, its own address. */
static const struct {
        const char *name, *summary;
        struct pg_ports ports;
} base_egress[] = {
        {"base/dhcp", "DHCP client", {IPPROTO_UDP, 67, 67}},
        {"base/dhcpv6", "DHCPv6 client", {IPPROTO_UDP, 547, 547}},
        {"base/dns", "name resolution", {IPPROTO_UDP, 53, 53}},
        {"base/dns-tcp", "name resolution", {IPPROTO_TCP, 53, 53}},
        {"base/ntp", "time", {IPPROTO_UDP, 123, 123}},
};

static int claim_base_egress(struct pg_compiler *compiler)
{
        static const struct pg_service outbound = {.direction = PG_OUT};
        static const char *any[] = {"any"};
        static const struct scopes scopes = {.items = any, .n = 1};

        for (size_t i = 0; i < PG_ELEMENTSOF(base_egress); i++) {
                struct pg_policy *policy = compiler->policy;
                struct pg_policy_service *entry = PG_ARRAY_ADD(policy->services, policy->n_services);
                int r;

                if (!entry)
                        return pg_error_memory(compiler->error);
                entry->name = strdup(base_egress[i].name);
                entry->summary = strdup(base_egress[i].summary);
                if (!entry->name || !entry->summary)
                        return pg_error_memory(compiler->error);
                r = add_claim(compiler, &outbound, policy->n_services - 1, &base_egress[i].ports,
                              &scopes);
                if (r < 0)
                        return r;
        }
        return 0;
}

int pg_compile_claims(struct pg_compiler *compiler)
{
        if (compiler->site->egress_strict) {
                int r = claim_base_egress(compiler);

                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_catalog_entry *entry = &compiler->catalog->entries[i];
                const struct pg_profile *profile = entry->profile;

                for (size_t j = 0; j < profile->n_services; j++) {
                        const struct pg_service *service = &profile->services[j];
                        int r;

                        if (!conditions_hold(compiler, profile, service))
                                continue;
                        if (is_required(compiler, entry, service) ||
                            is_enabled(compiler->site, profile->name, service->name))
                                r = claim_service(compiler, profile, service);
                        else if (add_closed(compiler, profile, service) < 0)
                                r = pg_error_memory(compiler->error);
                        else
                                r = 0;
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
