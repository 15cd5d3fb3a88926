// SPDX-License-Identifier: GPL-2.0
/*
 * One run of a queue: the loop around a back end's service, and what a service
 * may call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"
#include "frontend.h"
#include "trace.h"

static_assert(MYVHOST_CNT_BAD_LENGTH - MYVHOST_CNT_BAD_INDEX ==
	      MVH_BAD_LENGTH - MVH_BAD_INDEX);

/**
 * mvh_vq_bad - stop a queue because the guest broke the protocol
 * @vq: queue whose driver did it
 * @why: how
 *
 * What was finished before is given back first.
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: -EBADMSG.
 */
int mvh_vq_bad(struct mvh_vq *vq, enum mvh_bad why)
{
	enum myvhost_counter what = MYVHOST_CNT_BAD_INDEX + why;

	lockdep_assert_held(&vq->mutex);
	mvh_vq_flush(vq);
	mvh_vq_count(vq, what, 1);
	mvh_trace(mvh_bad, vq, what);
	if (!xchg(&vq->dev->told_broken, true))
		pr_notice_ratelimited("process %d: queue %u is broken: the guest's driver broke the protocol, its bad_ counters say how\n",
				      vq->dev->owner, vq->index);
	mvh_vq_break(vq);
	return -EBADMSG;
}
EXPORT_SYMBOL_GPL(mvh_vq_bad);

/*
 * The memory that a packet on its way from the guest begins with: that of the oldest
 * chain, unless the port refused packets that were taken before.
 */
static const struct iovec *mvh_vq_dropped(struct mvh_vq *vq,
					  enum myvhost_counter why)
{
	static const struct iovec nothing;
	const struct mvh_chain *chain = mvh_vq_chain(vq, 0);

	if (!mvh_vq_n_chains(vq) || !chain->n_out || why == MYVHOST_CNT_DROP_BACKEND)
		return &nothing;
	return chain->iov;
}

static noinline void mvh_vq_trace_drop(struct mvh_vq *vq, enum myvhost_counter why)
{
	const struct iovec *iov = mvh_vq_dropped(vq, why);

	mvh_trace(mvh_drop, vq, why, (uintptr_t)iov->iov_base, iov->iov_len);
}

/**
 * mvh_vq_drop - count a packet that will not arrive
 * @vq: queue that the packet belongs to
 * @why: one of MYVHOST_CNT_DROP_*
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_drop(struct mvh_vq *vq, enum myvhost_counter why)
{
	lockdep_assert_held(&vq->mutex);
	mvh_vq_count(vq, why, 1);
	if (trace_mvh_drop_enabled())
		mvh_vq_trace_drop(vq, why);
}
EXPORT_SYMBOL_GPL(mvh_vq_drop);

static void mvh_vq_wait_translation(struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_MISSES, 1);
	WRITE_ONCE(vq->n_missed, vq->n_missed + 1);
	mvh_trace(mvh_miss, vq, vq->view.miss);
	mvh_vq_report_miss(vq);
}

/**
 * mvh_vq_complete_late - a chain that was taken with mvh_vq_take() is finished
 * @vq: the queue, without VIRTIO_F_IN_ORDER
 * @id: the chain's id
 * @ndesc: ring descriptors it takes
 * @len: bytes written into it
 *
 * In whatever order.  See mvh_vq_complete().
 *
 * Context: Process context, with the queue's mutex and the ring mapped.
 */
void mvh_vq_complete_late(struct mvh_vq *vq, u16 id, u16 ndesc, u32 len)
{
	lockdep_assert_held(&vq->mutex);
	vq->n_late--;
	vq->done[vq->n_done++] = (struct mvh_done) {
		.id = id,
		.ndesc = ndesc,
		.len = len,
	};
	if (vq->n_done >= MVH_BATCH)
		mvh_vq_flush(vq);
}
EXPORT_SYMBOL_GPL(mvh_vq_complete_late);

