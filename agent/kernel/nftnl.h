/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup functions for the types of libnftnl, see PG_DEFINE_CLEANUP(). */
#ifndef PG_KERNEL_NFTNL_H
#define PG_KERNEL_NFTNL_H

#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "base/cleanup.h"

PG_DEFINE_CLEANUP(struct nftnl_chain, nftnl_chain_free)
PG_DEFINE_CLEANUP(struct nftnl_rule, nftnl_rule_free)
PG_DEFINE_CLEANUP(struct nftnl_set, nftnl_set_free)

#endif
