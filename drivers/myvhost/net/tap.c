// SPDX-License-Identifier: GPL-2.0
/*
 * A port that is a tap (tun, macvtap) or an AF_PACKET raw socket.  Alone here
 * is known what tun expects of a frame and how its ring is read.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/if_tap.h>
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/skb_array.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_net.h>
#include <net/sock.h>
#include <net/xdp.h>
#include "compat/tun.h"
#include "core/backend.h"
#include "copy.h"
#include "port.h"
#include "txq.h"

/* Frames handed to tun, or taken from it, at a time. */
#define MVH_TAP_BATCH	64

/* References of a block of memory for frames: more than it can have frames. */
#define MVH_TAP_REFS	(PAGE_FRAG_CACHE_MAX_SIZE + 1)

/**
 * struct mvh_tap - a tap or a raw socket
 * @port: what others see
 * @event: subscription to what the queue waits for
 * @txq: its network device's transmit queue, if the port is lossless
 * @file: the tap
 * @sock: its socket
 * @ring: frames to the guest, NULL if the socket has no such ring
 * @tun: @file if @ring is tun's
 * @is_tap: it takes whole frames in batches
 * @block: frames are built here, NULL before the first one
 * @block_left: bytes at its start that no frame has
 * @block_refs: references of it that no frame has
 * @xdp: frames to be handed over
 * @headroom: of each frame in the batch
 * @max_len: longest frame that can be in it
 * @n_xdp: frames in the batch
 * @bytes: of all of them
 * @queue: frames taken from @ring; in front of @head those to be freed
 * @head: next one
 * @tail: end of them
 * @n_free: frames to be freed
 * @dev: the device that the frames left, held during a run; NULL if it is not known
 * @ifindex: its number
 * @looked_for: the last address of a device that was looked for, maybe freed since
 * @plain: tun's header is the one that the guest expects, as far as we have seen
 * @n_sent: frames that left @dev and are not in its statistics yet
 * @sent_bytes: bytes of them
 */
struct mvh_tap {
	struct mvh_port port;
	struct mvh_event event;
	struct mvh_txq txq;
	struct file *file;
	struct socket *sock;
	struct ptr_ring *ring;
	struct file *tun;
	bool is_tap;
	void *block;
	u32 block_left;
	u32 block_refs;
	u32 headroom;
	u32 max_len;
	u32 n_xdp;
	u64 bytes;
	u32 head;
	u32 tail;
	u32 n_free;
	struct net_device *dev;
	int ifindex;
	const void *looked_for;
	bool plain;
	u32 n_sent;
	u64 sent_bytes;
	union {
		struct xdp_buff xdp[MVH_TAP_BATCH];
		void *queue[MVH_TAP_BATCH];
	};
};

static struct mvh_tap *mvh_tap(const struct mvh_port *port)
{
	return container_of(port, struct mvh_tap, port);
}

static void mvh_tap_fire(struct mvh_event *event)
{
	mvh_vq_schedule(container_of(event, struct mvh_tap, event)->port.vq);
}

/* The socket of a file, if it is one that can be a port. */
static struct socket *mvh_tap_socket(struct file *file, bool *is_tap)
{
	struct socket *sock = tun_get_socket(file);

	*is_tap = true;
	if (!IS_ERR(sock))
		return sock;
	sock = tap_get_socket(file);
	if (!IS_ERR(sock))
		return sock;
	*is_tap = false;
	sock = sock_from_file(file);
	if (sock && sock->sk->sk_type == SOCK_RAW &&
	    sock->sk->sk_family == AF_PACKET)
		return sock;
	return ERR_PTR(-ENOTSOCK);
}

static void mvh_tap_find_ring(struct mvh_tap *tap)
{
	struct ptr_ring *ring = tun_get_tx_ring(tap->file);

	if (!IS_ERR(ring))
		tap->tun = tap->file;
	else
		ring = tap_get_ptr_ring(tap->file);
	tap->ring = IS_ERR(ring) ? NULL : ring;
}

/**
 * mvh_port_create - make a port of a file
 * @vq: the queue it is for
 * @file: the file, which the caller keeps until mvh_port_destroy()
 * @lossless: have senders wait while the port is nearly full, if it is a tun
 *
 * Return: the port, ERR_PTR(-ENOTSOCK) if it is not a file of the right kind,
 * or ERR_PTR(-ENOMEM).
 */
