/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the kernel's routing, rtnetlink(7), by a socket of libnl that is made for it. */
#ifndef PG_HOST_RTNETLINK_H
#define PG_HOST_RTNETLINK_H

#include <netlink/msg.h>
#include <stddef.h>

#include "base/cleanup.h"

/* Who takes the messages of an answer. */
struct pg_rtnetlink_reader {
        /* Before the first message, and again before the first of a list that the kernel has to begin
         * anew: forgets what was taken. NULL: there is nothing to forget. */
        void (*begin)(void *data);
        /* One message, which is the kernel's until it was looked at: type and lengths are for the
         * reader to check. Returns 0, or a negative errno value, which ends the request and is its
         * result. */
        int (*take)(struct nl_msg *message, void *data);
        void *data;
};

/* A request of the `type` (RTM_GETLINK, ...) with the flags (NLM_F_DUMP for a list, or 0) and the
 * `size` bytes of its fixed `header` (struct ifinfomsg, ...), to which the caller adds attributes. The
 * caller frees it with nlmsg_free(). NULL when memory is short. */
struct nl_msg *pg_rtnetlink_new(int type, int flags, const void *header, size_t size);

PG_DEFINE_CLEANUP(struct nl_msg, nlmsg_free)

/* Sends the request, and gives every message of the answer to `reader`. A list that changed while the
 * kernel made it (NLM_F_DUMP_INTR) is asked for again.
 * Returns 0; the negative errno value that the kernel refused it with, or that the reader ended it
 * with; -EAGAIN where the list changed each of 16 times; -EBADMSG for an answer that is none. */
int pg_rtnetlink_request(struct nl_msg *request, const struct pg_rtnetlink_reader *reader);

/* The negative errno value for `code`, a negative number of libnl's (netlink/errno.h), which are none
 * of errno's. What libnl has no number for is NLE_FAILURE; then errno still says what it was, or -EIO
 * is given where it is 0. */
int pg_rtnetlink_errno(int code);

#endif
