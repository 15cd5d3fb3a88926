// SPDX-License-Identifier: GPL-2.0
/*
 * Where the time of a queue goes: while it is RUNNING each nanosecond counts in one of
 * the counters MYVHOST_CNT_SERVING_NS to MYVHOST_CNT_IDLE_NS.  A run takes two time
 * stamps and a wake-up one; packets take none.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"

/* A run that counted one of them ended for it; what is said first counts. */
static const struct mvh_cause {
	enum myvhost_counter event;
	enum myvhost_counter ns;
} mvh_causes[MVH_CAUSES] = {
	{ MYVHOST_CNT_THROTTLED,	MYVHOST_CNT_LIMIT_NS },
	{ MYVHOST_CNT_BUSY,		MYVHOST_CNT_PRESSURE_NS },
	{ MYVHOST_CNT_STALLS,		MYVHOST_CNT_GUEST_NS },
	{ MYVHOST_CNT_MISSES,		MYVHOST_CNT_GUEST_NS },
	{ MYVHOST_CNT_MAP_ERRORS,	MYVHOST_CNT_GUEST_NS },
};

/* What is a queue that has nothing to do now waiting for? */
static enum myvhost_counter mvh_vq_cause(const struct mvh_vq *vq)
{
	unsigned int i;

	for (i = 0; i < MVH_CAUSES; i++)
		if (vq->cnt[mvh_causes[i].event] != vq->clock.events[i])
			return mvh_causes[i].ns;
	return vq->n_late ? MYVHOST_CNT_BACKING_NS : MYVHOST_CNT_IDLE_NS;
}

static void mvh_vq_clock_set(struct mvh_vq *vq, enum myvhost_counter what, u64 now)
{
	WRITE_ONCE(vq->clock.what, what);
	WRITE_ONCE(vq->clock.since, now);
}

/* What waited for its worker since @from did so from a later moment on, at the most. */
static u64 mvh_vq_woken(const struct mvh_vq *vq, u64 from, u64 now)
{
	return clamp(READ_ONCE(vq->work.queued_at), from, now);
}

static void mvh_clock_lock(struct mvh_clock *clock)
{
	preempt_disable();
	write_seqcount_begin(&clock->seq);
}

static void mvh_clock_unlock(struct mvh_clock *clock)
{
	write_seqcount_end(&clock->seq);
	preempt_enable();
}

/*
 * mvh_vq_clock_start() - the queue is RUNNING from now on
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_clock_start(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	mvh_clock_lock(&vq->clock);
	mvh_vq_clock_set(vq, MYVHOST_CNT_IDLE_NS, ktime_get_ns());
	mvh_clock_unlock(&vq->clock);
}

/*
 * mvh_vq_clock_stop() - the queue is not RUNNING any more, if it was
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_clock_stop(struct mvh_vq *vq)
{
	struct mvh_clock *clock = &vq->clock;
	u64 now = ktime_get_ns();

	lockdep_assert_held(&vq->mutex);
	if (clock->what == MYVHOST_CNT_MAX)
		return;
	mvh_clock_lock(clock);
	mvh_vq_count(vq, clock->what, now - clock->since);
	mvh_vq_clock_set(vq, MYVHOST_CNT_MAX, now);
	mvh_clock_unlock(clock);
}

/*
 * mvh_vq_clock_begin() - a run begins
 *
 * Context: Process context of the worker, with the queue's mutex; the queue is RUNNING.
 */
void mvh_vq_clock_begin(struct mvh_vq *vq)
{
	struct mvh_clock *clock = &vq->clock;
	u64 now = ktime_get_ns(), woken;
	unsigned int i;

	lockdep_assert_held(&vq->mutex);
	for (i = 0; i < MVH_CAUSES; i++)
		clock->events[i] = vq->cnt[mvh_causes[i].event];
	clock->delay = mvh_run_delay();
	clock->polled = 0;
	mvh_clock_lock(clock);
	woken = mvh_vq_woken(vq, clock->since, now);
	mvh_vq_count(vq, clock->what, woken - clock->since);
	mvh_vq_count(vq, MYVHOST_CNT_WORKER_NS, now - woken);
	mvh_vq_clock_set(vq, MYVHOST_CNT_SERVING_NS, now);
	mvh_clock_unlock(clock);
}

/*
 * mvh_vq_clock_end() - a run ends
 *
 * Of its time some may have passed with the worker runnable but not on a processor.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_clock_end(struct mvh_vq *vq)
{
	struct mvh_clock *clock = &vq->clock;
	u64 now = ktime_get_ns(), wall, delay, polled;

	lockdep_assert_held(&vq->mutex);
	/* It has stopped, for the guest broke the protocol. */
	if (clock->what == MYVHOST_CNT_MAX)
		return;
	wall = now - clock->since;
	delay = min(mvh_run_delay() - clock->delay, wall);
	polled = min(clock->polled, wall - delay);
	mvh_clock_lock(clock);
	mvh_vq_count(vq, MYVHOST_CNT_SERVING_NS, wall - delay - polled);
	mvh_vq_count(vq, MYVHOST_CNT_POLL_NS, polled);
	mvh_vq_count(vq, MYVHOST_CNT_WORKER_NS, delay);
	mvh_vq_clock_set(vq, mvh_vq_cause(vq), now);
	mvh_clock_unlock(clock);
}

/* What passed since the last change and belongs to @what.  A run counts when it ends. */
static u64 mvh_vq_time_since(const struct mvh_vq *vq, enum myvhost_counter what)
{
	enum myvhost_counter waits = READ_ONCE(vq->clock.what);
	u64 since = READ_ONCE(vq->clock.since);
	u64 now = max(ktime_get_ns(), since);
	u64 woken = now;

	if (waits == MYVHOST_CNT_MAX || waits == MYVHOST_CNT_SERVING_NS)
		return 0;
	if (mvh_work_queued(&vq->work))
		woken = mvh_vq_woken(vq, since, now);
	return (what == waits ? woken - since : 0) +
	       (what == MYVHOST_CNT_WORKER_NS ? now - woken : 0);
}

/*
 * mvh_vq_time() - read a counter of time
 * @vq: the queue, locked or not
 *
 * Return: nanoseconds, without those of the run that goes on.
 */
u64 mvh_vq_time(const struct mvh_vq *vq, enum myvhost_counter what)
{
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&vq->clock.seq);
		ns = READ_ONCE(vq->cnt[what]) + mvh_vq_time_since(vq, what);
	} while (read_seqcount_retry(&vq->clock.seq, seq));
	return ns;
}
