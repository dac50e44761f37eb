/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are under way. */
#ifndef PG_KERNEL_PACKETS_H
#define PG_KERNEL_PACKETS_H

/* Waits until the kernel is done with every packet that it is at work on now: an RCU grace period of
 * 10-20 ms. Where the kernel has no such call (CONFIG_MEMBARRIER, nohz_full) it does not wait. */
void pg_packets_wait(void);

#endif