struct mvh_port *mvh_port_create(struct mvh_vq *vq, struct file *file,
				 bool lossless)
{
	bool is_tap;
	struct socket *sock = mvh_tap_socket(file, &is_tap);
	struct mvh_tap *tap;

	if (IS_ERR(sock))
		return ERR_CAST(sock);
	tap = kvzalloc(sizeof(*tap), GFP_KERNEL_ACCOUNT);
	if (!tap)
		return ERR_PTR(-ENOMEM);
	tap->port.vq = vq;
	tap->file = file;
	tap->sock = sock;
	tap->is_tap = is_tap;
	mvh_tap_find_ring(tap);
	tap->port.lossless = lossless && tap->tun;
	if (tap->port.lossless)
		mvh_txq_init(&tap->txq, vq, sock->sk, tap->ring);
	mvh_event_init(&tap->event,
		       vq->index == MVH_NET_RX ? EPOLLIN : EPOLLOUT,
		       mvh_tap_fire);
	return &tap->port;
}

/**
 * mvh_port_destroy - undo mvh_port_create()
 * @port: the port, stopped
 */
void mvh_port_destroy(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);

	if (tap->block)
		__page_frag_cache_drain(virt_to_head_page(tap->block),
					tap->block_refs);
	kvfree(tap);
}

/* mvh_port_show() - what the file says of itself in fdinfo: "iff:" and a tun's name */
void mvh_port_show(const struct mvh_port *port, struct seq_file *seq)
{
	struct file *file = mvh_tap(port)->file;

	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(seq, file);
}

/*
 * mvh_port_start() - begin to listen, disarmed
 *
 * Return: 0, or -EINVAL if the tap has no network device.
 */
int mvh_port_start(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);
	int err = mvh_event_start(&tap->event, tap->file);

	mvh_event_pause(&tap->event);
	if (!err && port->lossless)
		err = mvh_txq_watch(&tap->txq, tap->file);
	return err;
}

/* Frames that do not fit into a ring again; the ring cannot say how many. */
static DEFINE_MUTEX(mvh_tap_lost_mutex);
static u32 mvh_tap_lost;

static void mvh_tap_lose(void *frame)
{
	mvh_tap_lost++;
	tun_ptr_free(frame);
}

/* Put frames back that were taken, but not delivered. */
static u32 mvh_tap_unconsume(struct mvh_tap *tap)
{
	u32 lost;

	mutex_lock(&mvh_tap_lost_mutex);
	mvh_tap_lost = 0;
	ptr_ring_unconsume(tap->ring, tap->queue + tap->head,
			   tap->tail - tap->head, mvh_tap_lose);
	lost = mvh_tap_lost;
	mutex_unlock(&mvh_tap_lost_mutex);
	tap->head = 0;
	tap->tail = 0;
	return lost;
}

/**
 * mvh_port_stop - stop listening and give back what was taken in advance
 * @port: the port, with nothing pushed that is not flushed
 */
void mvh_port_stop(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);
	u32 lost = 0;

	mvh_event_stop(&tap->event);
	if (port->lossless)
		mvh_txq_unwatch(&tap->txq);
	if (tap->head != tap->tail)
		lost = mvh_tap_unconsume(tap);
	while (lost--)
		mvh_vq_drop(port->vq, MYVHOST_CNT_DROP_BACKEND);
}

/*
 * mvh_port_arm() - run the queue when there is something, or room
 *
 * The caller has to look once more after this.
 */
void mvh_port_arm(struct mvh_port *port)
{
	mvh_event_resume(&mvh_tap(port)->event);
}

/* mvh_port_disarm() - do not run the queue any more */
void mvh_port_disarm(struct mvh_port *port)
{
	struct mvh_tap *tap = mvh_tap(port);

	mvh_event_pause(&tap->event);
	if (unlikely(port->lossless))
		mvh_txq_count(&tap->txq);
}

