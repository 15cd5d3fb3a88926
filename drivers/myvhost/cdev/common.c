// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctls that all dialects have: queues and workers.  The order in which things are
 * checked, and the error for each, are those of vhost.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include "compat/compat.h"
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"
#include "vhost_uapi.h"

static long mvh_queue_set_fork(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	u8 fork;

	if (dev->mm)
		return -EBUSY;
	if (get_user(fork, (u8 __user *)arg))
		return -EFAULT;
	if (fork != VHOST_FORK_OWNER_TASK && fork != VHOST_FORK_OWNER_KTHREAD)
		return -EINVAL;
	if (fork == VHOST_FORK_OWNER_TASK && !MVH_HAVE_VHOST_TASK)
		return -EOPNOTSUPP;
	dev->fork_owner = fork == VHOST_FORK_OWNER_TASK;
	return 0;
}

static long mvh_queue_get_fork(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	return put_user((u8)dev->fork_owner, (u8 __user *)arg);
}

static long mvh_queue_new_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	u32 id;
	int err = mvh_dev_new_worker(dev, &id);

	return err ?: put_user(id, (u32 __user *)arg);
}

static long mvh_queue_free_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				  void __user *arg)
{
	u32 id;

	if (get_user(id, (u32 __user *)arg))
		return -EFAULT;
	return mvh_dev_free_worker(dev, id);
}

static long mvh_queue_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return mvh_dev_attach_worker(dev, vq, s.num);
}

static long mvh_queue_get_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	struct mvh_worker *worker = rcu_dereference_protected(vq->worker,
					lockdep_is_held(&dev->mutex));
	struct vhost_vring_state s = { .index = vq->index };

	if (!worker)
		return -EINVAL;
	s.num = worker->id;
	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long mvh_queue_set_num(struct mvh_dev *dev, struct mvh_vq *vq,
			      void __user *arg)
{
	struct vhost_vring_state s;

	if (vq->port)
		return -EBUSY;
	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (s.num > MVH_RING_MAX || !is_power_of_2(s.num))
		return -EINVAL;
	vq->ring.num = s.num;
	return 0;
}

/**
 * mvh_queue_set_base - VHOST_SET_VRING_BASE
 * @dev: the device, locked
 * @vq: the queue, locked
 * @arg: struct vhost_vring_state of the caller
 *
 * Return: 0, -EBUSY while it is served, -EFAULT, or -EINVAL.
 */
long mvh_queue_set_base(struct mvh_dev *dev, struct mvh_vq *vq,
			void __user *arg)
{
	struct vhost_vring_state s;

	if (vq->port)
		return -EBUSY;
	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return mvh_ring_state_unpack(&vq->ring, s.num);
}

static long mvh_queue_get_base(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_state s = { .index = vq->index };
	int err = mvh_vq_quiesce(vq);

	if (err)
		return err;
	s.num = mvh_ring_state_pack(&vq->ring);
	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static bool mvh_queue_addr_aligned(const struct vhost_vring_addr *a,
				   bool packed)
{
	u64 avail_mask = packed ? 3 : VRING_AVAIL_ALIGN_SIZE - 1;
	u64 desc_mask = packed ? VRING_DESC_ALIGN_SIZE - 1 : 0;

	return !(a->desc_user_addr & desc_mask) &&
	       !(a->avail_user_addr & avail_mask) &&
	       !(a->used_user_addr & (VRING_USED_ALIGN_SIZE - 1)) &&
	       !(a->log_guest_addr & (VRING_USED_ALIGN_SIZE - 1));
}

static bool mvh_queue_addr_ok(struct mvh_vq *vq,
			      const struct vhost_vring_addr *a, const u64 *addr)
{
	struct mvh_dev *dev = vq->dev;

	if (!mvh_vq_ring_ok(vq, addr))
		return false;
	return dev->iotlb || !(a->flags & BIT(VHOST_VRING_F_LOG)) ||
	       mvh_vq_log_range_ok(vq, dev->log_base, a->log_guest_addr);
}

/**
 * mvh_queue_set_addr - VHOST_SET_VRING_ADDR
 * @dev: the device, locked
 * @vq: the queue, locked
 * @arg: struct vhost_vring_addr of the caller
 *
 * Return: 0, -EFAULT, -EOPNOTSUPP for an unknown flag, -EINVAL, or -EINTR.
 */
long mvh_queue_set_addr(struct mvh_dev *dev, struct mvh_vq *vq,
			void __user *arg)
{
	struct vhost_vring_addr a;
	u64 addr[MVH_PART_MAX];
	bool moved;
	int err;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.flags & ~BIT(VHOST_VRING_F_LOG))
		return -EOPNOTSUPP;
	if (!mvh_queue_addr_aligned(&a, vq->ring.packed))
		return -EINVAL;
	addr[MVH_PART_DESC] = a.desc_user_addr;
	addr[MVH_PART_AVAIL] = a.avail_user_addr;
	addr[MVH_PART_USED] = a.used_user_addr;
	/* Without a port the size may still change; its attachment checks. */
	if (vq->port && !mvh_queue_addr_ok(vq, &a, addr))
		return -EINVAL;
	moved = !vq->placed || memcmp(vq->addr, addr, sizeof(addr));
	err = moved ? mvh_vq_quiesce(vq) : 0;
	if (err)
		return err;
	memcpy(vq->addr, addr, sizeof(addr));
	vq->log_addr = a.log_guest_addr;
	vq->log_used = a.flags & BIT(VHOST_VRING_F_LOG);
	vq->placed = true;
	mvh_vq_refresh(vq);
	if (moved)
		mvh_vq_remap(vq);
	mvh_vq_schedule(vq);
	return 0;
}

