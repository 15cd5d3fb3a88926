/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a SCSI command asks for, and whether a logical unit can do it.  Pure: see
 * ring/ring.h.  Rules are quoted as (Sn) from Documentation/rules.rst.
 */
#ifndef _MVH_SCSI_CDB_H
#define _MVH_SCSI_CDB_H

#include "blk/cmd.h"
#include "sense.h"

/* Bytes of a command in a virtio-scsi request, and the most that one has. */
#define MVH_CDB_LEN		32
#define MVH_CDB_MAX		16

/* Logical units of a target. */
#define MVH_SCSI_LUNS_MAX	256

/* Most bytes that are compared by one command, and that COMPARE AND WRITE writes. */
#define MVH_SCSI_COMPARE_MAX	(1024u * 1024)
#define MVH_SCSI_ATOMIC_MAX	(64u * 1024)

/* Most bytes of a parameter list: an UNMAP with all its ranges. */
#define MVH_SCSI_LIST_MAX	(8 + 16 * MVH_BLK_RANGES_MAX)

#define MVH_SCSI_NAME_LEN	20

/**
 * struct mvh_scsi_lu - what a logical unit is, for its commands and answers
 * @blocks: capacity
 * @shift: bytes of a block, as a power of two
 * @physical_shift: blocks of a physical block, as a power of two
 * @readonly: it cannot be written
 * @unmap: it can release blocks
 * @zeroes: what is released reads as zeroes
 * @wce: a write that is complete may be lost without a flush
 * @wce_default: whether that is so at first
 * @granularity: blocks that it releases at once
 * @io_min: blocks that transfers should be multiples of
 * @io_opt: blocks of a good transfer, 0 if it says nothing
 * @serial: serial number, padded with 0
 * @naa: its name, NAA 3h and 60 bits
 */
struct mvh_scsi_lu {
	u64 blocks;
	u8 shift;
	u8 physical_shift;
	bool readonly;
	bool unmap;
	bool zeroes;
	bool wce;
	bool wce_default;
	u32 granularity;
	u32 io_min;
	u32 io_opt;
	u8 serial[MVH_SCSI_NAME_LEN];
	u64 naa;
};

/**
 * enum mvh_scsi_op - what is to be done for a command
 * @MVH_SCSI_NOTHING: it is complete
 * @MVH_SCSI_ANSWER: mvh_scsi_answer() has the data
 * @MVH_SCSI_LUNS: the list of logical units is the data
 * @MVH_SCSI_REQUEST_SENSE: what the logical unit has to tell is the data
 * @MVH_SCSI_READ: copy from the disk
 * @MVH_SCSI_WRITE: copy to the disk
 * @MVH_SCSI_FLUSH: make completed writes durable
 * @MVH_SCSI_COMPARE: compare the data with the disk
 * @MVH_SCSI_COMPARE_WRITE: likewise with the first half, then write the second
 * @MVH_SCSI_UNMAP: release the ranges of the parameter list
 * @MVH_SCSI_WRITE_SAME: write one block, or zeroes if there is no data, all over
 * @MVH_SCSI_MODE_SELECT: set the mode pages of the parameter list
 * @MVH_SCSI_PR_IN: reservations are the data
 * @MVH_SCSI_PR_OUT: change reservations by the parameter list
 * @MVH_SCSI_RESERVE: reserve as by SPC-2
 * @MVH_SCSI_RELEASE: the opposite
 */
enum mvh_scsi_op {
	MVH_SCSI_NOTHING,
	MVH_SCSI_ANSWER,
	MVH_SCSI_LUNS,
	MVH_SCSI_REQUEST_SENSE,
	MVH_SCSI_READ,
	MVH_SCSI_WRITE,
	MVH_SCSI_FLUSH,
	MVH_SCSI_COMPARE,
	MVH_SCSI_COMPARE_WRITE,
	MVH_SCSI_UNMAP,
	MVH_SCSI_WRITE_SAME,
	MVH_SCSI_MODE_SELECT,
	MVH_SCSI_PR_IN,
	MVH_SCSI_PR_OUT,
	MVH_SCSI_RESERVE,
	MVH_SCSI_RELEASE,
};

/**
 * enum mvh_scsi_access - what a command does to what others may have reserved
 * @MVH_SCSI_FREE: nothing
 * @MVH_SCSI_READS: it reads, which WRITE EXCLUSIVE allows
 * @MVH_SCSI_WRITES: it changes something
 */
enum mvh_scsi_access {
	MVH_SCSI_FREE,
	MVH_SCSI_READS,
	MVH_SCSI_WRITES,
};

/**
 * struct mvh_scsi_cmd - a checked command
 * @op: what is to be done
 * @pos: first byte on the disk
 * @len: bytes on the disk
 * @out: bytes of data that it reads from the initiator
 * @in: most bytes of data that it has for the initiator
 * @fua: what it wrote is durable when it completes
 * @unmap: of zeroes: their blocks need not stay allocated
 * @sense: why it is refused
 */
struct mvh_scsi_cmd {
	enum mvh_scsi_op op;
	u64 pos;
	u64 len;
	u64 out;
	u64 in;
	bool fua;
	bool unmap;
	struct mvh_sense sense;
};

int mvh_scsi_parse_lun(const u8 *lun);
enum mvh_scsi_access mvh_scsi_access(const u8 *cdb, bool spc2);
bool mvh_scsi_tells(const u8 *cdb);
u8 mvh_scsi_parse(const struct mvh_scsi_lu *lu, const u8 *cdb,
		  struct mvh_scsi_cmd *cmd);
u8 mvh_scsi_parse_unmap(const struct mvh_scsi_lu *lu, const u8 *list, u32 len,
			struct mvh_blk_range *ranges, struct mvh_scsi_cmd *cmd);
u32 mvh_scsi_report_opcodes(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to);

/* answer.c */

/* Room for the longest answer. */
#define MVH_SCSI_ANSWER_MAX	4096

u32 mvh_scsi_answer(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to);
u32 mvh_scsi_report_luns(const u8 *cdb, const u64 *luns, u8 *to);
u32 mvh_scsi_inquiry_absent(u8 *to);
bool mvh_scsi_has_page(u8 page);
u64 mvh_scsi_name(const u8 *bytes, size_t len);

/* mode.c */
u8 mvh_scsi_parse_mode_sense(const u8 *cdb, struct mvh_scsi_cmd *cmd);
u32 mvh_scsi_mode_sense(const struct mvh_scsi_lu *lu, const u8 *cdb, u8 *to);
u8 mvh_scsi_mode_select_list(const struct mvh_scsi_lu *lu, const u8 *cdb,
			     const u8 *list, u32 len, bool *wce,
			     struct mvh_scsi_cmd *cmd);

#endif /* _MVH_SCSI_CDB_H */
