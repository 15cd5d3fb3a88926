// SPDX-License-Identifier: GPL-2.0
/*
 * Takes descriptor chains, direct or indirect, from a ring of either layout.  Pure:
 * see ring.h.  Every field of a descriptor is read once into struct mvh_elem and
 * only used from there (SP13).
 *
 * Barriers: the load of avail->idx and the loads of ring entries and descriptors of a
 * split ring are ordered by mvh_rmb(), partner of the driver's write barrier before it
 * moves avail->idx (SP2).  The flags of a packed chain's first descriptor are loaded
 * with acquire before the rest, partner of the driver's release of them (PK3).
 */
#include "chain.h"
#include "packed.h"
#include "split.h"

/* An indirect table is read in strides of this many descriptors. */
#define MVH_TABLE_STRIDE	16

/* A descriptor in native form; @next counts for split, @id for packed. */
struct mvh_elem {
	u64 addr;
	u32 len;
	u16 flags;
	union {
		u16 next;
		u16 id;
	};
};

/* Part of an indirect table; packed and split descriptors have one size. */
struct mvh_table {
	u64 addr;
	u32 n;
	u32 first;
	u32 n_read;
	union {
		struct vring_desc split[MVH_TABLE_STRIDE];
		struct vring_packed_desc packed[MVH_TABLE_STRIDE];
	};
};

static int mvh_chain_error(struct mvh_ring *ring, int err)
{
	switch (err) {
	case -EFAULT:
		return mvh_ring_bad(ring, MVH_BAD_ADDRESS);
	case -EPERM:
		return mvh_ring_bad(ring, MVH_BAD_ACCESS);
	default:
		return err;
	}
}

/* Add one buffer to the chain (SP7, SP10, SP11, SP12). */
static __always_inline int mvh_chain_add(struct mvh_ring *ring, struct mvh_view *view,
					 struct mvh_chain *chain,
					 const struct iovec *end, struct mvh_elem e)
{
	bool write = e.flags & VRING_DESC_F_WRITE;
	u8 access = write ? MVH_ACCESS_WRITE : MVH_ACCESS_READ;
	struct iovec *iov = chain->iov + chain->n_out + chain->n_in;
	int n = 1;

	if (!write && chain->in_len)
		return mvh_ring_bad(ring, MVH_BAD_ORDER);
	if (e.len && chain->n_segs++ == MVH_SEGS_MAX)
		return mvh_ring_bad(ring, MVH_BAD_SEGMENTS);
	if (unlikely(iov == end || !mvh_view_hit(view, e.addr, e.len, access, iov)))
		n = mvh_view_translate(view, e.addr, e.len, access, iov, end - iov);
	if (n < 0)
		return mvh_chain_error(ring, n);
	if (write) {
		chain->n_in += n;
		chain->in_len += e.len;
	} else {
		chain->n_out += n;
		chain->out_len += e.len;
	}
	return 0;
}

/* Read a stride of the table that begins with entry @i. */
static int mvh_table_read(struct mvh_ring *ring, struct mvh_view *view,
			  struct mvh_table *t, u32 i)
{
	struct iovec iov[MVH_TABLE_STRIDE];
	u32 n_read = min_t(u32, t->n - i, MVH_TABLE_STRIDE);
	u8 *to = (u8 *)t->split;
	int n, k;

	n = mvh_view_translate(view, t->addr + (u64)i * sizeof(t->split[0]),
			       (u64)n_read * sizeof(t->split[0]),
			       MVH_ACCESS_READ, iov, ARRAY_SIZE(iov));
	if (n == -ENOBUFS)
		return mvh_ring_bad(ring, MVH_BAD_SEGMENTS);
	if (n < 0)
		return mvh_chain_error(ring, n);
	for (k = 0; k < n; k++) {
		/* It is guest memory: that it cannot be read is the host's doing. */
		if (mvh_copy_from_guest(to, iov[k].iov_base, iov[k].iov_len)) {
			ring->fault = true;
			return -EFAULT;
		}
		to += iov[k].iov_len;
	}
	t->first = i;
	t->n_read = n_read;
	return 0;
}

static struct mvh_elem mvh_split_elem(const struct mvh_ring *ring,
				      const struct vring_desc *desc)
{
	return (struct mvh_elem) {
		.addr = mvh_ring_cpu64(ring, desc->addr),
		.len = mvh_ring_cpu32(ring, desc->len),
		.flags = mvh_ring_cpu16(ring, desc->flags),
		.next = mvh_ring_cpu16(ring, desc->next),
	};
}

