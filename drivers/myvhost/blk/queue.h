/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port of a disk's queue: its pool of requests.
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
#include "compat/compat.h"
#include "req.h"

struct mvh_blk_bounce;
struct mvh_disk;
struct mvh_vq;

/* Most requests in flight; a longer ring waits for them. */
#define MVH_BLK_REQS_MAX	1024

/* Bytes of a request that are done at a time; others on the worker wait for them. */
#define MVH_BLK_PIECE_MAX	(4 * 1024 * 1024)

/* Pieces of guest memory that a request holds without an allocation. */
#define MVH_BLK_IOV_INLINE	8

/**
 * struct mvh_blk_req - a request in flight
 *
 * Belongs to the queue's worker, and between the start of a piece of I/O and its
 * completion to the file system or the pool of threads.
 *
 * @kiocb: the piece of I/O
 * @queue: the pool it belongs to
 * @node: place in the list of what has completed
 * @work: run by the pool of threads
 * @kcov: whose coverage that counts for
 * @result: what became of the piece: bytes or an error
 * @cmd: what is to be done
 * @id: the chain's id
 * @ndesc: its ring descriptors
 * @status: where the status byte goes, owner's address
 * @done: bytes of @cmd.len that are done
 * @blocks: the page cache would have blocked, the pool does the rest
 * @put_off: its next piece is to be started by the next run
 * @dsync: complete only when durable
 * @start: when it was fetched, in nanoseconds
 * @iov: guest memory of the data
 * @n_iov: pieces there
 * @max_iov: room there; kept for the next request
 * @inline_iov: room for few
 * @bounce: kernel memory of the piece, or NULL
 * @ranges: of a discard, zeroing or erasure, or NULL
 * @n_ranges: how many
 */
struct mvh_blk_req {
	struct kiocb kiocb;
	struct mvh_blk_queue *queue;
	struct llist_node node;
	struct work_struct work;
	mvh_kcov_handle kcov;
	long result;
	struct mvh_blk_cmd cmd;
	u16 id;
	u16 ndesc;
	u8 __user *status;
	u64 done;
	bool blocks;
	bool put_off;
	bool dsync;
	u64 start;
	struct iovec *iov;
	unsigned int n_iov;
	unsigned int max_iov;
	struct iovec inline_iov[MVH_BLK_IOV_INLINE];
	struct mvh_blk_bounce *bounce;
	struct mvh_blk_range *ranges;
	unsigned int n_ranges;
};

/**
 * struct mvh_blk_queue - a pool of requests
 *
 * Guarded by the queue's mutex unless it says otherwise.  If its device goes away
 * while requests are in flight that nobody can wait for, it stays until the last
 * of them has completed.
 *
 * @disk: the disk
 * @vq: the queue, NULL when it has no use for completions any more; under @lock
 * @lock: guards what completions look at; taken in any context
 * @done: requests whose piece has completed, or was put off; lock-free
 * @ended: those taken from there that are not dealt with yet, in order
 * @n_flight: pieces of I/O that have not completed; under @lock
 * @orphan: the last completion frees the pool; under @lock
 * @idle: woken when @n_flight becomes 0
 * @free_work: frees an orphan
 * @throttle: runs the queue when its rate limit allows
 * @limits: what the disk can do for this guest
 * @can_flush: the driver knows of the write cache; otherwise there must be none
 * @now: time of this run in nanoseconds
 * @plug: of this run
 * @n_reqs: requests
 * @reqs: the requests
 * @n_free: how many of them are not in use
 * @free: these
 */
struct mvh_blk_queue {
	struct mvh_disk *disk;
	struct mvh_vq *vq;
	spinlock_t lock;
	struct llist_head done;
	struct llist_node *ended;
	unsigned int n_flight;
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

/* queue.c */
struct mvh_blk_queue *mvh_blk_queue_create(struct mvh_vq *vq,
					   struct mvh_disk *disk);
void mvh_blk_queue_destroy(struct mvh_blk_queue *queue);
void mvh_blk_queue_start(struct mvh_blk_queue *queue, struct mvh_vq *vq);
void mvh_blk_queue_stop(struct mvh_blk_queue *queue, struct mvh_vq *vq);
int mvh_blk_queue_drain(struct mvh_blk_queue *queue, struct mvh_vq *vq);
void mvh_blk_queue_hold(struct mvh_blk_queue *queue);
void mvh_blk_queue_drop(struct mvh_blk_queue *queue);
void mvh_blk_queue_completed(struct mvh_blk_req *req);
int mvh_blk_queue_init(void);
void mvh_blk_queue_exit(void);

/* serve.c */
void mvh_blk_queue_empty(struct mvh_blk_queue *queue, struct mvh_vq *vq);
void mvh_blk_queue_service(struct mvh_blk_queue *queue, struct mvh_vq *vq);
void mvh_blk_reap(struct mvh_blk_queue *queue, struct mvh_vq *vq);
bool mvh_blk_has_ended(const struct mvh_blk_queue *queue);

/* io.c */
bool mvh_blk_io_start(struct mvh_blk_req *req, struct mvh_vq *vq);
bool mvh_blk_io_advance(struct mvh_blk_req *req, struct mvh_vq *vq);
void mvh_blk_io_end(struct mvh_blk_req *req);
void mvh_blk_io_init(struct mvh_blk_req *req);

/* range.c */
long mvh_blk_range_run(struct mvh_blk_req *req);

#endif /* _MVH_BLK_QUEUE_H */
