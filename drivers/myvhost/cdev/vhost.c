// SPDX-License-Identifier: GPL-2.0
/*
 * The vhost dialect: ioctls in, errors and misses out.  The order in which
 * things are checked, and the error for each, are those of vhost_net.
 */
#include <linux/eventfd.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_config.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"

static void mvh_vhost_error(struct mvh_vq *vq)
{
	mvh_vq_signal_err(vq);
}

/* The VMM owns the configuration space: there is nothing to signal. */
static void mvh_vhost_config(struct mvh_dev *dev)
{
}

const struct mvh_dialect mvh_vhost_dialect = {
	.name			= "vhost",
	.frontend		= {
		.error	= mvh_vhost_error,
		.config	= mvh_vhost_config,
	},
	.ioctls			= &mvh_vhost_ioctls,
	.backend_features	= BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2),
	.num_max		= MVH_RING_MAX,
};

static int mvh_vhost_set_owner(struct mvh_ucmd *ucmd)
{
	return mvh_dev_set_owner(ucmd->dev);
}

static int mvh_vhost_reset_owner(struct mvh_ucmd *ucmd)
{
	mvh_dev_clear_owner(ucmd->dev);
	return 0;
}

static int mvh_vhost_apply_features(struct mvh_dev *dev, const u64 *features)
{
	unsigned int i;

	for (i = 0; i < MVH_FEATURE_WORDS; i++)
		if (features[i] & ~dev->offered[i])
			return -EOPNOTSUPP;
	return mvh_dev_set_features(dev, features);
}

static int mvh_vhost_set_features(struct mvh_ucmd *ucmd)
{
	u64 features[MVH_FEATURE_WORDS] = { ucmd->arg.val64 };

	return mvh_vhost_apply_features(ucmd->dev, features);
}

/*
 * The caller's number alone bounds the arrays: without the device's mutex, and a
 * signal ends it.
 */
