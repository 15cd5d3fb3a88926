// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost_scsi.ko: the SCSI front, a target with logical units on the disks of
 * myvhost_blk.ko.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_ids.h>
#include <uapi/linux/virtio_scsi.h>
#include "core/backend.h"
#include "blk/disk.h"
#include "lun.h"
#include "queue.h"
#include "scsi.h"

static_assert(MYVHOST_SCSI_LUN_MAX + 1 == MVH_SCSI_LUNS_MAX);

#define MVH_SCSI_WWPN_DIGITS	16

static struct mvh_lun *mvh_scsi_lun(const struct mvh_scsi *scsi, unsigned int number)
{
	mvh_dev_assert_held(scsi->dev);
	return rcu_dereference_protected(scsi->lun[number], true);
}

static int mvh_scsi_open(struct mvh_dev *dev, unsigned int n_vqs)
{
	struct mvh_scsi *scsi;

	scsi = kzalloc(sizeof(*scsi), GFP_KERNEL_ACCOUNT);
	if (!scsi)
		return -ENOMEM;
	refcount_set(&scsi->refs, 1);
	spin_lock_init(&scsi->event_lock);
	scsi->dev = dev;
	dev->priv = scsi;
	return 0;
}

/*
 * mvh_scsi_put() - drop a reference
 */
void mvh_scsi_put(struct mvh_scsi *scsi)
{
	if (refcount_dec_and_test(&scsi->refs))
		kfree(scsi);
}

static void mvh_scsi_close(struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	unsigned int i;

	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = rcu_dereference_protected(scsi->lun[i], true);

		RCU_INIT_POINTER(scsi->lun[i], NULL);
		if (lun)
			mvh_lun_remove(lun);
	}
	mvh_scsi_put(scsi);
}

static int mvh_scsi_ready(struct mvh_dev *dev)
{
	const struct mvh_scsi *scsi = dev->priv;

	/* Pairs with mvh_scsi_set_target(). */
	return smp_load_acquire(&scsi->name) ? 0 : -ENODATA;
}

/* Requests of an earlier user would destroy what the next one writes. */
static bool mvh_scsi_busy(const struct mvh_dev *dev)
{
	const struct mvh_scsi *scsi = dev->priv;

	return atomic_read(&scsi->n_orphans);
}

static int mvh_scsi_parse_wwpn(const char *wwpn, u64 *name)
{
	if (strncmp(wwpn, "naa.", 4) || strlen(wwpn + 4) != MVH_SCSI_WWPN_DIGITS ||
	    strspn(wwpn + 4, "0123456789abcdefABCDEF") != MVH_SCSI_WWPN_DIGITS)
		return -EINVAL;
	if (kstrtou64(wwpn + 4, 16, name) || !*name)
		return -EINVAL;
	return 0;
}

static long mvh_scsi_set_target(struct mvh_dev *dev, void __user *arg)
{
	struct mvh_scsi *scsi = dev->priv;
	struct myvhost_scsi target;
	u64 name;
	int err;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (scsi->name)
		return -EBUSY;
	if (target.flags || target.reserved ||
	    !memchr(target.wwpn, 0, sizeof(target.wwpn)))
		return -EINVAL;
	err = mvh_scsi_parse_wwpn(target.wwpn, &name);
	if (err)
		return err;
	memcpy(scsi->wwpn, target.wwpn, sizeof(scsi->wwpn));
	/* Pairs with mvh_scsi_ready(). */
	smp_store_release(&scsi->name, name);
	return 0;
}

/* A driver that gets no events finds out by the next command to another logical unit. */
static void mvh_scsi_lun_changed(struct mvh_scsi *scsi, unsigned int number, bool added)
{
	unsigned int i;

	if (!scsi->dev->features[0])
		return;
	mvh_scsi_tell(scsi, number, added);
	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = mvh_scsi_lun(scsi, i);

		if (lun && i != number)
			mvh_lun_attend(lun, MVH_ATTENTION_LUNS);
	}
}

static long mvh_scsi_add_lun(struct mvh_dev *dev, void __user *user)
{
	struct mvh_scsi *scsi = dev->priv;
	struct myvhost_scsi_lun arg;
	struct mvh_lun *lun;

	if (!scsi->name)
		return -ENODATA;
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved || arg.lun > MYVHOST_SCSI_LUN_MAX)
		return -EINVAL;
	if (mvh_scsi_lun(scsi, arg.lun))
		return -EEXIST;
	lun = mvh_lun_create(scsi, &arg);
	if (IS_ERR(lun))
		return PTR_ERR(lun);
	rcu_assign_pointer(scsi->lun[arg.lun], lun);
	mvh_scsi_lun_changed(scsi, arg.lun, true);
	return 0;
}

