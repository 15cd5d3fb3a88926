// SPDX-License-Identifier: GPL-2.0
/*
 * The port of a disk's queue: a run fetches requests, submits their I/O, and completes
 * what has ended.
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

/* How long a request waits for space before it is tried again. */
#define MVH_BLK_RETRY_SECS	2

/*
 * The guest memory of the data, that is @from without its first @skip bytes.  It ends
 * where the data ends: with the status byte behind it the length would be odd, and
 * some file systems check that even beyond the piece that is submitted.
 */
static int mvh_blk_req_set_iov(struct mvh_blk_req *req,
			       const struct iovec *from, unsigned int n,
			       size_t skip)
{
	u64 left = req->cmd.len;
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
	for (req->n_iov = 0; left; req->n_iov++) {
		iov = &req->iov[req->n_iov];
		iov->iov_len = min_t(u64, iov->iov_len, left);
		left -= iov->iov_len;
	}
	return 0;
}

static u8 mvh_blk_status(long result)
{
	if (!result)
		return VIRTIO_BLK_S_OK;
	return result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP :
				       VIRTIO_BLK_S_IOERR;
}

static void mvh_blk_count_ok(const struct mvh_blk_req *req)
{
	struct mvh_vq *vq = req->queue->vq;
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
		return req->bytes_done + 1;
	return 1;
}

static struct mvh_blk_req *mvh_blk_get_slot(struct mvh_blk_queue *queue,
					    const struct mvh_chain *chain)
{
	const struct iovec *last = &chain->iov[chain->n_out + chain->n_in - 1];
	struct mvh_blk_req *req = queue->free[--queue->n_free];

	memset(&req->cmd, 0, sizeof(req->cmd));
	req->id = chain->id;
	req->ndesc = chain->ndesc;
	req->status = last->iov_base + last->iov_len - 1;
	req->start = queue->now;
	req->bytes_done = 0;
	req->result = 0;
	req->told = false;
	req->punt = false;
	req->dsync = !queue->can_flush || !READ_ONCE(queue->disk->wce);
	return req;
}

static void mvh_blk_put_slot(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;

	mvh_blk_io_release(req);
	queue->free[queue->n_free++] = req;
}

/* Returns false if the host cannot write the status byte now. */
static bool mvh_blk_try_answer(struct mvh_blk_req *req)
{
	struct mvh_vq *vq = req->queue->vq;

	mvh_vq_assert_mm(vq);
	if (put_user(req->answer, req->status))
		return false;
	req->told = true;
	mvh_vq_complete_late(vq, req->id, req->ndesc,
			     mvh_blk_used_len(req, req->answer));
	return true;
}

/*
 * mvh_blk_answer() - try again to complete requests whose status could not be written
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_blk_answer(struct mvh_blk_queue *queue)
{
	mvh_vq_assert_held(queue->vq);
	while (queue->unanswered && queue->vq->state == MVH_VQ_RUNNING) {
		struct mvh_blk_req *req = llist_entry(queue->unanswered,
						      struct mvh_blk_req, node);

		if (!mvh_blk_try_answer(req))
			return;
		queue->unanswered = queue->unanswered->next;
		mvh_blk_put_slot(req);
	}
}

/**
 * mvh_blk_drop_unanswered - free the slots of requests whose status could not be written
 * @queue: the port, about to stop or broken
 *
 * Context: With the queue's mutex.
 */
void mvh_blk_drop_unanswered(struct mvh_blk_queue *queue)
{
	mvh_vq_assert_held(queue->vq);
	while (queue->unanswered) {
		struct mvh_blk_req *req = llist_entry(queue->unanswered,
						      struct mvh_blk_req, node);

		queue->unanswered = queue->unanswered->next;
		mvh_blk_put_slot(req);
	}
}

/*
 * Complete a request with a status, unless the queue has stopped.  Without a status
 * byte the driver cannot know the result: if it cannot be written, a later run tries.
 */
static void mvh_blk_complete_status(struct mvh_blk_req *req, u8 status)
{
	struct mvh_blk_queue *queue = req->queue;

	req->answer = status;
	if (queue->vq->state == MVH_VQ_RUNNING) {
		mvh_vq_count(queue->vq, MYVHOST_CNT_PACKETS, 1);
		if (!mvh_blk_try_answer(req)) {
			req->node.next = queue->unanswered;
			queue->unanswered = &req->node;
			return;
		}
	}
	mvh_blk_put_slot(req);
}

