// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without scruples: requests that are nearly good, and words that change
 * while they are looked at.
 */
#include <sched.h>

#include "fuzz.h"

#define GUEST_CHAIN	6
#define GUEST_FRAME	1600

/* Numbers of the guest's own: its pace has no influence on the other thread's. */
struct fuzz_hand {
	struct fuzz *f;
	struct rng rng;
};

static __u64 fuzz_buffer(struct fuzz_hand *h)
{
	const struct guest_mem *m = h->f->mem;

	if (rng_one_in(&h->rng, 24))
		return rng_edge(&h->rng);
	return m->base + rng_below(&h->rng, m->size);
}

static __u32 fuzz_len(struct fuzz_hand *h)
{
	switch (rng_below(&h->rng, 12)) {
	case 0:
		return rng_edge(&h->rng);
	case 1:
		return rng_below(&h->rng, 64);
	case 2:
		return rng_below(&h->rng, 70000);
	default:
		return (1 + rng_below(&h->rng, 8)) << (rng_next(&h->rng) & 1 ?
						       9 : 7);
	}
}

static bool fuzz_inside(const struct guest_mem *m, __u64 bus, __u64 len)
{
	return bus >= m->base && len <= m->size &&
	       bus - m->base <= m->size - len;
}

/* What a device reads first in a request: one that makes sense, or nearly. */
static void fuzz_header(struct fuzz_hand *h, __u64 bus)
{
	struct fuzz *f = h->f;

	if (!fuzz_inside(f->mem, bus, 24))
		return;
	if (f->kind == FUZZ_NET) {
		struct virtio_net_hdr hdr = {
			.flags = rng_below(&h->rng, 4),
			.gso_type = rng_one_in(&h->rng, 4) ?
				    rng_below(&h->rng, 256) : 0,
			.hdr_len = rng_edge(&h->rng),
			.gso_size = rng_edge(&h->rng),
			.csum_start = rng_below(&h->rng, 64),
			.csum_offset = rng_below(&h->rng, 32),
		};

		memcpy(guest_ptr(f->mem, bus), &hdr, sizeof(hdr));
	} else {
		struct virtio_blk_outhdr hdr = {
			.type = rng_below(&h->rng, 16),
			.sector = rng_one_in(&h->rng, 4) ?
				  rng_edge(&h->rng) : rng_below(&h->rng, 2048),
		};

		memcpy(guest_ptr(f->mem, bus), &hdr, sizeof(hdr));
	}
}

/* Which way the pieces of a request go, mostly. */
static bool fuzz_writable(struct fuzz_hand *h, unsigned int ring,
			  unsigned int i, unsigned int n)
{
	if (rng_one_in(&h->rng, 32))
		return rng_next(&h->rng) & 1;
	if (h->f->kind == FUZZ_NET)
		return ring == VHU_RX;
	return i && (i + 1 == n || rng_next(&h->rng) & 1);
}

static unsigned int fuzz_request(struct fuzz_hand *h, unsigned int ring,
				 struct mock_seg *seg)
{
	unsigned int n = 1 + rng_below(&h->rng, GUEST_CHAIN), i;
	bool blk = h->f->kind != FUZZ_NET, write = false;

	if (blk && n < 2)
		n = 2;
	for (i = 0; i < n; i++) {
		write |= fuzz_writable(h, ring, i, n);
		seg[i] = (struct mock_seg) {
			.addr = fuzz_buffer(h),
			.len = fuzz_len(h),
			.write = write,
		};
	}
	if (blk && !rng_one_in(&h->rng, 16)) {
		seg[0].len = sizeof(struct virtio_blk_outhdr);
		seg[n - 1].len = 1;
	}
	fuzz_header(h, seg[0].addr);
	return n;
}

static __u16 fuzz_flags(struct fuzz_hand *h, const struct mock_seg *seg,
			bool last)
{
	__u16 flags = (last ? 0 : VRING_DESC_F_NEXT) |
		      (seg->write ? VRING_DESC_F_WRITE : 0);

	return rng_one_in(&h->rng, 64) ? flags ^ 1 << rng_below(&h->rng, 16) :
					 flags;
}

static void fuzz_post_split(struct fuzz_hand *h, struct mock_ring *r,
			    const struct mock_seg *seg, unsigned int n)
{
	unsigned int num = r->cfg.num, i, at = rng_below(&h->rng, num);
	__u16 idx = r->next_avail;

	r->avail->ring[idx % num] = at;
	for (i = 0; i < n; i++, at = (at + 1) % num)
		r->desc[at] = (struct vring_desc) {
			.addr = seg[i].addr, .len = seg[i].len,
			.flags = fuzz_flags(h, &seg[i], i + 1 == n),
			.next = (at + 1) % num,
		};
	r->next_avail = idx + 1;
	__atomic_store_n(&r->avail->idx, r->next_avail, __ATOMIC_RELEASE);
}

