// SPDX-License-Identifier: GPL-2.0
/*
 * One device: owner, features, guest memory, ports.  What dialects have in common,
 * without their ioctls.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vhost_types.h>
#include <uapi/linux/virtio_config.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"

unsigned int mvh_poll_max_us;

/**
 * mvh_dev_lock_vqs - lock all queues
 * @dev: the device, locked
 *
 * In rising order, as everywhere; the device's mutex makes the nesting safe.
 */
void mvh_dev_lock_vqs(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	mvh_dev_for_each_vq(dev, vq)
		mutex_lock_nest_lock(&vq->mutex, &dev->mutex);
}

/* mvh_dev_unlock_vqs() - undo mvh_dev_lock_vqs() */
void mvh_dev_unlock_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = dev->n_vqs; i--; )
		mutex_unlock(&dev->vq[i].mutex);
}

static void mvh_dev_assert_vqs_locked(const struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; IS_ENABLED(CONFIG_LOCKDEP) && i < dev->n_vqs; i++)
		lockdep_assert_held(&dev->vq[i].mutex);
}

/**
 * mvh_dev_quiesce_vqs - wait until nothing is in flight
 * @dev: the device, its queues locked
 *
 * Return: as mvh_vq_quiesce().
 */
int mvh_dev_quiesce_vqs(struct mvh_dev *dev)
{
	unsigned int i;
	int err = 0;

	mvh_dev_assert_vqs_locked(dev);
	for (i = 0; i < dev->n_vqs && !err; i++)
		err = mvh_vq_quiesce(&dev->vq[i]);
	return err;
}

static bool mvh_dev_running(const struct mvh_dev *dev)
{
	const struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq)
		if (mvh_vq_attached(vq))
			return true;
	return false;
}

/* The number of the last device that was made. */
static atomic_t mvh_dev_last_id = ATOMIC_INIT(0);

static struct mvh_dev *mvh_dev_alloc(const struct mvh_backend_ops *ops,
				     const struct mvh_frontend_ops *frontend,
				     unsigned int n_vqs)
{
	struct mvh_dev *dev;
	unsigned int i;

	dev = kvzalloc(struct_size(dev, vq, n_vqs), GFP_KERNEL_ACCOUNT);
	if (!dev)
		return NULL;
	mutex_init(&dev->mutex);
	dev->id = atomic_inc_return(&mvh_dev_last_id);
	xa_init_flags(&dev->workers, XA_FLAGS_ALLOC);
	spin_lock_init(&dev->miss_lock);
	init_waitqueue_head(&dev->miss_wait);
	dev->backend = ops;
	dev->frontend = frontend;
	memcpy(dev->offered, ops->features, sizeof(ops->features));
	dev->fork_owner = MVH_HAVE_VHOST_TASK;
	dev->n_vqs = n_vqs;
	for (i = 0; i < dev->n_vqs; i++)
		mvh_vq_init(&dev->vq[i], dev, i);
	return dev;
}

/**
 * mvh_dev_create - create a device without owner
 * @ops: its back end, whose reference passes to the device on success
 * @frontend: how to report to its front end
 * @n_vqs: how many queues, 0 for the usual number
 * @n_workers: how many threads for them, 0 for the usual number
 *
 * Return: the device, ERR_PTR(-EINVAL) if it cannot have that many queues or workers,
 * or ERR_PTR(-ENOMEM).
 */
struct mvh_dev *mvh_dev_create(const struct mvh_backend_ops *ops,
			       const struct mvh_frontend_ops *frontend,
			       unsigned int n_vqs, unsigned int n_workers)
{
	struct mvh_dev *dev;
	int err;

	n_vqs = n_vqs ?: ops->n_vqs;
	if (n_vqs < (ops->min_vqs ?: ops->n_vqs) || n_vqs > ops->max_vqs ||
	    n_workers > n_vqs)
		return ERR_PTR(-EINVAL);
	dev = mvh_dev_alloc(ops, frontend, n_vqs);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->n_workers = n_workers;
	err = ops->open ? ops->open(dev, n_vqs) : 0;
	if (err) {
		kvfree(dev);
		return ERR_PTR(err);
	}
	return dev;
}