/* Complete a request that was executed, with @req->result; a cancelled one vanishes. */
static void mvh_blk_complete(struct mvh_blk_req *req)
{
	struct mvh_vq *vq = req->queue->vq;
	u8 status = mvh_blk_status(req->result);

	if (req->result == -ECANCELED &&
	    mvh_blk_queue_cancelled(req->queue)) {
		mvh_blk_put_slot(req);
		return;
	}
	if (status == VIRTIO_BLK_S_OK)
		mvh_blk_count_ok(req);
	else if (status == VIRTIO_BLK_S_UNSUPP)
		mvh_vq_count(vq, MYVHOST_CNT_UNSUPPORTED, 1);
	else
		mvh_vq_count(vq, MYVHOST_CNT_IO_ERRORS, 1);
	mvh_blk_complete_status(req, status);
}

/* Complete a request that is not executed. */
static void mvh_blk_complete_invalid(struct mvh_blk_req *req, u8 status)
{
	mvh_vq_count(req->queue->vq, status == VIRTIO_BLK_S_UNSUPP ?
		     MYVHOST_CNT_UNSUPPORTED : MYVHOST_CNT_INVALID, 1);
	mvh_blk_complete_status(req, status);
}

/*
 * Let a failed request wait, and the queue with it, if the disk's user wants that.
 * After a failed flush the data may be gone: another one that succeeds would hide it.
 */
static bool mvh_blk_keep(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;
	struct mvh_disk *disk = queue->disk;

	if (!mvh_disk_keeps(disk, req->result) || queue->draining ||
	    req->cmd.op == MVH_BLK_FLUSH || queue->vq->state != MVH_VQ_RUNNING)
		return false;
	if (!queue->kept) {
		queue->resumes = atomic_read(&disk->resumes);
		queue->retries = false;
	}
	if (mvh_disk_is_full(req->result)) {
		queue->retries = true;
		queue->retry_at = jiffies + MVH_BLK_RETRY_SECS * HZ;
		mod_timer(&queue->throttle, queue->retry_at);
	}
	req->node.next = queue->kept;
	queue->kept = &req->node;
	mvh_disk_keep(disk, req->result);
	return true;
}

static struct mvh_blk_req *mvh_blk_get_kept(struct mvh_blk_queue *queue)
{
	struct mvh_blk_req *req;

	req = llist_entry(queue->kept, struct mvh_blk_req, node);
	queue->kept = queue->kept->next;
	atomic_dec(&queue->disk->n_kept);
	return req;
}

/* Have the requests that wait executed again, if it is time. */
static void mvh_blk_retry(struct mvh_blk_queue *queue)
{
	bool now = queue->resumes != atomic_read(&queue->disk->resumes) ||
		   (queue->retries && time_after_eq(jiffies, queue->retry_at));

	while (now && queue->kept) {
		struct mvh_blk_req *req = mvh_blk_get_kept(queue);

		req->result = 0;
		req->deferred = true;
		llist_add(&req->node, &queue->completed);
	}
}

/*
 * mvh_blk_fail_kept() - complete the requests that wait, with their errors
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_blk_fail_kept(struct mvh_blk_queue *queue)
{
	mvh_vq_assert_held(queue->vq);
	if (!queue->kept)
		return;
	while (queue->kept)
		mvh_blk_complete(mvh_blk_get_kept(queue));
	if (queue->vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(queue->vq);
}

/*
 * mvh_blk_drop_kept() - free the slots of requests that wait
 *
 * Context: With the queue's mutex; the queue is about to stop.
 */
void mvh_blk_drop_kept(struct mvh_blk_queue *queue)
{
	mvh_vq_assert_held(queue->vq);
	while (queue->kept)
		mvh_blk_put_slot(mvh_blk_get_kept(queue));
}

/*
 * A piece has completed.  Returns true if the next one is to be submitted now.
 * Otherwise the request is complete, or deferred to the next run, so that large
 * requests take turns with the rest.
 */
static bool mvh_blk_next_piece(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;

	if (!mvh_blk_io_complete(req)) {
		if (likely(req->result >= 0) || !mvh_blk_keep(req))
			mvh_blk_complete(req);
		return false;
	}
	if (!mvh_vq_over(queue->vq))
		return true;
	req->deferred = true;
	llist_add(&req->node, &queue->completed);
	mvh_vq_schedule(queue->vq);
	return false;
}

