/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk: the backing file, and what it can do.
 */
#ifndef _MVH_BLK_DISK_H
#define _MVH_BLK_DISK_H

#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <uapi/linux/myvhost.h>
#include "core/backend.h"
#include "ring/features.h"
#include "cmd.h"
#include "hold.h"

struct block_device;
struct cred;
struct file;
struct mvh_dev;
struct workqueue_struct;
struct seq_file;

/**
 * struct mvh_disk - a disk
 *
 * Constant unless it says otherwise.
 *
 * @refs: held by the device and by each queue's port
 * @dev: the device; not to be used by an orphan, which may outlive it
 * @file: the backing, opened for this disk alone so that errors of write-back
 *	are reported here
 * @bdev: the block device if it is one, else NULL
 * @cred: of who opened the descriptor that MYVHOST_BLK_SET_BACKING was given; all I/O
 *	uses them
 * @host_dev: st_dev of the backing
 * @host_ino: its st_ino
 * @discard: the guest can release space
 * @granularity: bytes that it is to release at once, 0 for those of the backing
 * @stop_enospc: a request waits for space
 * @stop_error: a request waits after another error
 * @resumes: requests of MYVHOST_BLK_RESUME
 * @n_kept: requests that wait so
 * @kept_err: why the last of them waits
 * @kept_at: when it began to wait, in jiffies
 * @readonly: the guest may not write
 * @direct: I/O does not go through the page cache
 * @asked_direct: not MYVHOST_BLK_BUFFERED; the backing may not support it
 * @block: bytes that the guest's positions and lengths are multiples of
 * @unit: what positions, lengths and addresses must be multiples of for direct I/O, 1
 *	through the page cache
 * @below_max: requests of one queue that the device below a file takes at the same time,
 *	as far as that is known
 * @holds: writes that are under way, if mvh_disk_has_parts()
 * @serial: what the guest reads as serial number
 * @wce_first: whether the write cache is on after a reset
 * @wce: whether it is now, so that completed writes may be lost without a flush;
 *	changes under the device's mutex, is read without
 * @sectors: capacity; likewise
 * @n_orphans: ports of earlier users with requests in flight; nobody else may use the
 *	disk meanwhile
 * @untold: an error of write-back that no driver was told of, 0 if there is none
 * @hangs: a stop timed out on this backing; cleared by the next completion
 * @pool: threads for what may block
 * @range_pool: threads for ranges, which may take minutes: a flush does not wait for them
 * @write_pool: a thread for buffered writes of a file, which lock it
 * @n_ranges: requests in @range_pool
 * @rates: limits of requests and bytes
 */
struct mvh_disk {
	refcount_t refs;
	struct mvh_dev *dev;
	struct file *file;
	struct block_device *bdev;
	const struct cred *cred;
	dev_t host_dev;
	u64 host_ino;
	bool discard;
	u32 granularity;
	bool stop_enospc;
	bool stop_error;
	atomic_t resumes;
	atomic_t n_kept;
	int kept_err;
	unsigned long kept_at;
	bool readonly;
	bool direct;
	bool asked_direct;
	u32 block;
	u32 unit;
	u32 below_max;
	struct mvh_holds holds;
	u8 serial[MYVHOST_BLK_SERIAL_LEN];
	bool wce_first;
	bool wce;
	u64 sectors;
	atomic_t n_orphans;
	long untold;
	bool hangs;
	struct workqueue_struct *pool;
	struct workqueue_struct *range_pool;
	struct workqueue_struct *write_pool;
	atomic_t n_ranges;
	struct mvh_rates rates;
};

/* May the guest write less than the backing can? */
static inline bool mvh_disk_has_parts(const struct mvh_disk *disk)
{
	return disk->unit > disk->block;
}

static inline bool mvh_disk_is_full(int err)
{
	return err == -ENOSPC || err == -EDQUOT;
}

struct mvh_disk *mvh_disk_create(struct mvh_dev *dev,
				 const struct myvhost_blk *blk);
void mvh_disk_put(struct mvh_disk *disk);
void mvh_disk_resize(struct mvh_disk *disk);
void mvh_disk_reset(struct mvh_disk *disk);
u32 mvh_disk_bio_max(const struct mvh_disk *disk);
bool mvh_disk_gone(const struct mvh_disk *disk);
void mvh_disk_check_size(const struct mvh_disk *disk);
void mvh_disk_show(struct seq_file *seq, const struct mvh_disk *disk);
bool mvh_disk_is_cut(const struct mvh_disk *disk);
bool mvh_disk_keeps(const struct mvh_disk *disk, int err);
void mvh_disk_keep(struct mvh_disk *disk, int err);
int mvh_disk_set_limits(struct mvh_disk *disk,
			const struct myvhost_blk_limits *limits);

/* topology.c */
u32 mvh_disk_physical(const struct mvh_disk *disk);
u32 mvh_disk_optimal(const struct mvh_disk *disk);
u32 mvh_disk_range_unit(const struct mvh_disk *disk);
u32 mvh_disk_granularity(const struct mvh_disk *disk);

/* compare.c */
int mvh_disk_compare(struct mvh_disk *disk, u64 pos, const u8 *data, size_t len,
		     size_t *same);
int mvh_disk_write(struct mvh_disk *disk, u64 pos, const u8 *data, size_t len,
		   bool sync);

/* lock.c */
int mvh_file_lock(struct file *file, bool readonly);

#endif /* _MVH_BLK_DISK_H */
