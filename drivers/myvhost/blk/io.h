/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine: it executes requests of a queue on disks.  It knows neither rings nor the
 * protocol between driver and device; a front does, which parses a request, fills a slot
 * in, and tells the driver of its completion.  Fronts in other modules include this header
 * and disk.h.
 *
 * A front makes a port for each queue (mvh_io_port_init()), with slots of a type of its
 * own that begins with struct mvh_io.  Its service is
 *
 *	mvh_io_port_begin(port);
 *	while (mvh_io_port_room(port) && mvh_vq_next(vq, ...) > 0)
 *		... io = mvh_io_get(port), set @disk, @cmd, @dsync and the data
 *		(mvh_io_set_iov()) or ranges, then mvh_io_submit(io) or, if there is nothing
 *		to execute, mvh_io_put(io) ...
 *	mvh_io_port_end(port);
 *
 * with mvh_io_port_idle() as its idle() and mvh_io_port_has_completed() as its pending().
 * What was submitted comes back by mvh_io_front.complete(), during one of these calls, in a
 * stop or a drain.
 */
#ifndef _MVH_BLK_IO_H
#define _MVH_BLK_IO_H

#include <linux/atomic.h>
#include <linux/bio.h>
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
#include "cmd.h"
#include "hold.h"

struct mvh_bounce;
struct mvh_disk;
struct mvh_vq;

/* Most requests in flight; a longer ring waits for them. */
#define MVH_IO_SLOTS_MAX	1024

/* Pieces and pages of guest memory that a request holds without an allocation. */
#define MVH_IO_IOV_INLINE	8
#define MVH_IO_BV_INLINE	2

/**
 * struct mvh_io - a slot, and the request in it
 *
 * Belongs to the queue's worker, but from the submission of a piece of I/O to its
 * completion to the file system or the pool of threads.
 *
 * @kiocb: the piece of I/O
 * @port: where its slot is
 * @disk: what it is executed on; the front's reference holds until the port is freed
 * @node: place in @port->completed
 * @work: the piece, executed by the pool
 * @kcov: KCOV handle to attribute @work to
 * @cgroups: whom @work is charged to
 * @result: of the piece: bytes or an error; of a complete request 0 or an error
 * @cmd: what the driver asks for, checked
 * @told: the driver knows the result
 * @bytes_done: bytes of @cmd.len that are done
 * @punt: the worker would have had to wait, the pool does the rest
 * @mm: of the owner, held, while the pool does the piece in guest memory, else NULL
 * @deferred: its next piece is left to the next run
 * @dsync: complete only when durable
 * @resumes: the disk's, when it was submitted
 * @start: when it was fetched, in nanoseconds
 * @iov: guest memory of the data
 * @n_iov: pieces of @iov
 * @align: or of their addresses and lengths, to tell what they are multiples of
 * @max_iov: room in @iov; kept for the next request in the slot
 * @inline_iov: the first @iov
 * @bio: all of the request, for a block device; used instead of @kiocb if there are @bv
 * @bv: its pages, pinned
 * @n_bv: entries of @bv
 * @max_bv: room in @bv; kept for the next request in the slot
 * @inline_bv: the first @bv
 * @bounce: kernel memory of the piece, or NULL
 * @hold: the piece's place on the disk, if mvh_disk_has_parts()
 * @ranges: of a discard, zeroing or erasure, or NULL; allocated by the front, freed with
 *	kfree() when the slot is put
 * @n_ranges: entries of @ranges
 * @call: of MVH_BLK_CALL: executed by the pool; returns 0 or an error
 */
struct mvh_io {
	struct kiocb kiocb;
	struct mvh_io_port *port;
	struct mvh_disk *disk;
	struct llist_node node;
	struct work_struct work;
	mvh_kcov_handle kcov;
	struct mvh_cgroups cgroups;
	long result;
	struct mvh_blk_cmd cmd;
	bool told;
	u64 bytes_done;
	bool punt;
	struct mm_struct *mm;
	bool deferred;
	bool dsync;
	int resumes;
	u64 start;
	struct iovec *iov;
	unsigned int n_iov;
	unsigned long align;
	unsigned int max_iov;
	struct iovec inline_iov[MVH_IO_IOV_INLINE];
	struct bio bio;
	struct bio_vec *bv;
	unsigned int n_bv;
	unsigned int max_bv;
	struct bio_vec inline_bv[MVH_IO_BV_INLINE];
	struct mvh_bounce *bounce;
	struct mvh_hold hold;
	struct mvh_blk_range *ranges;
	unsigned int n_ranges;
	long (*call)(struct mvh_io *io);
};

