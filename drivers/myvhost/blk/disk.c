// SPDX-License-Identifier: GPL-2.0
/*
 * A disk: the backing file, and what it can do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/time64.h>
#include <linux/workqueue.h>
#include "core/backend.h"
#include "bounce.h"
#include "disk.h"

/*
 * Threads of a disk that may block at a time, and of those that execute ranges.  As many
 * as QEMU has for a file system that writes in the caller (btrfs with checksums).
 */
#define MVH_BLK_THREADS		64
#define MVH_BLK_RANGE_THREADS	4

/* A request that waits so long after the last one is news. */
#define MVH_DISK_KEPT_SECS	60

#define MVH_BLK_FLAGS	(MYVHOST_BLK_READONLY | MYVHOST_BLK_BUFFERED | \
			 MYVHOST_BLK_WRITETHROUGH | MYVHOST_BLK_NOLOCK | \
			 MYVHOST_BLK_NODISCARD | MYVHOST_BLK_STOP_ENOSPC | \
			 MYVHOST_BLK_STOP_ERROR)

#define MVH_BLK_LIMITS	(MYVHOST_BLK_LIMIT_IOPS | MYVHOST_BLK_LIMIT_BPS)

static bool mvh_disk_may_open(const struct file *file, bool readonly)
{
	fmode_t need = FMODE_READ | (readonly ? 0 : FMODE_WRITE);

	return (file->f_mode & need) == need;
}

/* A block device that the guest writes to is claimed for it. */
static int mvh_disk_open_flags(const struct file *file, bool readonly)
{
	if (readonly)
		return O_RDONLY | O_LARGEFILE;
	if (S_ISBLK(file_inode(file)->i_mode))
		return O_RDWR | O_LARGEFILE | O_EXCL;
	return O_RDWR | O_LARGEFILE;
}

/*
 * What the file system says of direct I/O on a regular file.  0 if it cannot do
 * it; else what positions, lengths and addresses must be multiples of.
 */
static u32 mvh_file_dio_align(const struct file *file)
{
	struct super_block *sb = file_inode(file)->i_sb;
	struct kstat stat;

	if (!vfs_getattr(&file->f_path, &stat, STATX_DIOALIGN,
			 AT_STATX_SYNC_AS_STAT) &&
	    stat.result_mask & STATX_DIOALIGN)
		return stat.dio_offset_align ? max(stat.dio_offset_align,
						   stat.dio_mem_align) : 0;
	return sb->s_bdev ? bdev_logical_block_size(sb->s_bdev) :
			    MVH_SECTOR_SIZE;
}

static u32 mvh_disk_dio_align(const struct mvh_disk *disk)
{
	u32 align;

	if (disk->bdev)
		align = bdev_logical_block_size(disk->bdev);
	else
		align = mvh_file_dio_align(disk->file);
	return align && align < MVH_SECTOR_SIZE ? MVH_SECTOR_SIZE : align;
}

/* Returns 0 with @disk->file open, or an error. */
static int mvh_disk_open_file(struct mvh_disk *disk, const struct file *file,
			      int flags)
{
	struct file *opened = dentry_open(&file->f_path, flags, disk->cred);
	struct inode *inode;

	if (IS_ERR(opened))
		return PTR_ERR(opened);
	inode = opened->f_mapping->host;
	disk->file = opened;
	disk->bdev = S_ISBLK(inode->i_mode) ? I_BDEV(inode) : NULL;
	return 0;
}

/* Returns what direct I/O must be aligned to, 0 if it cannot be, or an error. */
static int mvh_disk_open_direct(struct mvh_disk *disk, const struct file *file,
				int flags)
{
	int err = mvh_disk_open_file(disk, file, flags | O_DIRECT);
	u32 align;

	if (err)
		return err == -EINVAL ? 0 : err;
	align = mvh_disk_dio_align(disk);
	if (is_power_of_2(align) && align <= MVH_BOUNCE_MAX)
		return align;
	fput(disk->file);
	disk->file = NULL;
	return 0;
}

