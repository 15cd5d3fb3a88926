// SPDX-License-Identifier: GPL-2.0
/*
 * See hold.h.
 */
#include <linux/sched.h>
#include "hold.h"

/**
 * mvh_holds_init - prepare for the first hold
 * @holds: zeroed memory
 */
void mvh_holds_init(struct mvh_holds *holds)
{
	spin_lock_init(&holds->lock);
	INIT_LIST_HEAD(&holds->shared);
	INIT_LIST_HEAD(&holds->alone);
	init_waitqueue_head(&holds->released);
}

static bool mvh_hold_overlaps(const struct list_head *list, u64 first, u64 end)
{
	const struct mvh_hold *hold;

	list_for_each_entry(hold, list, list)
		if (hold->first < end && first < hold->end)
			return true;
	return false;
}

/*
 * mvh_hold_try() - hold a range if that is possible now
 * @first: its first byte
 * @end: the byte behind its last
 * @alone: nobody else may hold a byte of it
 *
 * Context: Any.
 * Return: true if it is held, until mvh_hold_release().
 */
bool mvh_hold_try(struct mvh_holds *holds, struct mvh_hold *hold, u64 first,
		  u64 end, bool alone)
{
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&holds->lock, flags);
	free = !mvh_hold_overlaps(&holds->alone, first, end) &&
	       !(alone && mvh_hold_overlaps(&holds->shared, first, end));
	if (free) {
		hold->first = first;
		hold->end = end;
		list_add(&hold->list, alone ? &holds->alone : &holds->shared);
	}
	spin_unlock_irqrestore(&holds->lock, flags);
	return free;
}

/*
 * mvh_hold_wait() - hold a range, wait until that is possible
 * @first: its first byte
 * @end: the byte behind its last
 * @alone: nobody else may hold a byte of it
 *
 * The caller has no other hold, so whoever has one gets on.
 *
 * Context: Process context, may sleep.
 */
void mvh_hold_wait(struct mvh_holds *holds, struct mvh_hold *hold, u64 first,
		   u64 end, bool alone)
{
	wait_event(holds->released,
		   mvh_hold_try(holds, hold, first, end, alone));
}

/*
 * mvh_hold_release() - let others have the range
 *
 * Context: Any.
 */
void mvh_hold_release(struct mvh_holds *holds, struct mvh_hold *hold)
{
	unsigned long flags;

	spin_lock_irqsave(&holds->lock, flags);
	list_del(&hold->list);
	/* Within the lock: the disk may be freed as soon as the hold is gone. */
	wake_up_all(&holds->released);
	spin_unlock_irqrestore(&holds->lock, flags);
}
