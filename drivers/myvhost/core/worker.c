// SPDX-License-Identifier: GPL-2.0
/*
 * A thread in the owner's address space that runs short pieces of work, in the
 * order in which they came.  It knows nothing of queues and devices.
 *
 * Two kinds: a thread of the owner's process (vhost_task), which inherits
 * everything and is accounted with it, or a kernel thread that borrows the
 * address space, moves into the owner's cgroups, and charges the owner's memory
 * cgroup.
 */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/kcov.h>
#include <linux/ktime.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "compat/compat.h"
#include "worker.h"

/* Work that its creator waits for. */
struct mvh_wait_work {
	struct mvh_work work;
	struct completion done;
};

/* The first work of a worker: settle in. */
struct mvh_settle_work {
	struct mvh_wait_work wait;
	struct mvh_worker *worker;
	struct task_struct *owner;
	int err;
};

static void mvh_worker_wake(struct mvh_worker *worker)
{
	if (worker->vtsk)
		vhost_task_wake(worker->vtsk);
	else
		wake_up_process(worker->task);
}

/*
 * mvh_worker_schedule() - have a worker run a work
 * @work: the work; if it is scheduled already, it runs once
 *
 * Context: Any, with interrupts on or off.
 * Return: true if it will run or waits already, false if the worker was killed.
 */
bool mvh_worker_schedule(struct mvh_worker *worker, struct mvh_work *work)
{
	bool alive;

	rcu_read_lock();
	alive = !READ_ONCE(worker->killed);
	/* Before the bit, so that who sees the bit sees this time or a later one. */
	if (alive && !mvh_work_queued(work))
		WRITE_ONCE(work->queued_at, ktime_get_ns());
	if (alive && !test_and_set_bit(MVH_WORK_QUEUED, &work->flags)) {
		llist_add(&work->node, &worker->works);
		mvh_worker_wake(worker);
	}
	rcu_read_unlock();
	return alive;
}

/* Run what waits; true if there was something. */
static bool mvh_worker_run(struct mvh_worker *worker)
{
	struct llist_node *list = llist_del_all(&worker->works);

	if (!list)
		return false;
	__set_current_state(TASK_RUNNING);
	worker->batch = llist_reverse_order(list);
	while (worker->batch) {
		struct mvh_work *work = llist_entry(worker->batch,
						    struct mvh_work, node);

		worker->batch = worker->batch->next;
		clear_bit(MVH_WORK_QUEUED, &work->flags);
		/*
		 * Pairs with test_and_set_bit() in mvh_worker_schedule(): the writes
		 * of a task that found the bit set are seen by fn().
		 */
		smp_mb__after_atomic();
		kcov_remote_start_common(worker->kcov);
		work->fn(work);
		kcov_remote_stop();
		cond_resched();
	}
	return true;
}

static bool mvh_worker_vtsk_fn(void *data)
{
	return mvh_worker_run(data);
}

/* The owner's process was killed: run the works that wait, accept no more. */
static void mvh_worker_vtsk_killed(void *data)
{
	struct mvh_worker *worker = data;

	WRITE_ONCE(worker->killed, true);
	synchronize_rcu();
	while (mvh_worker_run(worker))
		;
	complete_all(&worker->dead);
}

static void mvh_worker_loop(struct mvh_worker *worker)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!mvh_worker_run(worker))
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	mvh_worker_run(worker);
}

/* Kernel threads are charged to no memcg unless they set one. */
static int mvh_worker_kthread_fn(void *data)
{
	struct mvh_worker *worker = data;
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(worker->mm);
	struct mem_cgroup *old = set_active_memcg(memcg);

	kthread_use_mm(worker->mm);
	mvh_worker_loop(worker);
	kthread_unuse_mm(worker->mm);
	set_active_memcg(old);
	mem_cgroup_put(memcg);
	return 0;
}

static void mvh_wait_fn(struct mvh_work *work)
{
	complete(&container_of(work, struct mvh_wait_work, work)->done);
}

static void mvh_worker_wait(struct mvh_worker *worker,
			    struct mvh_wait_work *wait)
{
	if (mvh_worker_schedule(worker, &wait->work))
		wait_for_completion(&wait->done);
	else
		wait_for_completion(&worker->dead);
}

/*
 * mvh_worker_flush() - wait until all works scheduled before have run
 *
 * Context: Process context, may sleep.  No lock that works take may be held.
 */
