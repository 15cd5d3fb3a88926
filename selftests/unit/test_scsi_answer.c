// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of logical units: INQUIRY and its pages, capacity, list of logical units, mode
 * pages.
 */
#include <stdlib.h>
#include "scsi/cdb.h"
#include "unit.h"

#define GOOD	MVH_SAM_GOOD
#define CHECK	MVH_SAM_CHECK_CONDITION

static struct mvh_scsi_lu disk(void)
{
	return (struct mvh_scsi_lu) {
		.blocks = 1000, .shift = 9, .physical_shift = 3, .unmap = true,
		.zeroes = true, .wce = true, .wce_default = true,
		.granularity = 8, .io_min = 8, .io_opt = 128,
		.serial = "serial", .naa = 0x3123456789abcdefull,
	};
}

static u32 inquiry(const struct mvh_scsi_lu *lu, u8 page, u8 *to)
{
	u8 cdb[MVH_CDB_LEN] = { 0x12, 1, page };

	memset(to, 0xee, MVH_SCSI_ANSWER_MAX);
	return mvh_scsi_answer(lu, cdb, to);
}

UNIT_TEST(test_scsi_inquiry, "S6 scsi: standard INQUIRY data, also of what does not exist")
{
	struct mvh_scsi_lu lu = disk();
	u8 cdb[MVH_CDB_LEN] = { 0x12 }, to[MVH_SCSI_ANSWER_MAX];
	struct mvh_scsi_cmd cmd;

	cdb[3] = 1;
	cdb[4] = 2;
	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_ANSWER);
	check_eq(cmd.in, 258);
	memset(to, 0xee, sizeof(to));
	check_eq(mvh_scsi_answer(&lu, cdb, to), 96);
	check_eq(to[0], 0);
	check_eq(to[1], 0);
	check_eq(to[2], 6);
	check_eq(to[3], 0x12);
	check_eq(to[4], 91);
	check_eq(to[7], 2);
	check(!memcmp(to + 8, "MYVHOST VIRTUAL DISK    0001", 28));
	check_eq(to[96], 0xee);
	check_eq(mvh_scsi_inquiry_absent(to), 96);
	check_eq(to[0], 0x7f);
	/* A page needs EVPD. */
	cdb[2] = 0x80;
	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.byte, 2);
}

UNIT_TEST(test_scsi_pages, "S6 scsi: pages of vital product data, each of the length that it says")
{
	struct mvh_scsi_lu lu = disk();
	u8 to[MVH_SCSI_ANSWER_MAX];
	unsigned int page;

	for (page = 0; page < 256; page++) {
		u8 cdb[MVH_CDB_LEN] = { 0x12, 1, page };
		bool has = page == 0 || page == 0x80 || page == 0x83 ||
			   (page >= 0xb0 && page <= 0xb2);
		struct mvh_scsi_cmd cmd;

		check_eq(mvh_scsi_has_page(page), has);
		check_eq(mvh_scsi_parse(&lu, cdb, &cmd), has ? GOOD : CHECK);
		if (!has) {
			check_eq(cmd.sense.code, MVH_SENSE_INVALID_CDB_FIELD);
			check_eq(cmd.sense.byte, 2);
			continue;
		}
		check_eq(inquiry(&lu, page, to), 4 + mvh_get_be16(to + 2));
		check_eq(to[0], 0);
		check_eq(to[1], page);
	}
	check_eq(inquiry(&lu, 0, to), 10);
	check(!memcmp(to + 4, "\x00\x80\x83\xb0\xb1\xb2", 6));
}

