// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O of a request, piece by piece.  Three ways for a piece:
 *
 * - directly between the file and guest memory, asynchronous;
 * - through kernel pages (a bounce buffer), where guest memory is not aligned for
 *   direct I/O, asynchronous as well; a write of less than whole units of the
 *   backing by the pool;
 * - through the page cache.
 *
 * The worker asks the file system not to wait.  If it would have to, a thread of the pool
 * does the piece, in guest memory unless it is bounced.  Flushes and other commands that
 * block go to the pool as well.
 */
#include <linux/bvec.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kcov.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "core/backend.h"
#include "bounce.h"
#include "disk.h"
#include "partial.h"
#include "queue.h"

/**
 * enum mvh_blk_io_how - what a piece may wait for
 * @MVH_BLK_IO_ASYNC: it may return -EIOCBQUEUED and complete later, also with -EAGAIN,
 *	and must not wait in a file system that can tell
 * @MVH_BLK_IO_NOWAIT: it completes at once or fails with -EAGAIN or -EOPNOTSUPP
 * @MVH_BLK_IO_WAIT: it may block
 */
enum mvh_blk_io_how {
	MVH_BLK_IO_ASYNC,
	MVH_BLK_IO_NOWAIT,
	MVH_BLK_IO_WAIT,
};

static bool mvh_blk_io_writes(const struct mvh_blk_req *req)
{
	return req->cmd.op == MVH_BLK_WRITE;
}

static bool mvh_blk_io_syncs(const struct mvh_blk_req *req)
{
	return req->dsync && mvh_blk_io_writes(req);
}

/* Guest memory of what is not done yet. */
static void mvh_blk_io_guest(const struct mvh_blk_req *req,
			     struct iov_iter *iter)
{
	iov_iter_init(iter, mvh_blk_io_writes(req) ? ITER_SOURCE : ITER_DEST,
		      req->iov, req->n_iov, req->cmd.len);
	iov_iter_advance(iter, req->bytes_done);
}

/* Cut one piece off, and charge it. */
static void mvh_blk_io_piece(struct mvh_blk_req *req, struct iov_iter *iter)
{
	iov_iter_truncate(iter, MVH_BLK_PIECE_MAX);
	mvh_vq_charge(req->queue->vq, iov_iter_count(iter));
}

/* Is what is not done yet more or less than whole units of the backing? */
static bool mvh_blk_io_partial(const struct mvh_blk_req *req)
{
	u64 pos = req->cmd.pos + req->bytes_done;
	u64 left = req->cmd.len - req->bytes_done;

	return (pos | left) & (req->queue->disk->unit - 1);
}

/* Copy @len bytes between guest memory and the bounce buffer. */
static int mvh_blk_io_copy(struct mvh_blk_req *req, size_t len)
{
	struct iov_iter iter;

	mvh_vq_assert_mm(req->queue->vq);
	mvh_blk_io_guest(req, &iter);
	return mvh_bounce_copy(req->bounce, &iter, len,
			       mvh_blk_io_writes(req));
}

/* The piece will go through kernel pages. */
static int mvh_blk_io_bounce(struct mvh_blk_req *req)
{
	struct mvh_vq *vq = req->queue->vq;

	req->bounce = mvh_bounce_alloc(req->cmd.pos + req->bytes_done,
				       req->cmd.len - req->bytes_done,
				       req->queue->disk->unit);
	if (!req->bounce)
		return -ENOMEM;
	mvh_vq_count(vq, MYVHOST_CNT_BOUNCED, 1);
	mvh_vq_charge(vq, req->bounce->len);
	if (!mvh_blk_io_writes(req))
		return 0;
	return mvh_blk_io_copy(req, req->bounce->want);
}

/* Where the piece begins. */
static u64 mvh_blk_io_pos(const struct mvh_blk_req *req)
{
	u64 pos = req->cmd.pos + req->bytes_done;

	return req->bounce ? pos - req->bounce->skip : pos;
}

/* A write to a file system needs protection from a freeze. */
static bool mvh_blk_io_freezable(const struct mvh_blk_req *req)
{
	return mvh_blk_io_writes(req) && !req->queue->disk->bdev;
}

/* A write of whole units stays off those that are written in part, and they off it. */
static bool mvh_blk_io_held(const struct mvh_blk_req *req)
{
	return mvh_blk_io_writes(req) && mvh_disk_has_parts(req->queue->disk);
}

static void mvh_blk_io_end_write(struct mvh_blk_req *req)
{
	if (mvh_blk_io_freezable(req))
		kiocb_end_write(&req->kiocb);
	if (unlikely(mvh_blk_io_held(req)))
		mvh_hold_release(&req->queue->disk->holds, &req->hold);
}

