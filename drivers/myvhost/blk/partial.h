/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes of parts of units: the backing's unit of direct I/O is larger than the
 * guest's block.  All of a unit is read, changed and written again, while nothing else
 * of the disk writes to it.
 */
#ifndef _MVH_BLK_PARTIAL_H
#define _MVH_BLK_PARTIAL_H

#include <linux/types.h>

struct mvh_bounce;
struct mvh_disk;

long mvh_partial_write(struct mvh_disk *disk, struct mvh_bounce *bounce,
		       u64 pos, bool sync);
int mvh_partial_zero(struct mvh_disk *disk, u64 pos, u64 len);

#endif /* _MVH_BLK_PARTIAL_H */
