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
 * The worker asks the backing not to wait.  If it would have to, or cannot be asked, a
 * thread of the pool submits the piece, in guest memory unless it is bounced.  Flushes and
 * other commands that block go to the pool as well.
 */
#include <linux/blkdev.h>
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
#include "engine.h"
#include "partial.h"

/**
 * enum mvh_io_how - what a piece may wait for
 * @MVH_IO_ASYNC: nothing; it may return -EIOCBQUEUED and complete later, also with
 *	-EAGAIN or -EOPNOTSUPP
 * @MVH_IO_NOWAIT: nothing; it completes at once or fails with one of these errors
 * @MVH_IO_SUBMIT: it may block, and may return -EIOCBQUEUED and complete later
 * @MVH_IO_WAIT: it may block, and is complete when it returns
 */
enum mvh_io_how {
	MVH_IO_ASYNC,
	MVH_IO_NOWAIT,
	MVH_IO_SUBMIT,
	MVH_IO_WAIT,
};

static bool mvh_io_may_block(enum mvh_io_how how)
{
	return how == MVH_IO_SUBMIT || how == MVH_IO_WAIT;
}

static bool mvh_io_syncs(const struct mvh_io *io)
{
	return io->dsync && mvh_io_writes(io);
}

/* Guest memory of what is not done yet. */
static void mvh_io_guest(const struct mvh_io *io, struct iov_iter *iter)
{
	iov_iter_init(iter, mvh_io_writes(io) ? ITER_SOURCE : ITER_DEST,
		      io->iov, io->n_iov, io->cmd.len);
	iov_iter_advance(iter, io->bytes_done);
}

/* Cut one piece off, and charge it. */
static void mvh_io_piece(struct mvh_io *io, struct iov_iter *iter)
{
	iov_iter_truncate(iter, MVH_IO_PIECE_MAX);
	mvh_vq_charge(io->port->vq, iov_iter_count(iter));
}

/* Is what is not done yet more or less than whole units of the backing? */
static bool mvh_io_partial(const struct mvh_io *io)
{
	u64 pos = io->cmd.pos + io->bytes_done;
	u64 left = io->cmd.len - io->bytes_done;

	return (pos | left) & (io->disk->unit - 1);
}

/* Copy @len bytes between guest memory and the bounce buffer. */
static int mvh_io_copy(struct mvh_io *io, size_t len)
{
	struct iov_iter iter;

	mvh_vq_assert_mm(io->port->vq);
	mvh_io_guest(io, &iter);
	return mvh_bounce_copy(io->bounce, &iter, len, mvh_io_writes(io));
}

/* The piece will go through kernel pages. */
static int mvh_io_bounce(struct mvh_io *io)
{
	struct mvh_vq *vq = io->port->vq;

	io->bounce = mvh_bounce_alloc(io->cmd.pos + io->bytes_done,
				      io->cmd.len - io->bytes_done,
				      io->disk->unit);
	if (!io->bounce)
		return -ENOMEM;
	mvh_vq_count(vq, MYVHOST_CNT_BOUNCED, 1);
	mvh_vq_charge(vq, io->bounce->len);
	if (!mvh_io_writes(io))
		return 0;
	return mvh_io_copy(io, io->bounce->want);
}

/* Where the piece begins. */
static u64 mvh_io_pos(const struct mvh_io *io)
{
	u64 pos = io->cmd.pos + io->bytes_done;

	return io->bounce ? pos - io->bounce->skip : pos;
}

/* A write to a file system needs protection from a freeze. */
static bool mvh_io_freezable(const struct mvh_io *io)
{
	return mvh_io_writes(io) && !io->disk->bdev;
}

/* A write of whole units stays off those that are written in part, and they off it. */
static bool mvh_io_held(const struct mvh_io *io)
{
	return mvh_io_writes(io) && mvh_disk_has_parts(io->disk);
}

static void mvh_io_end_write(struct mvh_io *io)
{
	if (mvh_io_freezable(io))
		kiocb_end_write(&io->kiocb);
	if (unlikely(mvh_io_held(io)))
		mvh_hold_release(&io->disk->holds, &io->hold);
}

