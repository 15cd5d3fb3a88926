// SPDX-License-Identifier: GPL-2.0
/*
 * See oracle.h.
 */
#include "oracle.h"
#include "unit.h"

/* A descriptor of either layout; @last is next (split) or id (packed). */
struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 last;
};

/* As bytes, since tables lie at any address. */
static struct desc oracle_decode(const struct rig *rig, const u8 *raw)
{
	bool le = rig->ring.le, packed = rig->ring.packed;
	struct desc d;
	u16 w[2];

	memcpy(&d.addr, raw, 8);
	memcpy(&d.len, raw + 8, 4);
	memcpy(w, raw + 12, 4);
	d.addr = __virtio64_to_cpu(le, d.addr);
	d.len = __virtio32_to_cpu(le, d.len);
	d.flags = __virtio16_to_cpu(le, w[packed]);
	d.last = __virtio16_to_cpu(le, w[!packed]);
	return d;
}

static struct desc oracle_ring_desc(const struct oracle *o, u16 i)
{
	const u8 *desc = o->rig->ring.part[MVH_PART_DESC];

	return oracle_decode(o->rig, desc + 16 * i);
}

static bool oracle_table_byte(const struct oracle *o, u64 at, u8 *byte)
{
	const struct mvh_region *r = naive_find(o->memory, at);

	if (!r || !(r->access & MVH_ACCESS_READ))
		return false;
	*byte = *(u8 *)(uintptr_t)(r->uaddr + at - r->start);
	return true;
}

static bool oracle_table_desc(const struct oracle *o, u64 at, struct desc *d)
{
	unsigned int i;
	u8 raw[16];

	for (i = 0; i < sizeof(raw); i++)
		if (!oracle_table_byte(o, at + i, &raw[i]))
			return false;
	*d = oracle_decode(o->rig, raw);
	return true;
}

static bool oracle_bad(struct oracle *o, enum mvh_bad why)
{
	o->answer = ORACLE_BAD;
	o->why = why;
	return false;
}

/* One buffer; false if it makes the chain bad. */
static bool oracle_add(struct oracle *o, const struct desc *d)
{
	bool write = d->flags & VRING_DESC_F_WRITE;
	unsigned int n = o->n_out + o->n_in;
	u64 miss;
	int got;

	if (!write && o->in_len)
		return oracle_bad(o, MVH_BAD_ORDER);
	if (d->len && o->n_segs++ == MVH_SEGS_MAX)
		return oracle_bad(o, MVH_BAD_SEGMENTS);
	got = naive_translate(o->memory, d->addr, d->len,
			      write ? MVH_ACCESS_WRITE : MVH_ACCESS_READ,
			      o->iov + n, o->rig->max - n, &miss);
	if (got == -ENOBUFS) {
		o->answer = ORACLE_NO_ROOM;
		return false;
	}
	if (got < 0)
		return oracle_bad(o, got == -EPERM ? MVH_BAD_ACCESS :
						     MVH_BAD_ADDRESS);
	if (write) {
		o->n_in += got;
		o->in_len += d->len;
	} else {
		o->n_out += got;
	}
	return true;
}

static bool oracle_table_readable(const struct oracle *o, u64 addr, u64 len)
{
	u8 byte;

	while (len--)
		if (!oracle_table_byte(o, addr + len, &byte))
			return false;
	return true;
}

/* Each entry is met once at most, so more steps than entries are a circle. */
static void oracle_walk_table(struct oracle *o, u64 addr, u32 n)
{
	bool packed = o->rig->ring.packed;
	u32 i = 0, steps;
	struct desc d;

	for (steps = 0; steps < n; steps++) {
		if (!oracle_table_desc(o, addr + 16ULL * i, &d)) {
			oracle_bad(o, MVH_BAD_ADDRESS);
			return;
		}
		if (!packed && d.flags & VRING_DESC_F_INDIRECT) {
			oracle_bad(o, MVH_BAD_INDIRECT);
			return;
		}
		if (!oracle_add(o, &d))
			return;
		i = packed ? steps + 1 : d.last;
		if (packed ? i == n : !(d.flags & VRING_DESC_F_NEXT)) {
			o->answer = ORACLE_CHAIN;
			return;
		}
		if (i >= n) {
			oracle_bad(o, MVH_BAD_INDIRECT);
			return;
		}
	}
	oracle_bad(o, MVH_BAD_CHAIN);
}

