// SPDX-License-Identifier: GPL-2.0
/*
 * Answers that follow from what a logical unit is: INQUIRY, READ CAPACITY and REPORT
 * LUNS.
 */
#include "cdb.h"

#define MVH_INQUIRY_LEN		96
#define MVH_PAGE_LEN		64

#define MVH_PAGE_SERIAL		0x80
#define MVH_PAGE_ID		0x83
#define MVH_PAGE_LIMITS		0xb0
#define MVH_PAGE_MEDIUM		0xb1
#define MVH_PAGE_THIN		0xb2

static const char mvh_scsi_vendor[] = "MYVHOST ";
static const char mvh_scsi_product[] = "VIRTUAL DISK    ";
static const char mvh_scsi_revision[] = "0001";

/**
 * mvh_scsi_name - a name for a logical unit that has no other
 * @bytes: what no other has
 * @len: bytes of it
 *
 * Return: a locally assigned NAA (SPC-4, 7.8.6.6.5).
 */
u64 mvh_scsi_name(const u8 *bytes, size_t len)
{
	u64 hash = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return 3ULL << 60 | hash >> 4;
}

static u32 mvh_scsi_inquiry(u8 *to)
{
	memset(to, 0, MVH_INQUIRY_LEN);
	to[2] = 6;	/* SPC-4 */
	to[3] = 0x12;	/* hierarchical addresses, the format of this data */
	to[4] = MVH_INQUIRY_LEN - 5;
	to[7] = 0x02;	/* several commands at a time */
	memcpy(to + 8, mvh_scsi_vendor, 8);
	memcpy(to + 16, mvh_scsi_product, 16);
	memcpy(to + 32, mvh_scsi_revision, 4);
	mvh_put_be16(to + 58, 0x00a0);	/* SAM-5 */
	mvh_put_be16(to + 60, 0x0460);	/* SPC-4 */
	mvh_put_be16(to + 62, 0x04c0);	/* SBC-3 */
	return MVH_INQUIRY_LEN;
}

/*
 * mvh_scsi_inquiry_absent() - what INQUIRY says of a logical unit that does not exist (S1)
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data.
 */
u32 mvh_scsi_inquiry_absent(u8 *to)
{
	mvh_scsi_inquiry(to);
	to[0] = 0x7f;
	return MVH_INQUIRY_LEN;
}

/* Without a serial number, the name.  Returns its length. */
static u32 mvh_scsi_serial(const struct mvh_scsi_lu *lu, u8 *to)
{
	static const char digits[] = "0123456789abcdef";
	u32 i;

	for (i = 0; i < MVH_SCSI_NAME_LEN && lu->serial[i]; i++)
		to[i] = lu->serial[i];
	if (i)
		return i;
	for (i = 0; i < 16; i++)
		to[i] = digits[lu->naa >> (60 - 4 * i) & 0x0f];
	return i;
}

static u32 mvh_scsi_page_id(const struct mvh_scsi_lu *lu, u8 *to)
{
	u32 len = mvh_scsi_serial(lu, to + 8 + 8);

	to[4] = 0x02;	/* ASCII */
	to[5] = 0x01;	/* vendor, and what the vendor says */
	to[7] = 8 + len;
	memcpy(to + 8, mvh_scsi_vendor, 8);
	to += 16 + len;
	to[0] = 0x01;	/* binary */
	to[1] = 0x03;	/* NAA */
	to[3] = 8;
	mvh_put_be64(to + 4, lu->naa);
	return 16 + len + 12;
}

static u32 mvh_scsi_page_limits(const struct mvh_scsi_lu *lu, u8 *to)
{
	u32 range = MVH_BLK_RANGE_SECTORS >> (lu->shift - MVH_SECTOR_SHIFT);

	to[4] = 0x01;	/* WSNZ: WRITE SAME of 0 blocks is refused */
	to[5] = min(MVH_SCSI_ATOMIC_MAX >> lu->shift, 255u);
	mvh_put_be16(to + 6, min(lu->io_min, 65535u));
	mvh_put_be32(to + 8, MVH_BLK_DATA_MAX >> lu->shift);
	mvh_put_be32(to + 12, lu->io_opt);
	mvh_put_be64(to + 36, range);
	if (!lu->unmap)
		return MVH_PAGE_LEN;
	mvh_put_be32(to + 20, range);
	mvh_put_be32(to + 24, MVH_BLK_RANGES_MAX);
	mvh_put_be32(to + 28, lu->granularity);
	to[32] = 0x80;	/* the alignment, 0, is valid */
	return MVH_PAGE_LEN;
}

