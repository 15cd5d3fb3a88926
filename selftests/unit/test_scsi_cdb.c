// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI commands: which there are, their fields, bounds, and lists of ranges.
 */
#include <stdlib.h>
#include "case.h"
#include "seed.h"
#include "unit.h"

#define GOOD	MVH_SAM_GOOD
#define CHECK	MVH_SAM_CHECK_CONDITION

static struct mvh_scsi_lu disk(u64 blocks, u8 shift)
{
	return (struct mvh_scsi_lu) {
		.blocks = blocks, .shift = shift, .unmap = true,
		.wce = true, .wce_default = true,
	};
}

/* Commands to the same disk go into the same seed. */
static void save(const struct mvh_scsi_lu *lu, const u8 *cdb)
{
	static struct seeds seeds = { .target = "scsi_cdb" };
	static struct mvh_scsi_lu last;
	static struct code *c;
	static unsigned int n;

	if (++n == 32 || memcmp(lu, &last, sizeof(last))) {
		struct mvh_scsi_lu copy = *lu;

		n = 0;
		last = *lu;
		c = seed_new(&seeds);
		if (c)
			case_scsi_lu(c, &copy);
	}
	if (c) {
		struct case_scsi s = {};

		memcpy(s.cdb, cdb, sizeof(s.cdb));
		case_scsi(c, &s);
	}
}

static u8 parse(const struct mvh_scsi_lu *lu, const u8 *cdb,
		struct mvh_scsi_cmd *cmd)
{
	u8 status;

	save(lu, cdb);
	memset(cmd, 0x5a, sizeof(*cmd));
	status = mvh_scsi_parse(lu, cdb, cmd);
	if (status == GOOD)
		check_eq(cmd->sense.code, 0);
	else
		check(cmd->sense.code);
	return status;
}

/* A refusal that names a bit of the command. */
static void refused(const struct mvh_scsi_lu *lu, const u8 *cdb, u16 byte, u8 bit)
{
	struct mvh_scsi_cmd cmd;

	check_eq(parse(lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.code, MVH_SENSE_INVALID_CDB_FIELD);
	check_eq(cmd.sense.where, MVH_SENSE_IN_CDB);
	check_eq(cmd.sense.byte, byte);
	check_eq(cmd.sense.bit, bit);
}

static void refused_with(const struct mvh_scsi_lu *lu, const u8 *cdb, u32 code)
{
	struct mvh_scsi_cmd cmd;

	check_eq(parse(lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.code, code);
	check_eq(cmd.sense.where, MVH_SENSE_NOWHERE);
}

/* What the standards say of the length of each command that is known here. */
static u32 cdb_len(u8 code)
{
	if (code < 0x20)
		return 6;
	if (code < 0x60)
		return 10;
	return code < 0xa0 ? 16 : 12;
}

static void put(u8 *to, u64 v, u32 n)
{
	while (n--) {
		to[n] = v;
		v >>= 8;
	}
}

static const struct known {
	u8 code;
	int action;
} known[] = {
	{ 0x00, -1 }, { 0x03, -1 }, { 0x08, -1 }, { 0x0a, -1 }, { 0x12, -1 },
	{ 0x15, -1 }, { 0x16, -1 }, { 0x17, -1 }, { 0x1a, -1 }, { 0x1b, -1 },
	{ 0x1e, -1 }, { 0x25, -1 }, { 0x28, -1 }, { 0x2a, -1 }, { 0x2f, -1 },
	{ 0x35, -1 }, { 0x41, -1 }, { 0x42, -1 }, { 0x55, -1 }, { 0x56, -1 },
	{ 0x57, -1 }, { 0x5a, -1 }, { 0x88, -1 }, { 0x89, -1 }, { 0x8a, -1 },
	{ 0x8f, -1 }, { 0x91, -1 }, { 0x93, -1 }, { 0xa0, -1 }, { 0xa8, -1 },
	{ 0xaa, -1 }, { 0x9e, 0x10 }, { 0xa3, 0x0c },
	{ 0x5e, 0 }, { 0x5e, 1 }, { 0x5e, 2 }, { 0x5e, 3 },
	{ 0x5f, 0 }, { 0x5f, 1 }, { 0x5f, 2 }, { 0x5f, 3 }, { 0x5f, 4 },
	{ 0x5f, 5 }, { 0x5f, 6 },
};

static bool is_known(u8 code, u8 action, bool *other)
{
	unsigned int i;

	*other = false;
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].code != code)
			continue;
		if (known[i].action < 0 || known[i].action == action)
			return true;
		*other = true;
	}
	return false;
}

