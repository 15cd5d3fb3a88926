// SPDX-License-Identifier: GPL-2.0
/*
 * The rate limits of a queue.  A frame beyond them stays where it is: in the tap, or in
 * the guest's ring.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include "pace.h"

static void mvh_pace_fire(struct timer_list *timer)
{
	mvh_vq_schedule(container_of(timer, struct mvh_pace, timer)->vq);
}

/**
 * mvh_pace_init - begin without limits
 * @pace: what to initialise
 * @vq: the queue that it is for
 */
void mvh_pace_init(struct mvh_pace *pace, struct mvh_vq *vq)
{
	mvh_rates_init(&pace->rates);
	timer_setup(&pace->timer, mvh_pace_fire, 0);
	pace->vq = vq;
}

/**
 * mvh_pace_stop - the queue will not run any more
 * @pace: its limits
 *
 * Context: With the queue's mutex.
 */
void mvh_pace_stop(struct mvh_pace *pace)
{
	mvh_vq_assert_held(pace->vq);
	timer_delete_sync(&pace->timer);
}

/**
 * mvh_pace_wait - must the next frame wait?
 * @pace: the queue's limits
 *
 * Context: With the queue's mutex.
 * Return: 0 if it need not, else for how many jiffies.  The service has to return then;
 * the timer schedules the queue.
 */
u64 mvh_pace_wait(struct mvh_pace *pace)
{
	u64 wait = mvh_rates_wait(&pace->rates, ktime_get_ns());

	mvh_vq_assert_held(pace->vq);
	if (!wait)
		return 0;
	mvh_vq_count(pace->vq, MYVHOST_CNT_THROTTLED, 1);
	wait = nsecs_to_jiffies(wait) + 1;
	mod_timer(&pace->timer, jiffies + wait);
	return wait;
}

/**
 * mvh_pace_use - count a frame against the limits
 * @pace: the queue's limits
 * @len: bytes of the frame
 */
void mvh_pace_use(struct mvh_pace *pace, u64 len)
{
	mvh_rates_use(&pace->rates, ktime_get_ns(), 1, len);
}
