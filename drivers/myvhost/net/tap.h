/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tap as a port: what tap.c, which sends, and tap_rx.c, which receives, share.
 */
#ifndef _MVH_NET_TAP_H
#define _MVH_NET_TAP_H

#include <net/xdp.h>
#include "core/backend.h"
#include "port.h"
#include "txq.h"

/* Frames handed to tun, or taken from it, at a time. */
#define MVH_TAP_BATCH	64

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

static inline struct mvh_tap *mvh_tap(const struct mvh_port *port)
{
	return container_of(port, struct mvh_tap, port);
}

#endif /* _MVH_NET_TAP_H */
