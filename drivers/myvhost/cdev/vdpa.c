// SPDX-License-Identifier: GPL-2.0
/*
 * The vdpa dialect, that of vhost-vdpa devices: a status byte, configuration
 * space, and I/O virtual memory that the owner sets by IOTLB messages.  All
 * queues are in one group and see one address space.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_config.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"

/* A guest of QEMU sets this size whatever VHOST_VDPA_GET_VRING_NUM reports. */
#define MVH_VDPA_NUM_MAX	1024

#define MVH_VDPA_BACKEND_FEATURES				\
	(BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2) |		\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_BATCH) |			\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_ASID) |			\
	 BIT_ULL(VHOST_BACKEND_F_SUSPEND) |			\
	 BIT_ULL(VHOST_BACKEND_F_RESUME) |			\
	 BIT_ULL(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK) |	\
	 BIT_ULL(VHOST_BACKEND_F_IOTLB_PERSIST))

/* The driver learns of an error by the status byte (virtio 1.3, 2.1.1). */
static void mvh_vdpa_error(struct mvh_vq *vq)
{
	mvh_dev_need_reset(vq->dev);
	mvh_vq_signal_err(vq);
	mvh_dev_signal_config(vq->dev);
}

static void mvh_vdpa_config(struct mvh_dev *dev)
{
	if (mvh_dev_status(dev) & VIRTIO_CONFIG_S_DRIVER_OK)
		mvh_dev_signal_config(dev);
}

const struct mvh_dialect mvh_vdpa_dialect = {
	.name			= "vdpa",
	.frontend		= {
		.error	= mvh_vdpa_error,
		.config	= mvh_vdpa_config,
	},
	.ioctls			= &mvh_vdpa_ioctls,
	.backend_features	= MVH_VDPA_BACKEND_FEATURES,
	.num_max		= MVH_VDPA_NUM_MAX,
	.has_config		= true,
	.all_memory		= true,
};

static int mvh_vdpa_set_owner(struct mvh_ucmd *ucmd)
{
	struct mvh_map *space;
	int err;

	space = mvh_map_create(NULL, 0);
	if (IS_ERR(space))
		return PTR_ERR(space);
	err = mvh_dev_set_owner(ucmd->dev);
	if (err)
		mvh_map_free(space);
	else
		mvh_dev_set_space(ucmd->dev, space);
	return err;
}

static int mvh_vdpa_check_features(const struct mvh_ucmd *ucmd)
{
	return mvh_dev_status(ucmd->dev) & VIRTIO_CONFIG_S_FEATURES_OK ?
	       -EBUSY : 0;
}

static int mvh_vdpa_set_features(struct mvh_ucmd *ucmd)
{
	if (ucmd->arg.val64 & ~ucmd->dev->offered[0])
		return -EOPNOTSUPP;
	return mvh_dev_set_driver_features(ucmd->dev, ucmd->arg.val64);
}

static int mvh_vdpa_get_device_id(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val32 = ucmd->dev->backend->device_id;
	return 0;
}

static int mvh_vdpa_get_status(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val8 = mvh_dev_status(ucmd->dev);
	return 0;
}

/* Any holder of the descriptor may reset the device; only its owner may run it. */
static int mvh_vdpa_set_status(struct mvh_ucmd *ucmd)
{
	struct mvh_dev *dev = ucmd->dev;
	u8 status = ucmd->arg.val8;

	if (status && dev->mm && mvh_dev_check_owner(dev))
		return -EPERM;
	return mvh_dev_set_status(dev, status);
}

/* Read the head of the argument and check it against the configuration space. */
static int mvh_vdpa_config_head(const struct mvh_ucmd *ucmd,
				struct vhost_vdpa_config *head)
{
	u32 size = ucmd->dev->backend->config_size;

	if (copy_from_user(head, ucmd->user, offsetof(typeof(*head), buf)))
		return -EFAULT;
	if (!head->len)
		return -EINVAL;
	if (head->off > size || head->len > size - head->off)
		return -E2BIG;
	return 0;
}

