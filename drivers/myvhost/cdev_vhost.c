// SPDX-License-Identifier: GPL-2.0
/*
 * The vhost dialect: ioctls in, errors and misses out.  The order in which
 * things are checked, and the error for each, are those of vhost_net.
 *
 * The table says for each ioctl what holds before its handler runs, and the
 * dispatcher sees to it; a handler repeats none of that.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_config.h>
#include "compat/mvh_compat.h"
#include "compat/vhost_uapi.h"
#include "backend.h"
#include "cdev.h"
#include "dev.h"
#include "frontend.h"

#define MVH_BACKEND_FEATURES	BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2)

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

struct mvh_ioctl {
	unsigned int cmd;
	unsigned int flags;
	long (*fn)(struct mvh_dev *dev, struct mvh_vq *vq, void __user *arg);
};

static void mvh_vhost_error(struct mvh_vq *vq)
{
	if (vq->err)
		mvh_eventfd_signal(vq->err);
}

const struct mvh_frontend_ops mvh_vhost_frontend = {
	.error	= mvh_vhost_error,
	.miss	= mvh_msg_miss,
};

static long mvh_vhost_set_owner(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	return mvh_dev_set_owner(dev);
}

static long mvh_vhost_reset_owner(struct mvh_dev *dev, struct mvh_vq *vq,
				  void __user *arg)
{
	mvh_dev_reset(dev);
	return 0;
}

static long mvh_vhost_get_features(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	return put_user(dev->shared.backend->features[0], (u64 __user *)arg);
}

static long mvh_vhost_apply_features(struct mvh_dev *dev, const u64 *features)
{
	const u64 *offered = dev->shared.backend->features;
	unsigned int i;
	long ret;

	for (i = 0; i < MVH_FEATURE_WORDS; i++)
		if (features[i] & ~offered[i])
			return -EOPNOTSUPP;
	mutex_lock(&dev->mutex);
	ret = mvh_dev_set_features(dev, features);
	mutex_unlock(&dev->mutex);
	return ret;
}

static long mvh_vhost_set_features(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	u64 features[MVH_FEATURE_WORDS] = {};

	if (get_user(features[0], (u64 __user *)arg))
		return -EFAULT;
	return mvh_vhost_apply_features(dev, features);
}

static long mvh_vhost_get_features_array(struct mvh_dev *dev,
					 struct mvh_vq *vq, void __user *arg)
{
	const u64 *offered = dev->shared.backend->features;
	u64 __user *to = arg;
	u64 count, i;

	if (get_user(count, to++))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		if (put_user(i < MVH_FEATURE_WORDS ? offered[i] : 0, to + i))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long mvh_vhost_set_features_array(struct mvh_dev *dev,
					 struct mvh_vq *vq, void __user *arg)
{
	u64 features[MVH_FEATURE_WORDS] = {};
	u64 __user *from = arg;
	u64 count, word, i;

	if (get_user(count, from++))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		if (get_user(word, from + i))
			return -EFAULT;
		if (i < MVH_FEATURE_WORDS)
			features[i] = word;
		else if (word)
			return -EOPNOTSUPP;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return mvh_vhost_apply_features(dev, features);
}

static long mvh_vhost_get_backend_features(struct mvh_dev *dev,
					   struct mvh_vq *vq, void __user *arg)
{
	return put_user(MVH_BACKEND_FEATURES, (u64 __user *)arg);
}

static long mvh_vhost_set_backend_features(struct mvh_dev *dev,
					   struct mvh_vq *vq, void __user *arg)
{
	u64 features;

	if (get_user(features, (u64 __user *)arg))
		return -EFAULT;
	if (features & ~MVH_BACKEND_FEATURES)
		return -EOPNOTSUPP;
	WRITE_ONCE(dev->backend_features, features);
	return 0;
}

static long mvh_vhost_set_fork(struct mvh_dev *dev, struct mvh_vq *vq,
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

static long mvh_vhost_get_fork(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	return put_user((u8)dev->fork_owner, (u8 __user *)arg);
}

static int mvh_region_convert(struct mvh_region *to,
			      const struct vhost_memory_region *from)
{
	to->start = from->guest_phys_addr;
	to->last = from->guest_phys_addr + from->memory_size - 1;
	to->uaddr = from->userspace_addr;
	to->access = MVH_ACCESS_READ | MVH_ACCESS_WRITE;
	return from->memory_size ? 0 : -EFAULT;
}

static struct mvh_map *mvh_vhost_read_table(const void __user *from, u32 n)
{
	struct vhost_memory_region *user;
	struct mvh_region *regions;
	struct mvh_map *table;
	int err = 0;
	u32 i;

	user = kvmalloc_array(n, sizeof(*user), GFP_KERNEL_ACCOUNT);
	regions = kvmalloc_array(n, sizeof(*regions), GFP_KERNEL_ACCOUNT);
	if (n && (!user || !regions))
		err = -ENOMEM;
	else if (copy_from_user(user, from, n * sizeof(*user)))
		err = -EFAULT;
	for (i = 0; i < n && !err; i++)
		err = mvh_region_convert(&regions[i], &user[i]);
	table = err ? ERR_PTR(err) : mvh_map_create(regions, n);
	kvfree(regions);
	kvfree(user);
	return table;
}

static long mvh_vhost_set_mem_table(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_memory __user *from = arg;
	struct vhost_memory mem;
	struct mvh_map *table;

	if (copy_from_user(&mem, from, offsetof(typeof(mem), regions)))
		return -EFAULT;
	if (mem.padding)
		return -EOPNOTSUPP;
	if (mem.nregions > MVH_REGIONS_MAX)
		return -E2BIG;
	table = mvh_vhost_read_table(from->regions, mem.nregions);
	if (IS_ERR(table))
		return PTR_ERR(table);
	return mvh_dev_set_table(dev, table);
}

static long mvh_vhost_set_log_base(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	u64 base;

	if (get_user(base, (u64 __user *)arg))
		return -EFAULT;
	return mvh_dev_set_log_base(dev, base);
}

/* The eventfd of a descriptor, NULL for -1. */
static struct eventfd_ctx *mvh_eventfd_get(int fd)
{
	return fd == VHOST_FILE_UNBIND ? NULL : eventfd_ctx_fdget(fd);
}

