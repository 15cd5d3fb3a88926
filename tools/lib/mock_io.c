// SPDX-License-Identifier: GPL-2.0
/*
 * Mock driver: sending and receiving frames, see mock_io.h.
 *
 * This is a mock, it only plays the guest's network driver.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mock_io.h"

/* Take buffers for a queue.  Returns 0 or a negative errno. */
int mock_io_init(struct mock_io *io, struct mock_net *n, unsigned int vq,
		 unsigned int stride, unsigned int count)
{
	memset(io, 0, sizeof(*io));
	io->n = n;
	io->ring = &n->ring[vq];
	io->stride = stride;
	io->count = count;
	io->addr = guest_alloc(&n->mem, (size_t)stride * count, 4096);
	io->held = calloc(count, sizeof(*io->held));
	return io->held ? 0 : -ENOMEM;
}

/* Bus address of a buffer. */
__u64 mock_io_addr(const struct mock_io *io, unsigned int i)
{
	return io->addr + (__u64)i * io->stride;
}

/* Pointer to a buffer. */
__u8 *mock_io_ptr(const struct mock_io *io, unsigned int i)
{
	return guest_ptr(&io->n->mem, mock_io_addr(io, i));
}

/*
 * Cut a buffer into pieces.
 * @io: buffers, for the lengths of the pieces
 * @seg: result, room for MOCK_IO_SEGS
 *
 * Returns number of pieces.
 */
unsigned int mock_io_cut(const struct mock_io *io, __u64 addr, unsigned int len,
			 bool write, struct mock_seg *seg)
{
	const unsigned int *p = io->pieces;
	unsigned int n = 0;

	for (; p && *p && *p < len && n < MOCK_IO_SEGS - 1; p++) {
		seg[n++] = (struct mock_seg) { addr, *p, write };
		addr += *p;
		len -= *p;
	}
	seg[n++] = (struct mock_seg) { addr, len, write };
	return n;
}

/*
 * Add a buffer whose frame is already in place.
 * @h: virtio-net header, NULL for zeros
 *
 * Returns 0 or -ENOSPC.
 */
int mock_tx_post(struct mock_io *io, unsigned int i, unsigned int frame_len,
		 const struct virtio_net_hdr *h)
{
	struct mock_seg seg[MOCK_IO_SEGS];
	__u8 *buf = mock_io_ptr(io, i);
	unsigned int nseg;
	int r;

	memset(buf, 0, io->n->hdr_len);
	if (h)
		memcpy(buf, h, sizeof(*h));
	nseg = mock_io_cut(io, mock_io_addr(io, i), io->n->hdr_len + frame_len,
			   false, seg);
	r = mock_ring_add(io->ring, seg, nseg, io->indirect, i);
	if (!r)
		io->held[i] = true;
	return r;
}

/*
 * Copy a frame into a buffer and add it.
 * @h: virtio-net header, NULL for zeros
 *
 * Returns 0 or -ENOSPC.
 */
int mock_tx_send(struct mock_io *io, unsigned int i, const __u8 *frame,
		 unsigned int len, const struct virtio_net_hdr *h)
{
	memcpy(mock_io_ptr(io, i) + io->n->hdr_len, frame, len);
	return mock_tx_post(io, i, len, h);
}

/*
 * Take all buffers back that the device has sent.  Returns how many, or -EPROTO
 * if one came twice or with a length.
 */
int mock_tx_reap(struct mock_io *io)
{
	struct mock_used u;
	int r, n = 0;

	while ((r = mock_ring_get_used(io->ring, &u)) > 0) {
		if (!io->held[u.cookie] || u.len)
			return -EPROTO;
		io->held[u.cookie] = false;
		n++;
	}
	return r < 0 ? r : n;
}

/* Give a buffer to the device.  Returns 0 or -ENOSPC. */
int mock_rx_post(struct mock_io *io, unsigned int i)
{
	struct mock_seg seg[MOCK_IO_SEGS];
	unsigned int n;

	memset(mock_io_ptr(io, i), 0xee, io->stride);
	n = mock_io_cut(io, mock_io_addr(io, i), io->stride, true, seg);
	return mock_ring_add(io->ring, seg, n, io->indirect, i);
}

/* Give all buffers to the device.  Returns how many the ring took. */
int mock_rx_fill(struct mock_io *io)
{
	unsigned int i;

	for (i = 0; i < io->count; i++)
		if (mock_rx_post(io, i))
			break;
	mock_ring_submit(io->ring);
	return i;
}

static int mock_rx_header(struct mock_io *io, struct mock_rx_frame *f,
			  const __u8 *buf, unsigned int len)
{
	if (len < io->n->hdr_len)
		return -EPROTO;
	memcpy(&f->hdr, buf, sizeof(f->hdr));
	f->num_buffers = 0;
	if (io->n->hdr_len >= 12)
		f->num_buffers = buf[10] | buf[11] << 8;
	return 0;
}

static int mock_rx_append(struct mock_io *io, struct mock_rx_frame *f,
			  const struct mock_used *u)
{
	const __u8 *buf = mock_io_ptr(io, u->cookie);
	unsigned int skip = 0;
	int r;

	if (!f->nbufs) {
		r = mock_rx_header(io, f, buf, u->len);
		if (r)
			return r;
		skip = io->n->hdr_len;
	}
	if (f->len + u->len - skip > sizeof(f->data))
		return -EPROTO;
	memcpy(f->data + f->len, buf + skip, u->len - skip);
	f->len += u->len - skip;
	f->nbufs++;
	return 0;
}

/*
 * Wait for one frame and give its buffers back.
 * @io: rx buffers, each with room for the header
 * @msecs: how long to wait for the first buffer
 *
 * All buffers of a frame must be there at once.
 *
 * Returns 0, -ETIMEDOUT, -EPROTO if the device broke a rule.
 */
int mock_rx_recv(struct mock_io *io, struct mock_rx_frame *f, int msecs)
{
	bool mrg = io->n->cfg.features[0] & VHU_MRG_RXBUF;
	struct mock_used u;
	unsigned int want;
	int r;

	f->len = 0;
	f->nbufs = 0;
	r = mock_ring_wait_used(io->ring, &u, msecs);
	do {
		if (r <= 0)
			return r ? r : -EPROTO;
		r = mock_rx_append(io, f, &u);
		if (r)
			return r;
		r = mock_rx_post(io, u.cookie);
		if (r)
			return r;
		want = mrg ? f->num_buffers : 1;
		if (!want || (f->nbufs < want && u.len != io->stride))
			return -EPROTO;
		if (f->nbufs < want)
			r = mock_ring_get_used(io->ring, &u);
	} while (f->nbufs < want);
	mock_ring_submit(io->ring);
	return 0;
}