void mvh_worker_flush(struct mvh_worker *worker)
{
	struct mvh_wait_work wait;

	mvh_work_init(&wait.work, mvh_wait_fn);
	init_completion(&wait.done);
	mvh_worker_wait(worker, &wait);
}

static void mvh_settle_fn(struct mvh_work *work)
{
	struct mvh_wait_work *wait =
		container_of(work, struct mvh_wait_work, work);
	struct mvh_settle_work *settle =
		container_of(wait, struct mvh_settle_work, wait);

	settle->worker->tid = task_pid_nr(current);
	if (settle->worker->task)
		settle->err = cgroup_attach_task_all(settle->owner, current);
	complete(&wait->done);
}

static int mvh_worker_settle(struct mvh_worker *worker)
{
	struct mvh_settle_work settle = {
		.worker = worker,
		.owner = current,
	};

	mvh_work_init(&settle.wait.work, mvh_settle_fn);
	init_completion(&settle.wait.done);
	mvh_worker_wait(worker, &settle.wait);
	return settle.err;
}

/* Work that chooses the worker's processors. */
struct mvh_cpus_work {
	struct mvh_wait_work wait;
	const struct cpumask *cpus;
};

static void mvh_cpus_fn(struct mvh_work *work)
{
	struct mvh_wait_work *wait =
		container_of(work, struct mvh_wait_work, work);

	/* Without any of them online it stays where it is. */
	set_cpus_allowed_ptr(current, container_of(wait, struct mvh_cpus_work, wait)->cpus);
	complete(&wait->done);
}

/*
 * mvh_worker_set_cpus() - choose the processors on which a worker may run
 *
 * Context: Process context, may sleep.  No lock that works take may be held.
 */
void mvh_worker_set_cpus(struct mvh_worker *worker, const struct cpumask *cpus)
{
	struct mvh_cpus_work work = { .cpus = cpus };

	mvh_work_init(&work.wait.work, mvh_cpus_fn);
	init_completion(&work.wait.done);
	mvh_worker_wait(worker, &work.wait);
	worker->pinned = true;
}

static int mvh_worker_start(struct mvh_worker *worker, bool fork_owner)
{
	void *thread;

	if (fork_owner) {
		thread = vhost_task_create(mvh_worker_vtsk_fn,
					   mvh_worker_vtsk_killed, worker,
					   worker->name);
		if (IS_ERR_OR_NULL(thread))
			return thread ? PTR_ERR(thread) : -ENOMEM;
		worker->vtsk = thread;
		vhost_task_start(worker->vtsk);
		return 0;
	}
	thread = kthread_create(mvh_worker_kthread_fn, worker, "%s",
				worker->name);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	worker->task = thread;
	wake_up_process(worker->task);
	return 0;
}

/**
 * mvh_worker_create - start a worker
 * @mm: the owner's address space; kept by the caller until the worker is gone
 * @fork_owner: make it a thread of the calling process, else a kernel thread
 * @suffix: end of its name, may be empty
 *
 * Context: Process context of the owner, may sleep.
 * Return: the worker, or ERR_PTR(-ENOMEM) or the error of the thread's creation.
 */
struct mvh_worker *mvh_worker_create(struct mm_struct *mm, bool fork_owner,
				     const char *suffix)
{
	struct mvh_worker *worker;
	int err;

	worker = kzalloc(sizeof(*worker), GFP_KERNEL_ACCOUNT);
	if (!worker)
		return ERR_PTR(-ENOMEM);
	init_llist_head(&worker->works);
	init_completion(&worker->dead);
	worker->mm = mm;
	worker->kcov = kcov_common_handle();
	snprintf(worker->name, sizeof(worker->name), "mvh-%d%s%s",
		 task_tgid_nr(current), *suffix ? "-" : "", suffix);
	err = mvh_worker_start(worker, fork_owner);
	if (err) {
		kfree(worker);
		return ERR_PTR(err);
	}
	err = mvh_worker_settle(worker);
	if (err) {
		mvh_worker_destroy(worker);
		return ERR_PTR(err);
	}
	return worker;
}

/**
 * mvh_worker_destroy - stop a worker and free it
 * @worker: the worker; no work is scheduled any more
 *
 * Context: Process context, may sleep.  Not from the worker.
 */
void mvh_worker_destroy(struct mvh_worker *worker)
{
	mvh_worker_flush(worker);
	if (worker->vtsk)
		vhost_task_stop(worker->vtsk);
	else
		kthread_stop(worker->task);
	kfree(worker);
}
