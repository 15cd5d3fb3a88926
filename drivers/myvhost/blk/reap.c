// SPDX-License-Identifier: GPL-2.0
/*
 * The engine's part of a run: slots, requests that are submitted, those that have
 * completed, and those that failed and wait for another try.
 */
#include <linux/blkdev.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "core/backend.h"
#include "disk.h"
#include "engine.h"

/* How long a request waits for space before it is tried again. */
#define MVH_IO_RETRY_SECS	2

/**
 * mvh_io_get - take a slot for a request
 * @port: the port, with room
 *
 * Context: With the queue's mutex.
 * Return: the slot, of which the front sets @disk, @cmd, @dsync and the data or ranges.
 */
struct mvh_io *mvh_io_get(struct mvh_io_port *port)
{
	struct mvh_io *io = port->free[--port->n_free];

	mvh_vq_assert_held(port->vq);
	memset(&io->cmd, 0, sizeof(io->cmd));
	io->start = port->now;
	io->bytes_done = 0;
	io->result = 0;
	io->told = false;
	io->punt = false;
	return io;
}
EXPORT_SYMBOL_GPL(mvh_io_get);

/**
 * mvh_io_put - the request is done with, or is not executed
 * @io: the slot; @io->told if the driver knows the result
 *
 * Context: With the queue's mutex.
 */
void mvh_io_put(struct mvh_io *io)
{
	struct mvh_io_port *port = io->port;

	mvh_vq_assert_held(port->vq);
	mvh_io_release(io);
	port->free[port->n_free++] = io;
}
EXPORT_SYMBOL_GPL(mvh_io_put);

/**
 * mvh_io_answer_later - the host cannot write the answer to a complete request now
 * @io: the slot
 *
 * Without an answer the driver cannot know the result: mvh_io_front.answer() is called by
 * later runs until it succeeds, and then the slot is put.
 *
 * Context: With the queue's mutex.
 */
void mvh_io_answer_later(struct mvh_io *io)
{
	mvh_vq_assert_held(io->port->vq);
	io->node.next = io->port->unanswered;
	io->port->unanswered = &io->node;
}
EXPORT_SYMBOL_GPL(mvh_io_answer_later);

/*
 * mvh_io_port_answer() - try again to write answers that could not be written
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_io_port_answer(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	while (port->unanswered && port->vq->state == MVH_VQ_RUNNING) {
		struct mvh_io *io = llist_entry(port->unanswered, struct mvh_io, node);

		if (!port->front->answer(io))
			return;
		port->unanswered = port->unanswered->next;
		mvh_io_put(io);
	}
}

/*
 * mvh_io_port_drop_unanswered() - free the slots of requests whose answer was not written
 *
 * Context: With the queue's mutex; the queue is about to stop, or broken.
 */
void mvh_io_port_drop_unanswered(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	while (port->unanswered) {
		struct mvh_io *io = llist_entry(port->unanswered, struct mvh_io, node);

		port->unanswered = port->unanswered->next;
		mvh_io_put(io);
	}
}

/**
 * mvh_io_set_iov - the guest memory of a request's data
 * @io: the request, with @io->cmd.len
 * @from: pieces of guest memory, of at least @skip and so many bytes
 * @n: how many
 * @skip: bytes before the data
 *
 * It ends where the data ends: with a status byte behind it the length would be odd, and
 * some file systems check that even beyond the piece that is submitted.
 *
 * Context: With the queue's mutex, may sleep.
 * Return: 0, or -ENOMEM.
 */
int mvh_io_set_iov(struct mvh_io *io, const struct iovec *from, unsigned int n,
		   size_t skip)
{
	u64 left = io->cmd.len;
	struct iovec *iov;

	mvh_vq_assert_held(io->port->vq);
	while (n && skip >= from->iov_len) {
		skip -= from->iov_len;
		from++;
		n--;
	}
	if (n > io->max_iov) {
		iov = kvmalloc_array(n, sizeof(*iov), GFP_KERNEL_ACCOUNT);
		if (!iov)
			return -ENOMEM;
		if (io->iov != io->inline_iov)
			kvfree(io->iov);
		io->iov = iov;
		io->max_iov = n;
	}
	io->align = 0;
	for (iov = io->iov; left; iov++, from++) {
		iov->iov_base = from->iov_base + skip;
		iov->iov_len = min_t(u64, from->iov_len - skip, left);
		io->align |= (unsigned long)iov->iov_base | iov->iov_len;
		left -= iov->iov_len;
		skip = 0;
	}
	io->n_iov = iov - io->iov;
	return 0;
}
EXPORT_SYMBOL_GPL(mvh_io_set_iov);

