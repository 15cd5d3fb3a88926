// SPDX-License-Identifier: GPL-2.0
/*
 * One device: owner, features, guest memory, ports, workers.  Everything that a
 * dialect can ask for, free of how it is asked.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vhost_types.h>
#include <uapi/linux/virtio_config.h>
#include "compat/mvh_compat.h"
#include "backend.h"
#include "dev.h"
#include "dirty.h"
#include "frontend.h"

bool mvh_worker_per_vq;
unsigned int mvh_poll_max_us;

/* In rising order, as everywhere; dev->mutex makes the nesting safe. */
static void mvh_dev_lock_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	lockdep_assert_held(&dev->mutex);
	for (i = 0; i < dev->n_vqs; i++)
		mutex_lock_nest_lock(&dev->vq[i].mutex, &dev->mutex);
}

static void mvh_dev_unlock_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = dev->n_vqs; i--; )
		mutex_unlock(&dev->vq[i].mutex);
}

static bool mvh_dev_running(const struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++)
		if (dev->vq[i].state != MVH_VQ_OFF)
			return true;
	return false;
}

/**
 * mvh_dev_create - a device without owner
 * @backend: what kind
 * @frontend: the dialect
 *
 * Return: the device, ERR_PTR(-ENODEV) if there is no such kind, or
 * ERR_PTR(-ENOMEM).
 */
struct mvh_dev *mvh_dev_create(const char *backend,
			       const struct mvh_frontend_ops *frontend)
{
	const struct mvh_backend_ops *ops = mvh_backend_get(backend);
	struct mvh_dev *dev;
	unsigned int i;

	if (!ops)
		return ERR_PTR(-ENODEV);
	dev = kvzalloc(struct_size(dev, vq, ops->n_vqs), GFP_KERNEL_ACCOUNT);
	if (!dev) {
		mvh_backend_put(ops);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&dev->mutex);
	xa_init_flags(&dev->workers, XA_FLAGS_ALLOC);
	spin_lock_init(&dev->shared.miss_lock);
	init_waitqueue_head(&dev->shared.miss_wait);
	dev->shared.backend = ops;
	dev->shared.frontend = frontend;
	dev->fork_owner = MVH_HAVE_VHOST_TASK;
	dev->n_vqs = ops->n_vqs;
	for (i = 0; i < dev->n_vqs; i++)
		mvh_vq_init(&dev->vq[i], &dev->shared, i);
	return dev;
}

/**
 * mvh_dev_destroy - end a device
 * @dev: the device, which nobody else uses any more
 */
void mvh_dev_destroy(struct mvh_dev *dev)
{
	mutex_lock(&dev->mutex);
	mvh_dev_reset(dev);
	mutex_unlock(&dev->mutex);
	mvh_backend_put(dev->shared.backend);
	kvfree(dev);
}

/**
 * mvh_dev_check_owner - is the caller the owner?
 * @dev: the device, locked
 *
 * Return: 0, or -EPERM.
 */
int mvh_dev_check_owner(const struct mvh_dev *dev)
{
	return dev->mm == current->mm ? 0 : -EPERM;
}

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

static void mvh_dev_free_workers(struct mvh_dev *dev)
{
	struct mvh_worker *worker;
	unsigned long id;
	unsigned int i;

	if (xa_empty(&dev->workers))
		return;
	for (i = 0; i < dev->n_vqs; i++)
		RCU_INIT_POINTER(dev->vq[i].worker, NULL);
	synchronize_rcu();
	xa_for_each(&dev->workers, id, worker)
		mvh_worker_destroy(worker);
	xa_destroy(&dev->workers);
}

static int mvh_dev_start_workers(struct mvh_dev *dev)
{
	struct mvh_worker *worker = NULL;
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++) {
		if (!worker || mvh_worker_per_vq)
			worker = mvh_dev_add_worker(dev, mvh_worker_per_vq ?
				dev->shared.backend->vq_names[i] : NULL);
		if (IS_ERR(worker))
			return PTR_ERR(worker);
		mvh_vq_set_worker(&dev->vq[i], worker);
	}
	return 0;
}

/**
 * mvh_dev_set_owner - let the caller own the device
 * @dev: the device, locked
 *
 * Return: 0, -EBUSY if it is owned already, -ENOMEM, or what the creation of a
 * thread says.
 */
int mvh_dev_set_owner(struct mvh_dev *dev)
{
	unsigned int i;
	int err = 0;

	if (dev->mm)
		return -EBUSY;
	dev->mm = get_task_mm(current);
	if (!dev->mm)
		return -EPERM;
	dev->shared.owner = task_tgid_nr(current);
	for (i = 0; i < dev->n_vqs && !err; i++) {
		dev->vq[i].window.max_us = mvh_poll_max_us;
		err = mvh_vq_alloc(&dev->vq[i]);
	}
	if (!err)
		err = mvh_dev_start_workers(dev);
	if (err)
		mvh_dev_reset(dev);
	return err;
}