static struct mvh_elem mvh_packed_elem(const struct vring_packed_desc *desc)
{
	return (struct mvh_elem) {
		.addr = le64_to_cpu(desc->addr),
		.len = le32_to_cpu(desc->len),
		.id = le16_to_cpu(desc->id),
		.flags = le16_to_cpu(desc->flags),
	};
}

static __always_inline struct mvh_elem mvh_split_read(struct mvh_ring *ring, u16 i)
{
	const struct vring_desc *desc = ring->part[MVH_PART_DESC];
	struct vring_desc d = {
		.addr = mvh_ring_load(ring, &desc[i].addr),
		.len = mvh_ring_load(ring, &desc[i].len),
		.flags = mvh_ring_load(ring, &desc[i].flags),
		.next = mvh_ring_load(ring, &desc[i].next),
	};

	return mvh_split_elem(ring, &d);
}

/* The rest of a descriptor whose flags were read. */
static __always_inline struct mvh_elem mvh_packed_read(struct mvh_ring *ring, u16 pos,
						       __le16 flags)
{
	const struct vring_packed_desc *desc = mvh_packed_desc(ring, pos);
	struct vring_packed_desc d = {
		.addr = mvh_ring_load(ring, &desc->addr),
		.len = mvh_ring_load(ring, &desc->len),
		.id = mvh_ring_load(ring, &desc->id),
		.flags = flags,
	};

	return mvh_packed_elem(&d);
}

static int mvh_table_init(struct mvh_ring *ring, struct mvh_table *t,
			  struct mvh_elem e)
{
	t->addr = e.addr;
	t->n = e.len / sizeof(struct vring_desc);
	t->first = 0;
	t->n_read = 0;
	if (!e.len || e.len % sizeof(struct vring_desc) ||
	    t->n > MVH_TABLE_MAX)
		return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
	if (e.addr + e.len - 1 < e.addr)
		return mvh_ring_bad(ring, MVH_BAD_ADDRESS);
	return 0;
}

static int mvh_table_ensure(struct mvh_ring *ring, struct mvh_view *view,
			    struct mvh_table *t, u32 i)
{
	if (i - t->first < t->n_read)
		return 0;
	return mvh_table_read(ring, view, t, i);
}

/* A split table is a chain of its own (SP9). */
static int mvh_split_table(struct mvh_ring *ring, struct mvh_view *view,
			   struct mvh_chain *chain, const struct iovec *end,
			   struct mvh_elem head)
{
	struct mvh_table t;
	struct mvh_elem e;
	u32 i = 0, steps = 0;
	int err = mvh_table_init(ring, &t, head);

	if (err)
		return err;
	for (;;) {
		if (steps++ == t.n)
			return mvh_ring_bad(ring, MVH_BAD_CHAIN);
		chain->n_read++;
		err = mvh_table_ensure(ring, view, &t, i);
		if (err)
			return err;
		e = mvh_split_elem(ring, &t.split[array_index_nospec(i - t.first,
								     MVH_TABLE_STRIDE)]);
		if (e.flags & VRING_DESC_F_INDIRECT)
			return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
		err = mvh_chain_add(ring, view, chain, end, e);
		if (err)
			return err;
		if (!(e.flags & VRING_DESC_F_NEXT))
			return 0;
		i = e.next;
		if (i >= t.n)
			return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
	}
}

/* A packed table is an array; only WRITE counts in its flags (PK6). */
static int mvh_packed_table(struct mvh_ring *ring, struct mvh_view *view,
			    struct mvh_chain *chain, const struct iovec *end,
			    struct mvh_elem head)
{
	struct mvh_table t;
	struct mvh_elem e;
	u32 i;
	int err = mvh_table_init(ring, &t, head);

	if (err)
		return err;
	for (i = 0; i < t.n; i++) {
		chain->n_read++;
		err = mvh_table_ensure(ring, view, &t, i);
		if (err)
			return err;
		e = mvh_packed_elem(&t.packed[i - t.first]);
		err = mvh_chain_add(ring, view, chain, end, e);
		if (err)
			return err;
	}
	return 0;
}

/* What follows the first descriptor of a chain, @e; both were counted. */
static int mvh_split_walk(struct mvh_ring *ring, struct mvh_view *view,
			  struct mvh_chain *chain, const struct iovec *end,
			  struct mvh_elem e)
{
	int err;

