// SPDX-License-Identifier: GPL-2.0
/*
 * Discard, write zeroes, secure erase: lists of ranges, executed one by one by the pool
 * of threads.
 */
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/uio.h>
#include "disk.h"
#include "engine.h"
#include "partial.h"

/* Pages of zeroes that are written at a time. */
#define MVH_ZERO_PAGES		16

/* Ranges are cut at multiples of this, so that a cancelled request ends soon. */
#define MVH_RANGE_CUT		(64ull * 1024 * 1024)

static ssize_t mvh_range_write(struct mvh_disk *disk, struct iov_iter *iter,
			       loff_t pos)
{
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, disk->file);
	kiocb.ki_pos = pos;
	if (!disk->bdev)
		kiocb_start_write(&kiocb);
	ret = disk->file->f_op->write_iter(&kiocb, iter);
	if (!disk->bdev)
		kiocb_end_write(&kiocb);
	return ret;
}

/* Write zeroes where the backing supports nothing faster. */
static int mvh_range_write_zeroes(struct mvh_io *io, loff_t pos,
				  u64 len)
{
	struct bio_vec bv[MVH_ZERO_PAGES];
	unsigned int i;

	for (i = 0; i < MVH_ZERO_PAGES; i++) {
		bv[i].bv_page = ZERO_PAGE(0);
		bv[i].bv_offset = 0;
		bv[i].bv_len = PAGE_SIZE;
	}
	while (len) {
		size_t n = min_t(u64, len, MVH_ZERO_PAGES * PAGE_SIZE);
		struct iov_iter iter;
		ssize_t ret;

		if (mvh_io_port_cancelled(io->port))
			return -ECANCELED;
		iov_iter_bvec(&iter, ITER_SOURCE, bv, MVH_ZERO_PAGES, n);
		ret = mvh_range_write(io->disk, &iter, pos);
		if (ret <= 0)
			return ret ?: -EIO;
		pos += ret;
		len -= ret;
	}
	return 0;
}

static int mvh_range_zero(struct mvh_io *io,
			  const struct mvh_blk_range *range)
{
	struct mvh_disk *disk = io->disk;
	int err = -EOPNOTSUPP;

	if (range->unmap && disk->discard)
		err = vfs_fallocate(disk->file,
				    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    range->pos, range->len);
	if (err == -EOPNOTSUPP)
		err = vfs_fallocate(disk->file,
				    FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				    range->pos, range->len);
	if (err == -EOPNOTSUPP)
		err = mvh_range_write_zeroes(io, range->pos, range->len);
	return err;
}

/*
 * Drop the range from the page cache of a block device, which would bring old data
 * back, and keep it out until mvh_range_unlock().
 */
static int mvh_range_lock(struct address_space *mapping,
			  const struct mvh_blk_range *range)
{
	loff_t last = range->pos + range->len - 1;
	int err;

	inode_lock(mapping->host);
	filemap_invalidate_lock(mapping);
	/* The block layer only warns of what is not a write. */
	if (bdev_read_only(I_BDEV(mapping->host)))
		return -EPERM;
	err = filemap_write_and_wait_range(mapping, range->pos, last);
	return err ?: invalidate_inode_pages2_range(mapping,
						    range->pos >> PAGE_SHIFT,
						    last >> PAGE_SHIFT);
}

static void mvh_range_unlock(struct address_space *mapping)
{
	filemap_invalidate_unlock(mapping);
	inode_unlock(mapping->host);
}

static int mvh_range_discard(struct mvh_disk *disk,
			     const struct mvh_blk_range *range)
{
	struct address_space *mapping = disk->file->f_mapping;
	int err;

	if (!disk->bdev)
		return vfs_fallocate(disk->file,
				     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				     range->pos, range->len);
	err = mvh_range_lock(mapping, range);
	if (!err)
		err = blkdev_issue_discard(disk->bdev, range->pos >> MVH_SECTOR_SHIFT,
					   range->len >> MVH_SECTOR_SHIFT, GFP_KERNEL);
	/* Somebody writes beside it in the same page.  A discard is only advice. */
	else if (err == -EBUSY)
		err = 0;
	mvh_range_unlock(mapping);
	return err;
}

