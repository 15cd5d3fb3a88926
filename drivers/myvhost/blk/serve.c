// SPDX-License-Identifier: GPL-2.0
/*
 * The port of a disk's queue: takes requests from the guest, has their I/O done, and
 * gives them back.
 */
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "core/backend.h"
#include "disk.h"
#include "queue.h"

/*
 * The pieces end where the data ends: a status byte behind it would make the last
 * one odd, which some file systems look at.
 */
static void mvh_blk_req_trim_iov(struct mvh_blk_req *req)
{
	u64 left = req->cmd.len;

	for (req->n_iov = 0; left; req->n_iov++) {
		struct iovec *iov = &req->iov[req->n_iov];

		iov->iov_len = min_t(u64, iov->iov_len, left);
		left -= iov->iov_len;
	}
}

/* Guest memory the data is in, behind @skip bytes of @from. */
static int mvh_blk_req_set_iov(struct mvh_blk_req *req,
			       const struct iovec *from, unsigned int n,
			       size_t skip)
{
	struct iovec *iov;

	while (n && skip >= from->iov_len) {
		skip -= from->iov_len;
		from++;
		n--;
	}
	if (n > req->max_iov) {
		iov = kvmalloc_array(n, sizeof(*iov), GFP_KERNEL_ACCOUNT);
		if (!iov)
			return -ENOMEM;
		if (req->iov != req->inline_iov)
			kvfree(req->iov);
		req->iov = iov;
		req->max_iov = n;
	}
	memcpy(req->iov, from, n * sizeof(*from));
	req->iov[0].iov_base += skip;
	req->iov[0].iov_len -= skip;
	mvh_blk_req_trim_iov(req);
	return 0;
}

static u8 mvh_blk_status(long result)
{
	if (!result)
		return VIRTIO_BLK_S_OK;
	return result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP :
				       VIRTIO_BLK_S_IOERR;
}

static void mvh_blk_count_ok(struct mvh_vq *vq, const struct mvh_blk_req *req)
{
	u64 ns = req->queue->now - req->start;

	switch (req->cmd.op) {
	case MVH_BLK_READ:
		mvh_vq_count(vq, MYVHOST_CNT_READS, 1);
		mvh_vq_count(vq, MYVHOST_CNT_READ_BYTES, req->cmd.len);
		mvh_vq_count(vq, MYVHOST_CNT_READ_NS, ns);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, req->cmd.len);
		break;
	case MVH_BLK_WRITE:
		mvh_vq_count(vq, MYVHOST_CNT_WRITES, 1);
		mvh_vq_count(vq, MYVHOST_CNT_WRITE_BYTES, req->cmd.len);
		mvh_vq_count(vq, MYVHOST_CNT_WRITE_NS, ns);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, req->cmd.len);
		break;
	case MVH_BLK_FLUSH:
		mvh_vq_count(vq, MYVHOST_CNT_FLUSHES, 1);
		mvh_vq_count(vq, MYVHOST_CNT_FLUSH_NS, ns);
		break;
	case MVH_BLK_GET_ID:
		break;
	default:
		mvh_vq_count(vq, MYVHOST_CNT_DISCARDS, 1);
		break;
	}
}

/* What the guest may count as written (B4, B15, B32). */
static u32 mvh_blk_used_len(const struct mvh_blk_req *req, u8 status)
{
	if (status != VIRTIO_BLK_S_OK)
		return 1;
	if (req->cmd.op == MVH_BLK_READ || req->cmd.op == MVH_BLK_GET_ID)
		return req->done + 1;
	return 1;
}

static void mvh_blk_recycle(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;

	mvh_blk_io_end(req);
	queue->free[queue->n_free++] = req;
}

/* Give a request back to the guest, if it still can be. */
static void mvh_blk_give(struct mvh_blk_req *req, struct mvh_vq *vq, u8 status)
{
	if (vq->state == MVH_VQ_RUNNING) {
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		/* Without a status byte the guest does not know: stop. */
		if (put_user(status, req->status))
			mvh_vq_bad(vq, MVH_BAD_ADDRESS);
		else
			mvh_vq_complete_late(vq, req->id, req->ndesc,
					     mvh_blk_used_len(req, status));
	}
	mvh_blk_recycle(req);
}

/* A request was carried out, well or badly. */
static void mvh_blk_finish(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	u8 status = mvh_blk_status(req->result);

	if (status == VIRTIO_BLK_S_OK)
		mvh_blk_count_ok(vq, req);
	else if (status == VIRTIO_BLK_S_UNSUPP)
		mvh_vq_count(vq, MYVHOST_CNT_UNSUPPORTED, 1);
	else
		mvh_vq_count(vq, MYVHOST_CNT_IO_ERRORS, 1);
	mvh_blk_give(req, vq, status);
}

/* A request is not carried out. */
static void mvh_blk_refuse(struct mvh_blk_req *req, struct mvh_vq *vq,
			   u8 status)
{
	mvh_vq_count(vq, status == VIRTIO_BLK_S_UNSUPP ?
			 MYVHOST_CNT_UNSUPPORTED : MYVHOST_CNT_INVALID, 1);
	mvh_blk_give(req, vq, status);
}

