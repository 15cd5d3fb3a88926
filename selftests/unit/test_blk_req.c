// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of disks: types, bounds, lengths, rights, ranges and their flags.
 */
#include "case.h"
#include "seed.h"
#include "unit.h"

#define HDR	16ull
#define STATUS	1ull
#define OK	VIRTIO_BLK_S_OK
#define IOERR	VIRTIO_BLK_S_IOERR
#define UNSUPP	VIRTIO_BLK_S_UNSUPP

#define ALL_FEATURES	(~0ull)

/* A disk of so many sectors that can do everything. */
static struct mvh_blk_limits disk(u64 sectors, u32 block)
{
	return (struct mvh_blk_limits) {
		.sectors = sectors,
		.block = block,
		.features = ALL_FEATURES,
	};
}

/* Requests to the same disk go into the same seed, as many as a fuzzer likes. */
static void save(const struct mvh_blk_limits *l, struct case_blk b)
{
	static struct seeds seeds = { .target = "blk_req" };
	static struct mvh_blk_limits disk;
	static struct code *c;
	static unsigned int n;

	if (++n == 128 || l->sectors != disk.sectors ||
	    l->block != disk.block || l->readonly != disk.readonly ||
	    l->features != disk.features) {
		n = 0;
		disk = *l;
		c = seed_new(&seeds);
		if (c)
			case_blk_limits(c, &disk);
	}
	if (c)
		case_blk(c, &disk, &b);
}

/* Parse a request; what it says besides the status is in @cmd. */
static u8 parse(const struct mvh_blk_limits *limits, u32 type, u64 sector,
		u64 out, u64 in, struct mvh_blk_cmd *cmd)
{
	struct virtio_blk_outhdr hdr = {
		.type = (__force __virtio32)cpu_to_le32(type),
		.ioprio = (__force __virtio32)cpu_to_le32(unit_rand()),
		.sector = (__force __virtio64)cpu_to_le64(sector),
	};
	struct virtio_blk_outhdr before = hdr;
	u8 status;

	save(limits, (struct case_blk) {
		.type = type, .sector = sector, .out = out, .in = in,
	     });
	memset(cmd, 0x5a, sizeof(*cmd));
	status = mvh_blk_parse(limits, &hdr, HDR + out, STATUS + in, cmd);
	check(!memcmp(&hdr, &before, sizeof(hdr)));
	if (status == OK)
		return status;
	/* What is charged for it. */
	check_eq(cmd->len, 0);
	check_eq(cmd->pos, 0);
	return status;
}

/* Likewise for a read or write; checks what is to be done. */
static u8 rw(const struct mvh_blk_limits *limits, bool write, u64 sector,
	     u64 len)
{
	struct mvh_blk_cmd cmd;
	u8 status = parse(limits, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN,
			  sector, write ? len : 0, write ? 0 : len, &cmd);

	if (status != OK)
		return status;
	check_eq(cmd.op, write ? MVH_BLK_WRITE : MVH_BLK_READ);
	check_eq(cmd.pos, sector * 512);
	check_eq(cmd.len, len);
	return status;
}

static u8 range(const struct mvh_blk_limits *limits, enum mvh_blk_op op,
		u64 sector, u32 n, u32 flags, struct mvh_blk_range *result)
{
	struct virtio_blk_discard_write_zeroes from = {
		.sector = cpu_to_le64(sector),
		.num_sectors = cpu_to_le32(n),
		.flags = cpu_to_le32(flags),
	};

	save(limits, (struct case_blk) {
		.is_range = true, .op = op, .sector = sector, .n = n,
		.flags = flags,
	     });
	memset(result, 0x5a, sizeof(*result));
	return mvh_blk_parse_range(limits, op, &from, result);
}

UNIT_TEST(test_req_layout, "B1 blk: sizes of the header and of a range")
{
	check_eq(sizeof(struct virtio_blk_outhdr), HDR);
	check_eq(sizeof(struct virtio_blk_discard_write_zeroes), 16);
	check_eq(MVH_SECTOR_SIZE, 512);
}

UNIT_TEST(test_req_types, "B3 blk: of all types those of the specification are known")
{
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_cmd cmd;
	u32 type, high;

	for (type = 0; type < 0x10000; type++) {
		bool known = false, in = false;
		u8 status;

		switch (type) {
		case 0:
		case 8:
			in = true;
			known = true;
			break;
		case 1: case 4: case 11: case 13: case 14:
			known = true;
		}
		status = parse(&limits, type, 0, in ? 0 : 512, in ? 512 : 0,
			       &cmd);
		check_eq(status, known ? OK : UNSUPP);
		/* Nothing is known with higher bits, BARRIER being one. */
		for (high = 16; high < 32; high++)
			check_eq(parse(&limits, type | 1u << high, 0, 0, 512,
				       &cmd), UNSUPP);
	}
}

