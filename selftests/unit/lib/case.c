// SPDX-License-Identifier: GPL-2.0
/*
 * See case.h.
 */
#include "case.h"

/* One in @n is true. */
static bool case_rare(struct code *c, bool v, u8 n)
{
	return !(code_u8(c, !v) % n);
}

/**
 * case_net - write or read a case of net_hdr
 * @c: where
 * @n: the case
 */
void case_net(struct code *c, struct case_net *n)
{
	n->features[0] = code_u64(c, n->features[0]);
	n->features[1] = code_u64(c, n->features[1]);
	n->le = code_u8(c, n->le) & 1;
	if (code_u8(c, n->len < 256) & 1)
		n->len = code_u8(c, n->len);
	else
		n->len = code_u32(c, n->len);
	code_bytes(c, &n->hdr, sizeof(n->hdr));
}

/**
 * case_blk_limits - write or read what a case of blk_req begins with
 * @c: where
 * @l: a disk
 *
 * A file cannot be longer than 2^63 bytes, 2^54 sectors.
 */
void case_blk_limits(struct code *c, struct mvh_blk_limits *l)
{
	l->sectors = code_edge(c, l->sectors) % ((1ULL << 54) + 1);
	l->block = 512U << code_u8(c, __builtin_ctz(l->block | 1U << 16) - 9) % 8;
	l->readonly = case_rare(c, l->readonly, 4);
	if (code_u8(c, l->features == U64_MAX) & 3)
		l->features = U64_MAX;
	else
		l->features = code_u64(c, l->features);
}

/* At the end of the disk, at the end of all numbers, or anywhere. */
static u64 case_sector(struct code *c, u64 sectors, u64 v)
{
	u8 kind = 2;

	if (sectors - v < 64)
		kind = (sectors - v) << 2;
	else if (0 - v < 64)
		kind = (0 - v) << 2 | 1;
	kind = code_u8(c, kind);
	switch (kind & 3) {
	case 0:
		return sectors - (kind >> 2);
	case 1:
		return 0ULL - (kind >> 2);
	default:
		return code_edge(c, v);
	}
}

static u64 case_data(struct code *c, u64 v)
{
	u8 kind = code_u8(c, v % 512 || v / 512 > 127 ? 0 : v / 512 << 1 | 1);

	return kind & 1 ? (kind >> 1) * 512ULL : code_edge(c, v);
}

/* Sums of 32-bit lengths: a chain has no more. */
static u64 case_sum(u64 v)
{
	return v % (1ULL << 48);
}

static void case_request(struct code *c, u64 sectors, struct case_blk *b)
{
	u32 type = b->type + 1;
	u64 *data, *other;

	b->sector = case_sector(c, sectors, b->sector);
	type = code_u8(c, type < 32 ? type : 0) & 31;
	b->type = (type ?: code_u32(c, b->type + 1)) - 1;
	data = b->type == VIRTIO_BLK_T_IN || b->type == VIRTIO_BLK_T_GET_ID ?
	       &b->in : &b->out;
	other = data == &b->in ? &b->out : &b->in;
	*data = case_sum(case_data(c, *data));
	if (code_u8(c, !*other) & 7)
		*other = 0;
	else
		*other = case_sum(code_edge(c, *other));
}

static void case_range(struct code *c, u64 sectors, struct case_blk *b)
{
	b->op = MVH_BLK_DISCARD + code_u8(c, b->op - MVH_BLK_DISCARD) % 3;
	b->sector = case_sector(c, sectors, b->sector);
	b->n = case_data(c, b->n * 512ULL) / 512;
	if (code_u8(c, b->flags < 2) & 7)
		b->flags = code_u8(c, b->flags) & 1;
	else
		b->flags = code_u32(c, b->flags);
}

/**
 * case_blk - write or read a case of blk_req
 * @c: where
 * @l: its disk
 * @b: the case
 */
void case_blk(struct code *c, const struct mvh_blk_limits *l,
	      struct case_blk *b)
{
	b->is_range = !(code_u8(c, !b->is_range) & 1);
	if (b->is_range)
		case_range(c, l->sectors, b);
	else
		case_request(c, l->sectors, b);
}

/**
 * case_scsi_lu - write or read what a case of scsi_cdb begins with
 * @c: where
 * @lu: a logical unit
 *
 * A file cannot be longer than 2^63 bytes.
 */
