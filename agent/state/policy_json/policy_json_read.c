/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy read from JSON. The text may be damaged or made up: root is to enforce what it says. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "profile/catalog/catalog.h"
#include "state/policy_json/internal.h"

/* Each claim cuts a wider one into two at most. */
#define SEGMENTS_MAX (2 * PG_CLAIMS_MAX)

static int read_profiles(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);
        int r = 0;

        if (!json_is_array(array) || n > PG_CATALOG_PROFILES_MAX)
                return pg_reading_damaged(reading, "there is no right list of profiles");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                char **item = PG_ARRAY_ADD(policy->profiles, policy->n_profiles);

                if (!item)
                        return pg_error_memory(reading->error);
                r = pg_read_text(reading, json_array_get(array, i), PG_TEXT_NAME, "profile", i, item);
        }
        return r;
}

static int read_service(const struct pg_reading *reading, const json_t *object, size_t index,
                        struct pg_policy_service *service)
{
        int r;

        if (json_object_size(object) != 5)
                return pg_reading_damaged(reading, "service %zu is not as it should be", index);
        r = pg_read_text(reading, json_object_get(object, "name"), PG_TEXT_NAME, "service", index,
                         &service->name);
        if (r >= 0)
                r = pg_read_text(reading, json_object_get(object, "summary"), PG_TEXT_SUMMARY,
                                 "service", index, &service->summary);
        if (r >= 0)
                r = pg_read_place(reading, object, "service", index, &service->file, &service->line,
                                  &service->column);
        return r;
}

static int read_services(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);
        int r = 0;

        if (!json_is_array(array))
                return pg_reading_damaged(reading, "there is no list of services");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                struct pg_policy_service *service = PG_ARRAY_ADD(policy->services, policy->n_services);

                if (!service)
                        return pg_error_memory(reading->error);
                r = read_service(reading, json_array_get(array, i), i, service);
        }
        return r;
}

static bool read_ports(const json_t *value, struct pg_ports *ret)
{
        const char *text = json_string_value(value);
        char written[PG_PORTS_TEXT_MAX];

        if (!text || pg_ports_parse(text, ret))
                return false;
        /* Each range has one form. */
        pg_ports_format(ret, written);
        return strlen(written) == json_string_length(value) && strcmp(written, text) == 0;
}

static int read_claimants(const struct pg_reading *reading, const json_t *array, size_t index,
                          struct pg_segment *segment)
{
        size_t n = json_array_size(array);

        if (n == 0 || n > reading->policy->n_services)
                return pg_reading_damaged(reading, "segment %zu belongs to no services", index);
        segment->services = calloc(n, sizeof(*segment->services));
        if (!segment->services)
                return pg_error_memory(reading->error);
        for (size_t i = 0; i < n; i++) {
                uint64_t number;

                if (!pg_read_number(json_array_get(array, i), reading->policy->n_services - 1,
                                    &number) ||
                    (i > 0 && number <= segment->services[i - 1]))
                        return pg_reading_damaged(reading, "segment %zu belongs to no right services",
                                                  index);
                segment->services[segment->n_services++] = (size_t)number;
        }
        return 0;
}

static int read_beaten(const struct pg_reading *reading, const json_t *array, size_t index,
                       struct pg_segment *segment)
{
        size_t n = json_array_size(array);

        if (!json_is_array(array) || n > PG_OVERRIDDEN_MAX)
                return pg_reading_damaged(reading, "segment %zu has no list of whom it beat", index);
        for (size_t i = 0; i < n; i++) {
                const json_t *object = json_array_get(array, i);
                struct pg_overridden *overridden =
                        PG_ARRAY_ADD(segment->overridden, segment->n_overridden);
                uint64_t service;

                if (!overridden)
                        return pg_error_memory(reading->error);
                if (json_object_size(object) != 2 ||
                    !pg_read_number(json_object_get(object, "service"), reading->policy->n_services - 1,
                                    &service) ||
                    !read_ports(json_object_get(object, "ports"), &overridden->ports))
                        return pg_reading_damaged(reading, "segment %zu beat no right service", index);
                overridden->service = (size_t)service;
        }
        return 0;
}

