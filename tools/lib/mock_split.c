// SPDX-License-Identifier: GPL-2.0
/*
 * Mock driver: the split layout.
 *
 * This is a mock, it only plays the guest.  See mock_ring.h.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "mock_ring.h"

static __u16 *mock_split_used_event(const struct mock_ring *r)
{
	return &r->avail->ring[r->cfg.num];
}

static __u16 *mock_split_avail_event(const struct mock_ring *r)
{
	return (__u16 *)&r->used->ring[r->cfg.num];
}

/*
 * Bring the ring memory into its first state.
 * @r: ring, indices set
 */
void mock_split_init(struct mock_ring *r)
{
	unsigned int i, n = r->cfg.num;

	memset(r->desc, 0, n * sizeof(*r->desc));
	memset(r->avail, 0, 6 + n * 2);
	memset(r->used, 0, 6 + n * 8);
	r->avail->idx = r->next_avail;
	r->used->idx = r->next_used;
	*mock_split_used_event(r) = r->next_used;
	*mock_split_avail_event(r) = r->next_avail;
	/* A chain through all descriptors, as free ones are linked. */
	for (i = 0; i < n; i++)
		r->desc[i].next = (i + 1) % n;
}

static void mock_split_fill(struct vring_desc *d, const struct mock_seg *seg)
{
	d->addr = seg->addr;
	d->len = seg->len;
	d->flags = seg->write ? VRING_DESC_F_WRITE : 0;
}

/* Put @n pieces into the table of @slot and refer to it from @d. */
static void mock_split_table(struct mock_ring *r, __u16 slot,
			     struct vring_desc *d, const struct mock_seg *seg,
			     unsigned int n)
{
	struct vring_desc *t;
	unsigned int i;
	__u64 addr;

	t = mock_ring_table(r, slot, &addr);
	for (i = 0; i < n; i++) {
		mock_split_fill(&t[i], &seg[i]);
		t[i].next = i + 1;
		if (i + 1 < n)
			t[i].flags |= VRING_DESC_F_NEXT;
	}
	d->addr = addr;
	d->len = n * sizeof(*t);
	d->flags = VRING_DESC_F_INDIRECT;
}

/* Descriptor @i of a buffer that starts at @slot. */
static __u16 mock_split_pick(const struct mock_ring *r, __u16 slot,
			     unsigned int i)
{
	if (r->in_order)
		return (slot + i) % r->cfg.num;
	return r->free_list[r->nslots - 1 - i];
}

/*
 * Write the descriptors of a buffer.
 * @ndirect: how many of them are direct
 */
void mock_split_write(struct mock_ring *r, __u16 slot,
		      const struct mock_seg *seg, unsigned int n,
		      unsigned int ndirect)
{
	unsigned int i, ndesc = ndirect + (ndirect < n);

	for (i = 0; i < ndesc; i++) {
		struct vring_desc *d = &r->desc[mock_split_pick(r, slot, i)];

		if (i < ndirect)
			mock_split_fill(d, &seg[i]);
		else
			mock_split_table(r, slot, d, seg + i, n - i);
		if (i + 1 < ndesc) {
			d->flags |= VRING_DESC_F_NEXT;
			d->next = mock_split_pick(r, slot, i + 1);
			r->next[mock_split_pick(r, slot, i)] = d->next;
		}
	}
	if (!r->in_order)
		r->nslots -= ndesc;
	r->avail->ring[r->next_avail % r->cfg.num] = slot;
	r->next_avail++;
	r->nadded++;
}

/* Store the available index. */
void mock_split_publish(struct mock_ring *r)
{
	__atomic_store_n(&r->avail->idx, r->next_avail, __ATOMIC_RELEASE);
}

/* Does the device want a kick?  Reads its event suppression. */
bool mock_split_should_kick(const struct mock_ring *r)
{
	__u16 event;

	if (!r->event_idx)
		return !(__atomic_load_n(&r->used->flags, __ATOMIC_RELAXED) &
			 VRING_USED_F_NO_NOTIFY);
	event = __atomic_load_n(mock_split_avail_event(r), __ATOMIC_RELAXED);
	return vring_need_event(event, r->next_avail, r->kicked);
}

/* Is there a used entry? */
bool mock_split_has_used(const struct mock_ring *r)
{
	return __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE) !=
	       r->next_used;
}

/* Read the next used entry.  Returns 1, or 0 if there is none, or -EPROTO. */
int mock_split_fetch_used(struct mock_ring *r, __u16 *slot, __u32 *len)
{
	__u16 idx = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);
	const struct vring_used_elem *e;

	if (idx == r->next_used)
		return 0;
	if ((__u16)(idx - r->next_used) > r->ninflight)
		return -EPROTO;
	e = &r->used->ring[r->next_used % r->cfg.num];
	if (e->id >= r->cfg.num)
		return -EPROTO;
	*slot = e->id;
	*len = e->len;
	return 1;
}

/* Say whether notifications are wanted. */
void mock_split_set_call(struct mock_ring *r, bool on)
{
	if (r->event_idx)
		__atomic_store_n(mock_split_used_event(r),
				 on ? r->next_used : r->next_used - 1,
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n(&r->avail->flags,
				 on ? 0 : VRING_AVAIL_F_NO_INTERRUPT,
				 __ATOMIC_RELAXED);
}