static int mvh_vdpa_get_config(struct mvh_ucmd *ucmd)
{
	struct vhost_vdpa_config __user *to = ucmd->user;
	struct vhost_vdpa_config head;
	void *buf;
	int err;

	err = mvh_vdpa_config_head(ucmd, &head);
	if (err)
		return err;
	buf = kmalloc(head.len, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	ucmd->dev->backend->config_read(ucmd->dev, head.off, buf, head.len);
	err = copy_to_user(to->buf, buf, head.len) ? -EFAULT : 0;
	kfree(buf);
	return err;
}

static int mvh_vdpa_set_config(struct mvh_ucmd *ucmd)
{
	struct vhost_vdpa_config __user *from = ucmd->user;
	struct vhost_vdpa_config head;
	void *buf;
	int err;

	err = mvh_vdpa_config_head(ucmd, &head);
	if (err)
		return err;
	buf = memdup_user(from->buf, head.len);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ucmd->dev->backend->config_write(ucmd->dev, head.off, buf, head.len);
	kfree(buf);
	return 0;
}

static int mvh_vdpa_get_config_size(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val32 = ucmd->dev->backend->config_size;
	return 0;
}

static int mvh_vdpa_set_config_call(struct mvh_ucmd *ucmd)
{
	struct eventfd_ctx *event = mvh_eventfd_get(ucmd->arg.fd);

	if (IS_ERR(event))
		return PTR_ERR(event);
	mvh_dev_set_config_event(ucmd->dev, event);
	return 0;
}

static int mvh_vdpa_get_num_max(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val16 = MVH_VDPA_NUM_MAX;
	return 0;
}

static int mvh_vdpa_get_vqs_count(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val32 = ucmd->dev->n_vqs;
	return 0;
}

static int mvh_vdpa_get_iova_range(struct mvh_ucmd *ucmd)
{
	ucmd->arg.range.first = 0;
	ucmd->arg.range.last = U64_MAX;
	return 0;
}

/* There is one group, and one address space. */
static int mvh_vdpa_get_one(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val32 = 1;
	return 0;
}

static int mvh_vdpa_get_group(struct mvh_ucmd *ucmd)
{
	ucmd->arg.state.num = 0;
	return 0;
}

static int mvh_vdpa_set_group_asid(struct mvh_ucmd *ucmd)
{
	return ucmd->arg.state.index || ucmd->arg.state.num ? -EINVAL : 0;
}

static int mvh_vdpa_get_vring_size(struct mvh_ucmd *ucmd)
{
	ucmd->arg.state.num = MVH_VDPA_NUM_MAX;
	return 0;
}

/* Rings stay where they are while the driver may use them. */
static int mvh_vdpa_check_rings(const struct mvh_ucmd *ucmd)
{
	return mvh_dev_rings_fixed(ucmd->dev) ? -EINVAL : 0;
}

static int mvh_vdpa_set_enable(struct mvh_ucmd *ucmd)
{
	return mvh_dev_enable_vq(ucmd->dev, ucmd->vq, ucmd->arg.state.num);
}

static int mvh_vdpa_suspend(struct mvh_ucmd *ucmd)
{
	return mvh_dev_suspend(ucmd->dev);
}

static int mvh_vdpa_resume(struct mvh_ucmd *ucmd)
{
	return mvh_dev_resume(ucmd->dev);
}

static const struct mvh_ioctl mvh_vdpa_table[] = {
	MVH_IOC(VHOST_SET_OWNER, 0, mvh_vdpa_set_owner),
	MVH_IOC_IN_CHECKED(VHOST_SET_FEATURES, 0, mvh_vdpa_check_features,
			   val64, mvh_vdpa_set_features),
	MVH_IOC_OUT(VHOST_VDPA_GET_DEVICE_ID, 0, val32, mvh_vdpa_get_device_id),
	MVH_IOC_OUT(VHOST_VDPA_GET_STATUS, 0, val8, mvh_vdpa_get_status),
	MVH_IOC_IN(VHOST_VDPA_SET_STATUS, 0, val8, mvh_vdpa_set_status),
	MVH_IOC(VHOST_VDPA_GET_CONFIG, 0, mvh_vdpa_get_config),
	MVH_IOC(VHOST_VDPA_SET_CONFIG, 0, mvh_vdpa_set_config),
	MVH_IOC_OUT(VHOST_VDPA_GET_CONFIG_SIZE, 0, val32,
		    mvh_vdpa_get_config_size),
	MVH_IOC_IN(VHOST_VDPA_SET_CONFIG_CALL, 0, fd, mvh_vdpa_set_config_call),
	MVH_IOC_OUT(VHOST_VDPA_GET_VRING_NUM, 0, val16, mvh_vdpa_get_num_max),
	MVH_IOC_OUT(VHOST_VDPA_GET_VQS_COUNT, 0, val32, mvh_vdpa_get_vqs_count),
	MVH_IOC_OUT(VHOST_VDPA_GET_IOVA_RANGE, 0, range,
		    mvh_vdpa_get_iova_range),
	MVH_IOC_OUT(VHOST_VDPA_GET_GROUP_NUM, 0, val32, mvh_vdpa_get_one),
	MVH_IOC_OUT(VHOST_VDPA_GET_AS_NUM, 0, val32, mvh_vdpa_get_one),
	MVH_IOC_OUT(VHOST_VDPA_GET_VRING_GROUP, MVH_IOC_QUEUE, state,
		    mvh_vdpa_get_group),
	MVH_IOC_OUT(VHOST_VDPA_GET_VRING_DESC_GROUP, MVH_IOC_QUEUE, state,
		    mvh_vdpa_get_group),
	MVH_IOC_OUT(VHOST_VDPA_GET_VRING_SIZE, MVH_IOC_QUEUE, state,
		    mvh_vdpa_get_vring_size),
	MVH_IOC_IN(VHOST_VDPA_SET_GROUP_ASID, 0, state,
		   mvh_vdpa_set_group_asid),
	MVH_IOC_IN(VHOST_VDPA_SET_VRING_ENABLE, MVH_IOC_VQ, state,
		   mvh_vdpa_set_enable),
	MVH_IOC(VHOST_VDPA_SUSPEND, MVH_IOC_OWNER, mvh_vdpa_suspend),
	MVH_IOC(VHOST_VDPA_RESUME, MVH_IOC_OWNER, mvh_vdpa_resume),
	MVH_IOC_IN_CHECKED(VHOST_SET_VRING_BASE, MVH_IOC_VQ_LOCK,
			   mvh_vdpa_check_rings, state, mvh_common_set_base),
	MVH_IOC_IN_CHECKED(VHOST_SET_VRING_ADDR, MVH_IOC_VQ_LOCK,
			   mvh_vdpa_check_rings, addr, mvh_common_set_addr),
};

const struct mvh_ioctls mvh_vdpa_ioctls = {
	.n	= ARRAY_SIZE(mvh_vdpa_table),
	.entry	= mvh_vdpa_table,
};
