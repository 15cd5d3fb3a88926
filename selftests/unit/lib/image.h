/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring and its tables as bytes: what the unit tests met is where the fuzzers
 * begin.
 *
 * An image is a struct image_head, the descriptors, the driver's area, and
 * @patches times a struct image_patch with its bytes.
 */
#ifndef _IMAGE_H
#define _IMAGE_H

#include "rig.h"

/* Larger rings are not worth a fuzzer's time. */
#define IMAGE_NUM_MAX		64

#define IMAGE_PACKED		1
#define IMAGE_NATIVE		2
#define IMAGE_EVENT_IDX		4
#define IMAGE_IN_ORDER		8
#define IMAGE_NOTIFY_ON_EMPTY	16
#define IMAGE_WRAP0		32

/**
 * struct image_head - what kind of ring
 * @flags: IMAGE_*
 * @max: pieces a chain may have, 0 for RIG_IOV
 * @num: descriptors
 * @start: where the device stands
 * @patches: how many patches follow the ring
 */
struct image_head {
	u8 flags;
	u8 max;
	u16 num;
	u16 start;
	u16 patches;
} __attribute__((packed));

/* @where of a patch */
enum {
	IMAGE_DESC,
	IMAGE_AVAIL,
	IMAGE_GUEST,
	IMAGE_WHERE_MAX
};

/**
 * struct image_patch - bytes that the guest writes
 * @after: when: the number of reads by the device before it
 * @where: into which memory
 * @len: how many
 * @at: guest address, or offset
 */
struct image_patch {
	u8 after;
	u8 where;
	u16 len;
	u64 at;
} __attribute__((packed));

void image_save(const struct rig *rig);

#endif /* _IMAGE_H */
