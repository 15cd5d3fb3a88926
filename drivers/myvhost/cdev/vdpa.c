// SPDX-License-Identifier: GPL-2.0
/*
 * The vdpa dialect, that of vhost-vdpa devices: a status byte, configuration
 * space, and I/O virtual memory that the owner sets by IOTLB messages.  All
 * queues are in one group and see one address space.
 */
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_config.h>
#include "compat/compat.h"
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"
#include "vhost_uapi.h"

/* QEMU's guests ask for rings of this size whatever they are told. */
#define MVH_VDPA_NUM_MAX	1024

#define MVH_VDPA_BACKEND_FEATURES				\
	(BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2) |		\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_BATCH) |			\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_ASID) |			\
	 BIT_ULL(VHOST_BACKEND_F_SUSPEND) |			\
	 BIT_ULL(VHOST_BACKEND_F_RESUME) |			\
	 BIT_ULL(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK) |	\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_PERSIST))

/* The driver learns of it by the status byte (virtio 1.3, 2.1.1). */
static void mvh_vdpa_error(struct mvh_vq *vq)
{
	struct mvh_dev *dev = vq->dev;

	atomic_or(VIRTIO_CONFIG_S_NEEDS_RESET, &dev->status);
	if (vq->err)
		mvh_eventfd_signal(vq->err);
	if (dev->config_event)
		mvh_eventfd_signal(dev->config_event);
}

static void mvh_vdpa_config(struct mvh_dev *dev)
{
	if (dev->config_event &&
	    atomic_read(&dev->status) & VIRTIO_CONFIG_S_DRIVER_OK)
		mvh_eventfd_signal(dev->config_event);
}

const struct mvh_dialect mvh_vdpa_dialect = {
	.name		= "vdpa",
	.frontend	= {
		.error	= mvh_vdpa_error,
		.miss	= mvh_msg_miss,
		.config	= mvh_vdpa_config,
	},
	.ioctls		= &mvh_vdpa_ioctls,
	.has_config	= true,
	.all_memory	= true,
};

static long mvh_vdpa_set_owner(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct mvh_map *space;
	int err;

	space = mvh_map_create(NULL, 0);
	if (IS_ERR(space))
		return PTR_ERR(space);
	err = mvh_dev_set_owner(dev);
	if (err) {
		mvh_map_free(space);
		return err;
	}
	mvh_dev_lock_vqs(dev);
	dev->iotlb = space;
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	return 0;
}

static long mvh_vdpa_get_features(struct mvh_dev *dev, struct mvh_vq *vq,
				  void __user *arg)
{
	return put_user(dev->offered[0], (u64 __user *)arg);
}