	for (;;) {
		/* Nothing follows a table: NEXT beside INDIRECT is ignored. */
		if (e.flags & VRING_DESC_F_INDIRECT)
			return mvh_split_table(ring, view, chain, end, e);
		err = mvh_chain_add(ring, view, chain, end, e);
		if (err)
			return err;
		if (!(e.flags & VRING_DESC_F_NEXT))
			return 0;
		if (e.next >= ring->num)
			return mvh_ring_bad(ring, MVH_BAD_HEAD);
		if (chain->ndesc++ == ring->num)
			return mvh_ring_bad(ring, MVH_BAD_CHAIN);
		chain->n_read++;
		e = mvh_split_read(ring, array_index_nospec(e.next, ring->num));
	}
}

static int mvh_packed_walk(struct mvh_ring *ring, struct mvh_view *view,
			   struct mvh_chain *chain, const struct iovec *end,
			   struct mvh_elem e)
{
	u16 pos = ring->state.avail, room = mvh_packed_room(ring);
	bool wrap = ring->state.avail_wrap;
	__le16 flags;
	int err;

	for (;;) {
		mvh_packed_advance(ring, &pos, &wrap, 1);
		if (e.flags & VRING_DESC_F_INDIRECT) {
			if (chain->ndesc > 1 || e.flags & VRING_DESC_F_NEXT)
				return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
			err = mvh_packed_table(ring, view, chain, end, e);
		} else {
			err = mvh_chain_add(ring, view, chain, end, e);
		}
		if (err)
			return err;
		if (!(e.flags & VRING_DESC_F_NEXT))
			break;
		if (chain->ndesc++ == room)
			return mvh_ring_bad(ring, MVH_BAD_CHAIN);
		chain->n_read++;
		flags = mvh_ring_load(ring, &mvh_packed_desc(ring, pos)->flags);
		e = mvh_packed_read(ring, pos, flags);
	}
	chain->id = e.id;
	return 0;
}

/* Look at the available index.  Returns 1 if there is more, 0, or -EBADMSG. */
static int mvh_split_look(struct mvh_ring *ring)
{
	u16 avail = ring->state.avail;
	u16 idx = mvh_split_avail_idx(ring);

	if (ring->fault || idx == avail)
		return 0;
	if ((u16)(idx - avail) > ring->num)
		return mvh_ring_bad(ring, MVH_BAD_INDEX);
	ring->seen = idx;
	mvh_rmb();
	return 1;
}

/*
 * The first descriptor of the next chain.  Reads the available ring every time, in
 * order or not: a count of descriptors would not survive VHOST_SET_VRING_BASE.
 * Returns 1, 0 if there is none, or -EBADMSG.
 */
static __always_inline int mvh_split_next(struct mvh_ring *ring, u16 *id,
					  struct mvh_elem *e)
{
	u16 avail = ring->state.avail;
	u16 slot = avail & (ring->num - 1);
	u16 head;
	int ret;

	if (ring->seen == avail) {
		ret = mvh_split_look(ring);
		if (ret <= 0)
			return ret;
	}
	head = mvh_ring_cpu16(ring, mvh_ring_load(ring, &mvh_split_avail(ring)->ring[slot]));
	if (head >= ring->num)
		return mvh_ring_bad(ring, MVH_BAD_HEAD);
	*id = head;
	*e = mvh_split_read(ring, array_index_nospec(head, ring->num));
	return 1;
}

/*
 * Likewise; @room is mvh_packed_room().  The flags make the chain visible (PK4), and are
 * not read again.
 */
static __always_inline int mvh_packed_next(struct mvh_ring *ring, u16 room, u16 *id,
					   struct mvh_elem *e)
{
	u16 pos = ring->state.avail;
	__le16 flags = mvh_ring_load_acquire(ring, &mvh_packed_desc(ring, pos)->flags);

	if (!mvh_packed_is_avail(le16_to_cpu(flags), ring->state.avail_wrap)) {
		if (!ring->fault)
			ring->seen = pos | ring->state.avail_wrap << 15;
		return 0;
	}
	if (!room)
		return mvh_ring_bad(ring, MVH_BAD_INDEX);
	*e = mvh_packed_read(ring, pos, flags);
	*id = e->id;
	return 1;
}

/*
 * Make an ordinary chain of a descriptor: one buffer, in the region that served last.
 * Returns false if it is not one.
 */
