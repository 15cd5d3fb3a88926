// SPDX-License-Identifier: GPL-2.0
/*
 * One queue: its states, its ring memory, and the loop around a back end's
 * service.  Knows no ioctl.
 */
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_config.h>
#include "compat/mvh_compat.h"
#include "backend.h"
#include "frontend.h"
#include "vq.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* A run ends when one of them is used up; others on the same worker get their turn. */
#define MVH_RUN_PACKETS		256
#define MVH_RUN_BYTES		(512 * 1024)
#define MVH_RUN_DESCS		65536

static_assert(MYVHOST_CNT_BAD_LENGTH - MYVHOST_CNT_BAD_INDEX ==
	      MVH_BAD_LENGTH - MVH_BAD_INDEX);

/**
 * mvh_vq_queue - have the worker serve a queue
 * @vq: the queue, in any state
 *
 * Context: Any, with interrupts on or off.
 */
void mvh_vq_queue(struct mvh_vq *vq)
{
	struct mvh_worker *worker;

	rcu_read_lock();
	worker = rcu_dereference(vq->worker);
	if (worker)
		mvh_worker_queue(worker, &vq->work);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(mvh_vq_queue);

/**
 * mvh_vq_set_worker - let another worker serve a queue
 * @vq: the queue
 * @worker: the worker
 *
 * When it returns, the old worker neither runs the queue nor is going to.
 *
 * Context: Process context with the device's mutex, not the queue's.
 */
void mvh_vq_set_worker(struct mvh_vq *vq, struct mvh_worker *worker)
{
	struct mvh_worker *old = rcu_dereference_protected(vq->worker, true);

	if (old == worker)
		return;
	rcu_assign_pointer(vq->worker, worker);
	if (!old)
		return;
	synchronize_rcu();
	mvh_worker_flush(old);
}

static void mvh_vq_set_state(struct mvh_vq *vq, enum mvh_vq_state state)
{
	lockdep_assert_held(&vq->mutex);
	WRITE_ONCE(vq->state, state);
	trace_mvh_state(vq, state);
}

static void mvh_vq_break(struct mvh_vq *vq)
{
	mvh_vq_set_state(vq, MVH_VQ_BROKEN);
	vq->shared->frontend->error(vq);
}

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

/**
 * mvh_vq_set_features - take over the device's features
 * @vq: the queue
 *
 * Also to be called when its logging changes.
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_set_features(struct mvh_vq *vq)
{
	struct mvh_ring *ring = &vq->ring;

	lockdep_assert_held(&vq->mutex);
	ring->packed = mvh_vq_has_feature(vq, VIRTIO_F_RING_PACKED);
	ring->event_idx = mvh_vq_has_feature(vq, VIRTIO_RING_F_EVENT_IDX);
	ring->in_order = mvh_vq_has_feature(vq, VIRTIO_F_IN_ORDER);
	ring->notify_on_empty =
		mvh_vq_has_feature(vq, VIRTIO_F_NOTIFY_ON_EMPTY);
	ring->le = mvh_vq_has_feature(vq, VIRTIO_F_VERSION_1) ||
		   virtio_legacy_is_little_endian();
	ring->wrote = vq->log_used && mvh_vq_logging(vq) ? mvh_vq_wrote : NULL;
	mvh_view_set(&vq->view, vq->shared->iotlb ?: vq->shared->table);
}

/**
 * mvh_vq_part_size - bytes of one area of the ring
 * @vq: the queue
 * @part: which
 *
 * Return: the size.
 */
u64 mvh_vq_part_size(const struct mvh_vq *vq, enum mvh_part part)
{
	return mvh_ring_part_size(vq->ring.packed, vq->ring.event_idx,
				  vq->ring.num, part);
}

/**
 * mvh_vq_ring_ok - may the rings be there?
 * @vq: the queue
 * @addr: owner's addresses of the parts
 *
 * With an IOMMU it turns out when they are mapped.
 *
 * Context: With the device's mutex.
 * Return: true if they may.
 */
bool mvh_vq_ring_ok(const struct mvh_vq *vq, const u64 *addr)
{
	enum mvh_part part;

	if (vq->shared->iotlb)
		return true;
	for (part = 0; part < MVH_PART_MAX; part++)
		if (!access_ok((void __user *)(uintptr_t)addr[part],
			       mvh_vq_part_size(vq, part)))
			return false;
	return true;
}

/**
 * mvh_vq_unmap - let go of the ring memory
 * @vq: the queue, mapped or not
 *
 * The next run maps it again, from wherever it is by then.
 *
 * Context: Process context, with the queue's mutex.
 */
void mvh_vq_unmap(struct mvh_vq *vq)
{
	enum mvh_part part;

	lockdep_assert_held(&vq->mutex);
	vq->mapped = false;
	for (part = 0; part < MVH_PART_MAX; part++) {
		mvh_area_unmap(&vq->area[part]);
		vq->ring.part[part] = NULL;
	}
}

/* What a device does with each part. */
static u8 mvh_vq_part_access(const struct mvh_vq *vq, enum mvh_part part)
{
	if (part == MVH_PART_USED)
		return MVH_ACCESS_WRITE;
	if (part == MVH_PART_DESC && vq->ring.packed)
		return MVH_ACCESS_READ | MVH_ACCESS_WRITE;
	return MVH_ACCESS_READ;
}

static int mvh_vq_map_part(struct mvh_vq *vq, enum mvh_part part)
{
	u64 size = mvh_vq_part_size(vq, part);
	u8 access = mvh_vq_part_access(vq, part);
	int n = 1, err;

	if (vq->shared->iotlb) {
		n = mvh_view_translate(&vq->view, vq->addr[part], size, access,
				       vq->iov, MVH_IOV_MAX);
		if (n < 0)
			return n;
	} else {
		vq->iov[0].iov_base = (void __user *)(uintptr_t)vq->addr[part];
		vq->iov[0].iov_len = size;
	}
	err = mvh_area_map(&vq->area[part], vq->iov, n,
			   access & MVH_ACCESS_WRITE);
	if (!err)
		vq->ring.part[part] = vq->area[part].addr;
	return err;
}

/* Returns 0, -EAGAIN if a translation is missing, or another error. */
static int mvh_vq_map(struct mvh_vq *vq)
{
	enum mvh_part part;

	if (vq->mapped)
		return 0;
	for (part = 0; part < MVH_PART_MAX; part++) {
		int err = mvh_vq_map_part(vq, part);

		if (err) {
			mvh_vq_unmap(vq);
			return err;
		}
	}
	vq->mapped = true;
	if (!vq->started) {
		vq->started = true;
		mvh_ring_start(&vq->ring);
	}
	return 0;
}

/**
 * mvh_vq_remap - map the ring anew, because the memory behind it changed
 * @vq: the queue in any state
 *
 * With an IOMMU the next run does it.  A queue that fails stops, and its owner
 * is told by the error eventfd, as for any error that vhost_net would find later.
 *
 * Context: Process context of the owner, with the queue's mutex.
 */
void mvh_vq_remap(struct mvh_vq *vq)
{
	mvh_vq_unmap(vq);
	if (vq->state == MVH_VQ_RUNNING && !vq->shared->iotlb &&
	    mvh_vq_map(vq))
		mvh_vq_break(vq);
}

/**
 * mvh_vq_start - begin to serve a queue
 * @vq: the queue, OFF, with @vq->port set
 *
 * The first run follows without a kick: the guest may have kicked before.
 *
 * Context: Process context of the owner, with the queue's mutex.
 * Return: 0; -EINVAL if the position is not in the ring or the port reports an
 * error; -EFAULT if the ring is not in memory that can be pinned; -ENOMEM.
 */
int mvh_vq_start(struct mvh_vq *vq)
{
	int err;

	lockdep_assert_held(&vq->mutex);
	if (!mvh_ring_state_ok(&vq->ring))
		return -EINVAL;
	vq->started = false;
	if (!vq->shared->iotlb) {
		if (!vq->placed)
			return -EFAULT;
		err = mvh_vq_map(vq);
		if (err)
			return err;
	}
	err = vq->shared->backend->start(vq);
	if (err) {
		mvh_vq_unmap(vq);
		return err;
	}
	mvh_vq_set_state(vq, MVH_VQ_RUNNING);
	mvh_vq_queue(vq);
	return 0;
}

/**
 * mvh_vq_stop - stop serving a queue
 * @vq: the queue in any state
 *
 * When it returns, nothing touches the ring or interrupts the guest.  Cannot
 * fail.
 *
 * Context: Process context, with the queue's mutex.
 */
void mvh_vq_stop(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	if (vq->state == MVH_VQ_OFF)
		return;
	vq->shared->backend->stop(vq);
	mvh_vq_set_state(vq, MVH_VQ_OFF);
	mvh_vq_unmap(vq);
}

static void mvh_vq_wait_translation(struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_MISSES, 1);
	trace_mvh_miss(vq, vq->view.miss);
	vq->shared->frontend->miss(vq);
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

static bool mvh_vq_over(const struct mvh_vq *vq)
{
	return vq->left_packets <= 0 || vq->left_bytes <= 0 ||
	       vq->left_descs <= 0;
}

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
	mvh_vq_queue(vq);
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
		.full = true,
	};
}
EXPORT_SYMBOL_GPL(mvh_vq_stage);