static void mvh_blk_kiocb_complete(struct kiocb *kiocb, long result)
{
	struct mvh_blk_req *req = container_of(kiocb, struct mvh_blk_req,
					       kiocb);

	mvh_blk_io_end_write(req);
	req->result = result;
	mvh_blk_queue_complete(req);
}

/* Returns false if the file system is frozen and @how is not to wait for the thaw. */
static bool mvh_blk_io_protect(struct mvh_blk_req *req, enum mvh_blk_io_how how)
{
	struct super_block *sb = file_inode(req->queue->disk->file)->i_sb;

	if (how == MVH_BLK_IO_WAIT) {
		kiocb_start_write(&req->kiocb);
		return true;
	}
	if (!sb_start_write_trylock(sb))
		return false;
	/* As kiocb_start_write() does: the completion may be in another task. */
	__sb_writers_release(sb, SB_FREEZE_WRITE);
	return true;
}

/* Returns false if @how is not to wait for others to complete. */
static bool mvh_blk_io_hold(struct mvh_blk_req *req, size_t len,
			    enum mvh_blk_io_how how)
{
	struct mvh_holds *holds = &req->queue->disk->holds;
	u64 pos = mvh_blk_io_pos(req);

	if (how != MVH_BLK_IO_WAIT)
		return mvh_hold_try(holds, &req->hold, pos, pos + len, false);
	mvh_hold_wait(holds, &req->hold, pos, pos + len, false);
	return true;
}

/* Returns false if @how is not to wait for what a write must wait for. */
static bool mvh_blk_io_start_write(struct mvh_blk_req *req, size_t len,
				   enum mvh_blk_io_how how)
{
	if (unlikely(mvh_blk_io_held(req)) && !mvh_blk_io_hold(req, len, how))
		return false;
	if (!mvh_blk_io_freezable(req) || mvh_blk_io_protect(req, how))
		return true;
	if (unlikely(mvh_blk_io_held(req)))
		mvh_hold_release(&req->queue->disk->holds, &req->hold);
	return false;
}

/* Block devices have little to wait for, and refuse large pieces that must not. */
static int mvh_blk_io_flags(const struct mvh_blk_req *req, enum mvh_blk_io_how how)
{
	const struct mvh_disk *disk = req->queue->disk;
	int flags = mvh_blk_io_syncs(req) ? IOCB_DSYNC : 0;

	if (how == MVH_BLK_IO_NOWAIT ||
	    (how == MVH_BLK_IO_ASYNC && !disk->bdev && disk->file->f_mode & FMODE_NOWAIT))
		flags |= IOCB_NOWAIT;
	return flags;
}

/* Returns the file's result; -EAGAIN if it would block and @how is not to wait. */
static long mvh_blk_io_rw(struct mvh_blk_req *req, struct iov_iter *iter,
			  enum mvh_blk_io_how how)
{
	struct file *file = req->queue->disk->file;
	struct kiocb *kiocb = &req->kiocb;
	long ret;

	init_sync_kiocb(kiocb, file);
	kiocb->ki_pos = mvh_blk_io_pos(req);
	if (how == MVH_BLK_IO_ASYNC)
		kiocb->ki_complete = mvh_blk_kiocb_complete;
	kiocb->ki_flags |= mvh_blk_io_flags(req, how);
	if (!mvh_blk_io_writes(req))
		return file->f_op->read_iter(kiocb, iter);
	if (!mvh_blk_io_start_write(req, iov_iter_count(iter), how))
		return -EAGAIN;
	ret = file->f_op->write_iter(kiocb, iter);
	if (ret != -EIOCBQUEUED)
		mvh_blk_io_end_write(req);
	return ret;
}

/* Have the pool execute the request or piece. */
static void mvh_blk_io_punt(struct mvh_blk_req *req)
{
	struct mvh_disk *disk = req->queue->disk;

	mvh_vq_count(req->queue->vq, MYVHOST_CNT_PUNTED, 1);
	mvh_blk_queue_inc_inflight(req->queue);
	mvh_cgroups_get(&req->cgroups);
	queue_work(req->ranges ? disk->range_pool : disk->pool, &req->work);
}

/* Have the pool do the piece through kernel pages.  Returns as mvh_blk_io_submit(). */
static bool mvh_blk_io_punt_bounced(struct mvh_blk_req *req)
{
	req->result = req->bounce ? 0 : mvh_blk_io_bounce(req);
	if (req->result)
		return true;
	mvh_blk_io_punt(req);
	return false;
}

/*
 * Have the pool do what is left of the request, this piece in guest memory if it is not
 * bounced and its owner is not about to exit.  Returns as mvh_blk_io_submit().
 */
