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
 * @paused: @wait is not in it
 * @mask: events of interest
 * @n: wake-ups so far, written under the wait queue's lock
 * @fire: called for a wake-up
 */
struct mvh_event {
	poll_table table;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh;
	bool paused;
	__poll_t mask;
	u64 n;
	void (*fire)(struct mvh_event *event);
};

void mvh_event_init(struct mvh_event *event, __poll_t mask,
		    void (*fire)(struct mvh_event *event));
int mvh_event_start(struct mvh_event *event, struct file *file);
void mvh_event_stop(struct mvh_event *event);

/**
 * mvh_event_pause - have no wake-ups until mvh_event_resume()
 * @event: the subscription
 *
 * Leaves the wait queue, so that who makes the file ready finds nobody to wake.
 *
 * Context: Process context.
 */
static inline void mvh_event_pause(struct mvh_event *event)
{
	if (!event->wqh || event->paused)
		return;
	remove_wait_queue(event->wqh, &event->wait);
	event->paused = true;
}

/**
 * mvh_event_resume - have wake-ups again
 * @event: the subscription
 *
 * What happened before may have been missed: look once more after this.
 *
 * Context: Process context.
 */
static inline void mvh_event_resume(struct mvh_event *event)
{
	if (!event->wqh || !event->paused)
		return;
	event->paused = false;
	add_wait_queue(event->wqh, &event->wait);
	smp_mb();	/* partner: the waker, which makes the file ready first */
}

#endif /* _MVH_EVENT_H */
