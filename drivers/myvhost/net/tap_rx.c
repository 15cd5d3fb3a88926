// SPDX-License-Identifier: GPL-2.0
/*
 * Frames out of a tap's ring or a raw socket.  What tun would do for an ordinary one
 * is done here.
 */
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/skb_array.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <linux/virtio_net.h>
#include <net/sock.h>
#include "compat/tun.h"
#include "copy.h"
#include "tap.h"

static u32 mvh_tap_entry_len(void *entry)
{
	if (tun_is_xdp_frame(entry))
		return ((struct xdp_frame *)tun_ptr_to_xdp(entry))->len;
	return __skb_array_len_with_tag(entry);
}

/*
 * Put the VLAN tag that the stack took out back into a frame: a packet socket
 * returns it beside the frame, if at all (N18).  A reader who peeks holds a
 * reference that he took under the queue's lock.
 */
static bool mvh_tap_put_vlan(struct sk_buff *skb)
{
	if (likely(!skb_vlan_tag_present(skb)))
		return true;
	if (skb_shared(skb) || skb_headlen(skb) < ETH_HLEN ||
	    __vlan_insert_tag(skb, skb->vlan_proto, skb_vlan_tag_get(skb)))
		return false;
	__vlan_hwaccel_clear_tag(skb);
	return true;
}

/*
 * Length of the first frame that waits in a socket without ring.  One whose tag
 * cannot be put back is told with its tag and received without: it is dropped.
 */
static noinline u32 mvh_tap_sock_len(struct sock *sk)
{
	struct sk_buff *skb;
	unsigned long flags;
	u32 len = 0;

	spin_lock_irqsave(&sk->sk_receive_queue.lock, flags);
	skb = skb_peek(&sk->sk_receive_queue);
	if (skb)
		len = mvh_tap_put_vlan(skb) ? skb->len : skb->len + VLAN_HLEN;
	spin_unlock_irqrestore(&sk->sk_receive_queue.lock, flags);
	return len;
}

/*
 * Find the network device that a frame left.  Nothing holds a device for the sake of
 * frames in a ring, so its address is only compared with those that exist.
 */
static struct net_device *mvh_tap_find_dev(struct mvh_tap *tap,
					   const struct sk_buff *skb)
{
	struct net *net = sock_net(tap->sock->sk);
	struct net_device *netdev = dev_get_by_index_rcu(net, tap->ifindex);

	if (netdev == skb->dev || tap->looked_for == skb->dev)
		return netdev == skb->dev ? netdev : NULL;
	tap->looked_for = skb->dev;
	for_each_netdev_rcu(net, netdev) {
		if (netdev == skb->dev) {
			tap->ifindex = netdev->ifindex;
			return netdev;
		}
	}
	return NULL;
}

/* Hold the device of the frames that were taken, if they are tun's. */
static void mvh_tap_hold_dev(struct mvh_tap *tap)
{
	void *frame = tap->queue[tap->head];
	struct net_device *dev;

	if (!tap->tun || tap->port.strip_len || tun_is_xdp_frame(frame))
		return;
	rcu_read_lock();
	dev = mvh_tap_find_dev(tap, frame);
	if (dev && mvh_tun_is_dev(dev)) {
		dev_hold(dev);
		tap->dev = dev;
	}
	rcu_read_unlock();
}

/**
 * mvh_port_begin - prepare to receive what an earlier run left
 * @port: the port
 *
 * At the start of each run; mvh_port_settle() ends it.
 */
void mvh_port_begin(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);

	if (tap->head != tap->tail)
		mvh_tap_hold_dev(tap);
}

/**
 * mvh_port_settle - free what was received and let go of the device
 * @port: the port
 *
 * At the end of each run, since the next may be far.
 */
void mvh_port_settle(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);
	u32 i;

	if (!tap->dev)
		return;
	local_bh_disable();
	if (tap->n_sent)
		dev_sw_netstats_tx_add(tap->dev, tap->n_sent, tap->sent_bytes);
	for (i = 0; i < tap->n_free; i++)
		napi_consume_skb(tap->queue[i], 1);
	local_bh_enable();
	dev_put(tap->dev);
	tap->dev = NULL;
	tap->n_free = 0;
	tap->n_sent = 0;
	tap->sent_bytes = 0;
}

