// SPDX-License-Identifier: GPL-2.0
/*
 * The split virtqueue, device side (virtio 1.3, 2.7): what is returned to the
 * guest, and notifications.  chain.c takes chains.  Pure: see ring.h.
 *
 * Barriers: used entries and used->idx are ordered by mvh_wmb(), partner of the
 * driver's read barrier (SP3).  A full barrier stands
 * between our write of used->idx and the read of the driver's wish for
 * interrupts, and between our write of avail_event and the re-read of
 * avail->idx; the driver has the mirror image of both.
 */
#include "split.h"

static struct vring_used *mvh_split_used(const struct mvh_ring *ring)
{
	return ring->part[MVH_PART_USED];
}

/* The driver's used_event follows its last ring entry. */
static __virtio16 *mvh_split_used_event(const struct mvh_ring *ring)
{
	return &mvh_split_avail(ring)->ring[ring->num];
}

/* Our avail_event follows the last used element. */
static __virtio16 *mvh_split_avail_event(const struct mvh_ring *ring)
{
	return (__virtio16 *)&mvh_split_used(ring)->ring[ring->num];
}

static void mvh_split_put_flags(struct mvh_ring *ring, u16 flags)
{
	mvh_ring_store(ring, &mvh_split_used(ring)->flags, mvh_ring_virtio16(ring, flags));
	mvh_ring_wrote(ring, MVH_PART_USED, offsetof(struct vring_used, flags),
		       sizeof(__virtio16));
}

static void mvh_split_put_event(struct mvh_ring *ring, u16 idx)
{
	__virtio16 *event = mvh_split_avail_event(ring);

	mvh_ring_store(ring, event, mvh_ring_virtio16(ring, idx));
	mvh_ring_wrote(ring, MVH_PART_USED,
		       (void *)event - ring->part[MVH_PART_USED],
		       sizeof(*event));
}

/* mvh_split_start() - take over ring memory */
void mvh_split_start(struct mvh_ring *ring)
{
	ring->seen = ring->state.avail;
	ring->state.used =
		mvh_ring_cpu16(ring, mvh_ring_load(ring, &mvh_split_used(ring)->idx));
	mvh_split_put_flags(ring, 0);
}

static void mvh_split_wrote_elems(struct mvh_ring *ring, u16 slot,
				  unsigned int n)
{
	const u32 size = sizeof(struct vring_used_elem);

	if (n)
		mvh_ring_wrote(ring, MVH_PART_USED,
			       offsetof(struct vring_used, ring) + slot * size,
			       n * size);
}

/*
 * Tell of a push: one range of elements, two if they go on at the ring's start.
 * A hostile driver can have more chains taken than its ring has.
 */
static void mvh_split_wrote(struct mvh_ring *ring, u16 pos, unsigned int n)
{
	u16 slot = pos & (ring->num - 1);
	unsigned int head = min_t(unsigned int, n, ring->num - slot);

	mvh_split_wrote_elems(ring, slot, head);
	mvh_split_wrote_elems(ring, 0, min_t(unsigned int, n - head, slot));
	mvh_ring_wrote(ring, MVH_PART_USED, offsetof(struct vring_used, idx),
		       sizeof(__virtio16));
}

/*
 * mvh_split_push() - see mvh_ring_push()
 * @done: the chains
 *
 * Return: 0, or -EFAULT.
 */
int mvh_split_push(struct mvh_ring *ring, const struct mvh_done *done,
		   unsigned int n)
{
	struct vring_used *used = mvh_split_used(ring);
	u16 pos = ring->state.used;
	unsigned int i;

	for (i = 0; i < n; i++) {
		u16 slot = (u16)(pos + i) & (ring->num - 1);
		struct vring_used_elem *e = &used->ring[slot];

		mvh_ring_store(ring, &e->id, mvh_ring_virtio32(ring, done[i].id));
		mvh_ring_store(ring, &e->len, mvh_ring_virtio32(ring, done[i].len));
	}
	if (unlikely(ring->fault))
		return -EFAULT;
	mvh_wmb();
	mvh_ring_store(ring, &used->idx, mvh_ring_virtio16(ring, pos + n));
	if (unlikely(ring->fault))
		return -EFAULT;
	mvh_split_wrote(ring, pos, n);
	ring->state.used = pos + n;
	ring->uncalled += n;
	return 0;
}

/*
 * mvh_split_should_call() - see mvh_ring_should_call()
 *
 * Return: true if the driver wants an interrupt (SP16, SP17, SP19, SP21).
 */
bool mvh_split_should_call(struct mvh_ring *ring)
{
	u16 now = ring->state.used;
	u32 n = ring->uncalled;
	bool always = ring->call_always || n > U16_MAX;
	u16 event;

	if (!n)
		return false;
	ring->uncalled = 0;
	mvh_mb();
	if (ring->notify_on_empty &&
	    mvh_split_avail_idx(ring) == ring->state.avail)
		return true;
	if (!ring->event_idx) {
		event = mvh_ring_cpu16(ring,
				       mvh_ring_load(ring, &mvh_split_avail(ring)->flags));
		return !(event & VRING_AVAIL_F_NO_INTERRUPT);
	}
	ring->call_always = false;
	if (always)
		return true;
	event = mvh_ring_cpu16(ring, mvh_ring_load(ring, mvh_split_used_event(ring)));
	return vring_need_event(event, now, now - n);
}

/*
 * mvh_split_disable_kick() - see mvh_ring_disable_kick()
 *
 * With event indices the event is put behind what was seen: the driver passes it
 * again after 65536 entries at the earliest.
 */
void mvh_split_disable_kick(struct mvh_ring *ring)
{
	if (ring->event_idx)
		mvh_split_put_event(ring, ring->seen - 1);
	else
		mvh_split_put_flags(ring, VRING_USED_F_NO_NOTIFY);
}

/* Have the driver kick when it moves its index past @idx. */
static void mvh_split_want_kick(struct mvh_ring *ring, u16 idx)
{
	if (ring->event_idx)
		mvh_split_put_event(ring, idx);
	else
		mvh_split_put_flags(ring, 0);
}

/* mvh_split_request_kick() - see mvh_ring_request_kick() */
void mvh_split_request_kick(struct mvh_ring *ring)
{
	mvh_split_want_kick(ring, mvh_split_avail_idx(ring));
}

/*
 * mvh_split_enable_kick() - see mvh_ring_enable_kick()
 *
 * Return: true if more became available meanwhile (SP20).
 */
bool mvh_split_enable_kick(struct mvh_ring *ring)
{
	mvh_split_want_kick(ring, ring->seen);
	mvh_mb();
	return mvh_split_has_new(ring);
}

/*
 * mvh_split_has_new() - see mvh_ring_has_new()
 *
 * Return: true if the available index moved since the last look.
 */
bool mvh_split_has_new(struct mvh_ring *ring)
{
	return mvh_split_avail_idx(ring) != ring->seen;
}
