/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What offers.c and offers_match.c share. */
#ifndef PG_ENGINE_OFFERS_PARTS_H
#define PG_ENGINE_OFFERS_PARTS_H

#include "engine/advice/offers.h"

struct pg_offers {
        enum pg_direction direction;
        struct pg_profile **profiles; /* each by itself: a faulty one takes no other with it */
        size_t n_profiles;
        struct pg_offer *items;
        size_t n;
};

#endif