static int mvh_vhost_get_features_array(struct mvh_ucmd *ucmd)
{
	const u64 *offered = ucmd->dev->offered;
	u64 __user *to = ucmd->user;
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

static int mvh_vhost_set_features_array(struct mvh_ucmd *ucmd)
{
	u64 features[MVH_FEATURE_WORDS] = {};
	u64 __user *from = ucmd->user;
	u64 count, word, i;
	int err;

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
	if (mutex_lock_killable(&ucmd->dev->mutex))
		return -EINTR;
	err = mvh_vhost_apply_features(ucmd->dev, features);
	mutex_unlock(&ucmd->dev->mutex);
	return err;
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

static int mvh_vhost_set_mem_table(struct mvh_ucmd *ucmd)
{
	struct vhost_memory __user *from = ucmd->user;
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
	return mvh_dev_set_table(ucmd->dev, table);
}

static int mvh_vhost_set_log_base(struct mvh_ucmd *ucmd)
{
	return mvh_dev_set_log_base(ucmd->dev, ucmd->arg.val64);
}

static int mvh_vhost_set_log_fd(struct mvh_ucmd *ucmd)
{
	struct eventfd_ctx *event = mvh_eventfd_get(ucmd->arg.fd);

	if (IS_ERR(event))
		return PTR_ERR(event);
	mvh_dev_set_log_event(ucmd->dev, event);
	return 0;
}

static int mvh_vhost_set_port(struct mvh_ucmd *ucmd)
{
	return mvh_dev_set_vq_port(ucmd->dev, ucmd->vq, ucmd->arg.file.fd);
}

/* For devices whose queues have no files. */
static int mvh_vhost_enable(struct mvh_ucmd *ucmd)
{
	if (ucmd->arg.state.num)
		return mvh_dev_attach_vq(ucmd->dev, ucmd->vq);
	mvh_dev_detach_vq(ucmd->dev, ucmd->vq);
	return 0;
}

static bool mvh_vhost_has_endpoint(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq)
		if (mvh_vq_attached(vq))
			return true;
	return false;
}

/* Of the argument vhost_scsi looks at the name alone. */
static int mvh_vhost_read_target(struct mvh_ucmd *ucmd)
{
	struct vhost_scsi_target *target = &ucmd->arg.target;

	if (target->reserved)
		return -EOPNOTSUPP;
	target->vhost_wwpn[sizeof(target->vhost_wwpn) - 1] = 0;
	return 0;
}

static int mvh_vhost_set_endpoint(struct mvh_ucmd *ucmd)
{
	struct mvh_dev *dev = ucmd->dev;
	int err = mvh_vhost_read_target(ucmd);

	if (!err)
		err = dev->backend->set_endpoint(dev, ucmd->arg.target.vhost_wwpn);
	if (err)
		return err;
	return mvh_vhost_has_endpoint(dev) ? -EEXIST : mvh_dev_attach_vqs(dev);
}

/* Whatever name it comes with, if there is no endpoint. */
static int mvh_vhost_clear_endpoint(struct mvh_ucmd *ucmd)
{
	struct mvh_dev *dev = ucmd->dev;
	int err = mvh_vhost_read_target(ucmd);

	if (err || !mvh_vhost_has_endpoint(dev))
		return err;
	if (dev->backend->set_endpoint(dev, ucmd->arg.target.vhost_wwpn))
		return -EINVAL;
	mvh_dev_detach_vqs(dev);
	return 0;
}

/* An _IOW by its number, which is read all the same. */
static int mvh_vhost_get_abi_version(struct mvh_ucmd *ucmd)
{
	int __user *to = ucmd->user;

	return put_user(VHOST_SCSI_ABI_VERSION, to);
}

static int mvh_vhost_get_events_missed(struct mvh_ucmd *ucmd)
{
	u32 __user *to = ucmd->user;

	return put_user(ucmd->dev->backend->events_missed(ucmd->dev), to);
}

static int mvh_vhost_set_events_missed(struct mvh_ucmd *ucmd)
{
	ucmd->dev->backend->set_events_missed(ucmd->dev, ucmd->arg.val32);
	return 0;
}

static const struct mvh_ioctl mvh_vhost_table[] = {
	MVH_IOC(VHOST_SET_OWNER, 0, mvh_vhost_set_owner),
	MVH_IOC(VHOST_RESET_OWNER, MVH_IOC_OWNER, mvh_vhost_reset_owner),
	MVH_IOC_IN(VHOST_SET_FEATURES, 0, val64, mvh_vhost_set_features),
	MVH_IOC(VHOST_GET_FEATURES_ARRAY, MVH_IOC_BARE,
		mvh_vhost_get_features_array),
	MVH_IOC(VHOST_SET_FEATURES_ARRAY, MVH_IOC_BARE,
		mvh_vhost_set_features_array),
	MVH_IOC(VHOST_SET_MEM_TABLE, MVH_IOC_OWNER, mvh_vhost_set_mem_table),
	MVH_IOC_IN(VHOST_SET_LOG_BASE, MVH_IOC_OWNER, val64,
		   mvh_vhost_set_log_base),
	MVH_IOC_IN(VHOST_SET_LOG_FD, MVH_IOC_OWNER, fd, mvh_vhost_set_log_fd),
	MVH_IOC_IN(VHOST_NET_SET_BACKEND,
		   MVH_IOC_FILES | MVH_IOC_EARLY | MVH_IOC_VQ, file,
		   mvh_vhost_set_port),
	MVH_IOC_IN(VHOST_VDPA_SET_VRING_ENABLE,
		   MVH_IOC_NO_FILES | MVH_IOC_EARLY | MVH_IOC_VQ, state,
		   mvh_vhost_enable),
	MVH_IOC_IN(VHOST_SCSI_SET_ENDPOINT,
		   MVH_IOC_ENDPOINT | MVH_IOC_EARLY | MVH_IOC_OWNER, target,
		   mvh_vhost_set_endpoint),
	MVH_IOC_IN(VHOST_SCSI_CLEAR_ENDPOINT,
		   MVH_IOC_ENDPOINT | MVH_IOC_EARLY | MVH_IOC_OWNER, target,
		   mvh_vhost_clear_endpoint),
	MVH_IOC(VHOST_SCSI_GET_ABI_VERSION, MVH_IOC_ENDPOINT,
		mvh_vhost_get_abi_version),
	MVH_IOC_IN(VHOST_SCSI_SET_EVENTS_MISSED, MVH_IOC_ENDPOINT, val32,
		   mvh_vhost_set_events_missed),
	MVH_IOC(VHOST_SCSI_GET_EVENTS_MISSED, MVH_IOC_ENDPOINT,
		mvh_vhost_get_events_missed),
};

const struct mvh_ioctls mvh_vhost_ioctls = {
	.n	= ARRAY_SIZE(mvh_vhost_table),
	.entry	= mvh_vhost_table,
};