UNIT_TEST(test_scsi_codes, "S2 scsi: of all operation codes and service actions those that are listed are known")
{
	struct mvh_scsi_lu lu = disk(1000, 9);
	struct mvh_scsi_cmd cmd;
	unsigned int code, action;

	for (code = 0; code < 256; code++)
	for (action = 0; action < 32; action++) {
		u8 cdb[MVH_CDB_LEN] = { code, action };
		bool other;

		if (is_known(code, action, &other)) {
			parse(&lu, cdb, &cmd);
			check(cmd.sense.code != MVH_SENSE_INVALID_OPCODE);
		} else if (other) {
			refused(&lu, cdb, 1, 4);
		} else {
			refused_with(&lu, cdb, MVH_SENSE_INVALID_OPCODE);
		}
	}
}

/* The map of the bits that have a meaning, as it is reported. */
static void usage(const struct mvh_scsi_lu *lu, const struct known *k, u8 *to)
{
	u8 cdb[MVH_CDB_LEN] = { 0xa3, 0x0c, k->action < 0 ? 1 : 2, k->code };
	u8 data[MVH_SCSI_ANSWER_MAX];

	if (k->action >= 0)
		cdb[5] = k->action;
	check_eq(mvh_scsi_report_opcodes(lu, cdb, data), 4 + cdb_len(k->code));
	check_eq(data[1], 3);
	check_eq(mvh_get_be16(data + 2), cdb_len(k->code));
	memcpy(to, data + 4, cdb_len(k->code));
	check_eq(to[0], k->code);
	if (k->action >= 0) {
		check_eq(to[1] & 0x1f, k->action);
		to[1] |= 0x1f;
	}
}

UNIT_TEST(test_scsi_usage, "S3 S6 scsi: a bit that is not reported as used is refused, and named")
{
	struct mvh_scsi_lu lu = disk(1000, 9);
	unsigned int i, byte, bit;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		u32 len = cdb_len(known[i].code);
		u8 map[MVH_CDB_MAX];

		usage(&lu, &known[i], map);
		/* The control byte has nothing that is supported: no ACA. */
		check_eq(map[len - 1], 0);
		for (byte = 1; byte < len; byte++)
		for (bit = 0; bit < 8; bit++) {
			u8 cdb[MVH_CDB_LEN] = { known[i].code };

			if (known[i].action > 0)
				cdb[1] = known[i].action;
			cdb[byte] |= 1 << bit;
			if (!(map[byte] >> bit & 1))
				refused(&lu, cdb, byte, bit);
		}
		/* What is behind the command is no part of it. */
		for (byte = len; byte < MVH_CDB_LEN; byte++) {
			u8 cdb[MVH_CDB_LEN] = { known[i].code };
			struct mvh_scsi_cmd a, b;
			u8 status;

			if (known[i].action > 0)
				cdb[1] = known[i].action;
			status = parse(&lu, cdb, &a);
			cdb[byte] = 0xff;
			check_eq(parse(&lu, cdb, &b), status);
			check_eq(a.op, b.op);
			check_eq(a.sense.code, b.sense.code);
		}
	}
}