static long mvh_queue_set_kick(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_file f;
	struct file *file = NULL;
	int err = 0;

	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	if (f.fd != VHOST_FILE_UNBIND)
		file = eventfd_fget(f.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	mvh_event_stop(&vq->kick_event);
	swap(file, vq->kick);
	if (file)
		fput(file);
	if (vq->kick)
		err = mvh_event_start(&vq->kick_event, vq->kick);
	/* The guest may have kicked it already. */
	mvh_vq_schedule(vq);
	return err;
}

static long mvh_queue_set_eventfd(struct eventfd_ctx **where, void __user *arg)
{
	struct vhost_vring_file f;
	struct eventfd_ctx *event;

	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	event = mvh_eventfd_get(f.fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	swap(event, *where);
	if (event)
		eventfd_ctx_put(event);
	return 0;
}

/*
 * QEMU gives a vdpa queue its eventfd when the queue runs already.  The guest may
 * wait for a call that went to the one before; one too many does no harm.
 */
static long mvh_queue_set_call(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	const struct eventfd_ctx *old = vq->call;
	long ret = mvh_queue_set_eventfd(&vq->call, arg);

	if (vq->call && vq->call != old && vq->state == MVH_VQ_RUNNING)
		mvh_eventfd_signal(vq->call);
	return ret;
}

static long mvh_queue_set_err(struct mvh_dev *dev, struct mvh_vq *vq,
			      void __user *arg)
{
	return mvh_queue_set_eventfd(&vq->err, arg);
}

/* Cross-endian guests are not served, as on kernels built without them. */
static long mvh_queue_endian(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	return -ENOIOCTLCMD;
}

static long mvh_queue_set_busyloop(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	vq->window.fixed_us = s.num;
	return 0;
}

static long mvh_queue_get_busyloop(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	struct vhost_vring_state s = {
		.index = vq->index,
		.num = vq->window.fixed_us,
	};

	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long mvh_queue_get_stats(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	return mvh_stats_get(vq, arg);
}

static long mvh_queue_set_poll(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct myvhost_vring_poll p;

	if (copy_from_user(&p, arg, sizeof(p)))
		return -EFAULT;
	if (p.max_usecs > MYVHOST_POLL_MAX_USECS)
		return -EINVAL;
	vq->window.max_us = p.max_usecs;
	vq->window.now_ns = 0;
	vq->window.slept_at = 0;
	return 0;
}

static const struct mvh_ioctl mvh_queue_table[] = {
	{ VHOST_SET_FORK_FROM_OWNER, 0, mvh_queue_set_fork },
	{ VHOST_GET_FORK_FROM_OWNER, 0, mvh_queue_get_fork },
	{ VHOST_NEW_WORKER, MVH_IOC_WORKER, mvh_queue_new_worker },
	{ VHOST_FREE_WORKER, MVH_IOC_WORKER, mvh_queue_free_worker },
	{ VHOST_ATTACH_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
	  mvh_queue_attach_worker },
	{ VHOST_GET_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
	  mvh_queue_get_worker },
	{ VHOST_SET_VRING_NUM, MVH_IOC_VQ_LOCK, mvh_queue_set_num },
	{ VHOST_SET_VRING_BASE, MVH_IOC_VQ_LOCK, mvh_queue_set_base },
	{ VHOST_GET_VRING_BASE, MVH_IOC_VQ_LOCK, mvh_queue_get_base },
	{ VHOST_SET_VRING_ADDR, MVH_IOC_VQ_LOCK, mvh_queue_set_addr },
	{ VHOST_SET_VRING_KICK, MVH_IOC_VQ_LOCK, mvh_queue_set_kick },
	{ VHOST_SET_VRING_CALL, MVH_IOC_VQ_LOCK, mvh_queue_set_call },
	{ VHOST_SET_VRING_ERR, MVH_IOC_VQ_LOCK, mvh_queue_set_err },
	{ VHOST_SET_VRING_ENDIAN, MVH_IOC_VQ, mvh_queue_endian },
	{ VHOST_GET_VRING_ENDIAN, MVH_IOC_VQ, mvh_queue_endian },
	{ VHOST_SET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK,
	  mvh_queue_set_busyloop },
	{ VHOST_GET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK,
	  mvh_queue_get_busyloop },
	{ MYVHOST_GET_VRING_STATS, MVH_IOC_BARE | MVH_IOC_QUEUE,
	  mvh_queue_get_stats },
	{ MYVHOST_SET_VRING_POLL, MVH_IOC_VQ_LOCK, mvh_queue_set_poll },
};

const struct mvh_ioctls mvh_queue_ioctls = {
	.n	= ARRAY_SIZE(mvh_queue_table),
	.entry	= mvh_queue_table,
};
