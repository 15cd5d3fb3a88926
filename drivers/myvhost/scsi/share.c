// SPDX-License-Identifier: GPL-2.0
/*
 * What the logical units of all targets on one backing share: reservations.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include "lun.h"
#include "share.h"

static LIST_HEAD(mvh_shares);
static DEFINE_MUTEX(mvh_shares_lock);

static struct mvh_share *mvh_share_find(dev_t dev, u64 ino)
{
	struct mvh_share *share;

	list_for_each_entry(share, &mvh_shares, list)
		if (share->dev == dev && share->ino == ino)
			return share;
	share = kzalloc(sizeof(*share), GFP_KERNEL_ACCOUNT);
	if (!share)
		return NULL;
	share->dev = dev;
	share->ino = ino;
	spin_lock_init(&share->lock);
	INIT_LIST_HEAD(&share->luns);
	mutex_init(&share->atomic);
	mvh_pr_init(&share->pr);
	list_add(&share->list, &mvh_shares);
	return share;
}

static void mvh_share_free_unused(struct mvh_share *share)
{
	if (share->n_luns)
		return;
	list_del(&share->list);
	kfree(share);
}

static bool mvh_share_nexus_free(const struct mvh_share *share, u32 nexus)
{
	return !share->users[nexus] && !(share->pr.registered & BIT_ULL(nexus));
}

/*
 * Who comes again has its registrations.  Returns MVH_PR_NOBODY if there are too many
 * initiators.
 */
static u32 mvh_share_nexus(const struct mvh_share *share, u64 name)
{
	u32 i, found = MVH_PR_NOBODY;

	for (i = 0; i < MVH_PR_NEXUSES; i++) {
		bool unused = mvh_share_nexus_free(share, i);

		if (!unused && share->pr.name[i] == name)
			return i;
		if (unused && found == MVH_PR_NOBODY)
			found = i;
	}
	return found;
}

static void mvh_share_update(struct mvh_share *share)
{
	lockdep_assert_held(&share->lock);
	WRITE_ONCE(share->reserved, share->pr.registered || share->pr.type ||
		   share->pr.spc2 != MVH_PR_NOBODY);
}

/**
 * mvh_share_join - a logical unit has a backing
 * @lun: the logical unit
 * @dev: st_dev of the backing
 * @ino: its st_ino
 * @name: the target's, which is who its guest is to the others
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EUSERS if the backing has too many initiators.
 */
int mvh_share_join(struct mvh_lun *lun, dev_t dev, u64 ino, u64 name)
{
	struct mvh_share *share;
	int err = -ENOMEM;
	u32 nexus;

	mutex_lock(&mvh_shares_lock);
	share = mvh_share_find(dev, ino);
	if (!share)
		goto unlock;
	spin_lock(&share->lock);
	nexus = mvh_share_nexus(share, name);
	if (nexus == MVH_PR_NOBODY) {
		err = -EUSERS;
	} else {
		err = 0;
		share->n_luns++;
		share->users[nexus]++;
		share->pr.name[nexus] = name;
		list_add_tail(&lun->shared, &share->luns);
		lun->share = share;
		lun->nexus = nexus;
	}
	spin_unlock(&share->lock);
	mvh_share_free_unused(share);
unlock:
	mutex_unlock(&mvh_shares_lock);
	return err;
}

/**
 * mvh_share_leave - the opposite
 * @lun: the logical unit
 *
 * Registrations stay as long as another logical unit has the backing.
 *
 * Context: Process context, may sleep.
 */
void mvh_share_leave(struct mvh_lun *lun)
{
	struct mvh_share *share = lun->share;

	mutex_lock(&mvh_shares_lock);
	spin_lock(&share->lock);
	list_del(&lun->shared);
	share->n_luns--;
	if (!--share->users[lun->nexus])
		mvh_pr_lost(&share->pr, lun->nexus);
	mvh_share_update(share);
	spin_unlock(&share->lock);
	mvh_share_free_unused(share);
	mutex_unlock(&mvh_shares_lock);
}

/**
 * mvh_share_conflicts - does a reservation forbid a command? (S15)
 * @lun: its logical unit
 * @cdb: the command
 *
 * Return: true if so.
 */
bool mvh_share_conflicts(struct mvh_lun *lun, const u8 *cdb)
{
	struct mvh_share *share = lun->share;
	bool conflicts;

	if (likely(!READ_ONCE(share->reserved)))
		return false;
	spin_lock(&share->lock);
	conflicts = mvh_pr_conflicts(&share->pr, lun->nexus, cdb);
	spin_unlock(&share->lock);
	return conflicts;
}