/**
 * mvh_dev_destroy - free a device
 * @dev: the device, of which there is no other user
 */
void mvh_dev_destroy(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mutex_lock(&dev->mutex);
	mvh_dev_clear_owner(dev);
	mvh_dev_for_each_vq(dev, vq)
		kfree(vq->cpus);
	mutex_unlock(&dev->mutex);
	if (dev->backend->close)
		dev->backend->close(dev);
	mvh_backend_put(dev->backend);
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
	lockdep_assert_held(&dev->mutex);
	return dev->mm == current->mm ? 0 : -EPERM;
}

/**
 * mvh_dev_check_foreign - does the device belong to somebody else?
 * @dev: the device, locked
 *
 * Return: 0 if the caller is the owner or there is none, else -EPERM.
 */
int mvh_dev_check_foreign(const struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	return dev->mm ? mvh_dev_check_owner(dev) : 0;
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

	lockdep_assert_held(&dev->mutex);
	if (dev->mm)
		return -EBUSY;
	dev->mm = get_task_mm(current);
	if (!dev->mm)
		return -EPERM;
	dev->task = get_task_struct(current->group_leader);
	dev->pin_freely = capable(CAP_IPC_LOCK);
	dev->told_user = false;
	dev->told_broken = false;
	dev->failure[0] = 0;
	dev->owner = task_tgid_nr(current);
	for (i = 0; i < dev->n_vqs && !err; i++) {
		dev->vq[i].window.max_us = mvh_poll_max_us;
		err = mvh_vq_alloc(&dev->vq[i]);
	}
	if (!err)
		err = mvh_dev_start_workers(dev);
	if (err) {
		mvh_dev_failed(dev, "no memory or thread for the queues: error %pe",
			       ERR_PTR(err));
		mvh_dev_clear_owner(dev);
	}
	return err;
}

/* A port and the file it was made of. */
struct mvh_attached {
	void *port;
	struct file *file;
};

static void mvh_vq_put_port(struct mvh_dev *dev, struct mvh_vq *vq,
			    struct mvh_attached *a)
{
	if (!a->port)
		return;
	dev->backend->detach(vq, a->port);
	if (a->file)
		fput(a->file);
}

static void mvh_vq_swap_port(struct mvh_vq *vq, struct mvh_attached *a)
{
	swap(vq->port, a->port);
	swap(vq->file, a->file);
}

/*
 * Replace the port of a queue.  If the new one cannot start, the old one starts
 * again; if that fails too, the queue has none.
 */
static int mvh_dev_swap_port(struct mvh_dev *dev, struct mvh_vq *vq,
			     struct mvh_attached *new)
{
	struct mvh_attached old = {};
	bool was_running;
	int err;

	mutex_lock(&vq->mutex);
	was_running = vq->state == MVH_VQ_RUNNING;
	mvh_vq_stop(vq);
	mvh_vq_swap_port(vq, new);
	err = mvh_vq_start(vq);
	if (err) {
		mvh_vq_swap_port(vq, new);
		if (!was_running || mvh_vq_start(vq))
			mvh_vq_swap_port(vq, &old);
	}
	mutex_unlock(&vq->mutex);
	mvh_vq_put_port(dev, vq, new);
	mvh_vq_put_port(dev, vq, &old);
	return err;
}

/**
 * mvh_dev_detach_vq - stop a queue and destroy its port
 * @dev: the device, locked
 * @vq: the queue, with or without port
 */
void mvh_dev_detach_vq(struct mvh_dev *dev, struct mvh_vq *vq)
{
	struct mvh_attached old = {};

	lockdep_assert_held(&dev->mutex);
	mutex_lock(&vq->mutex);
	mvh_vq_stop(vq);
	mvh_vq_swap_port(vq, &old);
	mutex_unlock(&vq->mutex);
	mvh_vq_put_port(dev, vq, &old);
}

