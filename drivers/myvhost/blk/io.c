// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O of a request, piece by piece.  Three ways for a piece:
 *
 * - directly between the file and guest memory, asynchronous;
 * - through kernel pages (a bounce buffer), where guest memory is not aligned for
 *   direct I/O, asynchronous as well;
 * - through the page cache: at once if that does not block, else by a pool of
 *   threads and kernel pages.
 *
 * Flushes and other commands that block go to the pool as well.
 */
#include <linux/bvec.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kcov.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "core/backend.h"
#include "disk.h"
#include "queue.h"

/* Kernel memory of one piece. */
#define MVH_BOUNCE_PAGES	64

/**
 * struct mvh_blk_bounce - kernel pages of a piece
 * @n: pages
 * @len: bytes
 * @bv: the pages
 */
struct mvh_blk_bounce {
	unsigned int n;
	size_t len;
	struct bio_vec bv[];
};

static bool mvh_blk_io_writes(const struct mvh_blk_req *req)
{
	return req->cmd.op == MVH_BLK_WRITE;
}

static bool mvh_blk_io_syncs(const struct mvh_blk_req *req)
{
	return req->dsync && mvh_blk_io_writes(req);
}

static u64 mvh_blk_io_rest(const struct mvh_blk_req *req)
{
	return req->cmd.len - req->done;
}

/* Guest memory of what is not done yet. */
static void mvh_blk_io_guest(const struct mvh_blk_req *req,
			     struct iov_iter *iter)
{
	iov_iter_init(iter, mvh_blk_io_writes(req) ? ITER_SOURCE : ITER_DEST,
		      req->iov, req->n_iov, req->cmd.len);
	iov_iter_advance(iter, req->done);
}

static void mvh_blk_io_piece(struct mvh_vq *vq, struct iov_iter *iter)
{
	iov_iter_truncate(iter, MVH_BLK_PIECE_MAX);
	mvh_vq_charge(vq, iov_iter_count(iter));
}

static void mvh_bounce_free(struct mvh_blk_bounce *bounce)
{
	if (!bounce)
		return;
	while (bounce->n)
		__free_page(bounce->bv[--bounce->n].bv_page);
	kfree(bounce);
}

static struct mvh_blk_bounce *mvh_bounce_alloc(u64 len)
{
	unsigned int n = min_t(u64, DIV_ROUND_UP_ULL(len, PAGE_SIZE),
			       MVH_BOUNCE_PAGES);
	struct mvh_blk_bounce *bounce;

	bounce = kmalloc(struct_size(bounce, bv, n), GFP_KERNEL_ACCOUNT);
	if (!bounce)
		return NULL;
	bounce->n = 0;
	bounce->len = min_t(u64, len, (u64)n * PAGE_SIZE);
	while (bounce->n < n) {
		struct bio_vec *bv = &bounce->bv[bounce->n];

		bv->bv_page = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!bv->bv_page) {
			mvh_bounce_free(bounce);
			return NULL;
		}
		bv->bv_offset = 0;
		bv->bv_len = min_t(u64, bounce->len - bounce->n * PAGE_SIZE,
				   PAGE_SIZE);
		bounce->n++;
	}
	return bounce;
}

/* Copy @len bytes between guest memory and the bounce buffer. */
static int mvh_bounce_copy(struct mvh_blk_req *req, size_t len)
{
	struct iov_iter iter;
	unsigned int i;

	mvh_blk_io_guest(req, &iter);
	for (i = 0; len; i++) {
		struct page *page = req->bounce->bv[i].bv_page;
		size_t n = min_t(size_t, len, PAGE_SIZE), copied;

		copied = mvh_blk_io_writes(req) ?
			 copy_page_from_iter(page, 0, n, &iter) :
			 copy_page_to_iter(page, 0, n, &iter);
		if (copied != n)
			return -EFAULT;
		len -= n;
	}
	return 0;
}

/* The piece will go through kernel pages. */
static int mvh_bounce_start(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	req->bounce = mvh_bounce_alloc(mvh_blk_io_rest(req));
	if (!req->bounce)
		return -ENOMEM;
	mvh_vq_count(vq, MYVHOST_CNT_BOUNCED, 1);
	mvh_vq_charge(vq, req->bounce->len);
	if (!mvh_blk_io_writes(req))
		return 0;
	return mvh_bounce_copy(req, req->bounce->len);
}

