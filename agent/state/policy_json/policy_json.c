/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy written as canonical JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "state/policy_json/internal.h"

struct writing {
        int (*put)(const char *digest, const void *bytes, size_t length, void *context);
        void *context;
        int failure; /* what `put` returned, when it failed */
};

/* Takes the value over, whether it succeeds or not; a NULL value fails. */
static bool put(json_t *object, const char *key, json_t *value)
{
        return json_object_set_new(object, key, value) == 0;
}

static bool append(json_t *array, json_t *value)
{
        return json_array_append_new(array, value) == 0;
}

static json_t *write_hex(const char *text)
{
        static const char digits[] = "0123456789abcdef";
        size_t length = strlen(text);
        _cleanup_(pg_freep) char *hex = malloc(2 * length + 1);

        if (!hex)
                return NULL;
        for (size_t i = 0; i < length; i++) {
                hex[2 * i] = digits[(unsigned char)text[i] >> 4];
                hex[2 * i + 1] = digits[(unsigned char)text[i] & 15];
        }
        return json_pack("{s:s%}", "hex", hex, 2 * length);
}

static json_t *write_text(const char *text)
{
        if (!text)
                return json_null();
        return pg_text_is_utf8(text) ? json_string(text) : write_hex(text);
}

static json_t *write_texts(char *const *texts, size_t n)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                if (!append(array, write_text(texts[i])))
                        return NULL;
        return json_incref(array);
}

static bool put_place(json_t *object, const char *file, unsigned line, unsigned column)
{
        return put(object, "file", write_text(file)) && put(object, "line", json_integer(line)) &&
               put(object, "column", json_integer(column));
}

