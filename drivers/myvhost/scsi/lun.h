/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A logical unit: a disk, what it is to the guest, and what it has to tell.
 */
#ifndef _MVH_SCSI_LUN_H
#define _MVH_SCSI_LUN_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include "cdb.h"
#include "share.h"

struct mvh_disk;
struct mvh_scsi;
struct myvhost_scsi_lun;

/**
 * struct mvh_lun - a logical unit
 *
 * Constant unless it says otherwise.
 *
 * @refs: held by the target, and by each request in flight
 * @rcu: frees it
 * @free_work: gives up what may sleep
 * @number: which one it is
 * @disk: its disk
 * @lu: what it is; the capacity and the write cache change, and are read without a lock
 * @attention: bits of enum mvh_attention that it has to tell
 * @epoch: which of @n_inflight counts requests that are fetched now; flipped by the control
 *	queue
 * @n_inflight: requests in flight; see mvh_scsi_control_flip()
 * @n_waiting: of these, those that wait for the end of others' commands
 * @share: what it shares with the logical units of other targets on the same backing
 * @shared: place among these; under @share->lock
 * @nexus: which of their initiators its guest is
 */
struct mvh_lun {
	refcount_t refs;
	struct rcu_head rcu;
	struct work_struct free_work;
	unsigned int number;
	struct mvh_disk *disk;
	struct mvh_scsi_lu lu;
	atomic_t attention;
	unsigned int epoch;
	atomic_t n_inflight[2];
	atomic_t n_waiting;
	struct mvh_share *share;
	struct list_head shared;
	u32 nexus;
};

struct mvh_lun *mvh_lun_create(struct mvh_scsi *scsi, const struct myvhost_scsi_lun *arg);
struct mvh_lun *mvh_lun_get(struct mvh_scsi *scsi, unsigned int number);
void mvh_lun_put(struct mvh_lun *lun);
void mvh_lun_remove(struct mvh_lun *lun);
void mvh_lun_resize(struct mvh_lun *lun);
void mvh_lun_set_wce(struct mvh_lun *lun, bool wce);
void mvh_lun_reset(struct mvh_lun *lun);
int mvh_lun_init(void);
void mvh_lun_exit(void);

/* Something is to be told with the next command. */
static inline void mvh_lun_attend(struct mvh_lun *lun, enum mvh_attention what)
{
	atomic_or(BIT(what), &lun->attention);
}

#endif /* _MVH_SCSI_LUN_H */