UNIT_TEST(test_scsi_lun, "S1 scsi: addresses of logical units")
{
	static const struct {
		u8 lun[8];
		int want;
	} cases[] = {
		{ { 1, 0, 0x40, 0 }, 0 },
		{ { 1, 0, 0x40, 7 }, 7 },
		{ { 1, 0, 0x41, 2 }, 258 },
		{ { 1, 0, 0x7f, 0xff }, 16383 },
		{ { 1, 0, 0, 0 }, 0 },
		{ { 1, 0, 0, 255 }, 255 },
		{ { 1, 0, 1, 0 }, -ENODEV },
		{ { 1, 0, 0x3f, 0 }, -ENODEV },
		{ { 1, 0, 0x80, 0 }, -ENODEV },
		{ { 1, 0, 0xc1, 1 }, -ENODEV },
		{ { 1, 1, 0x40, 0 }, -ENODEV },
		{ { 1, 255, 0x40, 0 }, -ENODEV },
		{ { 0, 0, 0x40, 0 }, -ENODEV },
		{ { 2, 0, 0x40, 0 }, -ENODEV },
		{ { 0xc1, 1, 0, 0 }, -ENODEV },
		{ { 1, 0, 0x40, 0, 0, 0, 0, 1 }, -ENODEV },
		{ { 1, 0, 0x40, 0, 0x80 }, -ENODEV },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_eq(mvh_scsi_parse_lun(cases[i].lun), cases[i].want);
}

/* A command that reads or writes blocks. */
struct rw {
	u8 code;
	bool write;
	u8 lba_at;
	u8 lba_len;
	u8 n_at;
	u8 n_len;
};

static const struct rw rws[] = {
	{ 0x28, false, 2, 4, 7, 2 }, { 0x2a, true, 2, 4, 7, 2 },
	{ 0x88, false, 2, 8, 10, 4 }, { 0x8a, true, 2, 8, 10, 4 },
	{ 0xa8, false, 2, 4, 6, 4 }, { 0xaa, true, 2, 4, 6, 4 },
};

static u64 some_u64(void)
{
	switch (unit_rand_below(3)) {
	case 0:
		return unit_rand_below(64);
	case 1:
		return (1ull << unit_rand_below(63)) + unit_rand_below(3) - 1;
	default:
		return unit_rand() >> unit_rand_below(64);
	}
}

UNIT_TEST(test_scsi_rw, "S5 S8 scsi: reads and writes against arithmetic in 128 bits")
{
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 200000; i++) {
		const struct rw *rw = &rws[unit_rand_below(ARRAY_SIZE(rws))];
		u8 shift = 9 + unit_rand_below(4);
		struct mvh_scsi_lu lu = disk(1 + (some_u64() >> 13), shift);
		u8 cdb[MVH_CDB_LEN] = { rw->code, unit_rand() & 0x18 };
		u64 lba = unit_rand_below(3) ? some_u64() :
			  lu.blocks - unit_rand_below(5);
		u64 n = unit_rand_below(9) ? some_u64() : 0;
		struct mvh_scsi_cmd cmd;

		put(cdb + rw->lba_at, lba, rw->lba_len);
		put(cdb + rw->n_at, n, rw->n_len);
		if (rw->lba_len == 4)
			lba = (u32)lba;
		n = rw->n_len == 2 ? (u16)n : (u32)n;
		lu.readonly = !unit_rand_below(8);
		if (lu.readonly && rw->write) {
			refused_with(&lu, cdb, MVH_SENSE_WRITE_PROTECTED);
		} else if ((unsigned __int128)lba + n > lu.blocks) {
			refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
		} else if (n << shift > 1u << 30) {
			refused(&lu, cdb, rw->n_at, 7);
		} else {
			check_eq(parse(&lu, cdb, &cmd), GOOD);
			check_eq(cmd.op, !n ? MVH_SCSI_NOTHING : rw->write ?
				 MVH_SCSI_WRITE : MVH_SCSI_READ);
			check_eq(cmd.pos, lba << shift);
			check_eq(cmd.len, n << shift);
			check_eq(cmd.out, rw->write ? n << shift : 0);
			check_eq(cmd.in, rw->write ? 0 : n << shift);
			check_eq(cmd.fua, cdb[1] >> 3 & 1);
		}
	}
}