/**
 * mvh_vq_commit - the staged chains, at least one, are finished
 * @vq: the queue
 * @full: the last one was written completely, or has nothing to write to
 * @last_len: bytes written into the last one
 *
 * The guest sees them after mvh_vq_flush(), which is done here once there are
 * MVH_DONE_BATCH, and all of them at once.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_commit(struct mvh_vq *vq, bool full, u32 last_len)
{
	struct mvh_done *last;

	lockdep_assert_held(&vq->mutex);
	vq->n_done += vq->n_staged;
	vq->n_staged = 0;
	last = &vq->done[vq->n_done - 1];
	last->full = full;
	last->len = last_len;
	if (vq->n_done >= MVH_DONE_BATCH)
		mvh_vq_flush(vq);
}
EXPORT_SYMBOL_GPL(mvh_vq_commit);

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
	vq->left_packets = MVH_RUN_PACKETS;
	vq->left_bytes = MVH_RUN_BYTES;
	vq->left_descs = MVH_RUN_DESCS;
	mvh_ring_disable_kick(&vq->ring);
	vq->shared->backend->service(vq);
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

static void mvh_vq_run(struct mvh_work *work)
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

static void mvh_vq_kicked(struct mvh_event *event)
{
	mvh_vq_queue(container_of(event, struct mvh_vq, kick_event));
}

/**
 * mvh_vq_counter - read a counter
 * @vq: the queue, locked or not
 * @what: which
 *
 * Return: its value.
 */
