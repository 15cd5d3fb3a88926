// SPDX-License-Identifier: GPL-2.0
/*
 * Mode pages: caching, of which the write cache can be changed, and control.
 */
#include "cdb.h"

#define MVH_MODE_CACHING	0x08
#define MVH_MODE_CONTROL	0x0a
#define MVH_MODE_ALL		0x3f

#define MVH_MODE_WCE		0x04

/* Values that MODE SENSE asks for. */
enum mvh_mode_values {
	MVH_MODE_CURRENT,
	MVH_MODE_CHANGEABLE,
	MVH_MODE_DEFAULT,
	MVH_MODE_SAVED,
};

static bool mvh_mode_is_short(const u8 *cdb)
{
	return cdb[0] == MVH_OP_MODE_SENSE_6 || cdb[0] == MVH_OP_MODE_SELECT_6;
}

static enum mvh_mode_values mvh_mode_values(const u8 *cdb)
{
	return cdb[2] >> 6;
}

static u8 mvh_mode_refuse(struct mvh_scsi_cmd *cmd, u32 code,
			  enum mvh_sense_where where, u16 byte, u8 bit)
{
	cmd->sense = (struct mvh_sense) {
		.code = code, .where = where, .byte = byte, .bit = bit,
	};
	return MVH_SAM_CHECK_CONDITION;
}

static u8 mvh_mode_refuse_list(struct mvh_scsi_cmd *cmd, u16 byte)
{
	return mvh_mode_refuse(cmd, MVH_SENSE_INVALID_LIST_FIELD,
			       MVH_SENSE_IN_LIST, byte, 7);
}

static u8 mvh_mode_refuse_length(struct mvh_scsi_cmd *cmd)
{
	return mvh_mode_refuse(cmd, MVH_SENSE_LIST_LENGTH, MVH_SENSE_NOWHERE, 0,
			       0);
}

/* Values of a page.  Returns its length, 0 if there is no such page. */
static u32 mvh_mode_page(const struct mvh_scsi_lu *lu, u8 page,
			 enum mvh_mode_values values, u8 *to)
{
	bool wce = values == MVH_MODE_DEFAULT ? lu->wce_default : lu->wce;
	u32 len = page == MVH_MODE_CACHING ? 20 : 12;

	if (page != MVH_MODE_CACHING && page != MVH_MODE_CONTROL)
		return 0;
	memset(to, 0, len);
	to[0] = page;
	to[1] = len - 2;
	if (page == MVH_MODE_CACHING) {
		if (wce || values == MVH_MODE_CHANGEABLE)
			to[2] = MVH_MODE_WCE;
	} else if (values != MVH_MODE_CHANGEABLE) {
		to[2] = 0x02;	/* no log parameters are saved */
		to[3] = 0x10;	/* commands may be reordered */
		mvh_put_be16(to + 8, 0xffff);
	}
	return len;
}

/*
 * mvh_scsi_parse_mode_sense() - check a MODE SENSE (S12)
 *
 * Return: as mvh_scsi_parse().
 */
u8 mvh_scsi_parse_mode_sense(const u8 *cdb, struct mvh_scsi_cmd *cmd)
{
	u8 page = cdb[2] & 0x3f;

	cmd->in = mvh_mode_is_short(cdb) ? cdb[4] : mvh_get_be16(cdb + 7);
	if (mvh_mode_values(cdb) == MVH_MODE_SAVED)
		return mvh_mode_refuse(cmd, MVH_SENSE_NOT_SAVED,
				       MVH_SENSE_NOWHERE, 0, 0);
	if (page != MVH_MODE_CACHING && page != MVH_MODE_CONTROL &&
	    page != MVH_MODE_ALL)
		return mvh_mode_refuse(cmd, MVH_SENSE_INVALID_CDB_FIELD,
				       MVH_SENSE_IN_CDB, 2, 5);
	/* All subpages, 0xff, are those that there are without. */
	if (cdb[3] && (page != MVH_MODE_ALL || cdb[3] != 0xff))
		return mvh_mode_refuse(cmd, MVH_SENSE_INVALID_CDB_FIELD,
				       MVH_SENSE_IN_CDB, 3, 7);
	return MVH_SAM_GOOD;
}

/* The block descriptor.  Returns its length. */
static u32 mvh_mode_blocks(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to)
{
	if (cdb[1] & 0x08)
		return 0;
	memset(to, 0, 16);
	if (!mvh_mode_is_short(cdb) && cdb[1] & 0x10) {
		mvh_put_be64(to, lu->blocks);
		mvh_put_be32(to + 12, 1u << lu->shift);
		return 16;
	}
	mvh_put_be32(to, min_t(u64, lu->blocks, U32_MAX));
	mvh_put_be32(to + 4, 1u << lu->shift);
	return 8;
}

