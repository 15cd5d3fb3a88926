// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/myvhost: file operations.  Every open file is a device, unless it is one of
 * a named node.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_ids.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"

static struct miscdevice mvh_misc;

static const struct mvh_dialect *mvh_cdev_dialect(u32 dialect)
{
	switch (dialect) {
	case MYVHOST_DIALECT_VHOST:
		return &mvh_vhost_dialect;
	case MYVHOST_DIALECT_VDPA:
		return &mvh_vdpa_dialect;
	default:
		return NULL;
	}
}

static struct mvh_dev *mvh_cdev_create(const struct myvhost_setup *setup)
{
	const struct mvh_backend_ops *ops = mvh_backend_get(setup->device);
	const struct mvh_dialect *dialect = mvh_cdev_dialect(setup->dialect);
	struct mvh_dev *dev = ERR_PTR(-EINVAL);

	if (!ops)
		return ERR_PTR(-ENODEV);
	if (dialect && !(dialect->has_config && ops->vmm_has_config))
		dev = mvh_dev_create(ops, &dialect->frontend, setup->queues,
				     setup->workers);
	if (IS_ERR(dev))
		mvh_backend_put(ops);
	return dev;
}

/* Make the file's device, unless another thread did. */
static int mvh_cdev_setup(struct mvh_file *mf, const struct myvhost_setup *setup)
{
	struct mvh_dev *dev = mvh_cdev_create(setup);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	/* Pairs with smp_load_acquire() in mvh_cdev_dev(). */
	if (!cmpxchg(&mf->dev, NULL, dev))
		return 0;
	mvh_dev_destroy(dev);
	return -EBUSY;
}

static long mvh_cdev_setup_user(struct mvh_file *mf, const void __user *arg)
{
	struct myvhost_setup setup;

	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	return READ_ONCE(mf->dev) ? -EBUSY : mvh_cdev_setup(mf, &setup);
}

/*
 * The device of an open file.  Made by the first use, not by open(): that may
 * load the back end's module, and misc devices are opened with a lock that
 * a module needs that registers one.
 */
static struct mvh_dev *mvh_cdev_dev(struct mvh_file *mf)
{
	static const struct myvhost_setup usual = { .device = VIRTIO_ID_NET };
	/* Pairs with cmpxchg() in mvh_cdev_setup(). */
	struct mvh_dev *dev = smp_load_acquire(&mf->dev);
	int err;

	if (dev)
		return dev;
	err = mvh_cdev_setup(mf, &usual);
	return READ_ONCE(mf->dev) ?: ERR_PTR(err);
}

static int mvh_cdev_open(struct inode *inode, struct file *file)
{
	/* misc_open() leaves the miscdevice here. */
	struct miscdevice *misc = file->private_data;
	struct mvh_file *mf = kzalloc(sizeof(*mf), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!mf)
		return -ENOMEM;
	mf->write = file->f_mode & FMODE_WRITE;
	if (misc != &mvh_misc)
		err = mvh_node_open(mf, misc);
	if (err)
		kfree(mf);
	else
		file->private_data = mf;
	return err;
}

static int mvh_cdev_release(struct inode *inode, struct file *file)
{
	struct mvh_file *mf = file->private_data;

	if (mf->node)
		mvh_node_close(mf);
	else if (mf->dev)
		mvh_dev_destroy(mf->dev);
	kfree(mf);
	return 0;
}

/* A read-only file of a node observes its device, but does not use it. */
static bool mvh_cdev_observer(const struct mvh_file *mf)
{
	return !mf->write && READ_ONCE(mf->node);
}

static bool mvh_cdev_observer_may(const struct mvh_dev *dev, unsigned int cmd)
{
	const unsigned int *admin = dev->backend->admin_ioctls;

	if (cmd == MYVHOST_GET_VRING_STATS || cmd == MYVHOST_SET_VRING_AFFINITY)
		return true;
	while (admin && *admin && *admin != cmd)
		admin++;
	return admin && *admin && capable(CAP_SYS_ADMIN);
}

static long mvh_cdev_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct mvh_file *mf = file->private_data;
	void __user *uarg = (void __user *)arg;
	struct mvh_dev *dev;

	if (cmd == MYVHOST_SETUP)
		return mvh_cdev_setup_user(mf, uarg);
	if (cmd == MYVHOST_NODE_DEL)
		return mvh_node_del(uarg);
	dev = mvh_cdev_dev(mf);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	if (cmd == MYVHOST_NODE_ADD)
		return mvh_node_add(mf, uarg);
	if (mvh_cdev_observer(mf) && !mvh_cdev_observer_may(dev, cmd))
		return -EPERM;
	return mvh_ioctl_call(dev, cmd, uarg);
}

static ssize_t mvh_cdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct mvh_file *mf = iocb->ki_filp->private_data;
	struct mvh_dev *dev = mvh_cdev_dev(mf);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	/* IOTLB messages are for the user of a node, not for observers. */
	if (mvh_cdev_observer(mf))
		return -EPERM;
	return mvh_msg_read(dev, to, iocb->ki_filp->f_flags & O_NONBLOCK);
}

static ssize_t mvh_cdev_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct mvh_dev *dev = mvh_cdev_dev(iocb->ki_filp->private_data);

	return IS_ERR(dev) ? PTR_ERR(dev) : mvh_msg_write(dev, from);
}

static __poll_t mvh_cdev_poll(struct file *file, poll_table *table)
{
	struct mvh_dev *dev = mvh_cdev_dev(file->private_data);

	return IS_ERR(dev) ? EPOLLERR : mvh_msg_poll(dev, file, table);
}

static void mvh_cdev_show_fdinfo(struct seq_file *seq, struct file *file)
{
	const struct mvh_file *mf = file->private_data;

	/* Pairs with cmpxchg() in mvh_cdev_setup(). */
	if (smp_load_acquire(&mf->dev))
		mvh_stats_show(seq, mf);
}

const struct file_operations mvh_cdev_fops = {
	.owner		= THIS_MODULE,
	.open		= mvh_cdev_open,
	.release	= mvh_cdev_release,
	.unlocked_ioctl	= mvh_cdev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.read_iter	= mvh_cdev_read,
	.write_iter	= mvh_cdev_write,
	.poll		= mvh_cdev_poll,
	.show_fdinfo	= mvh_cdev_show_fdinfo,
	.llseek		= noop_llseek,
};

static struct miscdevice mvh_misc = {
	.minor	= MVH_MINOR,
	.name	= "myvhost",
	.fops	= &mvh_cdev_fops,
};

/**
 * mvh_cdev_init - make the node
 *
 * Return: 0, or an error.
 */
int mvh_cdev_init(void)
{
	int err = misc_register(&mvh_misc);

	if (err != -EBUSY)
		return err;
	pr_info("minor %d is taken, using another; load the module before opening the node\n",
		MVH_MINOR);
	mvh_misc.minor = MISC_DYNAMIC_MINOR;
	return misc_register(&mvh_misc);
}

/**
 * mvh_cdev_exit - remove the nodes
 */
void mvh_cdev_exit(void)
{
	misc_deregister(&mvh_misc);
	mvh_node_exit();
}
