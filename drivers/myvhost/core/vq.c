// SPDX-License-Identifier: GPL-2.0
/*
 * One queue: its states.  Knows no ioctl.
 */
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_config.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"
#include "frontend.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/*
 * mvh_vq_set_worker() - let another worker serve a queue
 *
 * When it returns, the old worker neither runs the queue nor is going to.
 *
 * Context: Process context with the device's mutex, not the queue's.
 */
void mvh_vq_set_worker(struct mvh_vq *vq, struct mvh_worker *worker)
{
	struct mvh_worker *old = mvh_vq_worker(vq);

	lockdep_assert_held(&vq->dev->mutex);
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
	if (state == MVH_VQ_RUNNING)
		mvh_vq_clock_start(vq);
	else
		mvh_vq_clock_stop(vq);
	mvh_trace(mvh_state, vq, state);
}

/*
 * mvh_vq_break() - stop a queue until its port is detached, and report it
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_break(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	mvh_vq_set_state(vq, MVH_VQ_BROKEN);
	vq->dev->frontend->error(vq);
}

/*
 * mvh_vq_refresh() - take over the device's features
 *
 * Also to be called when its logging changes.
 *
 * Context: With the queue's mutex.
 */
void mvh_vq_refresh(struct mvh_vq *vq)
{
	struct mvh_ring *ring = &vq->ring;

	lockdep_assert_held(&vq->mutex);
	ring->packed = mvh_vq_has_feature(vq, VIRTIO_F_RING_PACKED);
	ring->event_idx = mvh_vq_has_feature(vq, VIRTIO_RING_F_EVENT_IDX);
	ring->notify_on_empty =
		mvh_vq_has_feature(vq, VIRTIO_F_NOTIFY_ON_EMPTY);
	ring->le = mvh_vq_has_feature(vq, VIRTIO_F_VERSION_1) ||
		   virtio_legacy_is_little_endian();
	ring->wrote = vq->log_used && mvh_vq_logging(vq) ? mvh_vq_wrote : NULL;
	mvh_view_set(&vq->view, vq->dev->iotlb ?: vq->dev->table);
}

/*
 * mvh_vq_part_size() - bytes of one area of the ring
 *
 * Return: the size.
 */
u64 mvh_vq_part_size(const struct mvh_vq *vq, enum mvh_part part)
{
	return mvh_ring_part_size(vq->ring.packed, vq->ring.event_idx,
				  vq->ring.num, part);
}

/*
 * mvh_vq_in_user_range() - does a ring lie in the user's half of the address space?
 * @addr: owner's addresses of the parts
 *
 * With an IOMMU the addresses are checked when the ring is mapped.
 *
 * Context: With the device's mutex.
 * Return: true if it does.
 */
bool mvh_vq_in_user_range(const struct mvh_vq *vq, const u64 *addr)
{
	enum mvh_part part;

	lockdep_assert_held(&vq->dev->mutex);
	if (vq->dev->iotlb)
		return true;
	for (part = 0; part < MVH_PART_MAX; part++)
		if (!access_ok((void __user *)(uintptr_t)addr[part],
			       mvh_vq_part_size(vq, part)))
			return false;
	return true;
}

/**
 * mvh_vq_start - begin to serve a queue
 * @vq: the queue, OFF, with @vq->port set
 *
 * The first run follows without a kick: the guest may have kicked before.
 *
 * Context: Process context of the owner, with the queue's mutex.
 * Return: 0; -EINVAL if the position is not in the ring or the port reports an
 * error; -EFAULT if the ring is not in memory; -ENOMEM.  Of memory behind a cache of
 * translations only a run can tell.
 */
int mvh_vq_start(struct mvh_vq *vq)
{
	int err;

	lockdep_assert_held(&vq->mutex);
	mvh_vq_assert_mm(vq);
	if (!mvh_ring_state_ok(&vq->ring))
		return -EINVAL;
	vq->started = false;
	vq->kick_armed = false;
	vq->map_failed = false;
	WRITE_ONCE(vq->n_missed, 0);
	vq->n_late = 0;
	vq->n_done = 0;
	if (!vq->dev->iotlb || !vq->dev->iotlb->cached) {
		if (!vq->placed)
			return -EFAULT;
		err = mvh_vq_map_user(vq);
		if (err == -EBADMSG)
			err = -EFAULT;
		if (err)
			goto unmap;
	}
	err = vq->dev->backend->start(vq);
	if (err)
		goto unmap;
	mvh_vq_set_state(vq, MVH_VQ_RUNNING);
	mvh_vq_schedule(vq);
	return 0;

unmap:
	vq->ring.fault = false;
	mvh_vq_unmap(vq);
	return err;
}

/**
 * mvh_vq_stop - stop serving a queue
 * @vq: the queue in any state
 *
 * When it returns, nothing touches the ring or interrupts the guest.  Cannot
 * fail.  What could not be given back before gets a last chance here.
 *
 * Context: Process context, with the queue's mutex.
 */
