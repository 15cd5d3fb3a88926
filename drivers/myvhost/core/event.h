/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Subscriptions to the wake-ups of a file: a kick eventfd, a tap.
 */
#ifndef _MVH_EVENT_H
#define _MVH_EVENT_H

#include <linux/poll.h>
#include <linux/wait.h>

/**
 * struct mvh_event - a subscription to a file's wake-ups
 *
 * @table: how the file is asked for its wait queue
 * @wait: our entry there
 * @wqh: the wait queue, NULL while not subscribed
 * @mask: events of interest
 * @n: wake-ups so far, written under the wait queue's lock
 * @muted: wake-ups are ignored
 * @fire: called for a wake-up
 */
struct mvh_event {
	poll_table table;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh;
	__poll_t mask;
	u64 n;
	bool muted;
	void (*fire)(struct mvh_event *event);
};

void mvh_event_init(struct mvh_event *event, __poll_t mask,
		    void (*fire)(struct mvh_event *event));
int mvh_event_start(struct mvh_event *event, struct file *file);
void mvh_event_stop(struct mvh_event *event);

/**
 * mvh_event_mute - ignore wake-ups until mvh_event_unmute()
 * @event: the subscription
 */
static inline void mvh_event_mute(struct mvh_event *event)
{
	WRITE_ONCE(event->muted, true);
}

/**
 * mvh_event_unmute - accept wake-ups again
 * @event: the subscription
 *
 * What happened before may have been missed: look once more after this.
 */
static inline void mvh_event_unmute(struct mvh_event *event)
{
	WRITE_ONCE(event->muted, false);
	smp_mb();	/* partner: the waker, which makes the file ready first */
}

#endif /* _MVH_EVENT_H */
