// SPDX-License-Identifier: GPL-2.0
/*
 * What a SCSI command asks for, and whether a logical unit can do it.  The table of
 * commands says which bits of each have a meaning; any other that is set is refused.
 */
#include "cdb.h"

/* Flags of a command. */
#define MVH_CDB_READS	BIT(0)	/* refused if somebody else has exclusive access */
#define MVH_CDB_WRITES	BIT(1)	/* refused if somebody else has a reservation */
#define MVH_CDB_MEDIUM	BIT(2)	/* refused if the logical unit is read-only */
#define MVH_CDB_ACTION	BIT(3)	/* has a service action */
#define MVH_CDB_THIN	BIT(4)	/* exists only if blocks can be released */
#define MVH_CDB_SPC2	BIT(5)	/* allowed whoever has a reservation of SPC-2 */

/**
 * struct mvh_cdb_code - a command
 * @code: operation code
 * @action: service action, with MVH_CDB_ACTION
 * @flags: MVH_CDB_*
 * @op: what is to be done for it
 * @usage: bits that have a meaning, of the operation code all
 */
struct mvh_cdb_code {
	u8 code;
	u8 action;
	u8 flags;
	u8 op;
	u8 usage[MVH_CDB_MAX];
};

#define MVH_CDB(_name, _flags, _op, ...)				\
	{ .code = MVH_OP_##_name, .flags = _flags,			\
	  .op = MVH_SCSI_##_op,						\
	  .usage = { MVH_OP_##_name, __VA_ARGS__ } }

#define MVH_CDB_SA(_name, _action, _flags, _op, ...)			\
	{ .code = MVH_OP_##_name, .action = _action,			\
	  .flags = (_flags) | MVH_CDB_ACTION, .op = MVH_SCSI_##_op,	\
	  .usage = { MVH_OP_##_name, __VA_ARGS__ } }

#define U	0xff
#define PR_OUT(_action)							\
	MVH_CDB_SA(PR_OUT, _action, 0, PR_OUT, 0x1f, U, 0, 0, U, U, U, U)
#define PR_IN(_action)							\
	MVH_CDB_SA(PR_IN, _action, 0, PR_IN, 0x1f, 0, 0, 0, 0, 0, U, U)
#define R	MVH_CDB_READS
#define W	MVH_CDB_WRITES
#define M	(MVH_CDB_WRITES | MVH_CDB_MEDIUM)

static const struct mvh_cdb_code mvh_cdb_codes[] = {
	MVH_CDB(READ_10, R, READ, 0x18, U, U, U, U, 0, U, U),
	MVH_CDB(WRITE_10, M, WRITE, 0x18, U, U, U, U, 0, U, U),
	MVH_CDB(READ_16, R, READ, 0x18, U, U, U, U, U, U, U, U, U, U, U, U),
	MVH_CDB(WRITE_16, M, WRITE, 0x18, U, U, U, U, U, U, U, U, U, U, U, U),
	MVH_CDB(SYNC_CACHE_10, W, FLUSH, 0x02, U, U, U, U, 0, U, U),
	MVH_CDB(SYNC_CACHE_16, W, FLUSH, 0x02, U, U, U, U, U, U, U, U, U, U, U, U),
	MVH_CDB(UNMAP, M | MVH_CDB_THIN, UNMAP, 0, 0, 0, 0, 0, 0, U, U),
	MVH_CDB(WRITE_SAME_10, M, WRITE_SAME, 0x08, U, U, U, U, 0, U, U),
	MVH_CDB(WRITE_SAME_16, M, WRITE_SAME, 0x09, U, U, U, U, U, U, U, U, U, U, U, U),
	MVH_CDB(READ_6, R, READ, 0x1f, U, U, U),
	MVH_CDB(WRITE_6, M, WRITE, 0x1f, U, U, U),
	MVH_CDB(READ_12, R, READ, 0x18, U, U, U, U, U, U, U, U),
	MVH_CDB(WRITE_12, M, WRITE, 0x18, U, U, U, U, U, U, U, U),
	MVH_CDB(VERIFY_10, R, COMPARE, 0x12, U, U, U, U, 0, U, U),
	MVH_CDB(VERIFY_16, R, COMPARE, 0x12, U, U, U, U, U, U, U, U, U, U, U, U),
	MVH_CDB(COMPARE_WRITE, M, COMPARE_WRITE, 0x18, U, U, U, U, U, U, U, U, 0, 0, 0, U),
	MVH_CDB(TEST_UNIT_READY, 0, NOTHING, 0),
	MVH_CDB(REQUEST_SENSE, MVH_CDB_SPC2, REQUEST_SENSE, 0, 0, 0, U),
	MVH_CDB(INQUIRY, MVH_CDB_SPC2, ANSWER, 0x01, U, U, U),
	MVH_CDB(READ_CAPACITY_10, MVH_CDB_SPC2, ANSWER, 0),
	MVH_CDB_SA(SERVICE_IN_16, MVH_SA_READ_CAPACITY_16, MVH_CDB_SPC2, ANSWER,
		   0x1f, 0, 0, 0, 0, 0, 0, 0, 0, U, U, U, U),
	MVH_CDB(REPORT_LUNS, MVH_CDB_SPC2, LUNS, 0, U, 0, 0, 0, U, U, U, U),
	MVH_CDB_SA(MAINTENANCE_IN, MVH_SA_REPORT_OPCODES, R, ANSWER,
		   0x1f, 0x87, U, U, U, U, U, U, U),
	MVH_CDB(MODE_SENSE_6, R, ANSWER, 0x08, U, U, U),
	MVH_CDB(MODE_SENSE_10, R, ANSWER, 0x18, U, U, 0, 0, 0, U, U),
	MVH_CDB(MODE_SELECT_6, W, MODE_SELECT, 0x11, 0, 0, U),
	MVH_CDB(MODE_SELECT_10, W, MODE_SELECT, 0x11, 0, 0, 0, 0, 0, U, U),
	MVH_CDB(START_STOP, W, FLUSH, 0x01, 0, 0, 0x07),
	MVH_CDB(PREVENT_ALLOW, W, NOTHING, 0, 0, 0, 0x03),
	MVH_CDB(RESERVE_6, 0, RESERVE, 0),
	MVH_CDB(RESERVE_10, 0, RESERVE, 0),
	MVH_CDB(RELEASE_6, MVH_CDB_SPC2, RELEASE, 0),
	MVH_CDB(RELEASE_10, MVH_CDB_SPC2, RELEASE, 0),
	PR_IN(0), PR_IN(1), PR_IN(2), PR_IN(3),
	PR_OUT(0), PR_OUT(1), PR_OUT(2), PR_OUT(3), PR_OUT(4), PR_OUT(5), PR_OUT(6),
};

#undef U
#undef PR_OUT
#undef PR_IN
#undef R
#undef W
#undef M

/* SPC-4, 4.2.5.1 */
static u32 mvh_cdb_len(u8 code)
{
	static const u8 len[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };

	return len[code >> 5];
}

static u8 mvh_cdb_action(const u8 *cdb)
{
	return cdb[1] & 0x1f;
}

/* *@other: another service action has the code. */
static const struct mvh_cdb_code *mvh_cdb_find(u8 code, u16 action, bool *other)
{
	unsigned int i;

	*other = false;
	for (i = 0; i < ARRAY_SIZE(mvh_cdb_codes); i++) {
		const struct mvh_cdb_code *c = &mvh_cdb_codes[i];

		if (c->code != code)
			continue;
		if (!(c->flags & MVH_CDB_ACTION) || c->action == action)
			return c;
		*other = true;
	}
	return NULL;
}

static u8 mvh_cdb_refuse(struct mvh_scsi_cmd *cmd, u32 code)
{
	cmd->sense.code = code;
	return MVH_SAM_CHECK_CONDITION;
}

static u8 mvh_cdb_refuse_field(struct mvh_scsi_cmd *cmd, u16 byte, u8 bit)
{
	cmd->sense.where = MVH_SENSE_IN_CDB;
	cmd->sense.byte = byte;
	cmd->sense.bit = bit;
	return mvh_cdb_refuse(cmd, MVH_SENSE_INVALID_CDB_FIELD);
}

/**
 * mvh_scsi_parse_lun - which logical unit an address means (S1)
 * @lun: the address of a virtio-scsi request
 *
 * There is one target, number 0.
 *
 * Return: the number of the logical unit, or -ENODEV if it is of no target that exists.
 */
int mvh_scsi_parse_lun(const u8 *lun)
{
	if (lun[0] != 1 || lun[1] || mvh_get_be32(lun + 4))
		return -ENODEV;
	switch (lun[2] >> 6) {
	case 0:
		/* Peripheral addressing: a bus, of which there is one. */
		return lun[2] ? -ENODEV : lun[3];
	case 1:
		return mvh_get_be16(lun + 2) & 0x3fff;
	default:
		return -ENODEV;
	}
}

/* Stopping, or to forbid the removal, is more than the opposite. */
static bool mvh_cdb_harmless(const u8 *cdb)
{
	return (cdb[0] == MVH_OP_START_STOP && cdb[4] & 1) ||
	       (cdb[0] == MVH_OP_PREVENT_ALLOW && !(cdb[4] & 3));
}

/**
 * mvh_scsi_access - what a command does to what others may have reserved (S15)
 * @cdb: the command
 * @spc2: the reservation is one of SPC-2, which allows less
 *
 * Return: what it does; nothing if there is no such command.
 */
enum mvh_scsi_access mvh_scsi_access(const u8 *cdb, bool spc2)
{
	const struct mvh_cdb_code *c;
	bool other;

	c = mvh_cdb_find(cdb[0], mvh_cdb_action(cdb), &other);
	if (!c)
		return MVH_SCSI_FREE;
	if (spc2)
		return c->flags & MVH_CDB_SPC2 ? MVH_SCSI_FREE : MVH_SCSI_WRITES;
	if (mvh_cdb_harmless(cdb))
		return MVH_SCSI_FREE;
	if (c->flags & MVH_CDB_WRITES)
		return MVH_SCSI_WRITES;
	return c->flags & MVH_CDB_READS ? MVH_SCSI_READS : MVH_SCSI_FREE;
}

/**
 * mvh_scsi_tells - is a command refused if the logical unit has something to tell? (S7)
 * @cdb: the command
 *
 * Return: true if it is.
 */
bool mvh_scsi_tells(const u8 *cdb)
{
	return cdb[0] != MVH_OP_INQUIRY && cdb[0] != MVH_OP_REPORT_LUNS &&
	       cdb[0] != MVH_OP_REQUEST_SENSE;
}

/* Where a command has its block, and how many. */
static void mvh_cdb_extent(const u8 *cdb, u64 *lba, u64 *n)
{
	switch (mvh_cdb_len(cdb[0])) {
	case 6:
		*lba = mvh_get_be24(cdb + 1) & 0x1fffff;
		*n = cdb[4] ?: 256;
		return;
	case 10:
		*lba = mvh_get_be32(cdb + 2);
		*n = mvh_get_be16(cdb + 7);
		return;
	case 12:
		*lba = mvh_get_be32(cdb + 2);
		*n = mvh_get_be32(cdb + 6);
		return;
	default:
		*lba = mvh_get_be64(cdb + 2);
		*n = mvh_get_be32(cdb + 10);
	}
}

static bool mvh_scsi_inside(const struct mvh_scsi_lu *lu, u64 lba, u64 n)
{
	return lba <= lu->blocks && n <= lu->blocks - lba;
}

/* The byte of the number of blocks. */
static u16 mvh_cdb_count_at(const u8 *cdb)
{
	switch (mvh_cdb_len(cdb[0])) {
	case 10:
		return 7;
	case 12:
		return 6;
	default:
		return 10;
	}
}

/* Blocks of the command, inside and at most @max bytes (S8). */
static u8 mvh_cdb_blocks(const struct mvh_scsi_lu *lu, const u8 *cdb, u64 max,
			 struct mvh_scsi_cmd *cmd)
{
	u64 lba, n;

	mvh_cdb_extent(cdb, &lba, &n);
	if (!mvh_scsi_inside(lu, lba, n))
		return mvh_cdb_refuse(cmd, MVH_SENSE_LBA_RANGE);
	if (n > max >> lu->shift)
		return mvh_cdb_refuse_field(cmd, mvh_cdb_count_at(cdb), 7);
	cmd->pos = lba << lu->shift;
	cmd->len = n << lu->shift;
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_rw(const struct mvh_scsi_lu *lu, const u8 *cdb,
		     struct mvh_scsi_cmd *cmd)
{
	u8 status = mvh_cdb_blocks(lu, cdb, MVH_BLK_DATA_MAX, cmd);

	if (status != MVH_SAM_GOOD)
		return status;
	if (cmd->op == MVH_SCSI_READ)
		cmd->in = cmd->len;
	else
		cmd->out = cmd->len;
	/* Of the short commands these bits belong to the block. */
	cmd->fua = mvh_cdb_len(cdb[0]) != 6 && cdb[1] & 0x08;
	if (!cmd->len)
		cmd->op = MVH_SCSI_NOTHING;
	return MVH_SAM_GOOD;
}

/* VERIFY: without data there is nothing to compare (S11). */
static u8 mvh_cdb_verify(const struct mvh_scsi_lu *lu, const u8 *cdb,
			 struct mvh_scsi_cmd *cmd)
{
	bool compares = cdb[1] & 0x02;
	u8 status = mvh_cdb_blocks(lu, cdb, compares ? MVH_SCSI_COMPARE_MAX :
						       U64_MAX, cmd);

	if (status != MVH_SAM_GOOD)
		return status;
	if (compares)
		cmd->out = cmd->len;
	else
		cmd->len = 0;
	if (!cmd->len)
		cmd->op = MVH_SCSI_NOTHING;
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_compare_write(const struct mvh_scsi_lu *lu, const u8 *cdb,
				struct mvh_scsi_cmd *cmd)
{
	u64 lba = mvh_get_be64(cdb + 2), n = cdb[13];

	if (!mvh_scsi_inside(lu, lba, n))
		return mvh_cdb_refuse(cmd, MVH_SENSE_LBA_RANGE);
	if (n > MVH_SCSI_ATOMIC_MAX >> lu->shift)
		return mvh_cdb_refuse_field(cmd, 13, 7);
	cmd->pos = lba << lu->shift;
	cmd->len = n << lu->shift;
	cmd->out = 2 * cmd->len;
	cmd->fua = cdb[1] & 0x08;
	if (!n)
		cmd->op = MVH_SCSI_NOTHING;
	return MVH_SAM_GOOD;
}

/* Its range is no matter, but must be one; 0 blocks are all that follow. */
static u8 mvh_cdb_sync_cache(const struct mvh_scsi_lu *lu, const u8 *cdb,
			     struct mvh_scsi_cmd *cmd)
{
	u8 status = mvh_cdb_blocks(lu, cdb, U64_MAX, cmd);

	cmd->pos = 0;
	cmd->len = 0;
	return status;
}

/* Stopping is a flush, unless that is not wanted; the disk stays ready (S13). */
static u8 mvh_cdb_start_stop(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	if (cdb[4] & 0x02)
		return mvh_cdb_refuse_field(cmd, 4, 1);
	if (cdb[4])
		cmd->op = MVH_SCSI_NOTHING;
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_write_same(const struct mvh_scsi_lu *lu, const u8 *cdb,
			     struct mvh_scsi_cmd *cmd)
{
	u64 max = (u64)MVH_BLK_RANGE_SECTORS << MVH_SECTOR_SHIFT;
	u8 status = mvh_cdb_blocks(lu, cdb, max, cmd);

	if (status != MVH_SAM_GOOD)
		return status;
	/* WSNZ: 0 blocks are not all that follow. */
	if (!cmd->len)
		return mvh_cdb_refuse_field(cmd, mvh_cdb_count_at(cdb), 7);
	cmd->unmap = cdb[1] & 0x08;
	if (cmd->unmap && !lu->unmap)
		return mvh_cdb_refuse_field(cmd, 1, 3);
	if (!(cdb[1] & 0x01))
		cmd->out = 1u << lu->shift;
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_list(u32 len, struct mvh_scsi_cmd *cmd)
{
	if (len > MVH_SCSI_LIST_MAX)
		return mvh_cdb_refuse(cmd, MVH_SENSE_LIST_LENGTH);
	cmd->out = len;
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_unmap(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	u32 len = mvh_get_be16(cdb + 7);

	if (!len)
		cmd->op = MVH_SCSI_NOTHING;
	else if (len < 8)
		return mvh_cdb_refuse(cmd, MVH_SENSE_LIST_LENGTH);
	return mvh_cdb_list(len, cmd);
}

static u8 mvh_cdb_mode_select(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	u32 len = cdb[0] == MVH_OP_MODE_SELECT_6 ? cdb[4] :
						   mvh_get_be16(cdb + 7);

	/* Pages are as the standard says, and are not saved. */
	if (cdb[1] & 0x01)
		return mvh_cdb_refuse_field(cmd, 1, 0);
	if (!(cdb[1] & 0x10))
		return mvh_cdb_refuse_field(cmd, 1, 4);
	if (!len)
		cmd->op = MVH_SCSI_NOTHING;
	return mvh_cdb_list(len, cmd);
}

static u8 mvh_cdb_inquiry(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	cmd->in = mvh_get_be16(cdb + 3);
	if (!(cdb[1] & 0x01) ? cdb[2] : !mvh_scsi_has_page(cdb[2]))
		return mvh_cdb_refuse_field(cmd, 2, 7);
	return MVH_SAM_GOOD;
}

/* A single command that is asked for must be named as it is (SPC-4, table 242). */
static u8 mvh_cdb_report_opcodes(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	const struct mvh_cdb_code *c;
	u16 action = mvh_get_be16(cdb + 4);
	u8 options = cdb[2] & 7;
	bool other, has;

	cmd->in = mvh_get_be32(cdb + 6);
	if (options > 3)
		return mvh_cdb_refuse_field(cmd, 2, 2);
	if (!options || options == 3)
		return MVH_SAM_GOOD;
	c = mvh_cdb_find(cdb[3], action, &other);
	has = other || (c && c->flags & MVH_CDB_ACTION);
	if (has && options == 1)
		return mvh_cdb_refuse_field(cmd, 4, 7);
	if (!has && c && options == 2)
		return mvh_cdb_refuse_field(cmd, 3, 7);
	return MVH_SAM_GOOD;
}

static u8 mvh_cdb_answer(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	switch (cdb[0]) {
	case MVH_OP_INQUIRY:
		return mvh_cdb_inquiry(cdb, cmd);
	case MVH_OP_READ_CAPACITY_10:
		cmd->in = 8;
		return MVH_SAM_GOOD;
	case MVH_OP_SERVICE_IN_16:
		cmd->in = mvh_get_be32(cdb + 10);
		return MVH_SAM_GOOD;
	case MVH_OP_MAINTENANCE_IN:
		return mvh_cdb_report_opcodes(cdb, cmd);
	default:
		return mvh_scsi_parse_mode_sense(cdb, cmd);
	}
}

static u8 mvh_cdb_luns(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	cmd->in = mvh_get_be32(cdb + 6);
	if (cdb[2] > 2)
		return mvh_cdb_refuse_field(cmd, 2, 7);
	return cmd->in < 16 ? mvh_cdb_refuse_field(cmd, 6, 7) : MVH_SAM_GOOD;
}

static u8 mvh_cdb_fill(const struct mvh_scsi_lu *lu, const u8 *cdb,
		       struct mvh_scsi_cmd *cmd)
{
	switch (cmd->op) {
	case MVH_SCSI_READ:
	case MVH_SCSI_WRITE:
		return mvh_cdb_rw(lu, cdb, cmd);
	case MVH_SCSI_FLUSH:
		if (cdb[0] == MVH_OP_START_STOP)
			return mvh_cdb_start_stop(cdb, cmd);
		return mvh_cdb_sync_cache(lu, cdb, cmd);
	case MVH_SCSI_COMPARE:
		return mvh_cdb_verify(lu, cdb, cmd);
	case MVH_SCSI_COMPARE_WRITE:
		return mvh_cdb_compare_write(lu, cdb, cmd);
	case MVH_SCSI_WRITE_SAME:
		return mvh_cdb_write_same(lu, cdb, cmd);
	case MVH_SCSI_UNMAP:
		return mvh_cdb_unmap(cdb, cmd);
	case MVH_SCSI_MODE_SELECT:
		return mvh_cdb_mode_select(cdb, cmd);
	case MVH_SCSI_ANSWER:
		return mvh_cdb_answer(cdb, cmd);
	case MVH_SCSI_LUNS:
		return mvh_cdb_luns(cdb, cmd);
	case MVH_SCSI_REQUEST_SENSE:
		cmd->in = cdb[4];
		return MVH_SAM_GOOD;
	case MVH_SCSI_PR_IN:
		cmd->in = mvh_get_be16(cdb + 7);
		return MVH_SAM_GOOD;
	case MVH_SCSI_PR_OUT:
		return mvh_cdb_list(mvh_get_be32(cdb + 5), cmd);
	default:
		return MVH_SAM_GOOD;
	}
}

/* Bits that mean nothing must be 0 (S3). */
static u8 mvh_cdb_check_usage(const struct mvh_cdb_code *c, const u8 *cdb,
			      struct mvh_scsi_cmd *cmd)
{
	u32 i, len = mvh_cdb_len(cdb[0]);

	for (i = 1; i < len; i++) {
		u32 unknown = cdb[i] & ~c->usage[i];

		if (unknown)
			return mvh_cdb_refuse_field(cmd, i,
						    31 - __builtin_clz(unknown));
	}
	return MVH_SAM_GOOD;
}

static bool mvh_cdb_exists(const struct mvh_scsi_lu *lu,
			   const struct mvh_cdb_code *c)
{
	return lu->unmap || !(c->flags & MVH_CDB_THIN);
}

/**
 * mvh_scsi_parse - check a command (S2, S3, S5)
 * @lu: its logical unit
 * @cdb: MVH_CDB_LEN bytes of it
 * @cmd: where to put the result
 *
 * SPC-4, SBC-3.  Who has a reservation is not looked at.
 *
 * Return: MVH_SAM_GOOD if it is to be executed, else its status, with the sense data in
 * @cmd.
 */
u8 mvh_scsi_parse(const struct mvh_scsi_lu *lu, const u8 *cdb,
		  struct mvh_scsi_cmd *cmd)
{
	const struct mvh_cdb_code *c;
	bool other;
	u8 status;

	memset(cmd, 0, sizeof(*cmd));
	c = mvh_cdb_find(cdb[0], mvh_cdb_action(cdb), &other);
	if (!c && other)
		return mvh_cdb_refuse_field(cmd, 1, 4);
	if (!c || !mvh_cdb_exists(lu, c))
		return mvh_cdb_refuse(cmd, MVH_SENSE_INVALID_OPCODE);
	status = mvh_cdb_check_usage(c, cdb, cmd);
	if (status != MVH_SAM_GOOD)
		return status;
	if (c->flags & MVH_CDB_MEDIUM && lu->readonly)
		return mvh_cdb_refuse(cmd, MVH_SENSE_WRITE_PROTECTED);
	cmd->op = c->op;
	return mvh_cdb_fill(lu, cdb, cmd);
}

/**
 * mvh_scsi_parse_unmap - check the ranges of an UNMAP (S10)
 * @lu: its logical unit
 * @list: its parameter list
 * @len: bytes of @list, from 8 to MVH_SCSI_LIST_MAX
 * @ranges: where to put the ranges, room for MVH_BLK_RANGES_MAX
 * @cmd: of which @len becomes the number of ranges
 *
 * Return: as mvh_scsi_parse().
 */
u8 mvh_scsi_parse_unmap(const struct mvh_scsi_lu *lu, const u8 *list, u32 len,
			struct mvh_blk_range *ranges, struct mvh_scsi_cmd *cmd)
{
	u64 left = ((u64)MVH_BLK_RANGE_SECTORS << MVH_SECTOR_SHIFT) >> lu->shift;
	u32 n = min_t(u32, mvh_get_be16(list + 2), len - 8) / 16, i;

	cmd->len = 0;
	for (i = 0; i < n; i++) {
		const u8 *from = list + 8 + 16 * i;
		u64 lba = mvh_get_be64(from), count = mvh_get_be32(from + 8);

		if (!mvh_scsi_inside(lu, lba, count))
			return mvh_cdb_refuse(cmd, MVH_SENSE_LBA_RANGE);
		if (count > left) {
			cmd->sense.where = MVH_SENSE_IN_LIST;
			cmd->sense.byte = from + 8 - list;
			cmd->sense.bit = 7;
			return mvh_cdb_refuse(cmd, MVH_SENSE_INVALID_LIST_FIELD);
		}
		left -= count;
		ranges[i] = (struct mvh_blk_range) {
			.pos = lba << lu->shift,
			.len = count << lu->shift,
		};
	}
	cmd->len = n;
	return MVH_SAM_GOOD;
}

static u32 mvh_cdb_describe(const struct mvh_cdb_code *c, bool timeouts, u8 *to)
{
	bool has = c->flags & MVH_CDB_ACTION;

	memset(to, 0, 20);
	to[0] = c->code;
	mvh_put_be16(to + 2, c->action);
	to[5] = (timeouts ? 0x02 : 0) | (has ? 0x01 : 0);
	mvh_put_be16(to + 6, mvh_cdb_len(c->code));
	/* Of the timeouts none is known. */
	if (timeouts)
		mvh_put_be16(to + 8, 10);
	return timeouts ? 20 : 8;
}

static u32 mvh_cdb_describe_one(const struct mvh_scsi_lu *lu, const u8 *cdb,
				u8 *to)
{
	u16 action = (cdb[2] & 7) == 1 ? 0 : mvh_get_be16(cdb + 4);
	bool timeouts = cdb[2] & 0x80, other;
	const struct mvh_cdb_code *c;
	u32 len;

	c = mvh_cdb_find(cdb[3], action, &other);
	memset(to, 0, 4);
	if (!c || !mvh_cdb_exists(lu, c) ||
	    (!(c->flags & MVH_CDB_ACTION) && action)) {
		to[1] = 0x01;
		return 4;
	}
	len = mvh_cdb_len(c->code);
	to[1] = (timeouts ? 0x80 : 0) | 0x03;
	mvh_put_be16(to + 2, len);
	memcpy(to + 4, c->usage, len);
	if (c->flags & MVH_CDB_ACTION)
		to[5] = c->action | (c->usage[1] & ~0x1f);
	if (!timeouts)
		return 4 + len;
	memset(to + 4 + len, 0, 12);
	mvh_put_be16(to + 4 + len, 10);
	return 4 + len + 12;
}

/*
 * mvh_scsi_report_opcodes() - the data of REPORT SUPPORTED OPERATION CODES
 * @cdb: the command, checked
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data (S6).
 */
u32 mvh_scsi_report_opcodes(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to)
{
	u32 i, len = 4;

	if (cdb[2] & 7)
		return mvh_cdb_describe_one(lu, cdb, to);
	for (i = 0; i < ARRAY_SIZE(mvh_cdb_codes); i++)
		if (mvh_cdb_exists(lu, &mvh_cdb_codes[i]))
			len += mvh_cdb_describe(&mvh_cdb_codes[i],
						cdb[2] & 0x80, to + len);
	mvh_put_be32(to, len - 4);
	return len;
}
