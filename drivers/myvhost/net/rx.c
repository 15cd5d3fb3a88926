// SPDX-License-Identifier: GPL-2.0
/*
 * Frames to the guest.  A frame takes one chain, or with mergeable buffers as
 * many as it needs; they are filled and completed together, or kept for the next
 * frame.
 */
#include <linux/uio.h>
#include <uapi/linux/virtio_net.h>
#include "core/backend.h"
#include "net.h"
#include "pace.h"
#include "port.h"

/* Descriptors that one frame may make us look at, empty ones included. */
#define MVH_NET_RX_DESCS	(4 * MVH_IOV_MAX)

/* The chains for one frame: the oldest ones that the service holds. */
struct mvh_net_rx_room {
	unsigned int n;
	unsigned int n_iov;
	unsigned int n_desc;
	unsigned int n_read;
	u64 last_len;
	u64 len;
};

/* Add one more chain of those that are held.  Returns 0 or -EBADMSG. */
static int mvh_net_rx_add(struct mvh_vq *vq, struct mvh_net_rx_room *room)
{
	const struct mvh_chain *chain = mvh_vq_chain(vq, room->n);

	if (chain->out_len)
		return mvh_vq_bad(vq, MVH_BAD_DIRECTION);
	if (!chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	room->n++;
	room->n_iov += chain->n_in;
	room->n_desc += chain->ndesc;
	room->n_read += chain->n_read;
	room->last_len = chain->in_len;
	room->len += chain->in_len;
	return 0;
}

/*
 * How many chains to take at a time: few in a run that serves few frames, since
 * those that are not used are looked at again by the next run.  A frame that has some
 * needs as many more as if all were like the last one, which is shorter than @need.
 */
static unsigned int mvh_net_rx_ahead(const struct mvh_vq *vq, u32 need,
				     const struct mvh_net_rx_room *room)
{
	unsigned int n = mvh_vq_n_charged(vq);

	if (room->n)
		n = max(n, (need - (u32)room->len) / (u32)room->last_len + 1);
	return clamp(n, 1U, MVH_BATCH);
}

/*
 * Collect chains for @need bytes.  Returns 1; 0 if the guest must add some first;
 * -EMSGSIZE if it cannot add enough; or what mvh_vq_next() says.
 */
static int mvh_net_rx_collect(struct mvh_vq *vq, u32 need,
			      struct mvh_net_rx_room *room)
{
	bool merge = mvh_vq_has_feature(vq, VIRTIO_NET_F_MRG_RXBUF);
	int ret;

	do {
		if (room->n_iov >= MVH_IOV_MAX || (room->n && !merge) ||
		    room->n_read > MVH_NET_RX_DESCS)
			return -EMSGSIZE;
		if (room->n == mvh_vq_n_chains(vq)) {
			if (room->n_desc >= mvh_vq_num(vq))
				return -EMSGSIZE;
			ret = mvh_vq_next(vq, mvh_net_rx_ahead(vq, need, room));
			if (ret <= 0)
				return ret;
		}
		ret = mvh_net_rx_add(vq, room);
		if (ret)
			return ret;
	} while (room->len < need);
	return 1;
}

/* Write the header that the port does not have. */
static int mvh_net_rx_zero_hdr(struct mvh_port *port, struct iov_iter *iter)
{
	static const u8 zero[MVH_NET_HDR_MAX];

	return copy_to_iter(zero, port->hdr_len, iter) == port->hdr_len ?
	       0 : -EFAULT;
}

static int mvh_net_rx_num_buffers(struct mvh_vq *vq, struct iov_iter *iter,
				  u16 n_buffers)
{
	__virtio16 n = __cpu_to_virtio16(mvh_vq_le(vq), n_buffers);

	iov_iter_advance(iter, MVH_NET_NUM_BUFFERS);
	return copy_to_iter(&n, sizeof(n), iter) == sizeof(n) ? 0 : -EFAULT;
}

/*
 * Fill the chains with the frame, by the port.  recvmsg() returns the frame's length even if the
 * copy was short; the iterator shows how much was copied.
 */
static int mvh_net_rx_fill(struct mvh_vq *vq, u32 len,
			   const struct mvh_net_rx_room *room)
{
	struct mvh_port *port = vq->port;
	u32 need = port->hdr_len + len;
	const struct iovec *iov = mvh_vq_chain(vq, 0)->iov;
	struct iov_iter iter, hdr;
	int ret, expect = need;

	iov_iter_init(&iter, ITER_DEST, iov, room->n_iov, need);
	hdr = iter;
	if (port->strip_len) {
		if (mvh_net_rx_zero_hdr(port, &iter)) {
			mvh_port_skip(port);
			return -EFAULT;
		}
		expect = len;
	}
	ret = mvh_port_recv(port, &iter);
	if (ret < 0)
		return ret;
	if (ret != expect)
		return -EIO;
	if (iov_iter_count(&iter))
		return -EFAULT;
	if (port->hdr_len > MVH_NET_NUM_BUFFERS)
		return mvh_net_rx_num_buffers(vq, &hdr, room->n);
	return 0;
}

/* All chains of a frame are full but the last one. */
static void mvh_net_rx_complete(struct mvh_vq *vq, unsigned int n, u32 last_len)
{
	while (--n)
		mvh_vq_complete(vq, mvh_vq_chain(vq, 0)->in_len);
	mvh_vq_complete(vq, last_len);
}

/* Deliver a frame into the chains, or drop it and keep them. */
static void mvh_net_rx_deliver(struct mvh_vq *vq, u32 len,
			       const struct mvh_net_rx_room *room)
{
	struct mvh_port *port = vq->port;
	u64 need = port->hdr_len + len;
	int err = mvh_net_rx_fill(vq, len, room);

	/* A frame that failed half-way has dirtied pages too. */
	mvh_vq_dirty(vq, mvh_vq_chain(vq, 0)->iov, need);
	switch (err) {
	case 0:
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, len);
		mvh_net_rx_complete(vq, room->n,
				    room->last_len - (room->len - need));
		break;
	case -EAGAIN:
		/* Somebody else reads the same socket: the frame is not lost. */
		break;
	case -EFAULT:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_FAULT);
		break;
	default:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_BACKEND);
		break;
	}
}

