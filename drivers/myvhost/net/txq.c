// SPDX-License-Identifier: GPL-2.0
/*
 * A tap drops what does not fit into its ring.  In lossless mode the transmit queue of
 * its network device is stopped before that: frames wait in the qdisc, and a local
 * sender in its socket.
 *
 * A sender stops the queue, from the wake-up that it sends for each frame; the
 * worker starts it when it has made room.  Both do so under the ring's consumer_lock,
 * so a stop is either seen by the consumption that follows, or does not happen.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/sock.h>
#include "compat/tun.h"
#include "txq.h"

/* A guest that takes nothing for so long blocks its senders no more. */
#define MVH_TXQ_EXPIRE_MS	1000

/* Quarters of the ring at which the queue is stopped, and started. */
#define MVH_TXQ_STOP_AT		3
#define MVH_TXQ_START_AT	1

/*
 * Are so many quarters of the ring in use?  The entries that were consumed last may
 * not be cleared yet, so a very small ring can seem fuller than it is.
 */
static bool mvh_txq_fill(const struct mvh_txq *txq, unsigned int quarters)
{
	const struct ptr_ring *ring = txq->ring;
	unsigned int at;

	lockdep_assert_held(&ring->consumer_lock);
	if (!ring->size)
		return false;
	at = ring->consumer_head + (u64)ring->size * quarters / 4;
	if (at >= ring->size)
		at -= ring->size;
	return READ_ONCE(ring->queue[at]);
}

/* From now on the guest has its time to take a frame. */
static void mvh_txq_arm(struct mvh_txq *txq)
{
	unsigned long delay = msecs_to_jiffies(MVH_TXQ_EXPIRE_MS);

	lockdep_assert_held(&txq->ring->consumer_lock);
	if (time_after(txq->held_until, jiffies))
		delay += txq->held_until - jiffies;
	txq->until = jiffies + delay;
	mod_delayed_work(system_power_efficient_wq, &txq->expire, delay);
}

/*
 * Stop the queue that the next frame came through.  While it is in the ring, its
 * network device exists: a device that goes empties its taps first.
 */
static void mvh_txq_stop(struct mvh_txq *txq)
{
	void *frame = __ptr_ring_peek(txq->ring);
	struct netdev_queue *queue;
	struct net_device *netdev;
	u16 index;

	lockdep_assert_held(&txq->ring->consumer_lock);
	if (!frame || tun_is_xdp_frame(frame))
		return;
	netdev = ((struct sk_buff *)frame)->dev;
	index = skb_get_queue_mapping(frame);
	if (index >= netdev->num_tx_queues ||
	    !net_eq(dev_net(netdev), sock_net(txq->sk)))
		return;
	queue = netdev_get_tx_queue(netdev, index);
	/* A noqueue device has no qdisc that could keep frames. */
	if (!rcu_access_pointer(queue->qdisc)->enqueue)
		return;
	netif_tx_stop_queue(queue);
	txq->ifindex = netdev->ifindex;
	txq->index = index;
	txq->stopped = true;
	txq->n_stops++;
	mvh_txq_arm(txq);
}

/* The network device may be gone, or have been moved, which has started its queues. */
static void mvh_txq_start(struct mvh_txq *txq)
{
	struct net_device *netdev;

	lockdep_assert_held(&txq->ring->consumer_lock);
	if (!txq->stopped)
		return;
	txq->stopped = false;
	rcu_read_lock();
	netdev = dev_get_by_index_rcu(sock_net(txq->sk), txq->ifindex);
	if (netdev && txq->index < netdev->num_tx_queues)
		netif_tx_wake_queue(netdev_get_tx_queue(netdev, txq->index));
	rcu_read_unlock();
}

/*
 * Runs in the sender, behind the frame that it has put into the ring.  Who holds the
 * lock may be the worker that this has interrupted; the next frame looks again.
 */
static void mvh_txq_fire(struct mvh_event *event)
{
	struct mvh_txq *txq = container_of(event, struct mvh_txq, event);

	if (!spin_trylock(&txq->ring->consumer_lock))
		return;
	if (!txq->stopped && !txq->expired &&
	    mvh_txq_fill(txq, MVH_TXQ_STOP_AT))
		mvh_txq_stop(txq);
	spin_unlock(&txq->ring->consumer_lock);
}

