/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmit queue of a tap's network device, which is stopped while the tap is
 * nearly full, so that frames wait in the qdisc and are not dropped.
 */
#ifndef _MVH_NET_TXQ_H
#define _MVH_NET_TXQ_H

#include <linux/workqueue.h>
#include "core/backend.h"

struct file;
struct ptr_ring;
struct sock;

/**
 * struct mvh_txq - the transmit queue behind a tap
 *
 * What follows @sk is guarded by the ring's consumer_lock.
 *
 * @event: fires for each frame that the tap is given
 * @expire: restarts the queue if the guest takes nothing
 * @vq: the receive queue; constant
 * @ring: the tap's ring; constant
 * @sk: the tap's socket; constant
 * @ifindex: the network device, while @stopped
 * @index: number of the transmit queue, while @stopped
 * @stopped: the queue is stopped, and it was us
 * @expired: the guest has taken nothing for MVH_TXQ_EXPIRE_MS; the queue is not
 *	stopped until it does
 * @until: when that will be, in jiffies, while @stopped
 * @held_until: the queue itself keeps the guest from taking a frame until then, in
 *	jiffies
 * @n_stops: stops that the receive queue has not counted
 * @n_expired: expiries that it has not
 */
struct mvh_txq {
	struct mvh_event event;
	struct delayed_work expire;
	struct mvh_vq *vq;
	struct ptr_ring *ring;
	struct sock *sk;
	int ifindex;
	u16 index;
	bool stopped;
	bool expired;
	unsigned long until;
	unsigned long held_until;
	u32 n_stops;
	u32 n_expired;
};

void mvh_txq_init(struct mvh_txq *txq, struct mvh_vq *vq, struct sock *sk,
		  struct ptr_ring *ring);
int mvh_txq_watch(struct mvh_txq *txq, struct file *file);
void mvh_txq_unwatch(struct mvh_txq *txq);
void mvh_txq_consumed(struct mvh_txq *txq);
void mvh_txq_hold(struct mvh_txq *txq, unsigned long delay);
void mvh_txq_count(struct mvh_txq *txq);

#endif /* _MVH_NET_TXQ_H */
