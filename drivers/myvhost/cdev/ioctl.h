/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of ioctls.  A table says for each ioctl what must hold before its handler
 * runs and how large its argument is.  The dispatcher checks, locks and copies; a
 * handler repeats none of that.
 */
#ifndef _MVH_CDEV_IOCTL_H
#define _MVH_CDEV_IOCTL_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#include <uapi/linux/myvhost.h>
#include "vhost_uapi.h"

struct eventfd_ctx;
struct mvh_dev;
struct mvh_vq;

/**
 * union mvh_arg - the kernel's copy of an ioctl's argument
 * @val8: a plain number of 8 bits
 * @val16: of 16 bits
 * @val32: of 32 bits
 * @val64: of 64 bits
 * @fd: a descriptor, or VHOST_FILE_UNBIND
 * @state: a number of a queue
 * @file: a descriptor for a queue, or VHOST_FILE_UNBIND
 * @addr: where a ring is
 * @range: addresses that can be mapped
 * @poll: bound of the adaptive busy poll
 * @stats: where counters go
 * @affinity: processors of a queue's worker
 * @target: a name
 */
union mvh_arg {
	u8 val8;
	u16 val16;
	u32 val32;
	u64 val64;
	int fd;
	struct vhost_vring_state state;
	struct vhost_vring_file file;
	struct vhost_vring_addr addr;
	struct vhost_vdpa_iova_range range;
	struct myvhost_vring_poll poll;
	struct myvhost_vring_stats stats;
	struct myvhost_vring_affinity affinity;
	struct vhost_scsi_target target;
};

/**
 * struct mvh_ucmd - an ioctl being carried out
 * @dev: whose ioctl it is
 * @vq: with MVH_IOC_QUEUE the queue, else NULL
 * @user: user address of the argument, for handlers of arguments of variable size
 * @arg: in: what was copied from @user, the rest zero; out: what is to be copied
 *	there if the handler succeeds.  With MVH_IOC_QUEUE it begins with the index.
 */
struct mvh_ucmd {
	struct mvh_dev *dev;
	struct mvh_vq *vq;
	void __user *user;
	union mvh_arg arg;
};

/*
 * Flags of an ioctl, in the order in which they are checked.  Handlers run with the
 * device's mutex.
 * FILES, NO_FILES: the queues of the device have files, or are enabled one by one
 *	without (ENOTTY).
 * EARLY: the argument is copied first (EFAULT), and not in its turn.
 * BARE: the device's mutex is not held; the handler takes it if it needs it.
 * OWNED: there is an owner (EINVAL).
 * OWNER: the caller is the owner (EPERM).
 * QUEUE: the argument begins with the index of a queue (EFAULT, ENOBUFS).
 * Then @check of the ioctl is called, and the argument copied (EFAULT).
 * LOCK: the queue's mutex is held too, by the handler.
 * ENDPOINT: the device has an endpoint that starts its queues (ENOTTY).
 */
#define MVH_IOC_FILES		BIT(0)
#define MVH_IOC_NO_FILES	BIT(1)
#define MVH_IOC_EARLY		BIT(2)
#define MVH_IOC_BARE		BIT(3)
#define MVH_IOC_OWNED		BIT(4)
#define MVH_IOC_OWNER		BIT(5)
#define MVH_IOC_QUEUE		BIT(6)
#define MVH_IOC_LOCK		BIT(7)
#define MVH_IOC_ENDPOINT	BIT(8)

#define MVH_IOC_WORKER	(MVH_IOC_OWNED | MVH_IOC_OWNER)
#define MVH_IOC_VQ	(MVH_IOC_OWNER | MVH_IOC_QUEUE)
#define MVH_IOC_VQ_LOCK	(MVH_IOC_VQ | MVH_IOC_LOCK)

/**
 * struct mvh_ioctl - an entry of a table
 * @cmd: its number
 * @flags: MVH_IOC_*
 * @in: bytes of its argument that are copied from the caller
 * @out: bytes that are copied to the caller
 * @check: what vhost checks before it looks at the argument; optional
 * @fn: the handler
 */
struct mvh_ioctl {
	unsigned int cmd;
	u16 flags;
	u8 in;
	u8 out;
	int (*check)(const struct mvh_ucmd *ucmd);
	int (*fn)(struct mvh_ucmd *ucmd);
};

/* The size of a member of union mvh_arg, which must be the one in the number. */
#define MVH_ARG_SIZE(_cmd, _member)				\
	(sizeof_field(union mvh_arg, _member) +			\
	 BUILD_BUG_ON_ZERO(_IOC_SIZE(_cmd) !=			\
			   sizeof_field(union mvh_arg, _member)))

/* Entries without an argument of fixed size, with one in, or out, or both. */
#define MVH_IOC(_cmd, _flags, _fn)				\
	{ .cmd = _cmd, .flags = _flags, .fn = _fn }
#define MVH_IOC_IN(_cmd, _flags, _member, _fn)			\
	{ .cmd = _cmd, .flags = _flags, .fn = _fn,		\
	  .in = MVH_ARG_SIZE(_cmd, _member) }
#define MVH_IOC_IN_CHECKED(_cmd, _flags, _check, _member, _fn)	\
	{ .cmd = _cmd, .flags = _flags, .fn = _fn,		\
	  .in = MVH_ARG_SIZE(_cmd, _member), .check = _check }
#define MVH_IOC_OUT(_cmd, _flags, _member, _fn)			\
	{ .cmd = _cmd, .flags = _flags, .fn = _fn,		\
	  .out = MVH_ARG_SIZE(_cmd, _member) }
#define MVH_IOC_INOUT(_cmd, _flags, _member, _fn)		\
	{ .cmd = _cmd, .flags = _flags, .fn = _fn,		\
	  .in = MVH_ARG_SIZE(_cmd, _member),			\
	  .out = MVH_ARG_SIZE(_cmd, _member) }

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
extern const struct mvh_ioctls mvh_common_ioctls;

long mvh_ioctl_call(struct mvh_dev *dev, unsigned int cmd, void __user *user);

/* common.c */
struct eventfd_ctx *mvh_eventfd_get(int fd);
int mvh_common_set_base(struct mvh_ucmd *ucmd);
int mvh_common_set_addr(struct mvh_ucmd *ucmd);

#endif /* _MVH_CDEV_IOCTL_H */
