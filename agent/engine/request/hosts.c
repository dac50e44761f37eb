/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses for the host names that outbound services go to. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/array.h"
#include "engine/request/internal.h"
#include "policy/compile/compile.h"

/* All names together: an apply at boot, before there is a network, must not wait for long. */
#define RESOLVE_SECONDS 3
#define HOSTS_MAX 64
#define PAUSE_MS 2

static int add_answer(struct pg_host *host, const struct addrinfo *answers)
{
        int r = 0;

        for (const struct addrinfo *a = answers; r >= 0 && a; a = a->ai_next) {
                struct pg_prefix prefix = {0};

                if (a->ai_family == AF_INET) {
                        prefix.length = 32;
                        memcpy(prefix.address, &((const struct sockaddr_in *)a->ai_addr)->sin_addr, 4);
                } else if (a->ai_family == AF_INET6) {
                        prefix.is_v6 = true;
                        prefix.length = 128;
                        memcpy(prefix.address, &((const struct sockaddr_in6 *)a->ai_addr)->sin6_addr,
                               16);
                } else {
                        continue;
                }
                r = pg_addresses_add_prefix(&host->addresses, &prefix);
        }
        pg_addresses_normalise(&host->addresses);
        return r;
}

static int add_host(struct pg_site *site, const struct pg_word *name, const struct addrinfo *answers)
{
        struct pg_host *host = PG_ARRAY_ADD(site->hosts, site->n_hosts);

        if (!host)
                return -ENOMEM;
        host->place = name->place;
        host->resolved = true;
        host->name = strdup(name->text);
        return host->name ? add_answer(host, answers) : -ENOMEM;
}

static bool is_any_waiting(struct gaicb **requests, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (gai_error(requests[i]) == EAI_INPROGRESS)
                        return true;
        return false;
}

/* Waits until every request is answered or the time is up. Not with gai_suspend(): it looks at the
 * answer without the lock that its thread takes to tell of it, so that a thread may write to the place
 * where it waited when that is gone (glibc 2.36). */
static void wait_for_answers(struct gaicb **requests, size_t n)
{
        const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        struct timespec start, now;

        clock_gettime(CLOCK_MONOTONIC, &start);
        do {
                if (!is_any_waiting(requests, n))
                        return;
                nanosleep(&pause, NULL);
                clock_gettime(CLOCK_MONOTONIC, &now);
        } while (now.tv_sec - start.tv_sec < RESOLVE_SECONDS);
}

static int ask(struct pg_site *site, const struct pg_words *names, struct gaicb *storage,
               struct gaicb **requests, size_t n)
{
        static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
        int r = 0;

        for (size_t i = 0; i < n; i++) {
                storage[i].ar_name = names->items[i].text;
                storage[i].ar_request = &hints;
                requests[i] = &storage[i];
        }
        /* Where it fails, some of them may be on their way all the same. */
        (void)getaddrinfo_a(GAI_NOWAIT, requests, (int)n, NULL);
        wait_for_answers(requests, n);
        for (size_t i = 0; i < n; i++) {
                /* One that was never begun has no error either, and no answer. */
                if (gai_error(&storage[i]) != 0 || !storage[i].ar_result)
                        continue;
                if (r >= 0)
                        r = add_host(site, &names->items[i], storage[i].ar_result);
                freeaddrinfo(storage[i].ar_result);
        }
        return r;
}

/* A request that is in a resolver's thread cannot be cancelled and goes on writing: then its memory
 * must stay until the process ends. */
static bool all_done(struct gaicb **requests, size_t n)
{
        bool done = true;

        for (size_t i = 0; i < n; i++)
                if (gai_error(requests[i]) == EAI_INPROGRESS &&
                    gai_cancel(requests[i]) == EAI_NOTCANCELED)
                        done = false;
        return done;
}

int pg_resolve_hosts(const struct pg_catalog *catalog, struct pg_site *site, struct pg_error *error)
{
        struct pg_words names = {0};
        struct gaicb *storage = NULL;
        struct gaicb **requests = NULL;
        size_t n;
        int r;

        r = pg_policy_unknown_hosts(catalog, site, &names);
        n = names.n < HOSTS_MAX ? names.n : HOSTS_MAX;
        if (r >= 0 && n > 0) {
                storage = calloc(n, sizeof(*storage));
                requests = calloc(n, sizeof(*requests));
                r = storage && requests ? ask(site, &names, storage, requests, n) : -ENOMEM;
        }
        if (!storage || !requests || all_done(requests, n)) {
                free(storage);
                free(requests);
                pg_words_done(&names);
        }
        return r < 0 ? pg_error_memory(error) : 0;
}
