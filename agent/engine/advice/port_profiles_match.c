/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the profiles that have a port, those for which more speaks than its number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/advice/internal.h"

/* A range of so many ports says nothing of what listens at one of them. */
#define TOO_WIDE 8192

/* Shorter names are parts of too many others. */
#define PART_MIN 4

/* What speaks for a port profile; together they are added. */
enum {
        SPEAKS_FAMILY = 2, /* a profile of the same product is enforced */
        SPEAKS_APPLIED = 3,
        SPEAKS_PART = 3, /* the process has a part of its name */
        SPEAKS_NAME = 4, /* the process has its name */
};

bool pg_port_profile_is_applied(const struct pg_port_profile *port_profile,
                                const struct pg_wanted *wanted)
{
        return pg_strings_have(wanted->applied, wanted->n_applied, port_profile->profile->name);
}

/* "anbox" of anbox-lxd and anbox-etcd. */
static bool is_family(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted)
{
        size_t length = strcspn(port_profile->profile->name, "-");

        for (size_t i = 0; i < wanted->n_applied; i++)
                if (strcspn(wanted->applied[i], "-") == length &&
                    strncmp(wanted->applied[i], port_profile->profile->name, length) == 0)
                        return true;
        return false;
}

static bool begins(const char *name, size_t length, const char *word, size_t word_length)
{
        size_t shorter = length < word_length ? length : word_length;

        return shorter >= PART_MIN && strncmp(name, word, shorter) == 0;
}

/* How well a word, of `length` letters, is the name: as a whole, by how both begin (mysql and mysqld),
 * or as a part of it (etcd of anbox-etcd). */
static int compare_word(const char *word, size_t length, const char *name)
{
        if (strlen(name) == length && strncmp(name, word, length) == 0)
                return SPEAKS_NAME;
        if (begins(name, strlen(name), word, length))
                return SPEAKS_PART;
        for (const char *part = name; *part; part += *part == '-') {
                size_t part_length = strcspn(part, "-");

                if (part_length == length && length >= PART_MIN && strncmp(part, word, length) == 0)
                        return SPEAKS_PART;
                part += part_length;
        }
        return 0;
}

/* A service's name, like `api`, is less than a profile's. */
static int speaks_word(const struct pg_port_profile *port_profile, const char *word, size_t length)
{
        int profile = compare_word(word, length, port_profile->profile->name);
        int service = compare_word(word, length, port_profile->service->name);

        if (service == SPEAKS_NAME && length < PART_MIN)
                service = 0;
        return profile >= SPEAKS_PART || service == 0 ? profile : SPEAKS_PART;
}

/* "etcd@main.service" is etcd; what is no service has no name of its own. */
static size_t unit_length(const char *unit)
{
        const char *dot = strrchr(unit, '.');

        return dot && strcmp(dot, ".service") == 0 ? strcspn(unit, "@.") : 0;
}

/* How well a port profile speaks for itself. */
struct speaks {
        const struct pg_port_profile *port_profile;
        int process; /* by the names of who listens */
        int role;    /* by what is enforced */
};

static struct speaks ask(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted)
{
        struct speaks speaks = {.port_profile = port_profile};
        int unit = 0;

        if (wanted->process && *wanted->process)
                speaks.process = speaks_word(port_profile, wanted->process, strlen(wanted->process));
        if (wanted->unit && unit_length(wanted->unit) > 0)
                unit = speaks_word(port_profile, wanted->unit, unit_length(wanted->unit));
        if (unit > speaks.process)
                speaks.process = unit;
        if (pg_port_profile_is_applied(port_profile, wanted))
                speaks.role = SPEAKS_APPLIED;
        else if (is_family(port_profile, wanted))
                speaks.role = SPEAKS_FAMILY;
        return speaks;
}

static unsigned width(const struct pg_port_profile *port_profile)
{
        return (unsigned)port_profile->ports.last - port_profile->ports.first;
}

/* A network of pods, or ephemeral ports: nobody opens them all for the sake of one. */
static bool is_too_wide(const struct pg_port_profile *port_profile)
{
        return pg_protocol_has_ports(port_profile->ports.protocol) && width(port_profile) > TOO_WIDE;
}

