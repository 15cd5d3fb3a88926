// SPDX-License-Identifier: GPL-2.0
/*
 * Subscriptions to the wake-ups of a file: a kick eventfd, a tap.
 */
#include <linux/export.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include "event.h"

/* Runs under the wait queue's lock with interrupts off. */
static int mvh_event_wake(wait_queue_entry_t *wait, unsigned int mode,
			  int sync, void *key)
{
	struct mvh_event *event = container_of(wait, struct mvh_event, wait);

	if (!(key_to_poll(key) & event->mask))
		return 0;
	WRITE_ONCE(event->n, event->n + 1);
	event->fire(event);
	return 0;
}

static void mvh_event_subscribe(struct file *file, wait_queue_head_t *wqh,
				poll_table *table)
{
	struct mvh_event *event = container_of(table, struct mvh_event, table);

	/* A file with a second queue would overwrite the first. */
	if (event->wqh)
		return;
	event->wqh = wqh;
	add_wait_queue(wqh, &event->wait);
}

/**
 * mvh_event_init - prepare a subscription
 * @event: the subscription
 * @mask: events of interest
 * @fire: called for each, in atomic context; must not sleep nor signal eventfds
 */
void mvh_event_init(struct mvh_event *event, __poll_t mask,
		    void (*fire)(struct mvh_event *event))
{
	init_poll_funcptr(&event->table, mvh_event_subscribe);
	init_waitqueue_func_entry(&event->wait, mvh_event_wake);
	event->wqh = NULL;
	event->mask = mask;
	event->n = 0;
	event->paused = false;
	event->fire = fire;
}
EXPORT_SYMBOL_GPL(mvh_event_init);

/**
 * mvh_event_start - subscribe to a file
 * @event: the subscription
 * @file: the file; the caller keeps it until mvh_event_stop()
 *
 * Does not fire for what is ready already.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL if the file reports an error.
 */
int mvh_event_start(struct mvh_event *event, struct file *file)
{
	if (event->wqh)
		return 0;
	if (vfs_poll(file, &event->table) & EPOLLERR) {
		mvh_event_stop(event);
		return -EINVAL;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(mvh_event_start);

/**
 * mvh_event_stop - end a subscription
 * @event: the subscription, started or not
 *
 * When it returns, @event->fire is not running and will not run.
 *
 * Context: Process context.
 */
void mvh_event_stop(struct mvh_event *event)
{
	if (!event->wqh)
		return;
	mvh_event_pause(event);
	event->paused = false;
	event->wqh = NULL;
}
EXPORT_SYMBOL_GPL(mvh_event_stop);
