// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk's part of a run: requests are fetched from the ring and parsed, and those
 * that the engine has executed are answered.
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

static u8 mvh_blk_status(long result)
{
	if (!result)
		return VIRTIO_BLK_S_OK;
	return result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP :
				       VIRTIO_BLK_S_IOERR;
}

/* What the guest may count as written (B4, B15, B32). */
static u32 mvh_blk_used_len(const struct mvh_blk_req *req, u8 status)
{
	if (status != VIRTIO_BLK_S_OK)
		return 1;
	if (req->io.cmd.op == MVH_BLK_READ || req->io.cmd.op == MVH_BLK_GET_ID)
		return req->io.bytes_done + 1;
	return 1;
}

static struct mvh_blk_req *mvh_blk_get_slot(struct mvh_blk_queue *queue,
					    const struct mvh_chain *chain)
{
	const struct iovec *last = &chain->iov[chain->n_out + chain->n_in - 1];
	struct mvh_blk_req *req = mvh_blk_req(mvh_io_get(&queue->port));

	req->io.disk = queue->disk;
	req->io.dsync = !queue->can_flush || !READ_ONCE(queue->disk->wce);
	req->id = chain->id;
	req->ndesc = chain->ndesc;
	req->status = last->iov_base + last->iov_len - 1;
	return req;
}

/*
 * mvh_blk_answer() - write the status byte
 *
 * Context: see mvh_io_front.answer.
 * Return: false if the host cannot now.
 */
bool mvh_blk_answer(struct mvh_io *io)
{
	struct mvh_blk_req *req = mvh_blk_req(io);
	struct mvh_vq *vq = io->port->vq;

	mvh_vq_assert_mm(vq);
	if (put_user(req->answer, req->status))
		return false;
	io->told = true;
	mvh_vq_complete_late(vq, req->id, req->ndesc,
			     mvh_blk_used_len(req, req->answer));
	return true;
}

/* Complete a request with a status, unless the queue has stopped. */
static void mvh_blk_complete_status(struct mvh_blk_req *req, u8 status)
{
	struct mvh_vq *vq = req->io.port->vq;

	req->answer = status;
	if (vq->state == MVH_VQ_RUNNING) {
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		if (!mvh_blk_answer(&req->io)) {
			mvh_io_answer_later(&req->io);
			return;
		}
	}
	mvh_io_put(&req->io);
}

/*
 * mvh_blk_complete() - answer a request that was executed, with @io->result
 *
 * A cancelled one vanishes.
 *
 * Context: see mvh_io_front.complete.
 */
void mvh_blk_complete(struct mvh_io *io)
{
	struct mvh_blk_req *req = mvh_blk_req(io);
	struct mvh_vq *vq = io->port->vq;
	u8 status = mvh_blk_status(req->io.result);

	if (req->io.result == -ECANCELED && mvh_io_port_cancelled(req->io.port)) {
		mvh_io_put(&req->io);
		return;
	}
	if (status == VIRTIO_BLK_S_UNSUPP)
		mvh_vq_count(vq, MYVHOST_CNT_UNSUPPORTED, 1);
	else if (status != VIRTIO_BLK_S_OK)
		mvh_vq_count(vq, MYVHOST_CNT_IO_ERRORS, 1);
	mvh_blk_complete_status(req, status);
}

/* Complete a request that is not executed. */
static void mvh_blk_complete_invalid(struct mvh_blk_req *req, u8 status)
{
	mvh_vq_count(req->io.port->vq, status == VIRTIO_BLK_S_UNSUPP ?
		     MYVHOST_CNT_UNSUPPORTED : MYVHOST_CNT_INVALID, 1);
	mvh_blk_complete_status(req, status);
}

static void mvh_blk_get_id(struct mvh_blk_req *req,
			   const struct mvh_chain *chain)
{
	size_t n = min_t(u64, req->io.cmd.len, MYVHOST_BLK_SERIAL_LEN);
	struct iov_iter iter;

	mvh_vq_assert_mm(req->io.port->vq);
	iov_iter_init(&iter, ITER_DEST, chain->iov + chain->n_out, chain->n_in,
		      n);
	req->io.bytes_done = copy_to_iter(req->io.disk->serial, n, &iter);
	req->io.result = req->io.bytes_done == n ? 0 : -EFAULT;
	mvh_blk_complete(&req->io);
}

/* The host failed, not the guest. */
static u8 mvh_blk_parse_failed(struct mvh_blk_req *req, int err)
{
	req->io.result = err;
	return mvh_blk_status(err);
}

/* Read and check the list of ranges.  Returns as mvh_blk_parse_chain(). */
static u8 mvh_blk_read_ranges(struct mvh_blk_req *req,
			      const struct mvh_chain *chain)
{
	struct virtio_blk_discard_write_zeroes raw[MVH_BLK_RANGES_MAX];
	const struct mvh_blk_queue *queue = mvh_blk_queue(req->io.port);
	unsigned int n = req->io.cmd.len / sizeof(*raw), i;
	struct iov_iter iter;
	u8 status = VIRTIO_BLK_S_OK;

	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out,
		      chain->out_len);
	iov_iter_advance(&iter, sizeof(struct virtio_blk_outhdr));
	if (copy_from_iter(raw, req->io.cmd.len, &iter) != req->io.cmd.len)
		return mvh_blk_parse_failed(req, -EFAULT);
	req->io.ranges = kmalloc_array(n, sizeof(*req->io.ranges),
				       GFP_KERNEL_ACCOUNT);
	if (!req->io.ranges)
		return mvh_blk_parse_failed(req, -ENOMEM);
	req->io.n_ranges = n;
	for (i = 0; i < n && status == VIRTIO_BLK_S_OK; i++)
		status = mvh_blk_parse_range(&queue->limits, req->io.cmd.op,
					     &raw[i], &req->io.ranges[i]);
	return status;
}