static void mvh_dev_detach(struct mvh_dev *dev, struct mvh_vq *vq)
{
	struct file *file = vq->file;
	void *port = vq->port;

	if (!port)
		return;
	mutex_lock(&vq->mutex);
	mvh_vq_stop(vq);
	vq->port = NULL;
	vq->file = NULL;
	mutex_unlock(&vq->mutex);
	dev->shared.backend->detach(vq, port);
	fput(file);
}

/* Forget a missing translation; true if the queue waited for it. */
static bool mvh_dev_forget_miss(struct mvh_dev *dev, struct mvh_vq *vq)
{
	bool waited;

	spin_lock(&dev->shared.miss_lock);
	waited = vq->miss.state != MVH_MISS_NONE;
	vq->miss.state = MVH_MISS_NONE;
	spin_unlock(&dev->shared.miss_lock);
	return waited;
}

/**
 * mvh_dev_reset - back to a device without owner
 * @dev: the device, locked
 */
void mvh_dev_reset(struct mvh_dev *dev)
{
	struct mvh_shared *shared = &dev->shared;
	unsigned int i;

	lockdep_assert_held(&dev->mutex);
	for (i = 0; i < dev->n_vqs; i++)
		mvh_dev_detach(dev, &dev->vq[i]);
	mvh_dev_free_workers(dev);
	for (i = 0; i < dev->n_vqs; i++)
		mvh_vq_reset(&dev->vq[i]);
	if (shared->log_event)
		eventfd_ctx_put(shared->log_event);
	mvh_map_free(shared->table);
	mvh_map_free(shared->iotlb);
	shared->log_event = NULL;
	shared->log_base = 0;
	shared->table = NULL;
	shared->iotlb = NULL;
	shared->owner = 0;
	memset(shared->features, 0, sizeof(shared->features));
	dev->backend_features = 0;
	dev->fork_owner = MVH_HAVE_VHOST_TASK;
	if (dev->mm)
		mmput(dev->mm);
	dev->mm = NULL;
	/* A reader that waits for misses waits in vain. */
	wake_up_interruptible_all(&shared->miss_wait);
}

/* Publish what queues look at; their mutexes held. */
static void mvh_dev_refresh_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++)
		mvh_vq_set_features(&dev->vq[i]);
}

static void mvh_dev_unmap_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++)
		mvh_vq_unmap(&dev->vq[i]);
}

/* Ring addresses change their meaning with the IOMMU: forget them. */
static void mvh_dev_forget_rings(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++) {
		dev->vq[i].placed = false;
		dev->vq[i].log_used = false;
	}
}

/* All translations are gone: queues that wait for one ask again. */
static void mvh_dev_renew_misses(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++)
		if (mvh_dev_forget_miss(dev, &dev->vq[i]))
			mvh_vq_queue(&dev->vq[i]);
	/* Without IOMMU there will be none to read. */
	wake_up_interruptible_all(&dev->shared.miss_wait);
}

static bool mvh_log_only(const u64 *a, const u64 *b)
{
	return !((a[0] ^ b[0]) & ~MVH_F_BIT(VHOST_F_LOG_ALL)) && a[1] == b[1];
}

/**
 * mvh_dev_set_features - set what was negotiated
 * @dev: the device, locked
 * @features: a subset of what the back end offers
 *
 * While a queue has a port, only VHOST_F_LOG_ALL may change.  Translations are
 * forgotten each time, because the owner may have changed them unnoticed while
 * the device was stopped.
 *
 * Return: 0, -EFAULT if writes could not be logged, -EBUSY, or -ENOMEM.
 */
int mvh_dev_set_features(struct mvh_dev *dev, const u64 *features)
{
	struct mvh_shared *shared = &dev->shared;
	bool iommu = mvh_has_feature(features, VIRTIO_F_ACCESS_PLATFORM);
	bool was_iommu = shared->iotlb;
	struct mvh_map *iotlb = NULL;

	if (mvh_dev_running(dev) && !mvh_log_only(features, shared->features))
		return -EBUSY;
	if (mvh_has_feature(features, VHOST_F_LOG_ALL) &&
	    !mvh_dev_log_ok(dev, shared->log_base))
		return -EFAULT;
	if (iommu) {
		iotlb = mvh_map_create_cache();
		if (!iotlb)
			return -ENOMEM;
	}
	mvh_dev_lock_vqs(dev);
	swap(iotlb, shared->iotlb);
	memcpy(shared->features, features, sizeof(shared->features));
	if (iommu || was_iommu)
		mvh_dev_unmap_vqs(dev);
	if (iommu != was_iommu)
		mvh_dev_forget_rings(dev);
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	mvh_map_free(iotlb);
	if (was_iommu)
		mvh_dev_renew_misses(dev);
	return 0;
}

