// SPDX-License-Identifier: GPL-2.0
/*
 * See partial.h.
 */
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/uio.h>
#include "bounce.h"
#include "disk.h"
#include "partial.h"

static long mvh_partial_io(struct mvh_disk *disk, struct iov_iter *iter,
			   u64 pos, int flags, int without)
{
	bool write = iov_iter_rw(iter) == WRITE;
	struct file *file = disk->file;
	struct kiocb kiocb;
	long ret;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = pos;
	kiocb.ki_flags |= flags;
	kiocb.ki_flags &= ~without;
	if (!write)
		return file->f_op->read_iter(&kiocb, iter);
	if (!disk->bdev)
		kiocb_start_write(&kiocb);
	ret = file->f_op->write_iter(&kiocb, iter);
	if (!disk->bdev)
		kiocb_end_write(&kiocb);
	return ret;
}

/* Read one unit.  Returns its pages or an ERR_PTR. */
static struct mvh_bounce *mvh_partial_read(struct mvh_disk *disk, u64 pos)
{
	struct mvh_bounce *unit = mvh_bounce_alloc(pos, disk->unit, disk->unit);
	struct iov_iter iter;
	long ret;

	if (!unit)
		return ERR_PTR(-ENOMEM);
	mvh_bounce_iter(unit, &iter, false);
	ret = mvh_partial_io(disk, &iter, pos, 0, 0);
	if (ret == disk->unit)
		return unit;
	mvh_bounce_free(unit);
	return ERR_PTR(ret < 0 ? ret : -EIO);
}

/* Read what is from @from to @to in the unit at offset @at of the pages. */
static int mvh_partial_fill(struct mvh_disk *disk, struct mvh_bounce *bounce,
			    u64 first, size_t from, size_t to)
{
	size_t at = round_down(from, disk->unit);
	struct mvh_bounce *unit;

	if (from == to)
		return 0;
	unit = mvh_partial_read(disk, first + at);
	if (IS_ERR(unit))
		return PTR_ERR(unit);
	mvh_bounce_merge(bounce, from, unit, from - at, to - from);
	mvh_bounce_free(unit);
	return 0;
}

/*
 * The unit that the file ends in: a write of all of it would make the file longer.
 * The page cache can write a part, and has nobody beside it in this unit.
 */
static long mvh_partial_write_end(struct mvh_disk *disk,
				  struct mvh_bounce *bounce, u64 pos, int flags)
{
	struct iov_iter iter;
	long ret;
	int err;

	mvh_bounce_iter(bounce, &iter, true);
	iov_iter_advance(&iter, bounce->skip);
	iov_iter_truncate(&iter, bounce->want);
	ret = mvh_partial_io(disk, &iter, pos, flags, IOCB_DIRECT);
	if (ret <= 0)
		return ret;
	err = filemap_write_and_wait_range(disk->file->f_mapping, pos,
					   pos + ret - 1);
	return err ?: ret + bounce->skip;
}

static long mvh_partial_write_held(struct mvh_disk *disk,
				   struct mvh_bounce *bounce, u64 first,
				   int flags)
{
	u64 whole = round_down(i_size_read(disk->file->f_mapping->host),
			       disk->unit);
	struct iov_iter iter;
	size_t end;
	int err;

	if (!disk->bdev && first + bounce->len > whole) {
		if (first >= whole)
			return mvh_partial_write_end(disk, bounce, first +
						     bounce->skip, flags);
		/* Up to the last whole unit; the next piece is the rest. */
		bounce->len = whole - first;
		bounce->want = min(bounce->want, bounce->len - bounce->skip);
	}
	end = bounce->skip + bounce->want;
	err = mvh_partial_fill(disk, bounce, first, 0, bounce->skip) ?:
	      mvh_partial_fill(disk, bounce, first, end, bounce->len);
	if (err)
		return err;
	mvh_bounce_iter(bounce, &iter, true);
	return mvh_partial_io(disk, &iter, first, flags, 0);
}

/*
 * mvh_partial_write() - write data that is not whole units
 * @bounce: the data
 * @pos: where the pages' first byte belongs
 * @sync: until it is durable
 *
 * Context: Process context, may sleep.
 * Return: bytes of the pages that were written, or an error.
 */
long mvh_partial_write(struct mvh_disk *disk, struct mvh_bounce *bounce,
		       u64 pos, bool sync)
{
	struct mvh_hold hold;
	long ret;

	mvh_hold_wait(&disk->holds, &hold, pos, pos + bounce->len, true);
	ret = mvh_partial_write_held(disk, bounce, pos, sync ? IOCB_DSYNC : 0);
	mvh_hold_release(&disk->holds, &hold);
	return ret;
}

/*
 * mvh_partial_zero() - write zeroes to a part of one unit
 * @pos: first byte
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error.
 */
int mvh_partial_zero(struct mvh_disk *disk, u64 pos, u64 len)
{
	struct mvh_bounce *bounce = mvh_bounce_alloc(pos, len, disk->unit);
	long ret;

	if (!bounce)
		return -ENOMEM;
	mvh_bounce_zero(bounce, 0, bounce->len);
	ret = mvh_partial_write(disk, bounce, pos - bounce->skip, false);
	if (ret >= 0)
		ret = ret >= bounce->skip + bounce->want ? 0 : -EIO;
	mvh_bounce_free(bounce);
	return ret;
}
