/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Positions in a packed ring, for who takes chains and who returns them.  Pure: see
 * ring.h.
 */
#ifndef _MVH_PACKED_H
#define _MVH_PACKED_H

#include "ring.h"

#define MVH_PACKED_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define MVH_PACKED_USED		BIT(VRING_PACKED_DESC_F_USED)

static inline struct vring_packed_desc *
mvh_packed_desc(const struct mvh_ring *ring, u16 pos)
{
	struct vring_packed_desc *desc = ring->part[MVH_PART_DESC];

	return &desc[pos];
}

/* Is a descriptor with these flags available to a device at @wrap? (PK2) */
static inline bool mvh_packed_is_avail(u16 flags, bool wrap)
{
	return !!(flags & MVH_PACKED_AVAIL) == wrap &&
	       !!(flags & MVH_PACKED_USED) != wrap;
}

/*
 * mvh_packed_advance() - move a position by some descriptors
 * @pos: slot
 * @wrap: its wrap counter
 * @n: how many, at most @ring->num
 */
static inline void mvh_packed_advance(const struct mvh_ring *ring, u16 *pos,
				      bool *wrap, u16 n)
{
	u32 next = (u32)*pos + n;

	if (next >= ring->num) {
		next -= ring->num;
		*wrap = !*wrap;
	}
	*pos = next;
}

/*
 * mvh_packed_room() - descriptors that the guest may have made available
 *
 * All but those taken and not given back.  A guest that marks these available
 * again must not get us to give back more than the ring has.
 *
 * Return: how many, @ring->num at most; 0 also if the position makes no sense.
 */
static inline u16 mvh_packed_room(const struct mvh_ring *ring)
{
	const struct mvh_ring_state *s = &ring->state;
	u16 taken = s->avail - s->used;

	if (s->avail_wrap != s->used_wrap)
		taken += ring->num;
	return taken > ring->num ? 0 : ring->num - taken;
}

#endif /* _MVH_PACKED_H */
