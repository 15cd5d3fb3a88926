// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests: what is accepted lies on the disk, in whole blocks, and is
 * what was asked for; what is refused had a reason.  In 128 bits, where nothing
 * wraps.
 */
#include "blk/req.h"
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

/* A file cannot be longer than this. */
static struct mvh_blk_limits some_limits(void)
{
	return (struct mvh_blk_limits) {
		.sectors = fuzz_edge() % (1ULL << 54),
		.block = 512U << fuzz_u8() % 8,
		.readonly = !(fuzz_u8() % 4),
		.features = fuzz_u8() & 3 ? U64_MAX : fuzz_u64(),
	};
}

/* At the end of the disk, at the end of all numbers, or anywhere. */
static u64 some_sector(const struct mvh_blk_limits *l)
{
	u8 kind = fuzz_u8();

	switch (kind & 3) {
	case 0:
		return l->sectors - (kind >> 2);
	case 1:
		return 0ULL - (kind >> 2);
	default:
		return fuzz_edge();
	}
}

static u64 some_data(void)
{
	u8 kind = fuzz_u8();

	return kind & 1 ? (kind >> 1) * 512ULL : fuzz_edge();
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

static void check_request(const struct mvh_blk_limits *l)
{
	u64 sector = some_sector(l), data = some_data(), out, in;
	u64 other = fuzz_u8() & 7 ? 0 : fuzz_edge();
	u32 type = fuzz_u8() & 31 ?: fuzz_u32();
	struct virtio_blk_outhdr hdr = {
		.type = (__force __virtio32)cpu_to_le32(type - 1),
		.sector = (__force __virtio64)cpu_to_le64(sector),
	};
	struct mvh_blk_cmd cmd;
	u8 status;

	type--;
	/* Sums of 32-bit lengths: a chain has no more. */
	data %= 1ULL << 48;
	other %= 1ULL << 48;
	out = type == 0 || type == 8 ? other : data;
	in = type == 0 || type == 8 ? data : other;
	status = mvh_blk_parse(l, &hdr, out + HDR, in + 1, &cmd);
	check_eq(status, want(l, type, sector, out, in));
	if (status == VIRTIO_BLK_S_OK)
		check_cmd(l, type, sector, data, &cmd);
}

static void check_range(const struct mvh_blk_limits *l)
{
	static const enum mvh_blk_op ops[] = {
		MVH_BLK_DISCARD, MVH_BLK_WRITE_ZEROES, MVH_BLK_SECURE_ERASE,
	};
	enum mvh_blk_op op = ops[fuzz_u8() % 3];
	u64 sector = some_sector(l);
	u32 n = some_data() / 512, flags = fuzz_u8() & 7 ? fuzz_u8() & 1 : fuzz_u32();
	struct virtio_blk_discard_write_zeroes from = {
		.sector = cpu_to_le64(sector),
		.num_sectors = cpu_to_le32(n),
		.flags = cpu_to_le32(flags),
	};
	u8 expected = VIRTIO_BLK_S_OK, status;
	struct mvh_blk_range range;

	if (n > 1U << 22 || !inside(l, sector, (u128)n * 512))
		expected = VIRTIO_BLK_S_IOERR;
	if (flags > (op == MVH_BLK_WRITE_ZEROES))
		expected = VIRTIO_BLK_S_UNSUPP;
	status = mvh_blk_parse_range(l, op, &from, &range);
	check_eq(status, expected);
	if (status != VIRTIO_BLK_S_OK)
		return;
	check_eq(range.pos, sector * 512);
	check_eq(range.len, (u64)n * 512);
	check_eq(range.unmap, flags & 1);
}

void fuzz_one(void)
{
	struct mvh_blk_limits limits = some_limits();

	do {
		if (fuzz_u8() & 1)
			check_request(&limits);
		else
			check_range(&limits);
	} while (fuzz_more());
}
