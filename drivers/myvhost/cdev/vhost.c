// SPDX-License-Identifier: GPL-2.0
/*
 * The vhost dialect: ioctls in, errors and misses out.  The order in which
 * things are checked, and the error for each, are those of vhost_net.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_config.h>
#include "compat/compat.h"
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"
#include "vhost_uapi.h"

#define MVH_BACKEND_FEATURES	BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2)

static void mvh_vhost_error(struct mvh_vq *vq)
{
	if (vq->err)
		mvh_eventfd_signal(vq->err);
}

/* Its users look at configuration space when they like. */
static void mvh_vhost_config(struct mvh_dev *dev)
{
}

const struct mvh_dialect mvh_vhost_dialect = {
	.name		= "vhost",
	.frontend	= {
		.error	= mvh_vhost_error,
		.miss	= mvh_msg_miss,
		.config	= mvh_vhost_config,
	},
	.ioctls		= &mvh_vhost_ioctls,
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
	return put_user(dev->offered[0], (u64 __user *)arg);
}

static long mvh_vhost_apply_features(struct mvh_dev *dev, const u64 *features)
{
	const u64 *offered = dev->offered;
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
	const u64 *offered = dev->offered;
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

static long mvh_vhost_set_log_fd(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	return mvh_ioctl_set_event(dev, &dev->log_event, arg);
}

/* Reads its argument before anything is checked. */
static long mvh_vhost_set_port(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_file f;
	int err;

	if (!dev->backend->has_files)
		return -ENOIOCTLCMD;
	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	mutex_lock(&dev->mutex);
	err = mvh_dev_check_owner(dev) ?: mvh_ioctl_vq(dev, f.index, &vq);
	if (!err)
		err = mvh_dev_set_port(dev, vq, f.fd);
	mutex_unlock(&dev->mutex);
	return err;
}

static int mvh_vhost_serve(struct mvh_dev *dev, u32 index, bool enable)
{
	struct mvh_vq *vq;
	int err;

	err = mvh_dev_check_owner(dev) ?: mvh_ioctl_vq(dev, index, &vq);
	if (err)
		return err;
	if (enable)
		return mvh_dev_enable(dev, vq);
	mvh_dev_detach(dev, vq);
	return 0;
}

/* For devices whose queues have no files. */
static long mvh_vhost_enable(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	struct vhost_vring_state s;
	int err;

	if (dev->backend->has_files)
		return -ENOIOCTLCMD;
	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	err = mvh_vhost_serve(dev, s.index, s.num);
	mutex_unlock(&dev->mutex);
	return err;
}

static const struct mvh_ioctl mvh_vhost_table[] = {
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
	{ VHOST_SET_MEM_TABLE, MVH_IOC_OWNER, mvh_vhost_set_mem_table },
	{ VHOST_SET_LOG_BASE, MVH_IOC_OWNER, mvh_vhost_set_log_base },
	{ VHOST_SET_LOG_FD, MVH_IOC_OWNER, mvh_vhost_set_log_fd },
	{ VHOST_NET_SET_BACKEND, MVH_IOC_BARE, mvh_vhost_set_port },
	{ VHOST_VDPA_SET_VRING_ENABLE, MVH_IOC_BARE, mvh_vhost_enable },
};

const struct mvh_ioctls mvh_vhost_ioctls = {
	.n	= ARRAY_SIZE(mvh_vhost_table),
	.entry	= mvh_vhost_table,
};