static void mvh_io_kiocb_complete(struct kiocb *kiocb, long result)
{
	struct mvh_io *io = container_of(kiocb, struct mvh_io, kiocb);

	mvh_io_end_write(io);
	io->result = result;
	mvh_io_piece_completed(io);
}

/* Returns false if the file system is frozen and @how is not to wait for the thaw. */
static bool mvh_io_protect(struct mvh_io *io, enum mvh_io_how how)
{
	struct super_block *sb = file_inode(io->disk->file)->i_sb;

	if (mvh_io_may_block(how)) {
		kiocb_start_write(&io->kiocb);
		return true;
	}
	if (!sb_start_write_trylock(sb))
		return false;
	/* As kiocb_start_write() does: the completion may be in another task. */
	__sb_writers_release(sb, SB_FREEZE_WRITE);
	return true;
}

/* Returns false if @how is not to wait for others to complete. */
static bool mvh_io_hold(struct mvh_io *io, size_t len, enum mvh_io_how how)
{
	struct mvh_holds *holds = &io->disk->holds;
	u64 pos = mvh_io_pos(io);

	if (!mvh_io_may_block(how))
		return mvh_hold_try(holds, &io->hold, pos, pos + len, false);
	mvh_hold_wait(holds, &io->hold, pos, pos + len, false);
	return true;
}

/* Returns false if @how is not to wait for what a write must wait for. */
static bool mvh_io_start_write(struct mvh_io *io, size_t len,
			       enum mvh_io_how how)
{
	if (unlikely(mvh_io_held(io)) && !mvh_io_hold(io, len, how))
		return false;
	if (!mvh_io_freezable(io) || mvh_io_protect(io, how))
		return true;
	if (unlikely(mvh_io_held(io)))
		mvh_hold_release(&io->disk->holds, &io->hold);
	return false;
}

static int mvh_io_flags(const struct mvh_io *io, enum mvh_io_how how)
{
	int flags = mvh_io_syncs(io) ? IOCB_DSYNC : 0;

	return mvh_io_may_block(how) ? flags : flags | IOCB_NOWAIT;
}

/* Returns the file's result; -EAGAIN if it would block and @how is not to wait. */
static long mvh_io_rw(struct mvh_io *io, struct iov_iter *iter,
		      enum mvh_io_how how)
{
	struct file *file = io->disk->file;
	struct kiocb *kiocb = &io->kiocb;
	long ret;

	init_sync_kiocb(kiocb, file);
	kiocb->ki_pos = mvh_io_pos(io);
	if (how == MVH_IO_ASYNC || how == MVH_IO_SUBMIT)
		kiocb->ki_complete = mvh_io_kiocb_complete;
	kiocb->ki_flags |= mvh_io_flags(io, how);
	if (!mvh_io_writes(io))
		return file->f_op->read_iter(kiocb, iter);
	if (!mvh_io_start_write(io, iov_iter_count(iter), how))
		return -EAGAIN;
	ret = file->f_op->write_iter(kiocb, iter);
	if (ret != -EIOCBQUEUED)
		mvh_io_end_write(io);
	return ret;
}

/*
 * Buffered writes of a file lock it: threads beside the first would only wait.  Those that
 * must be durable wait for the device as well, without the lock.
 */
static struct workqueue_struct *mvh_io_pool(const struct mvh_io *io)
{
	const struct mvh_disk *disk = io->disk;

	if (io->ranges)
		return disk->range_pool;
	if (!disk->direct && !disk->bdev && mvh_io_writes(io) &&
	    !mvh_io_syncs(io))
		return disk->write_pool;
	return disk->pool;
}

/* Have the pool execute the request or piece. */
static void mvh_io_punt(struct mvh_io *io)
{
	mvh_vq_count(io->port->vq, MYVHOST_CNT_PUNTED, 1);
	mvh_io_port_inc_inflight(io->port);
	mvh_cgroups_get(&io->cgroups);
	if (io->ranges)
		atomic_inc(&io->disk->n_ranges);
	queue_work(mvh_io_pool(io), &io->work);
}