/* In user mode only tasks that see the owner's memory may touch the ring. */
static bool mvh_vq_touchable(const struct mvh_vq *vq)
{
	return likely(!vq->ring.user) || (vq->mapped && mvh_vq_reachable(vq));
}

static noinline void mvh_vq_trace_end(struct mvh_vq *vq, unsigned int n)
{
	const struct mvh_done *done;

	for (done = vq->done; done < vq->done + n; done++)
		mvh_trace(mvh_end, vq, (u64)done->len << 16 | done->id);
}

/**
 * mvh_vq_flush - give finished chains back and interrupt the guest if it wants
 * @vq: queue with or without finished chains
 *
 * If the ring cannot be reached, they are kept for the next time.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_flush(struct mvh_vq *vq)
{
	unsigned int n = vq->n_done;

	lockdep_assert_held(&vq->mutex);
	if (!n || !mvh_vq_touchable(vq) ||
	    mvh_ring_push(&vq->ring, vq->done, n))
		return;
	vq->n_done = 0;
	if (trace_mvh_end_enabled())
		mvh_vq_trace_end(vq, n);
	if (vq->call && mvh_ring_should_call(&vq->ring)) {
		mvh_vq_count(vq, MYVHOST_CNT_CALLS, 1);
		mvh_trace(mvh_call, vq, n);
		mvh_eventfd_signal(vq->call);
	} else {
		mvh_vq_count(vq, MYVHOST_CNT_CALLS_SUPPRESSED, 1);
	}
}
EXPORT_SYMBOL_GPL(mvh_vq_flush);

static bool mvh_vq_has_new(struct mvh_vq *vq)
{
	bool (*pending)(struct mvh_vq *vq) = vq->dev->backend->pending;

	return mvh_ring_has_new(&vq->ring) || (pending && pending(vq));
}

/*
 * The ring is empty: have the guest kick, unless there is more.  Returns true if
 * there is.
 */
static bool mvh_vq_rearm(struct mvh_vq *vq)
{
	if (vq->dev->backend->idle)
		vq->dev->backend->idle(vq);
	mvh_vq_flush(vq);
	/* A guest can say for ever that there is more, and take it back. */
	mvh_vq_charge(vq, 0);
	if (mvh_vq_poll(vq, mvh_vq_has_new))
		return true;
	vq->kick_armed = !mvh_ring_enable_kick(&vq->ring);
	if (vq->kick_armed)
		return false;
	mvh_ring_disable_kick(&vq->ring);
	return true;
}

/* Move the chains that the service holds, and their pieces, to the front. */
static void mvh_vq_compact(struct mvh_vq *vq)
{
	unsigned int n = mvh_vq_n_chains(vq), i;
	struct mvh_chain *from = &vq->chain[vq->first];
	size_t shift, n_iov = 0;

	if (!vq->first)
		return;
	shift = n ? from->iov - vq->iov : 0;
	for (i = 0; i < n; i++) {
		n_iov += from[i].n_out + from[i].n_in;
		from[i].iov -= shift;
	}
	memmove(vq->iov, vq->iov + shift, n_iov * sizeof(*vq->iov));
	memmove(vq->chain, from, n * sizeof(*from));
	vq->first = 0;
	vq->n_chain = n;
}

static void mvh_vq_fetch_failed(struct mvh_vq *vq, int err)
{
	/* The end of the run sees to what the host cannot reach. */
	if (err == -EFAULT)
		return;
	if (err != -EAGAIN) {
		mvh_vq_bad(vq, vq->ring.bad);
		return;
	}
	/* The owner may never answer: a later kick tries again. */
	mvh_vq_flush(vq);
	mvh_ring_request_kick(&vq->ring);
	mvh_vq_wait_translation(vq);
}

/*
 * A chain has more pieces than there is room for behind those that are held: double
 * the room.
 */
