/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel: its release, what nf_tables takes, conntrack's room, the sockets that it tells of. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/public.h"
#include "engine/doctor/internal.h"
#include "engine/udplite.h"
#include "host/sockets.h"

/* The oldest that is tried. */
#define MAJOR_MIN 5
#define MINOR_MIN 10

static int check_release(struct pg_doctor *doctor)
{
        struct pg_release release = pg_kernel_release();

        if (release.major > MAJOR_MIN || (release.major == MAJOR_MIN && release.minor >= MINOR_MIN)) {
                int r = pg_doctor_add(doctor, "kernel", PG_CHECK_OK, NULL, "Linux %s, with nf_tables",
                                      release.text);

                return r < 0 ? r : pg_check_kernel_bugs(doctor, &release);
        }
        return pg_doctor_add(doctor, "kernel", PG_CHECK_WARNING, "boot a kernel of 5.10 or later",
                             "Linux %s is older than 5.10, and nobody tried portguard on it",
                             release.text);
}

/* A real policy, which the kernel checks and forgets. */
static int check_expressions(struct pg_doctor *doctor)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const char *ssh = "ssh";
        const struct pg_request request = {.profiles = &ssh, .n_profiles = 1};
        const struct pg_change_options options = {.dry_run = true, .allow_lockout = true};
        struct pg_error error;
        int r = pg_diagnostics_new(&diagnostics);

        if (r < 0)
                return r;
        r = pg_apply(doctor->settings, &request, &options, &outcome, diagnostics, &error);
        if (r >= 0)
                return pg_doctor_add(doctor, "expressions", PG_CHECK_OK, NULL,
                                     "the kernel takes every expression of a policy (dry run of ssh)");
        if (error.status == PG_STATUS_REFUSED)
                return pg_doctor_add(doctor, "expressions", PG_CHECK_NOTE, NULL, "not tried: %s",
                                     error.message);
        if (error.status == PG_STATUS_INVALID || error.status == PG_STATUS_USAGE)
                return pg_doctor_add(doctor, "expressions", PG_CHECK_NOTE,
                                     "portguard plan ssh tells what is wrong",
                                     "not tried: the profile ssh cannot be used: %s", error.message);
        if (r == -ENOENT || r == -EOPNOTSUPP || r == -EAFNOSUPPORT || r == -EPROTONOSUPPORT)
                return pg_doctor_add(doctor, "expressions", PG_CHECK_PROBLEM,
                                     "boot a kernel that has the named feature, or load its module",
                                     "the kernel does not take a policy (dry run of ssh): %s",
                                     error.message);
        /* Its message has the advice, where there is any. */
        return pg_doctor_add(doctor, "expressions", PG_CHECK_PROBLEM, NULL,
                             "the dry run of ssh failed: %s", error.message);
}

/* A full table drops new connections, whatever the policy says. */
static int check_conntrack(struct pg_doctor *doctor)
{
        uint64_t count = 0, max = 0;

        if (!pg_conntrack_use(&count, &max))
                return pg_doctor_add(doctor, "conntrack", PG_CHECK_NOTE, NULL,
                                     "conntrack does not tell how full it is: it comes with the first "
                                     "apply, or this is a container");
        if (count < max - max / 10)
                return pg_doctor_add(doctor, "conntrack", PG_CHECK_OK, NULL,
                                     "conntrack follows %" PRIu64 " of at most %" PRIu64 " connections",
                                     count, max);
        return pg_doctor_add(doctor, "conntrack", PG_CHECK_WARNING,
                             "sysctl net.netfilter.nf_conntrack_max=NUMBER",
                             "conntrack follows %" PRIu64 " of at most %" PRIu64
                             " connections: when it is full, new ones are dropped whatever is open",
                             count, max);
}

static int ignore_socket(const struct pg_socket *socket, void *data)
{
        (void)socket;
        (void)data;
        return 0;
}

static int check_sockets(struct pg_doctor *doctor)
{
        struct pg_error error;

        if (pg_tcp_listening(ignore_socket, NULL, &error) >= 0)
                return pg_doctor_add(doctor, "sockets", PG_CHECK_OK, NULL,
                                     "the kernel tells of its sockets: ssh sessions are guarded");
        return pg_doctor_add(doctor, "sockets", PG_CHECK_WARNING, "modprobe tcp_diag",
                             "open ssh sessions cannot be guarded: %s", error.message);
}

/* ::1 the kernel drops by itself when it comes over a wire. */
static int check_loopback(struct pg_doctor *doctor)
{
        static const char advice[] =
                "sysctl net.ipv4.conf.INTERFACE.route_localnet=0, unless kube-proxy or a NAT rule of this "
                "host needs it";
        char interfaces[PG_ROUTE_LOCALNET_MAX];

        pg_route_localnet(interfaces);
        if (interfaces[0] == '\0')
                return pg_doctor_add(doctor, "loopback", PG_CHECK_OK, NULL,
                                     "the kernel lets nobody send to 127.0.0.0/8 from outside");
        if (doctor->view->state == PG_STATE_OFF && !doctor->view->refuses)
                return pg_doctor_add(doctor, "loopback", PG_CHECK_WARNING, advice,
                                     "neighbours can send to what listens on 127.0.0.1: route_localnet "
                                     "is on (%s), and portguard is off",
                                     interfaces);
        return pg_doctor_add(
                doctor, "loopback", PG_CHECK_NOTE, advice,
                "route_localnet is on (%s): what neighbours send to 127.0.0.0/8 the policy "
                "drops, but nothing would if it were off",
                interfaces);
}

static int check_udplite(struct pg_doctor *doctor)
{
        if (!pg_udplite_is_dropped(doctor->view->policy))
                return 0;
        return pg_doctor_add(doctor, "udplite", PG_CHECK_WARNING, PG_UDPLITE_ADVICE,
                             "the policy opens UDP-Lite, and connection tracking takes all of it for "
                             "invalid: it is dropped");
}

int pg_check_kernel(struct pg_doctor *doctor)
{
        int r = check_release(doctor);

        if (r >= 0)
                r = check_expressions(doctor);
        if (r >= 0)
                r = check_conntrack(doctor);
        if (r >= 0)
                r = check_loopback(doctor);
        if (r >= 0)
                r = check_udplite(doctor);
        return r < 0 ? r : check_sockets(doctor);
}