static noinline u32 mvh_tap_refill(struct mvh_tap *tap)
{
	mvh_port_settle(&tap->port);
	tap->head = 0;
	tap->tail = mvh_tun_consume(tap->tun, tap->ring, tap->queue, MVH_TAP_BATCH);
	if (unlikely(tap->port.lossless))
		mvh_txq_consumed(&tap->txq);
	if (tap->tail)
		mvh_tap_hold_dev(tap);
	return tap->tail;
}

/*
 * mvh_port_peek() - length of the next frame
 *
 * Return: its bytes, 0 if there is none.
 */
u32 mvh_port_peek(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);

	if (unlikely(!tap->ring))
		return mvh_tap_sock_len(tap->sock->sk);
	if (unlikely(tap->head == tap->tail) && !mvh_tap_refill(tap))
		return 0;
	return mvh_tap_entry_len(tap->queue[tap->head]);
}

/* A frame in one piece that differs from what is in its buffer by nothing. */
static bool mvh_tap_is_linear(const struct mvh_tap *tap, void *entry)
{
	const struct sk_buff *skb = entry;

	return tap->dev && tap->plain && !tun_is_xdp_frame(entry) &&
	       skb->dev == tap->dev && !skb_is_nonlinear(skb) &&
	       !skb_is_gso(skb) && !skb_vlan_tag_present(skb);
}

/**
 * mvh_port_recv_linear - take the next frame if it is an ordinary one
 * @port: the port, at which mvh_port_peek() found a frame
 * @to: guest memory with room for the frame behind its virtio header
 *
 * What tun would do for it, without the detours of a system call.  tun does the
 * rest: see mvh_port_recv().
 *
 * Context: Process context with the address space that @to is of.
 * Return: 1; 0 if it is not an ordinary frame and was left; or -EFAULT, and it is
 * gone.
 */
int mvh_port_recv_linear(struct mvh_port *port, void __user *to)
{
	struct mvh_tap *tap = mvh_tap(port);
	struct {
		struct virtio_net_hdr_mrg_rxbuf h;
		u8 rest[MVH_NET_HDR_MAX - sizeof(struct virtio_net_hdr_mrg_rxbuf)];
	} hdr = {};
	bool le = mvh_vq_le(port->vq);
	struct sk_buff *skb = tap->queue[tap->head];

	if (!mvh_tap_is_linear(tap, skb) ||
	    virtio_net_hdr_from_skb(skb, &hdr.h.hdr, le, true, 0))
		return 0;
	hdr.h.num_buffers = __cpu_to_virtio16(le, 1);
	tap->head++;
	tap->queue[tap->n_free++] = skb;
	tap->n_sent++;
	tap->sent_bytes += skb->len;
	return mvh_net_copy_out(to, &hdr, port->hdr_len, skb->data, skb->len) ?: 1;
}

/*
 * mvh_port_recv() - take the next frame
 * @iter: where to put it, behind its virtio header unless @port->strip_len
 *
 * The frame is gone, whatever comes out.
 *
 * Context: Process context with the address space that @iter is of.
 * Return: bytes it had, with the header, even if not all could be written; or an
 * error.
 */
int mvh_port_recv(struct mvh_port *port, struct iov_iter *iter)
{
	struct mvh_tap *tap = mvh_tap(port);
	struct msghdr msg = {
		.msg_iter	= *iter,
	};
	u32 len = 0;
	int ret;

	if (tap->ring) {
		msg.msg_control = tap->queue[tap->head++];
		len = mvh_tap_entry_len(msg.msg_control);
	}
	ret = tap->sock->ops->recvmsg(tap->sock, &msg, iov_iter_count(iter),
				      MSG_DONTWAIT | MSG_TRUNC);
	*iter = msg.msg_iter;
	tap->plain = ret == port->hdr_len + len;
	return ret;
}

/* mvh_port_skip() - throw the next frame away */
void mvh_port_skip(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);
	struct iov_iter iter;
	struct kvec kv = {};

	if (tap->ring) {
		tun_ptr_free(tap->queue[tap->head++]);
		return;
	}
	iov_iter_kvec(&iter, ITER_DEST, &kv, 1, 0);
	mvh_port_recv(port, &iter);
}