/* Is all of guest memory the owner's, and can it be logged if need be? */
static bool mvh_table_ok(const struct mvh_map *table, bool logging, u64 base)
{
	u32 i;

	if (!table)
		return false;
	for (i = 0; i < table->n; i++) {
		const struct mvh_region *r = &table->region[i];
		u64 len = r->last - r->start + 1;

		if (!access_ok((void __user *)(uintptr_t)r->uaddr, len))
			return false;
		if (logging && !mvh_log_range_ok(base, r->start, len))
			return false;
	}
	return true;
}

static bool mvh_dev_logging(const struct mvh_dev *dev)
{
	return mvh_has_feature(dev->shared.features, VHOST_F_LOG_ALL);
}

/**
 * mvh_dev_log_ok - could the log be here?
 * @dev: the device, locked
 * @base: owner's address of the log
 *
 * Without a port nothing is written yet, and the port's attachment checks.
 *
 * Return: true if it could.
 */
bool mvh_dev_log_ok(const struct mvh_dev *dev, u64 base)
{
	return !mvh_dev_running(dev) ||
	       mvh_table_ok(dev->shared.table, true, base);
}

/**
 * mvh_dev_set_table - set guest physical memory
 * @dev: the device, locked
 * @table: the map, which the device keeps if the call succeeds
 *
 * Queues go on.  When it returns, nothing uses the old map or the memory behind
 * it.
 *
 * Return: 0, or -EFAULT if it is not the owner's memory, or writes to it could
 * not be logged.
 */
int mvh_dev_set_table(struct mvh_dev *dev, struct mvh_map *table)
{
	struct mvh_shared *shared = &dev->shared;

	if (mvh_dev_running(dev) &&
	    !mvh_table_ok(table, mvh_dev_logging(dev), shared->log_base))
		return -EFAULT;
	mvh_dev_lock_vqs(dev);
	swap(table, shared->table);
	mvh_dev_unmap_vqs(dev);
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	mvh_map_free(table);
	return 0;
}

/**
 * mvh_dev_set_log_base - set where writes are logged
 * @dev: the device, locked
 * @base: owner's address of the log
 *
 * Return: 0, or -EFAULT.
 */
int mvh_dev_set_log_base(struct mvh_dev *dev, u64 base)
{
	if (mvh_dev_logging(dev) && !mvh_dev_log_ok(dev, base))
		return -EFAULT;
	mvh_dev_lock_vqs(dev);
	dev->shared.log_base = base;
	mvh_dev_unlock_vqs(dev);
	return 0;
}

/**
 * mvh_dev_set_log_event - set who is told that something was logged
 * @dev: the device, locked
 * @event: the eventfd or NULL
 *
 * Return: the one before, for the caller to put.
 */
struct eventfd_ctx *mvh_dev_set_log_event(struct mvh_dev *dev,
					  struct eventfd_ctx *event)
{
	mvh_dev_lock_vqs(dev);
	swap(event, dev->shared.log_event);
	mvh_dev_unlock_vqs(dev);
	return event;
}

static bool mvh_dev_port_ok(struct mvh_dev *dev, struct mvh_vq *vq)
{
	struct mvh_shared *shared = &dev->shared;

	return mvh_table_ok(shared->table, mvh_dev_logging(dev),
			    shared->log_base) &&
	       mvh_vq_ring_ok(vq, vq->addr);
}

/* Put a new port in the place of the old one; the old one is still attached. */
static int mvh_dev_swap_port(struct mvh_vq *vq, void **port,
			     struct file **file)
{
	int err;

	mutex_lock(&vq->mutex);
	mvh_vq_stop(vq);
	swap(vq->port, *port);
	swap(vq->file, *file);
	err = mvh_vq_start(vq);
	if (err) {
		swap(vq->port, *port);
		swap(vq->file, *file);
		/* If the old port fails too, the queue is off. */
		if (vq->port)
			mvh_vq_start(vq);
	}
	mutex_unlock(&vq->mutex);
	return err;
}

/**
 * mvh_dev_set_port - attach a queue to a file, or detach it
 * @dev: the device, locked
 * @vq: the queue
 * @fd: the file's descriptor, or -1 to detach, which cannot fail
 *
 * Attaching the file that is attached already changes nothing.
 *
 * Return: 0; -EFAULT if memory table, ring or log are not set up; what the back
 * end says of the file; or what mvh_vq_start() says.
 */