/* MYVHOST_BLK_RESUME since it was submitted, or time for another try. */
static bool mvh_io_may_retry(const struct mvh_io *io)
{
	if (io->resumes != atomic_read(&io->disk->resumes))
		return true;
	return mvh_disk_is_full(io->result) &&
	       time_after_eq(jiffies, io->port->retry_at);
}

/*
 * Let a failed request wait, and the queue with it, if the disk's user wants that.
 * After a failed flush the data may be gone: another one that succeeds would hide it.
 */
static bool mvh_io_keep(struct mvh_io *io)
{
	struct mvh_io_port *port = io->port;

	if (!mvh_disk_keeps(io->disk, io->result) || port->draining ||
	    io->cmd.op == MVH_BLK_FLUSH || port->vq->state != MVH_VQ_RUNNING)
		return false;
	if (mvh_disk_is_full(io->result)) {
		port->retry_at = jiffies + MVH_IO_RETRY_SECS * HZ;
		mod_timer(&port->timer, port->retry_at);
	}
	io->node.next = port->kept;
	port->kept = &io->node;
	mvh_disk_keep(io->disk, io->result);
	/* Resumed while it was in flight: nobody does that again for it. */
	if (mvh_io_may_retry(io))
		mvh_vq_schedule(port->vq);
	return true;
}

static struct mvh_io *mvh_io_get_kept(struct mvh_io_port *port)
{
	struct mvh_io *io = llist_entry(port->kept, struct mvh_io, node);

	port->kept = port->kept->next;
	atomic_dec(&io->disk->n_kept);
	return io;
}

/* Have the requests that wait executed again, if it is time. */
static void mvh_io_port_retry(struct mvh_io_port *port)
{
	struct llist_node *node = port->kept;

	port->kept = NULL;
	while (node) {
		struct mvh_io *io = llist_entry(node, struct mvh_io, node);

		node = node->next;
		if (!mvh_io_may_retry(io)) {
			io->node.next = port->kept;
			port->kept = &io->node;
			/* A rate limit may have moved the timer. */
			if (mvh_disk_is_full(io->result))
				mod_timer(&port->timer, port->retry_at);
			continue;
		}
		atomic_dec(&io->disk->n_kept);
		io->result = 0;
		io->deferred = true;
		llist_add(&io->node, &port->completed);
	}
}

/*
 * mvh_io_port_fail_kept() - complete the requests that wait, with their errors
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_io_port_fail_kept(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	if (!port->kept)
		return;
	while (port->kept)
		port->front->complete(mvh_io_get_kept(port));
	if (port->vq->state != MVH_VQ_RUNNING)
		return;
	mvh_vq_flush(port->vq);
	/* Meanwhile others were left in the ring, which no completion follows. */
	mvh_vq_schedule(port->vq);
}

/*
 * mvh_io_port_drop_kept() - free the slots of requests that wait
 *
 * Context: With the queue's mutex; the queue is about to stop.
 */
void mvh_io_port_drop_kept(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	while (port->kept)
		mvh_io_put(mvh_io_get_kept(port));
}

static void mvh_io_count(const struct mvh_io *io)
{
	u64 ns = io->port->now - io->start;
	struct mvh_vq *vq = io->port->vq;

	switch (io->cmd.op) {
	case MVH_BLK_READ:
		mvh_vq_count(vq, MYVHOST_CNT_READS, 1);
		mvh_vq_count(vq, MYVHOST_CNT_READ_BYTES, io->cmd.len);
		mvh_vq_count(vq, MYVHOST_CNT_READ_NS, ns);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, io->cmd.len);
		break;
	case MVH_BLK_WRITE:
		mvh_vq_count(vq, MYVHOST_CNT_WRITES, 1);
		mvh_vq_count(vq, MYVHOST_CNT_WRITE_BYTES, io->cmd.len);
		mvh_vq_count(vq, MYVHOST_CNT_WRITE_NS, ns);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, io->cmd.len);
		break;
	case MVH_BLK_FLUSH:
		mvh_vq_count(vq, MYVHOST_CNT_FLUSHES, 1);
		mvh_vq_count(vq, MYVHOST_CNT_FLUSH_NS, ns);
		break;
	case MVH_BLK_CALL:
		break;
	default:
		mvh_vq_count(vq, MYVHOST_CNT_DISCARDS, 1);
		break;
	}
}

/*
 * A piece has completed.  Returns true if the next one is to be submitted now.
 * Otherwise the request is complete, or deferred to the next run, so that large
 * requests take turns with the rest.
 */
