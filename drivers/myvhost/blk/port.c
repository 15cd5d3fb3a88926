// SPDX-License-Identifier: GPL-2.0
/*
 * The port of a disk's queue: its life, and what waits for requests in flight.  A
 * completion may come in any context; it only puts the request on a list and has
 * the queue run.
 */
#include <linux/cred.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "core/backend.h"
#include "disk.h"
#include "queue.h"

/* Ports that exist; the module stays as long as there are any. */
static atomic_t mvh_blk_n_queues = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(mvh_blk_no_queues);
/* Frees orphans. */
static struct workqueue_struct *mvh_blk_reaper;

/* How long the queues of a disk wait together for a backing that does not answer. */
#define MVH_BLK_STOP_SECS	5

static void mvh_blk_queue_free(struct mvh_blk_queue *queue)
{
	unsigned int i;

	for (i = 0; i < queue->n_reqs; i++) {
		struct mvh_blk_req *req = &queue->reqs[i];

		mvh_blk_io_release(req);
		if (req->iov != req->inline_iov)
			kvfree(req->iov);
	}
	if (queue->orphan)
		atomic_dec(&queue->disk->n_orphans);
	mvh_disk_put(queue->disk);
	kvfree(queue->reqs);
	kvfree(queue->free);
	kfree(queue);
	if (atomic_dec_and_test(&mvh_blk_n_queues))
		wake_up(&mvh_blk_no_queues);
}

static void mvh_blk_queue_free_work(struct work_struct *work)
{
	struct mvh_blk_queue *queue = container_of(work, struct mvh_blk_queue,
						   free_work);

	/* The last completion may still hold it. */
	spin_lock_irq(&queue->lock);
	spin_unlock_irq(&queue->lock);
	mvh_blk_queue_free(queue);
}

/*
 * mvh_blk_queue_inc_inflight() - a piece of I/O is about to be submitted
 *
 * mvh_blk_queue_complete() is the opposite.
 */
void mvh_blk_queue_inc_inflight(struct mvh_blk_queue *queue)
{
	spin_lock_irq(&queue->lock);
	queue->n_inflight++;
	spin_unlock_irq(&queue->lock);
}

/*
 * mvh_blk_queue_dec_inflight() - no completion follows: the piece is done or was refused
 */
void mvh_blk_queue_dec_inflight(struct mvh_blk_queue *queue)
{
	spin_lock_irq(&queue->lock);
	queue->n_inflight--;
	spin_unlock_irq(&queue->lock);
}

/*
 * mvh_blk_queue_cancelled() - is what has not begun to be left undone?
 *
 * Context: Any.
 * Return: true if so.
 */
bool mvh_blk_queue_cancelled(const struct mvh_blk_queue *queue)
{
	return READ_ONCE(queue->cancelled);
}

/**
 * mvh_blk_queue_complete - a piece of I/O has completed
 * @req: its request, with @req->result
 *
 * The queue's next run continues with the request.
 *
 * Context: Any.
 */
