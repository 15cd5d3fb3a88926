// SPDX-License-Identifier: GPL-2.0
/*
 * A disk's contents and kernel memory: compared, or written.
 */
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "bounce.h"
#include "disk.h"
#include "partial.h"

static void mvh_compare_iter(struct iov_iter *iter, struct kvec *kvec, bool write)
{
	iov_iter_kvec(iter, write ? ITER_SOURCE : ITER_DEST, kvec, 1, kvec->iov_len);
}

/* Read the units of the pages.  Returns 0 or an error; less than the data is one (B8). */
static int mvh_compare_read(struct mvh_disk *disk, struct mvh_bounce *bounce, u64 pos)
{
	struct iov_iter iter;
	struct kiocb kiocb;
	long ret;

	init_sync_kiocb(&kiocb, disk->file);
	kiocb.ki_pos = pos - bounce->skip;
	mvh_bounce_iter(bounce, &iter, false);
	ret = disk->file->f_op->read_iter(&kiocb, &iter);
	if (ret < 0)
		return ret;
	return ret < bounce->skip + bounce->want ? -EIO : 0;
}

/* Compare one piece, up to @len bytes with room in @buf.  Returns how many, or an error. */
static long mvh_compare_piece(struct mvh_disk *disk, u64 pos, const u8 *data, u8 *buf,
			      size_t len, size_t *same)
{
	struct mvh_bounce *bounce = mvh_bounce_alloc(pos, len, disk->unit);
	struct kvec kvec = { .iov_base = buf };
	struct iov_iter iter;
	long ret;

	if (!bounce)
		return -ENOMEM;
	kvec.iov_len = bounce->want;
	mvh_compare_iter(&iter, &kvec, false);
	ret = mvh_compare_read(disk, bounce, pos) ?:
	      mvh_bounce_copy(bounce, &iter, bounce->want, false) ?: bounce->want;
	mvh_bounce_free(bounce);
	for (*same = 0; ret > 0 && *same < ret; ++*same)
		if (buf[*same] != data[*same])
			break;
	return ret;
}

/**
 * mvh_disk_compare - compare the disk with memory
 * @disk: the disk
 * @pos: first byte of the disk
 * @data: memory
 * @len: bytes
 * @same: how many are the same from the beginning on
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error.
 */
int mvh_disk_compare(struct mvh_disk *disk, u64 pos, const u8 *data, size_t len,
		     size_t *same)
{
	u8 *buf = kvmalloc(min_t(size_t, len, MVH_BOUNCE_MAX), GFP_KERNEL_ACCOUNT);
	size_t piece;
	long ret = 0;

	*same = 0;
	if (!buf)
		return -ENOMEM;
	while (*same < len) {
		ret = mvh_compare_piece(disk, pos + *same, data + *same, buf,
					len - *same, &piece);
		if (ret < 0)
			break;
		*same += piece;
		if (piece < ret)
			break;
	}
	kvfree(buf);
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_GPL(mvh_disk_compare);

/**
 * mvh_disk_write - write memory to the disk
 * @disk: the disk
 * @pos: first byte of the disk
 * @data: memory
 * @len: bytes
 * @sync: until they are durable
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error.
 */
int mvh_disk_write(struct mvh_disk *disk, u64 pos, const u8 *data, size_t len, bool sync)
{
	long ret = 0;

	while (len && ret >= 0) {
		struct mvh_bounce *bounce = mvh_bounce_alloc(pos, len, disk->unit);
		struct kvec kvec = { .iov_base = (u8 *)data };
		struct iov_iter iter;

		if (!bounce)
			return -ENOMEM;
		kvec.iov_len = bounce->want;
		mvh_compare_iter(&iter, &kvec, true);
		ret = mvh_bounce_copy(bounce, &iter, bounce->want, true) ?:
		      mvh_partial_write(disk, bounce, pos - bounce->skip, sync);
		if (ret >= 0)
			ret = ret > bounce->skip ?
			      min_t(long, ret - bounce->skip, bounce->want) : -EIO;
		mvh_bounce_free(bounce);
		if (ret < 0)
			break;
		pos += ret;
		data += ret;
		len -= ret;
	}
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_GPL(mvh_disk_write);
