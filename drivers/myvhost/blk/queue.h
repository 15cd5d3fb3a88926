/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port of a disk's queue: its slots for requests.
 */
#ifndef _MVH_BLK_QUEUE_H
#define _MVH_BLK_QUEUE_H

#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "compat/cgroup.h"
#include "compat/compat.h"
#include "hold.h"
#include "req.h"

struct mvh_bounce;
struct mvh_disk;
struct mvh_vq;

/* Most requests in flight; a longer ring waits for them. */
#define MVH_BLK_REQS_MAX	1024

/* Most bytes of one piece of I/O; others on the worker wait for its submission. */
#define MVH_BLK_PIECE_MAX	(4 * 1024 * 1024)

/* Pieces of guest memory that a request holds without an allocation. */
#define MVH_BLK_IOV_INLINE	8

/**
 * struct mvh_blk_req - a slot, and the request in it
 *
 * Belongs to the queue's worker, but from the submission of a piece of I/O to its
 * completion to the file system or the pool of threads.
 *
 * @kiocb: the piece of I/O
 * @queue: where its slot is
 * @node: place in @queue->completed
 * @work: the piece, executed by the pool
 * @kcov: KCOV handle to attribute @work to
 * @cgroups: whom @work is charged to
 * @result: of the piece: bytes or an error
 * @cmd: what the driver asks for, checked
 * @id: the chain's id
 * @ndesc: its ring descriptors
 * @status: owner's address of the status byte
 * @answer: what goes there, once the request is complete
 * @told: the driver can read @answer
 * @bytes_done: bytes of @cmd.len that are done
 * @punt: the worker would have had to wait, the pool does the rest
 * @mm: of the owner, held, while the pool does the piece in guest memory, else NULL
 * @deferred: its next piece is left to the next run
 * @dsync: complete only when durable
 * @start: when it was fetched, in nanoseconds
 * @iov: guest memory of the data
 * @n_iov: pieces of @iov
 * @max_iov: room in @iov; kept for the next request in the slot
 * @inline_iov: the first @iov
 * @bounce: kernel memory of the piece, or NULL
 * @hold: the piece's place on the disk, if mvh_disk_has_parts()
 * @ranges: of a discard, zeroing or erasure, or NULL
 * @n_ranges: entries of @ranges
 */
struct mvh_blk_req {
	struct kiocb kiocb;
	struct mvh_blk_queue *queue;
	struct llist_node node;
	struct work_struct work;
	mvh_kcov_handle kcov;
	struct mvh_cgroups cgroups;
	long result;
	struct mvh_blk_cmd cmd;
	u16 id;
	u16 ndesc;
	u8 __user *status;
	u8 answer;
	bool told;
	u64 bytes_done;
	bool punt;
	struct mm_struct *mm;
	bool deferred;
	bool dsync;
	u64 start;
	struct iovec *iov;
	unsigned int n_iov;
	unsigned int max_iov;
	struct iovec inline_iov[MVH_BLK_IOV_INLINE];
	struct mvh_bounce *bounce;
	struct mvh_hold hold;
	struct mvh_blk_range *ranges;
	unsigned int n_ranges;
};

/**
 * struct mvh_blk_queue - the port of a disk's queue: its slots for requests
 *
 * Guarded by the queue's mutex unless it says otherwise.  A port with requests in
 * flight that nothing waits for becomes an orphan, which the last completion frees.
 *
 * @disk: what it is a queue of; holds a reference
 * @vq: the queue; constant, not to be used by an orphan
 * @lock: guards what completions look at; taken in any context
 * @listening: completions schedule @vq; under @lock
 * @cancelled: nobody wants the requests in flight any more; read without a lock
 * @completed: requests whose piece has completed, or was deferred; lock-free
 * @to_reap: those removed from @completed that are not processed yet, oldest first
 * @unanswered: complete requests whose status byte could not be written yet
 * @kept: requests that failed and wait until @retry_at or for MYVHOST_BLK_RESUME,
 *	with @result; meanwhile none is fetched
 * @draining: what fails now is not kept
 * @retries: they wait for space, and are tried again at @retry_at
 * @retry_at: in jiffies
 * @resumes: the disk's, when the first of them failed
 * @n_inflight: pieces of I/O that have not completed; under @lock
 * @orphan: the last completion frees the port; under @lock
 * @idle: woken when @n_inflight becomes 0
 * @free_work: frees an orphan
 * @throttle: schedules the queue when its rate limit allows
 * @limits: what the disk can do for this guest
 * @can_flush: the driver knows of the write cache; otherwise there must be none
 * @now: time of this run in nanoseconds
 * @plug: of this run
 * @n_reqs: slots
 * @reqs: the slots
 * @n_free: entries of @free
 * @free: slots that are not in use
 */
struct mvh_blk_queue {
	struct mvh_disk *disk;
	struct mvh_vq *vq;
	spinlock_t lock;
	bool listening;
	bool cancelled;
	struct llist_head completed;
	struct llist_node *to_reap;
	struct llist_node *unanswered;
	struct llist_node *kept;
	bool draining;
	bool retries;
	unsigned long retry_at;
	int resumes;
	unsigned int n_inflight;
	bool orphan;
	wait_queue_head_t idle;
	struct work_struct free_work;
	struct timer_list throttle;
	struct mvh_blk_limits limits;
	bool can_flush;
	u64 now;
	struct blk_plug plug;
	unsigned int n_reqs;
	struct mvh_blk_req *reqs;
	unsigned int n_free;
	struct mvh_blk_req **free;
};

/* port.c */
struct mvh_blk_queue *mvh_blk_queue_create(struct mvh_vq *vq,
					   struct mvh_disk *disk);
void mvh_blk_queue_destroy(struct mvh_vq *vq, void *port);
int mvh_blk_queue_start(struct mvh_vq *vq);
void mvh_blk_queue_cancel(struct mvh_vq *vq);
void mvh_blk_queue_stop(struct mvh_vq *vq);
int mvh_blk_queue_quiesce(struct mvh_vq *vq);
bool mvh_blk_queue_has_completed(const struct mvh_blk_queue *queue);
void mvh_blk_queue_inc_inflight(struct mvh_blk_queue *queue);
void mvh_blk_queue_dec_inflight(struct mvh_blk_queue *queue);
void mvh_blk_queue_complete(struct mvh_blk_req *req);
bool mvh_blk_queue_cancelled(const struct mvh_blk_queue *queue);
int mvh_blk_queue_init(void);
void mvh_blk_queue_exit(void);

/* serve.c */
void mvh_blk_service(struct mvh_vq *vq);
void mvh_blk_idle(struct mvh_vq *vq);
void mvh_blk_reap(struct mvh_blk_queue *queue);
void mvh_blk_answer(struct mvh_blk_queue *queue);
void mvh_blk_fail_kept(struct mvh_blk_queue *queue);
void mvh_blk_drop_kept(struct mvh_blk_queue *queue);
void mvh_blk_drop_unanswered(struct mvh_blk_queue *queue);

/* io.c */
bool mvh_blk_io_submit(struct mvh_blk_req *req);
bool mvh_blk_io_complete(struct mvh_blk_req *req);
bool mvh_blk_io_cancel(struct mvh_blk_req *req);
void mvh_blk_io_release(struct mvh_blk_req *req);
void mvh_blk_io_init(struct mvh_blk_req *req);

/* range.c */
long mvh_blk_range_run(struct mvh_blk_req *req);

#endif /* _MVH_BLK_QUEUE_H */