/* Have the pool do the piece through kernel pages.  Returns as mvh_io_piece_submit(). */
static bool mvh_io_punt_bounced(struct mvh_io *io)
{
	io->result = io->bounce ? 0 : mvh_io_bounce(io);
	if (io->result)
		return true;
	mvh_io_punt(io);
	return false;
}

/*
 * Have the pool do what is left of the request, this piece in guest memory if it is not
 * bounced and its owner is not about to exit.  Returns as mvh_io_piece_submit().
 */
static bool mvh_io_punt_piece(struct mvh_io *io)
{
	mvh_vq_assert_mm(io->port->vq);
	io->punt = true;
	if (io->bounce || !mmget_not_zero(current->mm))
		return mvh_io_punt_bounced(io);
	io->mm = current->mm;
	mvh_io_punt(io);
	return false;
}

/*
 * A write that must be durable blocks in any case.  A range of a block device is locked
 * while it is zeroed, and readers of the page cache wait for that whatever they ask for.
 */
static bool mvh_io_may_try(const struct mvh_io *io)
{
	const struct mvh_disk *disk = io->disk;

	return !io->punt && !mvh_io_syncs(io) &&
	       disk->file->f_mode & FMODE_NOWAIT &&
	       !(disk->bdev && atomic_read(&disk->n_ranges));
}

/*
 * Can the backing be asked not to wait for this piece?  A device's table may have been
 * exchanged for one that cannot, and what it would have to split it refuses.  A file
 * system does not ask the device below it, which may have as much to do as it can.
 */
static bool mvh_io_may_submit(const struct mvh_io *io, size_t len)
{
	const struct mvh_io_port *port = io->port;
	const struct mvh_disk *disk = io->disk;

	if (io->punt || !(disk->file->f_mode & FMODE_NOWAIT))
		return false;
	if (!disk->bdev)
		return port->n_slots - port->n_free <= disk->below_max;
	return bdev_nowait(disk->bdev) && len <= mvh_disk_bio_max(disk);
}

static bool mvh_io_buffered(struct mvh_io *io)
{
	struct iov_iter iter;

	mvh_io_guest(io, &iter);
	mvh_io_piece(io, &iter);
	if (mvh_io_may_try(io)) {
		io->result = mvh_io_rw(io, &iter, MVH_IO_NOWAIT);
		if (io->result != -EAGAIN && io->result != -EOPNOTSUPP)
			return true;
	}
	return mvh_io_punt_piece(io);
}

/* The backing would have had to wait, or cannot be asked not to. */
static bool mvh_io_refused(const struct mvh_io *io)
{
	return !io->punt && (io->result == -EAGAIN || io->result == -EOPNOTSUPP);
}

/* The same with the disk's rights. */
static bool mvh_io_piece_try(struct mvh_io *io)
{
	struct mvh_io_port *port = io->port;
	struct iov_iter iter;
	bool partial;
	long ret;

	if (mvh_io_port_cancelled(port)) {
		io->result = -ECANCELED;
		return true;
	}
	if (io->cmd.op != MVH_BLK_READ && io->cmd.op != MVH_BLK_WRITE) {
		mvh_vq_charge(port->vq, io->cmd.len);
		mvh_io_punt(io);
		return false;
	}
	if (likely(!io->punt && mvh_bio_possible(io) && mvh_io_may_submit(io, io->cmd.len))) {
		mvh_vq_charge(port->vq, io->cmd.len);
		ret = mvh_bio_submit(io);
		/* It may have completed already, with a result of its own. */
		if (!ret)
			return false;
		io->result = ret;
		return true;
	}
	if (!io->disk->direct)
		return mvh_io_buffered(io);
	partial = mvh_io_partial(io);
	if (unlikely(partial && mvh_io_writes(io)))
		return mvh_io_punt_bounced(io);
	/* Not of the piece alone: some file systems check what is behind it, too. */
	mvh_io_guest(io, &iter);
	if (partial || iov_iter_alignment(&iter) & (io->disk->unit - 1)) {
		io->result = io->bounce ? 0 : mvh_io_bounce(io);
		if (io->result)
			return true;
		mvh_bounce_iter(io->bounce, &iter, mvh_io_writes(io));
	} else {
		mvh_io_piece(io, &iter);
	}
	if (!mvh_io_may_submit(io, iov_iter_count(&iter)))
		return mvh_io_punt_piece(io);
	mvh_io_port_inc_inflight(port);
	ret = mvh_io_rw(io, &iter, MVH_IO_ASYNC);
	if (ret == -EIOCBQUEUED)
		return false;
	mvh_io_port_dec_inflight(port);
	io->result = ret;
	return mvh_io_refused(io) ? mvh_io_punt_piece(io) : true;
}