/* A queue's share of the requests of the device that a file system is on. */
static u32 mvh_disk_below_max(const struct mvh_disk *disk)
{
	struct block_device *below = file_inode(disk->file)->i_sb->s_bdev;

	return below ? max(bdev_get_queue(below)->nr_requests / disk->dev->n_vqs, 1ul) :
		       U32_MAX;
}

/* Open the backing again, for direct I/O if that is possible. */
static int mvh_disk_open(struct mvh_disk *disk, const struct file *file)
{
	int flags = mvh_disk_open_flags(file, disk->readonly);
	int align = 0, err;

	if (disk->asked_direct)
		align = mvh_disk_open_direct(disk, file, flags);
	if (align < 0)
		return align;
	if (!align) {
		err = mvh_disk_open_file(disk, file, flags);
		if (err)
			return err;
	}
	disk->direct = align;
	disk->unit = disk->direct ? align : 1;
	disk->below_max = mvh_disk_below_max(disk);
	return 0;
}

/*
 * The guest's block: what its user asked for, else that of a block device, or 512 of
 * a file.  It does not follow direct I/O, or the cache mode: a partition table counts
 * in it.
 */
static int mvh_disk_set_block(struct mvh_disk *disk, u32 block)
{
	if (!block)
		block = disk->bdev ? bdev_logical_block_size(disk->bdev) :
				     MVH_SECTOR_SIZE;
	if (!is_power_of_2(block) || block < MVH_SECTOR_SIZE)
		return -EINVAL;
	disk->block = block;
	return disk->granularity % block ? -EINVAL : 0;
}

/*
 * mvh_disk_bio_max() - how much a block device takes at once
 *
 * Its limits may change.
 *
 * Return: bytes that make one request, if the pages are not worse than one after the other.
 */
u32 mvh_disk_bio_max(const struct mvh_disk *disk)
{
	const struct request_queue *q = bdev_get_queue(disk->bdev);
	u32 n_segments = min_t(u32, queue_max_segments(q), BIO_MAX_VECS);

	return min_t(u64, (u64)queue_max_sectors(q) << MVH_SECTOR_SHIFT,
		     (u64)n_segments << PAGE_SHIFT);
}

static u64 mvh_disk_bytes(const struct mvh_disk *disk)
{
	return i_size_read(disk->file->f_mapping->host);
}

static int mvh_disk_check(const struct mvh_disk *disk)
{
	const struct file_operations *f_op = disk->file->f_op;

	/* Some files that look regular have neither, those of /proc for instance. */
	if (!f_op->read_iter || (!disk->readonly && !f_op->write_iter))
		return -EINVAL;
	if (disk->bdev && bdev_is_zoned(disk->bdev))
		return -EINVAL;
	if (disk->bdev && !disk->readonly && bdev_read_only(disk->bdev))
		return -EROFS;
	return mvh_disk_bytes(disk) < disk->block ? -EINVAL : 0;
}

/*
 * Some file systems have fallocate() but no holes, which only a try can tell.  Behind
 * the end of the file there is nothing to lose.
 */
static bool mvh_disk_can_punch(const struct mvh_disk *disk)
{
	struct super_block *sb = file_inode(disk->file)->i_sb;
	struct file *file = disk->file;
	loff_t end;

	/* It is not worth waiting for the thaw. */
	if (!file->f_op->fallocate || !sb_start_write_trylock(sb))
		return file->f_op->fallocate;
	sb_end_write(sb);
	end = round_up(i_size_read(file_inode(file)), PAGE_SIZE);
	return vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, end,
			     PAGE_SIZE) != -EOPNOTSUPP;
}

static bool mvh_disk_can_discard(const struct mvh_disk *disk)
{
	if (disk->readonly)
		return false;
	if (disk->bdev)
		return bdev_max_discard_sectors(disk->bdev);
	return mvh_disk_can_punch(disk);
}

/* So that a program can tell whether a path still leads to the backing. */
static int mvh_disk_identify(struct mvh_disk *disk)
{
	struct kstat stat;
	int err = vfs_getattr(&disk->file->f_path, &stat, STATX_INO,
			      AT_STATX_SYNC_AS_STAT);

	if (err)
		return err;
	disk->host_dev = stat.dev;
	disk->host_ino = stat.ino;
	return 0;
}

