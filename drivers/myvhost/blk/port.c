// SPDX-License-Identifier: GPL-2.0
/*
 * The engine's ports: their life, and what waits for requests in flight.  A completion
 * may come in any context; it only puts the request on a list and has the queue run.
 */
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "core/backend.h"
#include "engine.h"

/* Frees orphans. */
static struct workqueue_struct *mvh_io_reaper;

/* How long the ports of a disk wait together for a backing that does not answer. */
#define MVH_IO_STOP_SECS	5

static struct mvh_io *mvh_io_port_slot(const struct mvh_io_port *port, unsigned int i)
{
	return port->slots + i * port->slot_size;
}

static void mvh_io_port_fini(struct mvh_io_port *port)
{
	unsigned int i;

	for (i = 0; i < port->n_slots; i++) {
		struct mvh_io *io = mvh_io_port_slot(port, i);

		mvh_io_release(io);
		if (io->iov != io->inline_iov)
			kvfree(io->iov);
		if (io->bv != io->inline_bv)
			kfree(io->bv);
	}
	kvfree(port->slots);
	kvfree(port->free);
}

static void mvh_io_port_free(struct mvh_io_port *port)
{
	struct mvh_io_front *front = port->front;

	mvh_io_port_fini(port);
	front->free(port);
	if (atomic_dec_and_test(&front->n_ports))
		wake_up(&front->no_ports);
}

static void mvh_io_port_free_work(struct work_struct *work)
{
	struct mvh_io_port *port = container_of(work, struct mvh_io_port,
						free_work);

	/* The last completion may still hold it. */
	spin_lock_irq(&port->lock);
	spin_unlock_irq(&port->lock);
	mvh_io_port_free(port);
}

/*
 * mvh_io_port_inc_inflight() - a piece of I/O is about to be submitted
 *
 * mvh_io_piece_completed() is the opposite.
 */
void mvh_io_port_inc_inflight(struct mvh_io_port *port)
{
	atomic_inc(&port->n_inflight);
}

/*
 * mvh_io_port_dec_inflight() - no completion follows: the piece is done or was refused
 */
void mvh_io_port_dec_inflight(struct mvh_io_port *port)
{
	/* Nobody waits for the last one: that takes the queue's mutex. */
	atomic_dec(&port->n_inflight);
}

/* Have the queue run, unless its run will look for what has completed anyway. */
static void mvh_io_port_notify(struct mvh_io_port *port)
{
	/* The queue exists until a grace period after it stopped listening. */
	rcu_read_lock();
	if (READ_ONCE(port->listening) && !READ_ONCE(port->looking))
		mvh_vq_schedule(port->vq);
	rcu_read_unlock();
}

/**
 * mvh_io_piece_completed - a piece of I/O has completed
 * @io: its request, with @io->result
 *
 * The queue's next run continues with the request.
 *
 * Context: Any.
 */
void mvh_io_piece_completed(struct mvh_io *io)
{
	struct mvh_io_port *port = io->port;
	unsigned long flags;
	bool first;

	/* A full barrier, which pairs with mvh_io_port_end(). */
	first = llist_add(&io->node, &port->completed);
	if (unlikely(READ_ONCE(*port->hangs)))
		WRITE_ONCE(*port->hangs, false);
	if (first)
		mvh_io_port_notify(port);
	/* Others are in flight.  Afterwards the last of them may have freed the port. */
	if (atomic_add_unless(&port->n_inflight, -1, 1))
		return;
	spin_lock_irqsave(&port->lock, flags);
	if (atomic_dec_and_test(&port->n_inflight)) {
		/* The first one's run may have met memory that it could not reach. */
		if (!first)
			mvh_io_port_notify(port);
		/* A waiter looks at the number under the lock, too. */
		if (waitqueue_active(&port->idle))
			wake_up(&port->idle);
		if (port->orphan)
			queue_work(mvh_io_reaper, &port->free_work);
	}
	spin_unlock_irqrestore(&port->lock, flags);
}

static void mvh_io_port_timeout(struct timer_list *timer)
{
	struct mvh_io_port *port = container_of(timer, struct mvh_io_port, timer);

	mvh_vq_schedule(port->vq);
}