static int mvh_range_erase(struct mvh_disk *disk,
			   const struct mvh_blk_range *range)
{
	struct address_space *mapping = disk->file->f_mapping;
	int err = mvh_range_lock(mapping, range) ?:
		  blkdev_issue_secure_erase(disk->bdev,
					    range->pos >> MVH_SECTOR_SHIFT,
					    range->len >> MVH_SECTOR_SHIFT,
					    GFP_KERNEL);

	mvh_range_unlock(mapping);
	return err;
}

/* Zeroes in a part of one unit. */
static int mvh_range_zero_part(struct mvh_io *io, u64 pos,
			       u64 len)
{
	struct mvh_disk *disk = io->disk;

	return mvh_disk_has_parts(disk) ? mvh_partial_zero(disk, pos, len) :
					  mvh_range_write_zeroes(io, pos, len);
}

/* Whole units, while no part of them is written. */
static int mvh_range_units(struct mvh_io *io, enum mvh_blk_op op,
			   const struct mvh_blk_range *range)
{
	struct mvh_disk *disk = io->disk;
	struct mvh_hold hold;
	int err;

	if (mvh_disk_has_parts(disk))
		mvh_hold_wait(&disk->holds, &hold, range->pos,
			      range->pos + range->len, false);
	if (op == MVH_BLK_DISCARD)
		err = mvh_range_discard(disk, range);
	else if (op == MVH_BLK_WRITE_ZEROES)
		err = mvh_range_zero(io, range);
	else
		err = mvh_range_erase(disk, range);
	if (mvh_disk_has_parts(disk))
		mvh_hold_release(&disk->holds, &hold);
	return err;
}

/* One cut after the other, until the requests are cancelled. */
static int mvh_range_cuts(struct mvh_io *io, enum mvh_blk_op op,
			  const struct mvh_blk_range *range)
{
	struct mvh_blk_range cut = *range;
	u64 left = range->len;
	int err = 0;

	while (left && !err) {
		if (mvh_io_port_cancelled(io->port))
			return -ECANCELED;
		cut.len = min(left, MVH_RANGE_CUT - (cut.pos & (MVH_RANGE_CUT - 1)));
		err = mvh_range_units(io, op, &cut);
		cut.pos += cut.len;
		left -= cut.len;
	}
	return err;
}

/* The parts of units at both ends keep their contents in a discard. */
static int mvh_range_split(struct mvh_io *io, enum mvh_blk_op op,
			   const struct mvh_blk_range *range)
{
	u32 unit = mvh_disk_range_unit(io->disk);
	u64 pos = range->pos, end = pos + range->len;
	u64 first = min_t(u64, round_up(pos, unit), end);
	u64 last = max_t(u64, round_down(end, unit), first);
	struct mvh_blk_range units = *range;
	int err = 0;

	if (op == MVH_BLK_WRITE_ZEROES && first > pos)
		err = mvh_range_zero_part(io, pos, first - pos);
	if (!err && op == MVH_BLK_WRITE_ZEROES && end > last)
		err = mvh_range_zero_part(io, last, end - last);
	units.pos = first;
	units.len = last - first;
	return err ?: mvh_range_cuts(io, op, &units);
}

static int mvh_range_one(struct mvh_io *io, enum mvh_blk_op op,
			 const struct mvh_blk_range *range)
{
	if (!range->len)
		return 0;
	if (op == MVH_BLK_SECURE_ERASE)
		return mvh_range_cuts(io, op, range);
	return mvh_range_split(io, op, range);
}

/*
 * mvh_io_range_run() - execute a discard, zeroing or erasure
 *
 * Context: Process context, may sleep.
 * Return: 0, or the first error; -ECANCELED if the rest is not to be done.
 */
long mvh_io_range_run(struct mvh_io *io)
{
	struct mvh_disk *disk = io->disk;
	unsigned int i;
	int err = 0;

	for (i = 0; i < io->n_ranges && !err; i++)
		err = mvh_range_one(io, io->cmd.op, &io->ranges[i]);
	if (!err && io->dsync)
		err = vfs_fsync(disk->file, 1);
	return err;
}
