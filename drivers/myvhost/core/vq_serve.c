// SPDX-License-Identifier: GPL-2.0
/*
 * One run of a queue: the loop around a back end's service, and what a service
 * may call.
 */
#include <linux/export.h>
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
 * @vq: the queue
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
	vq->n_staged = 0;
	mvh_vq_flush(vq);
	mvh_vq_count(vq, what, 1);
	trace_mvh_bad(vq, what);
	mvh_vq_break(vq);
	return -EBADMSG;
}
EXPORT_SYMBOL_GPL(mvh_vq_bad);

/**
 * mvh_vq_drop - count a packet that will not arrive
 * @vq: the queue
 * @why: one of MYVHOST_CNT_DROP_*
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_drop(struct mvh_vq *vq, enum myvhost_counter why)
{
	lockdep_assert_held(&vq->mutex);
	mvh_vq_count(vq, why, 1);
	trace_mvh_drop(vq, why);
}
EXPORT_SYMBOL_GPL(mvh_vq_drop);

static void mvh_vq_wait_translation(struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_MISSES, 1);
	trace_mvh_miss(vq, vq->view.miss);
	mvh_vq_report_miss(vq);
}

/**
 * mvh_vq_charge - use up budget
 * @vq: the queue
 * @bytes: what a packet weighs, moved or dropped
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_charge(struct mvh_vq *vq, u64 bytes)
{
	lockdep_assert_held(&vq->mutex);
	vq->left_packets--;
	vq->left_bytes -= bytes;
}
EXPORT_SYMBOL_GPL(mvh_vq_charge);

/**
 * mvh_vq_spent - is this run's budget used up?
 * @vq: the queue
 *
 * If it is, the queue is requeued behind the other work of its worker.
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: true if it is, and the service must return.
 */
bool mvh_vq_spent(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	cond_resched();
	if (likely(!mvh_vq_over(vq)))
		return false;
	mvh_vq_count(vq, MYVHOST_CNT_BUDGET, 1);
	mvh_vq_schedule(vq);
	return true;
}
EXPORT_SYMBOL_GPL(mvh_vq_spent);

/**
 * mvh_vq_fetch - take the next chain
 * @vq: the queue
 * @chain: the chain, with @chain->iov and @chain->max set
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: 1; 0 if there is none, the guest being told nothing yet; -EAGAIN if
 * a translation is missing, the queue being run again when it arrives;
 * -EBADMSG if the queue has stopped.  On an error the service must rewind to
 * where what it staged begins, and return.
 */