/**
 * struct mvh_io_front - what a front gives to all its ports
 *
 * @complete: a request was executed, with @result; the front puts the slot, now or later.
 *	With the queue's mutex; the task sees guest memory if mvh_vq_reachable().
 * @answer: try again to tell the driver the result of a request; see
 *	mvh_io_answer_later().  As @complete, with the owner's address space.  Returns
 *	whether it is told.
 * @orphan: the port will be freed by its last completion: nobody else may use its disks
 *	until @free.  With the port's lock.
 * @release: a slot is put, or freed with its port: forget what the front has in it.
 *	Process context, may sleep.  Optional.
 * @free: the port is not used any more: free it with what the front has around it.
 *	Process context, may sleep.
 * @n_ports: ports that exist
 * @no_ports: woken when there is none
 */
struct mvh_io_front {
	void (*complete)(struct mvh_io *io);
	bool (*answer)(struct mvh_io *io);
	void (*orphan)(struct mvh_io_port *port);
	void (*release)(struct mvh_io *io);
	void (*free)(struct mvh_io_port *port);
	atomic_t n_ports;
	wait_queue_head_t no_ports;
};

/**
 * struct mvh_io_port - the port of a queue: its slots for requests
 *
 * Guarded by the queue's mutex unless it says otherwise.  A port with requests in
 * flight that nothing waits for becomes an orphan, which the last completion frees.
 *
 * @front: what it is a port of; constant
 * @vq: the queue; constant, not to be used by an orphan
 * @hangs: a stop timed out on the backing; cleared by the next completion
 * @lock: taken by the last completion for all it does, in any context
 * @listening: completions schedule @vq; read without a lock, within RCU
 * @looking: a run will look at @completed before it ends, so they need not; likewise
 * @cancelled: nobody wants the requests in flight any more; read without a lock
 * @completed: requests whose piece has completed, or was deferred; lock-free
 * @to_reap: those removed from @completed that are not processed yet, oldest first
 * @kept: requests that failed and wait until @retry_at or for MYVHOST_BLK_RESUME,
 *	with @result; meanwhile none is fetched
 * @unanswered: complete requests whose answer could not be written yet
 * @draining: what fails now is not kept
 * @n_inflight: pieces of I/O that have not completed; becomes 0 under @lock
 * @orphan: the last completion frees the port; under @lock
 * @idle: woken when @n_inflight becomes 0
 * @free_work: frees an orphan
 * @timer: schedules the queue
 * @retry_at: when requests that wait for space are tried again, in jiffies
 * @now: time of this run in nanoseconds
 * @plug: of this run
 * @slots: memory of the slots
 * @slot_size: bytes of each
 * @n_slots: how many
 * @n_free: entries of @free
 * @free: slots that are not in use
 */
struct mvh_io_port {
	struct mvh_io_front *front;
	struct mvh_vq *vq;
	bool *hangs;
	spinlock_t lock;
	bool listening;
	bool looking;
	bool cancelled;
	struct llist_head completed;
	struct llist_node *to_reap;
	struct llist_node *kept;
	struct llist_node *unanswered;
	bool draining;
	atomic_t n_inflight;
	bool orphan;
	wait_queue_head_t idle;
	struct work_struct free_work;
	struct timer_list timer;
	unsigned long retry_at;
	u64 now;
	struct blk_plug plug;
	void *slots;
	size_t slot_size;
	unsigned int n_slots;
	unsigned int n_free;
	struct mvh_io **free;
};

/**
 * mvh_io_port_cancelled - is what has not begun to be left undone?
 * @port: the port
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool mvh_io_port_cancelled(const struct mvh_io_port *port)
{
	return READ_ONCE(port->cancelled);
}

/**
 * mvh_io_port_has_completed - has a piece of I/O completed, or was one deferred?
 * @port: the port
 *
 * Return: true if so.
 */
static inline bool mvh_io_port_has_completed(const struct mvh_io_port *port)
{
	return port->to_reap || !llist_empty(&port->completed);
}

/* port.c */
int mvh_io_port_init(struct mvh_io_port *port, struct mvh_io_front *front,
		     struct mvh_vq *vq, bool *hangs, size_t slot_size);
void mvh_io_port_destroy(struct mvh_io_port *port);
void mvh_io_port_start(struct mvh_io_port *port);
void mvh_io_port_cancel(struct mvh_io_port *port);
void mvh_io_port_stop(struct mvh_io_port *port);
int mvh_io_port_drain(struct mvh_io_port *port);
void mvh_io_front_exit(struct mvh_io_front *front);

/* reap.c */
struct mvh_io *mvh_io_get(struct mvh_io_port *port);
void mvh_io_put(struct mvh_io *io);
void mvh_io_answer_later(struct mvh_io *io);
int mvh_io_set_iov(struct mvh_io *io, const struct iovec *from, unsigned int n,
		   size_t skip);
void mvh_io_submit(struct mvh_io *io);
unsigned int mvh_io_port_room(const struct mvh_io_port *port);
void mvh_io_port_begin(struct mvh_io_port *port);
void mvh_io_port_idle(struct mvh_io_port *port);
void mvh_io_port_end(struct mvh_io_port *port);

#endif /* _MVH_BLK_IO_H */