static long mvh_vdpa_set_features(struct mvh_dev *dev, struct mvh_vq *vq,
				  void __user *arg)
{
	u64 features;

	if (atomic_read(&dev->status) & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EBUSY;
	if (get_user(features, (u64 __user *)arg))
		return -EFAULT;
	if (features & ~dev->offered[0])
		return -EOPNOTSUPP;
	mvh_dev_lock_vqs(dev);
	dev->features[0] = features;
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	if (dev->backend->features_set)
		dev->backend->features_set(dev);
	return 0;
}

static long mvh_vdpa_get_backend_features(struct mvh_dev *dev,
					  struct mvh_vq *vq, void __user *arg)
{
	return put_user(MVH_VDPA_BACKEND_FEATURES, (u64 __user *)arg);
}

static long mvh_vdpa_set_backend_features(struct mvh_dev *dev,
					  struct mvh_vq *vq, void __user *arg)
{
	u64 features;

	if (get_user(features, (u64 __user *)arg))
		return -EFAULT;
	if (features & ~MVH_VDPA_BACKEND_FEATURES)
		return -EOPNOTSUPP;
	WRITE_ONCE(dev->backend_features, features);
	return 0;
}

static long mvh_vdpa_get_device_id(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	return put_user(dev->backend->device_id, (u32 __user *)arg);
}

static long mvh_vdpa_get_status(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	return put_user((u8)atomic_read(&dev->status),
			(u8 __user *)arg);
}

/* Whoever has the descriptor may reset the device; only its owner may run it. */
static long mvh_vdpa_set_status(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	u8 status;

	if (get_user(status, (u8 __user *)arg))
		return -EFAULT;
	if (status && dev->mm && mvh_dev_check_owner(dev))
		return -EPERM;
	return mvh_dev_set_status(dev, status);
}

/* Read the head of the argument and check it against the configuration space. */
static int mvh_vdpa_config_head(const struct mvh_dev *dev,
				struct vhost_vdpa_config *head,
				const void __user *arg)
{
	u32 size = dev->backend->config_size;

	if (copy_from_user(head, arg, offsetof(typeof(*head), buf)))
		return -EFAULT;
	if (!head->len)
		return -EINVAL;
	if (head->off > size || head->len > size - head->off)
		return -E2BIG;
	return 0;
}

static long mvh_vdpa_get_config(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	struct vhost_vdpa_config __user *to = arg;
	struct vhost_vdpa_config head;
	void *buf;
	int err;

	err = mvh_vdpa_config_head(dev, &head, arg);
	if (err)
		return err;
	buf = kmalloc(head.len, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	dev->backend->config_read(dev, head.off, buf, head.len);
	err = copy_to_user(to->buf, buf, head.len) ? -EFAULT : 0;
	kfree(buf);
	return err;
}

static long mvh_vdpa_set_config(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	struct vhost_vdpa_config __user *from = arg;
	struct vhost_vdpa_config head;
	void *buf;
	int err;

	err = mvh_vdpa_config_head(dev, &head, arg);
	if (err)
		return err;
	buf = memdup_user(from->buf, head.len);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	dev->backend->config_write(dev, head.off, buf,
					  head.len);
	kfree(buf);
	return 0;
}

static long mvh_vdpa_get_config_size(struct mvh_dev *dev, struct mvh_vq *vq,
				     void __user *arg)
{
	return put_user(dev->backend->config_size, (u32 __user *)arg);
}

static long mvh_vdpa_set_config_call(struct mvh_dev *dev, struct mvh_vq *vq,
				     void __user *arg)
{
	return mvh_ioctl_set_event(dev, &dev->config_event, arg);
}

static long mvh_vdpa_get_num_max(struct mvh_dev *dev, struct mvh_vq *vq,
				 void __user *arg)
{
	return put_user(MVH_VDPA_NUM_MAX, (u16 __user *)arg);
}

static long mvh_vdpa_get_vqs_count(struct mvh_dev *dev, struct mvh_vq *vq,
				   void __user *arg)
{
	return put_user(dev->n_vqs, (u32 __user *)arg);
}

static long mvh_vdpa_get_iova_range(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_vdpa_iova_range range = { .first = 0, .last = U64_MAX };

	return copy_to_user(arg, &range, sizeof(range)) ? -EFAULT : 0;
}

/* There is one group, and one address space. */
static long mvh_vdpa_get_one(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	return put_user(1, (u32 __user *)arg);
}

static long mvh_vdpa_get_group(struct mvh_dev *dev, struct mvh_vq *vq,
			       void __user *arg)
{
	struct vhost_vring_state s = { .index = vq->index, .num = 0 };

	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long mvh_vdpa_set_group_asid(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return s.index || s.num ? -EINVAL : 0;
}

/* The largest that this queue can be. */
static long mvh_vdpa_get_vring_size(struct mvh_dev *dev, struct mvh_vq *vq,
				    void __user *arg)
{
	struct vhost_vring_state s = {
		.index = vq->index,
		.num = MVH_VDPA_NUM_MAX,
	};

	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long mvh_vdpa_set_num(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (vq->port)
		return -EBUSY;
	if (s.num > MVH_VDPA_NUM_MAX || !is_power_of_2(s.num))
		return -EINVAL;
	vq->ring.num = s.num;
	return 0;
}

/* Rings stay where they are while the driver may use them. */
static bool mvh_vdpa_rings_fixed(const struct mvh_dev *dev)
{
	return atomic_read(&dev->status) & VIRTIO_CONFIG_S_DRIVER_OK &&
	       !dev->suspended;
}

static long mvh_vdpa_set_base(struct mvh_dev *dev, struct mvh_vq *vq,
			      void __user *arg)
{
	if (mvh_vdpa_rings_fixed(dev))
		return -EINVAL;
	return mvh_queue_set_base(dev, vq, arg);
}

static long mvh_vdpa_set_addr(struct mvh_dev *dev, struct mvh_vq *vq,
			      void __user *arg)
{
	if (mvh_vdpa_rings_fixed(dev))
		return -EINVAL;
	return mvh_queue_set_addr(dev, vq, arg);
}

static long mvh_vdpa_set_enable(struct mvh_dev *dev, struct mvh_vq *vq,
				void __user *arg)
{
	struct vhost_vring_state s;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	return mvh_dev_set_enabled(dev, vq, s.num);
}

static long mvh_vdpa_suspend(struct mvh_dev *dev, struct mvh_vq *vq,
			     void __user *arg)
{
	return mvh_dev_suspend(dev);
}

static long mvh_vdpa_resume(struct mvh_dev *dev, struct mvh_vq *vq,
			    void __user *arg)
{
	return mvh_dev_resume(dev);
}

static const struct mvh_ioctl mvh_vdpa_table[] = {
	{ VHOST_SET_OWNER, 0, mvh_vdpa_set_owner },
	{ VHOST_GET_FEATURES, 0, mvh_vdpa_get_features },
	{ VHOST_SET_FEATURES, 0, mvh_vdpa_set_features },
	{ VHOST_GET_BACKEND_FEATURES, 0, mvh_vdpa_get_backend_features },
	{ VHOST_SET_BACKEND_FEATURES, 0, mvh_vdpa_set_backend_features },
	{ VHOST_VDPA_GET_DEVICE_ID, 0, mvh_vdpa_get_device_id },
	{ VHOST_VDPA_GET_STATUS, 0, mvh_vdpa_get_status },
	{ VHOST_VDPA_SET_STATUS, 0, mvh_vdpa_set_status },
	{ VHOST_VDPA_GET_CONFIG, 0, mvh_vdpa_get_config },
	{ VHOST_VDPA_SET_CONFIG, 0, mvh_vdpa_set_config },
	{ VHOST_VDPA_GET_CONFIG_SIZE, 0, mvh_vdpa_get_config_size },
	{ VHOST_VDPA_SET_CONFIG_CALL, 0, mvh_vdpa_set_config_call },
	{ VHOST_VDPA_GET_VRING_NUM, 0, mvh_vdpa_get_num_max },
	{ VHOST_VDPA_GET_VQS_COUNT, 0, mvh_vdpa_get_vqs_count },
	{ VHOST_VDPA_GET_IOVA_RANGE, 0, mvh_vdpa_get_iova_range },
	{ VHOST_VDPA_GET_GROUP_NUM, 0, mvh_vdpa_get_one },
	{ VHOST_VDPA_GET_AS_NUM, 0, mvh_vdpa_get_one },
	{ VHOST_VDPA_GET_VRING_GROUP, MVH_IOC_QUEUE, mvh_vdpa_get_group },
	{ VHOST_VDPA_GET_VRING_DESC_GROUP, MVH_IOC_QUEUE, mvh_vdpa_get_group },
	{ VHOST_VDPA_GET_VRING_SIZE, MVH_IOC_QUEUE, mvh_vdpa_get_vring_size },
	{ VHOST_VDPA_SET_GROUP_ASID, 0, mvh_vdpa_set_group_asid },
	{ VHOST_VDPA_SET_VRING_ENABLE, MVH_IOC_VQ, mvh_vdpa_set_enable },
	{ VHOST_VDPA_SUSPEND, MVH_IOC_OWNER, mvh_vdpa_suspend },
	{ VHOST_VDPA_RESUME, MVH_IOC_OWNER, mvh_vdpa_resume },
	{ VHOST_SET_VRING_NUM, MVH_IOC_VQ_LOCK, mvh_vdpa_set_num },
	{ VHOST_SET_VRING_BASE, MVH_IOC_VQ_LOCK, mvh_vdpa_set_base },
	{ VHOST_SET_VRING_ADDR, MVH_IOC_VQ_LOCK, mvh_vdpa_set_addr },
};

const struct mvh_ioctls mvh_vdpa_ioctls = {
	.n	= ARRAY_SIZE(mvh_vdpa_table),
	.entry	= mvh_vdpa_table,
};