UNIT_TEST(test_req_legacy, "B3 B23 blk: SCSI, BARRIER, LIFETIME and zones are not supported")
{
	static const u32 types[] = {
		2, 3, 0x80000000, 0x80000001, 0x80000004, 10, 15, 16, 18, 20,
		22, 24, 26, ~0u,
	};
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		check_eq(parse(&limits, types[i], 0, 512, 0, &cmd), UNSUPP);
		check_eq(parse(&limits, types[i], 0, 0, 512, &cmd), UNSUPP);
		check_eq(parse(&limits, types[i], 0, 0, 0, &cmd), UNSUPP);
		check_eq(parse(&limits, types[i], ~0ull, ~0ull - HDR,
			       ~0ull - STATUS, &cmd), UNSUPP);
	}
}

/* Every position and length on a small disk, against arithmetic in 128 bits. */
UNIT_TEST(test_req_inside, "B4 B5 B28 blk: reads and writes are inside, of whole blocks, above 0")
{
	static const u32 blocks[] = { 512, 1024, 4096, 65536 };
	unsigned int b, write;
	u64 sectors, sector, len;

	for (b = 0; b < ARRAY_SIZE(blocks); b++)
	for (sectors = 0; sectors <= 40; sectors += 8)
	for (sector = 0; sector <= sectors + 9; sector++)
	for (len = 0; len <= 44 * 512; len += len % 512 ? 255 : 1)
	for (write = 0; write < 2; write++) {
		struct mvh_blk_limits limits = disk(sectors, blocks[b]);
		bool good = len && sector * 512 + len <= sectors * 512 &&
			    !(sector * 512 % blocks[b]) && !(len % blocks[b]);

		check_eq(rw(&limits, write, sector, len), good ? OK : IOERR);
	}
}

UNIT_TEST(test_req_wrap, "B4 B5 blk: positions whose end or whose bytes pass 64 bits")
{
	static const u64 capacity[] = {
		1, 8, 1ull << 32, (1ull << 54) + 8, (1ull << 55) - 8,
	};
	static const u64 far[] = {
		1ull << 54, 1ull << 55, (1ull << 55) - 1, (1ull << 55) + 1,
		1ull << 56, 1ull << 63, ~0ull, ~0ull - 1, ~0ull - 7,
		~0ull / 512, ~0ull / 512 + 1, ~0ull / 512 + 8,
	};
	unsigned int c, f, write;

	for (c = 0; c < ARRAY_SIZE(capacity); c++)
	for (f = 0; f < ARRAY_SIZE(far); f++)
	for (write = 0; write < 2; write++) {
		struct mvh_blk_limits limits = disk(capacity[c], 512);
		u64 len;

		for (len = 512; len <= 1 << 20; len *= 2) {
			unsigned __int128 end =
				(unsigned __int128)far[f] * 512 + len;
			bool good = end <= (unsigned __int128)capacity[c] * 512;

			check_eq(rw(&limits, write, far[f], len),
				 good ? OK : IOERR);
		}
	}
}

UNIT_TEST(test_req_last, "B4 B5 blk: the last block, and one beyond")
{
	static const u64 capacity[] = { 8, 16, 1 << 20, 1ull << 32, 1ull << 54 };
	static const u32 blocks[] = { 512, 4096 };
	unsigned int c, b, write;

	for (c = 0; c < ARRAY_SIZE(capacity); c++)
	for (b = 0; b < ARRAY_SIZE(blocks); b++)
	for (write = 0; write < 2; write++) {
		struct mvh_blk_limits limits = disk(capacity[c], blocks[b]);
		u64 n = blocks[b] / 512, end = capacity[c];

		check_eq(rw(&limits, write, end - n, blocks[b]), OK);
		check_eq(rw(&limits, write, end - n, 2 * blocks[b]), IOERR);
		check_eq(rw(&limits, write, end, blocks[b]), IOERR);
		check_eq(rw(&limits, write, end, 0), IOERR);
		check_eq(rw(&limits, write, end + n, blocks[b]), IOERR);
		/* Positions in the middle of a block. */
		check_eq(rw(&limits, write, end - n + 1, blocks[b]), IOERR);
		if (n > 1)
			check_eq(rw(&limits, write, 1, blocks[b]), IOERR);
	}
}