int mvh_dev_set_port(struct mvh_dev *dev, struct mvh_vq *vq, int fd)
{
	struct file *file;
	void *port;
	int err;

	if (fd == -1) {
		mvh_dev_detach(dev, vq);
		mvh_dev_forget_miss(dev, vq);
		return 0;
	}
	if (!mvh_dev_port_ok(dev, vq))
		return -EFAULT;
	file = fget(fd);
	if (!file)
		return -ENOTSOCK;
	if (file == vq->file) {
		fput(file);
		return 0;
	}
	port = dev->shared.backend->attach(vq, file);
	if (IS_ERR(port)) {
		fput(file);
		return PTR_ERR(port);
	}
	err = mvh_dev_swap_port(vq, &port, &file);
	if (port)
		dev->shared.backend->detach(vq, port);
	if (file)
		fput(file);
	return err;
}

/* Does a range touch the ring of a queue? */
static bool mvh_vq_ring_hit(const struct mvh_vq *vq, u64 start, u64 last)
{
	enum mvh_part part;

	for (part = 0; part < MVH_PART_MAX; part++) {
		u64 size = mvh_ring_part_size(vq->ring.packed,
					      vq->ring.event_idx, vq->ring.num,
					      part);

		if (vq->addr[part] <= last &&
		    vq->addr[part] + size - 1 >= start)
			return true;
	}
	return false;
}

/* Install a new IOTLB; the queues' rings follow if they are touched. */
static void mvh_dev_publish_iotlb(struct mvh_dev *dev, struct mvh_map *iotlb,
				  u64 start, u64 last)
{
	unsigned int i;

	mvh_dev_lock_vqs(dev);
	swap(iotlb, dev->shared.iotlb);
	for (i = 0; i < dev->n_vqs; i++) {
		struct mvh_vq *vq = &dev->vq[i];

		if (vq->mapped && mvh_vq_ring_hit(vq, start, last))
			mvh_vq_unmap(vq);
		mvh_view_set(&vq->view, dev->shared.iotlb);
	}
	mvh_dev_unlock_vqs(dev);
	mvh_map_free(iotlb);
}

/* Run the queues that wait for an address in a range. */
static void mvh_dev_answer_misses(struct mvh_dev *dev, u64 start, u64 last)
{
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++) {
		struct mvh_vq *vq = &dev->vq[i];
		struct mvh_miss *miss = &vq->miss;
		bool hit;

		spin_lock(&dev->shared.miss_lock);
		hit = miss->state != MVH_MISS_NONE && miss->iova >= start &&
		      miss->iova <= last;
		if (hit)
			miss->state = MVH_MISS_NONE;
		spin_unlock(&dev->shared.miss_lock);
		if (hit)
			mvh_vq_queue(vq);
	}
}

/**
 * mvh_dev_iotlb_update - the owner gives a translation
 * @dev: the device, locked
 * @region: the translation
 *
 * Return: 0, -EFAULT if there is no IOMMU, or -ENOMEM.
 */
int mvh_dev_iotlb_update(struct mvh_dev *dev, const struct mvh_region *region)
{
	struct mvh_map *map;

	if (!dev->shared.iotlb)
		return -EFAULT;
	map = mvh_map_insert(dev->shared.iotlb, region, MVH_IOTLB_MAX);
	if (!map)
		return -ENOMEM;
	mvh_dev_publish_iotlb(dev, map, region->start, region->last);
	mvh_dev_answer_misses(dev, region->start, region->last);
	return 0;
}

/**
 * mvh_dev_iotlb_invalidate - the owner takes translations back
 * @dev: the device, locked
 * @start: first address
 * @last: last address, included
 *
 * When it returns, nothing uses them any more.
 *
 * Return: 0, -EFAULT if there is no IOMMU, or -ENOMEM.
 */
int mvh_dev_iotlb_invalidate(struct mvh_dev *dev, u64 start, u64 last)
{
	struct mvh_map *map;

	if (!dev->shared.iotlb)
		return -EFAULT;
	map = mvh_map_remove(dev->shared.iotlb, start, last);
	if (!map)
		return -ENOMEM;
	mvh_dev_publish_iotlb(dev, map, start, last);
	return 0;
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
	unsigned int i;

	for (i = 0; i < dev->n_vqs; i++)
		if (rcu_access_pointer(dev->vq[i].worker) == worker)
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

	if (!worker)
		return -ENODEV;
	if (mvh_dev_worker_used(dev, worker) || READ_ONCE(worker->killed))
		return -EBUSY;
	xa_erase(&dev->workers, id);
	mvh_worker_destroy(worker);
	return 0;
}

/**
 * mvh_dev_attach_worker - let a worker serve a queue
 * @dev: the device, locked and owned
 * @vq: the queue
 * @id: the worker's id
 *
 * Return: 0, or -ENODEV if there is none.
 */
int mvh_dev_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq, u32 id)
{
	struct mvh_worker *worker = xa_load(&dev->workers, id);

	if (!worker)
		return -ENODEV;
	mvh_vq_set_worker(vq, worker);
	return 0;
}
