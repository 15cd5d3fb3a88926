/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where frames come from and go to: what net.c, tx.c and rx.c know of the world
 * behind the device.  tap.c and tap_rx.c implement it.
 */
#ifndef _MVH_NET_PORT_H
#define _MVH_NET_PORT_H

#include <linux/types.h>
#include "hdr.h"

struct file;
struct iov_iter;
struct iovec;
struct mvh_pace;
struct mvh_vq;
struct seq_file;

/**
 * enum mvh_net_queue - the queues of a network device (virtio 1.3, 5.1.2)
 * @MVH_NET_RX: to the guest
 * @MVH_NET_TX: from the guest
 * @MVH_NET_QUEUES: number of queues
 */
enum mvh_net_queue {
	MVH_NET_RX,
	MVH_NET_TX,
	MVH_NET_QUEUES,
};

/**
 * struct mvh_port - one end of a queue's path; mvh_vq.port
 *
 * Guarded by the queue's mutex.
 *
 * @vq: the queue; constant
 * @pace: its rate limits; constant
 * @hdr_len: length of the virtio header that the guest sees
 * @strip_len: @hdr_len if frames have no virtio header outside, so that it is made and
 *	taken away here (VHOST_NET_F_VIRTIO_NET_HDR), else 0
 * @lossless: a tap that is nearly full has its senders wait; constant
 */
struct mvh_port {
	struct mvh_vq *vq;
	struct mvh_pace *pace;
	u32 hdr_len;
	u32 strip_len;
	bool lossless;
};

struct mvh_port *mvh_port_create(struct mvh_vq *vq, struct file *file,
				 bool lossless);
void mvh_port_destroy(struct mvh_port *port);
void mvh_port_show(const struct mvh_port *port, struct seq_file *seq);
int mvh_port_start(struct mvh_port *port);
void mvh_port_stop(struct mvh_port *port);
void mvh_port_arm(struct mvh_port *port);
void mvh_port_disarm(struct mvh_port *port);

int mvh_port_push(struct mvh_port *port, const struct iovec *iov, unsigned int n,
		  u32 len);
int mvh_port_flush(struct mvh_port *port, u32 *n, u64 *bytes);
int mvh_port_send(struct mvh_port *port, struct iov_iter *iter);
bool mvh_port_writable(const struct mvh_port *port);

void mvh_port_begin(struct mvh_port *port);
u32 mvh_port_peek(struct mvh_port *port);
int mvh_port_recv_linear(struct mvh_port *port, void __user *to);
int mvh_port_recv(struct mvh_port *port, struct iov_iter *iter);
void mvh_port_skip(struct mvh_port *port);
void mvh_port_settle(struct mvh_port *port);
void mvh_port_hold(struct mvh_port *port, unsigned long delay);

#endif /* _MVH_NET_PORT_H */
