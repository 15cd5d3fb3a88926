/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which bytes of a disk writes are under way for, where a write of part of a unit of
 * the backing reads and writes all of it.
 */
#ifndef _MVH_BLK_HOLD_H
#define _MVH_BLK_HOLD_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct mvh_holds - the ranges of a disk that are held
 * @lock: guards the lists; taken in any context
 * @shared: holds that may overlap each other: writes of whole units
 * @alone: holds that overlap no other: writes of parts of units
 * @released: woken when a hold is released
 */
struct mvh_holds {
	spinlock_t lock;
	struct list_head shared;
	struct list_head alone;
	wait_queue_head_t released;
};

/**
 * struct mvh_hold - a range that is held
 * @list: place in one of the lists
 * @first: first byte
 * @end: the byte behind the last
 */
struct mvh_hold {
	struct list_head list;
	u64 first;
	u64 end;
};

void mvh_holds_init(struct mvh_holds *holds);
bool mvh_hold_try(struct mvh_holds *holds, struct mvh_hold *hold, u64 first,
		  u64 end, bool alone);
void mvh_hold_wait(struct mvh_holds *holds, struct mvh_hold *hold, u64 first,
		   u64 end, bool alone);
void mvh_hold_release(struct mvh_holds *holds, struct mvh_hold *hold);

#endif /* _MVH_BLK_HOLD_H */
