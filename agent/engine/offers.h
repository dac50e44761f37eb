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
PG_DEFINE_CLEANUP(struct pg_offers, pg_offers_free)

/* The best offer to open an inbound port, or NULL: the narrowest range that has the port, where it is
 * not that of nearly all ports; then a service of an applied profile; then a required one; then the
 * profile with the fewest services. */
const struct pg_offer *pg_offers_find(const struct pg_offers *offers, uint8_t protocol, uint16_t port,
                                      char *const *applied, size_t n_applied);

/* What to type to have the port opened: "profile postgresql", "--with k8s-worker/metrics" where the
 * profile is applied. The caller frees it. NULL: no profile has the port, or memory is short. */
char *pg_offers_advice(const struct pg_offers *offers, uint8_t protocol, uint16_t port,
                       char *const *applied, size_t n_applied);

/* The service of that name, "k8s-worker/kubelet", or NULL. */
const struct pg_offer *pg_offers_named(const struct pg_offers *offers, const char *name);

#endif