/*
 * Without WQ_MEM_RECLAIM, which takes a thread for each disk, used or not: if memory is
 * short a guest may have to wait, but the host does not depend on it.
 */
static int mvh_disk_make_pools(struct mvh_disk *disk)
{
	disk->pool = alloc_workqueue("myvhost-blk", WQ_UNBOUND, MVH_BLK_THREADS);
	disk->range_pool = alloc_workqueue("myvhost-range", WQ_UNBOUND,
					   MVH_BLK_RANGE_THREADS);
	disk->write_pool = alloc_ordered_workqueue("myvhost-write", 0);
	return disk->pool && disk->range_pool && disk->write_pool ? 0 : -ENOMEM;
}

static int mvh_disk_setup(struct mvh_disk *disk, const struct myvhost_blk *blk,
			  const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;
	int err;

	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return -EINVAL;
	if (!mvh_disk_may_open(file, disk->readonly))
		return -EBADF;
	/* An append-only file cannot back a writable disk. */
	if (!disk->readonly && IS_APPEND(file_inode(file)))
		return -EPERM;
	err = mvh_disk_open(disk, file) ?:
	      mvh_disk_set_block(disk, blk->block_size);
	if (err)
		return err;
	err = mvh_disk_check(disk);
	if (err)
		return err;
	if (!(blk->flags & MYVHOST_BLK_NOLOCK)) {
		err = mvh_file_lock(disk->file, disk->readonly);
		if (err)
			return err;
	}
	err = mvh_disk_make_pools(disk);
	if (err)
		return err;
	disk->discard = !(blk->flags & MYVHOST_BLK_NODISCARD) &&
			mvh_disk_can_discard(disk);
	mvh_disk_resize(disk);
	return mvh_disk_identify(disk);
}

static struct mvh_disk *mvh_disk_alloc(struct mvh_dev *dev,
				       const struct myvhost_blk *blk,
				       const struct file *file)
{
	struct mvh_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL_ACCOUNT);

	if (!disk)
		return NULL;
	refcount_set(&disk->refs, 1);
	disk->dev = dev;
	mvh_holds_init(&disk->holds);
	disk->cred = get_cred(file->f_cred);
	disk->readonly = blk->flags & MYVHOST_BLK_READONLY;
	disk->asked_direct = !(blk->flags & MYVHOST_BLK_BUFFERED);
	disk->wce_first = !(blk->flags & MYVHOST_BLK_WRITETHROUGH);
	disk->wce = disk->wce_first;
	disk->stop_enospc = blk->flags & MYVHOST_BLK_STOP_ENOSPC;
	disk->stop_error = blk->flags & MYVHOST_BLK_STOP_ERROR;
	disk->granularity = blk->discard_granularity;
	memcpy(disk->serial, blk->serial, sizeof(disk->serial));
	mvh_rates_init(&disk->rates);
	mvh_rates_set_units(&disk->rates, blk->iops, blk->iops_burst);
	mvh_rates_set_bytes(&disk->rates, blk->bps, blk->bps_burst);
	return disk;
}

/**
 * mvh_disk_create - make a disk out of a file
 * @dev: the device, locked
 * @blk: what its user asked for
 *
 * Context: Process context, may sleep.
 * Return: the disk, or an ERR_PTR with an error of MYVHOST_BLK_SET_BACKING.
 */
