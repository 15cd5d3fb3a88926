// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the guest.  Small ones are copied, header and all, by the port and
 * handed over in batches; the rest goes one by one, straight from guest memory.
 * Every chain is given back, whatever became of its frame.
 */
#include <linux/uio.h>
#include <uapi/linux/virtio_net.h>
#include "core/backend.h"
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
	iov_iter_advance(iter, port->strip_len);
	return mvh_net_tx_result(vq, mvh_port_send(port, iter), len);
}

/* A frame that is not sent in a batch. */
static noinline int mvh_net_tx_alone(struct mvh_vq *vq,
				     const struct mvh_chain *chain, u32 len)
{
	struct iov_iter iter;

	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, chain->out_len);
	return mvh_net_tx_single(vq, &iter, len);
}

/* Returns 0, -EAGAIN if the port is full, -EBADMSG if the queue has stopped. */
static int mvh_net_tx_chain(struct mvh_vq *vq, const struct mvh_chain *chain)
{
	struct mvh_port *port = vq->port;
	u64 len;
	int ret;

	if (chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_DIRECTION);
	if (chain->out_len < port->hdr_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	len = chain->out_len - port->hdr_len;
	mvh_vq_charge(vq, len);
	if (len < MVH_NET_FRAME_MIN) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_SHORT);
		return 0;
	}
	if (len > MVH_NET_FRAME_MAX) {
		mvh_vq_drop(vq, MYVHOST_CNT_DROP_LONG);
		return 0;
	}
	ret = mvh_port_push(port, chain->iov, chain->n_out, len);
	if (likely(!ret))
		return 0;
	if (ret == -EMSGSIZE)
		return mvh_net_tx_alone(vq, chain, len);
	if (ret < 0)
		return mvh_net_tx_result(vq, ret, len);
	mvh_net_tx_flush(vq);
	return 0;
}

/* The port is full: wait for room. */
static void mvh_net_tx_busy(struct mvh_vq *vq)
{
	mvh_vq_count(vq, MYVHOST_CNT_BUSY, 1);
	mvh_port_arm(vq->port);
	if (mvh_port_writable(vq->port))
		mvh_vq_schedule(vq);
}

/*
 * No chain is taken that would begin beyond the budget, so all that are held are served.
 * Returns 0, or what mvh_net_tx_chain() says of a chain that is left.
 */
static int mvh_net_tx_batch(struct mvh_vq *vq)
{
	unsigned int n;
	int err;

	for (n = mvh_vq_n_chains(vq); n; n--) {
		err = mvh_net_tx_chain(vq, mvh_vq_chain(vq, 0));
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