static void mvh_bounce_iter(const struct mvh_blk_req *req,
			    struct iov_iter *iter)
{
	iov_iter_bvec(iter, mvh_blk_io_writes(req) ? ITER_SOURCE : ITER_DEST,
		      req->bounce->bv, req->bounce->n, req->bounce->len);
}

/* Freeze protection is for file systems. */
static bool mvh_blk_io_freezes(const struct mvh_blk_req *req)
{
	return mvh_blk_io_writes(req) && !req->queue->disk->bdev;
}

static void mvh_blk_io_complete(struct kiocb *kiocb, long result)
{
	struct mvh_blk_req *req = container_of(kiocb, struct mvh_blk_req,
					       kiocb);

	if (mvh_blk_io_freezes(req))
		kiocb_end_write(kiocb);
	req->result = result;
	mvh_blk_queue_completed(req);
}

/*
 * Protect a write from a freeze, as kiocb_start_write() does, but without waiting
 * for the thaw.
 */
static bool mvh_blk_io_protect(const struct mvh_blk_req *req)
{
	struct super_block *sb = file_inode(req->queue->disk->file)->i_sb;

	if (!sb_start_write_trylock(sb))
		return false;
	/* Whoever completes it ends it. */
	__sb_writers_release(sb, SB_FREEZE_WRITE);
	return true;
}

static bool mvh_blk_io_begin(struct mvh_blk_req *req, bool wait)
{
	if (!mvh_blk_io_freezes(req))
		return true;
	if (!wait)
		return mvh_blk_io_protect(req);
	kiocb_start_write(&req->kiocb);
	return true;
}

/*
 * @wait: it may wait for a frozen file system, else -EAGAIN.
 * Returns what the file says, -EIOCBQUEUED if @async and it will complete later.
 */
static long mvh_blk_io_submit(struct mvh_blk_req *req, struct iov_iter *iter,
			      int flags, bool async, bool wait)
{
	struct file *file = req->queue->disk->file;
	struct kiocb *kiocb = &req->kiocb;
	long ret;

	init_sync_kiocb(kiocb, file);
	kiocb->ki_pos = req->cmd.pos + req->done;
	kiocb->ki_flags |= flags | (mvh_blk_io_syncs(req) ? IOCB_DSYNC : 0);
	kiocb->ki_complete = async ? mvh_blk_io_complete : NULL;
	if (!mvh_blk_io_writes(req))
		return file->f_op->read_iter(kiocb, iter);
	if (!mvh_blk_io_begin(req, wait))
		return -EAGAIN;
	ret = file->f_op->write_iter(kiocb, iter);
	if (ret != -EIOCBQUEUED && mvh_blk_io_freezes(req))
		kiocb_end_write(kiocb);
	return ret;
}

/* Returns true if @req->result is there, false if it will be. */
static bool mvh_blk_io_now(struct mvh_blk_req *req, long result)
{
	if (result == -EIOCBQUEUED)
		return false;
	mvh_blk_queue_drop(req->queue);
	req->result = result;
	return true;
}

static void mvh_blk_io_punt(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_PUNTED, 1);
	mvh_blk_queue_hold(req->queue);
	queue_work(req->queue->disk->pool, &req->work);
}

/* Have the pool do the piece, through kernel pages. */
static bool mvh_blk_io_pool(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	req->result = req->bounce ? 0 : mvh_bounce_start(req, vq);
	if (req->result)
		return true;
	mvh_blk_io_punt(req, vq);
	return false;
}

static bool mvh_blk_io_direct(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	struct iov_iter iter;

	/* Direct I/O may look at guest memory behind the piece, too. */
	mvh_blk_io_guest(req, &iter);
	if (iov_iter_alignment(&iter) & (req->queue->disk->align - 1)) {
		req->result = mvh_bounce_start(req, vq);
		if (req->result)
			return true;
		mvh_bounce_iter(req, &iter);
	} else {
		mvh_blk_io_piece(vq, &iter);
	}
	mvh_blk_queue_hold(req->queue);
	if (!mvh_blk_io_now(req, mvh_blk_io_submit(req, &iter, 0, true, false)))
		return false;
	return req->result == -EAGAIN ? mvh_blk_io_pool(req, vq) : true;
}

