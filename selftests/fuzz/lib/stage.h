/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring made of an image from the input, and the guest's writes that come with
 * it, each after a number of reads by the device.
 */
#ifndef _STAGE_H
#define _STAGE_H

#include "fuzz.h"
#include "image.h"
#include "naive.h"

#define STAGE_PATCHES	24
#define STAGE_FLIPS	16
#define STAGE_BYTES	1024

/**
 * struct stage_patch - a write of the guest
 * @head: when and where
 * @bytes: what
 */
struct stage_patch {
	struct image_patch head;
	u8 bytes[STAGE_BYTES];
};

/**
 * struct stage - a ring and what happens to it
 * @rig: the ring
 * @memory: what its guest memory is
 * @patch: writes of the guest
 * @n_patches: how many
 * @n_reads: reads of the device so far
 * @still: memory does not change between two reads
 */
struct stage {
	struct rig *rig;
	struct naive memory;
	struct stage_patch patch[STAGE_PATCHES + STAGE_FLIPS];
	unsigned int n_patches;
	unsigned int n_reads;
	bool still;
};

void stage_open(struct stage *s);
void stage_close(struct stage *s);
void stage_poke(struct stage *s);
void stage_flips(struct stage *s);
void stage_renew(struct stage *s);

#endif /* _STAGE_H */
