// SPDX-License-Identifier: GPL-2.0
/*
 * Walks one descriptor chain, direct or indirect, of either ring layout.  Pure:
 * see ring.h.  Every field of a descriptor is read once into struct mvh_elem and
 * only used from there (SP13).
 */
#include "chain.h"

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
static __always_inline int mvh_chain_add(struct mvh_ring *ring,
					 struct mvh_view *view,
					 struct mvh_chain *chain,
					 const struct mvh_elem *e)
{
	bool write = e->flags & VRING_DESC_F_WRITE;
	u8 access = write ? MVH_ACCESS_WRITE : MVH_ACCESS_READ;
	unsigned int used = chain->n_out + chain->n_in;
	struct iovec *iov = chain->iov + used;
	int n = 1;

	if (!write && chain->in_len)
		return mvh_ring_bad(ring, MVH_BAD_ORDER);
	if (e->len && chain->n_segs++ == MVH_SEGS_MAX)
		return mvh_ring_bad(ring, MVH_BAD_SEGMENTS);
	if (unlikely(used == chain->max ||
		     !mvh_view_hit(view, e->addr, e->len, access, iov)))
		n = mvh_view_translate(view, e->addr, e->len, access, iov,
				       chain->max - used);
	if (n < 0)
		return mvh_chain_error(ring, n);
	if (write) {
		chain->n_in += n;
		chain->in_len += e->len;
	} else {
		chain->n_out += n;
		chain->out_len += e->len;
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

static void mvh_split_elem(const struct mvh_ring *ring,
			   const struct vring_desc *desc, struct mvh_elem *e)
{
	e->addr = __virtio64_to_cpu(ring->le, desc->addr);
	e->len = __virtio32_to_cpu(ring->le, desc->len);
	e->flags = mvh_ring_cpu16(ring, desc->flags);
	e->next = mvh_ring_cpu16(ring, desc->next);
}

static void mvh_packed_elem(const struct vring_packed_desc *desc,
			    struct mvh_elem *e)
{
	e->addr = le64_to_cpu(desc->addr);
	e->len = le32_to_cpu(desc->len);
	e->id = le16_to_cpu(desc->id);
	e->flags = le16_to_cpu(desc->flags);
}

static void mvh_split_read(struct mvh_ring *ring, const struct vring_desc *desc,
			   struct mvh_elem *e)
{
	struct vring_desc d = {
		.addr = mvh_ring_load(ring, &desc->addr),
		.len = mvh_ring_load(ring, &desc->len),
		.flags = mvh_ring_load(ring, &desc->flags),
		.next = mvh_ring_load(ring, &desc->next),
	};

	mvh_split_elem(ring, &d, e);
}

/* The flags were read before, or must not be yet. */
static void mvh_packed_read(struct mvh_ring *ring,
			    const struct vring_packed_desc *desc, __le16 flags,
			    struct mvh_elem *e)
{
	struct vring_packed_desc d = {
		.addr = mvh_ring_load(ring, &desc->addr),
		.len = mvh_ring_load(ring, &desc->len),
		.id = mvh_ring_load(ring, &desc->id),
		.flags = flags,
	};

	mvh_packed_elem(&d, e);
}

static int mvh_table_init(struct mvh_ring *ring, struct mvh_table *t,
			  const struct mvh_elem *e)
{
	t->addr = e->addr;
	t->n = e->len / sizeof(struct vring_desc);
	t->first = 0;
	t->n_read = 0;
	if (!e->len || e->len % sizeof(struct vring_desc) ||
	    t->n > MVH_TABLE_MAX)
		return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
	if (e->addr + e->len - 1 < e->addr)
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
			   struct mvh_chain *chain, const struct mvh_elem *head)
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
		mvh_split_elem(ring, &t.split[array_index_nospec(i - t.first, MVH_TABLE_STRIDE)],
			       &e);
		if (e.flags & VRING_DESC_F_INDIRECT)
			return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
		err = mvh_chain_add(ring, view, chain, &e);
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
			    struct mvh_chain *chain, const struct mvh_elem *head)
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
		mvh_packed_elem(&t.packed[i - t.first], &e);
		err = mvh_chain_add(ring, view, chain, &e);
		if (err)
			return err;
	}
	return 0;
}

static int mvh_split_walk(struct mvh_ring *ring, struct mvh_view *view,
			  struct mvh_chain *chain, u16 head)
{
	const struct vring_desc *desc = ring->part[MVH_PART_DESC];
	struct mvh_elem e;
	u16 i = head;
	int err;