static bool mvh_blk_io_punt_piece(struct mvh_blk_req *req)
{
	mvh_vq_assert_mm(req->queue->vq);
	req->punt = true;
	if (req->bounce || !mmget_not_zero(current->mm))
		return mvh_blk_io_punt_bounced(req);
	req->mm = current->mm;
	mvh_blk_io_punt(req);
	return false;
}

/* A write that must be durable blocks in any case. */
static bool mvh_blk_io_may_try(const struct mvh_blk_req *req)
{
	return !req->punt && !mvh_blk_io_syncs(req) &&
	       req->queue->disk->file->f_mode & FMODE_NOWAIT;
}

static bool mvh_blk_io_buffered(struct mvh_blk_req *req)
{
	struct iov_iter iter;

	mvh_blk_io_guest(req, &iter);
	mvh_blk_io_piece(req, &iter);
	if (mvh_blk_io_may_try(req)) {
		req->result = mvh_blk_io_rw(req, &iter, MVH_BLK_IO_NOWAIT);
		if (req->result != -EAGAIN && req->result != -EOPNOTSUPP)
			return true;
	}
	return mvh_blk_io_punt_piece(req);
}

/*
 * mvh_blk_io_submit() - submit the next piece of a request
 *
 * None follows once the queue's requests are cancelled.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 * Return: true if the piece is complete already, and mvh_blk_io_complete() must
 * follow; false if it completes later.
 */
bool mvh_blk_io_submit(struct mvh_blk_req *req)
{
	struct mvh_blk_queue *queue = req->queue;
	struct iov_iter iter;
	bool partial;
	long ret;

	mvh_vq_assert_held(queue->vq);
	mvh_vq_assert_mm(queue->vq);
	if (mvh_blk_queue_cancelled(queue)) {
		req->result = -ECANCELED;
		return true;
	}
	if (req->cmd.op != MVH_BLK_READ && req->cmd.op != MVH_BLK_WRITE) {
		mvh_vq_charge(queue->vq, req->cmd.len);
		mvh_blk_io_punt(req);
		return false;
	}
	if (!queue->disk->direct)
		return mvh_blk_io_buffered(req);
	partial = mvh_blk_io_partial(req);
	if (unlikely(partial && mvh_blk_io_writes(req)))
		return mvh_blk_io_punt_bounced(req);
	/* Not of the piece alone: some file systems check what is behind it, too. */
	mvh_blk_io_guest(req, &iter);
	if (partial || iov_iter_alignment(&iter) & (queue->disk->unit - 1)) {
		req->result = mvh_blk_io_bounce(req);
		if (req->result)
			return true;
		mvh_bounce_iter(req->bounce, &iter, mvh_blk_io_writes(req));
	} else {
		mvh_blk_io_piece(req, &iter);
	}
	if (unlikely(req->punt))
		return mvh_blk_io_punt_piece(req);
	mvh_blk_queue_inc_inflight(queue);
	ret = mvh_blk_io_rw(req, &iter, MVH_BLK_IO_ASYNC);
	if (ret == -EIOCBQUEUED)
		return false;
	mvh_blk_queue_dec_inflight(queue);
	req->result = ret;
	return ret == -EAGAIN ? mvh_blk_io_punt_piece(req) : true;
}

/* How many of the bytes that were read or written are data? */
static long mvh_blk_io_data(const struct mvh_bounce *bounce, size_t len)
{
	return len > bounce->skip ? min(len - bounce->skip, bounce->want) : 0;
}

/**
 * mvh_blk_io_complete - process the completion of a piece
 * @req: the request, with @req->result of the piece; if no other follows it becomes
 *	that of the request, 0 or an error
 *
 * The end of the backing within the disk is an error (B8), which block devices report
 * to writers as a lack of space.
 *
 * Context: as for mvh_blk_io_submit().
 * Return: true if another piece is to be submitted.
 */
bool mvh_blk_io_complete(struct mvh_blk_req *req)
{
	mvh_vq_assert_held(req->queue->vq);
	if (req->cmd.op != MVH_BLK_READ && req->cmd.op != MVH_BLK_WRITE)
		return false;
	if (req->result > 0 && req->bounce) {
		req->result = mvh_blk_io_data(req->bounce, req->result);
		if (!mvh_blk_io_writes(req) && req->result) {
			mvh_vq_charge(req->queue->vq, req->result);
			if (mvh_blk_io_copy(req, req->result))
				req->result = -EFAULT;
		}
	}
	mvh_bounce_free(req->bounce);
	req->bounce = NULL;
	/* The device below would have had to wait: once more, by the pool. */
	if (unlikely(req->result == -EAGAIN && !req->punt)) {
		req->punt = true;
		req->result = 0;
		return true;
	}
	if (!req->result ||
	    (req->result == -ENOSPC && mvh_disk_is_cut(req->queue->disk)))
		req->result = -EIO;
	if (req->result < 0)
		return false;
	req->bytes_done += req->result;
	req->result = 0;
	return req->bytes_done < req->cmd.len;
}

