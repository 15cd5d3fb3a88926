/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the logical units of all targets on one backing share: reservations.
 */
#ifndef _MVH_SCSI_SHARE_H
#define _MVH_SCSI_SHARE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "reserve.h"

struct mvh_lun;

/**
 * struct mvh_share - a backing, as far as its logical units share it
 *
 * @list: place among all; under the lock of these
 * @n_luns: logical units; likewise
 * @dev: st_dev of the backing; constant
 * @ino: its st_ino; constant
 * @lock: guards the rest
 * @luns: the logical units
 * @users: of each initiator, its logical units
 * @atomic: held for a COMPARE AND WRITE
 * @reserved: there is a registration or reservation; read without a lock
 * @pr: reservations; an initiator is the target that its guest uses
 */
struct mvh_share {
	struct list_head list;
	unsigned int n_luns;
	dev_t dev;
	u64 ino;
	spinlock_t lock;
	struct list_head luns;
	unsigned int users[MVH_PR_NEXUSES];
	struct mutex atomic;
	bool reserved;
	struct mvh_pr pr;
};

int mvh_share_join(struct mvh_lun *lun, dev_t dev, u64 ino, u64 name);
void mvh_share_leave(struct mvh_lun *lun);
bool mvh_share_conflicts(struct mvh_lun *lun, const u8 *cdb);
u32 mvh_share_pr_in(struct mvh_lun *lun, const u8 *cdb, u8 *to);
u8 mvh_share_pr_out(struct mvh_lun *lun, const u8 *cdb, const u8 *list, u32 len,
		    u64 *aborted, struct mvh_scsi_cmd *cmd);
bool mvh_share_idle(struct mvh_lun *lun, u64 who);
u8 mvh_share_reserve(struct mvh_lun *lun, bool reserve);
void mvh_share_lost(struct mvh_lun *lun, bool reset);
void mvh_share_mode_changed(struct mvh_lun *lun);

#endif /* _MVH_SCSI_SHARE_H */