struct mvh_disk *mvh_disk_create(struct mvh_dev *dev,
				 const struct myvhost_blk *blk)
{
	struct mvh_disk *disk;
	struct file *file;
	int err;

	mvh_dev_assert_held(dev);
	if (blk->flags & ~MVH_BLK_FLAGS || blk->reserved ||
	    blk->block_size > MYVHOST_BLK_SIZE_MAX)
		return ERR_PTR(-EINVAL);
	file = fget(blk->fd);
	if (!file)
		return ERR_PTR(-EBADF);
	err = -ENOMEM;
	disk = mvh_disk_alloc(dev, blk, file);
	if (disk)
		err = mvh_disk_setup(disk, blk, file);
	fput(file);
	if (!err)
		return disk;
	if (disk)
		mvh_disk_put(disk);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(mvh_disk_create);

/**
 * mvh_disk_put - drop a reference
 * @disk: the disk
 *
 * Context: Process context, but not a thread of the disk's pools.
 */
void mvh_disk_put(struct mvh_disk *disk)
{
	if (!refcount_dec_and_test(&disk->refs))
		return;
	if (disk->pool)
		destroy_workqueue(disk->pool);
	if (disk->range_pool)
		destroy_workqueue(disk->range_pool);
	if (disk->write_pool)
		destroy_workqueue(disk->write_pool);
	if (disk->untold)
		pr_info_ratelimited("%pD4: an error of write-back was reported to nobody\n",
				    disk->file);
	if (disk->file)
		fput(disk->file);
	put_cred(disk->cred);
	kfree(disk);
}
EXPORT_SYMBOL_GPL(mvh_disk_put);

/**
 * mvh_disk_resize - take over the size of the backing
 * @disk: the disk
 *
 * A request in flight keeps the capacity that it was checked against.
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_disk_resize(struct mvh_disk *disk)
{
	u64 bytes = mvh_disk_bytes(disk) & ~((u64)disk->block - 1);

	mvh_dev_assert_held(disk->dev);
	WRITE_ONCE(disk->sectors, bytes >> MVH_SECTOR_SHIFT);
}
EXPORT_SYMBOL_GPL(mvh_disk_resize);

/**
 * mvh_disk_gone - was the block device removed?
 * @disk: the disk
 *
 * Return: true if so; it does not come back.
 */
bool mvh_disk_gone(const struct mvh_disk *disk)
{
	return disk->bdev && test_bit(GD_DEAD, &disk->bdev->bd_disk->state);
}
EXPORT_SYMBOL_GPL(mvh_disk_gone);

static bool mvh_disk_shrunk(const struct mvh_disk *disk)
{
	return mvh_disk_bytes(disk) >> MVH_SECTOR_SHIFT < READ_ONCE(disk->sectors);
}

/**
 * mvh_disk_check_size - warn of a backing that has become smaller
 * @disk: the disk
 *
 * Requests before its new end succeed.
 */
void mvh_disk_check_size(const struct mvh_disk *disk)
{
	if (mvh_disk_shrunk(disk))
		pr_notice_ratelimited("%pD4: has %llu bytes, less than the disk: requests behind them fail\n",
				      disk->file, mvh_disk_bytes(disk));
}
EXPORT_SYMBOL_GPL(mvh_disk_check_size);

/**
 * mvh_disk_reset - restore the write cache's first setting
 * @disk: the disk
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_disk_reset(struct mvh_disk *disk)
{
	mvh_dev_assert_held(disk->dev);
	WRITE_ONCE(disk->wce, disk->wce_first);
}
EXPORT_SYMBOL_GPL(mvh_disk_reset);

static const char *mvh_disk_io_mode(const struct mvh_disk *disk)
{
	if (disk->direct)
		return "direct";
	return disk->asked_direct ? "buffered, no direct I/O here" : "buffered";
}

/**
 * mvh_disk_show - a disk in /proc/PID/fdinfo/N
 * @seq: where to print
 * @disk: the disk
 *
 * Context: Any task; the device keeps the disk.
 */
void mvh_disk_show(struct seq_file *seq, const struct mvh_disk *disk)
{
	seq_puts(seq, "file:\t");
	seq_file_path(seq, disk->file, "\n\t\\");
	seq_printf(seq, "\ninode:\t%02x:%02x:%llu", MAJOR(disk->host_dev),
		   MINOR(disk->host_dev), disk->host_ino);
	seq_printf(seq, "\nio:\t%s\nsize:\t%llu\nblock_size:\t%u\n",
		   mvh_disk_io_mode(disk),
		   READ_ONCE(disk->sectors) << MVH_SECTOR_SHIFT, disk->block);
	seq_printf(seq, "readonly:\t%d\ncache:\t%s\n", disk->readonly,
		   READ_ONCE(disk->wce) ? "writeback" : "writethrough");
	seq_puts(seq, "serial:\t");
	seq_escape_mem(seq, disk->serial,
		       strnlen(disk->serial, sizeof(disk->serial)),
		       ESCAPE_NAP | ESCAPE_SPECIAL | ESCAPE_HEX, NULL);
	seq_printf(seq, "\niops:\t%llu\nbps:\t%llu\n", disk->rates.units.rate,
		   disk->rates.bytes.rate);
	seq_printf(seq, "orphans:\t%d\n", atomic_read(&disk->n_orphans));
	if (mvh_disk_gone(disk))
		seq_puts(seq, "backing:\tgone\n");
	else if (mvh_disk_shrunk(disk))
		seq_puts(seq, "backing:\tshorter than the disk\n");
	seq_printf(seq, "discard:\t%s\non_enospc:\t%s\non_error:\t%s\n",
		   disk->discard ? "on" : "off",
		   disk->stop_enospc ? "stop" : "report",
		   disk->stop_error ? "stop" : "report");
	seq_printf(seq, "waiting:\t%d\n", atomic_read(&disk->n_kept));
	if (atomic_read(&disk->n_kept))
		seq_printf(seq, "waits_for:\t%s\n",
			   mvh_disk_is_full(READ_ONCE(disk->kept_err)) ?
			   "space" : "resume after an I/O error");
}
EXPORT_SYMBOL_GPL(mvh_disk_show);

/**
 * mvh_disk_is_cut - has the block device become smaller than the disk?
 * @disk: the disk
 *
 * A device that was removed has no size at all.
 *
 * Return: true if so.
 */
bool mvh_disk_is_cut(const struct mvh_disk *disk)
{
	return disk->bdev && mvh_disk_shrunk(disk);
}

/**
 * mvh_disk_keeps - does a failed request wait rather than fail?
 * @disk: the disk
 * @err: its error
 *
 * Return: true if so.
 */
bool mvh_disk_keeps(const struct mvh_disk *disk, int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
		return disk->stop_enospc;
	/* Another try would not be any better. */
	case -EOPNOTSUPP:
	case -EFAULT:
	case -ECANCELED:
		return false;
	default:
		return disk->stop_error;
	}
}

