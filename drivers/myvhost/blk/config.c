// SPDX-License-Identifier: GPL-2.0
/*
 * What virtio-blk tells of a disk: features, and the configuration space, which the
 * guest's driver reads.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <uapi/linux/virtio_blk.h>
#include "core/backend.h"
#include "config.h"
#include "disk.h"

/* Descriptors of data in one request; those of QEMU's disk. */
#define MVH_BLK_SEG_MAX		126

#define MVH_BLK_OFF_WCE		offsetof(struct virtio_blk_config, wce)

static_assert(MVH_BLK_CONFIG_SIZE ==
	      offsetofend(struct virtio_blk_config,
			  secure_erase_sector_alignment));

static bool mvh_blk_can_erase(const struct mvh_disk *disk)
{
	return disk->bdev && bdev_max_secure_erase_sectors(disk->bdev);
}

/**
 * mvh_blk_features - what is offered for a disk, besides the rings' features
 * @disk: the disk
 *
 * Return: the features.
 */
u64 mvh_blk_features(const struct mvh_disk *disk)
{
	u64 features = BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |
		       BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) |
		       BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) |
		       BIT_ULL(VIRTIO_BLK_F_FLUSH) |
		       BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) |
		       BIT_ULL(VIRTIO_BLK_F_MQ);

	if (disk->readonly)
		return features | BIT_ULL(VIRTIO_BLK_F_RO);
	features |= BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES);
	if (disk->discard)
		features |= BIT_ULL(VIRTIO_BLK_F_DISCARD);
	if (mvh_blk_can_erase(disk))
		features |= BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE);
	return features;
}

static void mvh_blk_topology(const struct mvh_disk *disk,
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

static __virtio32 mvh_blk_le32(u32 v)
{
	return (__force __virtio32)cpu_to_le32(v);
}

static void mvh_blk_ranges(const struct mvh_disk *disk, u64 features,
			   struct virtio_blk_config *c)
{
	u32 align = max(disk->block, mvh_disk_range_unit(disk)) >>
		    MVH_SECTOR_SHIFT;

	if (features & BIT_ULL(VIRTIO_BLK_F_DISCARD)) {
		c->max_discard_sectors = mvh_blk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_discard_seg = mvh_blk_le32(MVH_BLK_RANGES_MAX);
		c->discard_sector_alignment =
			mvh_blk_le32(mvh_disk_granularity(disk) >>
				      MVH_SECTOR_SHIFT);
	}
	if (features & BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES)) {
		c->max_write_zeroes_sectors =
			mvh_blk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_write_zeroes_seg = mvh_blk_le32(MVH_BLK_RANGES_MAX);
		c->write_zeroes_may_unmap = disk->discard;
	}
	if (features & BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE)) {
		c->max_secure_erase_sectors =
			mvh_blk_le32(MVH_BLK_RANGE_SECTORS);
		c->max_secure_erase_seg = mvh_blk_le32(MVH_BLK_RANGES_MAX);
		c->secure_erase_sector_alignment = mvh_blk_le32(align);
	}
}

/*
 * mvh_blk_config() - what the driver reads (virtio 1.3, 5.2.4)
 * @features: what is offered for the disk
 * @n_queues: queues of the device
 * @config: room for MVH_BLK_CONFIG_SIZE bytes
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_blk_config(const struct mvh_disk *disk, u64 features, u32 n_queues,
		    u8 *config)
{
	struct virtio_blk_config c;

	mvh_dev_assert_held(disk->dev);
	memset(&c, 0, sizeof(c));
	c.capacity = (__force __virtio64)cpu_to_le64(READ_ONCE(disk->sectors));
	c.seg_max = mvh_blk_le32(MVH_BLK_SEG_MAX);
	c.blk_size = mvh_blk_le32(disk->block);
	c.wce = READ_ONCE(disk->wce);
	c.num_queues = (__force __virtio16)cpu_to_le16(n_queues);
	mvh_blk_topology(disk, &c);
	mvh_blk_ranges(disk, features, &c);
	memcpy(config, &c, MVH_BLK_CONFIG_SIZE);
}

/*
 * mvh_blk_set_config() - the driver writes to configuration space
 * @features: what was negotiated
 * @off: first byte
 * @buf: what it writes
 *
 * Only the write cache can be changed (B12), and only if that was negotiated.
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_blk_set_config(struct mvh_disk *disk, u64 features, u32 off,
			const u8 *buf, u32 len)
{
	mvh_dev_assert_held(disk->dev);
	if (!(features & BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE)))
		return;
	if (off > MVH_BLK_OFF_WCE || MVH_BLK_OFF_WCE - off >= len)
		return;
	WRITE_ONCE(disk->wce, buf[MVH_BLK_OFF_WCE - off] != 0);
}

/*
 * mvh_blk_set_features() - the driver has chosen features
 * @features: the features
 *
 * Without flushes the write cache is off at first (B13).
 *
 * Context: With the mutex of the disk's device.
 */
void mvh_blk_set_features(struct mvh_disk *disk, u64 features)
{
	bool can_flush = features & BIT_ULL(VIRTIO_BLK_F_FLUSH);

	mvh_dev_assert_held(disk->dev);
	WRITE_ONCE(disk->wce, disk->wce_first && can_flush);
}
