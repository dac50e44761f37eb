/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are under way. */
#ifndef PG_KERNEL_RCU_H
#define PG_KERNEL_RCU_H

#include <sched.h>
#include <stdbool.h>

/* Waits until the kernel is done with every packet that it is at work on now, or, with `only_incoming`,
 * with those that it received. For the latter every processor is visited, which takes a tenth of a
 * millisecond where they are idle; where that cannot be done (PREEMPT_RT, more than 64 processors, some
 * that this process may not use, one that does not come to it within 15 ms), and for all packets, an
 * RCU grace period of 10-20 ms. Where the kernel has no call for that (CONFIG_MEMBARRIER, nohz_full) it
 * does not wait for it. */
void pg_rcu_synchronize(bool only_incoming);

/* The processors that are online, where the kernel itself says so; false when that cannot be read. */
bool pg_rcu_processors(cpu_set_t *ret);

/* Has every one of the processors run something of this process, and gives true once they all did: what
 * they received before is done with then. False, with nothing left running, when one of them is none
 * that this process may use, or did not come to it within `timeout_ms`. The caller's own processors
 * stay as they are. */
bool pg_rcu_visit(const cpu_set_t *processors, unsigned timeout_ms);

#endif