UNIT_TEST(test_scsi_names, "S6 scsi: serial number and names, without a serial number too")
{
	struct mvh_scsi_lu lu = disk();
	u8 to[MVH_SCSI_ANSWER_MAX];

	check_eq(inquiry(&lu, 0x80, to), 10);
	check(!memcmp(to + 4, "serial", 6));
	check_eq(inquiry(&lu, 0x83, to), 4 + 4 + 14 + 4 + 8);
	check_eq(to[4], 2);
	check_eq(to[5], 1);
	check_eq(to[7], 14);
	check(!memcmp(to + 8, "MYVHOST serial", 14));
	check_eq(to[22], 1);
	check_eq(to[23], 3);
	check_eq(to[25], 8);
	check_eq(mvh_get_be64(to + 26), lu.naa);
	memcpy(lu.serial, "12345678901234567890", 20);
	check_eq(inquiry(&lu, 0x80, to), 24);
	check_eq(inquiry(&lu, 0x83, to), 4 + 4 + 28 + 12);
	memset(lu.serial, 0, 20);
	check_eq(inquiry(&lu, 0x80, to), 20);
	check(!memcmp(to + 4, "3123456789abcdef", 16));
	check_eq(inquiry(&lu, 0x83, to), 4 + 4 + 24 + 12);
	/* Names are of type 3, and others for others. */
	check_eq(mvh_scsi_name((const u8 *)"a", 1) >> 60, 3);
	check(mvh_scsi_name((const u8 *)"a", 1) != mvh_scsi_name((const u8 *)"b", 1));
	check_eq(mvh_scsi_name((const u8 *)"a", 1), mvh_scsi_name((const u8 *)"a", 1));
}

UNIT_TEST(test_scsi_limits, "S6 scsi: limits that are told are those that are enforced")
{
	struct mvh_scsi_lu lu = disk();
	u8 to[MVH_SCSI_ANSWER_MAX];
	struct mvh_scsi_cmd cmd;

	for (lu.shift = 9; lu.shift <= 12; lu.shift++) {
		u8 rd[MVH_CDB_LEN] = { 0x88 }, ws[MVH_CDB_LEN] = { 0x93, 1 };
		u8 caw[MVH_CDB_LEN] = { 0x89 };
		u32 max, atomic;
		u64 same;

		lu.blocks = 1ull << 40;
		check_eq(inquiry(&lu, 0xb0, to), 64);
		check_eq(to[4], 1);
		check_eq(mvh_get_be16(to + 6), 8);
		check_eq(mvh_get_be32(to + 12), 128);
		check_eq(mvh_get_be32(to + 24), 32);
		check_eq(mvh_get_be32(to + 28), 8);
		check_eq(to[32], 0x80);
		atomic = to[5];
		max = mvh_get_be32(to + 8);
		same = mvh_get_be64(to + 36);
		check_eq(mvh_get_be32(to + 20), same);
		mvh_put_be32(rd + 10, max);
		check_eq(mvh_scsi_parse(&lu, rd, &cmd), GOOD);
		mvh_put_be32(rd + 10, max + 1);
		check_eq(mvh_scsi_parse(&lu, rd, &cmd), CHECK);
		mvh_put_be32(ws + 10, same);
		check_eq(mvh_scsi_parse(&lu, ws, &cmd), GOOD);
		mvh_put_be32(ws + 10, same + 1);
		check_eq(mvh_scsi_parse(&lu, ws, &cmd), CHECK);
		caw[13] = atomic;
		check_eq(mvh_scsi_parse(&lu, caw, &cmd), GOOD);
		caw[13] = atomic + 1;
		check_eq(mvh_scsi_parse(&lu, caw, &cmd), CHECK);
	}
	lu.shift = 9;
	lu.unmap = false;
	lu.io_min = 1 << 20;
	check_eq(inquiry(&lu, 0xb0, to), 64);
	check_eq(mvh_get_be16(to + 6), 65535);
	check_eq(mvh_get_be32(to + 20), 0);
	check_eq(to[32], 0);
	check_eq(inquiry(&lu, 0xb2, to), 8);
	check_eq(to[5], 0);
	check_eq(to[6], 0);
	lu.unmap = true;
	inquiry(&lu, 0xb2, to);
	check_eq(to[5], 0xe4);
	check_eq(to[6], 2);
	lu.zeroes = false;
	inquiry(&lu, 0xb2, to);
	check_eq(to[5], 0xe0);
	inquiry(&lu, 0xb1, to);
	check_eq(mvh_get_be16(to + 4), 1);
}