/**
 * mvh_dev_cancel_vqs - give up what is in flight
 * @dev: the device, locked; its queues will be detached
 *
 * All of them first, so that none waits for what another one is about to give up.
 */
void mvh_dev_cancel_vqs(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	if (!dev->backend->cancel)
		return;
	mvh_dev_for_each_vq(dev, vq) {
		mutex_lock(&vq->mutex);
		if (mvh_vq_attached(vq))
			dev->backend->cancel(vq);
		mutex_unlock(&vq->mutex);
	}
}

/**
 * mvh_dev_clear_owner - detach all queues and forget the owner and what it set
 * @dev: the device, locked
 */
void mvh_dev_clear_owner(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	mvh_dev_cancel_vqs(dev);
	mvh_dev_for_each_vq(dev, vq)
		mvh_dev_detach_vq(dev, vq);
	mvh_dev_free_workers(dev);
	mvh_dev_for_each_vq(dev, vq) {
		mvh_vq_free(vq);
		mvh_dev_forget_miss(dev, vq);
	}
	if (dev->backend->reset)
		dev->backend->reset(dev);
	if (dev->log_event)
		eventfd_ctx_put(dev->log_event);
	if (dev->config_event)
		eventfd_ctx_put(dev->config_event);
	mvh_map_free(dev->table);
	mvh_map_free(dev->iotlb);
	mvh_map_free(dev->batch);
	dev->batch = NULL;
	dev->suspended = false;
	atomic_set(&dev->status, 0);
	dev->log_event = NULL;
	dev->config_event = NULL;
	dev->log_base = 0;
	dev->table = NULL;
	dev->iotlb = NULL;
	dev->owner = 0;
	memset(dev->features, 0, sizeof(dev->features));
	dev->backend_features = 0;
	dev->fork_owner = MVH_HAVE_VHOST_TASK;
	if (dev->mm) {
		put_task_struct(dev->task);
		mmput(dev->mm);
	}
	dev->mm = NULL;
	dev->task = NULL;
	/* Wake blocked readers: without an owner there are no misses. */
	wake_up_interruptible_all(&dev->miss_wait);
}

/**
 * mvh_dev_refresh_vqs - let the queues use new features, log or guest memory
 * @dev: the device, its queues locked
 */
void mvh_dev_refresh_vqs(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mvh_dev_assert_vqs_locked(dev);
	mvh_dev_for_each_vq(dev, vq)
		mvh_vq_refresh(vq);
}

static void mvh_dev_unmap_vqs(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq)
		mvh_vq_unmap(vq);
}

/* Ring addresses change their meaning with the IOMMU: forget them. */
static void mvh_dev_forget_rings(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq) {
		vq->placed = false;
		vq->log_used = false;
	}
}

/* Is all of guest memory the owner's, and can it be logged if need be? */
static bool mvh_table_usable(const struct mvh_map *table, bool logging, u64 base)
{
	u32 i;

	if (!table)
		return false;
	for (i = 0; i < table->n; i++) {
		const struct mvh_region *r = &table->region[i];
		u64 len = r->last - r->start + 1;

		if (!access_ok((void __user *)(uintptr_t)r->uaddr, len))
			return false;
		if (logging && !mvh_range_loggable(base, r->start, len))
			return false;
	}
	return true;
}

static bool mvh_dev_logging(const struct mvh_dev *dev)
{
	return mvh_has_feature(dev->features, VHOST_F_LOG_ALL);
}

/* Without a port nothing is written yet, and attaching checks. */
static bool mvh_dev_loggable(const struct mvh_dev *dev, u64 base)
{
	const struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq)
		if (mvh_vq_attached(vq) && !mvh_vq_loggable(vq, base))
			return false;
	return !mvh_dev_running(dev) ||
	       mvh_table_usable(dev->table, true, base);
}

static bool mvh_only_log_differs(const u64 *a, const u64 *b)
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
 * Return: 0, -EPERM if somebody else owns the device, -EFAULT if writes could not be
 * logged, -EBUSY, -ENOMEM, or -EINTR if the caller was killed.
 */
