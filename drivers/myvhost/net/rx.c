// SPDX-License-Identifier: GPL-2.0
/*
 * Frames to the guest.  A frame takes one chain, or with mergeable buffers as
 * many as it needs; they are staged, filled, and given back together or left to
 * the guest.
 */
#include <linux/uio.h>
#include <uapi/linux/virtio_net.h>
#include "core/backend.h"
#include "core/dev.h"
#include "net.h"
#include "port.h"

/* Descriptors that one frame may make us look at, empty ones included. */
#define MVH_NET_RX_DESCS	(4 * MVH_IOV_MAX)

/* Chains taken for one frame. */
struct mvh_net_rx_room {
	unsigned int n_iov;
	unsigned int n_desc;
	unsigned int n_read;
	u64 last_len;
	u64 len;
};

/* Stage one more chain.  Returns 1, or what mvh_vq_fetch() says. */
static int mvh_net_rx_take(struct mvh_vq *vq, struct mvh_net_rx_room *room)
{
	struct mvh_chain chain = {
		.iov = vq->iov + room->n_iov,
		.max = MVH_IOV_MAX,
	};
	int ret = mvh_vq_fetch(vq, &chain);

	if (ret <= 0)
		return ret;
	if (chain.out_len)
		return mvh_vq_bad(vq, MVH_BAD_DIRECTION);
	if (!chain.in_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	mvh_vq_stage(vq, &chain, chain.in_len);
	room->n_iov += chain.n_in;
	room->n_desc += chain.ndesc;
	room->n_read += chain.n_read;
	room->last_len = chain.in_len;
	room->len += chain.in_len;
	return 1;
}

/*
 * Stage chains for @need bytes.  Returns 1; 0 if the guest must add some first;
 * -EMSGSIZE if it cannot add enough; or what mvh_vq_fetch() says.
 */
static int mvh_net_rx_collect(struct mvh_vq *vq, u64 need,
			      struct mvh_net_rx_room *room)
{
	bool merge = mvh_vq_has_feature(vq, VIRTIO_NET_F_MRG_RXBUF);
	int ret;

	do {
		if (room->n_iov >= MVH_IOV_MAX || (room->n_iov && !merge) ||
		    room->n_read > MVH_NET_RX_DESCS)
			return -EMSGSIZE;
		ret = mvh_net_rx_take(vq, room);
		if (!ret && room->n_desc >= mvh_vq_num(vq))
			return -EMSGSIZE;
		if (ret <= 0)
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

static int mvh_net_rx_num_buffers(struct mvh_vq *vq, struct iov_iter *iter)
{
	__virtio16 n = __cpu_to_virtio16(mvh_vq_le(vq), vq->n_staged);

	iov_iter_advance(iter, MVH_NET_NUM_BUFFERS);
	return copy_to_iter(&n, sizeof(n), iter) == sizeof(n) ? 0 : -EFAULT;
}

/*
 * Fill the staged chains with the frame.  The port tells how much it had, not
 * how much arrived: what the iterator has left tells that.
 */
static int mvh_net_rx_fill(struct mvh_vq *vq, u32 len,
			   const struct mvh_net_rx_room *room)
{
	struct mvh_port *port = vq->port;
	u32 need = port->hdr_len + len;
	struct iov_iter iter, hdr;
	int ret, expect = need;

	iov_iter_init(&iter, ITER_DEST, vq->iov, room->n_iov, need);
	hdr = iter;
	if (port->strip_hdr) {
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
		return mvh_net_rx_num_buffers(vq, &hdr);
	return 0;
}

/* Deliver a frame into the staged chains, or drop it and leave them. */
static void mvh_net_rx_deliver(struct mvh_vq *vq, u32 len,
			       const struct mvh_net_rx_room *room,
			       struct mvh_mark mark)
{
	struct mvh_port *port = vq->port;
	u64 need = port->hdr_len + len;
	int err = mvh_net_rx_fill(vq, len, room);

	/* Even what was written in vain was written. */
	mvh_vq_dirty(vq, vq->iov, need);
	if (!err) {
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		mvh_vq_count(vq, MYVHOST_CNT_BYTES, len);
		mvh_vq_commit(vq, room->last_len - (room->len - need));
		return;
	}
	mvh_vq_rewind(vq, mark);
	/* Somebody else reads the same socket: the frame is not lost. */
	if (err == -EAGAIN)
		return;
	mvh_vq_drop(vq, err == -EFAULT ? MYVHOST_CNT_DROP_FAULT :
					 MYVHOST_CNT_DROP_BACKEND);
}

/* Serve one frame.  Returns 0, or an error if the service must return. */
static int mvh_net_rx_frame(struct mvh_vq *vq, u32 len)
{
	struct mvh_port *port = vq->port;
	struct mvh_mark mark = mvh_vq_mark(vq);
	struct mvh_net_rx_room room = {};
	int ret = mvh_net_rx_collect(vq, (u64)port->hdr_len + len, &room);

	if (ret == 1) {
		mvh_vq_charge(vq, len);
		mvh_net_rx_deliver(vq, len, &room, mark);
		return 0;
	}
	mvh_vq_rewind(vq, mark);
	if (ret == -EMSGSIZE) {
		mvh_vq_charge(vq, len);
		mvh_port_skip(port);
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_BUFFER);
		return 0;
	}
	if (ret < 0)
		return ret;
	mvh_vq_count(vq, MYVHOST_CNT_STALLS, 1);
	return mvh_vq_rearm(vq) ? 0 : -ENOBUFS;
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

/**
 * mvh_net_rx - serve the receive queue
 * @vq: the queue
 *
 * Sleeps either for the port, the guest's kicks being of no use, or for the
 * guest, the port being disarmed.
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_net_rx(struct mvh_vq *vq)
{
	mvh_port_disarm(vq->port);
	while (!mvh_vq_spent(vq)) {
		u32 len = mvh_port_peek(vq->port);

		if (len ? mvh_net_rx_frame(vq, len) : !mvh_net_rx_wait(vq))
			return;
	}
}