UNIT_TEST(test_req_length, "B4 B5 blk: from one block up to 1 GiB, whatever the chain claims")
{
	static const u64 too_long[] = {
		(1ull << 30) + 1, (1ull << 30) + 512, 1ull << 31, 1ull << 32,
		(1ull << 32) + 512, 1ull << 41, 1ull << 62, 1ull << 63,
		~0ull - HDR, ~0ull - HDR - 511, 0ull - 512 - HDR,
	};
	struct mvh_blk_limits limits = disk(1ull << 54, 512);
	unsigned int i, write;
	u64 bit;

	for (write = 0; write < 2; write++) {
		for (bit = 512; bit <= 1ull << 30; bit <<= 1) {
			check_eq(rw(&limits, write, 7, bit), OK);
			check_eq(rw(&limits, write, 7, bit - 1), IOERR);
			check_eq(rw(&limits, write, 7, bit + 1), IOERR);
		}
		for (i = 0; i < ARRAY_SIZE(too_long); i++)
			check_eq(rw(&limits, write, 7, too_long[i]), IOERR);
	}
	check_eq(MVH_BLK_DATA_MAX, 1 << 30);
}

UNIT_TEST(test_req_direction, "B6 blk: reads have nothing to read from, writes nothing to write to")
{
	static const u64 other[] = {
		1, 2, 511, 512, 4096, 1ull << 32, ~0ull - HDR,
	};
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(other); i++) {
		check_eq(parse(&limits, VIRTIO_BLK_T_IN, 0, other[i], 512,
			       &cmd), IOERR);
		check_eq(parse(&limits, VIRTIO_BLK_T_IN, 0, other[i], 0,
			       &cmd), IOERR);
		check_eq(parse(&limits, VIRTIO_BLK_T_OUT, 0, 512, other[i],
			       &cmd), IOERR);
		check_eq(parse(&limits, VIRTIO_BLK_T_OUT, 0, 0, other[i],
			       &cmd), IOERR);
	}
}

UNIT_TEST(test_req_readonly, "B5 B16 blk: a read-only disk is read, and not written by any type")
{
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_cmd cmd;

	limits.readonly = true;
	check_eq(rw(&limits, false, 5, 1024), OK);
	check_eq(rw(&limits, true, 5, 1024), IOERR);
	check_eq(parse(&limits, VIRTIO_BLK_T_FLUSH, 0, 0, 0, &cmd), OK);
	check_eq(parse(&limits, VIRTIO_BLK_T_GET_ID, 0, 0, 20, &cmd), OK);
	check_eq(parse(&limits, VIRTIO_BLK_T_DISCARD, 0, 16, 0, &cmd), IOERR);
	check_eq(parse(&limits, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, 0, &cmd),
		 IOERR);
	check_eq(parse(&limits, VIRTIO_BLK_T_SECURE_ERASE, 0, 16, 0, &cmd),
		 IOERR);
}

UNIT_TEST(test_req_flush, "B9 blk: a flush has no position and no data that count")
{
	static const u64 any[] = { 0, 1, 511, 512, 1ull << 40, ~0ull - HDR };
	struct mvh_blk_limits limits = disk(8, 4096);
	struct mvh_blk_cmd cmd;
	unsigned int o, i;

	/* Also from a driver that did not ask for it. */
	for (limits.features = 0; ; limits.features = ALL_FEATURES) {
		for (o = 0; o < ARRAY_SIZE(any); o++)
		for (i = 0; i < ARRAY_SIZE(any); i++) {
			check_eq(parse(&limits, VIRTIO_BLK_T_FLUSH, ~0ull - o,
				       any[o], any[i], &cmd), OK);
			check_eq(cmd.op, MVH_BLK_FLUSH);
			check_eq(cmd.len, 0);
			check_eq(cmd.pos, 0);
		}
		if (limits.features)
			break;
	}
}

UNIT_TEST(test_req_get_id, "B15 blk: a serial number has 20 bytes, or as many as there is room for")
{
	static const u64 room[] = { 0, 1, 19, 20, 21, 512, 1ull << 40,
				    ~0ull - STATUS };
	struct mvh_blk_limits limits = disk(8, 4096);
	struct mvh_blk_cmd cmd;
	unsigned int i;

	limits.features = 0;
	for (i = 0; i < ARRAY_SIZE(room); i++) {
		check_eq(parse(&limits, VIRTIO_BLK_T_GET_ID, 12345, 0, room[i],
			       &cmd), OK);
		check_eq(cmd.op, MVH_BLK_GET_ID);
		/* A guest that claims more is not charged for it. */
		check_eq(cmd.len, min(room[i], 20ull));
		check_eq(cmd.pos, 0);
	}
}

