// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk's queues: their life, around that of the engine's ports.
 */
#include <linux/slab.h>
#include "core/backend.h"
#include "disk.h"
#include "queue.h"

static void mvh_blk_queue_orphan(struct mvh_io_port *port)
{
	atomic_inc(&mvh_blk_queue(port)->disk->n_orphans);
}

static void mvh_blk_queue_free(struct mvh_io_port *port)
{
	struct mvh_blk_queue *queue = mvh_blk_queue(port);

	if (port->orphan)
		atomic_dec(&queue->disk->n_orphans);
	mvh_disk_put(queue->disk);
	kfree(queue);
}

static struct mvh_io_front mvh_blk_front = {
	.complete	= mvh_blk_complete,
	.answer		= mvh_blk_answer,
	.orphan		= mvh_blk_queue_orphan,
	.free		= mvh_blk_queue_free,
	.n_ports	= ATOMIC_INIT(0),
	.no_ports	= __WAIT_QUEUE_HEAD_INITIALIZER(mvh_blk_front.no_ports),
};

/*
 * mvh_blk_queue_create() - make the port of a disk's queue
 * @disk: the disk, of which the port keeps a reference
 *
 * Context: Process context, may sleep.
 * Return: the port, or ERR_PTR(-ENOMEM).
 */
void *mvh_blk_queue_create(struct mvh_vq *vq, struct mvh_disk *disk)
{
	struct mvh_blk_queue *queue;
	int err;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	err = mvh_io_port_init(&queue->port, &mvh_blk_front, vq, &disk->hangs,
			       sizeof(struct mvh_blk_req));
	if (err) {
		kfree(queue);
		return ERR_PTR(err);
	}
	refcount_inc(&disk->refs);
	queue->disk = disk;
	return queue;
}

/*
 * mvh_blk_queue_destroy() - free the port of a disk's queue
 * @port: its port, stopped
 *
 * While it is an orphan the disk has no other user.
 *
 * Context: Process context.
 */
void mvh_blk_queue_destroy(struct mvh_vq *vq, void *port)
{
	struct mvh_blk_queue *queue = port;

	mvh_io_port_destroy(&queue->port);
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
	mvh_io_port_start(&queue->port);
	return 0;
}

/*
 * mvh_blk_queue_quiesce() - wait until nothing is in flight, and complete it
 *
 * Context: see mvh_backend_ops.quiesce.
 * Return: 0, or -EINTR if the caller was killed.
 */
int mvh_blk_queue_quiesce(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	mvh_vq_assert_held(vq);
	return mvh_io_port_drain(&queue->port);
}

/*
 * mvh_blk_queue_cancel() - leave undone what has not begun
 *
 * Context: see mvh_backend_ops.cancel.
 */
void mvh_blk_queue_cancel(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	mvh_vq_assert_held(vq);
	mvh_io_port_cancel(&queue->port);
}

/*
 * mvh_blk_queue_stop() - stop listening to completions
 *
 * Context: see mvh_backend_ops.stop.
 */
void mvh_blk_queue_stop(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	mvh_vq_assert_held(vq);
	mvh_io_port_stop(&queue->port);
}

/*
 * mvh_blk_queue_exit() - wait until the last port is freed
 */
void mvh_blk_queue_exit(void)
{
	mvh_io_front_exit(&mvh_blk_front);
}
