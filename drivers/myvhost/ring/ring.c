// SPDX-License-Identifier: GPL-2.0
/*
 * What both ring layouts share: sizes, start, and the one number in which a
 * ring's position travels through VHOST_GET_VRING_BASE and SET_VRING_BASE.
 * Pure: see ring.h.
 */
#include "packed.h"
#include "ring.h"

/*
 * mvh_ring_part_size() - bytes of one area of a ring
 * @packed: layout
 * @event_idx: VIRTIO_RING_F_EVENT_IDX was negotiated
 * @num: descriptors
 *
 * Return: the size in bytes (virtio 1.3, 2.7.2 and 2.8.10.1).
 */
u64 mvh_ring_part_size(bool packed, bool event_idx, u32 num,
		       enum mvh_part part)
{
	u64 event = event_idx ? sizeof(__virtio16) : 0;

	if (part == MVH_PART_DESC)
		return (u64)num * sizeof(struct vring_desc);
	if (packed)
		return sizeof(struct vring_packed_desc_event);
	if (part == MVH_PART_AVAIL)
		return sizeof(struct vring_avail) +
		       (u64)num * sizeof(__virtio16) + event;
	return sizeof(struct vring_used) +
	       (u64)num * sizeof(struct vring_used_elem) + event;
}

/**
 * mvh_ring_reset - the ring of a device after reset
 * @ring: the ring, not mapped
 */
void mvh_ring_reset(struct mvh_ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->num = 1;
	ring->state.avail_wrap = true;	/* PK1 */
	ring->state.used_wrap = true;
}

/**
 * mvh_ring_start - begin to use ring memory
 * @ring: the ring, with its parameters, position and memory set
 *
 * The used index of a split ring is not part of the position that a caller
 * sets: it is taken from the ring.
 *
 * Return: 0, or -EFAULT if the ring cannot be reached.
 */
int mvh_ring_start(struct mvh_ring *ring)
{
	ring->uncalled = 0;
	ring->call_always = true;
	if (ring->packed)
		ring->seen = ring->state.avail | ring->state.avail_wrap << 15;
	else
		mvh_split_start(ring);
	return ring->fault ? -EFAULT : 0;
}

/**
 * mvh_ring_state_ok - can a ring start from this position?
 * @ring: the ring, its size set
 *
 * Return: true if the slots of a packed ring are slots, and less than a ring
 * apart; always for a split one.
 */
bool mvh_ring_state_ok(const struct mvh_ring *ring)
{
	const struct mvh_ring_state *s = &ring->state;

	return !ring->packed ||
	       (s->avail < ring->num && s->used < ring->num &&
		mvh_packed_room(ring));
}

/*
 * mvh_ring_state_pack() - the position as VHOST_GET_VRING_BASE reports it
 *
 * Return: split: the available index.  Packed: bits 0-14 available slot, bit 15
 * its wrap counter, bits 16-30 used slot, bit 31 its wrap counter.
 */
u32 mvh_ring_state_pack(const struct mvh_ring *ring)
{
	const struct mvh_ring_state *s = &ring->state;

	if (!ring->packed)
		return s->avail;
	return s->avail | s->avail_wrap << 15 |
	       ((u32)s->used | s->used_wrap << 15) << 16;
}

/*
 * mvh_ring_state_unpack() - set the position as VHOST_SET_VRING_BASE gives it
 * @base: see mvh_ring_state_pack()
 *
 * mvh_ring_state_ok() checks it when the ring starts, because the size may be
 * set later.  A packed base without a used half, as DPDK sets it, is that of a
 * ring with nothing in flight (PK17).
 *
 * Return: 0, or -EINVAL for a split index above 16 bits.
 */
int mvh_ring_state_unpack(struct mvh_ring *ring, u32 base)
{
	struct mvh_ring_state *s = &ring->state;

	if (!ring->packed) {
		if (base > U16_MAX)
			return -EINVAL;
		s->avail = base;
		return 0;
	}
	s->avail = base & 0x7fff;
	s->avail_wrap = base >> 15 & 1;
	if (!(base >> 16))
		base |= base << 16;
	s->used = base >> 16 & 0x7fff;
	s->used_wrap = base >> 31;
	return 0;
}
