// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost_blk.ko: the block back end, a disk between a guest and a file or block
 * device.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_ids.h>
#include "core/backend.h"
#include "config.h"
#include "disk.h"
#include "engine.h"
#include "queue.h"

#define MVH_BLK_QUEUES_MAX	16

/**
 * struct mvh_blk - the disk of a device
 * @n_queues: queues of the device
 * @features: what is offered for the disk
 * @disk: its disk, NULL before it has a backing; set once
 */
struct mvh_blk {
	u32 n_queues;
	u64 features;
	struct mvh_disk *disk;
};

static struct mvh_disk *mvh_blk_disk(const struct mvh_dev *dev)
{
	const struct mvh_blk *blk = dev->priv;

	/* Pairs with mvh_blk_set_backing(): the disk is complete. */
	return smp_load_acquire(&blk->disk);
}

static int mvh_blk_open(struct mvh_dev *dev, unsigned int n_vqs)
{
	struct mvh_blk *blk = kzalloc(sizeof(*blk), GFP_KERNEL_ACCOUNT);

	if (!blk)
		return -ENOMEM;
	blk->n_queues = n_vqs;
	dev->priv = blk;
	return 0;
}

static void mvh_blk_close(struct mvh_dev *dev)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);

	if (disk)
		mvh_disk_put(disk);
	kfree(dev->priv);
}

static int mvh_blk_ready(struct mvh_dev *dev)
{
	return mvh_blk_disk(dev) ? 0 : -ENODATA;
}

/* Requests of an earlier user would destroy what the next one writes. */
static bool mvh_blk_busy(const struct mvh_dev *dev)
{
	const struct mvh_disk *disk = mvh_blk_disk(dev);

	return disk && atomic_read(&disk->n_orphans);
}

static long mvh_blk_set_backing(struct mvh_dev *dev, void __user *arg)
{
	struct mvh_blk *blk = dev->priv;
	struct myvhost_blk backing;
	struct mvh_disk *disk;

	if (copy_from_user(&backing, arg, sizeof(backing)))
		return -EFAULT;
	if (blk->disk)
		return -EBUSY;
	disk = mvh_disk_create(dev, &backing);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	blk->features = mvh_blk_features(disk);
	dev->offered[0] |= blk->features;
	/* Pairs with mvh_blk_disk(). */
	smp_store_release(&blk->disk, disk);
	return 0;
}

static long mvh_blk_resize(struct mvh_dev *dev)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);

	if (!disk)
		return -ENODATA;
	mvh_disk_resize(disk);
	mvh_config_changed(dev);
	return 0;
}

static long mvh_blk_resume(struct mvh_dev *dev)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);
	struct mvh_vq *vq;

	if (!disk)
		return -ENODATA;
	atomic_inc(&disk->resumes);
	mvh_dev_for_each_vq(dev, vq)
		mvh_vq_schedule(vq);
	return 0;
}

static long mvh_blk_set_limits(struct mvh_dev *dev, void __user *arg)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);
	struct myvhost_blk_limits limits;
	struct mvh_vq *vq;
	int err;

	/* Not the user's: it is the one that is limited. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!disk)
		return -ENODATA;
	if (copy_from_user(&limits, arg, sizeof(limits)))
		return -EFAULT;
	err = mvh_disk_set_limits(disk, &limits);
	if (err)
		return err;
	/* They may wait for what the old limits allow. */
	mvh_dev_for_each_vq(dev, vq)
		mvh_vq_schedule(vq);
	return 0;
}

static long mvh_blk_ioctl(struct mvh_dev *dev, unsigned int cmd,
			  void __user *arg)
{
	mvh_dev_assert_held(dev);
	switch (cmd) {
	case MYVHOST_BLK_SET_BACKING:
		return mvh_blk_set_backing(dev, arg);
	case MYVHOST_BLK_RESIZE:
		return mvh_blk_resize(dev);
	case MYVHOST_BLK_SET_LIMITS:
		return mvh_blk_set_limits(dev, arg);
	case MYVHOST_BLK_RESUME:
		return mvh_blk_resume(dev);
	default:
		return -ENOIOCTLCMD;
	}
}

static void mvh_blk_show(struct seq_file *seq, struct mvh_dev *dev)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);

	if (disk)
		mvh_disk_show(seq, disk);
}