static long mvh_scsi_del_lun(struct mvh_dev *dev, void __user *user)
{
	struct mvh_scsi *scsi = dev->priv;
	struct mvh_lun *lun;
	u32 number;

	if (get_user(number, (u32 __user *)user))
		return -EFAULT;
	if (number > MYVHOST_SCSI_LUN_MAX)
		return -ENOENT;
	lun = mvh_scsi_lun(scsi, number);
	if (!lun)
		return -ENOENT;
	RCU_INIT_POINTER(scsi->lun[number], NULL);
	mvh_scsi_lun_changed(scsi, number, false);
	mvh_lun_remove(lun);
	return 0;
}

static long mvh_scsi_resize(struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	unsigned int i;

	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = mvh_scsi_lun(scsi, i);

		if (lun)
			mvh_lun_resize(lun);
	}
	return 0;
}

static long mvh_scsi_resume(struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	struct mvh_vq *vq;
	unsigned int i;

	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = mvh_scsi_lun(scsi, i);

		if (lun)
			atomic_inc(&lun->disk->resumes);
	}
	mvh_dev_for_each_vq(dev, vq)
		mvh_vq_schedule(vq);
	return 0;
}

static long mvh_scsi_ioctl(struct mvh_dev *dev, unsigned int cmd, void __user *arg)
{
	mvh_dev_assert_held(dev);
	switch (cmd) {
	case MYVHOST_SCSI_SET_TARGET:
		return mvh_scsi_set_target(dev, arg);
	case MYVHOST_SCSI_ADD_LUN:
		return mvh_scsi_add_lun(dev, arg);
	case MYVHOST_SCSI_DEL_LUN:
		return mvh_scsi_del_lun(dev, arg);
	case MYVHOST_BLK_RESIZE:
		return mvh_scsi_resize(dev);
	case MYVHOST_BLK_RESUME:
		return mvh_scsi_resume(dev);
	default:
		return -ENOIOCTLCMD;
	}
}

static void mvh_scsi_show(struct seq_file *seq, struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	unsigned int i;

	mvh_dev_assert_held(dev);
	seq_printf(seq, "wwpn:\t%s\n", scsi->wwpn);
	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = mvh_scsi_lun(scsi, i);

		if (!lun)
			continue;
		seq_printf(seq, "lun:\t%u\n", i);
		mvh_disk_show(seq, lun->disk);
	}
}

static int mvh_scsi_set_endpoint(struct mvh_dev *dev, const char *wwpn)
{
	const struct mvh_scsi *scsi = dev->priv;

	mvh_dev_assert_held(dev);
	return strcasecmp(wwpn, scsi->wwpn) ? -ENODEV : 0;
}

static bool mvh_scsi_events_missed(struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	bool missed;

	spin_lock(&scsi->event_lock);
	missed = scsi->missed;
	spin_unlock(&scsi->event_lock);
	return missed;
}

static void mvh_scsi_set_events_missed(struct mvh_dev *dev, bool missed)
{
	struct mvh_scsi *scsi = dev->priv;

	spin_lock(&scsi->event_lock);
	scsi->missed = missed;
	spin_unlock(&scsi->event_lock);
	mvh_vq_schedule(&dev->vq[MVH_SCSI_EVENT]);
}

/* The driver is another one: it knows nothing, and must be told nothing. */
static void mvh_scsi_reset(struct mvh_dev *dev)
{
	struct mvh_scsi *scsi = dev->priv;
	unsigned int i;

	mvh_dev_assert_held(dev);
	spin_lock(&scsi->event_lock);
	bitmap_zero(scsi->added, MVH_SCSI_LUNS_MAX);
	bitmap_zero(scsi->removed, MVH_SCSI_LUNS_MAX);
	scsi->missed = false;
	spin_unlock(&scsi->event_lock);
	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++) {
		struct mvh_lun *lun = mvh_scsi_lun(scsi, i);

		if (!lun)
			continue;
		mvh_share_lost(lun, false);
		mvh_lun_set_wce(lun, lun->lu.wce_default);
		atomic_set(&lun->attention, 0);
	}
}

static void *mvh_scsi_attach(struct mvh_vq *vq, struct file *file)
{
	struct mvh_scsi *scsi = vq->dev->priv;

	if (mvh_scsi_busy(vq->dev))
		return ERR_PTR(-EBUSY);
	if (vq->index < MVH_SCSI_REQUEST)
		return mvh_scsi_control_create(vq);
	return mvh_scsi_queue_create(vq, scsi);
}

static void mvh_scsi_detach(struct mvh_vq *vq, void *port)
{
	struct mvh_scsi_queue *queue = port;

	if (vq->index < MVH_SCSI_REQUEST)
		kfree(port);
	else
		mvh_io_port_destroy(&queue->port);
}

static int mvh_scsi_start(struct mvh_vq *vq)
{
	struct mvh_scsi_queue *queue = vq->port;

	if (vq->index >= MVH_SCSI_REQUEST)
		mvh_io_port_start(&queue->port);
	return 0;
}

