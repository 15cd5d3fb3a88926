// SPDX-License-Identifier: GPL-2.0
/*
 * A port that is a tap (tun, macvtap) or an AF_PACKET raw socket.  Alone here and in
 * tap_rx.c is known what tun expects of a frame and how its ring is read.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/if_tap.h>
#include <linux/if_tun.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <uapi/linux/virtio_net.h>
#include <net/sock.h>
#include "compat/tun.h"
#include "copy.h"
#include "tap.h"

/* References of a block of memory for frames: more than it can have frames. */
#define MVH_TAP_REFS	(PAGE_FRAG_CACHE_MAX_SIZE + 1)

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