static int mvh_vq_grow(struct mvh_vq *vq)
{
	unsigned int room = 2 * vq->iov_room, i;
	struct iovec *iov;

	if (room > MVH_IOV_LIMIT)
		return mvh_ring_bad(&vq->ring, MVH_BAD_SEGMENTS);
	iov = kvmalloc_array(room, sizeof(*iov), GFP_KERNEL_ACCOUNT);
	if (!iov) {
		vq->ring.fault = true;
		return -EFAULT;
	}
	memcpy(iov, vq->iov, vq->iov_room * sizeof(*iov));
	for (i = vq->first; i < vq->n_chain; i++)
		vq->chain[i].iov = iov + (vq->chain[i].iov - vq->iov);
	kvfree(vq->iov);
	vq->iov = iov;
	vq->iov_room = room;
	return 0;
}

static noinline void mvh_vq_trace_begin(struct mvh_vq *vq,
					const struct mvh_chain *chain, unsigned int n)
{
	for (; n; n--, chain++)
		mvh_trace(mvh_begin, vq,
			  (chain->out_len + chain->in_len) << 16 | chain->id);
}

/*
 * Take up to @max chains behind those that the service holds.  Returns how many, or
 * the error of the first.  What stops a batch is met again by the next one, which
 * begins with it.  Chains with more to read than the budget are not taken, since the run
 * would end before they are served.  The first is looked at in any case: attempts with
 * too little room for it may have used up the descriptors.
 */
static int mvh_vq_fetch(struct mvh_vq *vq, unsigned int max)
{
	struct mvh_chain *chain = &vq->chain[vq->n_chain];
	s64 descs = max_t(s64, vq->left_descs, 1);
	unsigned int n_iov = 0;
	struct mvh_fetch fetch;
	int n;

	if (vq->n_chain)
		n_iov = chain[-1].iov - vq->iov + chain[-1].n_out + chain[-1].n_in;
	if (n_iov >= MVH_IOV_MAX)
		return 0;
	fetch = (struct mvh_fetch) {
		.max = max,
		.iov = vq->iov + n_iov,
		.n_iov = MVH_IOV_MAX - n_iov,
		.max_iov = vq->iov_room - n_iov,
		.descs = descs,
		.bytes = vq->left_bytes,
	};
	n = mvh_chain_fetch(&vq->ring, &vq->view, chain, &fetch);
	vq->left_descs -= descs - fetch.descs;
	if (n <= 0)
		return n;
	vq->n_chain += n;
	vq->n_taken += n;
	if (trace_mvh_begin_enabled())
		mvh_vq_trace_begin(vq, chain, n);
	WRITE_ONCE(vq->n_missed, 0);
	return n;
}

/* The same with room for any legal chain, and what its failure asks for done. */
static int mvh_vq_fetch_batch(struct mvh_vq *vq, unsigned int max)
{
	int ret = mvh_vq_fetch(vq, max);

	while (ret == -ENOBUFS)
		ret = mvh_vq_grow(vq) ?: mvh_vq_fetch(vq, max);
	if (ret >= 0)
		return ret;
	mvh_vq_fetch_failed(vq, ret);
	return -EAGAIN;
}

/**
 * mvh_vq_next - take chains from the ring
 * @vq: queue that is served
 * @max: most of them, 1 to MVH_BATCH
 *
 * The service holds what is taken: see mvh_vq_chain().  It disposes of chains in
 * their order, with mvh_vq_complete() or mvh_vq_take(); those that it still holds
 * when it returns are left to the guest, and met again by the next run.  Chains
 * that it held before are kept in front of the new ones; they have less than
 * MVH_IOV_MAX pieces.
 *
 * If the ring is empty, @idle is called, what is finished is pushed, and the ring is
 * polled; if it stays empty, the guest's kick is armed and the ring looked at again.
 *
 * Return: how many were taken; 0 if there is none and a kick will come; or -EAGAIN
 * if the budget is used up, a translation is missing, the host cannot reach guest
 * memory, or the queue has stopped.
 * Unless it has taken chains, the service must return, having armed what else it
 * waits for; it is called again when it is time.
 */