UNIT_TEST(test_scsi_rw6, "S8 scsi: short reads and writes: 21 bits of block, 0 blocks are 256")
{
	struct mvh_scsi_lu lu = disk(1 << 21, 12);
	unsigned int write, n;
	struct mvh_scsi_cmd cmd;

	for (write = 0; write < 2; write++)
	for (n = 0; n < 256; n++) {
		u32 blocks = n ?: 256, lba = (1 << 21) - blocks;
		u8 cdb[MVH_CDB_LEN] = { write ? 0x0a : 0x08 };

		put(cdb + 1, lba, 3);
		cdb[4] = n;
		check_eq(parse(&lu, cdb, &cmd), GOOD);
		check_eq(cmd.op, write ? MVH_SCSI_WRITE : MVH_SCSI_READ);
		check_eq(cmd.pos, (u64)lba << 12);
		check_eq(cmd.len, blocks << 12);
		check_eq(cmd.fua, false);
		if (blocks == 1)
			continue;
		put(cdb + 1, lba + 1, 3);
		refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	}
}

UNIT_TEST(test_scsi_sync, "S9 scsi: a flush of any range that exists")
{
	struct mvh_scsi_lu lu = disk(1ull << 40, 9);
	u8 short_cdb[MVH_CDB_LEN] = { 0x35, 0x02, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff };
	u8 cdb[MVH_CDB_LEN] = { 0x91 };
	struct mvh_scsi_cmd cmd;

	check_eq(parse(&lu, short_cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_FLUSH);
	check_eq(cmd.len, 0);
	check_eq(cmd.out, 0);
	check_eq(cmd.in, 0);
	put(cdb + 2, 1ull << 40, 8);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	put(cdb + 10, 1, 4);
	refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	put(cdb + 2, ~0ull, 8);
	refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	put(cdb + 2, 0, 8);
	put(cdb + 10, ~0u, 4);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_FLUSH);
	lu.readonly = true;
	check_eq(parse(&lu, cdb, &cmd), GOOD);
}

UNIT_TEST(test_scsi_start_stop, "S13 scsi: stopping flushes, a disk is not ejected, removal is no matter")
{
	static const struct {
		u8 byte;
		enum mvh_scsi_op op;
	} cases[] = {
		{ 0, MVH_SCSI_FLUSH }, { 1, MVH_SCSI_NOTHING },
		{ 4, MVH_SCSI_NOTHING }, { 5, MVH_SCSI_NOTHING },
	};
	struct mvh_scsi_lu lu = disk(1000, 9);
	u8 cdb[MVH_CDB_LEN] = { 0x1b, 1 };
	struct mvh_scsi_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cdb[4] = cases[i].byte;
		check_eq(parse(&lu, cdb, &cmd), GOOD);
		check_eq(cmd.op, cases[i].op);
	}
	cdb[4] = 2;
	refused(&lu, cdb, 4, 1);
	cdb[4] = 3;
	refused(&lu, cdb, 4, 1);
	/* Power conditions do not exist. */
	cdb[4] = 0x10;
	refused(&lu, cdb, 4, 4);
	memset(cdb, 0, sizeof(cdb));
	cdb[0] = 0x1e;
	for (cdb[4] = 0; cdb[4] < 4; cdb[4]++) {
		check_eq(parse(&lu, cdb, &cmd), GOOD);
		check_eq(cmd.op, MVH_SCSI_NOTHING);
	}
}

UNIT_TEST(test_scsi_verify, "S11 scsi: VERIFY without data, with data, and too much of it")
{
	struct mvh_scsi_lu lu = disk(1 << 20, 9);
	u8 cdb[MVH_CDB_LEN] = { 0x8f };
	struct mvh_scsi_cmd cmd;

	put(cdb + 10, 1 << 20, 4);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_NOTHING);
	check_eq(cmd.out, 0);
	put(cdb + 10, (1 << 20) + 1, 4);
	refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	cdb[1] = 0x02;
	refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	put(cdb + 10, 2048, 4);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_COMPARE);
	check_eq(cmd.out, 1 << 20);
	check_eq(cmd.len, 1 << 20);
	put(cdb + 10, 2049, 4);
	refused(&lu, cdb, 10, 7);
	put(cdb + 10, 0, 4);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_NOTHING);
	/* One block compared with all of them is not supported. */
	cdb[1] = 0x06;
	refused(&lu, cdb, 1, 2);
}