/* Submit pieces until one of them completes later, or none is to be submitted now. */
static void mvh_blk_submit(struct mvh_blk_req *req)
{
	req->deferred = false;
	while (mvh_blk_io_submit(req) && mvh_blk_next_piece(req))
		;
}

/*
 * mvh_blk_reap() - process completed and deferred pieces, as far as the budget allows
 *
 * What the budget does not allow is left to the next run, which is scheduled.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_blk_reap(struct mvh_blk_queue *queue)
{
	struct mvh_vq *vq = queue->vq;

	mvh_vq_assert_held(vq);
	if (!mvh_blk_queue_has_completed(queue))
		return;
	queue->now = ktime_get_ns();
	for (;;) {
		struct llist_node *newest;
		struct mvh_blk_req *req;

		if (!queue->to_reap) {
			newest = llist_del_all(&queue->completed);
			queue->to_reap = llist_reverse_order(newest);
		}
		if (!queue->to_reap)
			break;
		req = llist_entry(queue->to_reap, struct mvh_blk_req, node);
		/* A completion alone is cheap; a copy or a submission needs budget. */
		if ((req->deferred || req->bounce) && mvh_vq_over(vq)) {
			mvh_vq_schedule(vq);
			break;
		}
		queue->to_reap = queue->to_reap->next;
		if (req->deferred || mvh_blk_next_piece(req))
			mvh_blk_submit(req);
	}
	if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(vq);
}

static void mvh_blk_get_id(struct mvh_blk_req *req,
			   const struct mvh_chain *chain)
{
	size_t n = min_t(u64, req->cmd.len, MYVHOST_BLK_SERIAL_LEN);
	struct iov_iter iter;

	mvh_vq_assert_mm(req->queue->vq);
	iov_iter_init(&iter, ITER_DEST, chain->iov + chain->n_out, chain->n_in,
		      n);
	req->bytes_done = copy_to_iter(req->queue->disk->serial, n, &iter);
	req->result = req->bytes_done == n ? 0 : -EFAULT;
	mvh_blk_complete(req);
}

/* The host failed, not the guest. */
static u8 mvh_blk_parse_failed(struct mvh_blk_req *req, int err)
{
	req->result = err;
	return mvh_blk_status(err);
}

/* Read and check the list of ranges.  Returns as mvh_blk_parse_chain(). */
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
		return mvh_blk_parse_failed(req, -EFAULT);
	req->ranges = kmalloc_array(n, sizeof(*req->ranges),
				    GFP_KERNEL_ACCOUNT);
	if (!req->ranges)
		return mvh_blk_parse_failed(req, -ENOMEM);
	req->n_ranges = n;
	for (i = 0; i < n && status == VIRTIO_BLK_S_OK; i++)
		status = mvh_blk_parse_range(&req->queue->limits, req->cmd.op,
					     &raw[i], &req->ranges[i]);
	return status;
}

/*
 * Read and check a request.  Returns VIRTIO_BLK_S_OK if it is to be executed, else
 * its status, with @req->result set if that is not the guest's doing.
 */
static u8 mvh_blk_parse_chain(struct mvh_blk_req *req,
			      const struct mvh_chain *chain)
{
	struct virtio_blk_outhdr hdr;
	struct iov_iter iter;
	int err = 0;
	u8 status;

	mvh_vq_assert_mm(req->queue->vq);
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out,
		      chain->out_len);
	if (copy_from_iter(&hdr, sizeof(hdr), &iter) != sizeof(hdr))
		return mvh_blk_parse_failed(req, -EFAULT);
	status = mvh_blk_parse(&req->queue->limits, &hdr, chain->out_len,
			       chain->in_len, &req->cmd);
	if (status != VIRTIO_BLK_S_OK)
		return status;
	switch (req->cmd.op) {
	case MVH_BLK_READ:
		err = mvh_blk_req_set_iov(req, chain->iov + chain->n_out,
					  chain->n_in, 0);
		break;
	case MVH_BLK_WRITE:
		err = mvh_blk_req_set_iov(req, chain->iov, chain->n_out,
					  sizeof(hdr));
		break;
	case MVH_BLK_FLUSH:
	case MVH_BLK_GET_ID:
		break;
	default:
		return mvh_blk_read_ranges(req, chain);
	}
	return err ? mvh_blk_parse_failed(req, err) : VIRTIO_BLK_S_OK;
}

