/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Userspace interface of myvhost: only what <linux/vhost.h> does not have.
 *
 * /dev/myvhost speaks the VHOST_* ioctls; the ones here come on top and have a
 * magic number of their own, so that neither side can grow into the other.
 */
#ifndef _UAPI_LINUX_MYVHOST_H
#define _UAPI_LINUX_MYVHOST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MYVHOST_IOC_MAGIC	0xB9

/**
 * enum myvhost_counter - what a queue counts
 *
 * Counters start at zero when the device gets its owner and never go back
 * until VHOST_RESET_OWNER.  New ones are added at the end.
 *
 * @MYVHOST_CNT_PACKETS: packets (net) moved between the guest and the back end
 * @MYVHOST_CNT_BYTES: their bytes, without the virtio header
 * @MYVHOST_CNT_KICKS: wake-ups by the kick eventfd
 * @MYVHOST_CNT_CALLS: interrupts sent, that is call eventfds signalled
 * @MYVHOST_CNT_CALLS_SUPPRESSED: batches of completions without an interrupt,
 *	because the guest wanted none or has nowhere to get it
 * @MYVHOST_CNT_RUNS: times the worker served the queue
 * @MYVHOST_CNT_BUDGET: runs that ended because the budget was used up
 * @MYVHOST_CNT_MISSES: address translations asked from the owner
 * @MYVHOST_CNT_POLL_HITS: busy polls that found work in time
 * @MYVHOST_CNT_POLL_MISSES: busy polls that did not
 * @MYVHOST_CNT_STALLS: times the queue waited for guest buffers with a packet
 *	at hand
 * @MYVHOST_CNT_BUSY: times the queue waited because the back end was full
 * @MYVHOST_CNT_DROP_SHORT: dropped, shorter than an Ethernet header
 * @MYVHOST_CNT_DROP_LONG: dropped, longer than a frame may be
 * @MYVHOST_CNT_DROP_HEADER: dropped, the virtio header contradicts the frame
 * @MYVHOST_CNT_DROP_BUFFER: dropped, the guest's buffers cannot hold it
 * @MYVHOST_CNT_DROP_FAULT: dropped, guest memory could not be read or written
 * @MYVHOST_CNT_DROP_MEMORY: dropped, no kernel memory
 * @MYVHOST_CNT_DROP_BACKEND: dropped, the back end refused it or is gone
 * @MYVHOST_CNT_BAD_INDEX: guest error, available index moved too far
 * @MYVHOST_CNT_BAD_HEAD: guest error, descriptor number outside the ring
 * @MYVHOST_CNT_BAD_CHAIN: guest error, chain longer than the ring, or looped
 * @MYVHOST_CNT_BAD_ORDER: guest error, readable after writable descriptor
 * @MYVHOST_CNT_BAD_INDIRECT: guest error, malformed indirect table
 * @MYVHOST_CNT_BAD_SEGMENTS: guest error, too many pieces in one chain
 * @MYVHOST_CNT_BAD_ADDRESS: guest error, address outside guest memory
 * @MYVHOST_CNT_BAD_ACCESS: guest error, memory is not mapped for this access
 * @MYVHOST_CNT_BAD_DIRECTION: guest error, buffer of the wrong direction
 * @MYVHOST_CNT_BAD_LENGTH: guest error, buffer shorter than the virtio header
 * @MYVHOST_CNT_LOG_ERRORS: writes to guest memory that could not be logged
 * @MYVHOST_CNT_MAX: number of counters this header knows
 */
enum myvhost_counter {
	MYVHOST_CNT_PACKETS,
	MYVHOST_CNT_BYTES,
	MYVHOST_CNT_KICKS,
	MYVHOST_CNT_CALLS,
	MYVHOST_CNT_CALLS_SUPPRESSED,
	MYVHOST_CNT_RUNS,
	MYVHOST_CNT_BUDGET,
	MYVHOST_CNT_MISSES,
	MYVHOST_CNT_POLL_HITS,
	MYVHOST_CNT_POLL_MISSES,
	MYVHOST_CNT_STALLS,
	MYVHOST_CNT_BUSY,
	MYVHOST_CNT_DROP_SHORT,
	MYVHOST_CNT_DROP_LONG,
	MYVHOST_CNT_DROP_HEADER,
	MYVHOST_CNT_DROP_BUFFER,
	MYVHOST_CNT_DROP_FAULT,
	MYVHOST_CNT_DROP_MEMORY,
	MYVHOST_CNT_DROP_BACKEND,
	MYVHOST_CNT_BAD_INDEX,
	MYVHOST_CNT_BAD_HEAD,
	MYVHOST_CNT_BAD_CHAIN,
	MYVHOST_CNT_BAD_ORDER,
	MYVHOST_CNT_BAD_INDIRECT,
	MYVHOST_CNT_BAD_SEGMENTS,
	MYVHOST_CNT_BAD_ADDRESS,
	MYVHOST_CNT_BAD_ACCESS,
	MYVHOST_CNT_BAD_DIRECTION,
	MYVHOST_CNT_BAD_LENGTH,
	MYVHOST_CNT_LOG_ERRORS,
	MYVHOST_CNT_MAX
};

/**
 * struct myvhost_vring_stats - argument of MYVHOST_GET_VRING_STATS
 * @index: queue, 0 to the number of queues - 1
 * @count: in: how many __u64 there is room for at @counters; out: how many
 *	counters the kernel has, which may be more or fewer
 * @counters: user address of an array of __u64, indexed by
 *	enum myvhost_counter; what the kernel does not have is set to zero
 */
struct myvhost_vring_stats {
	__u32 index;
	__u32 count;
	__u64 counters;
};

/**
 * struct myvhost_vring_poll - argument of MYVHOST_SET_VRING_POLL
 * @index: queue, 0 to the number of queues - 1
 * @max_usecs: upper bound of the adaptive busy poll in microseconds, 0 for
 *	none, at most MYVHOST_POLL_MAX_USECS
 */
struct myvhost_vring_poll {
	__u32 index;
	__u32 max_usecs;
};

#define MYVHOST_POLL_MAX_USECS	1000

/*
 * Read the counters of a queue.  Allowed for everyone who holds the
 * descriptor, the owner or not.  ENOBUFS: no such queue.  EFAULT: bad address.
 */
#define MYVHOST_GET_VRING_STATS	_IOWR(MYVHOST_IOC_MAGIC, 0x00, struct myvhost_vring_stats)

/*
 * Let a queue poll adaptively before it sleeps: the time grows after sleeps that
 * were shorter than max_usecs and shrinks after longer ones, and never exceeds
 * max_usecs.  Takes the place of the fixed VHOST_SET_VRING_BUSYLOOP_TIMEOUT while not 0.  Owner
 * only (EPERM).  ENOBUFS: no such queue.  EINVAL: above the limit.
 */
#define MYVHOST_SET_VRING_POLL	_IOW(MYVHOST_IOC_MAGIC, 0x01, struct myvhost_vring_poll)

#endif /* _UAPI_LINUX_MYVHOST_H */