/*
 * Deliver an ordinary frame into the first piece of the chain at hand.  Returns false if
 * it is another one, or the piece is too short.
 */
static bool mvh_net_rx_direct(struct mvh_vq *vq, u32 len)
{
	const struct mvh_chain *chain = mvh_vq_chain(vq, 0);
	struct mvh_port *port = vq->port;
	u32 need = port->hdr_len + len;
	int ret;

	if (chain->n_out || !chain->n_in || chain->iov->iov_len < need)
		return false;
	ret = mvh_port_recv_linear(port, chain->iov->iov_base);
	if (!ret)
		return false;
	mvh_vq_charge(vq, len);
	mvh_vq_dirty(vq, chain->iov, need);
	if (ret > 0) {
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, len);
		mvh_vq_complete(vq, need);
	} else {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_FAULT);
	}
	return true;
}

/* Serve a frame that cannot be delivered directly.  See mvh_net_rx_frame(). */
static noinline bool mvh_net_rx_collected(struct mvh_vq *vq, u32 len)
{
	struct mvh_port *port = vq->port;
	struct mvh_net_rx_room room = {};

	switch (mvh_net_rx_collect(vq, port->hdr_len + len, &room)) {
	case 1:
		if (mvh_net_rx_direct(vq, len))
			return true;
		mvh_vq_charge(vq, len);
		mvh_net_rx_deliver(vq, len, &room);
		return true;
	case -EMSGSIZE:
		mvh_vq_charge(vq, len);
		mvh_port_skip(port);
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_BUFFER);
		return true;
	case 0:
		mvh_vq_count(vq, MYVHOST_CNT_STALLS, 1);
		return false;
	default:
		return false;
	}
}

/* Serve one frame.  Returns false if the service must return. */
static __always_inline bool mvh_net_rx_frame(struct mvh_vq *vq, u32 len)
{
	return (likely(mvh_vq_n_chains(vq)) && mvh_net_rx_direct(vq, len)) ||
	       mvh_net_rx_collected(vq, len);
}

static bool mvh_net_rx_ready(struct mvh_vq *vq)
{
	return mvh_port_peek(vq->port);
}

/* No frame: returns true if one came before the port was armed. */
static bool mvh_net_rx_wait(struct mvh_vq *vq)
{
	mvh_vq_flush(vq);
	if (mvh_vq_poll(vq, mvh_net_rx_ready))
		return true;
	mvh_port_arm(vq->port);
	if (!mvh_net_rx_ready(vq))
		return false;
	mvh_port_disarm(vq->port);
	return true;
}

/* Must the next frame wait for a rate limit?  Its senders may have to wait, too. */
static bool mvh_net_rx_held(struct mvh_port *port)
{
	u64 wait = mvh_pace_wait(port->pace);

	if (wait)
		mvh_port_hold(port, wait);
	return wait;
}

/*
 * mvh_net_rx() - serve the receive queue
 *
 * Sleeps either for the port, the guest's kicks being of no use, or for the
 * guest, the port being disarmed.
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_net_rx(struct mvh_vq *vq)
{
	struct mvh_port *port = vq->port;
	bool limited = mvh_rates_limited(&port->pace->rates);
	bool more = true;

	mvh_port_disarm(port);
	mvh_port_begin(port);
	while (more && !mvh_vq_over(vq)) {
		u32 len = mvh_port_peek(port);

		if (unlikely(limited) && len && mvh_net_rx_held(port))
			break;
		more = len ? mvh_net_rx_frame(vq, len) : mvh_net_rx_wait(vq);
		if (unlikely(limited) && len && more)
			mvh_pace_use(port->pace, len);
	}
	mvh_port_settle(port);
}