	chain->id = head;
	for (;;) {
		if (chain->ndesc++ == ring->num)
			return mvh_ring_bad(ring, MVH_BAD_CHAIN);
		chain->n_read++;
		mvh_split_read(ring, &desc[i], &e);
		/* Nothing follows a table: NEXT beside INDIRECT is ignored. */
		if (e.flags & VRING_DESC_F_INDIRECT)
			return mvh_split_table(ring, view, chain, &e);
		err = mvh_chain_add(ring, view, chain, &e);
		if (err)
			return err;
		if (!(e.flags & VRING_DESC_F_NEXT))
			return 0;
		if (e.next >= ring->num)
			return mvh_ring_bad(ring, MVH_BAD_HEAD);
		i = array_index_nospec(e.next, ring->num);
	}
}

/* The first descriptor's flags made the chain visible (PK4); @flags are they. */
static int mvh_packed_walk(struct mvh_ring *ring, struct mvh_view *view,
			   struct mvh_chain *chain, u16 flags)
{
	const struct vring_packed_desc *desc = ring->part[MVH_PART_DESC];
	u16 pos = ring->state.avail, room = mvh_packed_room(ring);
	bool wrap = ring->state.avail_wrap;
	struct mvh_elem e;
	int err;

	for (;;) {
		if (chain->ndesc++ == room)
			return mvh_ring_bad(ring, MVH_BAD_CHAIN);
		chain->n_read++;
		mvh_packed_read(ring, &desc[pos], cpu_to_le16(flags), &e);
		mvh_packed_advance(ring, &pos, &wrap, 1);
		if (e.flags & VRING_DESC_F_INDIRECT) {
			if (chain->ndesc > 1 || e.flags & VRING_DESC_F_NEXT)
				return mvh_ring_bad(ring, MVH_BAD_INDIRECT);
			err = mvh_packed_table(ring, view, chain, &e);
		} else {
			err = mvh_chain_add(ring, view, chain, &e);
		}
		if (err)
			return err;
		if (!(e.flags & VRING_DESC_F_NEXT))
			break;
		flags = le16_to_cpu(mvh_ring_load(ring, &desc[pos].flags));
	}
	chain->id = e.id;
	ring->state.avail = pos;
	ring->state.avail_wrap = wrap;
	return 0;
}

/*
 * mvh_chain_fetch() - take the next chain from a ring
 * @view: guest memory
 * @chain: the chain, with @chain->iov and @chain->max set
 *
 * On any other outcome than 1 the position has not moved, so the same chain is
 * met again.
 *
 * Return: 1; 0 if there is none; -EAGAIN if a translation is missing (see
 * mvh_view_translate()); -EBADMSG with @ring->bad set; or -EFAULT with
 * @ring->fault set if the host cannot reach memory of the guest; or -ENOBUFS if the
 * chain has more than @chain->max pieces, which depends on where its memory is.
 */
int mvh_chain_fetch(struct mvh_ring *ring, struct mvh_view *view,
		    struct mvh_chain *chain)
{
	u16 seen = ring->seen;
	u16 first;
	int ret;

	chain->pos.avail = ring->state.avail;
	chain->pos.wrap = ring->state.avail_wrap;
	chain->n_out = 0;
	chain->n_in = 0;
	chain->n_segs = 0;
	chain->out_len = 0;
	chain->in_len = 0;
	chain->ndesc = 0;
	chain->n_read = 0;
	ret = ring->packed ? mvh_packed_next(ring, &first) :
			     mvh_split_next(ring, &first);
	if (ret > 0)
		ret = (ring->packed ?
		       mvh_packed_walk(ring, view, chain, first) :
		       mvh_split_walk(ring, view, chain, first)) ?: 1;
	if (unlikely(ring->fault)) {
		/* Nothing is known: what could not be read was taken as 0. */
		ring->seen = seen;
		ret = -EFAULT;
	}
	if (ret < 0)
		mvh_chain_leave(ring, chain);
	return ret;
}

/*
 * mvh_chain_leave() - leave a chain, and all that were fetched after it, to the guest
 * @chain: the chain, of which nothing was pushed
 *
 * The next fetch meets it again.
 */
void mvh_chain_leave(struct mvh_ring *ring, const struct mvh_chain *chain)
{
	ring->state.avail = chain->pos.avail;
	ring->state.avail_wrap = chain->pos.wrap;
}