static void mvh_txq_expire(struct work_struct *work)
{
	struct mvh_txq *txq = container_of(to_delayed_work(work),
					   struct mvh_txq, expire);
	bool expired;

	spin_lock(&txq->ring->consumer_lock);
	expired = txq->stopped && time_after_eq(jiffies, txq->until);
	if (expired) {
		txq->expired = true;
		txq->n_expired++;
		mvh_txq_start(txq);
	}
	spin_unlock(&txq->ring->consumer_lock);
	if (expired)
		mvh_vq_schedule(txq->vq);
}

/**
 * mvh_txq_init - prepare
 * @txq: what to prepare
 * @vq: the receive queue that consumes the tap's frames
 * @sk: the tap's socket
 * @ring: its ring
 */
void mvh_txq_init(struct mvh_txq *txq, struct mvh_vq *vq, struct sock *sk,
		  struct ptr_ring *ring)
{
	mvh_event_init(&txq->event, EPOLLIN, mvh_txq_fire);
	INIT_DELAYED_WORK(&txq->expire, mvh_txq_expire);
	txq->vq = vq;
	txq->sk = sk;
	txq->ring = ring;
}

/**
 * mvh_txq_watch - begin to stop the queue when the ring fills up
 * @txq: prepared
 * @file: the tap, which stays until mvh_txq_unwatch()
 *
 * Return: 0, or -EINVAL if the tap has no network device.
 */
int mvh_txq_watch(struct mvh_txq *txq, struct file *file)
{
	txq->expired = false;
	txq->held_until = jiffies;
	return mvh_event_start(&txq->event, file);
}

/**
 * mvh_txq_unwatch - undo mvh_txq_watch(), and start the queue if it is stopped
 * @txq: prepared, watched or not
 *
 * Context: Process context, may sleep.
 */
void mvh_txq_unwatch(struct mvh_txq *txq)
{
	mvh_event_stop(&txq->event);
	cancel_delayed_work_sync(&txq->expire);
	spin_lock(&txq->ring->consumer_lock);
	mvh_txq_start(txq);
	spin_unlock(&txq->ring->consumer_lock);
	mvh_txq_count(txq);
}

/**
 * mvh_txq_consumed - frames were taken out of the ring, or it was seen empty
 * @txq: watched
 *
 * Context: Process context, with the receive queue's mutex.
 */
void mvh_txq_consumed(struct mvh_txq *txq)
{
	spin_lock(&txq->ring->consumer_lock);
	txq->expired = false;
	txq->held_until = jiffies;
	if (!mvh_txq_fill(txq, MVH_TXQ_START_AT))
		mvh_txq_start(txq);
	if (txq->stopped)
		mvh_txq_arm(txq);
	spin_unlock(&txq->ring->consumer_lock);
	mvh_txq_count(txq);
}

/**
 * mvh_txq_hold - nobody may take a frame for a while
 * @txq: watched
 * @delay: for so many jiffies, which are added to the time that the guest has
 *
 * Context: Process context, with the receive queue's mutex.
 */
void mvh_txq_hold(struct mvh_txq *txq, unsigned long delay)
{
	spin_lock(&txq->ring->consumer_lock);
	txq->held_until = jiffies + delay;
	if (txq->stopped)
		mvh_txq_arm(txq);
	spin_unlock(&txq->ring->consumer_lock);
}

/**
 * mvh_txq_count - let the receive queue's counters know what has happened
 * @txq: watched or not
 *
 * Context: With the receive queue's mutex.
 */
void mvh_txq_count(struct mvh_txq *txq)
{
	u32 n_stops, n_expired;

	mvh_vq_assert_held(txq->vq);
	spin_lock(&txq->ring->consumer_lock);
	n_stops = txq->n_stops;
	n_expired = txq->n_expired;
	txq->n_stops = 0;
	txq->n_expired = 0;
	spin_unlock(&txq->ring->consumer_lock);
	mvh_vq_count(txq->vq, MYVHOST_CNT_TAP_STOPS, n_stops);
	mvh_vq_count(txq->vq, MYVHOST_CNT_TAP_EXPIRED, n_expired);
}
