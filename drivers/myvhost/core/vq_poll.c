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

/**
 * mvh_vq_poll - look for work for a while before going to sleep
 * @vq: queue that would sleep
 * @ready: is there work?
 *
 * Ends early when the worker or the CPU is wanted elsewhere.
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: true if there is work.
 */
bool mvh_vq_poll(struct mvh_vq *vq, bool (*ready)(struct mvh_vq *vq))
{
	u64 window = mvh_vq_poll_time(vq), end;

	lockdep_assert_held(&vq->mutex);
	if (!window)
		return false;
	end = ktime_get_ns() + window;
	do {
		if (ready(vq)) {
			mvh_vq_count(vq, MYVHOST_CNT_POLL_HITS, 1);
			return true;
		}
		cpu_relax();
	} while (!mvh_vq_must_yield(vq) && ktime_get_ns() < end);
	mvh_vq_count(vq, MYVHOST_CNT_POLL_MISSES, 1);
	return false;
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
