// SPDX-License-Identifier: GPL-2.0
/*
 * A disk: its units, as a driver is told of them.
 */
#include <linux/blkdev.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include "disk.h"

/**
 * mvh_disk_physical - what it is best to write whole multiples of
 * @disk: the disk
 *
 * A file system may call its stripe or transfer size the block size: at most a page.
 *
 * Return: bytes, perhaps less than the guest's block.
 */
u32 mvh_disk_physical(const struct mvh_disk *disk)
{
	if (disk->bdev)
		return bdev_physical_block_size(disk->bdev);
	return min_t(u32, i_blocksize(file_inode(disk->file)), PAGE_SIZE);
}
EXPORT_SYMBOL_GPL(mvh_disk_physical);

/**
 * mvh_disk_optimal - the best size of large requests
 * @disk: the disk
 *
 * Return: bytes; 0 if there is none, or none that is whole physical blocks.
 */
u32 mvh_disk_optimal(const struct mvh_disk *disk)
{
	u32 optimal = disk->bdev ? bdev_io_opt(disk->bdev) :
				   i_blocksize(file_inode(disk->file));
	u32 physical = max(mvh_disk_physical(disk), disk->block);

	if (!disk->bdev && optimal <= physical)
		return 0;
	return optimal % physical ? 0 : optimal;
}
EXPORT_SYMBOL_GPL(mvh_disk_optimal);

/**
 * mvh_disk_range_unit - what ranges that are discarded or zeroed at once are multiples of
 * @disk: the disk
 *
 * Return: bytes, a power of two.
 */
u32 mvh_disk_range_unit(const struct mvh_disk *disk)
{
	return disk->bdev ? bdev_logical_block_size(disk->bdev) : disk->unit;
}
EXPORT_SYMBOL_GPL(mvh_disk_range_unit);

/**
 * mvh_disk_granularity - what a discard should be whole multiples of
 * @disk: the disk
 *
 * Return: bytes; less may release nothing.
 */
u32 mvh_disk_granularity(const struct mvh_disk *disk)
{
	u32 unit = max(disk->block, mvh_disk_range_unit(disk));

	if (disk->granularity)
		return disk->granularity;
	if (disk->bdev)
		return max(unit, bdev_discard_granularity(disk->bdev));
	return max(unit, mvh_disk_physical(disk));
}
EXPORT_SYMBOL_GPL(mvh_disk_granularity);
