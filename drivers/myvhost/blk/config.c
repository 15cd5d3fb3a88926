// SPDX-License-Identifier: GPL-2.0
/*
 * A disk: the configuration space, which the guest's driver reads.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <uapi/linux/virtio_blk.h>
#include "core/backend.h"
#include "disk.h"

/* Descriptors of data in one request; those of QEMU's disk. */
#define MVH_BLK_SEG_MAX		126

#define MVH_BLK_OFF_WCE		offsetof(struct virtio_blk_config, wce)

static_assert(MVH_BLK_CONFIG_SIZE ==
	      offsetofend(struct virtio_blk_config,
			  secure_erase_sector_alignment));

/* A file system may call its stripe or transfer size the block size: at most a page. */
static u32 mvh_disk_physical(const struct mvh_disk *disk)
{
	if (disk->bdev)
		return bdev_physical_block_size(disk->bdev);
	return min_t(u32, i_blocksize(file_inode(disk->file)), PAGE_SIZE);
}

/* 0 if there is none, or none that is whole physical blocks. */
static u32 mvh_disk_optimal(const struct mvh_disk *disk)
{
	u32 optimal = disk->bdev ? bdev_io_opt(disk->bdev) :
				   i_blocksize(file_inode(disk->file));
	u32 physical = max(mvh_disk_physical(disk), disk->block);

	if (!disk->bdev && optimal <= physical)
		return 0;
	return optimal % physical ? 0 : optimal;
}

static void mvh_disk_topology(const struct mvh_disk *disk,
			      struct virtio_blk_config *c)
{
	u32 physical = mvh_disk_physical(disk), min_io = 1;

	if (physical > disk->block)
		c->physical_block_exp = ilog2(physical / disk->block);
	if (disk->bdev)
		min_io = bdev_io_min(disk->bdev) / disk->block;
	c->min_io_size = (__force __virtio16)
			 cpu_to_le16(clamp(min_io, 1u, (u32)U16_MAX));
	c->opt_io_size = (__force __virtio32)
			 cpu_to_le32(mvh_disk_optimal(disk) / disk->block);
}

static __virtio32 mvh_disk_le32(u32 v)
{
	return (__force __virtio32)cpu_to_le32(v);
}

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

/* Bytes that a discard should be whole multiples of; less may release nothing. */
static u32 mvh_disk_granularity(const struct mvh_disk *disk)
{
	u32 unit = max(disk->block, mvh_disk_range_unit(disk));

	if (disk->granularity)
		return disk->granularity;
	if (disk->bdev)
		return max(unit, bdev_discard_granularity(disk->bdev));
	return max(unit, mvh_disk_physical(disk));
}

static void mvh_disk_ranges(const struct mvh_disk *disk,
			    struct virtio_blk_config *c)
{
	u32 align = max(disk->block, mvh_disk_range_unit(disk)) >>
		    MVH_SECTOR_SHIFT;

	if (disk->features & BIT_ULL(VIRTIO_BLK_F_DISCARD)) {
		c->max_discard_sectors = mvh_disk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_discard_seg = mvh_disk_le32(MVH_BLK_RANGES_MAX);
		c->discard_sector_alignment =
			mvh_disk_le32(mvh_disk_granularity(disk) >>
				      MVH_SECTOR_SHIFT);
	}
	if (disk->features & BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES)) {
		c->max_write_zeroes_sectors =
			mvh_disk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_write_zeroes_seg = mvh_disk_le32(MVH_BLK_RANGES_MAX);
		c->write_zeroes_may_unmap = disk->discard;
	}
	if (disk->features & BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE)) {
		c->max_secure_erase_sectors =
			mvh_disk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_secure_erase_seg = mvh_disk_le32(MVH_BLK_RANGES_MAX);
		c->secure_erase_sector_alignment = mvh_disk_le32(align);
	}
}

/*
 * mvh_disk_config() - what the driver reads (virtio 1.3, 5.2.4)
 * @config: room for MVH_BLK_CONFIG_SIZE bytes
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_disk_config(const struct mvh_disk *disk, u8 *config)
{
	struct virtio_blk_config c;

	mvh_dev_assert_held(disk->dev);
	memset(&c, 0, sizeof(c));
	c.capacity = (__force __virtio64)cpu_to_le64(READ_ONCE(disk->sectors));
	c.seg_max = mvh_disk_le32(MVH_BLK_SEG_MAX);
	c.blk_size = mvh_disk_le32(disk->block);
	c.wce = READ_ONCE(disk->wce);
	c.num_queues = (__force __virtio16)cpu_to_le16(disk->n_queues);
	mvh_disk_topology(disk, &c);
	mvh_disk_ranges(disk, &c);
	memcpy(config, &c, MVH_BLK_CONFIG_SIZE);
}

/*
 * mvh_disk_set_config() - the driver writes to configuration space
 * @features: what was negotiated
 * @off: first byte
 * @buf: what it writes
 *
 * Only the write cache can be changed (B12), and only if that was negotiated.
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_disk_set_config(struct mvh_disk *disk, u64 features, u32 off,
			 const u8 *buf, u32 len)
{
	mvh_dev_assert_held(disk->dev);
	if (!(features & BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE)))
		return;
	if (off > MVH_BLK_OFF_WCE || MVH_BLK_OFF_WCE - off >= len)
		return;
	WRITE_ONCE(disk->wce, buf[MVH_BLK_OFF_WCE - off] != 0);
}