void mvh_blk_queue_complete(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	llist_add(&req->node, &queue->completed);
	if (unlikely(READ_ONCE(queue->disk->hangs)))
		WRITE_ONCE(queue->disk->hangs, false);
	if (queue->listening)
		mvh_vq_schedule(queue->vq);
	if (!--queue->n_inflight) {
		wake_up(&queue->idle);
		if (queue->orphan)
			queue_work(mvh_blk_reaper, &queue->free_work);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

static void mvh_blk_queue_throttle(struct timer_list *timer)
{
	struct mvh_blk_queue *queue = container_of(timer, struct mvh_blk_queue,
						   throttle);

	mvh_vq_schedule(queue->vq);
}

static int mvh_blk_queue_alloc(struct mvh_blk_queue *queue, unsigned int n)
{
	unsigned int i;

	queue->reqs = kvcalloc(n, sizeof(*queue->reqs), GFP_KERNEL_ACCOUNT);
	queue->free = kvmalloc_array(n, sizeof(*queue->free),
				     GFP_KERNEL_ACCOUNT);
	if (!queue->reqs || !queue->free)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		queue->reqs[i].queue = queue;
		mvh_blk_io_init(&queue->reqs[i]);
		queue->free[i] = &queue->reqs[n - 1 - i];
	}
	queue->n_reqs = n;
	queue->n_free = n;
	return 0;
}

/*
 * mvh_blk_queue_create() - make the port of a disk's queue
 * @disk: the disk, of which the port keeps a reference
 *
 * It has a slot for each descriptor of the ring, up to MVH_BLK_REQS_MAX.
 *
 * Context: Process context, may sleep.
 * Return: the port, or ERR_PTR(-ENOMEM).
 */
struct mvh_blk_queue *mvh_blk_queue_create(struct mvh_vq *vq,
					   struct mvh_disk *disk)
{
	struct mvh_blk_queue *queue;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&queue->lock);
	init_llist_head(&queue->completed);
	init_waitqueue_head(&queue->idle);
	INIT_WORK(&queue->free_work, mvh_blk_queue_free_work);
	timer_setup(&queue->throttle, mvh_blk_queue_throttle, 0);
	refcount_inc(&disk->refs);
	queue->disk = disk;
	queue->vq = vq;
	atomic_inc(&mvh_blk_n_queues);
	if (mvh_blk_queue_alloc(queue, min_t(u32, mvh_vq_num(vq),
					     MVH_BLK_REQS_MAX))) {
		mvh_blk_queue_free(queue);
		return ERR_PTR(-ENOMEM);
	}
	return queue;
}

/*
 * mvh_blk_queue_destroy() - free the port of a disk's queue
 * @port: its port, stopped
 *
 * With requests in flight it becomes an orphan, which its last completion frees.  Until
 * then the disk has no other user.
 *
 * Context: Process context.
 */
void mvh_blk_queue_destroy(struct mvh_vq *vq, void *port)
{
	struct mvh_blk_queue *queue = port;
	bool busy;

	spin_lock_irq(&queue->lock);
	busy = queue->n_inflight;
	queue->orphan = busy;
	if (busy)
		atomic_inc(&queue->disk->n_orphans);
	spin_unlock_irq(&queue->lock);
	if (!busy)
		mvh_blk_queue_free(queue);
}

/*
 * mvh_blk_queue_start() - let completions schedule the queue
 *
 * Context: see mvh_backend_ops.start.
 * Return: 0.
 */
int mvh_blk_queue_start(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;
	struct mvh_disk *disk = queue->disk;

	mvh_vq_assert_held(vq);
	queue->limits = (struct mvh_blk_limits) {
		.block = disk->block,
		.readonly = disk->readonly,
		.features = vq->dev->features[0],
	};
	queue->can_flush = mvh_vq_has_feature(vq, VIRTIO_BLK_F_FLUSH) ||
			   mvh_vq_has_feature(vq, VIRTIO_BLK_F_CONFIG_WCE);
	spin_lock_irq(&queue->lock);
	queue->listening = true;
	spin_unlock_irq(&queue->lock);
	return 0;
}

/*
 * mvh_blk_queue_has_completed() - is there anything for mvh_blk_reap() to process?
 *
 * Return: true if so.
 */
bool mvh_blk_queue_has_completed(const struct mvh_blk_queue *queue)
{
	return queue->to_reap || !llist_empty(&queue->completed);
}

static bool mvh_blk_queue_idle(struct mvh_blk_queue *queue)
{
	bool idle;

	spin_lock_irq(&queue->lock);
	idle = !queue->n_inflight;
	spin_unlock_irq(&queue->lock);
	return idle;
}