static u32 mvh_scsi_page_thin(const struct mvh_scsi_lu *lu, u8 *to)
{
	if (lu->unmap) {
		to[5] = 0xe0;	/* by UNMAP, WRITE SAME (16) and (10) */
		to[6] = 0x02;	/* thin */
		if (lu->zeroes)
			to[5] |= 0x04;
	}
	return 8;
}

static const u8 mvh_scsi_pages[] = {
	0x00, MVH_PAGE_SERIAL, MVH_PAGE_ID, MVH_PAGE_LIMITS, MVH_PAGE_MEDIUM,
	MVH_PAGE_THIN,
};

/*
 * mvh_scsi_has_page() - is there such a page of vital product data?
 *
 * Return: true if there is.
 */
bool mvh_scsi_has_page(u8 page)
{
	return memchr(mvh_scsi_pages, page, sizeof(mvh_scsi_pages));
}

static u32 mvh_scsi_page(const struct mvh_scsi_lu *lu, u8 page, u8 *to)
{
	u32 len;

	memset(to, 0, MVH_PAGE_LEN);
	switch (page) {
	case 0x00:
		memcpy(to + 4, mvh_scsi_pages, sizeof(mvh_scsi_pages));
		len = 4 + sizeof(mvh_scsi_pages);
		break;
	case MVH_PAGE_SERIAL:
		len = 4 + mvh_scsi_serial(lu, to + 4);
		break;
	case MVH_PAGE_ID:
		len = mvh_scsi_page_id(lu, to);
		break;
	case MVH_PAGE_LIMITS:
		len = mvh_scsi_page_limits(lu, to);
		break;
	case MVH_PAGE_MEDIUM:
		mvh_put_be16(to + 4, 1);	/* does not rotate */
		len = MVH_PAGE_LEN;
		break;
	default:
		len = mvh_scsi_page_thin(lu, to);
	}
	to[1] = page;
	mvh_put_be16(to + 2, len - 4);
	return len;
}

static u32 mvh_scsi_capacity_10(const struct mvh_scsi_lu *lu, u8 *to)
{
	mvh_put_be32(to, min_t(u64, lu->blocks - 1, U32_MAX));
	mvh_put_be32(to + 4, 1u << lu->shift);
	return 8;
}

static u32 mvh_scsi_capacity_16(const struct mvh_scsi_lu *lu, u8 *to)
{
	memset(to, 0, 32);
	mvh_put_be64(to, lu->blocks - 1);
	mvh_put_be32(to + 8, 1u << lu->shift);
	to[13] = lu->physical_shift;
	if (lu->unmap)
		to[14] = lu->zeroes ? 0xc0 : 0x80;
	return 32;
}

/*
 * mvh_scsi_answer() - the data of a command of which MVH_SCSI_ANSWER is to be done (S6)
 * @cdb: the command, checked
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data, of which the command may want less.
 */
u32 mvh_scsi_answer(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to)
{
	switch (cdb[0]) {
	case MVH_OP_INQUIRY:
		return cdb[1] & 1 ? mvh_scsi_page(lu, cdb[2], to) :
				    mvh_scsi_inquiry(to);
	case MVH_OP_READ_CAPACITY_10:
		return mvh_scsi_capacity_10(lu, to);
	case MVH_OP_SERVICE_IN_16:
		return mvh_scsi_capacity_16(lu, to);
	case MVH_OP_MAINTENANCE_IN:
		return mvh_scsi_report_opcodes(lu, cdb, to);
	default:
		return mvh_scsi_mode_sense(lu, cdb, to);
	}
}

/**
 * mvh_scsi_report_luns - the data of REPORT LUNS (S1)
 * @cdb: the command, checked
 * @luns: which exist, MVH_SCSI_LUNS_MAX bits
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data.
 */
u32 mvh_scsi_report_luns(const u8 *cdb, const u64 *luns, u8 *to)
{
	u32 i, len = 8;

	/* Well-known ones, which 1 asks for, do not exist. */
	for (i = 0; i < MVH_SCSI_LUNS_MAX && cdb[2] != 1; i++) {
		if (!(luns[i / 64] & BIT_ULL(i % 64)))
			continue;
		mvh_put_be64(to + len, (u64)i << 48);
		len += 8;
	}
	mvh_put_be64(to, (u64)(len - 8) << 32);
	return len;
}