static int read_segment(const struct pg_reading *reading, const json_t *object, size_t index,
                        struct pg_segment *segment)
{
        const char *direction = json_string_value(json_object_get(object, "direction"));
        const json_t *answers = json_object_get(object, "answers");
        size_t n_sources = reading->policy->n_sources;
        uint64_t source;
        int r;

        segment->answers_any_port = json_is_string(answers);
        if (answers &&
            (!json_is_string(answers) || strcmp(json_string_value(answers), "any-port") != 0))
                return pg_reading_damaged(reading, "segment %zu has no right answers", index);
        if (json_object_size(object) != (answers ? 6 : 5) || !direction ||
            (strcmp(direction, "in") != 0 && strcmp(direction, "out") != 0))
                return pg_reading_damaged(reading, "segment %zu has no direction", index);
        segment->direction = strcmp(direction, "in") == 0 ? PG_IN : PG_OUT;
        if (!read_ports(json_object_get(object, "ports"), &segment->ports))
                return pg_reading_damaged(reading, "segment %zu has no right ports", index);
        if (n_sources == 0 ||
            !pg_read_number(json_object_get(object, "source"), n_sources - 1, &source))
                return pg_reading_damaged(reading, "segment %zu has no right source", index);
        segment->source = (size_t)source;
        r = read_claimants(reading, json_object_get(object, "services"), index, segment);
        return r < 0 ? r : read_beaten(reading, json_object_get(object, "beaten"), index, segment);
}

/* Whether `b` stands behind all ports of `a`. */
static bool follows(const struct pg_segment *a, const struct pg_segment *b)
{
        if (a->direction != b->direction)
                return a->direction < b->direction;
        if (a->ports.protocol != b->ports.protocol)
                return a->ports.protocol < b->ports.protocol;
        return a->ports.last < b->ports.first;
}

static int read_segments(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);

        if (!json_is_array(array) || n > SEGMENTS_MAX)
                return pg_reading_damaged(reading, "there is no right list of segments");
        for (size_t i = 0; i < n; i++) {
                struct pg_segment *segment = PG_ARRAY_ADD(policy->segments, policy->n_segments);
                int r;

                if (!segment)
                        return pg_error_memory(reading->error);
                r = read_segment(reading, json_array_get(array, i), i, segment);
                if (r < 0)
                        return r;
                if (i > 0 && !follows(segment - 1, segment))
                        return pg_reading_damaged(reading, "segment %zu is not behind the one before",
                                                  i);
        }
        return 0;
}

static int read_closed(const struct pg_reading *reading, const json_t *array)
{
        struct pg_policy *policy = reading->policy;
        size_t n = json_array_size(array);
        int r = 0;

        if (!json_is_array(array))
                return pg_reading_damaged(reading, "there is no list of closed services");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                const json_t *object = json_array_get(array, i);
                struct pg_closed *closed = PG_ARRAY_ADD(policy->closed, policy->n_closed);

                if (!closed)
                        return pg_error_memory(reading->error);
                if (json_object_size(object) != 3)
                        return pg_reading_damaged(reading, "closed service %zu is not as it should be",
                                                  i);
                r = pg_read_text(reading, json_object_get(object, "name"), PG_TEXT_NAME,
                                 "closed service", i, &closed->name);
                if (r >= 0)
                        r = pg_read_text(reading, json_object_get(object, "summary"), PG_TEXT_SUMMARY,
                                         "closed service", i, &closed->summary);
                if (r >= 0)
                        r = pg_read_text(reading, json_object_get(object, "ports"), PG_TEXT_SUMMARY,
                                         "closed service", i, &closed->ports);
        }
        return r;
}

/* pg_rate_parse() makes no others. */
static bool is_rate(uint64_t count, uint64_t seconds)
{
        return seconds == 1 || seconds == 60 || seconds == 3600 || (count == 0 && seconds == 0);
}

