/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources of a stored policy: who, as addresses and interfaces. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "state/policy_json/internal.h"

static int fail_addresses(const struct pg_reading *reading, size_t index, int r)
{
        if (r == -ENOMEM)
                return pg_error_memory(reading->error);
        return pg_reading_damaged(reading, "the addresses of source %zu are not in order", index);
}

static int read_ranges(const struct pg_reading *reading, const json_t *array, size_t index,
                       struct pg_addresses *ret)
{
        size_t n = json_array_size(array);

        if (n > PG_POLICY_JSON_INLINE_MAX)
                return pg_reading_damaged(reading, "source %zu has too many addresses", index);
        for (size_t i = 0; i < n; i++) {
                const json_t *item = json_array_get(array, i);
                const char *text = json_string_value(item);
                size_t n_v6 = ret->n_v6;
                int r;

                if (!text || strlen(text) != json_string_length(item))
                        return fail_addresses(reading, index, -EBADMSG);
                r = pg_addresses_add_text(ret, text);
                if (r < 0)
                        return fail_addresses(reading, index, r);
                /* IPv4 first. */
                if (n_v6 > 0 && ret->n_v6 == n_v6)
                        return fail_addresses(reading, index, -EBADMSG);
        }
        return pg_addresses_are_normalised(ret) ? 0 : fail_addresses(reading, index, -EBADMSG);
}

/* The groups of the site that the source is named after, when they have as many ranges. */
static bool guess(const struct pg_site *site, const struct pg_source *source, size_t n_v4, size_t n_v6,
                  struct pg_addresses *ret)
{
        _cleanup_(pg_addresses_done) struct pg_addresses addresses = {0};

        for (size_t i = 0; i < source->n_scopes; i++) {
                const struct pg_group *group = pg_site_find_group(site, source->scopes[i]);

                if (!group || pg_addresses_add_all(&addresses, &group->addresses) < 0)
                        return false;
        }
        pg_addresses_normalise(&addresses);
        if (addresses.n_v4 != n_v4 || addresses.n_v6 != n_v6)
                return false;
        *ret = addresses;
        addresses = (struct pg_addresses){0};
        return true;
}

static int read_reference(const struct pg_reading *reading, const json_t *object, size_t index,
                          struct pg_source *source)
{
        struct pg_addresses *ret = &source->addresses;
        const json_t *value = json_object_get(object, "digest");
        const char *digest = json_string_value(value);
        uint64_t n_v4, n_v6;
        char found[PG_DIGEST_TEXT_SIZE];
        int r;

        if (json_object_size(object) != 3 || !digest ||
            json_string_length(value) != PG_DIGEST_TEXT_SIZE - 1 ||
            strspn(digest, "0123456789abcdef") != PG_DIGEST_TEXT_SIZE - 1 ||
            !pg_read_number(json_object_get(object, "v4"), UINT32_MAX, &n_v4) ||
            !pg_read_number(json_object_get(object, "v6"), UINT32_MAX, &n_v6) ||
            n_v4 + n_v6 <= PG_POLICY_JSON_INLINE_MAX)
                return pg_reading_damaged(reading, "source %zu refers to no addresses", index);
        if (reading->guess && guess(reading->guess, source, n_v4, n_v6, ret))
                return 0;
        r = pg_addresses_read(reading->bytes, digest, ret, found);
        if (r == -ENOENT)
                return pg_reading_damaged(reading, "the addresses of source %zu, %.12s, are missing",
                                          index, digest);
        if (r == -EBADMSG || r == -ENOMEM)
                return fail_addresses(reading, index, r);
        if (r < 0)
                return r;
        if (strcmp(found, digest) != 0)
                return pg_reading_damaged(
                        reading, "the addresses of source %zu are not those of their digest, %.12s",
                        index, digest);
        if (ret->n_v4 != n_v4 || ret->n_v6 != n_v6)
                return pg_reading_damaged(reading, "source %zu counts other addresses than there are",
                                          index);
        return 0;
}

static int read_interfaces(const struct pg_reading *reading, const json_t *array, size_t index,
                           struct pg_source *source)
{
        size_t n = json_array_size(array);

        if (!json_is_array(array))
                return pg_reading_damaged(reading, "source %zu has no list of interfaces", index);
        for (size_t i = 0; i < n; i++) {
                char **item = PG_ARRAY_ADD(source->interfaces, source->n_interfaces);
                int r;

                if (!item)
                        return pg_error_memory(reading->error);
                r = pg_read_text(reading, json_array_get(array, i), PG_TEXT_NAME,
                                 "an interface of source", index, item);
                if (r < 0)
                        return r;
                if (!pg_interface_name_is_valid(*item) || (i > 0 && strcmp(item[-1], *item) >= 0))
                        return pg_reading_damaged(reading, "source %zu has no right list of interfaces",
                                                  index);
        }
        return 0;
}

static int read_source(const struct pg_reading *reading, const json_t *object, size_t index,
                       struct pg_source *source)
{
        const json_t *addresses = json_object_get(object, "addresses");
        const json_t *any = json_object_get(object, "any");
        int r;

        if (json_object_size(object) != 7 || !json_is_boolean(any))
                return pg_reading_damaged(reading, "source %zu is not as it should be", index);
        source->any = json_is_true(any);
        r = pg_read_text(reading, json_object_get(object, "label"), PG_TEXT_LABEL, "source", index,
                         &source->label);
        if (r >= 0 && pg_source_read_label(source) < 0)
                r = pg_error_memory(reading->error);
        if (r >= 0)
                r = pg_read_place(reading, object, "source", index, &source->file, &source->line,
                                  &source->column);
        if (r >= 0)
                r = read_interfaces(reading, json_object_get(object, "interfaces"), index, source);
        if (r < 0)
                return r;
        if (json_is_array(addresses))
                r = read_ranges(reading, addresses, index, &source->addresses);
        else
                r = read_reference(reading, addresses, index, source);
        if (r >= 0 && source->any &&
            (source->n_interfaces > 0 || !pg_addresses_empty(&source->addresses)))
                r = pg_reading_damaged(reading, "source %zu is anybody, and somebody besides", index);
        return r;
}

int pg_read_sources(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);
        int r = 0;

        if (!json_is_array(array))
                return pg_reading_damaged(reading, "there is no list of sources");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                struct pg_source *source = PG_ARRAY_ADD(policy->sources, policy->n_sources);

                if (!source)
                        return pg_error_memory(reading->error);
                r = read_source(reading, json_array_get(array, i), i, source);
        }
        return r;
}
