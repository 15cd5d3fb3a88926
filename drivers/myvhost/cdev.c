// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/myvhost: file operations.  Every open is a device.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uio.h>
#include "cdev.h"
#include "dev.h"

static int mvh_cdev_open(struct inode *inode, struct file *file)
{
	struct mvh_dev *dev = mvh_dev_create("net", &mvh_vhost_frontend);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	file->private_data = dev;
	return 0;
}

static int mvh_cdev_release(struct inode *inode, struct file *file)
{
	mvh_dev_destroy(file->private_data);
	return 0;
}

static long mvh_cdev_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	return mvh_vhost_ioctl(file->private_data, cmd, (void __user *)arg);
}

static ssize_t mvh_cdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;

	return mvh_msg_read(iocb->ki_filp->private_data, to, nonblock);
}

static ssize_t mvh_cdev_write(struct kiocb *iocb, struct iov_iter *from)
{
	return mvh_msg_write(iocb->ki_filp->private_data, from);
}

static __poll_t mvh_cdev_poll(struct file *file, poll_table *table)
{
	return mvh_msg_poll(file->private_data, file, table);
}

static void mvh_cdev_show_fdinfo(struct seq_file *seq, struct file *file)
{
	mvh_stats_show(seq, file->private_data);
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
