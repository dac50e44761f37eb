/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces of this network namespace. */
#ifndef PG_KERNEL_LINKS_H
#define PG_KERNEL_LINKS_H

#include <stdbool.h>

#include "portguard/error.h"

/* Whether there is an interface of that name now; a name that ends in '*' stands for any that begins
 * so. -EPERM and the like where the kernel does not say. */
int pg_link_exists(const char *name, bool *ret, struct pg_error *error);

#endif