/* mvh_port_hold() - for @delay jiffies a rate limit holds the queue, and not the guest */
void mvh_port_hold(struct mvh_port *port, unsigned long delay)
{
	if (port->lossless)
		mvh_txq_hold(&mvh_tap(port)->txq, delay);
}

/* Room in front of a frame: tun's header, ours, and what XDP may want. */
static u32 mvh_tap_headroom(const struct mvh_tap *tap)
{
	u32 room = MVH_TUN_HDR_ROOM + NET_SKB_PAD + NET_IP_ALIGN +
		   MVH_NET_HDR_MAX;

	if (sock_flag(tap->sock->sk, SOCK_XDP))
		room += XDP_PACKET_HEADROOM;
	return SKB_DATA_ALIGN(room);
}

/*
 * Once a batch: how frames of it are laid out, and how long they can be.  Such frames
 * are not charged to the socket, so a socket with a limit gets none.
 */
static void mvh_tap_begin_batch(struct mvh_tap *tap)
{
	u32 tail = SKB_DATA_ALIGN(sizeof(struct skb_shared_info));

	tap->headroom = mvh_tap_headroom(tap);
	tap->max_len = PAGE_SIZE - tail - tap->headroom;
	if (!tap->is_tap || READ_ONCE(tap->sock->sk->sk_sndbuf) != INT_MAX)
		tap->max_len = 0;
}

/*
 * Have a block without frames: the same one if all that it had are freed, which spares
 * to clear another one.  A reserve for emergencies is not kept.
 */
static bool mvh_tap_new_block(struct mvh_tap *tap)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_COMP;
	struct page *page = tap->block ? virt_to_head_page(tap->block) : NULL;

	if (page && page_ref_sub_and_test(page, tap->block_refs)) {
		set_page_count(page, MVH_TAP_REFS);
		if (likely(!page_is_pfmemalloc(page)))
			goto out;
		__page_frag_cache_drain(page, MVH_TAP_REFS);
	}
	tap->block = NULL;
	tap->block_left = 0;
	page = alloc_pages((gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN |
			   __GFP_NORETRY | __GFP_NOMEMALLOC,
			   PAGE_FRAG_CACHE_MAX_ORDER);
	if (unlikely(!page))
		page = alloc_page(gfp);
	if (unlikely(!page))
		return false;
	page_ref_add(page, MVH_TAP_REFS - 1);
	tap->block = page_address(page);
out:
	tap->block_refs = MVH_TAP_REFS;
	tap->block_left = page_size(page);
	return true;
}

/* Copy header and frame that are in more pieces than one. */
static noinline int mvh_tap_gather(const struct iovec *iov, unsigned int n, u32 skip,
				   void *hdr, u32 hdr_len, void *data, u32 len)
{
	struct iov_iter iter;

	/* Most drivers that do so put the header into a piece of its own. */
	if (n == 2 && iov->iov_len == skip + hdr_len)
		return mvh_net_copy_in(hdr, hdr_len, NULL, 0, iov->iov_base + skip) ?:
		       mvh_net_copy_in(NULL, 0, data, len, iov[1].iov_base);
	iov_iter_init(&iter, ITER_SOURCE, iov, n, skip + hdr_len + len);
	iov_iter_advance(&iter, skip);
	if (copy_from_iter(hdr, hdr_len, &iter) != hdr_len ||
	    copy_from_iter(data, len, &iter) != len)
		return -EFAULT;
	return 0;
}

/**
 * mvh_port_push - copy a frame from the guest into the batch
 * @port: the port
 * @iov: guest memory, where the virtio header begins
 * @n: pieces of it
 * @len: bytes of the frame behind the header
 *
 * What the copy is to be is checked in the copy.  The batch ends with its block of
 * memory, which can be used again if nobody keeps its frames.
 *
 * Context: Process context with the address space that @iov is of.
 * Return: 0; 1 if the batch is full now and must be flushed; -EMSGSIZE for a frame
 * that has to be sent alone, being too long or one of several segments, which the port
 * judges; -EINVAL if header and frame contradict each other; -EFAULT; or -ENOMEM.
 */
