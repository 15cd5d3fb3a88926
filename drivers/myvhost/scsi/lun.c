// SPDX-License-Identifier: GPL-2.0
/*
 * A logical unit: a disk, what it is to the guest, and what it has to tell.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "core/backend.h"
#include "blk/disk.h"
#include "lun.h"
#include "scsi.h"

/* Frees logical units: the last reference may be dropped by a thread of the disk's pool. */
static struct workqueue_struct *mvh_lun_reaper;

/* A serial number names the disk, wherever it is; without one its place does. */
static u64 mvh_lun_naa(const struct mvh_scsi *scsi, const struct mvh_lun *lun)
{
	u8 place[12];

	if (lun->lu.serial[0])
		return mvh_scsi_name(lun->lu.serial, sizeof(lun->lu.serial));
	mvh_put_be64(place, scsi->name);
	mvh_put_be32(place + 8, lun->number);
	return mvh_scsi_name(place, sizeof(place));
}

static void mvh_lun_describe(struct mvh_lun *lun, const struct mvh_scsi *scsi)
{
	const struct mvh_disk *disk = lun->disk;
	struct mvh_scsi_lu *lu = &lun->lu;
	u32 physical = mvh_disk_physical(disk);

	lu->shift = ilog2(disk->block);
	lu->blocks = disk->sectors >> (lu->shift - MVH_SECTOR_SHIFT);
	if (physical > disk->block)
		lu->physical_shift = ilog2(physical / disk->block);
	lu->readonly = disk->readonly;
	lu->unmap = disk->discard;
	/* What a block device discards is undefined. */
	lu->zeroes = !disk->bdev;
	lu->wce = disk->wce_first;
	lu->wce_default = disk->wce_first;
	lu->granularity = mvh_disk_granularity(disk) >> lu->shift;
	lu->io_min = max(physical, disk->block) >> lu->shift;
	lu->io_opt = mvh_disk_optimal(disk) >> lu->shift;
	memcpy(lu->serial, disk->serial, sizeof(lu->serial));
	lu->naa = mvh_lun_naa(scsi, lun);
}

static void mvh_lun_free(struct mvh_lun *lun)
{
	mvh_share_leave(lun);
	mvh_disk_put(lun->disk);
	kfree_rcu(lun, rcu);
}

static void mvh_lun_free_work(struct work_struct *work)
{
	mvh_lun_free(container_of(work, struct mvh_lun, free_work));
}

/**
 * mvh_lun_create - make a logical unit
 * @scsi: its target, with a name
 * @arg: what its user asked for
 *
 * Context: Process context with the device's mutex.
 * Return: the logical unit, or an ERR_PTR with an error of MYVHOST_SCSI_ADD_LUN.
 */
struct mvh_lun *mvh_lun_create(struct mvh_scsi *scsi, const struct myvhost_scsi_lun *arg)
{
	struct mvh_lun *lun = kzalloc(sizeof(*lun), GFP_KERNEL_ACCOUNT);
	int err;

	mvh_dev_assert_held(scsi->dev);
	if (!lun)
		return ERR_PTR(-ENOMEM);
	refcount_set(&lun->refs, 1);
	INIT_WORK(&lun->free_work, mvh_lun_free_work);
	lun->number = arg->lun;
	lun->disk = mvh_disk_create(scsi->dev, &arg->disk);
	if (IS_ERR(lun->disk)) {
		err = PTR_ERR(lun->disk);
		goto free_lun;
	}
	mvh_lun_describe(lun, scsi);
	err = mvh_share_join(lun, lun->disk->host_dev, lun->disk->host_ino,
			     scsi->name);
	if (err)
		goto put_disk;
	return lun;

put_disk:
	mvh_disk_put(lun->disk);
free_lun:
	kfree(lun);
	return ERR_PTR(err);
}

/**
 * mvh_lun_get - find a logical unit
 * @scsi: the target
 * @number: which
 *
 * Context: Any.
 * Return: the logical unit with a reference, or NULL.
 */
struct mvh_lun *mvh_lun_get(struct mvh_scsi *scsi, unsigned int number)
{
	struct mvh_lun *lun;

	if (number >= MVH_SCSI_LUNS_MAX)
		return NULL;
	rcu_read_lock();
	lun = rcu_dereference(scsi->lun[number]);
	if (lun && !refcount_inc_not_zero(&lun->refs))
		lun = NULL;
	rcu_read_unlock();
	return lun;
}

/**
 * mvh_lun_put - drop a reference
 * @lun: the logical unit
 *
 * Context: Any.
 */
void mvh_lun_put(struct mvh_lun *lun)
{
	if (refcount_dec_and_test(&lun->refs))
		queue_work(mvh_lun_reaper, &lun->free_work);
}

/**
 * mvh_lun_remove - drop the target's reference
 * @lun: the logical unit
 *
 * Without requests in flight its backing is free when this returns.
 *
 * Context: Process context, may sleep.
 */
void mvh_lun_remove(struct mvh_lun *lun)
{
	if (refcount_dec_and_test(&lun->refs))
		mvh_lun_free(lun);
}

/**
 * mvh_lun_resize - take over the size of the backing
 * @lun: the logical unit
 *
 * Context: With the device's mutex.
 */
void mvh_lun_resize(struct mvh_lun *lun)
{
	u64 blocks;

	mvh_disk_resize(lun->disk);
	blocks = lun->disk->sectors >> (lun->lu.shift - MVH_SECTOR_SHIFT);
	if (blocks == lun->lu.blocks)
		return;
	WRITE_ONCE(lun->lu.blocks, blocks);
	mvh_lun_attend(lun, MVH_ATTENTION_CAPACITY);
}

/**
 * mvh_lun_set_wce - switch the write cache
 * @lun: the logical unit
 * @wce: whether a write that is complete may be lost without a flush
 */
void mvh_lun_set_wce(struct mvh_lun *lun, bool wce)
{
	WRITE_ONCE(lun->lu.wce, wce);
	WRITE_ONCE(lun->disk->wce, wce);
}

/**
 * mvh_lun_reset - back to what it was at first (S17)
 * @lun: the logical unit
 *
 * All initiators are told.
 */
void mvh_lun_reset(struct mvh_lun *lun)
{
	mvh_lun_set_wce(lun, lun->lu.wce_default);
	mvh_share_lost(lun, true);
}

/**
 * mvh_lun_init - prepare for the first logical unit
 *
 * Return: 0, or -ENOMEM.
 */
int mvh_lun_init(void)
{
	mvh_lun_reaper = alloc_workqueue("myvhost-lun", WQ_UNBOUND, 0);
	return mvh_lun_reaper ? 0 : -ENOMEM;
}

/**
 * mvh_lun_exit - wait until the last logical unit is freed; none is in use
 */
void mvh_lun_exit(void)
{
	destroy_workqueue(mvh_lun_reaper);
	rcu_barrier();
}