struct kind {
	u32 type;
	u32 feature;
	enum mvh_blk_op op;
};

static const struct kind kinds[] = {
	{ VIRTIO_BLK_T_DISCARD, 13, MVH_BLK_DISCARD },
	{ VIRTIO_BLK_T_WRITE_ZEROES, 14, MVH_BLK_WRITE_ZEROES },
	{ VIRTIO_BLK_T_SECURE_ERASE, 16, MVH_BLK_SECURE_ERASE },
};

UNIT_TEST(test_req_negotiated, "B18 blk: discard, zeroing and erasure each need their own feature")
{
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_cmd cmd;
	unsigned int k, bit;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
	for (bit = 0; bit < 64; bit++) {
		bool ours = bit == kinds[k].feature;

		limits.features = 1ull << bit;
		check_eq(parse(&limits, kinds[k].type, 0, 16, 0, &cmd),
			 ours ? OK : UNSUPP);
		if (ours)
			check_eq(cmd.op, kinds[k].op);
		limits.features = ~limits.features;
		check_eq(parse(&limits, kinds[k].type, 0, 16, 0, &cmd),
			 ours ? UNSUPP : OK);
		/* UNSUPP, however wrong the rest. */
		if (ours) {
			limits.readonly = true;
			check_eq(parse(&limits, kinds[k].type, 0, 0, 1, &cmd),
				 UNSUPP);
			limits.readonly = false;
		}
	}
}

UNIT_TEST(test_req_list, "B16 blk: a list has 1 to 32 ranges of 16 bytes and nothing to write to")
{
	static const u64 lengths[] = {
		1ull << 32, (1ull << 32) + 16, 1ull << 36, 1ull << 63,
		~0ull - HDR - 15, ~0ull - HDR,
	};
	struct mvh_blk_limits limits = disk(8, 4096);
	struct mvh_blk_cmd cmd;
	unsigned int k, i;
	u64 len;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		u32 type = kinds[k].type;

		for (len = 0; len < 40 * 16; len++) {
			bool good = len && !(len % 16) && len <= 32 * 16;

			/* The header's own position does not count. */
			check_eq(parse(&limits, type, ~0ull, len, 0, &cmd),
				 good ? OK : IOERR);
			if (good) {
				check_eq(cmd.op, kinds[k].op);
				check_eq(cmd.len, len);
				check_eq(cmd.pos, 0);
			}
			check_eq(parse(&limits, type, 0, len, 1, &cmd), IOERR);
			check_eq(parse(&limits, type, 0, len, 512, &cmd),
				 IOERR);
		}
		for (i = 0; i < ARRAY_SIZE(lengths); i++)
			check_eq(parse(&limits, type, 0, lengths[i], 0, &cmd),
				 IOERR);
	}
	check_eq(MVH_BLK_RANGES_MAX, 32);
}

UNIT_TEST(test_range_flags, "B17 blk: every flag of a range; only zeroing knows UNMAP")
{
	struct mvh_blk_limits limits = disk(1000, 512);
	struct mvh_blk_range r;
	unsigned int k, bit;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		enum mvh_blk_op op = kinds[k].op;
		bool zeroes = op == MVH_BLK_WRITE_ZEROES;

		check_eq(range(&limits, op, 0, 8, 0, &r), OK);
		check_eq(r.unmap, false);
		for (bit = 0; bit < 32; bit++) {
			bool good = zeroes && !bit;

			check_eq(range(&limits, op, 0, 8, 1u << bit, &r),
				 good ? OK : UNSUPP);
			if (good)
				check_eq(r.unmap, true);
			/* Whatever else is wrong. */
			if (!good)
				check_eq(range(&limits, op, ~0ull, ~0u,
					       1u << bit, &r), UNSUPP);
			if (bit)
				check_eq(range(&limits, op, 0, 8,
					       1u << bit | 1, &r), UNSUPP);
		}
		check_eq(range(&limits, op, 0, 8, ~0u, &r), UNSUPP);
		check_eq(range(&limits, op, 0, 8, ~1u, &r), UNSUPP);
	}
}