/* Is the next piece for the next run?  Large requests take turns with the rest. */
static bool mvh_blk_put_off(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	if (!mvh_vq_over(vq))
		return false;
	req->put_off = true;
	llist_add(&req->node, &req->queue->done);
	mvh_vq_schedule(vq);
	return true;
}

/*
 * A piece has ended.  Start others until one completes later, the budget is used
 * up, or the request has ended.
 */
static void mvh_blk_ended(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	while (mvh_blk_io_advance(req, vq))
		if (mvh_blk_put_off(req, vq) || !mvh_blk_io_start(req, vq))
			return;
	mvh_blk_finish(req, vq);
}

static void mvh_blk_run(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	req->put_off = false;
	if (mvh_blk_io_start(req, vq))
		mvh_blk_ended(req, vq);
}

/* To give a request back costs little and needs no budget; a copy or a piece does. */
static bool mvh_blk_must_wait(const struct mvh_blk_req *req,
			      const struct mvh_vq *vq)
{
	return (req->put_off || req->bounce) && mvh_vq_over(vq);
}

/* The next one that has ended, or NULL if it must wait for the next run. */
static struct mvh_blk_req *mvh_blk_next_ended(struct mvh_blk_queue *queue,
					      const struct mvh_vq *vq)
{
	struct mvh_blk_req *req;

	if (!queue->ended)
		queue->ended = llist_reverse_order(llist_del_all(&queue->done));
	if (!queue->ended)
		return NULL;
	req = llist_entry(queue->ended, struct mvh_blk_req, node);
	if (mvh_blk_must_wait(req, vq))
		return NULL;
	queue->ended = queue->ended->next;
	return req;
}

/**
 * mvh_blk_has_ended - is there anything for mvh_blk_reap() to do?
 * @queue: the pool
 *
 * Return: true if so.
 */
bool mvh_blk_has_ended(const struct mvh_blk_queue *queue)
{
	return queue->ended || !llist_empty(&queue->done);
}

/**
 * mvh_blk_reap - go on with what has completed, as far as the budget goes
 * @queue: the pool
 * @vq: its queue, locked
 *
 * Context: Process context with the owner's address space.
 */
void mvh_blk_reap(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	struct mvh_blk_req *req;

	if (!mvh_blk_has_ended(queue))
		return;
	queue->now = ktime_get_ns();
	while ((req = mvh_blk_next_ended(queue, vq))) {
		if (req->put_off)
			mvh_blk_run(req, vq);
		else
			mvh_blk_ended(req, vq);
	}
	if (queue->ended)
		mvh_vq_schedule(vq);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(vq);
}

static void mvh_blk_get_id(struct mvh_blk_req *req, struct mvh_vq *vq,
			   const struct mvh_chain *chain)
{
	size_t n = min_t(u64, req->cmd.len, MYVHOST_BLK_SERIAL_LEN);
	struct iov_iter iter;

	iov_iter_init(&iter, ITER_DEST, chain->iov + chain->n_out, chain->n_in,
		      n);
	req->done = copy_to_iter(req->queue->disk->serial, n, &iter);
	req->result = req->done == n ? 0 : -EFAULT;
	mvh_blk_finish(req, vq);
}

/* Read and check the list of ranges.  Returns the request's status. */
static u8 mvh_blk_read_ranges(struct mvh_blk_req *req,
			      const struct mvh_chain *chain)
{
	struct virtio_blk_discard_write_zeroes raw[MVH_BLK_RANGES_MAX];
	unsigned int n = req->cmd.len / sizeof(*raw), i;
	struct iov_iter iter;
	u8 status = VIRTIO_BLK_S_OK;

	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out,
		      chain->out_len);
	iov_iter_advance(&iter, sizeof(struct virtio_blk_outhdr));
	if (copy_from_iter(raw, req->cmd.len, &iter) != req->cmd.len)
		return VIRTIO_BLK_S_IOERR;
	req->ranges = kmalloc_array(n, sizeof(*req->ranges),
				    GFP_KERNEL_ACCOUNT);
	if (!req->ranges)
		return VIRTIO_BLK_S_IOERR;
	req->n_ranges = n;
	for (i = 0; i < n && status == VIRTIO_BLK_S_OK; i++)
		status = mvh_blk_parse_range(&req->queue->limits, req->cmd.op,
					     &raw[i], &req->ranges[i]);
	return status;
}

