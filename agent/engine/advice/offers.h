/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which profiles would open a port. */
#ifndef PG_ENGINE_OFFERS_H
#define PG_ENGINE_OFFERS_H

#include "engine/engine.h"

/* One service of one profile that claims the port. Borrowed from the offers. */
struct pg_offer {
        const struct pg_profile *profile;
        const struct pg_service *service;
        struct pg_ports ports; /* with the parameters' defaults filled in */
};

struct pg_offers;

/* Reads every profile that there is, or with `port` at least those that open it. One that is faulty
 * offers nothing: `profiles list` tells of it. The caller frees them with pg_offers_free(). */
int pg_offers_load(const struct pg_settings *settings, const uint16_t *port, struct pg_offers **ret,
                   struct pg_error *error);
/* The same of what profiles let this host reach: those that list the port under egress. */
int pg_offers_load_egress(const struct pg_settings *settings, const uint16_t *port,
                          struct pg_offers **ret, struct pg_error *error);
struct pg_offers *pg_offers_free(struct pg_offers *offers);
/* Whether there is no profile at all, as where the folders cannot be read. */
bool pg_offers_are_none(const struct pg_offers *offers);
PG_DEFINE_CLEANUP(struct pg_offers, pg_offers_free)

/* An inbound port that is to be open, and what is known of it. */
struct pg_wanted {
        uint8_t protocol;
        uint16_t port;
        enum pg_listens listens;
        const char *process;  /* that listens there, "etcd"; NULL or "" where none is known */
        const char *unit;     /* "etcd.service"; the same */
        char *const *applied; /* the profiles that are enforced */
        size_t n_applied;
};

/* The offers that speak for themselves best, by profile. */
struct pg_match {
        const struct pg_offer **offers;
        size_t n;
        /* More than the port's number speaks for them: the process or its unit has the name, the
         * profile is enforced, or one of the same product is. */
        bool is_proven;
};

/* First what the process is called and what is enforced; then the narrowest range that has the port,
 * where it is not that of nearly all ports; several are equally good. The caller frees match->offers.
 * 0 or -ENOMEM. */
int pg_offers_match(const struct pg_offers *offers, const struct pg_wanted *wanted,
                    struct pg_match *ret);
/* The first of them, or NULL; and whether it is proven and the only one. */
const struct pg_offer *pg_offers_find(const struct pg_offers *offers, const struct pg_wanted *wanted,
                                      bool *ret_certain);
bool pg_offer_is_applied(const struct pg_offer *offer, const struct pg_wanted *wanted);

/* The service of that name, "k8s-worker/kubelet", or NULL. */
const struct pg_offer *pg_offers_named(const struct pg_offers *offers, const char *name);

#endif
