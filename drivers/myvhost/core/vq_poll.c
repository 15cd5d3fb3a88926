// SPDX-License-Identifier: GPL-2.0
/*
 * Busy polling: how long a queue looks for work before it sleeps.
 */
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include "backend.h"
#include "dev.h"

/* How long to poll now, in nanoseconds. */
static u64 mvh_vq_poll_time(const struct mvh_vq *vq)
{
	const struct mvh_window *w = &vq->window;

	if (w->max_us)
		return w->now_ns;
	return min_t(u64, w->fixed_us, MYVHOST_POLL_MAX_USECS) * NSEC_PER_USEC;
}

static bool mvh_vq_must_yield(const struct mvh_vq *vq)
{
	const struct mvh_worker *worker;
	bool yield;

	rcu_read_lock();
	worker = rcu_dereference(vq->worker);
	yield = !worker || mvh_worker_has_work(worker);
	rcu_read_unlock();
	return yield || need_resched() || signal_pending(current);
}

/* Does the worker of @vq serve @other too, which sleeps until a kick? */
static bool mvh_vq_can_watch(const struct mvh_vq *vq, const struct mvh_vq *other)
{
	return rcu_access_pointer(vq->worker) ==
	       rcu_access_pointer(other->worker) &&
	       other->state == MVH_VQ_RUNNING && other->mapped &&
	       other->kick_armed;
}

/*
 * Lock the device's other queues that sleep in the same worker until a kick, and
 * tell the guest that it need not kick.  Returns a list of them.
 */
static struct mvh_vq *mvh_vq_watch(struct mvh_vq *vq)
{
	struct mvh_vq *other, *list = NULL;

	mvh_dev_for_each_vq(vq->dev, other) {
		/* One that somebody else holds keeps its kicks. */
		if (other == vq || !mutex_trylock(&other->mutex))
			continue;
		if (!mvh_vq_can_watch(vq, other)) {
			mutex_unlock(&other->mutex);
			continue;
		}
		mvh_ring_disable_kick(&other->ring);
		other->watched = list;
		list = other;
	}
	return list;
}

static bool mvh_vq_watched_has_new(struct mvh_vq *list)
{
	for (; list; list = list->watched)
		if (mvh_ring_has_new(&list->ring))
			return true;
	return false;
}

/*
 * Unlock what mvh_vq_watch() locked.  Each queue sleeps on with its kick armed, or
 * runs, now that kicks are off.  One with work is not armed: the guest may be about
 * to look whether it has to kick.
 */
static void mvh_vq_unwatch(struct mvh_vq *list)
{
	while (list) {
		struct mvh_vq *other = list;

		list = other->watched;
		other->kick_armed = !mvh_ring_has_new(&other->ring) &&
				    !mvh_ring_enable_kick(&other->ring);
		if (!other->kick_armed)
			mvh_vq_schedule(other);
		mutex_unlock(&other->mutex);
	}
}

/**
 * mvh_vq_poll - look for work for a while before going to sleep
 * @vq: queue that would sleep
 * @ready: is there work?
 *
 * Also watches the rings of the device's other queues that the same worker serves
 * and that wait for a kick: the guest need not kick those meanwhile.  Ends when one
 * of them has work, which is scheduled.  Ends early when the worker or the CPU is
 * wanted elsewhere; a port that wakes up is work of the worker.
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: true if there is work for @vq.
 */
bool mvh_vq_poll(struct mvh_vq *vq, bool (*ready)(struct mvh_vq *vq))
{
	u64 window = mvh_vq_poll_time(vq), begin;
	struct mvh_vq *watched;
	bool own, other;

	lockdep_assert_held(&vq->mutex);
	if (!window)
		return false;
	watched = mvh_vq_watch(vq);
	begin = ktime_get_ns();
	do {
		own = ready(vq);
		other = mvh_vq_watched_has_new(watched);
		if (own || other)
			break;
		cpu_relax();
	} while (!mvh_vq_must_yield(vq) && ktime_get_ns() - begin < window);
	mvh_vq_unwatch(watched);
	vq->clock.polled += ktime_get_ns() - begin;
	mvh_vq_count(vq, own || other ? MYVHOST_CNT_POLL_HITS :
					MYVHOST_CNT_POLL_MISSES, 1);
	return own;
}
EXPORT_SYMBOL_GPL(mvh_vq_poll);

/*
 * mvh_vq_adapt() - adapt the window when a queue runs
 *
 * Slept for less than the bound: polling would have paid, so grow.  Slept for
 * longer: it would not, so shrink.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_adapt(struct mvh_vq *vq)
{
	struct mvh_window *w = &vq->window;
	u64 bound = (u64)w->max_us * NSEC_PER_USEC;

	lockdep_assert_held(&vq->mutex);
	if (!bound || !w->slept_at)
		return;
	if (ktime_get_ns() - w->slept_at < bound)
		w->now_ns = clamp(w->now_ns * 2, min(bound, 4000ULL), bound);
	else
		w->now_ns /= 2;
	w->slept_at = 0;
}
