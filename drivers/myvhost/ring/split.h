/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The available side of a split ring, for who takes chains and who sleeps.  Pure:
 * see ring.h.
 */
#ifndef _MVH_SPLIT_H
#define _MVH_SPLIT_H

#include "ring.h"

static inline struct vring_avail *mvh_split_avail(const struct mvh_ring *ring)
{
	return ring->part[MVH_PART_AVAIL];
}

static inline u16 mvh_split_avail_idx(struct mvh_ring *ring)
{
	return mvh_ring_cpu16(ring, mvh_ring_load(ring, &mvh_split_avail(ring)->idx));
}

#endif /* _MVH_SPLIT_H */
