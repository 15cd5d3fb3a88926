/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver can ask a disk for, whatever the protocol.  Pure: see ring.h.
 */
#ifndef _MVH_BLK_CMD_H
#define _MVH_BLK_CMD_H

#include "mvh_env.h"

#define MVH_SECTOR_SHIFT	9
#define MVH_SECTOR_SIZE		512u

/* Most bytes of one read or write. */
#define MVH_BLK_DATA_MAX	(1024u * 1024 * 1024)

/* Most ranges of one discard, zeroing or erasure, and sectors of one range. */
#define MVH_BLK_RANGES_MAX	32
#define MVH_BLK_RANGE_SECTORS	(4u * 1024 * 1024)

/**
 * enum mvh_blk_op - types of requests
 * @MVH_BLK_READ: copy sectors to the guest
 * @MVH_BLK_WRITE: copy sectors from the guest
 * @MVH_BLK_FLUSH: make completed writes durable
 * @MVH_BLK_GET_ID: copy the serial number to the guest; a front does that, not the engine
 * @MVH_BLK_DISCARD: release ranges of sectors, whose contents become undefined
 * @MVH_BLK_WRITE_ZEROES: make ranges of sectors read as zeroes
 * @MVH_BLK_SECURE_ERASE: destroy the contents of ranges of sectors
 * @MVH_BLK_CALL: a function of the front, which may sleep
 */
enum mvh_blk_op {
	MVH_BLK_READ,
	MVH_BLK_WRITE,
	MVH_BLK_FLUSH,
	MVH_BLK_GET_ID,
	MVH_BLK_DISCARD,
	MVH_BLK_WRITE_ZEROES,
	MVH_BLK_SECURE_ERASE,
	MVH_BLK_CALL,
};

/**
 * struct mvh_blk_cmd - a checked request
 * @op: what is to be done
 * @pos: first byte on the disk, of a read or write
 * @len: bytes of the data: what is read or written, of the serial number, or of
 *	the list of ranges
 */
struct mvh_blk_cmd {
	enum mvh_blk_op op;
	u64 pos;
	u64 len;
};

/**
 * struct mvh_blk_range - a checked range of a discard, zeroing or erasure
 * @pos: first byte on the disk
 * @len: bytes, may be 0
 * @unmap: its blocks need not stay allocated
 */
struct mvh_blk_range {
	u64 pos;
	u64 len;
	bool unmap;
};

#endif /* _MVH_BLK_CMD_H */