int mvh_vq_next(struct mvh_vq *vq, unsigned int max)
{
	int n;

	lockdep_assert_held(&vq->mutex);
	cond_resched();
	if (vq->n_done >= MVH_BATCH)
		mvh_vq_flush(vq);
	mvh_vq_compact(vq);
	while (!mvh_vq_over(vq) && vq->state == MVH_VQ_RUNNING) {
		n = mvh_vq_fetch_batch(vq, min_t(u32, max, vq->left_packets));
		if (n)
			return n;
		if (!mvh_vq_rearm(vq))
			return 0;
	}
	return -EAGAIN;
}
EXPORT_SYMBOL_GPL(mvh_vq_next);

/*
 * How full the ring was: chains that the run took, without those that it left to the
 * guest.  Of a split ring also those that it saw behind them.
 */
static void mvh_vq_count_fill(struct mvh_vq *vq)
{
	const struct mvh_ring *ring = &vq->ring;
	u32 n = vq->n_taken;

	if (!ring->packed)
		n += (u16)(ring->seen - ring->state.avail);
	n = min_t(u32, n, ring->num);
	mvh_vq_count(vq, MYVHOST_CNT_RING_FILL, n);
	WRITE_ONCE(vq->cnt[MYVHOST_CNT_RING_PEAK],
		   max_t(u64, vq->cnt[MYVHOST_CNT_RING_PEAK], n));
}

static void mvh_vq_serve(struct mvh_vq *vq)
{
	u64 packets = vq->cnt[MYVHOST_CNT_PACKETS];

	mvh_vq_count(vq, MYVHOST_CNT_RUNS, 1);
	mvh_vq_adapt(vq);
	mvh_trace(mvh_run_begin, vq, vq->ring.state.avail);
	mvh_vq_refill(vq);
	vq->n_taken = 0;
	mvh_vq_flush(vq);
	mvh_ring_disable_kick(&vq->ring);
	vq->kick_armed = false;
	vq->dev->backend->service(vq);
	vq->n_taken -= mvh_vq_n_chains(vq);
	mvh_chain_leave(&vq->ring, mvh_vq_chain(vq, 0), mvh_vq_n_chains(vq));
	vq->first = 0;
	vq->n_chain = 0;
	mvh_vq_flush(vq);
	mvh_vq_count_fill(vq);
	if (unlikely(vq->ring.fault))
		mvh_vq_map_failed(vq);
	if (mvh_vq_over(vq)) {
		mvh_vq_count(vq, MYVHOST_CNT_BUDGET, 1);
		mvh_vq_schedule(vq);
	} else if (vq->window.max_us) {
		vq->window.slept_at = ktime_get_ns();
	}
	mvh_trace(mvh_run_end, vq, vq->cnt[MYVHOST_CNT_PACKETS] - packets);
}

static void mvh_vq_not_mapped(struct mvh_vq *vq, int err)
{
	switch (err) {
	case -EAGAIN:
		mvh_vq_wait_translation(vq);
		break;
	case -EBADMSG:
		mvh_vq_bad(vq, vq->ring.bad);
		break;
	default:
		mvh_vq_map_failed(vq);
		break;
	}
}

/**
 * mvh_vq_run - serve a queue if it is to be served
 * @work: the queue's work
 *
 * Context: Process context of the worker.
 */
void mvh_vq_run(struct mvh_work *work)
{
	struct mvh_vq *vq = container_of(work, struct mvh_vq, work);
	int err;

	mutex_lock(&vq->mutex);
	if (vq->state == MVH_VQ_RUNNING && vq->placed) {
		mvh_vq_clock_begin(vq);
		err = mvh_vq_map(vq);
		if (!err)
			mvh_vq_serve(vq);
		else
			mvh_vq_not_mapped(vq, err);
		mvh_vq_clock_end(vq);
	}
	mutex_unlock(&vq->mutex);
}