static long mvh_vhost_set_log_fd(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	struct eventfd_ctx *event;
	int fd;

	if (get_user(fd, (int __user *)arg))
		return -EFAULT;
	event = mvh_eventfd_get(fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	event = mvh_dev_set_log_event(dev, event);
	if (event)
		eventfd_ctx_put(event);
	return 0;
}

static long mvh_vhost_new_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	u32 id;
	int err = mvh_dev_new_worker(dev, &id);

	return err ?: put_user(id, (u32 __user *)arg);
}

static long mvh_vhost_free_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				  void __user *arg)
{
	u32 id;

	if (get_user(id, (u32 __user *)arg))
		return -EFAULT;
	return mvh_dev_free_worker(dev, id);
}

static long mvh_vhost_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return mvh_dev_attach_worker(dev, vq, s.num);
}

static long mvh_vhost_get_worker(struct mvh_dev *dev, struct mvh_vq *vq,
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

static long mvh_vhost_set_num(struct mvh_dev *dev, struct mvh_vq *vq,
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

static long mvh_vhost_set_base(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_state s;

	if (vq->port)
		return -EBUSY;
	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return mvh_ring_state_unpack(&vq->ring, s.num);
}

static long mvh_vhost_get_base(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_state s = {
		.index = vq->index,
		.num = mvh_ring_state_pack(&vq->ring),
	};

	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static bool mvh_vhost_addr_aligned(const struct vhost_vring_addr *a,
				   bool packed)
{
	u64 avail_mask = packed ? 3 : VRING_AVAIL_ALIGN_SIZE - 1;
	u64 desc_mask = packed ? VRING_DESC_ALIGN_SIZE - 1 : 0;

	return !(a->desc_user_addr & desc_mask) &&
	       !(a->avail_user_addr & avail_mask) &&
	       !(a->used_user_addr & (VRING_USED_ALIGN_SIZE - 1)) &&
	       !(a->log_guest_addr & (VRING_USED_ALIGN_SIZE - 1));
}

static bool mvh_vhost_addr_ok(struct mvh_vq *vq,
			      const struct vhost_vring_addr *a, const u64 *addr)
{
	struct mvh_shared *shared = vq->shared;

	if (!mvh_vq_ring_ok(vq, addr))
		return false;
	return shared->iotlb || !(a->flags & BIT(VHOST_VRING_F_LOG)) ||
	       mvh_vq_log_range_ok(vq, shared->log_base, a->log_guest_addr);
}

static long mvh_vhost_set_addr(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_addr a;
	u64 addr[MVH_PART_MAX];
	bool moved;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.flags & ~BIT(VHOST_VRING_F_LOG))
		return -EOPNOTSUPP;
	if (!mvh_vhost_addr_aligned(&a, vq->ring.packed))
		return -EINVAL;
	addr[MVH_PART_DESC] = a.desc_user_addr;
	addr[MVH_PART_AVAIL] = a.avail_user_addr;
	addr[MVH_PART_USED] = a.used_user_addr;
	/* Without a port the size may still change; its attachment checks. */
	if (vq->port && !mvh_vhost_addr_ok(vq, &a, addr))
		return -EINVAL;
	moved = !vq->placed || memcmp(vq->addr, addr, sizeof(addr));
	memcpy(vq->addr, addr, sizeof(addr));
	vq->log_addr = a.log_guest_addr;
	vq->log_used = a.flags & BIT(VHOST_VRING_F_LOG);
	vq->placed = true;
	mvh_vq_set_features(vq);
	if (moved)
		mvh_vq_remap(vq);
	mvh_vq_queue(vq);
	return 0;
}

static long mvh_vhost_set_kick(struct mvh_dev *dev, struct mvh_vq *vq,
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
	mvh_vq_queue(vq);
	return err;
}

static long mvh_vhost_set_eventfd(struct eventfd_ctx **where, void __user *arg)
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

static long mvh_vhost_set_call(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	return mvh_vhost_set_eventfd(&vq->call, arg);
}

static long mvh_vhost_set_err(struct mvh_dev *dev, struct mvh_vq *vq,
			      void __user *arg)
{
	return mvh_vhost_set_eventfd(&vq->err, arg);
}

/* Cross-endian guests are not served, as on kernels built without them. */
static long mvh_vhost_endian(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	return -ENOIOCTLCMD;
}

static long mvh_vhost_set_busyloop(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	vq->window.fixed_us = s.num;
	return 0;
}

static long mvh_vhost_get_busyloop(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	struct vhost_vring_state s = {
		.index = vq->index,
		.num = vq->window.fixed_us,
	};

	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static int mvh_ioctl_queue(struct mvh_dev *dev, u32 index, struct mvh_vq **vq)
{
	if (index >= dev->n_vqs)
		return -ENOBUFS;
	*vq = &dev->vq[array_index_nospec(index, dev->n_vqs)];
	return 0;
}

/* Reads its argument before anything is checked. */
static long mvh_vhost_set_port(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_file f;
	int err;

	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	mutex_lock(&dev->mutex);
	err = mvh_dev_check_owner(dev) ?: mvh_ioctl_queue(dev, f.index, &vq);
	if (!err)
		err = mvh_dev_set_port(dev, vq, f.fd);
	mutex_unlock(&dev->mutex);
	return err;
}

static long mvh_vhost_get_stats(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	return mvh_stats_get(vq, arg);
}

static long mvh_vhost_set_poll(struct mvh_dev *dev, struct mvh_vq *vq,
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

#define MVH_IOC_WORKER	(MVH_IOC_OWNED | MVH_IOC_OWNER)
#define MVH_IOC_VQ	(MVH_IOC_OWNER | MVH_IOC_QUEUE)
#define MVH_IOC_VQ_LOCK	(MVH_IOC_VQ | MVH_IOC_LOCK)

static const struct mvh_ioctl mvh_ioctls[] = {
	{ VHOST_SET_OWNER, 0, mvh_vhost_set_owner },
	{ VHOST_RESET_OWNER, MVH_IOC_OWNER, mvh_vhost_reset_owner },
	{ VHOST_GET_FEATURES, MVH_IOC_BARE, mvh_vhost_get_features },
	{ VHOST_SET_FEATURES, MVH_IOC_BARE, mvh_vhost_set_features },
	{ VHOST_GET_FEATURES_ARRAY, MVH_IOC_BARE,
	  mvh_vhost_get_features_array },
	{ VHOST_SET_FEATURES_ARRAY, MVH_IOC_BARE,
	  mvh_vhost_set_features_array },
	{ VHOST_GET_BACKEND_FEATURES, MVH_IOC_BARE,
	  mvh_vhost_get_backend_features },
	{ VHOST_SET_BACKEND_FEATURES, MVH_IOC_BARE,
	  mvh_vhost_set_backend_features },
	{ VHOST_SET_FORK_FROM_OWNER, 0, mvh_vhost_set_fork },
	{ VHOST_GET_FORK_FROM_OWNER, 0, mvh_vhost_get_fork },
	{ VHOST_SET_MEM_TABLE, MVH_IOC_OWNER, mvh_vhost_set_mem_table },
	{ VHOST_SET_LOG_BASE, MVH_IOC_OWNER, mvh_vhost_set_log_base },
	{ VHOST_SET_LOG_FD, MVH_IOC_OWNER, mvh_vhost_set_log_fd },
	{ VHOST_NEW_WORKER, MVH_IOC_WORKER, mvh_vhost_new_worker },
	{ VHOST_FREE_WORKER, MVH_IOC_WORKER, mvh_vhost_free_worker },
	{ VHOST_ATTACH_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
	  mvh_vhost_attach_worker },
	{ VHOST_GET_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
	  mvh_vhost_get_worker },
	{ VHOST_SET_VRING_NUM, MVH_IOC_VQ_LOCK, mvh_vhost_set_num },
	{ VHOST_SET_VRING_BASE, MVH_IOC_VQ_LOCK, mvh_vhost_set_base },
	{ VHOST_GET_VRING_BASE, MVH_IOC_VQ_LOCK, mvh_vhost_get_base },
	{ VHOST_SET_VRING_ADDR, MVH_IOC_VQ_LOCK, mvh_vhost_set_addr },
	{ VHOST_SET_VRING_KICK, MVH_IOC_VQ_LOCK, mvh_vhost_set_kick },
	{ VHOST_SET_VRING_CALL, MVH_IOC_VQ_LOCK, mvh_vhost_set_call },
	{ VHOST_SET_VRING_ERR, MVH_IOC_VQ_LOCK, mvh_vhost_set_err },
	{ VHOST_SET_VRING_ENDIAN, MVH_IOC_VQ, mvh_vhost_endian },
	{ VHOST_GET_VRING_ENDIAN, MVH_IOC_VQ, mvh_vhost_endian },
	{ VHOST_SET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK,
	  mvh_vhost_set_busyloop },
	{ VHOST_GET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK,
	  mvh_vhost_get_busyloop },
	{ VHOST_NET_SET_BACKEND, MVH_IOC_BARE, mvh_vhost_set_port },
	{ MYVHOST_GET_VRING_STATS, MVH_IOC_BARE | MVH_IOC_QUEUE,
	  mvh_vhost_get_stats },
	{ MYVHOST_SET_VRING_POLL, MVH_IOC_VQ_LOCK, mvh_vhost_set_poll },
};

static const struct mvh_ioctl *mvh_ioctl_find(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mvh_ioctls); i++)
		if (mvh_ioctls[i].cmd == cmd)
			return &mvh_ioctls[i];
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
		      mvh_ioctl_queue(dev, index, &vq);
	if (ret)
		return ret;
	if (!(ioctl->flags & MVH_IOC_LOCK))
		return ioctl->fn(dev, vq, arg);
	mutex_lock(&vq->mutex);
	ret = ioctl->fn(dev, vq, arg);
	mutex_unlock(&vq->mutex);
	return ret;
}

/**
 * mvh_vhost_ioctl - an ioctl of the vhost dialect
 * @dev: the device, not locked
 * @cmd: which
 * @arg: its argument
 *
 * Return: what the ioctl says, -ENOIOCTLCMD if there is none.
 */
long mvh_vhost_ioctl(struct mvh_dev *dev, unsigned int cmd, void __user *arg)
{
	const struct mvh_ioctl *ioctl = mvh_ioctl_find(cmd);
	long ret;

	if (!ioctl)
		return -ENOIOCTLCMD;
	if (ioctl->flags & MVH_IOC_BARE)
		return mvh_ioctl_run(dev, ioctl, arg);
	mutex_lock(&dev->mutex);
	ret = mvh_ioctl_run(dev, ioctl, arg);
	mutex_unlock(&dev->mutex);
	return ret;
}