/*
 * mvh_scsi_mode_sense() - the data of MODE SENSE (S12)
 * @cdb: the command, checked
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data.
 */
u32 mvh_scsi_mode_sense(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to)
{
	u8 device = (lu->readonly ? 0x80 : 0) | 0x10;	/* DPO and FUA are known */
	enum mvh_mode_values values = mvh_mode_values(cdb);
	bool is_short = mvh_mode_is_short(cdb);
	u32 head = is_short ? 4 : 8, len, blocks;
	u8 page = cdb[2] & 0x3f;

	memset(to, 0, head);
	blocks = mvh_mode_blocks(lu, cdb, to + head);
	len = head + blocks;
	if (page == MVH_MODE_ALL) {
		len += mvh_mode_page(lu, MVH_MODE_CACHING, values, to + len);
		len += mvh_mode_page(lu, MVH_MODE_CONTROL, values, to + len);
	} else {
		len += mvh_mode_page(lu, page, values, to + len);
	}
	if (is_short) {
		to[0] = len - 1;
		to[2] = device;
		to[3] = blocks;
	} else {
		mvh_put_be16(to, len - 2);
		to[3] = device;
		to[4] = blocks == 16;
		mvh_put_be16(to + 6, blocks);
	}
	return len;
}

/* The block size is what it is; a number of blocks of 0 or all ones says nothing. */
static u8 mvh_mode_check_blocks(const struct mvh_scsi_lu *lu, const u8 *list,
				u32 at, u32 len, struct mvh_scsi_cmd *cmd)
{
	const u8 *d = list + at;
	u64 n, max = len == 16 ? U64_MAX : U32_MAX;
	u32 size = len == 16 ? mvh_get_be32(d + 12) : mvh_get_be24(d + 5);

	n = len == 16 ? mvh_get_be64(d) : mvh_get_be32(d);
	if (n && n != max && n != lu->blocks)
		return mvh_mode_refuse_list(cmd, at);
	if (size != 1u << lu->shift)
		return mvh_mode_refuse_list(cmd, len == 16 ? at + 12 : at + 5);
	return MVH_SAM_GOOD;
}

/* A page in which nothing but the write cache differs from what it is now. */
static u8 mvh_mode_check_page(const struct mvh_scsi_lu *lu, const u8 *list,
			      u32 at, u32 left, bool *wce,
			      struct mvh_scsi_cmd *cmd)
{
	u8 page = list[at] & 0x3f, now[20], wanted;
	u32 len = mvh_mode_page(lu, page, MVH_MODE_CURRENT, now), i;

	if (!len || list[at] & 0x40)
		return mvh_mode_refuse_list(cmd, at);
	if (left < 2 || left < len)
		return mvh_mode_refuse_length(cmd);
	for (i = 1; i < len; i++) {
		wanted = list[at + i];
		if (page == MVH_MODE_CACHING && i == 2)
			wanted = (wanted & ~MVH_MODE_WCE) |
				 (now[i] & MVH_MODE_WCE);
		if (wanted != now[i])
			return mvh_mode_refuse_list(cmd, at + i);
	}
	if (page == MVH_MODE_CACHING)
		*wce = list[at + 2] & MVH_MODE_WCE;
	return MVH_SAM_GOOD;
}

/**
 * mvh_scsi_mode_select_list - check the mode pages that are to be set (S12)
 * @lu: its logical unit
 * @cdb: the command
 * @list: its parameter list
 * @len: bytes of @list, not 0
 * @wce: becomes the state of the write cache that is asked for
 * @cmd: for sense data
 *
 * Return: as mvh_scsi_parse(); all pages count, or none.
 */
u8 mvh_scsi_mode_select_list(const struct mvh_scsi_lu *lu, const u8 *cdb,
			     const u8 *list, u32 len, bool *wce,
			     struct mvh_scsi_cmd *cmd)
{
	bool is_short = mvh_mode_is_short(cdb);
	u32 at = is_short ? 4 : 8, blocks;
	u8 status;

	*wce = lu->wce;
	if (len < at)
		return mvh_mode_refuse_length(cmd);
	blocks = is_short ? list[3] : mvh_get_be16(list + 6);
	if (blocks && blocks != (!is_short && list[4] & 1 ? 16 : 8))
		return mvh_mode_refuse_list(cmd, is_short ? 3 : 6);
	if (len - at < blocks)
		return mvh_mode_refuse_length(cmd);
	if (blocks) {
		status = mvh_mode_check_blocks(lu, list, at, blocks, cmd);
		if (status != MVH_SAM_GOOD)
			return status;
	}
	for (at += blocks; at < len; at += 2 + list[at + 1]) {
		status = mvh_mode_check_page(lu, list, at, len - at, wce, cmd);
		if (status != MVH_SAM_GOOD)
			return status;
	}
	return MVH_SAM_GOOD;
}
