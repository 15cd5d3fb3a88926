/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a virtio-blk request asks for, and whether a disk can do it.  Pure: see
 * ring.h.  Rules are quoted as (Bn) from Documentation/rules.rst.
 */
#ifndef _MVH_BLK_REQ_H
#define _MVH_BLK_REQ_H

#include <uapi/linux/virtio_blk.h>
#include "cmd.h"

/**
 * struct mvh_blk_limits - what a disk can do for its guest
 * @sectors: capacity
 * @block: bytes that positions and lengths are multiples of, a power of two
 * @readonly: it cannot be written
 * @features: what was negotiated, bits 0 to 63
 */
struct mvh_blk_limits {
	u64 sectors;
	u32 block;
	bool readonly;
	u64 features;
};

u8 mvh_blk_parse(const struct mvh_blk_limits *limits,
		 const struct virtio_blk_outhdr *hdr, u64 out_len, u64 in_len,
		 struct mvh_blk_cmd *cmd);
u8 mvh_blk_parse_range(const struct mvh_blk_limits *limits, enum mvh_blk_op op,
		       const struct virtio_blk_discard_write_zeroes *from,
		       struct mvh_blk_range *range);

#endif /* _MVH_BLK_REQ_H */