int mvh_dev_set_features(struct mvh_dev *dev, const u64 *features)
{
	bool iommu = mvh_has_feature(features, VIRTIO_F_ACCESS_PLATFORM);
	bool was_iommu = dev->iotlb;
	struct mvh_map *iotlb = NULL;
	int err;

	lockdep_assert_held(&dev->mutex);
	err = mvh_dev_check_foreign(dev);
	if (err)
		return err;
	if (mvh_dev_running(dev) && !mvh_only_log_differs(features, dev->features))
		return -EBUSY;
	if (mvh_has_feature(features, VHOST_F_LOG_ALL) &&
	    !mvh_dev_loggable(dev, dev->log_base))
		return -EFAULT;
	if (iommu) {
		iotlb = mvh_map_create_cache(MVH_IOTLB_ROOM);
		if (!iotlb)
			return -ENOMEM;
	}
	mvh_dev_lock_vqs(dev);
	err = mvh_dev_quiesce_vqs(dev);
	if (err) {
		mvh_dev_unlock_vqs(dev);
		mvh_map_free(iotlb);
		return err;
	}
	swap(iotlb, dev->iotlb);
	memcpy(dev->features, features, sizeof(dev->features));
	if (iommu || was_iommu)
		mvh_dev_unmap_vqs(dev);
	if (iommu != was_iommu)
		mvh_dev_forget_rings(dev);
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	if (dev->backend->features_set)
		dev->backend->features_set(dev);
	mvh_map_free(iotlb);
	if (was_iommu)
		mvh_dev_renew_misses(dev);
	return 0;
}

/**
 * mvh_dev_set_table - set guest physical memory
 * @dev: the device, locked
 * @table: the map, which belongs to the device from now on
 *
 * Queues keep running.  When it returns, nothing uses the old map or the memory
 * behind it.
 *
 * Return: 0; or, with nothing changed, -EFAULT if it is not the owner's memory or
 * writes to it could not be logged, or -EINTR if the caller was killed.
 */
int mvh_dev_set_table(struct mvh_dev *dev, struct mvh_map *table)
{
	struct mvh_vq *vq;
	int err;

	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_running(dev) &&
	    !mvh_table_usable(table, mvh_dev_logging(dev), dev->log_base)) {
		mvh_map_free(table);
		return -EFAULT;
	}
	mvh_dev_lock_vqs(dev);
	err = mvh_dev_quiesce_vqs(dev);
	if (!err) {
		swap(table, dev->table);
		mvh_dev_refresh_vqs(dev);
		mvh_dev_for_each_vq(dev, vq)
			mvh_vq_remap(vq);
	}
	mvh_dev_unlock_vqs(dev);
	mvh_map_free(table);
	return err;
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
	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_logging(dev) && !mvh_dev_loggable(dev, base))
		return -EFAULT;
	mvh_dev_lock_vqs(dev);
	dev->log_base = base;
	mvh_dev_unlock_vqs(dev);
	return 0;
}

static void mvh_dev_swap_event(struct mvh_dev *dev, struct eventfd_ctx **where,
			       struct eventfd_ctx *event)
{
	mvh_dev_lock_vqs(dev);
	swap(event, *where);
	mvh_dev_unlock_vqs(dev);
	if (event)
		eventfd_ctx_put(event);
}

/**
 * mvh_dev_set_log_event - set the eventfd that is signalled when a bit was logged
 * @dev: the device, locked
 * @event: the eventfd, whose reference passes to the device, or NULL
 */
void mvh_dev_set_log_event(struct mvh_dev *dev, struct eventfd_ctx *event)
{
	lockdep_assert_held(&dev->mutex);
	mvh_dev_swap_event(dev, &dev->log_event, event);
}

/**
 * mvh_dev_set_config_event - set the eventfd for changes of the configuration space
 * @dev: the device, locked
 * @event: the eventfd, whose reference passes to the device, or NULL
 */
