/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock driver: sending and receiving frames.
 *
 * This is a mock, it only plays the guest's network driver.
 */
#ifndef TOOLS_LIB_MOCK_IO_H
#define TOOLS_LIB_MOCK_IO_H

#include "mock_net.h"

/**
 * struct mock_io - buffers of one queue
 * @n: device
 * @ring: the queue
 * @addr: bus address of the first buffer
 * @stride: distance of the buffers
 * @count: number of buffers
 * @indirect: descriptors in tables
 * @pieces: lengths of the pieces into which buffers are cut, ended by 0; the
 *	last piece takes the rest.  NULL: one piece
 * @held: tx: which buffers the device has, by number
 */
struct mock_io {
	struct mock_net *n;
	struct mock_ring *ring;
	__u64 addr;
	unsigned int stride;
	unsigned int count;
	bool indirect;
	const unsigned int *pieces;
	bool *held;
};

#define MOCK_IO_SEGS	1100

int mock_io_init(struct mock_io *io, struct mock_net *n, unsigned int vq,
		 unsigned int stride, unsigned int count);
__u64 mock_io_addr(const struct mock_io *io, unsigned int i);
__u8 *mock_io_ptr(const struct mock_io *io, unsigned int i);
unsigned int mock_io_cut(const struct mock_io *io, __u64 addr, unsigned int len,
			 bool write, struct mock_seg *seg);

int mock_tx_post(struct mock_io *io, unsigned int i, unsigned int frame_len,
		 const struct virtio_net_hdr *h);
int mock_tx_send(struct mock_io *io, unsigned int i, const __u8 *frame,
		 unsigned int len, const struct virtio_net_hdr *h);
int mock_tx_reap(struct mock_io *io);

int mock_rx_post(struct mock_io *io, unsigned int i);
int mock_rx_fill(struct mock_io *io);

/**
 * struct mock_rx_frame - a received frame, put together
 * @len: bytes without the virtio-net header
 * @nbufs: buffers it took
 * @hdr: virtio-net header
 * @num_buffers: field of the header, 0 where the header has none
 * @data: frame
 */
struct mock_rx_frame {
	unsigned int len;
	unsigned int nbufs;
	struct virtio_net_hdr hdr;
	unsigned int num_buffers;
	__u8 data[FRAME_MAX + 64];
};

int mock_rx_recv(struct mock_io *io, struct mock_rx_frame *f, int msecs);

#endif /* TOOLS_LIB_MOCK_IO_H */