static bool mvh_io_next_piece(struct mvh_io *io)
{
	struct mvh_io_port *port = io->port;

	if (!mvh_io_piece_complete(io)) {
		if (unlikely(io->result < 0) && mvh_io_keep(io))
			return false;
		if (likely(!io->result))
			mvh_io_count(io);
		port->front->complete(io);
		return false;
	}
	if (!mvh_vq_over(port->vq))
		return true;
	io->deferred = true;
	llist_add(&io->node, &port->completed);
	mvh_vq_schedule(port->vq);
	return false;
}

/**
 * mvh_io_submit - execute a request
 * @io: the request, of an operation other than MVH_BLK_GET_ID
 *
 * Its pieces are submitted until one of them completes later, or none is to be submitted
 * now.  mvh_io_front.complete() follows, perhaps before this returns.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_io_submit(struct mvh_io *io)
{
	mvh_vq_assert_held(io->port->vq);
	io->deferred = false;
	io->resumes = atomic_read(&io->disk->resumes);
	while (mvh_io_piece_submit(io) && mvh_io_next_piece(io))
		;
}
EXPORT_SYMBOL_GPL(mvh_io_submit);

/*
 * mvh_io_port_reap() - process completed and deferred pieces, as far as the budget allows
 *
 * What the budget does not allow is left to the next run, which is scheduled.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 */
void mvh_io_port_reap(struct mvh_io_port *port)
{
	struct mvh_vq *vq = port->vq;

	mvh_vq_assert_held(vq);
	if (!mvh_io_port_has_completed(port))
		return;
	port->now = ktime_get_ns();
	for (;;) {
		struct llist_node *newest;
		struct mvh_io *io;

		if (!port->to_reap) {
			newest = llist_del_all(&port->completed);
			port->to_reap = llist_reverse_order(newest);
		}
		if (!port->to_reap)
			break;
		io = llist_entry(port->to_reap, struct mvh_io, node);
		/* A completion alone is cheap; a copy or a submission needs budget. */
		if ((io->deferred || io->bounce) && mvh_vq_over(vq)) {
			mvh_vq_schedule(vq);
			break;
		}
		port->to_reap = port->to_reap->next;
		if (io->deferred || mvh_io_next_piece(io))
			mvh_io_submit(io);
	}
	if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(vq);
}

/**
 * mvh_io_port_room - how many requests may be taken now
 * @port: the port
 *
 * Return: 0 if something else schedules the queue.
 */
unsigned int mvh_io_port_room(const struct mvh_io_port *port)
{
	return unlikely(port->kept) ? 0 : port->n_free;
}
EXPORT_SYMBOL_GPL(mvh_io_port_room);

/**
 * mvh_io_port_begin - the first part of a run: what has completed since the last one
 * @port: the port
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_io_port_begin(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	WRITE_ONCE(port->looking, true);
	mvh_io_port_answer(port);
	if (unlikely(port->kept))
		mvh_io_port_retry(port);
	mvh_io_port_reap(port);
	port->now = ktime_get_ns();
	blk_start_plug(&port->plug);
}
EXPORT_SYMBOL_GPL(mvh_io_port_begin);

/**
 * mvh_io_port_idle - the ring is empty: submit what the plug collected
 * @port: the port
 *
 * A fast backing may have completed by then; the queue must not sleep over it.
 *
 * Context: see mvh_backend_ops.idle.
 */
void mvh_io_port_idle(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	blk_finish_plug(&port->plug);
	mvh_io_port_reap(port);
	port->now = ktime_get_ns();
	blk_start_plug(&port->plug);
}
EXPORT_SYMBOL_GPL(mvh_io_port_idle);

/**
 * mvh_io_port_end - the last part of a run: submit, and complete what has completed
 * @port: the port
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_io_port_end(struct mvh_io_port *port)
{
	bool full = !port->n_free;

	mvh_vq_assert_held(port->vq);
	blk_finish_plug(&port->plug);
	if (port->vq->state == MVH_VQ_RUNNING)
		mvh_io_port_reap(port);
	WRITE_ONCE(port->looking, false);
	/* Pairs with mvh_io_piece_completed(): one of us sees what the other wrote. */
	smp_mb();
	/* What was left in the ring for want of slots has no completion to wait for. */
	if (mvh_io_port_has_completed(port) || (full && port->n_free))
		mvh_vq_schedule(port->vq);
	if (port->unanswered && port->vq->state == MVH_VQ_RUNNING)
		mvh_vq_map_failed(port->vq);
}
EXPORT_SYMBOL_GPL(mvh_io_port_end);