static int mvh_io_port_alloc(struct mvh_io_port *port, unsigned int n)
{
	unsigned int i;

	port->slots = kvcalloc(n, port->slot_size, GFP_KERNEL_ACCOUNT);
	port->free = kvmalloc_array(n, sizeof(*port->free), GFP_KERNEL_ACCOUNT);
	if (!port->slots || !port->free) {
		mvh_io_port_fini(port);
		return -ENOMEM;
	}
	port->n_slots = n;
	port->n_free = n;
	for (i = 0; i < n; i++) {
		struct mvh_io *io = mvh_io_port_slot(port, i);

		io->port = port;
		mvh_io_init(io);
		port->free[n - 1 - i] = io;
	}
	return 0;
}

/**
 * mvh_io_port_init - make the port of a queue
 * @port: zeroed memory of the front
 * @front: what it is a port of
 * @vq: the queue, about to be attached
 * @hangs: where ports that use the same disks note that a backing does not answer
 * @slot_size: bytes of a slot, which begins with struct mvh_io
 *
 * It has a slot for each descriptor of the ring, up to MVH_IO_SLOTS_MAX.
 *
 * Context: Process context, may sleep.
 * Return: 0, and mvh_io_port_destroy() is the opposite; or -ENOMEM, and the front frees
 * @port.
 */
int mvh_io_port_init(struct mvh_io_port *port, struct mvh_io_front *front,
		     struct mvh_vq *vq, bool *hangs, size_t slot_size)
{
	int err;

	spin_lock_init(&port->lock);
	init_llist_head(&port->completed);
	init_waitqueue_head(&port->idle);
	INIT_WORK(&port->free_work, mvh_io_port_free_work);
	timer_setup(&port->timer, mvh_io_port_timeout, 0);
	port->front = front;
	port->vq = vq;
	port->hangs = hangs;
	port->slot_size = slot_size;
	err = mvh_io_port_alloc(port, min_t(u32, mvh_vq_num(vq), MVH_IO_SLOTS_MAX));
	if (!err)
		atomic_inc(&front->n_ports);
	return err;
}
EXPORT_SYMBOL_GPL(mvh_io_port_init);

/**
 * mvh_io_port_destroy - the port is not used any more
 * @port: the port, stopped
 *
 * With requests in flight it becomes an orphan, which its last completion frees.
 *
 * Context: Process context.
 */
void mvh_io_port_destroy(struct mvh_io_port *port)
{
	bool busy;

	spin_lock_irq(&port->lock);
	busy = atomic_read(&port->n_inflight);
	port->orphan = busy;
	if (busy)
		port->front->orphan(port);
	spin_unlock_irq(&port->lock);
	if (!busy)
		mvh_io_port_free(port);
}
EXPORT_SYMBOL_GPL(mvh_io_port_destroy);

/**
 * mvh_io_port_start - let completions schedule the queue
 * @port: the port
 *
 * Context: see mvh_backend_ops.start.
 */
void mvh_io_port_start(struct mvh_io_port *port)
{
	mvh_vq_assert_held(port->vq);
	WRITE_ONCE(port->listening, true);
}
EXPORT_SYMBOL_GPL(mvh_io_port_start);

static bool mvh_io_port_is_idle(struct mvh_io_port *port)
{
	bool idle;

	spin_lock_irq(&port->lock);
	idle = !atomic_read(&port->n_inflight);
	spin_unlock_irq(&port->lock);
	return idle;
}

/* Wait until nothing is in flight, and complete it.  Returns 0, or -EINTR if killed. */
static int mvh_io_port_finish(struct mvh_io_port *port)
{
	int err;

	port->draining = true;
	mvh_io_port_fail_kept(port);
	do {
		err = wait_event_killable(port->idle, mvh_io_port_is_idle(port));
		if (err)
			break;
		mvh_vq_refill(port->vq);
		mvh_io_port_reap(port);
	} while (!mvh_io_port_is_idle(port) || mvh_io_port_has_completed(port));
	port->draining = false;
	return err ? -EINTR : 0;
}

/**
 * mvh_io_port_drain - wait until nothing is in flight, and complete it
 * @port: the port
 *
 * Requests that wait for space or a resume fail.  An answer that cannot be written by then
 * stops the queue: once guest memory has changed, its address may be anything of the
 * owner's.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 * Return: 0, or -EINTR if the caller was killed.
 */