int mvh_port_push(struct mvh_port *port, const struct iovec *iov, unsigned int n,
		  u32 len)
{
	struct mvh_tap *tap = mvh_tap(port);
	u32 i = tap->n_xdp, skip = port->strip_len, hdr_len = port->hdr_len - skip;
	struct mvh_net_hdr *hdr;
	void *start, *data;
	u32 size, left;
	int err;

	if (!i)
		mvh_tap_begin_batch(tap);
	if (unlikely(len > tap->max_len))
		return -EMSGSIZE;
	size = SKB_DATA_ALIGN(tap->headroom + len) +
	       SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	if (unlikely(tap->block_left < size) && !mvh_tap_new_block(tap))
		return -ENOMEM;
	left = tap->block_left - size;
	start = tap->block + left;
	hdr = mvh_tun_hdr(start, size);
	data = start + tap->headroom;
	if (likely(n == 1))
		err = mvh_net_copy_in(hdr, hdr_len, data, len, iov->iov_base + skip);
	else
		err = mvh_tap_gather(iov, n, skip, hdr, hdr_len, data, len);
	if (unlikely(err))
		return err;
	if (unlikely(hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE))
		return -EMSGSIZE;
	if (hdr->flags && mvh_net_hdr_check(hdr, mvh_vq_le(port->vq), len))
		return -EINVAL;
	xdp_init_buff(&tap->xdp[i], size, NULL);
	xdp_prepare_buff(&tap->xdp[i], start, tap->headroom, len, true);
	tap->bytes += len;
	tap->n_xdp = i + 1;
	tap->block_left = left;
	tap->block_refs--;
	return i + 1 == MVH_TAP_BATCH || left < size;
}

/*
 * mvh_port_flush() - hand over the batch
 * @n: where to put how many frames it had
 * @bytes: where to put how many bytes
 *
 * Return: 0, or an error if none of them was taken; the batch is empty anyway.
 */
int mvh_port_flush(struct mvh_port *port, u32 *n, u64 *bytes)
{
	struct mvh_tap *tap = mvh_tap(port);
	struct tun_msg_ctl ctl = {
		.type	= TUN_MSG_PTR,
		.num	= tap->n_xdp,
		.ptr	= tap->xdp,
	};
	struct msghdr msg = {
		.msg_control	= &ctl,
		.msg_controllen	= sizeof(ctl),
		.msg_flags	= MSG_DONTWAIT,
	};
	u32 i;
	int ret;

	*n = tap->n_xdp;
	*bytes = tap->bytes;
	tap->n_xdp = 0;
	tap->bytes = 0;
	if (!*n)
		return 0;
	ret = tap->sock->ops->sendmsg(tap->sock, &msg, 0);
	if (likely(ret >= 0))
		return 0;
	/* The whole call was refused, so the frames are still ours. */
	for (i = 0; i < *n; i++)
		page_frag_free(tap->xdp[i].data_hard_start);
	return ret;
}

/*
 * mvh_port_send() - send one frame
 * @iter: the frame, behind its virtio header unless @port->strip_len
 *
 * Context: Process context with the address space that @iter is of.
 * Return: 0; -EAGAIN if the port is full; -EINVAL if header and frame
 * contradict each other; -EFAULT; or another error.
 */
int mvh_port_send(struct mvh_port *port, struct iov_iter *iter)
{
	struct mvh_tap *tap = mvh_tap(port);
	size_t len = iov_iter_count(iter);
	struct msghdr msg = {
		.msg_flags	= MSG_DONTWAIT,
		.msg_iter	= *iter,
	};
	int ret = tap->sock->ops->sendmsg(tap->sock, &msg, len);

	return ret < 0 ? ret : 0;
}

/**
 * mvh_port_writable - is there room for another frame, or no hope for any?
 * @port: the port, armed
 *
 * tun only tells of room if it was asked and there was none.
 *
 * Return: true if so; if not, the port's event will tell.
 */
bool mvh_port_writable(const struct mvh_port *port)
{
	return vfs_poll(mvh_tap(port)->file, NULL) & (EPOLLOUT | EPOLLERR);
}

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
static u32 mvh_tap_sock_len(struct sock *sk)
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

static u32 mvh_tap_refill(struct mvh_tap *tap)
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

	if (!tap->ring)
		return mvh_tap_sock_len(tap->sock->sk);
	if (tap->head == tap->tail && !mvh_tap_refill(tap))
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
