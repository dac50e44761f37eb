/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this is the network namespace of process 1, in which a host boots. */
#ifndef PG_HOST_FIRST_NAMESPACE_H
#define PG_HOST_FIRST_NAMESPACE_H

/* 1: it is; 0: it is another one; -ENODATA: /proc does not tell, as in a user namespace. */
int pg_namespace_is_first(void);

#endif