UNIT_TEST(test_range_inside, "B16 B28 blk: ranges are inside and of whole blocks, 0 sectors too")
{
	static const u32 blocks[] = { 512, 4096 };
	unsigned int k, b;
	u64 sectors, sector;
	u32 n;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
	for (b = 0; b < ARRAY_SIZE(blocks); b++)
	for (sectors = 8; sectors <= 40; sectors += 8)
	for (sector = 0; sector <= sectors + 9; sector++)
	for (n = 0; n <= 44; n++) {
		struct mvh_blk_limits limits = disk(sectors, blocks[b]);
		bool good = sector + n <= sectors &&
			    !(sector * 512 % blocks[b]) &&
			    !(n * 512 % blocks[b]);
		struct mvh_blk_range r;

		check_eq(range(&limits, kinds[k].op, sector, n, 0, &r),
			 good ? OK : IOERR);
		if (!good)
			continue;
		check_eq(r.pos, sector * 512);
		check_eq(r.len, (u64)n * 512);
	}
}

UNIT_TEST(test_range_wrap, "B16 blk: ranges whose end or whose bytes pass 64 bits")
{
	static const u64 far[] = {
		1ull << 54, 1ull << 55, (1ull << 55) - 8, (1ull << 55) + 8,
		1ull << 63, ~0ull, ~0ull - 1, ~0ull - 7, ~0ull - (1 << 22) + 1,
	};
	static const u32 n[] = { 0, 1, 8, 1 << 22 };
	struct mvh_blk_limits limits = disk(1ull << 40, 512);
	struct mvh_blk_range r;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(far); i++)
	for (k = 0; k < ARRAY_SIZE(n); k++)
		check_eq(range(&limits, MVH_BLK_WRITE_ZEROES, far[i], n[k], 0,
			       &r), IOERR);
}

UNIT_TEST(test_range_length, "B16 blk: a range has 2^22 sectors at most")
{
	static const u32 too_many[] = {
		(1 << 22) + 1, (1 << 22) + 8, 1 << 23, 1u << 31, ~0u, ~0u - 7,
	};
	struct mvh_blk_limits limits = disk(1ull << 54, 512);
	struct mvh_blk_range r;
	unsigned int k, i;
	u32 n;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		enum mvh_blk_op op = kinds[k].op;

		for (n = 1; n <= 1 << 22; n <<= 1) {
			check_eq(range(&limits, op, 1ull << 53, n, 0, &r), OK);
			check_eq(r.pos, 1ull << 62);
			check_eq(r.len, (u64)n << 9);
		}
		for (i = 0; i < ARRAY_SIZE(too_many); i++)
			check_eq(range(&limits, op, 0, too_many[i], 0, &r),
				 IOERR);
	}
	check_eq(MVH_BLK_RANGE_SECTORS, 1 << 22);
}

/* Anything at all, against the rules written down once more. */
static u8 expected(const struct mvh_blk_limits *l, u32 type, u64 sector,
		   u64 out, u64 in)
{
	bool write = type == VIRTIO_BLK_T_OUT;
	u64 len = write ? out : in, other = write ? in : out;
	u32 feature = type == 11 ? 13 : type == 13 ? 14 : 16;

	switch (type) {
	case 0:
	case 1:
		if (!len || len > 1 << 30 || other || len % l->block)
			return IOERR;
		if ((unsigned __int128)sector * 512 + len >
		    (unsigned __int128)l->sectors * 512)
			return IOERR;
		if (sector * 512 % l->block || (write && l->readonly))
			return IOERR;
		return OK;
	case 4:
	case 8:
		return OK;
	case 11:
	case 13:
	case 14:
		if (!(l->features >> feature & 1))
			return UNSUPP;
		if (!out || out % 16 || out > 512 || in || l->readonly)
			return IOERR;
		return OK;
	default:
		return UNSUPP;
	}
}

static u64 some_u64(void)
{
	switch (unit_rand_below(4)) {
	case 0:
		return unit_rand_below(64) * 512;
	case 1:
		return unit_rand_below(64);
	case 2:
		return (1ull << unit_rand_below(63)) + unit_rand_below(3) - 1;
	default:
		return unit_rand() >> (1 + unit_rand_below(63));
	}
}

UNIT_TEST(test_req_random, "B3 B4 B5 B6 B16 B18 blk: random requests against a model")
{
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 400000; i++) {
		struct mvh_blk_limits limits = {
			.sectors = some_u64() >> 9,
			.block = 512u << unit_rand_below(8),
			.readonly = !unit_rand_below(4),
			.features = unit_rand(),
		};
		u32 type = unit_rand_below(20) ? unit_rand_below(18) :
						 (u32)unit_rand();
		u64 sector = unit_rand_below(2) ? some_u64() >> 9 : some_u64();
		u64 out = unit_rand_below(2) ? 0 : some_u64();
		u64 in = unit_rand_below(2) ? 0 : some_u64();
		struct mvh_blk_cmd cmd;

		check_eq(parse(&limits, type, sector, out, in, &cmd),
			 expected(&limits, type, sector, out, in));
	}
}
