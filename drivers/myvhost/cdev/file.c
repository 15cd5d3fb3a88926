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
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_ids.h>
#include "core/dev.h"
#include "core/frontend.h"
#include "cdev.h"
#include "ioctl.h"

static const char *mvh_cdev_backend(u32 device_id)
{
	switch (device_id) {
	case VIRTIO_ID_NET:
		return "net";
	case VIRTIO_ID_BLOCK:
		return "blk";
	default:
		return NULL;
	}
}

static const struct mvh_frontend_ops *
mvh_cdev_frontend(const struct myvhost_setup *setup)
{
	switch (setup->dialect) {
	case MYVHOST_DIALECT_VHOST:
		return &mvh_vhost_frontend;
	case MYVHOST_DIALECT_VDPA:
		/* Configuration space is the VMM's business for the net. */
		return setup->device == VIRTIO_ID_NET ? NULL :
							&mvh_vdpa_frontend;
	default:
		return NULL;
	}
}

static struct mvh_dev *mvh_cdev_create(const struct myvhost_setup *setup)
{
	const struct mvh_frontend_ops *frontend = mvh_cdev_frontend(setup);
	const char *backend = mvh_cdev_backend(setup->device);

	if (!backend)
		return ERR_PTR(-ENODEV);
	if (!frontend || setup->reserved)
		return ERR_PTR(-EINVAL);
	return mvh_dev_create(backend, frontend, setup->queues);
}

/*
 * The device of an open file.  Made by the first use, not by open(): that may
 * load the back end's module, and misc devices are opened with a lock that
 * modules need which register one.
 */
static struct mvh_dev *mvh_cdev_dev(struct file *file)
{
	static const struct myvhost_setup usual = { .device = VIRTIO_ID_NET };
	/* Pairs with cmpxchg(), here and in mvh_cdev_setup(). */
	struct mvh_dev *dev = smp_load_acquire(&file->private_data);
	struct mvh_dev *other;

	if (dev)
		return dev;
	dev = mvh_cdev_create(&usual);
	if (IS_ERR(dev))
		return dev;
	other = cmpxchg(&file->private_data, NULL, dev);
	if (other) {
		mvh_dev_destroy(dev);
		dev = other;
	}
	return dev;
}

static long mvh_cdev_setup(struct file *file, void __user *arg)
{
	struct myvhost_setup setup;
	struct mvh_dev *dev;

	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	if (READ_ONCE(file->private_data))
		return -EBUSY;
	dev = mvh_cdev_create(&setup);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	if (cmpxchg(&file->private_data, NULL, dev)) {
		mvh_dev_destroy(dev);
		return -EBUSY;
	}
	return 0;
}

static int mvh_cdev_open(struct inode *inode, struct file *file)
{
	/* misc_open() leaves the miscdevice here. */
	file->private_data = NULL;
	return 0;
}

static int mvh_cdev_open_node(struct inode *inode, struct file *file)
{
	struct mvh_dev *dev = mvh_node_open(file->private_data,
					    file->f_mode & FMODE_WRITE);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	file->private_data = dev;
	return 0;
}

static int mvh_cdev_release(struct inode *inode, struct file *file)
{
	struct mvh_dev *dev = file->private_data;

	if (dev && dev->node)
		mvh_node_close(dev->node, file->f_mode & FMODE_WRITE);
	else if (dev)
		mvh_dev_destroy(dev);
	return 0;
}

/* What a file may do that was opened to look at a node. */
static bool mvh_cdev_may_look(unsigned int cmd)
{
	return cmd == MYVHOST_GET_VRING_STATS ||
	       (cmd == MYVHOST_BLK_RESIZE && capable(CAP_SYS_ADMIN));
}

static long mvh_cdev_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	bool write = file->f_mode & FMODE_WRITE;
	void __user *uarg = (void __user *)arg;
	struct mvh_dev *dev;

	if (cmd == MYVHOST_SETUP)
		return mvh_cdev_setup(file, uarg);
	if (cmd == MYVHOST_NODE_DEL)
		return mvh_node_del(uarg);
	dev = mvh_cdev_dev(file);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	if (cmd == MYVHOST_NODE_ADD)
		return mvh_node_add(dev, uarg, write);
	if (!write && READ_ONCE(dev->node) && !mvh_cdev_may_look(cmd))
		return -EPERM;
	return mvh_ioctl_call(dev, dev->frontend->ioctls, cmd, uarg);
}

static ssize_t mvh_cdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct mvh_dev *dev = mvh_cdev_dev(file);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	/* Messages are for who uses the device, not for who looks at it. */
	if (!(file->f_mode & FMODE_WRITE) && READ_ONCE(dev->node))
		return -EPERM;
	return mvh_msg_read(dev, to, file->f_flags & O_NONBLOCK);
}

static ssize_t mvh_cdev_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct mvh_dev *dev = mvh_cdev_dev(iocb->ki_filp);

	return IS_ERR(dev) ? PTR_ERR(dev) : mvh_msg_write(dev, from);
}

static __poll_t mvh_cdev_poll(struct file *file, poll_table *table)
{
	struct mvh_dev *dev = mvh_cdev_dev(file);

	return IS_ERR(dev) ? EPOLLERR : mvh_msg_poll(dev, file, table);
}

static void mvh_cdev_show_fdinfo(struct seq_file *seq, struct file *file)
{
	/* Pairs with cmpxchg() in mvh_cdev_dev() and mvh_cdev_setup(). */
	struct mvh_dev *dev = smp_load_acquire(&file->private_data);

	if (dev)
		mvh_stats_show(seq, dev);
}

static const struct file_operations mvh_cdev_fops = {
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

const struct file_operations mvh_node_fops = {
	.owner		= THIS_MODULE,
	.open		= mvh_cdev_open_node,
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
