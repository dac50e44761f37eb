/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the kernel's sock_diag(7), by a socket of libmnl that is made for it: of its
 * attributes libnl (idiag) knows neither IPV6_V6ONLY nor the filters by port. */
#ifndef PG_HOST_SOCK_DIAG_H
#define PG_HOST_SOCK_DIAG_H

#include <libmnl/libmnl.h>

/* The bytes that a request may have, a filter of ports with it. */
#define PG_SOCK_DIAG_REQUEST_SIZE 4096

/* Sends `request`, whose header has a type and flags (NLM_F_DUMP), and gives every message of the
 * answer to `callback`, which distrusts it. Nothing is kept of a list, so there is no limit to its
 * length; what changes meanwhile may be reported or not. Returns 0, the negative errno value that the
 * kernel refused it with, or the negative of the errno that the callback left when it returned
 * MNL_CB_ERROR. */
int pg_sock_diag_request(struct nlmsghdr *request, mnl_cb_t callback, void *data);

#endif