/**
 * mvh_share_pr_in - PERSISTENT RESERVE IN
 * @lun: the logical unit
 * @cdb: the command, checked
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data.
 */
u32 mvh_share_pr_in(struct mvh_lun *lun, const u8 *cdb, u8 *to)
{
	struct mvh_share *share = lun->share;
	u32 len;

	spin_lock(&share->lock);
	len = mvh_pr_in(&share->pr, cdb, to);
	spin_unlock(&share->lock);
	return len;
}

static void mvh_share_spread(struct mvh_share *share, const struct mvh_pr_news *news)
{
	enum mvh_attention what;
	struct mvh_lun *lun;

	lockdep_assert_held(&share->lock);
	list_for_each_entry(lun, &share->luns, shared)
		for (what = 0; what < MVH_ATTENTION_MAX; what++)
			if (news->told[what] & BIT_ULL(lun->nexus))
				mvh_lun_attend(lun, what);
}

/**
 * mvh_share_pr_out - PERSISTENT RESERVE OUT
 * @lun: the logical unit
 * @cdb: the command, checked
 * @list: its parameter list
 * @len: bytes of @list
 * @aborted: initiators whose commands must have ended before it is complete
 * @cmd: for sense data
 *
 * Return: its status.
 */
u8 mvh_share_pr_out(struct mvh_lun *lun, const u8 *cdb, const u8 *list, u32 len,
		    u64 *aborted, struct mvh_scsi_cmd *cmd)
{
	struct mvh_share *share = lun->share;
	struct mvh_pr_news news;
	u8 status;

	spin_lock(&share->lock);
	status = mvh_pr_out(&share->pr, lun->nexus, cdb, list, len, &news, cmd);
	mvh_share_spread(share, &news);
	*aborted = news.aborted;
	mvh_share_update(share);
	spin_unlock(&share->lock);
	return status;
}

/**
 * mvh_share_idle - have commands ended?
 * @lun: a logical unit on the backing
 * @who: the initiators that they are of
 *
 * Return: true if none of them is in flight but what waits for others in turn.
 */
bool mvh_share_idle(struct mvh_lun *lun, u64 who)
{
	struct mvh_share *share = lun->share;
	struct mvh_lun *other;
	bool idle = true;

	spin_lock(&share->lock);
	list_for_each_entry(other, &share->luns, shared)
		if (who & BIT_ULL(other->nexus))
			idle &= atomic_read(&other->n_inflight[0]) +
				atomic_read(&other->n_inflight[1]) <=
				atomic_read(&other->n_waiting);
	spin_unlock(&share->lock);
	return idle;
}

/**
 * mvh_share_reserve - RESERVE and RELEASE of SPC-2
 * @lun: the logical unit
 * @reserve: which of them
 *
 * Return: the status.
 */
u8 mvh_share_reserve(struct mvh_lun *lun, bool reserve)
{
	struct mvh_share *share = lun->share;
	u8 status;

	spin_lock(&share->lock);
	status = reserve ? mvh_pr_reserve(&share->pr, lun->nexus) :
			   mvh_pr_release(&share->pr, lun->nexus);
	mvh_share_update(share);
	spin_unlock(&share->lock);
	return status;
}

/**
 * mvh_share_lost - a reservation of SPC-2 ends
 * @lun: the logical unit
 * @reset: that of anybody, since the logical unit was reset, and all are told so; else
 *	that of its guest
 */
void mvh_share_lost(struct mvh_lun *lun, bool reset)
{
	struct mvh_share *share = lun->share;
	struct mvh_lun *other;

	spin_lock(&share->lock);
	mvh_pr_lost(&share->pr, reset ? MVH_PR_NOBODY : lun->nexus);
	if (reset)
		list_for_each_entry(other, &share->luns, shared)
			mvh_lun_attend(other, MVH_ATTENTION_RESET);
	mvh_share_update(share);
	spin_unlock(&share->lock);
}

/**
 * mvh_share_mode_changed - the others are told that mode parameters changed
 * @lun: the logical unit that changed them
 */
void mvh_share_mode_changed(struct mvh_lun *lun)
{
	struct mvh_share *share = lun->share;
	struct mvh_lun *other;

	spin_lock(&share->lock);
	list_for_each_entry(other, &share->luns, shared)
		if (other != lun)
			mvh_lun_attend(other, MVH_ATTENTION_MODE);
	spin_unlock(&share->lock);
}