/* Collect what the request needs.  Returns its status if it cannot be. */
static u8 mvh_blk_prepare(struct mvh_blk_req *req,
			  const struct mvh_chain *chain)
{
	int err = 0;

	switch (req->cmd.op) {
	case MVH_BLK_READ:
		err = mvh_blk_req_set_iov(req, chain->iov + chain->n_out,
					  chain->n_in, 0);
		break;
	case MVH_BLK_WRITE:
		err = mvh_blk_req_set_iov(req, chain->iov, chain->n_out,
					  sizeof(struct virtio_blk_outhdr));
		break;
	case MVH_BLK_FLUSH:
	case MVH_BLK_GET_ID:
		break;
	default:
		return mvh_blk_read_ranges(req, chain);
	}
	return err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static struct mvh_blk_req *mvh_blk_take(struct mvh_blk_queue *queue,
					const struct mvh_chain *chain)
{
	const struct iovec *last = &chain->iov[chain->n_out + chain->n_in - 1];
	struct mvh_blk_req *req = queue->free[--queue->n_free];

	req->id = chain->id;
	req->ndesc = chain->ndesc;
	req->status = last->iov_base + last->iov_len - 1;
	req->start = queue->now;
	req->done = 0;
	req->result = 0;
	req->blocks = false;
	req->dsync = !queue->can_flush || !READ_ONCE(queue->disk->wce);
	queue->limits.sectors = READ_ONCE(queue->disk->sectors);
	return req;
}

static u8 mvh_blk_parse_chain(struct mvh_blk_req *req,
			      const struct mvh_chain *chain)
{
	struct virtio_blk_outhdr hdr;
	struct iov_iter iter;

	memset(&req->cmd, 0, sizeof(req->cmd));
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out,
		      chain->out_len);
	if (copy_from_iter(&hdr, sizeof(hdr), &iter) != sizeof(hdr))
		return VIRTIO_BLK_S_IOERR;
	return mvh_blk_parse(&req->queue->limits, &hdr, chain->out_len,
			     chain->in_len, &req->cmd);
}

/* Returns 0, or -EBADMSG if the queue has stopped. */
static int mvh_blk_accept(struct mvh_blk_queue *queue, struct mvh_vq *vq,
			  const struct mvh_chain *chain)
{
	struct mvh_blk_req *req;
	u8 status;

	if (chain->out_len < sizeof(struct virtio_blk_outhdr) || !chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	mvh_vq_take(vq);
	req = mvh_blk_take(queue, chain);
	status = mvh_blk_parse_chain(req, chain);
	if (status == VIRTIO_BLK_S_OK)
		status = mvh_blk_prepare(req, chain);
	if (queue->disk->limited)
		mvh_disk_use(queue->disk, queue->now, req->cmd.len);
	if (status != VIRTIO_BLK_S_OK || req->cmd.op == MVH_BLK_GET_ID)
		mvh_vq_charge(vq, req->cmd.len);
	if (status != VIRTIO_BLK_S_OK)
		mvh_blk_refuse(req, vq, status);
	else if (req->cmd.op == MVH_BLK_GET_ID)
		mvh_blk_get_id(req, vq, chain);
	else
		mvh_blk_run(req, vq);
	return vq->state == MVH_VQ_RUNNING ? 0 : -EBADMSG;
}

/* Does the rate limit hold the queue back?  It runs again when it may. */
static bool mvh_blk_throttled(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	u64 wait;

	if (likely(!queue->disk->limited))
		return false;
	queue->now = ktime_get_ns();
	wait = mvh_disk_wait(queue->disk, queue->now);
	if (!wait)
		return false;
	mvh_vq_count(vq, MYVHOST_CNT_THROTTLED, 1);
	mod_timer(&queue->throttle, jiffies + nsecs_to_jiffies(wait) + 1);
	return true;
}

/* How many requests may be taken now; 0 if a completion or the timer runs the queue. */
static unsigned int mvh_blk_room(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	if (mvh_blk_throttled(queue, vq))
		return 0;
	/* The limit is looked at before each request. */
	return min_t(u32, queue->n_free, queue->disk->limited ? 1 : MVH_BATCH);
}

static void mvh_blk_fetch_all(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	unsigned int room;

	while ((room = mvh_blk_room(queue, vq)) && mvh_vq_next(vq, room) > 0)
		while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq))
			if (mvh_blk_accept(queue, vq, mvh_vq_chain(vq, 0)))
				return;
}

/**
 * mvh_blk_queue_empty - the ring is empty: submit what was collected
 * @queue: the port
 * @vq: the queue, locked
 *
 * A fast backing has completed by then: the queue must not sleep over it.
 */
void mvh_blk_queue_empty(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	blk_finish_plug(&queue->plug);
	mvh_blk_reap(queue, vq);
	queue->now = ktime_get_ns();
	blk_start_plug(&queue->plug);
}

/**
 * mvh_blk_queue_service - serve a disk's queue
 * @queue: its pool
 * @vq: the queue, locked
 *
 * With the rights of whoever gave the disk its backing.
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_blk_queue_service(struct mvh_blk_queue *queue, struct mvh_vq *vq)
{
	const struct cred *old = override_creds(queue->disk->cred);

	mvh_blk_reap(queue, vq);
	queue->now = ktime_get_ns();
	blk_start_plug(&queue->plug);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_blk_fetch_all(queue, vq);
	blk_finish_plug(&queue->plug);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_blk_reap(queue, vq);
	revert_creds(old);
}
