/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What virtio-blk tells of a disk.
 */
#ifndef _MVH_BLK_CONFIG_H
#define _MVH_BLK_CONFIG_H

#include <linux/types.h>

struct mvh_disk;

/* Configuration space up to and without what zoned disks have. */
#define MVH_BLK_CONFIG_SIZE	72

u64 mvh_blk_features(const struct mvh_disk *disk);
void mvh_blk_set_features(struct mvh_disk *disk, u64 features);
void mvh_blk_config(const struct mvh_disk *disk, u64 features, u32 n_queues,
		    u8 *config);
void mvh_blk_set_config(struct mvh_disk *disk, u64 features, u32 off,
			const u8 *buf, u32 len);

#endif /* _MVH_BLK_CONFIG_H */