/* Wait until nothing is in flight, and complete it.  Returns 0 or -EINTR. */
static int mvh_blk_queue_drain(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;
	const struct cred *old = override_creds(queue->disk->cred);
	int err;

	queue->draining = true;
	mvh_blk_fail_kept(queue);
	do {
		err = wait_event_killable(queue->idle,
					  mvh_blk_queue_idle(queue));
		if (err)
			break;
		mvh_vq_refill(vq);
		mvh_blk_answer(queue);
		mvh_blk_reap(queue);
	} while (!mvh_blk_queue_idle(queue) ||
		 mvh_blk_queue_has_completed(queue));
	queue->draining = false;
	revert_creds(old);
	return err ? -EINTR : 0;
}

/*
 * mvh_blk_queue_quiesce() - wait until nothing is in flight, and complete it
 *
 * A status byte that cannot be written by then stops the queue: once guest memory
 * has changed, its address may be anything of the owner's.
 *
 * Context: see mvh_backend_ops.quiesce.
 * Return: 0, or -EINTR if the caller was killed.
 */
int mvh_blk_queue_quiesce(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;
	int err;

	mvh_vq_assert_held(vq);
	err = mvh_blk_queue_drain(vq);
	if (err || !queue->unanswered)
		return err;
	if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_bad(vq, MVH_BAD_ADDRESS);
	mvh_blk_drop_unanswered(queue);
	return 0;
}

static void mvh_blk_queue_wait_idle(struct mvh_blk_queue *queue)
{
	bool *hangs = &queue->disk->hangs;
	long left = READ_ONCE(*hangs) ? 0 : MVH_BLK_STOP_SECS * HZ;

	if (!wait_event_timeout(queue->idle, mvh_blk_queue_idle(queue), left))
		WRITE_ONCE(*hangs, true);
}

/*
 * mvh_blk_queue_cancel() - leave undone what has not begun
 *
 * What has begun ends with its piece, or its part of a range.  The port is of no other
 * use afterwards than to be stopped.
 *
 * Context: see mvh_backend_ops.cancel.
 */
void mvh_blk_queue_cancel(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;
	unsigned int i;

	mvh_vq_assert_held(vq);
	WRITE_ONCE(queue->cancelled, true);
	for (i = 0; i < queue->n_reqs; i++)
		if (mvh_blk_io_cancel(&queue->reqs[i]))
			mvh_blk_queue_complete(&queue->reqs[i]);
}

/*
 * mvh_blk_queue_stop() - stop listening to completions
 *
 * Waits until nothing is in flight, and completes it.  A caller that was killed, or
 * that does not see the owner's memory, cancels and waits, so that no write of this
 * user arrives after one of the next.  Requests that the backing does not answer in
 * time stay in flight; mvh_blk_queue_destroy() deals with them.
 *
 * Context: see mvh_backend_ops.stop.
 */
void mvh_blk_queue_stop(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	mvh_vq_assert_held(vq);
	timer_delete_sync(&queue->throttle);
	if (!mvh_vq_reachable(vq) || mvh_blk_queue_drain(vq)) {
		mvh_blk_queue_cancel(vq);
		mvh_blk_queue_wait_idle(queue);
	}
	mvh_blk_drop_kept(queue);
	mvh_blk_drop_unanswered(queue);
	spin_lock_irq(&queue->lock);
	queue->listening = false;
	spin_unlock_irq(&queue->lock);
}

/**
 * mvh_blk_queue_init - prepare for the first port
 *
 * Return: 0, or -ENOMEM.
 */
int mvh_blk_queue_init(void)
{
	mvh_blk_reaper = alloc_workqueue("myvhost-reaper", WQ_UNBOUND, 0);
	return mvh_blk_reaper ? 0 : -ENOMEM;
}

/**
 * mvh_blk_queue_exit - wait until the last port is freed
 */
void mvh_blk_queue_exit(void)
{
	wait_event(mvh_blk_no_queues, !atomic_read(&mvh_blk_n_queues));
	/* The last completion may have some way to go, and be preempted there. */
	synchronize_rcu_tasks();
	destroy_workqueue(mvh_blk_reaper);
}
