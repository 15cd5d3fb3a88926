// SPDX-License-Identifier: GPL-2.0
/*
 * Mock driver: the packed layout.
 *
 * This is a mock, it only plays the guest.  See mock_ring.h.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "mock_ring.h"

/*
 * Buffer numbers are scrambled so that a device which takes them for positions
 * is found out.
 */
#define MOCK_ID_SCRAMBLE	0xa5c3

static __u16 mock_packed_flags(bool wrap)
{
	return wrap ? MOCK_DESC_AVAIL : MOCK_DESC_USED;
}

/*
 * Bring the ring memory into its first state.
 * @r: ring, positions and wrap counters set
 */
void mock_packed_init(struct mock_ring *r)
{
	unsigned int i;
	bool wrap;

	memset(r->pdesc, 0, r->cfg.num * sizeof(*r->pdesc));
	/* Descriptors look like used in the round before. */
	for (i = 0; i < r->cfg.num; i++) {
		wrap = i < r->next_avail ? r->avail_wrap : !r->avail_wrap;
		r->pdesc[i].flags = wrap ? MOCK_DESC_AVAIL | MOCK_DESC_USED : 0;
	}
	r->driver_event->off_wrap = 0;
	r->driver_event->flags = VRING_PACKED_EVENT_FLAG_ENABLE;
	r->device_event->off_wrap = 0;
	r->device_event->flags = VRING_PACKED_EVENT_FLAG_ENABLE;
}

static __u16 mock_packed_table(struct mock_ring *r, __u16 slot,
			       struct vring_packed_desc *d,
			       const struct mock_seg *seg, unsigned int n)
{
	struct vring_packed_desc *t;
	unsigned int i;
	__u64 addr;

	t = mock_ring_table(r, slot, &addr);
	for (i = 0; i < n; i++) {
		t[i].addr = seg[i].addr;
		t[i].len = seg[i].len;
		/* Ids and other flags inside a table mean nothing. */
		t[i].id = 0xdead;
		t[i].flags = seg[i].write ? VRING_DESC_F_WRITE : 0;
	}
	d->addr = addr;
	d->len = n * sizeof(*t);
	return VRING_DESC_F_INDIRECT;
}

static void mock_packed_advance(struct mock_ring *r)
{
	if (++r->next_avail < r->cfg.num)
		return;
	r->next_avail = 0;
	r->avail_wrap = !r->avail_wrap;
}

/* Make a descriptor available, except the first of an unpublished batch. */
static void mock_packed_set_flags(struct mock_ring *r, __u16 flags)
{
	flags |= mock_packed_flags(r->avail_wrap);
	if (!r->held) {
		r->held = true;
		r->held_pos = r->next_avail;
		r->held_flags = flags;
		return;
	}
	__atomic_store_n(&r->pdesc[r->next_avail].flags, flags,
			 __ATOMIC_RELEASE);
}

/*
 * Write the descriptors of a buffer.
 * @ndirect: how many of them are direct
 */
void mock_packed_write(struct mock_ring *r, __u16 slot,
		       const struct mock_seg *seg, unsigned int n,
		       unsigned int ndirect)
{
	unsigned int i, ndesc = ndirect + (ndirect < n);
	struct vring_packed_desc *d;
	__u16 flags;

	for (i = 0; i < ndesc; i++) {
		d = &r->pdesc[r->next_avail];
		d->id = slot ^ MOCK_ID_SCRAMBLE;
		if (i < ndirect) {
			d->addr = seg[i].addr;
			d->len = seg[i].len;
			flags = seg[i].write ? VRING_DESC_F_WRITE : 0;
		} else {
			flags = mock_packed_table(r, slot, d, seg + i, n - i);
		}
		if (i + 1 < ndesc)
			flags |= VRING_DESC_F_NEXT;
		mock_packed_set_flags(r, flags);
		mock_packed_advance(r);
	}
	r->nadded += ndesc;
}

/* Write the flags held back. */
void mock_packed_publish(struct mock_ring *r)
{
	if (!r->held)
		return;
	r->held = false;
	__atomic_store_n(&r->pdesc[r->held_pos].flags, r->held_flags,
			 __ATOMIC_RELEASE);
}

/* Does the device want a kick?  Reads its event suppression. */
bool mock_packed_should_kick(const struct mock_ring *r)
{
	__u32 word = __atomic_load_n((__u32 *)r->device_event,
				     __ATOMIC_RELAXED);
	__u16 off_wrap = word, flags = word >> 16, event;

	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return false;
	if (flags != VRING_PACKED_EVENT_FLAG_DESC)
		return true;
	event = off_wrap & 0x7fff;
	if ((off_wrap >> 15) != r->avail_wrap)
		event -= r->cfg.num;
	return vring_need_event(event, r->next_avail,
				r->next_avail - r->nadded);
}

/* Is there a used descriptor? */
bool mock_packed_has_used(const struct mock_ring *r)
{
	__u16 f = __atomic_load_n(&r->pdesc[r->next_used].flags,
				  __ATOMIC_ACQUIRE);
	bool avail = f & MOCK_DESC_AVAIL, used = f & MOCK_DESC_USED;

	return r->ninflight && avail == used && used == r->used_wrap;
}

/* Read the next used descriptor.  Returns 1, or 0 if there is none. */
int mock_packed_fetch_used(struct mock_ring *r, __u16 *slot, __u32 *len)
{
	const struct vring_packed_desc *d = &r->pdesc[r->next_used];

	if (!mock_packed_has_used(r))
		return 0;
	*slot = d->id ^ MOCK_ID_SCRAMBLE;
	/* Without the flag the length is reserved. */
	*len = d->flags & VRING_DESC_F_WRITE ? d->len : 0;
	return 1;
}

/* Say whether notifications are wanted. */
void mock_packed_set_call(struct mock_ring *r, bool on)
{
	__u16 flags = VRING_PACKED_EVENT_FLAG_DISABLE;

	if (on && r->event_idx) {
		__atomic_store_n(&r->driver_event->off_wrap,
				 r->next_used | r->used_wrap << 15,
				 __ATOMIC_RELEASE);
		flags = VRING_PACKED_EVENT_FLAG_DESC;
	} else if (on) {
		flags = VRING_PACKED_EVENT_FLAG_ENABLE;
	}
	__atomic_store_n(&r->driver_event->flags, flags, __ATOMIC_RELEASE);
}
