/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers without a ring try, one case after the other, and how a case
 * is made of numbers.  The unit tests write theirs, a fuzzer reads its input.
 */
#ifndef _CASE_H
#define _CASE_H

#include "blk/req.h"
#include "code.h"
#include "ring/mem.h"
#include "net/hdr.h"
#include "scsi/reserve.h"

/**
 * struct case_net - what an input of net_hdr is
 * @features: whose header has which length
 * @hdr: a header
 * @le: and its byte order
 * @len: of the frame behind it
 */
struct case_net {
	u64 features[2];
	struct mvh_net_hdr hdr;
	bool le;
	u32 len;
};

/**
 * struct case_blk - a request to a disk, or a range in one
 * @is_range: which of them
 * @type: of the request
 * @sector: where
 * @out: bytes of the request's data to be read
 * @in: and to be written
 * @op: what the range is for
 * @n: its sectors
 * @flags: its flags
 */
struct case_blk {
	bool is_range;
	u32 type;
	u64 sector;
	u64 out;
	u64 in;
	enum mvh_blk_op op;
	u32 n;
	u32 flags;
};

/**
 * struct case_scsi - a command to a logical unit
 * @cdb: the command
 * @nexus: whose it is
 * @list: its parameter list
 */
struct case_scsi {
	u8 cdb[MVH_CDB_MAX];
	u8 nexus;
	u8 list[MVH_SCSI_LIST_MAX];
};

/* Regions of a memory table. */
#define CASE_TABLE_MAX	12

/**
 * struct case_table - what a map begins as
 * @cached: an empty cache
 * @n: or the number of regions
 * @region: these
 */
struct case_table {
	bool cached;
	unsigned int n;
	struct mvh_region region[CASE_TABLE_MAX];
};

/**
 * enum case_map_kind - what is done with a map
 */
enum case_map_kind {
	CASE_MAP_REMOVE,
	CASE_MAP_COPY,
	CASE_MAP_INSERT,
	CASE_MAP_LOOK = 8,
};

/**
 * struct case_map - a step in the life of a map
 * @kind: what is done
 * @region: what is inserted; of a removal, from where to where
 * @limit: of an insertion
 * @fails: the insertion finds no memory
 * @addr: of a look
 * @len: of a look
 * @how: of a look: rights, and in the other bits how many pieces there is room for
 */
struct case_map {
	enum case_map_kind kind;
	struct mvh_region region;
	u32 limit;
	bool fails;
	u64 addr;
	u64 len;
	u8 how;
};

/**
 * enum case_io_kind - what happens to an IOTLB
 */
enum case_io_kind {
	CASE_IO_BEGIN,
	CASE_IO_END,
	CASE_IO_INVALIDATE,
	CASE_IO_UPDATE,
	CASE_IO_LOOK = 64,
};

/**
 * struct case_io - a message, or a queue's look
 * @kind: what happens
 * @iova: where
 * @size: how much
 * @uaddr: what is there, or what is answered if a look finds nothing
 * @perm: rights, and of a look also how many pieces there is room for
 * @view: which queue looks
 */
struct case_io {
	enum case_io_kind kind;
	u64 iova;
	u64 size;
	u64 uaddr;
	u8 perm;
	u8 view;
};

void case_net(struct code *c, struct case_net *n);
void case_blk_limits(struct code *c, struct mvh_blk_limits *l);
void case_blk(struct code *c, const struct mvh_blk_limits *l,
	      struct case_blk *b);
void case_scsi_lu(struct code *c, struct mvh_scsi_lu *lu);
void case_scsi(struct code *c, struct case_scsi *s);
void case_table(struct code *c, struct case_table *t);
void case_map(struct code *c, struct case_map *m);
void case_io_vdpa(struct code *c, bool *vdpa);
void case_io(struct code *c, struct case_io *io);

#endif /* _CASE_H */
