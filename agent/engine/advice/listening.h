/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a program of this network namespace listens at a port, and which. */
#ifndef PG_ENGINE_LISTENING_H
#define PG_ENGINE_LISTENING_H

#include "host/unit.h"
#include "portguard/portguard.h"

struct pg_listening {
        uint8_t protocol; /* asked for */
        uint16_t port;
        enum pg_listens listens; /* found */
        char process[32];        /* "" where none is known */
        char unit[PG_UNIT_MAX];
};

/* Looks all of them up at once; what cannot be asked stays unknown. */
void pg_listening_find(struct pg_listening *items, size_t n);

/* "etcd (etcd.service)", or "" where none is known. */
#define PG_LISTENING_TEXT_MAX (32 + PG_UNIT_MAX + 4)
const char *pg_listening_text(const struct pg_listening *item, char text[static PG_LISTENING_TEXT_MAX]);

#endif