/* The header, which nearly always is in one piece. */
static int mvh_blk_read_header(const struct mvh_chain *chain,
			       struct virtio_blk_outhdr *hdr)
{
	const struct virtio_blk_outhdr __user *from = chain->iov->iov_base;
	struct iov_iter iter;

	if (likely(chain->iov->iov_len >= sizeof(*hdr))) {
		if (!user_read_access_begin(from, sizeof(*from)))
			return -EFAULT;
		unsafe_get_user(hdr->type, &from->type, fault);
		unsafe_get_user(hdr->sector, &from->sector, fault);
		user_read_access_end();
		return 0;
fault:
		user_read_access_end();
		return -EFAULT;
	}
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, chain->out_len);
	return copy_from_iter(hdr, sizeof(*hdr), &iter) == sizeof(*hdr) ? 0 : -EFAULT;
}

/*
 * Read and check a request.  Returns VIRTIO_BLK_S_OK if it is to be executed, else
 * its status, with @req->io.result set if that is not the guest's doing.
 */
static u8 mvh_blk_parse_chain(struct mvh_blk_req *req,
			      const struct mvh_chain *chain)
{
	const struct mvh_blk_queue *queue = mvh_blk_queue(req->io.port);
	struct virtio_blk_outhdr hdr;
	u8 status;
	int err;

	mvh_vq_assert_mm(req->io.port->vq);
	err = mvh_blk_read_header(chain, &hdr);
	if (err)
		return mvh_blk_parse_failed(req, err);
	status = mvh_blk_parse(&queue->limits, &hdr, chain->out_len,
			       chain->in_len, &req->io.cmd);
	if (status != VIRTIO_BLK_S_OK)
		return status;
	switch (req->io.cmd.op) {
	case MVH_BLK_READ:
		err = mvh_io_set_iov(&req->io, chain->iov + chain->n_out,
				     chain->n_in, 0);
		break;
	case MVH_BLK_WRITE:
		err = mvh_io_set_iov(&req->io, chain->iov, chain->n_out,
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
	u64 n = 1, bytes = req->io.cmd.len;
	unsigned int i;

	if (req->io.ranges) {
		n = req->io.n_ranges;
		for (i = 0; i < n && req->io.cmd.op != MVH_BLK_DISCARD; i++)
			bytes += req->io.ranges[i].len;
	}
	mvh_rates_use(&queue->disk->rates, queue->port.now, n, bytes);
}

/* Returns 0, or -EBADMSG if the queue has stopped. */
static int mvh_blk_execute(struct mvh_blk_queue *queue,
			   const struct mvh_chain *chain)
{
	struct mvh_vq *vq = queue->port.vq;
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
	if (req->io.result) {
		mvh_vq_charge(vq, req->io.cmd.len);
		mvh_blk_complete(&req->io);
	} else if (status != VIRTIO_BLK_S_OK) {
		mvh_vq_charge(vq, req->io.cmd.len);
		mvh_blk_complete_invalid(req, status);
	} else if (req->io.cmd.op == MVH_BLK_GET_ID) {
		mvh_vq_charge(vq, req->io.cmd.len);
		mvh_blk_get_id(req, chain);
	} else {
		mvh_io_submit(&req->io);
	}
	return vq->state == MVH_VQ_RUNNING ? 0 : -EBADMSG;
}

/* Is the rate limit reached?  Then a timer schedules the queue. */
static bool mvh_blk_throttled(struct mvh_blk_queue *queue)
{
	u64 wait;

	if (likely(!mvh_rates_limited(&queue->disk->rates)))
		return false;
	queue->port.now = ktime_get_ns();
	wait = mvh_rates_wait(&queue->disk->rates, queue->port.now);
	if (!wait)
		return false;
	mvh_vq_count(queue->port.vq, MYVHOST_CNT_THROTTLED, 1);
	mod_timer(&queue->port.timer, jiffies + nsecs_to_jiffies(wait) + 1);
	return true;
}

/* How many requests may be taken now; 0 if something else schedules the queue. */
static unsigned int mvh_blk_room(struct mvh_blk_queue *queue)
{
	unsigned int room = mvh_io_port_room(&queue->port);

	if (!room || mvh_blk_throttled(queue))
		return 0;
	/* The limit is checked before each request. */
	return min_t(u32, room,
		     mvh_rates_limited(&queue->disk->rates) ? 1 : MVH_BATCH);
}

static void mvh_blk_fetch_all(struct mvh_blk_queue *queue)
{
	struct mvh_vq *vq = queue->port.vq;
	unsigned int room;

	while ((room = mvh_blk_room(queue)) && mvh_vq_next(vq, room) > 0)
		while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq))
			if (mvh_blk_execute(queue, mvh_vq_chain(vq, 0)))
				return;
}

/*
 * mvh_blk_idle() - the ring is empty
 *
 * Context: see mvh_backend_ops.idle.
 */
void mvh_blk_idle(struct mvh_vq *vq)
{
	struct mvh_blk_queue *queue = vq->port;

	mvh_io_port_idle(&queue->port);
}

/*
 * mvh_blk_pending() - has a request completed?
 *
 * Context: see mvh_backend_ops.pending.
 * Return: true if so.
 */
bool mvh_blk_pending(struct mvh_vq *vq)
{
	const struct mvh_blk_queue *queue = vq->port;

	mvh_vq_assert_held(vq);
	return mvh_io_port_has_completed(&queue->port);
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

	mvh_io_port_begin(&queue->port);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_blk_fetch_all(queue);
	mvh_io_port_end(&queue->port);
	revert_creds(old);
}
