// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the guest.  Small ones are copied, header and all, into a buffer
 * of their own and handed over in batches; the rest goes one by one, straight
 * from guest memory.  Every chain is given back, whatever became of its frame.
 */
#include <linux/uio.h>
#include <uapi/linux/virtio_net.h>
#include "core/backend.h"
#include "copy.h"
#include "net.h"
#include "pace.h"
#include "port.h"

static void mvh_net_tx_count(struct mvh_vq *vq, u32 n, u64 bytes)
{
	mvh_vq_count(vq, MYVHOST_CNT_PACKETS, n);
	mvh_vq_count(vq, MYVHOST_CNT_BYTES, bytes);
}

/*
 * mvh_net_tx_flush() - hand over the batch of frames
 *
 * They are copies of what the guest had, so they cannot be tried again.
 */
void mvh_net_tx_flush(struct mvh_vq *vq)
{
	u64 bytes;
	u32 n;

	if (!mvh_port_flush(vq->port, &n, &bytes)) {
		mvh_net_tx_count(vq, n, bytes);
		return;
	}
	while (n--)
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_BACKEND);
}

/* Returns -EAGAIN if the port is full, 0 if the frame is sent or dropped. */
static int mvh_net_tx_result(struct mvh_vq *vq, int err, u64 len)
{
	switch (err) {
	case 0:
		mvh_net_tx_count(vq, 1, len);
		return 0;
	case -EAGAIN:
		return -EAGAIN;
	case -EINVAL:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_HEADER);
		return 0;
	case -EFAULT:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_FAULT);
		return 0;
	case -ENOMEM:
	case -ENOBUFS:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_MEMORY);
		return 0;
	default:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_BACKEND);
		return 0;
	}
}

/* Send what @iter has, header first, behind what is batched. */
static int mvh_net_tx_single(struct mvh_vq *vq, struct iov_iter *iter, u32 len)
{
	struct mvh_port *port = vq->port;

	mvh_net_tx_flush(vq);
	if (port->strip_hdr)
		iov_iter_advance(iter, port->hdr_len);
	return mvh_net_tx_result(vq, mvh_port_send(port, iter), len);
}

/* Send a frame that has been copied; consumes it. */
static int mvh_net_tx_copied(struct mvh_vq *vq, struct mvh_frame *frame,
			     u32 len)
{
	struct mvh_port *port = vq->port;
	const struct mvh_net_hdr *hdr = frame->hdr;
	struct iov_iter iter;
	struct kvec kv[2];
	int ret;

	if (!port->strip_hdr && hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		/* The port judges segmentation, and says so only for one. */
		kv[0].iov_base = frame->hdr;
		kv[0].iov_len = port->hdr_len;
		kv[1].iov_base = frame->data;
		kv[1].iov_len = len;
		iov_iter_kvec(&iter, ITER_SOURCE, kv, 2, port->hdr_len + len);
		ret = mvh_net_tx_single(vq, &iter, len);
		mvh_port_frame_free(frame);
		return ret;
	}
	if (!port->strip_hdr && mvh_net_hdr_check(hdr, mvh_vq_le(vq), len)) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_HEADER);
		mvh_port_frame_free(frame);
		return 0;
	}
	if (mvh_port_push(port))
		mvh_net_tx_flush(vq);
	return 0;
}

/* Copy header and frame, which most drivers put into one piece, or two. */
static int mvh_net_tx_read(const struct mvh_port *port,
			   const struct mvh_chain *chain,
			   const struct mvh_frame *frame, u32 len)
{
	u32 skip = port->strip_hdr ? port->hdr_len : 0;
	u32 hdr_len = port->hdr_len - skip;
	const struct iovec *iov = chain->iov;
	struct iov_iter iter;

	if (likely(chain->n_out == 1))
		return mvh_net_copy_in(frame->hdr, hdr_len, frame->data, len,
				       iov->iov_base + skip);
	if (chain->n_out == 2 && iov->iov_len == port->hdr_len)
		return mvh_net_copy_in(frame->hdr, hdr_len, NULL, 0,
				       iov->iov_base + skip) ?:
		       mvh_net_copy_in(NULL, 0, frame->data, len, iov[1].iov_base);
	iov_iter_init(&iter, ITER_SOURCE, iov, chain->n_out, chain->out_len);
	iov_iter_advance(&iter, skip);
	if (copy_from_iter(frame->hdr, hdr_len, &iter) != hdr_len ||
	    copy_from_iter(frame->data, len, &iter) != len)
		return -EFAULT;
	return 0;
}

