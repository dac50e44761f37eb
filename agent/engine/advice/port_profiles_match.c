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

/* What speaks for an offer; together they are added. */
enum {
        SPEAKS_FAMILY = 2, /* a profile of the same product is enforced */
        SPEAKS_APPLIED = 3,
        SPEAKS_PART = 3, /* the process has a part of its name */
        SPEAKS_NAME = 4, /* the process has its name */
};

bool pg_offer_is_applied(const struct pg_port_profile *offer, const struct pg_wanted *wanted)
{
        return pg_strings_have(wanted->applied, wanted->n_applied, offer->profile->name);
}

/* "anbox" of anbox-lxd and anbox-etcd. */
static bool is_family(const struct pg_port_profile *offer, const struct pg_wanted *wanted)
{
        size_t length = strcspn(offer->profile->name, "-");

        for (size_t i = 0; i < wanted->n_applied; i++)
                if (strcspn(wanted->applied[i], "-") == length &&
                    strncmp(wanted->applied[i], offer->profile->name, length) == 0)
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
static int speaks_word(const struct pg_port_profile *offer, const char *word, size_t length)
{
        int profile = compare_word(word, length, offer->profile->name);
        int service = compare_word(word, length, offer->service->name);

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

/* How well an offer speaks for itself. */
struct speaks {
        const struct pg_port_profile *offer;
        int process; /* by the names of who listens */
        int role;    /* by what is enforced */
};

static struct speaks ask(const struct pg_port_profile *offer, const struct pg_wanted *wanted)
{
        struct speaks speaks = {.offer = offer};
        int unit = 0;

        if (wanted->process && *wanted->process)
                speaks.process = speaks_word(offer, wanted->process, strlen(wanted->process));
        if (wanted->unit && unit_length(wanted->unit) > 0)
                unit = speaks_word(offer, wanted->unit, unit_length(wanted->unit));
        if (unit > speaks.process)
                speaks.process = unit;
        if (pg_offer_is_applied(offer, wanted))
                speaks.role = SPEAKS_APPLIED;
        else if (is_family(offer, wanted))
                speaks.role = SPEAKS_FAMILY;
        return speaks;
}

static unsigned width(const struct pg_port_profile *offer)
{
        return (unsigned)offer->ports.last - offer->ports.first;
}

/* A network of pods, or ephemeral ports: nobody opens them all for the sake of one. */
static bool is_too_wide(const struct pg_port_profile *offer)
{
        return pg_protocol_has_ports(offer->ports.protocol) && width(offer) > TOO_WIDE;
}

/* More than 0: `a` is better; 0: as good. A wide range of an enforced role is no reason to take a port
 * that is another's own for its. */
static int compare(const struct speaks *a, const struct speaks *b)
{
        int better = (a->process > 0) - (b->process > 0);

        if (better == 0)
                better = (width(a->offer) < width(b->offer)) - (width(a->offer) > width(b->offer));
        if (better == 0)
                better = a->process + a->role - b->process - b->role;
        return better != 0 ? better : a->offer->service->required - b->offer->service->required;
}

int pg_port_profiles_match(const struct pg_port_profiles *offers, const struct pg_wanted *wanted,
                           struct pg_match *ret)
{
        struct pg_match match = {0};
        struct speaks best = {0};

        for (size_t i = 0; i < offers->n; i++) {
                const struct pg_port_profile *offer = &offers->items[i], **item;
                struct speaks speaks;
                int better;

                if (offer->ports.protocol != wanted->protocol || wanted->port < offer->ports.first ||
                    wanted->port > offer->ports.last || is_too_wide(offer))
                        continue;
                speaks = ask(offer, wanted);
                better = match.n > 0 ? compare(&speaks, &best) : 1;
                if (better < 0)
                        continue;
                if (better > 0) {
                        match.n = 0;
                        best = speaks;
                }
                item = PG_ARRAY_ADD(match.offers, match.n);
                if (!item) {
                        free(match.offers);
                        return -ENOMEM;
                }
                *item = offer;
        }
        match.is_proven = best.process + best.role > 0;
        *ret = match;
        return 0;
}

const struct pg_port_profile *pg_port_profiles_find(const struct pg_port_profiles *offers,
                                                    const struct pg_wanted *wanted, bool *ret_certain)
{
        const struct pg_port_profile *first = NULL;
        struct pg_match match = {0};

        if (pg_port_profiles_match(offers, wanted, &match) >= 0 && match.n > 0)
                first = match.offers[0];
        if (ret_certain) {
                *ret_certain = match.is_proven;
                for (size_t i = 1; i < match.n; i++)
                        *ret_certain &= match.offers[i]->profile == first->profile;
        }
        free(match.offers);
        return first;
}
