// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/myvhost: file operations.  Every open file is a device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uio.h>
#include "cdev.h"
#include "dev.h"

/*
 * The device of an open file.  Made by the first use, not by open(): that may
 * load the back end's module, and misc devices are opened with a lock that
 * modules need which register one.
 */
static struct mvh_dev *mvh_cdev_dev(struct file *file)
{
	struct mvh_dev *dev = smp_load_acquire(&file->private_data);
	struct mvh_dev *other;

	if (dev)
		return dev;
	dev = mvh_dev_create("net", &mvh_vhost_frontend);
	if (IS_ERR(dev))
		return dev;
	other = cmpxchg(&file->private_data, NULL, dev);
	if (other) {
		mvh_dev_destroy(dev);
		dev = other;
	}
	return dev;
}

static int mvh_cdev_open(struct inode *inode, struct file *file)
{
	/* misc_open() leaves the miscdevice here. */
	file->private_data = NULL;
	return 0;
}

static int mvh_cdev_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		mvh_dev_destroy(file->private_data);
	return 0;
}

static long mvh_cdev_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct mvh_dev *dev = mvh_cdev_dev(file);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	return mvh_vhost_ioctl(dev, cmd, (void __user *)arg);
}

static ssize_t mvh_cdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	struct mvh_dev *dev = mvh_cdev_dev(iocb->ki_filp);

	return IS_ERR(dev) ? PTR_ERR(dev) : mvh_msg_read(dev, to, nonblock);
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
 * mvh_cdev_exit - remove the node
 */
void mvh_cdev_exit(void)
{
	misc_deregister(&mvh_misc);
}