UNIT_TEST(test_scsi_compare_write, "S11 scsi: COMPARE AND WRITE has its data twice, up to 64 KiB")
{
	unsigned int n, shift;
	struct mvh_scsi_cmd cmd;

	for (shift = 9; shift <= 12; shift++)
	for (n = 0; n < 256; n++) {
		struct mvh_scsi_lu lu = disk(1000, shift);
		u8 cdb[MVH_CDB_LEN] = { 0x89, 0x08 };

		put(cdb + 2, 1000 - n, 8);
		cdb[13] = n;
		if (n << shift > 65536) {
			refused(&lu, cdb, 13, 7);
			continue;
		}
		check_eq(parse(&lu, cdb, &cmd), GOOD);
		check_eq(cmd.op, n ? MVH_SCSI_COMPARE_WRITE : MVH_SCSI_NOTHING);
		check_eq(cmd.pos, (1000 - n) << shift);
		check_eq(cmd.len, n << shift);
		check_eq(cmd.out, 2 * n << shift);
		check_eq(cmd.fua, true);
		put(cdb + 2, 1001 - n, 8);
		refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	}
}

UNIT_TEST(test_scsi_write_same, "S10 scsi: WRITE SAME has one block or none, and at least one to write")
{
	struct mvh_scsi_lu lu = disk(1ull << 33, 9);
	u8 cdb[MVH_CDB_LEN] = { 0x93, 0x08 }, cdb10[MVH_CDB_LEN] = { 0x41 };
	struct mvh_scsi_cmd cmd;

	refused(&lu, cdb, 10, 7);
	refused(&lu, cdb10, 7, 7);
	put(cdb10 + 7, 65535, 2);
	check_eq(parse(&lu, cdb10, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_WRITE_SAME);
	check_eq(cmd.len, 65535 * 512);
	check_eq(cmd.out, 512);
	check_eq(cmd.unmap, false);
	put(cdb + 10, 1 << 22, 4);
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.len, 1u << 31);
	check_eq(cmd.unmap, true);
	check_eq(cmd.out, 512);
	cdb[1] = 0x09;
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.out, 0);
	put(cdb + 10, (1 << 22) + 1, 4);
	refused(&lu, cdb, 10, 7);
	put(cdb + 10, 1, 4);
	put(cdb + 2, 1ull << 33, 8);
	refused_with(&lu, cdb, MVH_SENSE_LBA_RANGE);
	put(cdb + 2, 0, 8);
	lu.unmap = false;
	refused(&lu, cdb, 1, 3);
	cdb[1] = 1;
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	lu.readonly = true;
	refused_with(&lu, cdb, MVH_SENSE_WRITE_PROTECTED);
}

UNIT_TEST(test_scsi_unmap, "S10 scsi: UNMAP exists if blocks can be released; lengths of its list")
{
	struct mvh_scsi_lu lu = disk(1000, 9);
	u8 cdb[MVH_CDB_LEN] = { 0x42 };
	struct mvh_scsi_cmd cmd;
	unsigned int len;

	for (len = 0; len < 600; len++) {
		put(cdb + 7, len, 2);
		if ((len && len < 8) || len > 8 + 32 * 16) {
			refused_with(&lu, cdb, MVH_SENSE_LIST_LENGTH);
			continue;
		}
		check_eq(parse(&lu, cdb, &cmd), GOOD);
		check_eq(cmd.op, len ? MVH_SCSI_UNMAP : MVH_SCSI_NOTHING);
		check_eq(cmd.out, len);
	}
	lu.readonly = true;
	refused_with(&lu, cdb, MVH_SENSE_WRITE_PROTECTED);
	lu.unmap = false;
	refused_with(&lu, cdb, MVH_SENSE_INVALID_OPCODE);
}