static void mvh_blk_features_set(struct mvh_dev *dev)
{
	mvh_dev_assert_held(dev);
	mvh_blk_set_features(mvh_blk_disk(dev), dev->features[0]);
}

static void mvh_blk_reset(struct mvh_dev *dev)
{
	struct mvh_disk *disk = mvh_blk_disk(dev);

	mvh_dev_assert_held(dev);
	if (disk)
		mvh_disk_reset(disk);
}

static void mvh_blk_config_read(struct mvh_dev *dev, u32 off, void *buf,
				u32 len)
{
	const struct mvh_blk *blk = dev->priv;
	u8 config[MVH_BLK_CONFIG_SIZE];

	mvh_dev_assert_held(dev);
	mvh_blk_config(blk->disk, blk->features, blk->n_queues, config);
	memcpy(buf, config + off, len);
}

static void mvh_blk_config_write(struct mvh_dev *dev, u32 off,
				 const void *buf, u32 len)
{
	mvh_dev_assert_held(dev);
	mvh_blk_set_config(mvh_blk_disk(dev), dev->features[0], off, buf, len);
}

static void *mvh_blk_attach(struct mvh_vq *vq, struct file *file)
{
	struct mvh_disk *disk = mvh_blk_disk(vq->dev);

	if (mvh_blk_busy(vq->dev))
		return ERR_PTR(-EBUSY);
	if (mvh_disk_gone(disk))
		return ERR_PTR(-ENODEV);
	if (!vq->index)
		mvh_disk_check_size(disk);
	return mvh_blk_queue_create(vq, disk);
}

static const char *const mvh_blk_vq_names[MVH_BLK_QUEUES_MAX] = {
	"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7",
	"q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15",
};

static const unsigned int mvh_blk_admin_ioctls[] = {
	MYVHOST_BLK_RESIZE, MYVHOST_BLK_RESUME,
	MYVHOST_BLK_SET_LIMITS,
	0
};

static const struct mvh_backend_ops mvh_blk_ops = {
	.owner		= THIS_MODULE,
	.name		= "blk",
	.device_id	= VIRTIO_ID_BLOCK,
	.n_vqs		= 1,
	.max_vqs	= MVH_BLK_QUEUES_MAX,
	.vq_names	= mvh_blk_vq_names,
	.features	= {
		MVH_F_BIT(VIRTIO_RING_F_INDIRECT_DESC) |
		MVH_F_BIT(VIRTIO_RING_F_EVENT_IDX) |
		MVH_F_BIT(VIRTIO_F_VERSION_1) |
		MVH_F_BIT(VIRTIO_F_ACCESS_PLATFORM) |
		MVH_F_BIT(VIRTIO_F_RING_PACKED),
	},
	.config_size	= MVH_BLK_CONFIG_SIZE,
	.admin_ioctls	= mvh_blk_admin_ioctls,
	.open		= mvh_blk_open,
	.close		= mvh_blk_close,
	.ready		= mvh_blk_ready,
	.busy		= mvh_blk_busy,
	.ioctl		= mvh_blk_ioctl,
	.show		= mvh_blk_show,
	.show_unlocked	= true,
	.reset		= mvh_blk_reset,
	.features_set	= mvh_blk_features_set,
	.config_read	= mvh_blk_config_read,
	.config_write	= mvh_blk_config_write,
	.attach		= mvh_blk_attach,
	.detach		= mvh_blk_queue_destroy,
	.start		= mvh_blk_queue_start,
	.cancel		= mvh_blk_queue_cancel,
	.stop		= mvh_blk_queue_stop,
	.quiesce	= mvh_blk_queue_quiesce,
	.service	= mvh_blk_service,
	.idle		= mvh_blk_idle,
	.pending	= mvh_blk_pending,
};

static int __init mvh_blk_init(void)
{
	int err = mvh_io_engine_init();

	if (err)
		return err;
	err = mvh_backend_register(&mvh_blk_ops);
	if (err)
		mvh_io_engine_exit();
	return err;
}

static void __exit mvh_blk_exit(void)
{
	mvh_backend_unregister(&mvh_blk_ops);
	mvh_blk_queue_exit();
	mvh_io_engine_exit();
}

module_init(mvh_blk_init);
module_exit(mvh_blk_exit);

MODULE_DESCRIPTION("Block back end of myvhost");
MODULE_LICENSE("GPL");
MODULE_ALIAS("myvhost-backend-2");
