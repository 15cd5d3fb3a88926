// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests: what is accepted lies on the disk, in whole blocks, and is
 * what was asked for; what is refused had a reason.  In 128 bits, where nothing
 * wraps.
 */
#include "case.h"
#include "fuzz.h"

typedef unsigned __int128 u128;

#define HDR	sizeof(struct virtio_blk_outhdr)
#define RANGE	sizeof(struct virtio_blk_discard_write_zeroes)

static bool inside(const struct mvh_blk_limits *l, u64 sector, u128 len)
{
	u128 pos = (u128)sector * 512;

	return pos + len <= (u128)l->sectors * 512 && !(pos % l->block) &&
	       !(len % l->block);
}

static bool offered(const struct mvh_blk_limits *l, unsigned int bit)
{
	return l->features >> bit & 1;
}

static u8 want_rw(const struct mvh_blk_limits *l, u64 sector, u64 data,
		  u64 other, bool write)
{
	if (!data || other || data > 1ULL << 30 || !inside(l, sector, data) ||
	    (write && l->readonly))
		return VIRTIO_BLK_S_IOERR;
	return VIRTIO_BLK_S_OK;
}

static u8 want_ranges(const struct mvh_blk_limits *l, unsigned int bit, u64 data,
		      u64 other)
{
	if (!offered(l, bit))
		return VIRTIO_BLK_S_UNSUPP;
	if (!data || other || data % RANGE || data > 32 * RANGE || l->readonly)
		return VIRTIO_BLK_S_IOERR;
	return VIRTIO_BLK_S_OK;
}

static u8 want(const struct mvh_blk_limits *l, u32 type, u64 sector, u64 out,
	       u64 in)
{
	switch (type) {
	case 0:
		return want_rw(l, sector, in, out, false);
	case 1:
		return want_rw(l, sector, out, in, true);
	case 4:
	case 8:
		return VIRTIO_BLK_S_OK;
	case 11:
		return want_ranges(l, 13, out, in);
	case 13:
		return want_ranges(l, 14, out, in);
	case 14:
		return want_ranges(l, 16, out, in);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static void check_cmd(const struct mvh_blk_limits *l, u32 type, u64 sector,
		      u64 data, const struct mvh_blk_cmd *cmd)
{
	static const enum mvh_blk_op op[] = {
		[0] = MVH_BLK_READ, [1] = MVH_BLK_WRITE, [4] = MVH_BLK_FLUSH,
		[8] = MVH_BLK_GET_ID, [11] = MVH_BLK_DISCARD,
		[13] = MVH_BLK_WRITE_ZEROES, [14] = MVH_BLK_SECURE_ERASE,
	};

	check_eq(cmd->op, op[type]);
	check_eq(cmd->len, type == 4 ? 0 : type == 8 ? min(data, 20ULL) : data);
	check_eq(cmd->pos, type < 2 ? sector * 512 : 0);
	if (type < 2)
		check((u128)cmd->pos + cmd->len <= (u128)l->sectors * 512);
}

static void check_request(const struct mvh_blk_limits *l,
			  const struct case_blk *b)
{
	u64 data = b->type == 0 || b->type == 8 ? b->in : b->out;
	struct virtio_blk_outhdr hdr = {
		.type = (__force __virtio32)cpu_to_le32(b->type),
		.sector = (__force __virtio64)cpu_to_le64(b->sector),
	};
	struct mvh_blk_cmd cmd;
	u8 status;

	status = mvh_blk_parse(l, &hdr, b->out + HDR, b->in + 1, &cmd);
	check_eq(status, want(l, b->type, b->sector, b->out, b->in));
	if (status == VIRTIO_BLK_S_OK)
		check_cmd(l, b->type, b->sector, data, &cmd);
}

static void check_range(const struct mvh_blk_limits *l,
			const struct case_blk *b)
{
	struct virtio_blk_discard_write_zeroes from = {
		.sector = cpu_to_le64(b->sector),
		.num_sectors = cpu_to_le32(b->n),
		.flags = cpu_to_le32(b->flags),
	};
	u8 expected = VIRTIO_BLK_S_OK, status;
	struct mvh_blk_range range;

	if (b->n > 1U << 22 || !inside(l, b->sector, (u128)b->n * 512))
		expected = VIRTIO_BLK_S_IOERR;
	if (b->flags > (b->op == MVH_BLK_WRITE_ZEROES))
		expected = VIRTIO_BLK_S_UNSUPP;
	status = mvh_blk_parse_range(l, b->op, &from, &range);
	check_eq(status, expected);
	if (status != VIRTIO_BLK_S_OK)
		return;
	check_eq(range.pos, b->sector * 512);
	check_eq(range.len, (u64)b->n * 512);
	check_eq(range.unmap, b->flags & 1);
}

void fuzz_one(void)
{
	struct mvh_blk_limits limits = {};

	case_blk_limits(&fuzz_input, &limits);
	do {
		struct case_blk b = {};

		case_blk(&fuzz_input, &limits, &b);
		if (b.is_range)
			check_range(&limits, &b);
		else
			check_request(&limits, &b);
	} while (fuzz_more());
}