int mvh_vq_fetch(struct mvh_vq *vq, struct mvh_chain *chain)
{
	int ret = mvh_chain_fetch(&vq->ring, &vq->view, chain);

	lockdep_assert_held(&vq->mutex);
	vq->left_descs -= chain->n_read;
	if (likely(ret >= 0))
		return ret;
	if (ret == -EAGAIN) {
		/* The owner may never answer: a later kick tries again. */
		vq->n_staged = 0;
		mvh_vq_flush(vq);
		mvh_ring_request_kick(&vq->ring);
		mvh_vq_wait_translation(vq);
	} else {
		mvh_vq_bad(vq, vq->ring.bad);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(mvh_vq_fetch);

/**
 * mvh_vq_stage - put a chain behind those that will be given back together
 * @vq: the queue
 * @chain: the chain
 * @len: bytes written into it, all that it has room for
 *
 * There is room for MVH_IOV_MAX.  mvh_vq_commit() or mvh_vq_rewind() decides.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_stage(struct mvh_vq *vq, const struct mvh_chain *chain, u32 len)
{
	lockdep_assert_held(&vq->mutex);
	vq->done[vq->n_done + vq->n_staged++] = (struct mvh_done) {
		.id = chain->id,
		.ndesc = chain->ndesc,
		.len = len,
	};
}
EXPORT_SYMBOL_GPL(mvh_vq_stage);

/**
 * mvh_vq_commit - the staged chains, at least one, are finished
 * @vq: the queue
 * @last_len: bytes written into the last one
 *
 * The guest sees them after mvh_vq_flush(), which is done here once there are
 * MVH_DONE_BATCH, and all of them at once.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_commit(struct mvh_vq *vq, u32 last_len)
{
	lockdep_assert_held(&vq->mutex);
	vq->n_done += vq->n_staged;
	vq->n_staged = 0;
	vq->done[vq->n_done - 1].len = last_len;
	if (vq->n_done >= MVH_DONE_BATCH)
		mvh_vq_flush(vq);
}
EXPORT_SYMBOL_GPL(mvh_vq_commit);

/**
 * mvh_vq_finish - a chain is finished, in whatever order
 * @vq: the queue, without VIRTIO_F_IN_ORDER
 * @id: the chain's id
 * @ndesc: ring descriptors it takes
 * @len: bytes written into it
 *
 * Context: Process context, with the queue's mutex and the ring mapped.
 */
void mvh_vq_finish(struct mvh_vq *vq, u16 id, u16 ndesc, u32 len)
{
	lockdep_assert_held(&vq->mutex);
	vq->done[vq->n_done++] = (struct mvh_done) {
		.id = id,
		.ndesc = ndesc,
		.len = len,
	};
	if (vq->n_done >= MVH_DONE_BATCH)
		mvh_vq_flush(vq);
}
EXPORT_SYMBOL_GPL(mvh_vq_finish);

/**
 * mvh_vq_flush - give finished chains back and interrupt the guest if it wants
 * @vq: the queue
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_flush(struct mvh_vq *vq)
{
	unsigned int n = vq->n_done;

	lockdep_assert_held(&vq->mutex);
	if (!n)
		return;
	vq->n_done = 0;
	mvh_ring_push(&vq->ring, vq->done, n);
	if (vq->call && mvh_ring_should_call(&vq->ring)) {
		mvh_vq_count(vq, MYVHOST_CNT_CALLS, 1);
		trace_mvh_call(vq, n);
		mvh_eventfd_signal(vq->call);
	} else {
		mvh_vq_count(vq, MYVHOST_CNT_CALLS_SUPPRESSED, 1);
	}
}
EXPORT_SYMBOL_GPL(mvh_vq_flush);

static bool mvh_vq_has_new(struct mvh_vq *vq)
{
	return mvh_ring_has_new(&vq->ring);
}

/**
 * mvh_vq_rearm - the ring is empty: have the guest kick, unless there is more
 * @vq: the queue, whose last mvh_vq_fetch() returned 0
 *
 * Gives back what is finished and polls before that.
 *
 * Context: Process context of the worker, with the queue's mutex.
 * Return: true if there is more to fetch, false if the service must return.
 */
bool mvh_vq_rearm(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	mvh_vq_flush(vq);
	/* A guest can say for ever that there is more, and take it back. */
	mvh_vq_charge(vq, 0);
	if (mvh_vq_poll(vq, mvh_vq_has_new))
		return true;
	if (!mvh_ring_enable_kick(&vq->ring))
		return false;
	mvh_ring_disable_kick(&vq->ring);
	return true;
}
EXPORT_SYMBOL_GPL(mvh_vq_rearm);

static void mvh_vq_serve(struct mvh_vq *vq)
{
	u64 packets = vq->cnt[MYVHOST_CNT_PACKETS];

	mvh_vq_count(vq, MYVHOST_CNT_RUNS, 1);
	mvh_vq_adapt(vq);
	trace_mvh_run_begin(vq, vq->ring.state.avail);
	mvh_vq_refill(vq);
	mvh_ring_disable_kick(&vq->ring);
	vq->dev->backend->service(vq);
	mvh_vq_flush(vq);
	if (vq->window.max_us && !mvh_vq_over(vq))
		vq->window.slept_at = ktime_get_ns();
	trace_mvh_run_end(vq, vq->cnt[MYVHOST_CNT_PACKETS] - packets);
}

static void mvh_vq_map_failed(struct mvh_vq *vq, int err)
{
	switch (err) {
	case -EAGAIN:
		mvh_vq_wait_translation(vq);
		break;
	case -ENOMEM:
		/* Nobody's fault, but there is no ring to go on with. */
		mvh_vq_break(vq);
		break;
	case -EPERM:
		mvh_vq_bad(vq, MVH_BAD_ACCESS);
		break;
	default:
		mvh_vq_bad(vq, MVH_BAD_ADDRESS);
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
		err = mvh_vq_map(vq);
		if (!err)
			mvh_vq_serve(vq);
		else
			mvh_vq_map_failed(vq, err);
	}
	mutex_unlock(&vq->mutex);
}