/* Zeroing and erasing are limited as the writing of so much data. */
static void mvh_blk_use_limits(struct mvh_blk_queue *queue,
			       const struct mvh_blk_req *req)
{
	u64 n = 1, bytes = req->cmd.len;
	unsigned int i;

	if (req->ranges) {
		n = req->n_ranges;
		for (i = 0; i < n && req->cmd.op != MVH_BLK_DISCARD; i++)
			bytes += req->ranges[i].len;
	}
	mvh_rates_use(&queue->disk->rates, queue->now, n, bytes);
}

/* Returns 0, or -EBADMSG if the queue has stopped. */
static int mvh_blk_execute(struct mvh_blk_queue *queue,
			   const struct mvh_chain *chain)
{
	struct mvh_vq *vq = queue->vq;
	struct mvh_blk_req *req;
	u8 status;

	if (chain->out_len < sizeof(struct virtio_blk_outhdr) || !chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	mvh_vq_take(vq);
	queue->limits.sectors = READ_ONCE(queue->disk->sectors);
	req = mvh_blk_get_slot(queue, chain);
	status = mvh_blk_parse_chain(req, chain);
	if (mvh_rates_limited(&queue->disk->rates))
		mvh_blk_use_limits(queue, req);
	if (req->result) {
		mvh_vq_charge(vq, req->cmd.len);
		mvh_blk_complete(req);
	} else if (status != VIRTIO_BLK_S_OK) {
		mvh_vq_charge(vq, req->cmd.len);
		mvh_blk_complete_invalid(req, status);
	} else if (req->cmd.op == MVH_BLK_GET_ID) {
		mvh_vq_charge(vq, req->cmd.len);
		mvh_blk_get_id(req, chain);
	} else {
		mvh_blk_submit(req);
	}
	return vq->state == MVH_VQ_RUNNING ? 0 : -EBADMSG;
}

/* Is the rate limit reached?  Then a timer schedules the queue. */
static bool mvh_blk_throttled(struct mvh_blk_queue *queue)
{
	u64 wait;

	if (likely(!mvh_rates_limited(&queue->disk->rates)))
		return false;
	queue->now = ktime_get_ns();
	wait = mvh_rates_wait(&queue->disk->rates, queue->now);
	if (!wait)
		return false;
	mvh_vq_count(queue->vq, MYVHOST_CNT_THROTTLED, 1);
	mod_timer(&queue->throttle, jiffies + nsecs_to_jiffies(wait) + 1);
	return true;
}

/* How many requests may be taken now; 0 if something else schedules the queue. */
static unsigned int mvh_blk_room(struct mvh_blk_queue *queue)
{
	if (unlikely(queue->kept) || mvh_blk_throttled(queue))
		return 0;
	/* The limit is checked before each request. */
	return min_t(u32, queue->n_free,
		     mvh_rates_limited(&queue->disk->rates) ? 1 : MVH_BATCH);
}

static void mvh_blk_fetch_all(struct mvh_blk_queue *queue)
{
	struct mvh_vq *vq = queue->vq;
	unsigned int room;

	while ((room = mvh_blk_room(queue)) && mvh_vq_next(vq, room) > 0)
		while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq))
			if (mvh_blk_execute(queue, mvh_vq_chain(vq, 0)))
				return;
}

/*
 * mvh_blk_idle() - the ring is empty: submit what the plug collected
 *
 * A fast backing may have completed by then; the queue must not sleep over it.
 *
 * Context: see mvh_backend_ops.idle.
 */
void mvh_blk_idle(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	blk_finish_plug(&queue->plug);
	mvh_blk_reap(queue);
	queue->now = ktime_get_ns();
	blk_start_plug(&queue->plug);
}

/*
 * mvh_blk_service() - a run of a disk's queue
 *
 * With the rights of who opened the backing.
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_blk_service(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;
	const struct cred *old = override_creds(queue->disk->cred);

	mvh_blk_answer(queue);
	if (unlikely(queue->kept))
		mvh_blk_retry(queue);
	mvh_blk_reap(queue);
	queue->now = ktime_get_ns();
	blk_start_plug(&queue->plug);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_blk_fetch_all(queue);
	blk_finish_plug(&queue->plug);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_blk_reap(queue);
	if (queue->unanswered && vq->state == MVH_VQ_RUNNING)
		mvh_vq_map_failed(vq);
	revert_creds(old);
}