void case_scsi_lu(struct code *c, struct mvh_scsi_lu *lu)
{
	lu->shift = 9 + code_u8(c, lu->shift - 9) % 4;
	lu->blocks = 1 + code_edge(c, lu->blocks - 1) % (1ULL << (63 - lu->shift));
	lu->readonly = case_rare(c, lu->readonly, 4);
	lu->unmap = !case_rare(c, !lu->unmap, 4);
	lu->wce = code_u8(c, lu->wce) & 1;
	lu->zeroes = code_u8(c, lu->zeroes) & 1;
	code_bytes(c, lu->serial, sizeof(lu->serial));
}

/**
 * case_scsi - write or read a case of scsi_cdb
 * @c: where
 * @s: the case
 *
 * Of the list only its first bytes are drawn, the rest repeats them.
 */
void case_scsi(struct code *c, struct case_scsi *s)
{
	u32 i;

	code_bytes(c, s->cdb, sizeof(s->cdb));
	s->nexus = code_u8(c, s->nexus) % 4;
	code_bytes(c, s->list, 32);
	for (i = 32; i < sizeof(s->list); i++)
		s->list[i] = s->list[i - 24];
}

static void case_region(struct code *c, struct mvh_region *r)
{
	bool all = !r->start && r->last == U64_MAX && !r->uaddr;

	/* All there is, whose length is no number. */
	if (case_rare(c, all, 16)) {
		r->start = 0;
		r->last = U64_MAX;
		r->uaddr = 0;
	} else {
		r->start = code_addr(c, r->start);
		r->last = r->start + code_span(c, r->last - r->start);
		r->uaddr = code_edge(c, r->uaddr);
	}
	r->access = code_u8(c, r->access) & 3;
}

/**
 * case_table - write or read what an input of mem begins with
 * @c: where
 * @t: a table
 */
void case_table(struct code *c, struct case_table *t)
{
	unsigned int i;

	t->cached = code_u8(c, t->cached) & 1;
	if (t->cached)
		return;
	t->n = code_below(c, t->n, CASE_TABLE_MAX + 1);
	for (i = 0; i < t->n; i++)
		case_region(c, &t->region[i]);
}

static enum case_map_kind case_map_kind(u8 kind)
{
	if (kind < CASE_MAP_INSERT)
		return kind;
	return kind < CASE_MAP_LOOK ? CASE_MAP_INSERT : CASE_MAP_LOOK;
}

/**
 * case_map - write or read a step of mem
 * @c: where
 * @m: the step
 */
void case_map(struct code *c, struct case_map *m)
{
	m->kind = case_map_kind(code_u8(c, m->kind) % 32);
	switch (m->kind) {
	case CASE_MAP_REMOVE:
		m->region.start = code_addr(c, m->region.start);
		m->region.last = m->region.start +
			code_span(c, m->region.last - m->region.start);
		break;
	case CASE_MAP_COPY:
		break;
	case CASE_MAP_INSERT:
		case_region(c, &m->region);
		m->limit = 1 + code_below(c, m->limit - 1, 16);
		m->fails = case_rare(c, m->fails, 8);
		break;
	case CASE_MAP_LOOK:
		m->addr = code_addr(c, m->addr);
		m->len = code_span(c, m->len);
		m->how = code_u8(c, m->how);
	}
}

/**
 * case_io_vdpa - write or read what an input of iotlb begins with
 * @c: where
 * @vdpa: all translations there are, instead of a cache of some
 */
void case_io_vdpa(struct code *c, bool *vdpa)
{
	*vdpa = code_u8(c, *vdpa) & 1;
}

static enum case_io_kind case_io_kind(u8 kind)
{
	if (kind & 64)
		return CASE_IO_LOOK;
	return min(kind % 6, CASE_IO_UPDATE);
}

/**
 * case_io - write or read a step of iotlb
 * @c: where
 * @io: the step
 */
void case_io(struct code *c, struct case_io *io)
{
	io->kind = case_io_kind(code_u8(c, io->kind));
	io->iova = code_addr(c, io->iova);
	io->size = code_span(c, io->size);
	io->uaddr = code_edge(c, io->uaddr);
	if (io->kind != CASE_IO_LOOK) {
		io->perm = code_below(c, io->perm, 5);
		return;
	}
	io->perm = code_u8(c, io->perm);
	io->view = code_u8(c, io->view);
}
