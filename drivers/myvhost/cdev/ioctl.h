/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of ioctls.  A table says for each ioctl what holds before its handler
 * runs, and the dispatcher sees to it; a handler repeats none of that.
 */
#ifndef _MVH_CDEV_IOCTL_H
#define _MVH_CDEV_IOCTL_H

#include <linux/bits.h>
#include <linux/types.h>

struct eventfd_ctx;
struct mvh_dev;
struct mvh_vq;

/*
 * Handlers run with the device's mutex.  Flags of an ioctl, in the order in
 * which they are checked:
 * OWNED: there is an owner (EINVAL).
 * OWNER: the caller is the owner (EPERM).
 * QUEUE: the argument begins with the index of a queue (EFAULT, ENOBUFS), which
 *	is passed to the handler.
 * LOCK: the queue's mutex is held too.
 * BARE: the device's mutex is not held; the handler takes it once it has read
 *	its argument, if it needs it at all.
 */
#define MVH_IOC_OWNED	BIT(0)
#define MVH_IOC_OWNER	BIT(1)
#define MVH_IOC_QUEUE	BIT(2)
#define MVH_IOC_LOCK	BIT(3)
#define MVH_IOC_BARE	BIT(4)

/**
 * struct mvh_ioctl - one of them
 * @cmd: its number
 * @flags: MVH_IOC_*
 * @fn: what it does; @vq is NULL without MVH_IOC_QUEUE
 */
struct mvh_ioctl {
	unsigned int cmd;
	unsigned int flags;
	long (*fn)(struct mvh_dev *dev, struct mvh_vq *vq, void __user *arg);
};

#define MVH_IOC_WORKER	(MVH_IOC_OWNED | MVH_IOC_OWNER)
#define MVH_IOC_VQ	(MVH_IOC_OWNER | MVH_IOC_QUEUE)
#define MVH_IOC_VQ_LOCK	(MVH_IOC_VQ | MVH_IOC_LOCK)

/**
 * struct mvh_ioctls - a table
 * @n: entries
 * @entry: the entries
 */
struct mvh_ioctls {
	unsigned int n;
	const struct mvh_ioctl *entry;
};

extern const struct mvh_ioctls mvh_vhost_ioctls;
extern const struct mvh_ioctls mvh_vdpa_ioctls;
extern const struct mvh_ioctls mvh_queue_ioctls;

long mvh_ioctl_call(struct mvh_dev *dev, const struct mvh_ioctls *dialect,
		    unsigned int cmd, void __user *arg);
int mvh_ioctl_vq(struct mvh_dev *dev, u32 index, struct mvh_vq **vq);
struct eventfd_ctx *mvh_eventfd_get(int fd);
long mvh_ioctl_set_event(struct mvh_dev *dev, struct eventfd_ctx **where,
			 void __user *arg);
long mvh_queue_set_base(struct mvh_dev *dev, struct mvh_vq *vq,
			void __user *arg);
long mvh_queue_set_addr(struct mvh_dev *dev, struct mvh_vq *vq,
			void __user *arg);

#endif /* _MVH_CDEV_IOCTL_H */
