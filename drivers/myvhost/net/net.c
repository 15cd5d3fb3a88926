// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost_net.ko: the network back end, a pair of queues between a guest and a
 * tap.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vhost_types.h>
#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_ids.h>
#include <uapi/linux/virtio_net.h>
#include "compat/tun.h"
#include "core/backend.h"
#include "net.h"
#include "pace.h"
#include "port.h"

static bool mvh_net_lossless;
module_param_named(lossless, mvh_net_lossless, bool, 0644);
MODULE_PARM_DESC(lossless,
		 "Senders wait for a guest that is slow, where the tap would drop (default: no)");

#define MVH_NET_LIMITS	(MYVHOST_NET_LIMIT_PPS | MYVHOST_NET_LIMIT_BPS)

/**
 * struct mvh_net - what is chosen for a network device
 * @lossless: MYVHOST_NET_LOSSLESS
 * @pace: rate limits of each queue
 */
struct mvh_net {
	bool lossless;
	struct mvh_pace pace[MVH_NET_QUEUES];
};

static int mvh_net_open(struct mvh_dev *dev, unsigned int n_vqs)
{
	struct mvh_net *net = kzalloc(sizeof(*net), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!net)
		return -ENOMEM;
	net->lossless = READ_ONCE(mvh_net_lossless);
	for (i = 0; i < MVH_NET_QUEUES; i++)
		mvh_pace_init(&net->pace[i], &dev->vq[i]);
	dev->priv = net;
	return 0;
}

static void mvh_net_close(struct mvh_dev *dev)
{
	kfree(dev->priv);
}

static long mvh_net_set_flags(struct mvh_dev *dev, u32 __user *arg)
{
	struct mvh_net *net = dev->priv;
	u32 flags;

	if (get_user(flags, arg))
		return -EFAULT;
	if (flags & ~MYVHOST_NET_LOSSLESS)
		return -EINVAL;
	if (mvh_vq_attached(&dev->vq[MVH_NET_RX]))
		return -EBUSY;
	net->lossless = flags & MYVHOST_NET_LOSSLESS;
	return 0;
}