/*
 * mvh_io_piece_submit() - submit the next piece of a request
 *
 * With the disk's rights, which a run for a single disk may have already.  None follows
 * once the port's requests are cancelled.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 * Return: true if the piece is complete already, and mvh_io_piece_complete() must
 * follow; false if it completes later.
 */
bool mvh_io_piece_submit(struct mvh_io *io)
{
	const struct cred *old;
	bool completed;

	mvh_vq_assert_held(io->port->vq);
	mvh_vq_assert_mm(io->port->vq);
	if (likely(current_cred() == io->disk->cred))
		return mvh_io_piece_try(io);
	old = override_creds(io->disk->cred);
	completed = mvh_io_piece_try(io);
	revert_creds(old);
	return completed;
}

/* How many of the bytes that were read or written are data? */
static long mvh_io_data(const struct mvh_bounce *bounce, size_t len)
{
	return len > bounce->skip ? min(len - bounce->skip, bounce->want) : 0;
}

/**
 * mvh_io_piece_complete - process the completion of a piece
 * @io: the request, with @io->result of the piece; if no other follows it becomes
 *	that of the request, 0 or an error
 *
 * The end of the backing within the disk is an error (B8), which block devices report
 * to writers as a lack of space.  No driver of a disk expects that reads or writes are
 * not supported.
 *
 * Context: as for mvh_io_piece_submit().
 * Return: true if another piece is to be submitted.
 */
bool mvh_io_piece_complete(struct mvh_io *io)
{
	mvh_vq_assert_held(io->port->vq);
	if (io->cmd.op != MVH_BLK_READ && io->cmd.op != MVH_BLK_WRITE)
		return false;
	mvh_bio_release(io);
	if (io->result > 0 && io->bounce) {
		io->result = mvh_io_data(io->bounce, io->result);
		if (!mvh_io_writes(io) && io->result) {
			mvh_vq_charge(io->port->vq, io->result);
			if (mvh_io_copy(io, io->result))
				io->result = -EFAULT;
		}
	}
	/* Once more, by the pool. */
	if (unlikely(mvh_io_refused(io))) {
		io->punt = true;
		io->result = 0;
		return true;
	}
	mvh_bounce_free(io->bounce);
	io->bounce = NULL;
	if (!io->result || io->result == -EOPNOTSUPP ||
	    (io->result == -ENOSPC && mvh_disk_is_cut(io->disk)))
		io->result = -EIO;
	if (io->result < 0)
		return false;
	io->bytes_done += io->result;
	io->result = 0;
	return io->bytes_done < io->cmd.len;
}

/* What the thread that does a piece has of it; the request may be over before the thread. */
struct mvh_io_task {
	struct mm_struct *mm;
	struct mvh_cgroups cgroups;
};

static void mvh_io_take_task(struct mvh_io *io, struct mvh_io_task *task)
{
	task->mm = io->mm;
	task->cgroups = io->cgroups;
	io->mm = NULL;
	memset(&io->cgroups, 0, sizeof(io->cgroups));
}

static void mvh_io_put_task(struct mvh_io_task *task)
{
	mvh_cgroups_put(&task->cgroups);
	if (task->mm)
		mmput(task->mm);
}

/**
 * mvh_io_piece_cancel - take a piece back from the pool
 * @io: the slot, in use or not
 *
 * Return: true if no thread has begun with it; it is complete then, with -ECANCELED.
 */
bool mvh_io_piece_cancel(struct mvh_io *io)
{
	struct mvh_io_task task;

	if (!cancel_work(&io->work))
		return false;
	if (io->ranges)
		atomic_dec(&io->disk->n_ranges);
	mvh_io_take_task(io, &task);
	mvh_io_put_task(&task);
	io->result = -ECANCELED;
	return true;
}