static __always_inline bool mvh_chain_single(const struct mvh_view *view,
					     struct mvh_chain *chain, struct iovec *iov,
					     struct mvh_elem e)
{
	if (e.flags & (VRING_DESC_F_NEXT | VRING_DESC_F_INDIRECT))
		return false;
	if (e.flags & VRING_DESC_F_WRITE) {
		chain->n_out = 0;
		chain->n_in = 1;
		chain->out_len = 0;
		chain->in_len = e.len;
	} else {
		chain->n_out = 1;
		chain->n_in = 0;
		chain->out_len = e.len;
		chain->in_len = 0;
	}
	chain->n_segs = 1;
	return e.flags & VRING_DESC_F_WRITE ?
	       mvh_view_hit(view, e.addr, e.len, MVH_ACCESS_WRITE, iov) :
	       mvh_view_hit(view, e.addr, e.len, MVH_ACCESS_READ, iov);
}

/* Any other chain.  Returns 1 or what mvh_chain_fetch() does. */
static noinline int mvh_chain_walk(struct mvh_ring *ring, struct mvh_view *view,
				   struct mvh_chain *chain, const struct iovec *end,
				   struct mvh_elem e)
{
	chain->n_out = 0;
	chain->n_in = 0;
	chain->n_segs = 0;
	chain->out_len = 0;
	chain->in_len = 0;
	return (ring->packed ? mvh_packed_walk(ring, view, chain, end, e) :
			       mvh_split_walk(ring, view, chain, end, e)) ?: 1;
}

/* Compiled for each layout. */
static __always_inline int mvh_chain_take(struct mvh_ring *ring, struct mvh_view *view,
					  struct mvh_chain *chain,
					  struct mvh_fetch *fetch, bool packed)
{
	struct iovec *iov = fetch->iov, *stop = iov + fetch->n_iov;
	const struct iovec *end = iov + fetch->max_iov;
	s64 descs = fetch->descs, bytes = fetch->bytes;
	u16 room = packed ? mvh_packed_room(ring) : 0;
	unsigned int n = 0, max = fetch->max;
	struct mvh_elem e;
	int ret = 0;

	for (; n < max && iov < stop && descs > 0 && bytes > 0; n++, chain++) {
		ret = packed ? mvh_packed_next(ring, room, &chain->id, &e) :
			       mvh_split_next(ring, &chain->id, &e);
		if (ret <= 0)
			break;
		chain->iov = iov;
		chain->ndesc = 1;
		chain->n_read = 1;
		if (likely(mvh_chain_single(view, chain, iov, e))) {
			iov++;
			descs--;
		} else {
			ret = mvh_chain_walk(ring, view, chain, end, e);
			iov += chain->n_out + chain->n_in;
			descs -= chain->n_read;
		}
		if (unlikely(ret < 0 || ring->fault))
			break;
		bytes -= chain->out_len;
		if (packed) {
			mvh_packed_advance(ring, &ring->state.avail,
					   &ring->state.avail_wrap, chain->ndesc);
			room -= chain->ndesc;
		} else {
			ring->state.avail++;
		}
	}
	fetch->descs = descs;
	fetch->bytes = bytes;
	if (n)
		return n;
	/* On a fault nothing is known: what could not be read was taken as 0. */
	return ring->fault ? -EFAULT : ret;
}

/*
 * mvh_chain_fetch() - take the next chains from a ring
 * @view: guest memory
 * @chain: where to put them
 * @fetch: how much to take
 *
 * A chain that cannot be taken is left, and met again by the next fetch; if it is the
 * first one, the position has not moved.
 *
 * Return: how many were taken.  If it is none: 0 if there is none, or no room for one;
 * -EAGAIN if a translation is missing (see mvh_view_translate()); -EBADMSG with
 * @ring->bad set; or -EFAULT with @ring->fault set if the host cannot reach memory of
 * the guest; or -ENOBUFS if the chain has more pieces than there is room for, which
 * depends on where its memory is.
 */
int mvh_chain_fetch(struct mvh_ring *ring, struct mvh_view *view,
		    struct mvh_chain *chain, struct mvh_fetch *fetch)
{
	return ring->packed ? mvh_chain_take(ring, view, chain, fetch, true) :
			      mvh_chain_take(ring, view, chain, fetch, false);
}

/*
 * mvh_chain_leave() - leave the chains that were fetched last to the guest
 * @chain: the first of them; nothing of them was pushed
 * @n: how many they are
 *
 * The next fetch meets them again.
 */
void mvh_chain_leave(struct mvh_ring *ring, const struct mvh_chain *chain,
		     unsigned int n)
{
	struct mvh_ring_state *s = &ring->state;
	unsigned int i;

	if (!ring->packed) {
		s->avail -= n;
		return;
	}
	for (i = 0; i < n; i++) {
		u16 ndesc = chain[i].ndesc;

		if (ndesc > s->avail) {
			s->avail += ring->num;
			s->avail_wrap = !s->avail_wrap;
		}
		s->avail -= ndesc;
	}
}