static long mvh_net_set_limits(struct mvh_dev *dev, void __user *arg)
{
	struct mvh_net *net = dev->priv;
	struct myvhost_net_limits limits;
	struct mvh_rates *rates;

	if (copy_from_user(&limits, arg, sizeof(limits)))
		return -EFAULT;
	if (limits.index >= MVH_NET_QUEUES)
		return -ENOBUFS;
	if (limits.flags & ~MVH_NET_LIMITS)
		return -EINVAL;
	rates = &net->pace[limits.index].rates;
	/* A user may limit itself, but not undo what it is limited to. */
	if (mvh_rates_limited(rates) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (limits.flags & MYVHOST_NET_LIMIT_PPS)
		mvh_rates_set_units(rates, limits.pps, limits.pps_burst);
	if (limits.flags & MYVHOST_NET_LIMIT_BPS)
		mvh_rates_set_bytes(rates, limits.bps, limits.bps_burst);
	/* It may wait for what the old limits allow. */
	mvh_vq_schedule(&dev->vq[limits.index]);
	return 0;
}

static long mvh_net_ioctl(struct mvh_dev *dev, unsigned int cmd,
			  void __user *arg)
{
	mvh_dev_assert_held(dev);
	switch (cmd) {
	case MYVHOST_NET_SET_FLAGS:
		return mvh_net_set_flags(dev, arg);
	case MYVHOST_NET_SET_LIMITS:
		return mvh_net_set_limits(dev, arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static const char *const mvh_net_vq_names[MVH_NET_QUEUES] = {
	[MVH_NET_RX] = "rx",
	[MVH_NET_TX] = "tx",
};

static void mvh_net_show(struct seq_file *seq, struct mvh_dev *dev)
{
	const struct mvh_net *net = dev->priv;
	unsigned int i;

	mvh_dev_assert_held(dev);
	seq_printf(seq, "lossless:\t%s\n", net->lossless ? "on" : "off");
	for (i = 0; i < MVH_NET_QUEUES; i++)
		seq_printf(seq, "%s_pps:\t%llu\n%s_bps:\t%llu\n",
			   mvh_net_vq_names[i], net->pace[i].rates.units.rate,
			   mvh_net_vq_names[i], net->pace[i].rates.bytes.rate);
	if (mvh_vq_attached(&dev->vq[MVH_NET_RX]))
		mvh_port_show(dev->vq[MVH_NET_RX].port, seq);
}

static void *mvh_net_attach(struct mvh_vq *vq, struct file *file)
{
	struct mvh_net *net = vq->dev->priv;
	struct mvh_port *port;

	port = mvh_port_create(vq, file,
			       net->lossless && vq->index == MVH_NET_RX);
	if (!IS_ERR(port))
		port->pace = &net->pace[vq->index];
	return port;
}

static void mvh_net_detach(struct mvh_vq *vq, void *port)
{
	mvh_port_destroy(port);
}

static int mvh_net_start(struct mvh_vq *vq)
{
	struct mvh_port *port = vq->port;

	port->hdr_len = mvh_net_hdr_len(vq->dev->features);
	port->strip_len = mvh_vq_has_feature(vq, VHOST_NET_F_VIRTIO_NET_HDR) ?
			  port->hdr_len : 0;
	return mvh_port_start(port);
}

static void mvh_net_stop(struct mvh_vq *vq)
{
	struct mvh_port *port = vq->port;

	mvh_pace_stop(port->pace);
	mvh_port_stop(port);
}

static void mvh_net_service(struct mvh_vq *vq)
{
	if (vq->index == MVH_NET_TX)
		mvh_net_tx(vq);
	else
		mvh_net_rx(vq);
}

static void mvh_net_idle(struct mvh_vq *vq)
{
	if (vq->index == MVH_NET_TX)
		mvh_net_tx_flush(vq);
}

static const unsigned int mvh_net_admin_ioctls[] = { MYVHOST_NET_SET_LIMITS, 0 };

static const struct mvh_backend_ops mvh_net_ops = {
	.owner		= THIS_MODULE,
	.name		= "net",
	.device_id	= VIRTIO_ID_NET,
	.n_vqs		= MVH_NET_QUEUES,
	.max_vqs	= MVH_NET_QUEUES,
	.has_files	= true,
	.vmm_has_config	= true,
	.vq_names	= mvh_net_vq_names,
	.features	= {
		MVH_F_BIT(VIRTIO_NET_F_MRG_RXBUF) |
		MVH_F_BIT(VIRTIO_F_NOTIFY_ON_EMPTY) |
		MVH_F_BIT(VHOST_F_LOG_ALL) |
		MVH_F_BIT(VHOST_NET_F_VIRTIO_NET_HDR) |
		MVH_F_BIT(VIRTIO_RING_F_INDIRECT_DESC) |
		MVH_F_BIT(VIRTIO_RING_F_EVENT_IDX) |
		MVH_F_BIT(VIRTIO_F_VERSION_1) |
		MVH_F_BIT(VIRTIO_F_ACCESS_PLATFORM) |
		MVH_F_BIT(VIRTIO_F_RING_PACKED) |
		MVH_F_BIT(VIRTIO_F_IN_ORDER) |
		MVH_F_BIT(VIRTIO_F_RING_RESET),
		MVH_TUN_HAS_UDP_TUNNEL ?
		MVH_F_BIT(MVH_F_GUEST_UDP_TUNNEL_GSO) |
		MVH_F_BIT(MVH_F_HOST_UDP_TUNNEL_GSO) : 0,
	},
	.admin_ioctls	= mvh_net_admin_ioctls,
	.open		= mvh_net_open,
	.close		= mvh_net_close,
	.ioctl		= mvh_net_ioctl,
	.show		= mvh_net_show,
	.attach		= mvh_net_attach,
	.detach		= mvh_net_detach,
	.start		= mvh_net_start,
	.stop		= mvh_net_stop,
	.service	= mvh_net_service,
	.idle		= mvh_net_idle,
};

static int __init mvh_net_init(void)
{
	return mvh_backend_register(&mvh_net_ops);
}

static void __exit mvh_net_exit(void)
{
	mvh_backend_unregister(&mvh_net_ops);
}

module_init(mvh_net_init);
module_exit(mvh_net_exit);

MODULE_DESCRIPTION("Network back end of myvhost");
MODULE_LICENSE("GPL");
MODULE_ALIAS("myvhost-backend-1");