/**
 * mvh_disk_keep - a request waits
 * @disk: the disk
 * @err: the error that it met
 *
 * The kernel log tells it, but not for each of the tries of a disk that stays full.
 *
 * Context: Any.
 */
void mvh_disk_keep(struct mvh_disk *disk, int err)
{
	bool again = err == READ_ONCE(disk->kept_err) &&
		     time_before(jiffies, READ_ONCE(disk->kept_at) +
					  MVH_DISK_KEPT_SECS * HZ);

	WRITE_ONCE(disk->kept_err, err);
	WRITE_ONCE(disk->kept_at, jiffies);
	if (atomic_inc_return(&disk->n_kept) > 1 || again)
		return;
	if (mvh_disk_is_full(err))
		pr_notice_ratelimited("%pD4: no space, the disk waits for it\n",
				      disk->file);
	else
		pr_notice_ratelimited("%pD4: error %pe, the disk waits; to try again: myvhost resume\n",
				      disk->file, ERR_PTR(err));
}

/**
 * mvh_disk_set_limits - change rate limits, and forgive what was used beyond them
 * @disk: the disk
 * @limits: of its user
 *
 * Context: With the mutex of the disk's device.
 * Return: 0, or -EINVAL.
 */
int mvh_disk_set_limits(struct mvh_disk *disk,
			const struct myvhost_blk_limits *limits)
{
	mvh_dev_assert_held(disk->dev);
	if (limits->flags & ~MVH_BLK_LIMITS || limits->reserved)
		return -EINVAL;
	if (limits->flags & MYVHOST_BLK_LIMIT_IOPS)
		mvh_rates_set_units(&disk->rates, limits->iops,
				    limits->iops_burst);
	if (limits->flags & MYVHOST_BLK_LIMIT_BPS)
		mvh_rates_set_bytes(&disk->rates, limits->bps,
				    limits->bps_burst);
	return 0;
}
EXPORT_SYMBOL_GPL(mvh_disk_set_limits);