/* More than 0: `a` is better; 0: as good. A wide range of an enforced role is no reason to take a port
 * that is another's own for its. */
static int compare(const struct speaks *a, const struct speaks *b)
{
        int better = (a->process > 0) - (b->process > 0);

        if (better == 0)
                better = (width(a->port_profile) < width(b->port_profile)) -
                         (width(a->port_profile) > width(b->port_profile));
        if (better == 0)
                better = a->process + a->role - b->process - b->role;
        return better != 0 ? better
                           : a->port_profile->service->required - b->port_profile->service->required;
}

/* "sshd" and "ssh.service" of ssh. */
static bool is_named(const char *name, const struct pg_wanted *wanted)
{
        size_t length = strlen(name);
        const char *process = wanted->process ? wanted->process : "";
        const char *unit = wanted->unit ? wanted->unit : "";

        if (strncmp(process, name, length) == 0 &&
            (process[length] == '\0' || strcmp(process + length, "d") == 0))
                return true;
        return unit_length(unit) == length && strncmp(unit, name, length) == 0;
}

/* Whether the profile is for one port only, and who has its name may have it at another. */
static bool is_elsewhere(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted)
{
        const struct pg_profile *profile = port_profile->profile;
        const struct pg_service *service = port_profile->service;
        char name[64];

        return service->direction == PG_IN && service->required && service->n_conditions == 0 &&
               profile->n_services == 1 && service->ports.n == 1 &&
               pg_param_reference(service->ports.items[0].text, name, sizeof(name)) &&
               port_profile->ports.protocol == wanted->protocol &&
               pg_protocol_has_ports(wanted->protocol) && width(port_profile) == 0 &&
               is_named(profile->name, wanted);
}

/* Where no profile has the port. */
static int match_elsewhere(const struct pg_port_profiles *port_profiles, const struct pg_wanted *wanted,
                           struct pg_match *match)
{
        for (size_t i = 0; i < port_profiles->n; i++) {
                const struct pg_port_profile **item;

                if (!is_elsewhere(&port_profiles->items[i], wanted))
                        continue;
                item = PG_ARRAY_ADD(match->port_profiles, match->n);
                if (!item)
                        return -ENOMEM;
                *item = &port_profiles->items[i];
        }
        match->is_proven = match->n > 0;
        return 0;
}

int pg_port_profiles_match(const struct pg_port_profiles *port_profiles, const struct pg_wanted *wanted,
                           struct pg_match *ret)
{
        struct pg_match match = {0};
        struct speaks best = {0};
        int r = 0;

        for (size_t i = 0; i < port_profiles->n; i++) {
                const struct pg_port_profile *port_profile = &port_profiles->items[i], **item;
                struct speaks speaks;
                int better;

                if (port_profile->ports.protocol != wanted->protocol ||
                    wanted->port < port_profile->ports.first ||
                    wanted->port > port_profile->ports.last || is_too_wide(port_profile))
                        continue;
                speaks = ask(port_profile, wanted);
                better = match.n > 0 ? compare(&speaks, &best) : 1;
                if (better < 0)
                        continue;
                if (better > 0) {
                        match.n = 0;
                        best = speaks;
                }
                item = PG_ARRAY_ADD(match.port_profiles, match.n);
                if (!item) {
                        free(match.port_profiles);
                        return -ENOMEM;
                }
                *item = port_profile;
        }
        match.is_proven = best.process + best.role > 0;
        if (match.n == 0)
                r = match_elsewhere(port_profiles, wanted, &match);
        if (r < 0) {
                free(match.port_profiles);
                return r;
        }
        *ret = match;
        return 0;
}

const struct pg_port_profile *pg_port_profiles_find(const struct pg_port_profiles *port_profiles,
                                                    const struct pg_wanted *wanted, bool *ret_certain)
{
        const struct pg_port_profile *first = NULL;
        struct pg_match match = {0};

        if (pg_port_profiles_match(port_profiles, wanted, &match) >= 0 && match.n > 0)
                first = match.port_profiles[0];
        if (ret_certain) {
                *ret_certain = match.is_proven;
                for (size_t i = 1; i < match.n; i++)
                        *ret_certain &= match.port_profiles[i]->profile == first->profile;
        }
        free(match.port_profiles);
        return first;
}