void mvh_vq_stop(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	if (vq->state == MVH_VQ_OFF)
		return;
	vq->dev->backend->stop(vq);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(vq);
	vq->n_done = 0;
	vq->ring.fault = false;
	mvh_vq_set_state(vq, MVH_VQ_OFF);
	mvh_vq_unmap(vq);
}

/**
 * mvh_vq_schedule - have the worker serve a queue
 * @vq: the queue, in any state
 *
 * Context: Any, with interrupts on or off.
 */
void mvh_vq_schedule(struct mvh_vq *vq)
{
	struct mvh_worker *worker;

	mvh_trace(mvh_wake, vq, mvh_work_queued(&vq->work));
	rcu_read_lock();
	worker = rcu_dereference(vq->worker);
	if (worker)
		mvh_worker_schedule(worker, &vq->work);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(mvh_vq_schedule);

/**
 * mvh_vq_quiesce - wait until nothing of a queue is in flight
 * @vq: the queue in any state
 *
 * Requests that complete meanwhile are written to guest memory, which only a task in
 * the owner's address space may do.
 *
 * Context: Process context, with the queue's mutex.
 * Return: 0, -EPERM if something may be in flight and the caller is not the owner, or
 * -EINTR if the caller was killed.
 */
int mvh_vq_quiesce(struct mvh_vq *vq)
{
	const struct mvh_backend_ops *backend = vq->dev->backend;

	lockdep_assert_held(&vq->mutex);
	if (vq->state == MVH_VQ_OFF || !backend->quiesce)
		return 0;
	return mvh_vq_reachable(vq) ? backend->quiesce(vq) : -EPERM;
}

static void mvh_vq_kicked(struct mvh_event *event)
{
	struct mvh_vq *vq = container_of(event, struct mvh_vq, kick_event);

	mvh_trace(mvh_kick, vq, event->n);
	mvh_vq_schedule(vq);
}

/*
 * mvh_vq_counter() - read a counter
 * @vq: the queue, locked or not
 *
 * Return: its value.
 */
u64 mvh_vq_counter(struct mvh_vq *vq, enum myvhost_counter what)
{
	if (what == MYVHOST_CNT_KICKS)
		return READ_ONCE(vq->kick_event.n);
	if (what >= MYVHOST_CNT_SERVING_NS && what <= MYVHOST_CNT_IDLE_NS)
		return mvh_vq_time(vq, what);
	return READ_ONCE(vq->cnt[what]);
}

/**
 * mvh_vq_init - prepare a queue for mvh_vq_free()
 * @vq: zeroed memory
 * @dev: what it shares with the others
 * @index: which one it is
 */
void mvh_vq_init(struct mvh_vq *vq, struct mvh_dev *dev, u32 index)
{
	mutex_init(&vq->mutex);
	vq->dev = dev;
	vq->index = index;
	seqcount_init(&vq->clock.seq);
	vq->clock.what = MYVHOST_CNT_MAX;
	vq->nid = NUMA_NO_NODE;
	mvh_work_init(&vq->work, mvh_vq_run);
	mvh_event_init(&vq->kick_event, EPOLLIN, mvh_vq_kicked);
	mvh_ring_reset(&vq->ring);
}

/*
 * mvh_vq_alloc() - give a queue the memory it needs to run
 *
 * Return: 0, or -ENOMEM with what was there freed by mvh_vq_free().
 */
int mvh_vq_alloc(struct mvh_vq *vq)
{
	vq->iov = kvmalloc_array(MVH_IOV_ROOM, sizeof(*vq->iov),
				 GFP_KERNEL_ACCOUNT);
	vq->iov_room = MVH_IOV_ROOM;
	vq->chain = kvmalloc_array(MVH_CHAIN_MAX, sizeof(*vq->chain),
				   GFP_KERNEL_ACCOUNT);
	vq->done = kvmalloc_array(MVH_DONE_MAX, sizeof(*vq->done),
				  GFP_KERNEL_ACCOUNT);
	return vq->iov && vq->chain && vq->done ? 0 : -ENOMEM;
}

/**
 * mvh_vq_free - back to what mvh_vq_init() made
 * @vq: the queue, OFF and without worker
 *
 * Context: Process context, with the device's mutex.
 */
void mvh_vq_free(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->dev->mutex);
	mvh_event_stop(&vq->kick_event);
	if (vq->kick)
		fput(vq->kick);
	if (vq->call)
		eventfd_ctx_put(vq->call);
	if (vq->err)
		eventfd_ctx_put(vq->err);
	kvfree(vq->iov);
	kvfree(vq->chain);
	kvfree(vq->done);
	vq->kick = NULL;
	vq->call = NULL;
	vq->err = NULL;
	vq->iov = NULL;
	vq->chain = NULL;
	vq->done = NULL;
	vq->first = 0;
	vq->n_chain = 0;
	vq->n_done = 0;
	vq->enabled = false;
	vq->placed = false;
	vq->log_used = false;
	vq->kick_event.n = 0;
	vq->nid = NUMA_NO_NODE;
	mvh_ring_reset(&vq->ring);
	mvh_view_set(&vq->view, NULL);
	memset(&vq->window, 0, sizeof(vq->window));
	memset(vq->cnt, 0, sizeof(vq->cnt));
}
