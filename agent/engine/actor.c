/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who calls: from the credentials of this process, its environment, and its ancestors. */
#include "engine/actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/procfs.h"
#include "base/strings.h"
#include "host/processes.h"

#define ANCESTORS_MAX 16
#define FIELD_MAX 128 /* bytes of what the environment says */

static uint32_t find_login_uid(void)
{
        char text[32];
        unsigned long uid;

        if (pg_procfs_read(text, sizeof(text), "/proc/self/loginuid") < 0)
                return PG_UID_UNKNOWN;
        errno = 0;
        uid = strtoul(text, NULL, 10);
        return errno == 0 && uid < UINT32_MAX ? (uint32_t)uid : PG_UID_UNKNOWN;
}

/* The nearest ancestor that did not only change the user. */
static char *find_caller(void)
{
        static const char *const passed[] = {"sudo", "su", "doas", "runuser", "pkexec"};
        char name[PG_PROCESS_NAME_MAX], text[FIELD_MAX];
        pid_t pid = getppid();

        for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
                bool is_passed = false;

                if (!pg_process_name(pid, name))
                        return NULL;
                for (size_t j = 0; j < PG_ELEMENTSOF(passed); j++)
                        is_passed |= strcmp(name, passed[j]) == 0;
                if (!is_passed)
                        return strdup(pg_printable(name, strlen(name), text, sizeof(text)));
                pid = pg_process_parent(pid);
        }
        return NULL;
}

static char *copy_variable(const char *value)
{
        char text[FIELD_MAX];

        if (!value || *value == '\0')
                return NULL;
        return strdup(pg_printable(value, strnlen(value, FIELD_MAX), text, sizeof(text)));
}

static char *find_ssh_peer(const struct pg_ssh_session *session)
{
        char address[INET6_ADDRSTRLEN];

        if (!session ||
            !inet_ntop(session->is_v6 ? AF_INET6 : AF_INET, session->client, address, sizeof(address)))
                return NULL;
        return pg_format("%s %u", address, session->client_port);
}

void pg_actor_find(struct pg_actor *ret, const struct pg_ssh_session *session)
{
        *ret = (struct pg_actor){
                .uid = getuid(),
                .login_uid = find_login_uid(),
                .sudo_user = copy_variable(getenv("SUDO_USER")),
                .ssh_peer = find_ssh_peer(session),
                .process = find_caller(),
        };
}

void pg_actor_done(struct pg_actor *actor)
{
        free(actor->sudo_user);
        free(actor->ssh_peer);
        free(actor->process);
        *actor = (struct pg_actor){0};
}
