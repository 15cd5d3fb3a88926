/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread in the owner's address space that runs short pieces of work.
 */
#ifndef _MVH_WORKER_H
#define _MVH_WORKER_H

#include <linux/completion.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include "compat/compat.h"

struct cpumask;
struct mm_struct;
struct vhost_task;

/* Bits of the flags of struct mvh_work. */
enum {
	MVH_WORK_QUEUED,
};

/**
 * struct mvh_work - something for a worker to do
 * @node: place in the worker's list
 * @flags: MVH_WORK_QUEUED while on a list
 * @queued_at: when it was put there last, in nanoseconds
 * @fn: what to do; runs again if queued meanwhile
 */
struct mvh_work {
	struct llist_node node;
	unsigned long flags;
	u64 queued_at;
	void (*fn)(struct mvh_work *work);
};

/**
 * struct mvh_worker - the thread
 * @works: scheduled works, the last one first
 * @batch: works taken from there that have not run; the worker's own
 * @id: its name in the ioctls
 * @pinned: mvh_worker_set_cpus() chose its processors; the device's mutex
 * @killed: its process was killed, nothing runs any more; RCU
 * @dead: completed when the last work has run after that
 * @vtsk: the thread if it belongs to the owner's process, else NULL
 * @task: the thread if it is a kernel thread, else NULL
 * @mm: owner's address space, which the device keeps
 * @tid: thread id in the initial namespace
 * @kcov: KCOV handle to attribute the work to
 * @name: its name, as in ps
 */
struct mvh_worker {
	struct llist_head works;
	struct llist_node *batch;
	u32 id;
	bool pinned;
	bool killed;
	struct completion dead;
	struct vhost_task *vtsk;
	struct task_struct *task;
	struct mm_struct *mm;
	pid_t tid;
	mvh_kcov_handle kcov;
	char name[TASK_COMM_LEN];
};

/*
 * mvh_work_init() - prepare work
 * @fn: what to do
 */
static inline void mvh_work_init(struct mvh_work *work,
				 void (*fn)(struct mvh_work *work))
{
	work->flags = 0;
	work->queued_at = 0;
	work->fn = fn;
}

/*
 * mvh_work_queued() - does work wait for its worker?
 *
 * Context: Any.
 * Return: true if it does.
 */
static inline bool mvh_work_queued(const struct mvh_work *work)
{
	return test_bit(MVH_WORK_QUEUED, &work->flags);
}

struct mvh_worker *mvh_worker_create(struct mm_struct *mm, bool fork_owner,
				     const char *suffix);
void mvh_worker_destroy(struct mvh_worker *worker);
void mvh_worker_set_cpus(struct mvh_worker *worker, const struct cpumask *cpus);
bool mvh_worker_schedule(struct mvh_worker *worker, struct mvh_work *work);
void mvh_worker_flush(struct mvh_worker *worker);

/*
 * mvh_worker_has_work() - does anything else wait for this worker?
 *
 * Context: The worker's own.
 * Return: true if so; a busy poll must end then.
 */
static inline bool mvh_worker_has_work(const struct mvh_worker *worker)
{
	return worker->batch || !llist_empty(&worker->works);
}

#endif /* _MVH_WORKER_H */