static json_t *write_ranges(const struct pg_addresses *addresses)
{
        json_auto_t *array = json_array();
        char text[2 * INET6_ADDRSTRLEN];

        for (size_t i = 0; i < addresses->n_v4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                pg_range_format(AF_INET, (const uint8_t *)&first, (const uint8_t *)&last, text,
                                sizeof(text));
                if (!append(array, json_string(text)))
                        return NULL;
        }
        for (size_t i = 0; i < addresses->n_v6; i++) {
                pg_range_format(AF_INET6, addresses->v6[i].first, addresses->v6[i].last, text,
                                sizeof(text));
                if (!append(array, json_string(text)))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_reference(struct writing *writing, const struct pg_addresses *addresses)
{
        _cleanup_(pg_freep) uint8_t *bytes = NULL;
        char text[PG_DIGEST_TEXT_SIZE];
        struct pg_digest digest;
        size_t length;
        int r;

        if (pg_addresses_to_bytes(addresses, &bytes, &length) < 0)
                return NULL;
        pg_digest_begin(&digest);
        pg_digest_add(&digest, bytes, length);
        pg_digest_end(&digest, text);
        r = writing->put(text, bytes, length, writing->context);
        if (r < 0) {
                writing->failure = r;
                return NULL;
        }
        return json_pack("{s:s, s:I, s:I}", "digest", text, "v4", (json_int_t)addresses->n_v4, "v6",
                         (json_int_t)addresses->n_v6);
}

static json_t *write_addresses(struct writing *writing, const struct pg_addresses *addresses)
{
        if (addresses->n_v4 + addresses->n_v6 > PG_POLICY_JSON_INLINE_MAX)
                return write_reference(writing, addresses);
        return write_ranges(addresses);
}

static json_t *write_sources(struct writing *writing, const struct pg_policy *policy)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < policy->n_sources; i++) {
                const struct pg_source *source = &policy->sources[i];
                json_t *object = json_object();

                if (!append(array, object) || !put(object, "label", write_text(source->label)) ||
                    !put(object, "any", json_boolean(source->any)) ||
                    !put(object, "addresses", write_addresses(writing, &source->addresses)) ||
                    !put(object, "interfaces", write_texts(source->interfaces, source->n_interfaces)) ||
                    !put_place(object, source->file, source->line, source->column))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_services(const struct pg_policy *policy)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < policy->n_services; i++) {
                const struct pg_policy_service *service = &policy->services[i];
                json_t *object = json_object();

                if (!append(array, object) || !put(object, "name", write_text(service->name)) ||
                    !put(object, "summary", write_text(service->summary)) ||
                    !put_place(object, service->file, service->line, service->column))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_indexes(const size_t *indexes, size_t n)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                if (!append(array, json_integer((json_int_t)indexes[i])))
                        return NULL;
        return json_incref(array);
}

static json_t *write_beaten(const struct pg_segment *segment)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < segment->n_overridden; i++) {
                char ports[PG_PORTS_TEXT_MAX];

                pg_ports_format(&segment->overridden[i].ports, ports);
                if (!append(array, json_pack("{s:s, s:I}", "ports", ports, "service",
                                             (json_int_t)segment->overridden[i].service)))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_segments(const struct pg_policy *policy)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];
                json_t *object = json_object();
                char ports[PG_PORTS_TEXT_MAX];

                pg_ports_format(&segment->ports, ports);
                if (!append(array, object) ||
                    !put(object, "direction",
                         json_string(segment->direction == PG_IN ? "in" : "out")) ||
                    !put(object, "ports", json_string(ports)) ||
                    !put(object, "source", json_integer((json_int_t)segment->source)) ||
                    !put(object, "services", write_indexes(segment->services, segment->n_services)) ||
                    !put(object, "beaten", write_beaten(segment)) ||
                    (segment->answers_any_port && !put(object, "answers", json_string("any-port"))))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_closed(const struct pg_policy *policy)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < policy->n_closed; i++) {
                const struct pg_closed *closed = &policy->closed[i];
                json_t *object = json_object();

                if (!append(array, object) || !put(object, "name", write_text(closed->name)) ||
                    !put(object, "summary", write_text(closed->summary)) ||
                    !put(object, "ports", write_text(closed->ports)))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_entries(const struct pg_origin *origin)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < origin->n_entries; i++) {
                const struct pg_entry *entry = &origin->entries[i];
                json_t *object = json_object();

                if (!append(array, object) || !put(object, "text", write_text(entry->text)) ||
                    !put_place(object, entry->file, entry->line, entry->column))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_origins(const struct pg_policy *policy)
{
        json_auto_t *array = json_array();

        for (size_t i = 0; i < policy->n_origins; i++) {
                const struct pg_origin *origin = &policy->origins[i];
                json_t *object = json_object();

                if (!append(array, object) || !put(object, "scope", write_text(origin->scope)) ||
                    !put(object, "entries", write_entries(origin)))
                        return NULL;
        }
        return json_incref(array);
}

static json_t *write_ping(const struct pg_policy *policy)
{
        return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)policy->ping_rate.count, "seconds",
                         (json_int_t)policy->ping_rate.seconds, "source",
                         (json_int_t)policy->ping_source);
}

int pg_policy_to_json(const struct pg_policy *policy,
                      int (*put_bytes)(const char *digest, const void *bytes, size_t length,
                                       void *context),
                      void *context, char **ret)
{
        struct writing writing = {.put = put_bytes, .context = context};
        json_auto_t *object = json_object();
        char *text;

        if (!put(object, "format", json_integer(PG_POLICY_JSON_FORMAT)) ||
            !put(object, "profiles", write_texts(policy->profiles, policy->n_profiles)) ||
            !put(object, "services", write_services(policy)) ||
            !put(object, "sources", write_sources(&writing, policy)) ||
            !put(object, "segments", write_segments(policy)) ||
            !put(object, "closed", write_closed(policy)) ||
            !put(object, "origins", write_origins(policy)) ||
            !put(object, "egress_strict", json_boolean(policy->egress_strict)) ||
            !put(object, "ping", write_ping(policy)))
                return writing.failure < 0 ? writing.failure : -ENOMEM;
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}