/* A write that must be durable blocks in any case. */
static bool mvh_blk_io_may_try(const struct mvh_blk_req *req)
{
	return !req->blocks && !mvh_blk_io_syncs(req) &&
	       req->queue->disk->file->f_mode & FMODE_NOWAIT;
}

static bool mvh_blk_io_buffered(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	struct iov_iter iter;

	if (mvh_blk_io_may_try(req)) {
		mvh_blk_io_guest(req, &iter);
		mvh_blk_io_piece(vq, &iter);
		req->result = mvh_blk_io_submit(req, &iter, IOCB_NOWAIT, false,
						false);
		if (req->result != -EAGAIN && req->result != -EOPNOTSUPP)
			return true;
	}
	req->blocks = true;
	return mvh_blk_io_pool(req, vq);
}

/**
 * mvh_blk_io_start - start the next piece of a request
 * @req: the request
 * @vq: its queue
 *
 * Context: Process context with the owner's address space, the queue's mutex
 * held.
 * Return: true if it has ended, so that mvh_blk_io_advance() follows; false if it
 * completes later.
 */
bool mvh_blk_io_start(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	if (req->cmd.op != MVH_BLK_READ && req->cmd.op != MVH_BLK_WRITE) {
		mvh_vq_charge(vq, req->cmd.len);
		mvh_blk_io_punt(req, vq);
		return false;
	}
	if (req->queue->disk->direct)
		return mvh_blk_io_direct(req, vq);
	return mvh_blk_io_buffered(req, vq);
}

/**
 * mvh_blk_io_advance - a piece of a request has ended
 * @req: the request, with @req->result; if that becomes an error or 0, the request
 *	is finished
 * @vq: its queue
 *
 * The end of the file inside of the disk is an error (B8).
 *
 * Context: as for mvh_blk_io_start().
 * Return: true if another piece is to be started.
 */
bool mvh_blk_io_advance(struct mvh_blk_req *req, struct mvh_vq *vq)
{
	if (req->cmd.op != MVH_BLK_READ && req->cmd.op != MVH_BLK_WRITE)
		return false;
	if (req->result > 0 && req->bounce && !mvh_blk_io_writes(req)) {
		mvh_vq_charge(vq, req->result);
		if (mvh_bounce_copy(req, req->result))
			req->result = -EFAULT;
	}
	mvh_bounce_free(req->bounce);
	req->bounce = NULL;
	if (!req->result)
		req->result = -EIO;
	if (req->result < 0)
		return false;
	req->done += req->result;
	req->result = 0;
	return req->done < req->cmd.len;
}

/**
 * mvh_blk_io_end - a request needs its memory no longer
 * @req: the request, nothing of it in flight
 */
void mvh_blk_io_end(struct mvh_blk_req *req)
{
	mvh_bounce_free(req->bounce);
	kfree(req->ranges);
	req->bounce = NULL;
	req->ranges = NULL;
}

/* What a thread of the pool does; it sees no guest memory. */
static long mvh_blk_io_block(struct mvh_blk_req *req)
{
	struct iov_iter iter;

	switch (req->cmd.op) {
	case MVH_BLK_READ:
	case MVH_BLK_WRITE:
		mvh_bounce_iter(req, &iter);
		return mvh_blk_io_submit(req, &iter, 0, false, true);
	case MVH_BLK_FLUSH:
		return vfs_fsync(req->queue->disk->file, 1);
	default:
		return mvh_blk_range_run(req);
	}
}

static void mvh_blk_io_work(struct work_struct *work)
{
	struct mvh_blk_req *req = container_of(work, struct mvh_blk_req, work);
	const struct cred *old = override_creds(req->queue->disk->cred);

	kcov_remote_start_common(req->kcov);
	req->result = mvh_blk_io_block(req);
	revert_creds(old);
	mvh_blk_queue_completed(req);
	kcov_remote_stop();
}

/**
 * mvh_blk_io_init - prepare a request of a new pool
 * @req: zeroed memory
 */
void mvh_blk_io_init(struct mvh_blk_req *req)
{
	INIT_WORK(&req->work, mvh_blk_io_work);
	req->kcov = kcov_common_handle();
	req->iov = req->inline_iov;
	req->max_iov = MVH_BLK_IOV_INLINE;
}