int mvh_io_port_drain(struct mvh_io_port *port)
{
	struct mvh_vq *vq = port->vq;
	int err;

	mvh_vq_assert_held(vq);
	err = mvh_io_port_finish(port);
	if (err || !port->unanswered)
		return err;
	mvh_io_port_answer(port);
	if (port->unanswered && vq->state == MVH_VQ_RUNNING)
		mvh_vq_bad(vq, MVH_BAD_ADDRESS);
	else if (vq->state == MVH_VQ_RUNNING)
		mvh_vq_flush(vq);
	mvh_io_port_drop_unanswered(port);
	return 0;
}
EXPORT_SYMBOL_GPL(mvh_io_port_drain);

static void mvh_io_port_wait_idle(struct mvh_io_port *port)
{
	long left = READ_ONCE(*port->hangs) ? 0 : MVH_IO_STOP_SECS * HZ;

	if (!wait_event_timeout(port->idle, mvh_io_port_is_idle(port), left))
		WRITE_ONCE(*port->hangs, true);
}

/**
 * mvh_io_port_cancel - leave undone what has not begun
 * @port: the port
 *
 * What has begun ends with its piece, or its part of a range.  The port is of no other
 * use afterwards than to be stopped.
 *
 * Context: see mvh_backend_ops.cancel.
 */
void mvh_io_port_cancel(struct mvh_io_port *port)
{
	unsigned int i;

	mvh_vq_assert_held(port->vq);
	WRITE_ONCE(port->cancelled, true);
	for (i = 0; i < port->n_slots; i++) {
		struct mvh_io *io = mvh_io_port_slot(port, i);

		if (mvh_io_piece_cancel(io))
			mvh_io_piece_completed(io);
	}
}
EXPORT_SYMBOL_GPL(mvh_io_port_cancel);

/**
 * mvh_io_port_stop - stop listening to completions
 * @port: the port
 *
 * Waits until nothing is in flight, and completes it.  A caller that was killed, or
 * that does not see the owner's memory, cancels and waits, so that no write of this
 * user arrives after one of the next.  Requests that the backing does not answer in
 * time stay in flight; mvh_io_port_destroy() deals with them.
 *
 * Context: see mvh_backend_ops.stop.
 */
void mvh_io_port_stop(struct mvh_io_port *port)
{
	struct mvh_vq *vq = port->vq;

	mvh_vq_assert_held(vq);
	timer_delete_sync(&port->timer);
	if (!mvh_vq_reachable(vq) || mvh_io_port_finish(port)) {
		mvh_io_port_cancel(port);
		mvh_io_port_wait_idle(port);
	}
	mvh_io_port_drop_kept(port);
	WRITE_ONCE(port->listening, false);
	if (!mvh_io_port_is_idle(port))
		synchronize_rcu();
	if (port->unanswered && vq->state == MVH_VQ_RUNNING && mvh_vq_reachable(vq)) {
		mvh_io_port_answer(port);
		mvh_vq_flush(vq);
	}
	mvh_io_port_drop_unanswered(port);
}
EXPORT_SYMBOL_GPL(mvh_io_port_stop);

/**
 * mvh_io_front_exit - wait until the last port of a front is freed
 * @front: the front, whose module is about to go
 */
void mvh_io_front_exit(struct mvh_io_front *front)
{
	wait_event(front->no_ports, !atomic_read(&front->n_ports));
	/* The last completion may have some way to go, and be preempted there. */
	synchronize_rcu_tasks();
}
EXPORT_SYMBOL_GPL(mvh_io_front_exit);

/**
 * mvh_io_engine_init - prepare for the first port
 *
 * Return: 0, or -ENOMEM.
 */
int mvh_io_engine_init(void)
{
	mvh_io_reaper = alloc_workqueue("myvhost-reaper", WQ_UNBOUND, 0);
	return mvh_io_reaper ? 0 : -ENOMEM;
}

/**
 * mvh_io_engine_exit - the opposite, after mvh_io_front_exit() of all fronts
 */
void mvh_io_engine_exit(void)
{
	destroy_workqueue(mvh_io_reaper);
}