static int mvh_net_tx_copy(struct mvh_vq *vq, const struct mvh_chain *chain,
			   struct mvh_frame *frame, u32 len)
{
	if (mvh_net_tx_read(vq->port, chain, frame, len)) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_FAULT);
		mvh_port_frame_free(frame);
		return 0;
	}
	return mvh_net_tx_copied(vq, frame, len);
}

/* Returns 0, -EAGAIN if the port is full, -EBADMSG if the queue has stopped. */
static int mvh_net_tx_chain(struct mvh_vq *vq, const struct mvh_chain *chain)
{
	struct mvh_port *port = vq->port;
	struct mvh_frame frame;
	struct iov_iter iter;
	u64 len;

	if (chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_DIRECTION);
	if (chain->out_len < port->hdr_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	len = chain->out_len - port->hdr_len;
	mvh_vq_charge(vq, min_t(u64, len, MVH_NET_FRAME_MAX));
	if (len < MVH_NET_FRAME_MIN) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_SHORT);
		return 0;
	}
	if (len > MVH_NET_FRAME_MAX) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_LONG);
		return 0;
	}
	switch (mvh_port_frame_alloc(port, &frame, len)) {
	case 0:
		return mvh_net_tx_copy(vq, chain, &frame, len);
	case -EMSGSIZE:
		iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out,
			      chain->out_len);
		return mvh_net_tx_single(vq, &iter, len);
	default:
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_MEMORY);
		return 0;
	}
}

/* The port is full: wait for room. */
static void mvh_net_tx_busy(struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_BUSY, 1);
	mvh_port_arm(vq->port);
	if (mvh_port_writable(vq->port))
		mvh_vq_schedule(vq);
}

/* Returns 0, or what mvh_net_tx_chain() says of a chain that is left. */
static int mvh_net_tx_batch(struct mvh_vq *vq)
{
	while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq)) {
		int err = mvh_net_tx_chain(vq, mvh_vq_chain(vq, 0));

		if (err)
			return err;
		mvh_vq_complete(vq, 0);
	}
	return 0;
}

/* With rate limits chains are taken one by one, while they allow it. */
static int mvh_net_tx_limited(struct mvh_vq *vq)
{
	const struct mvh_port *port = vq->port;
	int err = 0;

	while (!err && !mvh_pace_wait(port->pace) && mvh_vq_next(vq, 1) > 0) {
		u64 len = mvh_vq_chain(vq, 0)->out_len;

		err = mvh_net_tx_batch(vq);
		/* One that the port had no room for is counted when it has. */
		if (!mvh_vq_n_chains(vq))
			mvh_pace_use(port->pace, len - min_t(u64, len, port->hdr_len));
	}
	return err;
}

/*
 * mvh_net_tx() - serve the transmit queue
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_net_tx(struct mvh_vq *vq)
{
	struct mvh_port *port = vq->port;
	int err = 0;

	mvh_port_disarm(port);
	if (unlikely(mvh_rates_limited(&port->pace->rates)))
		err = mvh_net_tx_limited(vq);
	else
		while (!err && mvh_vq_next(vq, MVH_BATCH) > 0)
			err = mvh_net_tx_batch(vq);
	mvh_net_tx_flush(vq);
	if (err == -EAGAIN)
		mvh_net_tx_busy(vq);
}