/* Split: a chain of its own.  Packed: an array. */
static void oracle_table(struct oracle *o, const struct desc *head)
{
	u32 n = head->len / 16;

	o->table = true;
	if (!head->len || head->len % 16 || n > MVH_TABLE_MAX) {
		oracle_bad(o, MVH_BAD_INDIRECT);
		return;
	}
	if (head->addr + head->len - 1 < head->addr) {
		oracle_bad(o, MVH_BAD_ADDRESS);
		return;
	}
	oracle_walk_table(o, head->addr, n);
	if (!oracle_table_readable(o, head->addr, head->len))
		o->answer = ORACLE_EITHER;
}

static void oracle_split(struct oracle *o, u16 head)
{
	u16 num = o->rig->ring.num, i = head;
	struct desc d;

	for (o->id = head; i < num; i = d.last) {
		if (o->ndesc++ == num) {
			oracle_bad(o, MVH_BAD_CHAIN);
			return;
		}
		d = oracle_ring_desc(o, i);
		if (d.flags & VRING_DESC_F_INDIRECT) {
			oracle_table(o, &d);
			return;
		}
		if (!oracle_add(o, &d))
			return;
		if (!(d.flags & VRING_DESC_F_NEXT)) {
			o->answer = ORACLE_CHAIN;
			return;
		}
	}
	oracle_bad(o, MVH_BAD_HEAD);
}

static void oracle_packed(struct oracle *o)
{
	const struct mvh_ring *ring = &o->rig->ring;
	u16 i = ring->state.avail;
	struct desc d;

	while (o->taken + o->ndesc < ring->num) {
		d = oracle_ring_desc(o, i);
		o->id = d.last;
		o->ndesc++;
		if (d.flags & VRING_DESC_F_INDIRECT) {
			if (o->ndesc > 1 || d.flags & VRING_DESC_F_NEXT)
				oracle_bad(o, MVH_BAD_INDIRECT);
			else
				oracle_table(o, &d);
			return;
		}
		if (!oracle_add(o, &d))
			return;
		if (!(d.flags & VRING_DESC_F_NEXT)) {
			o->answer = ORACLE_CHAIN;
			return;
		}
		i = (i + 1) % ring->num;
	}
	oracle_bad(o, o->ndesc ? MVH_BAD_CHAIN : MVH_BAD_INDEX);
}

static u16 oracle_avail(const struct oracle *o, unsigned int word)
{
	const __virtio16 *avail = o->rig->ring.part[MVH_PART_AVAIL];

	return __virtio16_to_cpu(o->rig->ring.le, avail[word]);
}

/**
 * oracle_ask - what is the next chain?
 * @o: its first three fields are set
 */
void oracle_ask(struct oracle *o)
{
	const struct mvh_ring *ring = &o->rig->ring;
	u16 pos = ring->state.avail, n;

	o->answer = ORACLE_NONE;
	o->table = false;
	o->n_out = o->n_in = o->n_segs = o->ndesc = o->in_len = 0;
	if (ring->packed) {
		u16 flags = oracle_ring_desc(o, pos).flags;

		if (!!(flags & BIT(7)) == ring->state.avail_wrap &&
		    !!(flags & BIT(15)) != ring->state.avail_wrap)
			oracle_packed(o);
		return;
	}
	n = oracle_avail(o, 1) - pos;
	if (n > ring->num)
		oracle_bad(o, MVH_BAD_INDEX);
	else if (n)
		oracle_split(o, oracle_avail(o, 2 + pos % ring->num));
}