UNIT_TEST(test_scsi_capacity, "S6 scsi: capacity, also above 32 bits")
{
	struct mvh_scsi_lu lu = disk();
	u8 cdb10[MVH_CDB_LEN] = { 0x25 }, cdb[MVH_CDB_LEN] = { 0x9e, 0x10 };
	u8 to[MVH_SCSI_ANSWER_MAX];

	check_eq(mvh_scsi_answer(&lu, cdb10, to), 8);
	check_eq(mvh_get_be32(to), 999);
	check_eq(mvh_get_be32(to + 4), 512);
	memset(to, 0xee, sizeof(to));
	check_eq(mvh_scsi_answer(&lu, cdb, to), 32);
	check_eq(mvh_get_be64(to), 999);
	check_eq(mvh_get_be32(to + 8), 512);
	check_eq(to[12], 0);
	check_eq(to[13], 3);
	check_eq(to[14], 0xc0);
	check_eq(to[31], 0);
	lu.zeroes = false;
	mvh_scsi_answer(&lu, cdb, to);
	check_eq(to[14], 0x80);
	lu.unmap = false;
	lu.blocks = (1ull << 32) + 1;
	mvh_scsi_answer(&lu, cdb, to);
	check_eq(to[14], 0);
	check_eq(mvh_get_be64(to), 1ull << 32);
	mvh_scsi_answer(&lu, cdb10, to);
	check_eq(mvh_get_be32(to), ~0u);
	lu.blocks = 1ull << 32;
	mvh_scsi_answer(&lu, cdb10, to);
	check_eq(mvh_get_be32(to), ~0u);
}

UNIT_TEST(test_scsi_luns, "S1 scsi: the list of logical units")
{
	u8 cdb[MVH_CDB_LEN] = { 0xa0 }, to[MVH_SCSI_ANSWER_MAX];
	u64 luns[4] = { 1ull << 0 | 1ull << 63, 0, 0, 1ull << 63 };
	u64 all[4] = { ~0ull, ~0ull, ~0ull, ~0ull };

	check_eq(mvh_scsi_report_luns(cdb, luns, to), 32);
	check_eq(mvh_get_be32(to), 24);
	check_eq(mvh_get_be32(to + 4), 0);
	check_eq(mvh_get_be64(to + 8), 0);
	check_eq(mvh_get_be64(to + 16), 63ull << 48);
	check_eq(mvh_get_be64(to + 24), 255ull << 48);
	cdb[2] = 2;
	check_eq(mvh_scsi_report_luns(cdb, all, to), 8 + 256 * 8);
	cdb[2] = 1;
	check_eq(mvh_scsi_report_luns(cdb, all, to), 8);
	check_eq(mvh_get_be32(to), 0);
}

