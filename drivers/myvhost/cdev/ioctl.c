// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the handler of an ioctl and calls it.
 */
#include <linux/eventfd.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include "core/backend.h"
#include "core/dev.h"
#include "ioctl.h"
#include "vhost_uapi.h"

/**
 * mvh_eventfd_get - the eventfd of a descriptor
 * @fd: the descriptor, or VHOST_FILE_UNBIND
 *
 * Return: the eventfd, NULL for VHOST_FILE_UNBIND, or an ERR_PTR.
 */
struct eventfd_ctx *mvh_eventfd_get(int fd)
{
	return fd == VHOST_FILE_UNBIND ? NULL : eventfd_ctx_fdget(fd);
}

/**
 * mvh_ioctl_set_event - an ioctl that sets an eventfd of the device
 * @dev: the device, locked
 * @where: the device's log_event or config_event
 * @arg: int of the caller, the descriptor or VHOST_FILE_UNBIND
 *
 * Return: 0; -EFAULT; -EBADF, -EINVAL if it is no descriptor or not an eventfd.
 */
long mvh_ioctl_set_event(struct mvh_dev *dev, struct eventfd_ctx **where,
			 void __user *arg)
{
	struct eventfd_ctx *event;
	int fd;

	if (get_user(fd, (int __user *)arg))
		return -EFAULT;
	event = mvh_eventfd_get(fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	event = mvh_dev_swap_event(dev, where, event);
	if (event)
		eventfd_ctx_put(event);
	return 0;
}

/**
 * mvh_ioctl_vq - the queue of an index
 * @dev: the device
 * @index: the index, from the caller
 * @vq: where to put the queue
 *
 * Return: 0, or -ENOBUFS if there is none.
 */
int mvh_ioctl_vq(struct mvh_dev *dev, u32 index, struct mvh_vq **vq)
{
	if (index >= dev->n_vqs)
		return -ENOBUFS;
	*vq = &dev->vq[array_index_nospec(index, dev->n_vqs)];
	return 0;
}

static const struct mvh_ioctl *mvh_ioctl_find(const struct mvh_ioctls *table,
					      unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < table->n; i++)
		if (table->entry[i].cmd == cmd)
			return &table->entry[i];
	return NULL;
}

static long mvh_ioctl_run(struct mvh_dev *dev, const struct mvh_ioctl *ioctl,
			  void __user *arg)
{
	struct mvh_vq *vq = NULL;
	long ret = 0;
	u32 index;

	if (ioctl->flags & MVH_IOC_OWNED && !dev->mm)
		return -EINVAL;
	if (ioctl->flags & MVH_IOC_OWNER)
		ret = mvh_dev_check_owner(dev);
	if (!ret && ioctl->flags & MVH_IOC_QUEUE)
		ret = get_user(index, (u32 __user *)arg) ?:
		      mvh_ioctl_vq(dev, index, &vq);
	if (ret)
		return ret;
	if (!(ioctl->flags & MVH_IOC_LOCK))
		return ioctl->fn(dev, vq, arg);
	mutex_lock(&vq->mutex);
	ret = ioctl->fn(dev, vq, arg);
	mutex_unlock(&vq->mutex);
	return ret;
}

/* What no table has may be an ioctl of the kind of device. */
static long mvh_ioctl_backend(struct mvh_dev *dev, unsigned int cmd,
			      void __user *arg)
{
	const struct mvh_backend_ops *backend = dev->backend;
	long ret;

	if (!backend->ioctl)
		return -ENOIOCTLCMD;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	ret = backend->ioctl(dev, cmd, arg);
	mutex_unlock(&dev->mutex);
	return ret;
}

/**
 * mvh_ioctl_call - carry out an ioctl
 * @dev: the device, not locked
 * @dialect: its dialect's own ioctls
 * @cmd: which
 * @arg: its argument
 *
 * Return: what the ioctl says; -ENOIOCTLCMD if there is none; -EINTR if the caller
 * was killed while another one went on.
 */
long mvh_ioctl_call(struct mvh_dev *dev, const struct mvh_ioctls *dialect,
		    unsigned int cmd, void __user *arg)
{
	const struct mvh_backend_ops *backend = dev->backend;
	const struct mvh_ioctl *ioctl = mvh_ioctl_find(dialect, cmd) ?:
					mvh_ioctl_find(&mvh_queue_ioctls, cmd);
	long ret;

	if (!ioctl)
		return mvh_ioctl_backend(dev, cmd, arg);
	ret = backend->ready ? backend->ready(dev) : 0;
	if (ret)
		return ret;
	if (ioctl->flags & MVH_IOC_BARE)
		return mvh_ioctl_run(dev, ioctl, arg);
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	ret = mvh_ioctl_run(dev, ioctl, arg);
	mutex_unlock(&dev->mutex);
	return ret;
}