static int read_ping(const struct pg_reading *reading, const json_t *object)
{
        struct pg_policy *policy = reading->policy;
        uint64_t count, seconds, source;

        if (json_object_size(object) != 3 || policy->n_sources == 0 ||
            !pg_read_number(json_object_get(object, "count"), UINT32_MAX, &count) ||
            !pg_read_number(json_object_get(object, "seconds"), UINT32_MAX, &seconds) ||
            !is_rate(count, seconds) ||
            !pg_read_number(json_object_get(object, "source"), policy->n_sources - 1, &source))
                return pg_reading_damaged(reading, "who may ping, and how often, is not said");
        policy->ping_rate = (struct pg_rate){.count = (unsigned)count, .seconds = (unsigned)seconds};
        policy->ping_source = (size_t)source;
        return 0;
}

static int check_format(const struct pg_reading *reading, const json_t *object)
{
        uint64_t format;

        if (!pg_read_number(json_object_get(object, "format"), UINT32_MAX, &format) || format == 0)
                return pg_reading_damaged(reading, "its format is not said");
        if (format > PG_POLICY_JSON_FORMAT)
                return pg_error_set(reading->error, PG_STATUS_FAILED, -ENOTSUP,
                                    "written by a newer portguard (policy format %u; this one reads up "
                                    "to %u)",
                                    (unsigned)format, PG_POLICY_JSON_FORMAT);
        return 0;
}

static int read_policy(const struct pg_reading *reading, const json_t *object)
{
        const json_t *strict = json_object_get(object, "egress_strict");
        int r = check_format(reading, object);

        if (r < 0)
                return r;
        if (json_object_size(object) != 9 || !json_is_boolean(strict))
                return pg_reading_damaged(reading, "it has not the parts that it should have");
        reading->policy->egress_strict = json_is_true(strict);
        r = read_profiles(reading, json_object_get(object, "profiles"));
        if (r >= 0)
                r = read_services(reading, json_object_get(object, "services"));
        if (r >= 0)
                r = pg_read_sources(reading, json_object_get(object, "sources"));
        if (r >= 0)
                r = read_segments(reading, json_object_get(object, "segments"));
        if (r >= 0)
                r = read_closed(reading, json_object_get(object, "closed"));
        if (r >= 0)
                r = pg_read_origins(reading, json_object_get(object, "origins"));
        if (r >= 0)
                r = read_ping(reading, json_object_get(object, "ping"));
        return r;
}

/* The text as an object that the caller ends, with its format checked. */
static int load(const struct pg_reading *reading, const char *text, size_t length, json_t **ret)
{
        json_error_t problem;
        json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);

        if (!object && json_error_code(&problem) == json_error_out_of_memory)
                return pg_error_memory(reading->error);
        if (!object)
                return pg_reading_damaged(reading, "it is no JSON from byte %d on", problem.position);
        *ret = object;
        return 0;
}

int pg_policy_origins_from_json(const char *text, size_t length, struct pg_policy *policy,
                                struct pg_error *error)
{
        const struct pg_reading reading = {.policy = policy, .error = error};
        json_auto_t *object = NULL;
        int r = load(&reading, text, length, &object);

        if (r >= 0)
                r = check_format(&reading, object);
        return r < 0 ? r : pg_read_origins(&reading, json_object_get(object, "origins"));
}

int pg_policy_from_json(const char *text, size_t length, const struct pg_address_bytes *bytes,
                        const struct pg_site *guess, struct pg_policy **ret, struct pg_error *error)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = calloc(1, sizeof(*policy));
        struct pg_reading reading = {.bytes = bytes, .guess = guess, .policy = policy, .error = error};
        json_auto_t *object = NULL;
        int r;

        if (!policy)
                return pg_error_memory(error);
        r = load(&reading, text, length, &object);
        if (r >= 0)
                r = read_policy(&reading, object);
        if (r < 0)
                return r;
        *ret = PG_TAKE(policy);
        return 0;
}
