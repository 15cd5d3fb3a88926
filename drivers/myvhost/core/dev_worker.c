// SPDX-License-Identifier: GPL-2.0
/*
 * The workers of a device.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/slab.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"

bool mvh_worker_per_vq;

/* @vq_name: the only queue it is for, or NULL. */
static struct mvh_worker *mvh_dev_add_worker(struct mvh_dev *dev,
					     const char *vq_name)
{
	/* One for each queue and one to spare, so that queues can move. */
	struct xa_limit limit = XA_LIMIT(0, dev->n_vqs);
	struct mvh_worker *worker;
	char suffix[TASK_COMM_LEN] = "";
	u32 id;
	int err;

	/* The id first: it bounds how many threads a caller can have. */
	err = xa_alloc(&dev->workers, &id, XA_ZERO_ENTRY, limit,
		       GFP_KERNEL_ACCOUNT);
	if (err)
		return ERR_PTR(-ENOMEM);
	if (vq_name)
		strscpy(suffix, vq_name, sizeof(suffix));
	else if (id)
		snprintf(suffix, sizeof(suffix), "w%u", id);
	worker = mvh_worker_create(dev->mm, dev->fork_owner, suffix);
	if (IS_ERR(worker)) {
		xa_erase(&dev->workers, id);
		return worker;
	}
	worker->id = id;
	xa_store(&dev->workers, id, worker, GFP_KERNEL_ACCOUNT);
	return worker;
}

/*
 * Have a worker run where its queues want it.  Returns 0 or -ENOMEM.
 */
static int mvh_dev_place_worker(struct mvh_dev *dev, struct mvh_worker *worker)
{
	cpumask_var_t cpus;
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	mvh_dev_for_each_vq(dev, vq)
		if (vq->cpus && mvh_vq_worker(vq) == worker)
			cpumask_or(cpus, cpus, vq->cpus);
	if (!cpumask_empty(cpus))
		mvh_worker_set_cpus(worker, cpus);
	else if (worker->pinned)
		mvh_worker_set_cpus(worker, cpu_possible_mask);
	free_cpumask_var(cpus);
	return 0;
}

/**
 * mvh_dev_pin_vq - choose the processors of a queue's worker
 * @dev: the device, locked, with an owner or not
 * @vq: the queue
 * @cpus: the processors, none for any; copied
 *
 * They stay for later owners.
 *
 * Return: 0 or -ENOMEM.
 */
int mvh_dev_pin_vq(struct mvh_dev *dev, struct mvh_vq *vq, const struct cpumask *cpus)
{
	struct mvh_worker *worker = mvh_vq_worker(vq);
	struct cpumask *copy = NULL;

	lockdep_assert_held(&dev->mutex);
	if (!cpumask_empty(cpus)) {
		copy = kmemdup(cpus, cpumask_size(), GFP_KERNEL_ACCOUNT);
		if (!copy)
			return -ENOMEM;
	}
	kfree(vq->cpus);
	vq->cpus = copy;
	return worker ? mvh_dev_place_worker(dev, worker) : 0;
}

/**
 * mvh_dev_free_workers - end all workers
 * @dev: the device, locked, its queues off
 */
void mvh_dev_free_workers(struct mvh_dev *dev)
{
	struct mvh_worker *worker;
	unsigned long id;
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	if (xa_empty(&dev->workers))
		return;
	mvh_dev_for_each_vq(dev, vq)
		RCU_INIT_POINTER(vq->worker, NULL);
	synchronize_rcu();
	xa_for_each(&dev->workers, id, worker)
		mvh_worker_destroy(worker);
	xa_destroy(&dev->workers);
}

/**
 * mvh_dev_start_workers - give each queue a worker
 * @dev: the device, locked, with a new owner
 *
 * Return: 0, -ENOMEM, or what the creation of a thread says.
 */
int mvh_dev_start_workers(struct mvh_dev *dev)
{
	bool per_vq = dev->n_workers ? dev->n_workers == dev->n_vqs :
				       mvh_worker_per_vq;
	unsigned int n = per_vq ? dev->n_vqs : dev->n_workers ?: 1;
	struct mvh_worker *worker;
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&dev->mutex);
	for (i = 0; i < dev->n_vqs; i++) {
		/* Their ids are 0 to n - 1. */
		if (i < n)
			worker = mvh_dev_add_worker(dev, per_vq ?
				dev->backend->vq_names[i] : NULL);
		else
			worker = xa_load(&dev->workers, i % n);
		if (IS_ERR(worker))
			return PTR_ERR(worker);
		mvh_vq_set_worker(&dev->vq[i], worker);
	}
	for (i = 0; i < n && !err; i++)
		err = mvh_dev_place_worker(dev, xa_load(&dev->workers, i));
	return err;
}

/**
 * mvh_dev_new_worker - start another worker
 * @dev: the device, locked and owned
 * @id: where to put its id
 *
 * Return: 0; -EFAULT if workers are kernel threads although the kernel could
 * account them to the owner; -ENOMEM, also if there are as many as queues and
 * one more.
 */
int mvh_dev_new_worker(struct mvh_dev *dev, u32 *id)
{
	struct mvh_worker *worker;

	lockdep_assert_held(&dev->mutex);
	if (MVH_HAVE_VHOST_TASK && !dev->fork_owner)
		return -EFAULT;
	worker = mvh_dev_add_worker(dev, NULL);
	if (IS_ERR(worker))
		return -ENOMEM;
	*id = worker->id;
	return 0;
}

static bool mvh_dev_worker_used(struct mvh_dev *dev,
				const struct mvh_worker *worker)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq)
		if (rcu_access_pointer(vq->worker) == worker)
			return true;
	return false;
}

/**
 * mvh_dev_free_worker - stop a worker that serves no queue
 * @dev: the device, locked and owned
 * @id: its id
 *
 * Return: 0, -ENODEV if there is none, or -EBUSY if it serves a queue.
 */
int mvh_dev_free_worker(struct mvh_dev *dev, u32 id)
{
	struct mvh_worker *worker = xa_load(&dev->workers, id);

	lockdep_assert_held(&dev->mutex);
	if (!worker)
		return -ENODEV;
	if (mvh_dev_worker_used(dev, worker) || READ_ONCE(worker->killed))
		return -EBUSY;
	xa_erase(&dev->workers, id);
	mvh_worker_destroy(worker);
	return 0;
}

/*
 * mvh_dev_attach_worker() - let a worker serve a queue
 * @dev: the device, locked and owned
 * @id: the worker's id
 *
 * Return: 0, -ENODEV if there is none, or -ENOMEM.
 */
int mvh_dev_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq, u32 id)
{
	struct mvh_worker *worker = xa_load(&dev->workers, id);
	struct mvh_worker *old = mvh_vq_worker(vq);

	lockdep_assert_held(&dev->mutex);
	if (!worker)
		return -ENODEV;
	mvh_vq_set_worker(vq, worker);
	return mvh_dev_place_worker(dev, worker) ?: mvh_dev_place_worker(dev, old);
}
