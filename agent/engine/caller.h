/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ssh session that somebody typed the command in. */
#ifndef PG_ENGINE_CALLER_H
#define PG_ENGINE_CALLER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* What SSH_CONNECTION says. IPv4 addresses in IPv6 ones are reported as IPv4. */
struct pg_ssh_session {
        bool is_v6;
        uint8_t client[16], server[16]; /* network byte order; 4 bytes used for IPv4 */
        uint16_t client_port, server_port;
        char interface[IF_NAMESIZE]; /* behind the '%' of a link-local address; or "" */
};

/* Parses "CLIENT PORT SERVER PORT". Returns whether it is that and nothing else. */
bool pg_ssh_session_parse(const char *text, struct pg_ssh_session *ret);

/* What SSH_CONNECTION of this process says, or of the nearest that it descends from: sudo clears it.
 * Any process may have written it, so it is asked about and never believed. Returns whether there is
 * one. */
bool pg_ssh_session_find(struct pg_ssh_session *ret);

/* Whether a person, or a tool in a person's session, seems to call: over ssh, or with a controlling
 * terminal. What a service manager or cron starts has neither. */
bool pg_caller_is_person(void);

#endif