u64 mvh_vq_counter(struct mvh_vq *vq, enum myvhost_counter what)
{
	if (what == MYVHOST_CNT_KICKS)
		return READ_ONCE(vq->kick_event.n);
	return READ_ONCE(vq->cnt[what]);
}

/**
 * mvh_vq_init - prepare a queue for mvh_vq_reset()
 * @vq: zeroed memory
 * @shared: what it shares with the others
 * @index: which one it is
 */
void mvh_vq_init(struct mvh_vq *vq, struct mvh_shared *shared, u32 index)
{
	mutex_init(&vq->mutex);
	vq->shared = shared;
	vq->index = index;
	mvh_work_init(&vq->work, mvh_vq_run);
	mvh_event_init(&vq->kick_event, EPOLLIN, mvh_vq_kicked);
	mvh_ring_reset(&vq->ring);
}

/**
 * mvh_vq_alloc - give a queue the memory it needs to run
 * @vq: the queue
 *
 * Return: 0, or -ENOMEM with what was there freed by mvh_vq_reset().
 */
int mvh_vq_alloc(struct mvh_vq *vq)
{
	vq->iov = kvmalloc_array(MVH_IOV_ROOM, sizeof(*vq->iov),
				 GFP_KERNEL_ACCOUNT);
	vq->done = kvmalloc_array(MVH_DONE_MAX, sizeof(*vq->done),
				  GFP_KERNEL_ACCOUNT);
	return vq->iov && vq->done ? 0 : -ENOMEM;
}

/**
 * mvh_vq_reset - back to what mvh_vq_init() made
 * @vq: the queue, OFF and without worker
 *
 * Context: Process context, with the device's mutex.
 */
void mvh_vq_reset(struct mvh_vq *vq)
{
	mvh_event_stop(&vq->kick_event);
	if (vq->kick)
		fput(vq->kick);
	if (vq->call)
		eventfd_ctx_put(vq->call);
	if (vq->err)
		eventfd_ctx_put(vq->err);
	kvfree(vq->iov);
	kvfree(vq->done);
	vq->kick = NULL;
	vq->call = NULL;
	vq->err = NULL;
	vq->iov = NULL;
	vq->done = NULL;
	vq->n_done = 0;
	vq->n_staged = 0;
	vq->placed = false;
	vq->log_used = false;
	vq->kick_event.n = 0;
	mvh_ring_reset(&vq->ring);
	mvh_view_set(&vq->view, NULL);
	memset(&vq->window, 0, sizeof(vq->window));
	memset(vq->cnt, 0, sizeof(vq->cnt));
}
