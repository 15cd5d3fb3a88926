// SPDX-License-Identifier: GPL-2.0
/*
 * Request queues: their life, around that of the engine's ports.
 */
#include <linux/slab.h>
#include "core/backend.h"
#include "blk/disk.h"
#include "lun.h"
#include "queue.h"

static void mvh_scsi_queue_orphan(struct mvh_io_port *port)
{
	atomic_inc(&mvh_scsi_queue(port)->scsi->n_orphans);
}

static void mvh_scsi_queue_free(struct mvh_io_port *port)
{
	struct mvh_scsi_queue *queue = mvh_scsi_queue(port);

	if (port->orphan)
		atomic_dec(&queue->scsi->n_orphans);
	mvh_scsi_put(queue->scsi);
	kfree(queue);
}

static void mvh_scsi_req_release(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	struct mvh_lun *lun = req->lun;

	if (req->where != req->inline_where)
		kfree(req->where);
	req->where = req->inline_where;
	kvfree(req->buf);
	req->buf = NULL;
	if (!lun)
		return;
	WRITE_ONCE(req->lun, NULL);
	/* A task management function may wait for it. */
	if (atomic_dec_and_test(&lun->n_inflight[req->epoch]) &&
	    req->epoch != READ_ONCE(lun->epoch) && !io->port->orphan)
		mvh_vq_schedule(io->port->vq->dev->vq + MVH_SCSI_CONTROL);
	mvh_lun_put(lun);
}

static struct mvh_io_front mvh_scsi_front = {
	.complete	= mvh_scsi_complete,
	.answer		= mvh_scsi_answer_io,
	.orphan		= mvh_scsi_queue_orphan,
	.release	= mvh_scsi_req_release,
	.free		= mvh_scsi_queue_free,
	.n_ports	= ATOMIC_INIT(0),
	.no_ports	= __WAIT_QUEUE_HEAD_INITIALIZER(mvh_scsi_front.no_ports),
};

/*
 * mvh_scsi_queue_create() - make the port of a request queue
 * @scsi: the target, of which the port keeps a reference
 *
 * Context: Process context, may sleep.
 * Return: the port, or ERR_PTR(-ENOMEM).
 */
void *mvh_scsi_queue_create(struct mvh_vq *vq, struct mvh_scsi *scsi)
{
	struct mvh_scsi_queue *queue;
	int err;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	err = mvh_io_port_init(&queue->port, &mvh_scsi_front, vq, &scsi->hangs,
			       sizeof(struct mvh_scsi_req));
	if (err) {
		kfree(queue);
		return ERR_PTR(err);
	}
	refcount_inc(&scsi->refs);
	queue->scsi = scsi;
	return queue;
}

/*
 * mvh_scsi_queue_has() - is a command in flight?
 *
 * Without the queue's mutex: what begins or ends meanwhile may be seen or not.
 *
 * Return: true if it is.
 */
bool mvh_scsi_queue_has(const struct mvh_scsi_queue *queue, unsigned int lun, u64 tag)
{
	unsigned int i;
	bool has = false;

	/* A reference may be the last one that a request drops meanwhile. */
	rcu_read_lock();
	for (i = 0; i < queue->port.n_slots && !has; i++) {
		const struct mvh_scsi_req *req = queue->port.slots + i * sizeof(*req);
		const struct mvh_lun *of = READ_ONCE(req->lun);

		has = of && of->number == lun && READ_ONCE(req->tag) == tag;
	}
	rcu_read_unlock();
	return has;
}

/*
 * mvh_scsi_queue_exit() - wait until the last port is freed
 */
void mvh_scsi_queue_exit(void)
{
	mvh_io_front_exit(&mvh_scsi_front);
}
