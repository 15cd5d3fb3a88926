// SPDX-License-Identifier: GPL-2.0
/*
 * The packed virtqueue, device side (virtio 1.3, 2.8): what is returned to the
 * guest, and notifications.  chain.c takes chains.  Pure: see ring.h.
 *
 * Barriers: used descriptors become visible by the flags of the first one, stored with
 * release after all else (PK7, PK9).  A full barrier stands between that store
 * and the read of the driver event area, and between our write of the device
 * event area and the re-read of the next descriptor's flags (PK12).
 */
#include "packed.h"

#define MVH_PACKED_WRAP		BIT(VRING_PACKED_EVENT_F_WRAP_CTR)

static u16 mvh_packed_used_flags(const struct mvh_done *done, bool wrap)
{
	return (done->len ? VRING_DESC_F_WRITE : 0) |
	       (wrap ? MVH_PACKED_AVAIL | MVH_PACKED_USED : 0);
}

/* A used descriptor but for its flags. */
static __always_inline void mvh_packed_put(struct mvh_ring *ring, u16 pos,
					   const struct mvh_done *done)
{
	struct vring_packed_desc *desc = mvh_packed_desc(ring, pos);

	mvh_ring_store(ring, &desc->id, cpu_to_le16(done->id));
	mvh_ring_store(ring, &desc->len, cpu_to_le32(done->len));
}

/* Used descriptors from @first to @last were written, all but addresses. */
static void mvh_packed_wrote_descs(struct mvh_ring *ring, u16 first, u16 last)
{
	const u32 size = sizeof(struct vring_packed_desc);
	u32 from = first * size + offsetof(struct vring_packed_desc, len);

	mvh_ring_wrote(ring, MVH_PART_DESC, from, (last + 1) * size - from);
}

/* Tell of a push at @pos: one range, two if it goes on at the ring's start. */
static void mvh_packed_wrote(struct mvh_ring *ring, u16 pos,
			     const struct mvh_done *done, unsigned int n)
{
	u16 first = pos, last = pos;
	bool wrap = false;
	unsigned int i;

	if (likely(!ring->wrote))
		return;
	for (i = 0; i < n; i++) {
		if (pos < last) {
			mvh_packed_wrote_descs(ring, first, last);
			first = pos;
		}
		last = pos;
		mvh_packed_advance(ring, &pos, &wrap, done[i].ndesc);
	}
	mvh_packed_wrote_descs(ring, first, last);
}

/*
 * mvh_packed_push() - see mvh_ring_push()
 * @done: the chains
 *
 * Return: 0, or -EFAULT.
 */
int mvh_packed_push(struct mvh_ring *ring, const struct mvh_done *done,
		    unsigned int n)
{
	u16 pos = ring->state.used, first = pos;
	bool wrap = ring->state.used_wrap;
	u16 flags = mvh_packed_used_flags(done, wrap);
	u32 n_desc = done->ndesc;
	unsigned int i;

	mvh_packed_put(ring, pos, done);
	for (i = 1; i < n; i++) {
		mvh_packed_advance(ring, &pos, &wrap, done[i - 1].ndesc);
		mvh_packed_put(ring, pos, &done[i]);
		mvh_ring_store(ring, &mvh_packed_desc(ring, pos)->flags,
			       cpu_to_le16(mvh_packed_used_flags(&done[i], wrap)));
		n_desc += done[i].ndesc;
	}
	mvh_packed_advance(ring, &pos, &wrap, done[n - 1].ndesc);
	if (unlikely(ring->fault))
		return -EFAULT;
	mvh_ring_store_release(ring, &mvh_packed_desc(ring, first)->flags,
			       cpu_to_le16(flags));
	if (unlikely(ring->fault))
		return -EFAULT;
	mvh_packed_wrote(ring, first, done, n);
	ring->state.used = pos;
	ring->state.used_wrap = wrap;
	ring->uncalled += n_desc;
	return 0;
}

/*
 * mvh_packed_should_call() - see mvh_ring_should_call()
 *
 * Return: true if the driver wants an interrupt (PK11).
 */
bool mvh_packed_should_call(struct mvh_ring *ring)
{
	struct vring_packed_desc_event *driver = ring->part[MVH_PART_AVAIL];
	u16 now = ring->state.used;
	u32 n = ring->uncalled;
	bool always = ring->call_always || n >= ring->num;
	u16 flags, off_wrap, off;

	if (!n)
		return false;
	ring->uncalled = 0;
	mvh_mb();
	flags = le16_to_cpu(mvh_ring_load(ring, &driver->flags)) & 0x3;
	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return false;
	if (flags != VRING_PACKED_EVENT_FLAG_DESC || !ring->event_idx)
		return true;
	ring->call_always = false;
	if (always)
		return true;
	mvh_rmb();	/* the driver writes off_wrap before flags */
	off_wrap = le16_to_cpu(mvh_ring_load(ring, &driver->off_wrap));
	off = off_wrap & ~MVH_PACKED_WRAP;
	if (!!(off_wrap & MVH_PACKED_WRAP) != ring->state.used_wrap)
		off -= ring->num;
	return vring_need_event(off, now, now - n);
}

static void mvh_packed_put_flags(struct mvh_ring *ring, u16 flags)
{
	struct vring_packed_desc_event *device = ring->part[MVH_PART_USED];

	mvh_ring_store(ring, &device->flags, cpu_to_le16(flags));
	mvh_ring_wrote(ring, MVH_PART_USED,
		       offsetof(struct vring_packed_desc_event, flags),
		       sizeof(device->flags));
}

/* mvh_packed_disable_kick() - see mvh_ring_disable_kick() */
void mvh_packed_disable_kick(struct mvh_ring *ring)
{
	mvh_packed_put_flags(ring, VRING_PACKED_EVENT_FLAG_DISABLE);
}

/*
 * mvh_packed_enable_kick() - see mvh_ring_enable_kick()
 *
 * Return: true if more became available meanwhile.
 */
bool mvh_packed_enable_kick(struct mvh_ring *ring)
{
	struct vring_packed_desc_event *device = ring->part[MVH_PART_USED];

	if (ring->event_idx) {
		mvh_ring_store(ring, &device->off_wrap, cpu_to_le16(ring->seen));
		mvh_ring_wrote(ring, MVH_PART_USED, 0, sizeof(device->off_wrap));
		mvh_wmb();
		mvh_packed_put_flags(ring, VRING_PACKED_EVENT_FLAG_DESC);
	} else {
		mvh_packed_put_flags(ring, VRING_PACKED_EVENT_FLAG_ENABLE);
	}
	mvh_mb();
	return mvh_packed_has_new(ring);
}

/* mvh_packed_request_kick() - see mvh_ring_request_kick() */
void mvh_packed_request_kick(struct mvh_ring *ring)
{
	mvh_packed_put_flags(ring, VRING_PACKED_EVENT_FLAG_ENABLE);
}

/*
 * mvh_packed_has_new() - see mvh_ring_has_new()
 *
 * Return: true if the descriptor that was not available now is.
 */
bool mvh_packed_has_new(struct mvh_ring *ring)
{
	u16 pos = ring->seen & ~MVH_PACKED_WRAP;
	u16 flags = le16_to_cpu(mvh_ring_load(ring, &mvh_packed_desc(ring, pos)->flags));

	return mvh_packed_is_avail(flags, ring->seen & MVH_PACKED_WRAP);
}
