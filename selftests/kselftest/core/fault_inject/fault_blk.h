/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk for fault injection: its steps and requests.  All take a struct blkf_world
 * and return 0 or a negative errno.
 */
#ifndef KSELFTEST_FAULT_BLK_H
#define KSELFTEST_FAULT_BLK_H

#include "blk_fixture.h"
#include "fault.h"

/**
 * struct blkf_kind - which disk
 * @kind: backing
 * @mode: dialect and layout
 * @flags: MYVHOST_BLK_*
 */
struct blkf_kind {
	enum blk_kind kind;
	const struct blk_mode *mode;
	__u32 flags;
};

/**
 * struct blkf_world - a disk, and what has become of it in this life
 * @x: the disk
 * @seed: of the data that was written last
 * @worker: id of a second worker
 * @user: descriptor that uses a named node
 * @looker: descriptor that observes one
 */
struct blkf_world {
	struct blk_fix x;
	unsigned int seed;
	unsigned int worker;
	int user, looker;
};

void blkf_prepare(struct blkf_world *w, const struct blkf_kind *kind);
void blkf_begin(void *world);
void blkf_end(void *world);
void blkf_sweep(struct blkf_world *w, const struct fault_step *step,
		unsigned int n);

int blkf_open(void *world);
int blkf_setup(void *world);
int blkf_backing(void *world);
int blkf_owner(void *world);
int blkf_start(void *world);
int blkf_suspend(void *world);
int blkf_resume(void *world);
int blkf_disable(void *world);
int blkf_enable(void *world);
int blkf_close(void *world);

int blkf_write(void *world);
int blkf_read(void *world);
int blkf_write_bounced(void *world);
int blkf_read_bounced(void *world);
int blkf_flush(void *world);
int blkf_discard(void *world);
int blkf_zero(void *world);
int blkf_flow(void *world);

#endif /* KSELFTEST_FAULT_BLK_H */