/*
 * The backing reports an error of write-back once.  If the driver that caused the report
 * is not told of it, the next flush is.
 */
static void mvh_io_keep_error(struct mvh_io *io)
{
	bool synced = io->cmd.op == MVH_BLK_FLUSH ||
		      (io->dsync && io->cmd.op != MVH_BLK_READ);

	if (synced && !io->told && io->result < 0 &&
	    io->result != -ECANCELED)
		WRITE_ONCE(io->disk->untold, io->result);
	io->result = 0;
}

/**
 * mvh_io_release - forget a request, and free its kernel memory
 * @io: the request, nothing of it in flight
 */
void mvh_io_release(struct mvh_io *io)
{
	mvh_io_keep_error(io);
	mvh_bio_release(io);
	mvh_bounce_free(io->bounce);
	kfree(io->ranges);
	io->bounce = NULL;
	io->ranges = NULL;
	/* The last, since it may drop the last reference to the disk. */
	if (io->port->front->release)
		io->port->front->release(io);
}

static long mvh_io_flush(struct mvh_disk *disk)
{
	long untold = xchg(&disk->untold, 0);

	return vfs_fsync(disk->file, 1) ?: untold;
}

/* A piece of a read or write, in guest memory or in kernel pages. */
static long mvh_io_execute_rw(struct mvh_io *io, struct mm_struct *mm)
{
	struct mvh_disk *disk = io->disk;
	struct iov_iter iter;
	long ret;

	if (!mm && mvh_io_writes(io) && mvh_bounce_padded(io->bounce))
		return mvh_partial_write(disk, io->bounce, mvh_io_pos(io),
					 mvh_io_syncs(io));
	if (mm) {
		kthread_use_mm(mm);
		mvh_io_guest(io, &iter);
		iov_iter_truncate(&iter, MVH_IO_PIECE_MAX);
	} else {
		mvh_bounce_iter(io->bounce, &iter, mvh_io_writes(io));
	}
	ret = mvh_io_rw(io, &iter, disk->direct ? MVH_IO_SUBMIT :
						       MVH_IO_WAIT);
	if (mm)
		kthread_unuse_mm(mm);
	return ret;
}

/* In a thread of the pool.  Returns -EIOCBQUEUED if the piece completes later. */
static long mvh_io_execute(struct mvh_io *io, struct mm_struct *mm)
{
	struct mvh_disk *disk = io->disk;
	long ret;

	if (mvh_io_port_cancelled(io->port))
		ret = -ECANCELED;
	else if (io->cmd.op == MVH_BLK_READ || io->cmd.op == MVH_BLK_WRITE)
		return mvh_io_execute_rw(io, mm);
	else if (io->cmd.op == MVH_BLK_FLUSH)
		ret = mvh_io_flush(disk);
	else if (io->cmd.op == MVH_BLK_CALL)
		ret = io->call(io);
	else
		ret = mvh_io_range_run(io);
	if (io->ranges)
		atomic_dec(&disk->n_ranges);
	return ret;
}

static void mvh_io_work(struct work_struct *work)
{
	struct mvh_io *io = container_of(work, struct mvh_io, work);
	const struct cred *old = override_creds(io->disk->cred);
	struct mvh_io_task task;
	long ret;

	kcov_remote_start_common(io->kcov);
	mvh_io_take_task(io, &task);
	mvh_cgroups_enter(&task.cgroups);
	ret = mvh_io_execute(io, task.mm);
	mvh_cgroups_leave();
	mvh_io_put_task(&task);
	revert_creds(old);
	if (ret != -EIOCBQUEUED) {
		io->result = ret;
		mvh_io_piece_completed(io);
	}
	kcov_remote_stop();
}

/**
 * mvh_io_init - prepare a new slot
 * @io: zeroed memory
 */
void mvh_io_init(struct mvh_io *io)
{
	INIT_WORK(&io->work, mvh_io_work);
	io->kcov = kcov_common_handle();
	io->iov = io->inline_iov;
	io->max_iov = MVH_IO_IOV_INLINE;
	io->bv = io->inline_bv;
	io->max_bv = MVH_IO_BV_INLINE;
}
