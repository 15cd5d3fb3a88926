// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the entry of an ioctl in the tables and carries it out.
 */
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"

/* The index alone is read: what follows it counts after the checks. */
static int mvh_ioctl_get_vq(struct mvh_ucmd *ucmd, bool copied)
{
	struct mvh_dev *dev = ucmd->dev;
	u32 index = ucmd->arg.state.index;

	if (!copied && get_user(index, (u32 __user *)ucmd->user))
		return -EFAULT;
	if (index >= dev->n_vqs)
		return -ENOBUFS;
	ucmd->vq = &dev->vq[array_index_nospec(index, dev->n_vqs)];
	return 0;
}

static int mvh_ioctl_check(struct mvh_ucmd *ucmd, const struct mvh_ioctl *ioctl)
{
	const struct mvh_dev *dev = ucmd->dev;
	int err = 0;

	if (ioctl->flags & MVH_IOC_OWNED && !dev->mm)
		return -EINVAL;
	if (ioctl->flags & MVH_IOC_OWNER)
		err = mvh_dev_check_owner(dev);
	if (!err && ioctl->flags & MVH_IOC_QUEUE)
		err = mvh_ioctl_get_vq(ucmd, ioctl->flags & MVH_IOC_EARLY);
	if (!err && ioctl->check)
		err = ioctl->check(ucmd);
	return err;
}

static int mvh_ioctl_copy_in(struct mvh_ucmd *ucmd, const struct mvh_ioctl *ioctl)
{
	return copy_from_user(&ucmd->arg, ucmd->user, ioctl->in) ? -EFAULT : 0;
}

static int mvh_ioctl_run(struct mvh_ucmd *ucmd, const struct mvh_ioctl *ioctl)
{
	int err = mvh_ioctl_check(ucmd, ioctl);

	if (!err && !(ioctl->flags & MVH_IOC_EARLY))
		err = mvh_ioctl_copy_in(ucmd, ioctl);
	if (err)
		return err;
	/* The caller may have changed it before it was read again. */
	if (ucmd->vq)
		ucmd->arg.state.index = ucmd->vq->index;
	if (!(ioctl->flags & MVH_IOC_LOCK))
		return ioctl->fn(ucmd);
	if (mutex_lock_killable(&ucmd->vq->mutex))
		return -EINTR;
	err = ioctl->fn(ucmd);
	mutex_unlock(&ucmd->vq->mutex);
	return err;
}

/* An ioctl that no table has may be one of the back end's. */
static long mvh_ioctl_backend(struct mvh_dev *dev, unsigned int cmd,
			      void __user *user)
{
	const struct mvh_backend_ops *backend = dev->backend;
	long ret;

	if (!backend->ioctl)
		return -ENOIOCTLCMD;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	ret = backend->ioctl(dev, cmd, user);
	mutex_unlock(&dev->mutex);
	return ret;
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

/* Which ioctls start the queues of such a device? */
static unsigned int mvh_ioctl_start_flag(const struct mvh_backend_ops *backend)
{
	if (backend->set_endpoint)
		return MVH_IOC_ENDPOINT;
	return backend->has_files ? MVH_IOC_FILES : MVH_IOC_NO_FILES;
}

/*
 * mvh_ioctl_call() - carry out an ioctl
 * @dev: the device, not locked
 * @user: its argument
 *
 * Return: what the ioctl returns; -ENOIOCTLCMD if there is none; -EINTR if the caller
 * was killed while it waited for another one.
 */
long mvh_ioctl_call(struct mvh_dev *dev, unsigned int cmd, void __user *user)
{
	const struct mvh_backend_ops *backend = dev->backend;
	const struct mvh_ioctl *ioctl =
		mvh_ioctl_find(mvh_dialect(dev)->ioctls, cmd) ?:
		mvh_ioctl_find(&mvh_common_ioctls, cmd);
	const unsigned int start = MVH_IOC_FILES | MVH_IOC_NO_FILES | MVH_IOC_ENDPOINT;
	struct mvh_ucmd ucmd = { .dev = dev, .user = user };
	int err;

	if (!ioctl)
		return mvh_ioctl_backend(dev, cmd, user);
	err = backend->ready ? backend->ready(dev) : 0;
	if (err)
		return err;
	if (ioctl->flags & start & ~mvh_ioctl_start_flag(backend))
		return -ENOIOCTLCMD;
	if (ioctl->flags & MVH_IOC_EARLY)
		err = mvh_ioctl_copy_in(&ucmd, ioctl);
	if (err)
		return err;
	if (ioctl->flags & MVH_IOC_BARE) {
		err = mvh_ioctl_run(&ucmd, ioctl);
	} else {
		if (mutex_lock_killable(&dev->mutex))
			return -EINTR;
		err = mvh_ioctl_run(&ucmd, ioctl);
		mutex_unlock(&dev->mutex);
	}
	if (!err && copy_to_user(user, &ucmd.arg, ioctl->out))
		return -EFAULT;
	return err;
}