static void mvh_blk_io_put_mm(struct mvh_blk_req *req)
{
	if (!req->mm)
		return;
	mmput(req->mm);
	req->mm = NULL;
}

/**
 * mvh_blk_io_cancel - take a piece back from the pool
 * @req: the slot, in use or not
 *
 * Return: true if no thread has begun with it; it is complete then, with -ECANCELED.
 */
bool mvh_blk_io_cancel(struct mvh_blk_req *req)
{
	if (!cancel_work(&req->work))
		return false;
	mvh_cgroups_put(&req->cgroups);
	mvh_blk_io_put_mm(req);
	req->result = -ECANCELED;
	return true;
}

/*
 * The backing reports an error of write-back once.  If the driver that caused the report
 * is not told of it, the next flush is.
 */
static void mvh_blk_io_keep_error(struct mvh_blk_req *req)
{
	bool synced = req->cmd.op == MVH_BLK_FLUSH ||
		      (req->dsync && req->cmd.op != MVH_BLK_READ);

	if (synced && !req->told && req->result < 0 &&
	    req->result != -ECANCELED)
		WRITE_ONCE(req->queue->disk->untold, req->result);
	req->result = 0;
}

/**
 * mvh_blk_io_release - forget a request, and free its kernel memory
 * @req: the request, nothing of it in flight
 */
void mvh_blk_io_release(struct mvh_blk_req *req)
{
	mvh_blk_io_keep_error(req);
	mvh_bounce_free(req->bounce);
	kfree(req->ranges);
	req->bounce = NULL;
	req->ranges = NULL;
}

static long mvh_blk_io_flush(struct mvh_disk *disk)
{
	long untold = xchg(&disk->untold, 0);

	return vfs_fsync(disk->file, 1) ?: untold;
}

/* In guest memory, which the thread sees meanwhile. */
static long mvh_blk_io_rw_guest(struct mvh_blk_req *req)
{
	struct iov_iter iter;
	long ret;

	kthread_use_mm(req->mm);
	mvh_blk_io_guest(req, &iter);
	iov_iter_truncate(&iter, MVH_BLK_PIECE_MAX);
	ret = mvh_blk_io_rw(req, &iter, MVH_BLK_IO_WAIT);
	kthread_unuse_mm(req->mm);
	return ret;
}

/* In a thread of the pool. */
static long mvh_blk_io_execute(struct mvh_blk_req *req)
{
	struct iov_iter iter;

	if (mvh_blk_queue_cancelled(req->queue))
		return -ECANCELED;
	switch (req->cmd.op) {
	case MVH_BLK_READ:
	case MVH_BLK_WRITE:
		if (req->mm)
			return mvh_blk_io_rw_guest(req);
		if (mvh_blk_io_writes(req) && mvh_bounce_padded(req->bounce))
			return mvh_partial_write(req->queue->disk, req->bounce,
						 mvh_blk_io_pos(req),
						 mvh_blk_io_syncs(req));
		mvh_bounce_iter(req->bounce, &iter, mvh_blk_io_writes(req));
		return mvh_blk_io_rw(req, &iter, MVH_BLK_IO_WAIT);
	case MVH_BLK_FLUSH:
		return mvh_blk_io_flush(req->queue->disk);
	default:
		return mvh_blk_range_run(req);
	}
}

static void mvh_blk_io_work(struct work_struct *work)
{
	struct mvh_blk_req *req = container_of(work, struct mvh_blk_req, work);
	const struct cred *old = override_creds(req->queue->disk->cred);

	kcov_remote_start_common(req->kcov);
	mvh_cgroups_enter(&req->cgroups);
	req->result = mvh_blk_io_execute(req);
	mvh_cgroups_leave();
	mvh_cgroups_put(&req->cgroups);
	mvh_blk_io_put_mm(req);
	revert_creds(old);
	mvh_blk_queue_complete(req);
	kcov_remote_stop();
}

/**
 * mvh_blk_io_init - prepare a new slot
 * @req: zeroed memory
 */
void mvh_blk_io_init(struct mvh_blk_req *req)
{
	INIT_WORK(&req->work, mvh_blk_io_work);
	req->kcov = kcov_common_handle();
	req->iov = req->inline_iov;
	req->max_iov = MVH_BLK_IOV_INLINE;
}