static u8 unmap(const struct mvh_scsi_lu *lu, const u8 *list, u32 len,
		struct mvh_blk_range *ranges, struct mvh_scsi_cmd *cmd)
{
	/* So that a sanitizer sees what is read behind it. */
	u8 *copy = malloc(len);
	u8 status;

	check(copy);
	memcpy(copy, list, len);
	memset(cmd, 0, sizeof(*cmd));
	status = mvh_scsi_parse_unmap(lu, copy, len, ranges, cmd);
	free(copy);
	return status;
}

UNIT_TEST(test_scsi_unmap_list, "S10 scsi: ranges of UNMAP: how many, where, and how much in all")
{
	struct mvh_scsi_lu lu = disk(1ull << 40, 12);
	struct mvh_blk_range ranges[MVH_BLK_RANGES_MAX];
	u8 list[MVH_SCSI_LIST_MAX] = {};
	struct mvh_scsi_cmd cmd;
	unsigned int i, len, said;

	for (i = 0; i < 32; i++) {
		put(list + 8 + 16 * i, 1000 * i, 8);
		put(list + 8 + 16 * i + 8, i, 4);
	}
	/* A range that is not there as a whole does not count. */
	for (len = 8; len <= sizeof(list); len++)
	for (said = 0; said < sizeof(list); said += 7) {
		u32 n = min(said, len - 8) / 16;

		put(list + 2, said, 2);
		check_eq(unmap(&lu, list, len, ranges, &cmd), GOOD);
		check_eq(cmd.len, n);
		for (i = 0; i < n; i++) {
			check_eq(ranges[i].pos, 4096000ull * i);
			check_eq(ranges[i].len, 4096ull * i);
		}
	}
	put(list + 2, 48, 2);
	len = 56;
	put(list + 8, (1ull << 40) - 5, 8);
	put(list + 16, 5, 4);
	check_eq(unmap(&lu, list, len, ranges, &cmd), GOOD);
	put(list + 16, 6, 4);
	check_eq(unmap(&lu, list, len, ranges, &cmd), CHECK);
	check_eq(cmd.sense.code, MVH_SENSE_LBA_RANGE);
	/* 2 GiB in all. */
	put(list + 8, 0, 8);
	put(list + 16, (1 << 19) - 3, 4);
	check_eq(unmap(&lu, list, len, ranges, &cmd), GOOD);
	put(list + 16, (1 << 19) - 2, 4);
	check_eq(unmap(&lu, list, len, ranges, &cmd), CHECK);
	check_eq(cmd.sense.code, MVH_SENSE_INVALID_LIST_FIELD);
	check_eq(cmd.sense.where, MVH_SENSE_IN_LIST);
	check_eq(cmd.sense.byte, 48);
}

