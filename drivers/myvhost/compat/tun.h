/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tun's private contract for whole frames (TUN_MSG_PTR) and its ring, on Debian's
 * 6.1, 6.12 and 7.2, and on 7.3.
 */
#ifndef _MVH_COMPAT_TUN_H
#define _MVH_COMPAT_TUN_H

#include <linux/if_tun.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/virtio_net.h>
#include <net/rtnetlink.h>

/* 6.17: GSO over UDP tunnels, with a header of 24 bytes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define MVH_TUN_HAS_UDP_TUNNEL	true
#else
#define MVH_TUN_HAS_UDP_TUNNEL	false
#endif

/* Bytes that tun may read at the start of a buffer. */
#define MVH_TUN_HDR_ROOM	32

/**
 * mvh_tun_hdr - where tun looks for the virtio header
 * @start: start of the buffer, with MVH_TUN_HDR_ROOM bytes
 * @size: size of the whole buffer
 *
 * Return: the place, with 24 bytes, zeroed.
 */
static inline void *mvh_tun_hdr(void *start, int size)
{
	memset(start, 0, MVH_TUN_HDR_ROOM);
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	((struct tun_xdp_hdr *)start)->buflen = size;
	/* More than the member has room for, as all of its users know. */
	return start + offsetof(struct tun_xdp_hdr, gso);
#else
	return start;
#endif
}

/*
 * mvh_tun_consume() - take frames out of the ring of a tun or tap
 * @file: the tun, NULL if the ring is a tap's of macvtap or ipvtap
 * @frame: where to put them
 * @max: room there
 *
 * 7.3: with IFF_BACKPRESSURE a tun stops its network device's queue when the ring
 * is full, and relies on the consumer to start it again.
 *
 * Return: how many there were.
 */
static inline int mvh_tun_consume(struct file *file, struct ptr_ring *ring,
				  void **frame, int max)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
	int n;

	spin_lock(&ring->consumer_lock);
	n = __ptr_ring_consume_batched(ring, frame, max);
	if (n && file)
		tun_wake_queue(file, n);
	spin_unlock(&ring->consumer_lock);
	return n;
#else
	return ptr_ring_consume_batched(ring, frame, max);
#endif
}

/*
 * mvh_tun_is_dev() - is a network device one of tun's?
 *
 * Those have the statistics of dev_sw_netstats_tx_add().
 *
 * Return: true if it is.
 */
static inline bool mvh_tun_is_dev(const struct net_device *dev)
{
	return dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, "tun");
}

#endif /* _MVH_COMPAT_TUN_H */