static u32 mode(const struct mvh_scsi_lu *lu, bool is_short, u8 byte1, u8 byte2,
		u8 *to)
{
	u8 cdb[MVH_CDB_LEN] = { is_short ? 0x1a : 0x5a, byte1, byte2 };
	struct mvh_scsi_cmd cmd;
	u32 len;

	check_eq(mvh_scsi_parse(lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_ANSWER);
	memset(to, 0xee, MVH_SCSI_ANSWER_MAX);
	len = mvh_scsi_answer(lu, cdb, to);
	check_eq(is_short ? to[0] + 1 : mvh_get_be16(to) + 2, len);
	check_eq(to[len], 0xee);
	return len;
}

UNIT_TEST(test_scsi_mode_sense, "S12 scsi: MODE SENSE: headers, block descriptors, pages, current, changeable, default")
{
	struct mvh_scsi_lu lu = disk();
	u8 to[MVH_SCSI_ANSWER_MAX];

	check_eq(mode(&lu, true, 0, 0x08, to), 4 + 8 + 20);
	check_eq(to[2], 0x10);
	check_eq(to[3], 8);
	check_eq(mvh_get_be32(to + 4), 1000);
	check_eq(mvh_get_be32(to + 8), 512);
	check_eq(to[12], 0x08);
	check_eq(to[13], 18);
	check_eq(to[14], 4);
	check_eq(mode(&lu, true, 8, 0x48, to), 4 + 20);
	check_eq(to[3], 0);
	check_eq(to[6], 4);
	lu.wce = false;
	check_eq(mode(&lu, true, 8, 0x08, to), 24);
	check_eq(to[6], 0);
	check_eq(mode(&lu, true, 8, 0x88, to), 24);
	check_eq(to[6], 4);
	check_eq(mode(&lu, true, 8, 0x48, to), 24);
	check_eq(to[6], 4);
	check_eq(mode(&lu, true, 8, 0x0a, to), 16);
	check_eq(to[4], 0x0a);
	check_eq(to[5], 10);
	check_eq(to[6], 2);
	check_eq(to[7], 0x10);
	check_eq(mode(&lu, true, 8, 0x4a, to), 16);
	check_eq(to[6], 0);
	check_eq(to[7], 0);
	check_eq(mode(&lu, true, 8, 0x3f, to), 4 + 20 + 12);
	lu.readonly = true;
	lu.blocks = 1ull << 33;
	check_eq(mode(&lu, false, 0, 0x3f, to), 8 + 8 + 32);
	check_eq(to[3], 0x90);
	check_eq(to[4], 0);
	check_eq(mvh_get_be16(to + 6), 8);
	check_eq(mvh_get_be32(to + 8), ~0u);
	check_eq(mode(&lu, false, 0x10, 0x3f, to), 8 + 16 + 32);
	check_eq(to[4], 1);
	check_eq(mvh_get_be16(to + 6), 16);
	check_eq(mvh_get_be64(to + 8), 1ull << 33);
	check_eq(mvh_get_be32(to + 20), 512);
}

UNIT_TEST(test_scsi_mode_refused, "S12 scsi: MODE SENSE of saved values and of other pages is refused")
{
	struct mvh_scsi_lu lu = disk();
	unsigned int page, sub;
	struct mvh_scsi_cmd cmd;

	for (page = 0; page < 64; page++)
	for (sub = 0; sub < 256; sub++) {
		u8 cdb[MVH_CDB_LEN] = { 0x1a, 0, page, sub, 255 };
		bool has = page == 8 || page == 10 || page == 0x3f;
		bool good = has && (!sub || (page == 0x3f && sub == 255));

		check_eq(mvh_scsi_parse(&lu, cdb, &cmd), good ? GOOD : CHECK);
		check_eq(cmd.in, 255);
		if (good)
			continue;
		check_eq(cmd.sense.code, MVH_SENSE_INVALID_CDB_FIELD);
		check_eq(cmd.sense.byte, has ? 3 : 2);
		cdb[2] |= 0xc0;
		check_eq(mvh_scsi_parse(&lu, cdb, &cmd), CHECK);
		check_eq(cmd.sense.code, MVH_SENSE_NOT_SAVED);
	}
}

/* A list of exactly so many bytes, so that a sanitizer sees what is read behind it. */
static u8 select_mode(const struct mvh_scsi_lu *lu, bool is_short, const u8 *list, u32 len,
		      bool *wce, struct mvh_scsi_cmd *cmd)
{
	u8 cdb[MVH_CDB_LEN] = { is_short ? 0x15 : 0x55, 0x10 };
	u8 *copy = malloc(len);
	u8 status;

	memcpy(copy, list, len);
	mvh_put_be16(cdb + 7, is_short ? 0 : len);
	if (is_short)
		cdb[4] = len;
	check_eq(mvh_scsi_parse(lu, cdb, cmd), GOOD);
	check_eq(cmd->op, MVH_SCSI_MODE_SELECT);
	check_eq(cmd->out, len);
	status = mvh_scsi_mode_select_list(lu, cdb, copy, len, wce, cmd);
	free(copy);
	return status;
}

static void bad_list(const struct mvh_scsi_lu *lu, bool is_short, const u8 *list, u32 len,
		     u16 byte)
{
	struct mvh_scsi_cmd cmd;
	bool wce;

	check_eq(select_mode(lu, is_short, list, len, &wce, &cmd), CHECK);
	check_eq(cmd.sense.code, MVH_SENSE_INVALID_LIST_FIELD);
	check_eq(cmd.sense.where, MVH_SENSE_IN_LIST);
	check_eq(cmd.sense.byte, byte);
}

UNIT_TEST(test_scsi_mode_select, "S12 scsi: MODE SELECT sets the write cache and changes nothing else")
{
	struct mvh_scsi_lu lu = disk();
	u8 to[MVH_SCSI_ANSWER_MAX], list[MVH_SCSI_ANSWER_MAX];
	struct mvh_scsi_cmd cmd;
	unsigned int i, bit, is_short;
	bool wce = false;
	u32 len, head;

	for (is_short = 0; is_short < 2; is_short++) {
		head = is_short ? 4 : 8;
		/* What was read can be set. */
		len = mode(&lu, is_short, 0, 0x3f, to);
		check_eq(select_mode(&lu, is_short, to, len, &wce, &cmd), GOOD);
		check_eq(wce, true);
		to[head + 8 + 2] ^= 4;
		check_eq(select_mode(&lu, is_short, to, len, &wce, &cmd), GOOD);
		check_eq(wce, false);
		/* Any other bit is refused; that of the first page is that it is saved. */
		for (i = head + 8; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(list, to, len);
			list[i] ^= 1 << bit;
			if ((i == head + 8 || i == head + 28) && bit == 7)
				continue;
			if (i == head + 10 && bit == 2)
				continue;
			check_eq(select_mode(&lu, is_short, list, len, &wce, &cmd), CHECK);
			check(cmd.sense.code == MVH_SENSE_INVALID_LIST_FIELD ||
			      cmd.sense.code == MVH_SENSE_LIST_LENGTH);
		}
		/* The list ends anywhere. */
		for (i = 1; i < len; i++) {
			bool whole = i == head + 8 || i == head + 28;

			check_eq(select_mode(&lu, is_short, to, i, &wce, &cmd),
				 whole ? GOOD : CHECK);
			if (!whole)
				check_eq(cmd.sense.code, MVH_SENSE_LIST_LENGTH);
		}
	}
	/* Pages of other lengths, or subpages. */
	memset(list, 0, sizeof(list));
	list[4] = 0x48;
	bad_list(&lu, true, list, 24, 4);
	list[4] = 0x01;
	bad_list(&lu, true, list, 24, 4);
}

UNIT_TEST(test_scsi_mode_blocks, "S12 scsi: MODE SELECT with another block size or capacity is refused")
{
	struct mvh_scsi_lu lu = disk();
	u8 list[32] = {};
	struct mvh_scsi_cmd cmd;
	bool wce;

	list[3] = 8;
	bad_list(&lu, true, list, 12, 4 + 5);
	mvh_put_be32(list + 8, 512);
	check_eq(select_mode(&lu, true, list, 12, &wce, &cmd), GOOD);
	mvh_put_be32(list + 4, 1000);
	check_eq(select_mode(&lu, true, list, 12, &wce, &cmd), GOOD);
	mvh_put_be32(list + 4, ~0u);
	check_eq(select_mode(&lu, true, list, 12, &wce, &cmd), GOOD);
	mvh_put_be32(list + 4, 999);
	bad_list(&lu, true, list, 12, 4);
	list[3] = 16;
	bad_list(&lu, true, list, 20, 3);
	list[3] = 7;
	bad_list(&lu, true, list, 20, 3);
	memset(list, 0, sizeof(list));
	mvh_put_be16(list + 6, 16);
	bad_list(&lu, false, list, 24, 6);
	list[4] = 1;
	bad_list(&lu, false, list, 24, 8 + 12);
	mvh_put_be32(list + 20, 512);
	check_eq(select_mode(&lu, false, list, 24, &wce, &cmd), GOOD);
	mvh_put_be64(list + 8, ~0ull);
	check_eq(select_mode(&lu, false, list, 24, &wce, &cmd), GOOD);
	mvh_put_be64(list + 8, 1);
	bad_list(&lu, false, list, 24, 8);
}

UNIT_TEST(test_scsi_mode_cdb, "S12 scsi: MODE SELECT of pages that are to be saved, or of a vendor's, is refused")
{
	struct mvh_scsi_lu lu = disk();
	u8 cdb[MVH_CDB_LEN] = { 0x15, 0x11, 0, 0, 4 };
	struct mvh_scsi_cmd cmd;

	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.byte, 1);
	check_eq(cmd.sense.bit, 0);
	cdb[1] = 0;
	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.byte, 1);
	check_eq(cmd.sense.bit, 4);
	cdb[1] = 0x10;
	cdb[4] = 0;
	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), GOOD);
	check_eq(cmd.op, MVH_SCSI_NOTHING);
	cdb[0] = 0x55;
	cdb[7] = 0xff;
	check_eq(mvh_scsi_parse(&lu, cdb, &cmd), CHECK);
	check_eq(cmd.sense.code, MVH_SENSE_LIST_LENGTH);
}