static void fuzz_post_packed(struct fuzz_hand *h, struct mock_ring *r,
			     const struct mock_seg *seg, unsigned int n)
{
	unsigned int num = r->cfg.num, i;

	for (i = 0; i < n; i++) {
		struct vring_packed_desc *d = &r->pdesc[r->next_avail];

		d->addr = seg[i].addr;
		d->len = seg[i].len;
		d->id = rng_below(&h->rng, num);
		__atomic_store_n(&d->flags, fuzz_flags(h, &seg[i], i + 1 == n) |
				 (r->avail_wrap ? MOCK_DESC_AVAIL :
				  MOCK_DESC_USED), __ATOMIC_RELEASE);
		if (++r->next_avail == num) {
			r->next_avail = 0;
			r->avail_wrap = !r->avail_wrap;
		}
	}
}

static bool fuzz_full(const struct mock_ring *r)
{
	const struct vring_packed_desc *d;

	if (!r->packed)
		return (__u16)(r->next_avail - r->used->idx) >= r->cfg.num;
	d = &r->pdesc[r->next_avail];
	return !!(d->flags & MOCK_DESC_AVAIL) == r->avail_wrap &&
	       !!(d->flags & MOCK_DESC_USED) != r->avail_wrap;
}

static void fuzz_post(struct fuzz_hand *h)
{
	unsigned int ring = rng_below(&h->rng, h->f->n_rings);
	struct mock_ring *r = h->f->ring[ring];
	struct mock_seg seg[GUEST_CHAIN];
	unsigned int n;

	if (fuzz_full(r) && !rng_one_in(&h->rng, 64))
		return;
	n = fuzz_request(h, ring, seg);
	if (r->packed)
		fuzz_post_packed(h, r, seg, n);
	else
		fuzz_post_split(h, r, seg, n);
}

/* Rings and what follows them; headers. */
static void fuzz_flip(struct fuzz_hand *h)
{
	struct mock_ring *r = h->f->ring[rng_below(&h->rng, h->f->n_rings)];
	size_t words = (r->cfg.num * 16 + 4096) / sizeof(__u64);
	volatile __u64 *p = guest_ptr(r->mem, r->desc_addr);
	__u64 *word = (__u64 *)&p[rng_below(&h->rng, words)], old;

	if (rng_one_in(&h->rng, 3))
		word = guest_ptr(r->mem, r->mem->base +
				 (rng_below(&h->rng, r->mem->size) & ~7U));
	old = __atomic_load_n(word, __ATOMIC_RELAXED);
	__atomic_store_n(word, rng_one_in(&h->rng, 2) ? rng_edge(&h->rng) :
			 old ^ 1ULL << rng_below(&h->rng, 64),
			 __ATOMIC_RELAXED);
	if (!rng_one_in(&h->rng, 4))
		__atomic_store_n(word, old, __ATOMIC_RELAXED);
}

static void fuzz_kick(struct fuzz_hand *h)
{
	mock_ring_kick(h->f->ring[rng_below(&h->rng, h->f->n_rings)]);
}

static void fuzz_frame(struct fuzz_hand *h)
{
	__u8 frame[GUEST_FRAME] = {};
	ssize_t r;

	if (h->f->pkt < 0)
		return;
	memset(frame, 0xff, 6);
	r = write(h->f->pkt, frame, 14 + rng_below(&h->rng, 1500));
	(void)r;
}

static void fuzz_turn(struct fuzz_hand *h)
{
	switch (rng_below(&h->rng, 16)) {
	case 0 ... 7:
		fuzz_post(h);
		break;
	case 8 ... 11:
		fuzz_flip(h);
		break;
	case 12 ... 13:
		fuzz_kick(h);
		break;
	case 14:
		fuzz_frame(h);
		break;
	default:
		sched_yield();
	}
}

/* The guest's thread. */
void *fuzz_guest(void *arg)
{
	struct fuzz_hand h = { .f = arg };

	rng_seed(&h.rng, h.f->rng.state ^ 1);
	while (!__atomic_load_n(&h.f->stop, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&h.f->lock);
		if (h.f->up)
			fuzz_turn(&h);
		pthread_mutex_unlock(&h.f->lock);
	}
	return NULL;
}
