/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How ports, services and roles are called in text. */
#ifndef PG_CLI_NAMES_H
#define PG_CLI_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Each gives fresh memory that the caller frees, never NULL. */

/* "tcp/443", "protocol/gre", "everything": as a profile has it. */
char *pg_name_ports(const char *protocol, const char *ports);
/* "kubelet (k8s-worker)" of "k8s-worker/kubelet", and so for each of several. */
char *pg_name_services(const char *services);
/* "generation 3 (k8s-worker, ssh)"; 0 is one whose record somebody deleted. */
char *pg_name_generation(uint32_t generation, char *const *profiles, size_t n_profiles);

#endif