static void mvh_scsi_cancel(struct mvh_vq *vq)
{
	struct mvh_scsi_queue *queue = vq->port;

	if (vq->index >= MVH_SCSI_REQUEST)
		mvh_io_port_cancel(&queue->port);
}

static void mvh_scsi_stop(struct mvh_vq *vq)
{
	struct mvh_scsi_queue *queue = vq->port;

	if (vq->index >= MVH_SCSI_REQUEST)
		mvh_io_port_stop(&queue->port);
	else
		mvh_scsi_control_stop(vq);
}

static int mvh_scsi_quiesce(struct mvh_vq *vq)
{
	struct mvh_scsi_queue *queue = vq->port;

	return vq->index >= MVH_SCSI_REQUEST ? mvh_io_port_drain(&queue->port) : 0;
}

static void mvh_scsi_vq_service(struct mvh_vq *vq)
{
	if (vq->index >= MVH_SCSI_REQUEST)
		mvh_scsi_service(vq->port);
	else if (vq->index == MVH_SCSI_EVENT)
		mvh_scsi_event_service(vq);
	else
		mvh_scsi_control_service(vq);
}

static void mvh_scsi_idle(struct mvh_vq *vq)
{
	struct mvh_scsi_queue *queue = vq->port;

	if (vq->index >= MVH_SCSI_REQUEST)
		mvh_io_port_idle(&queue->port);
}

static bool mvh_scsi_pending(struct mvh_vq *vq)
{
	const struct mvh_scsi_queue *queue = vq->port;

	return vq->index >= MVH_SCSI_REQUEST && mvh_io_port_has_completed(&queue->port);
}

static const char *const mvh_scsi_vq_names[MVH_SCSI_QUEUES_MAX] = {
	"control", "event", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8",
	"q9", "q10", "q11", "q12", "q13", "q14", "q15",
};

static const unsigned int mvh_scsi_admin_ioctls[] = {
	MYVHOST_BLK_RESIZE, MYVHOST_BLK_RESUME,
	MYVHOST_SCSI_ADD_LUN, MYVHOST_SCSI_DEL_LUN,
	0
};

static const struct mvh_backend_ops mvh_scsi_ops = {
	.owner		= THIS_MODULE,
	.name		= "scsi",
	.device_id	= VIRTIO_ID_SCSI,
	.n_vqs		= MVH_SCSI_QUEUES_MAX,
	.min_vqs	= MVH_SCSI_REQUEST + 1,
	.max_vqs	= MVH_SCSI_QUEUES_MAX,
	.vq_names	= mvh_scsi_vq_names,
	.features	= {
		MVH_F_BIT(VIRTIO_SCSI_F_HOTPLUG) |
		MVH_F_BIT(VIRTIO_F_NOTIFY_ON_EMPTY) |
		MVH_F_BIT(VHOST_F_LOG_ALL) |
		MVH_F_BIT(VIRTIO_RING_F_INDIRECT_DESC) |
		MVH_F_BIT(VIRTIO_RING_F_EVENT_IDX) |
		MVH_F_BIT(VIRTIO_F_VERSION_1) |
		MVH_F_BIT(VIRTIO_F_ACCESS_PLATFORM) |
		MVH_F_BIT(VIRTIO_F_RING_PACKED),
	},
	.vmm_has_config	= true,
	.admin_ioctls	= mvh_scsi_admin_ioctls,
	.open		= mvh_scsi_open,
	.close		= mvh_scsi_close,
	.ready		= mvh_scsi_ready,
	.busy		= mvh_scsi_busy,
	.ioctl		= mvh_scsi_ioctl,
	.show		= mvh_scsi_show,
	.reset		= mvh_scsi_reset,
	.set_endpoint	= mvh_scsi_set_endpoint,
	.events_missed	= mvh_scsi_events_missed,
	.set_events_missed = mvh_scsi_set_events_missed,
	.attach		= mvh_scsi_attach,
	.detach		= mvh_scsi_detach,
	.start		= mvh_scsi_start,
	.cancel		= mvh_scsi_cancel,
	.stop		= mvh_scsi_stop,
	.quiesce	= mvh_scsi_quiesce,
	.service	= mvh_scsi_vq_service,
	.idle		= mvh_scsi_idle,
	.pending	= mvh_scsi_pending,
};

static int __init mvh_scsi_init(void)
{
	int err = mvh_lun_init();

	if (err)
		return err;
	err = mvh_backend_register(&mvh_scsi_ops);
	if (err)
		mvh_lun_exit();
	return err;
}

static void __exit mvh_scsi_exit(void)
{
	mvh_backend_unregister(&mvh_scsi_ops);
	mvh_scsi_queue_exit();
	mvh_lun_exit();
}

module_init(mvh_scsi_init);
module_exit(mvh_scsi_exit);

MODULE_DESCRIPTION("SCSI front of myvhost's disks");
MODULE_LICENSE("GPL");
MODULE_ALIAS("myvhost-backend-8");