UNIT_TEST(test_scsi_lists, "S3 S5 scsi: data of the other commands, and lists that are too long")
{
	struct mvh_scsi_lu lu = disk(1000, 9);
	struct mvh_scsi_cmd cmd;
	u8 luns[MVH_CDB_LEN] = { 0xa0 }, sense[MVH_CDB_LEN] = { 0x03 };
	u8 pr_in[MVH_CDB_LEN] = { 0x5e, 1 }, pr_out[MVH_CDB_LEN] = { 0x5f };
	u8 cap[MVH_CDB_LEN] = { 0x9e, 0x10 }, cap10[MVH_CDB_LEN] = { 0x25 };

	put(luns + 6, 15, 4);
	refused(&lu, luns, 6, 7);
	put(luns + 6, 16, 4);
	for (luns[2] = 0; luns[2] < 3; luns[2]++) {
		check_eq(parse(&lu, luns, &cmd), GOOD);
		check_eq(cmd.op, MVH_SCSI_LUNS);
		check_eq(cmd.in, 16);
	}
	refused(&lu, luns, 2, 7);
	sense[4] = 252;
	check_eq(parse(&lu, sense, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_REQUEST_SENSE);
	check_eq(cmd.in, 252);
	/* Descriptors are not supported. */
	sense[1] = 1;
	refused(&lu, sense, 1, 0);
	put(pr_in + 7, 4096, 2);
	check_eq(parse(&lu, pr_in, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_PR_IN);
	check_eq(cmd.in, 4096);
	put(pr_out + 5, 24, 4);
	check_eq(parse(&lu, pr_out, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_PR_OUT);
	check_eq(cmd.out, 24);
	put(pr_out + 5, 521, 4);
	refused_with(&lu, pr_out, MVH_SENSE_LIST_LENGTH);
	put(pr_out + 5, ~0u, 4);
	refused_with(&lu, pr_out, MVH_SENSE_LIST_LENGTH);
	put(cap + 10, 13, 4);
	check_eq(parse(&lu, cap, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_ANSWER);
	check_eq(cmd.in, 13);
	check_eq(parse(&lu, cap10, &cmd), GOOD);
	check_eq(cmd.in, 8);
}

UNIT_TEST(test_scsi_report, "S6 scsi: all commands are reported, with and without times, and one by one")
{
	struct mvh_scsi_lu lu = disk(1000, 9);
	u8 cdb[MVH_CDB_LEN] = { 0xa3, 0x0c }, to[MVH_SCSI_ANSWER_MAX];
	struct mvh_scsi_cmd cmd;
	u32 n = ARRAY_SIZE(known), i, len;

	check_eq(parse(&lu, cdb, &cmd), GOOD);
	len = mvh_scsi_answer(&lu, cdb, to);
	check_eq(len, 4 + 8 * n);
	check_eq(mvh_get_be32(to), 8 * n);
	for (i = 0; i < n; i++) {
		const u8 *d = to + 4 + 8 * i;
		bool other;

		check(is_known(d[0], d[3], &other));
		check_eq(d[5], d[0] == 0x9e || d[0] == 0xa3 || d[0] == 0x5e ||
			 d[0] == 0x5f);
		check_eq(mvh_get_be16(d + 6), cdb_len(d[0]));
	}
	cdb[2] = 0x80;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4 + 20 * n);
	check_eq(to[4 + 5] & 2, 2);
	check_eq(mvh_get_be16(to + 4 + 8), 10);
	lu.unmap = false;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4 + 20 * (n - 1));
	cdb[3] = 0x42;
	cdb[2] = 1;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4);
	check_eq(to[1], 1);
	/* With times. */
	cdb[2] = 0x81;
	cdb[3] = 0x28;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4 + 10 + 12);
	check_eq(to[1], 0x83);
	check_eq(mvh_get_be16(to + 14), 10);
	/* A service action that the command does not have; of 16 bits. */
	cdb[2] = 3;
	cdb[5] = 1;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4);
	check_eq(to[1], 1);
	cdb[3] = 0x9e;
	cdb[4] = 1;
	cdb[5] = 0x10;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4);
	cdb[4] = 0;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 20);
	check_eq(to[4 + 1], 0x10);
	/* How a command may be named. */
	cdb[2] = 1;
	refused(&lu, cdb, 4, 7);
	cdb[5] = 0x11;
	refused(&lu, cdb, 4, 7);
	cdb[2] = 2;
	cdb[3] = 0x28;
	refused(&lu, cdb, 3, 7);
	cdb[2] = 4;
	refused(&lu, cdb, 2, 2);
	cdb[2] = 2;
	cdb[3] = 0xff;
	check_eq(parse(&lu, cdb, &cmd), GOOD);
	check_eq(mvh_scsi_answer(&lu, cdb, to), 4);
	/* Without a service action its field does not count. */
	cdb[2] = 1;
	cdb[3] = 0x28;
	cdb[5] = 9;
	check_eq(mvh_scsi_answer(&lu, cdb, to), 14);
}