void mvh_dev_set_config_event(struct mvh_dev *dev, struct eventfd_ctx *event)
{
	lockdep_assert_held(&dev->mutex);
	mvh_dev_swap_event(dev, &dev->config_event, event);
}

/**
 * mvh_dev_set_backend_features - set VHOST_BACKEND_F_* that the owner uses
 * @dev: the device, locked
 * @features: a subset of those of the dialect
 *
 * Return: 0, or -EPERM if somebody else owns the device.
 */
int mvh_dev_set_backend_features(struct mvh_dev *dev, u64 features)
{
	int err = mvh_dev_check_foreign(dev);

	lockdep_assert_held(&dev->mutex);
	/* Messages are read and written without the mutex. */
	if (!err)
		WRITE_ONCE(dev->backend_features, features);
	return err;
}

/**
 * mvh_dev_set_fork_owner - set what kind of threads workers are
 * @dev: the device, locked
 * @fork_owner: threads of the owner's process, not kernel threads
 *
 * Return: 0, or -EBUSY if there is an owner.
 */
int mvh_dev_set_fork_owner(struct mvh_dev *dev, bool fork_owner)
{
	lockdep_assert_held(&dev->mutex);
	if (dev->mm)
		return -EBUSY;
	dev->fork_owner = fork_owner;
	return 0;
}

static bool mvh_dev_can_attach(struct mvh_dev *dev, struct mvh_vq *vq)
{
	/* Memory that is all I/O virtual is looked at when it is used. */
	if (dev->iotlb && !dev->iotlb->cached)
		return true;
	return mvh_table_usable(dev->table, mvh_dev_logging(dev),
			    dev->log_base) &&
	       (!mvh_dev_logging(dev) || mvh_vq_loggable(vq, dev->log_base)) &&
	       mvh_vq_in_user_range(vq, vq->addr);
}

/* Takes the file over. */
static int mvh_dev_attach(struct mvh_dev *dev, struct mvh_vq *vq,
			  struct file *file)
{
	struct mvh_attached new = { .file = file };

	new.port = dev->backend->attach(vq, file);
	if (IS_ERR(new.port)) {
		if (file)
			fput(file);
		return PTR_ERR(new.port);
	}
	return mvh_dev_swap_port(dev, vq, &new);
}

/*
 * mvh_dev_set_vq_port() - attach a queue to a file, or detach it
 * @dev: the device, locked
 * @fd: the file's descriptor, or -1 to detach, which cannot fail
 *
 * Attaching the file that is attached already changes nothing.
 *
 * Return: 0; -EFAULT if memory table, ring or log are not set up; what the back
 * end says of the file; or what mvh_vq_start() says.
 */
int mvh_dev_set_vq_port(struct mvh_dev *dev, struct mvh_vq *vq, int fd)
{
	struct file *file;

	lockdep_assert_held(&dev->mutex);
	if (fd == -1) {
		mvh_dev_detach_vq(dev, vq);
		mvh_dev_forget_miss(dev, vq);
		return 0;
	}
	if (!mvh_dev_can_attach(dev, vq))
		return -EFAULT;
	file = fget(fd);
	if (!file)
		return -ENOTSOCK;
	if (file == vq->file) {
		fput(file);
		return 0;
	}
	return mvh_dev_attach(dev, vq, file);
}

/*
 * mvh_dev_attach_vq() - serve a queue of a device whose queues have no files
 * @dev: the device, locked and owned
 *
 * A queue that is served already keeps running.
 *
 * Return: 0; -EFAULT if memory table or ring are not set up; what the back end
 * says; or what mvh_vq_start() says.
 */
int mvh_dev_attach_vq(struct mvh_dev *dev, struct mvh_vq *vq)
{
	lockdep_assert_held(&dev->mutex);
	if (mvh_vq_attached(vq))
		return 0;
	if (!mvh_dev_can_attach(dev, vq))
		return -EFAULT;
	return mvh_dev_attach(dev, vq, NULL);
}
