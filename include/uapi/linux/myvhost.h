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
 * @MYVHOST_CNT_PACKETS: packets (net) moved between the guest and the back end,
 *	or requests (blk) finished
 * @MYVHOST_CNT_BYTES: their bytes, without virtio headers
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
 * @MYVHOST_CNT_READS: blk: successful reads
 * @MYVHOST_CNT_READ_BYTES: blk: their bytes
 * @MYVHOST_CNT_READ_NS: blk: time from fetching them to giving them back
 * @MYVHOST_CNT_WRITES: blk: successful writes
 * @MYVHOST_CNT_WRITE_BYTES: blk: their bytes
 * @MYVHOST_CNT_WRITE_NS: blk: time from fetching them to giving them back
 * @MYVHOST_CNT_FLUSHES: blk: successful flushes
 * @MYVHOST_CNT_FLUSH_NS: blk: time from fetching them to giving them back
 * @MYVHOST_CNT_DISCARDS: blk: successful discards, zeroings and erasures
 * @MYVHOST_CNT_IO_ERRORS: blk: requests that the backing failed
 * @MYVHOST_CNT_INVALID: blk: requests refused with an error because they are
 *	outside the disk, misaligned, malformed, or write to a read-only disk
 * @MYVHOST_CNT_UNSUPPORTED: blk: requests of a kind that is not supported
 * @MYVHOST_CNT_BOUNCED: blk: pieces of I/O that went through a kernel buffer,
 *	because guest memory was not aligned or the page cache would have blocked
 * @MYVHOST_CNT_PUNTED: blk: pieces of I/O, and other commands, that were given to
 *	the pool of threads because they may block
 * @MYVHOST_CNT_THROTTLED: blk: times the queue waited for its rate limit
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
	MYVHOST_CNT_READS,
	MYVHOST_CNT_READ_BYTES,
	MYVHOST_CNT_READ_NS,
	MYVHOST_CNT_WRITES,
	MYVHOST_CNT_WRITE_BYTES,
	MYVHOST_CNT_WRITE_NS,
	MYVHOST_CNT_FLUSHES,
	MYVHOST_CNT_FLUSH_NS,
	MYVHOST_CNT_DISCARDS,
	MYVHOST_CNT_IO_ERRORS,
	MYVHOST_CNT_INVALID,
	MYVHOST_CNT_UNSUPPORTED,
	MYVHOST_CNT_BOUNCED,
	MYVHOST_CNT_PUNTED,
	MYVHOST_CNT_THROTTLED,
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

/**
 * enum myvhost_dialect - which ioctls drive a device
 * @MYVHOST_DIALECT_VHOST: those of vhost_net: a memory table of guest physical
 *	memory, and with VIRTIO_F_ACCESS_PLATFORM a device IOTLB
 * @MYVHOST_DIALECT_VDPA: those of vhost-vdpa: a status byte, configuration space,
 *	and I/O virtual memory set by IOTLB messages of version 2
 */
enum myvhost_dialect {
	MYVHOST_DIALECT_VHOST,
	MYVHOST_DIALECT_VDPA,
};

/**
 * struct myvhost_setup - argument of MYVHOST_SETUP
 * @device: virtio device ID: 1 (net) or 2 (block)
 * @dialect: enum myvhost_dialect; a network device has only VHOST
 * @queues: number of queues, 0 for the usual: 2 of a network device, which can
 *	have no other number, 1 of a disk, which can have up to 16
 * @reserved: 0
 */
struct myvhost_setup {
	__u32 device;
	__u32 dialect;
	__u32 queues;
	__u32 reserved;
};

/*
 * Choose what the descriptor is.  Must be its first ioctl; without it, the
 * descriptor is a network device that speaks the vhost dialect.  EBUSY: too
 * late.  EINVAL: no such dialect or number of queues, reserved is not 0.
 * ENODEV: no such device, or its module cannot be loaded.
 */
#define MYVHOST_SETUP		_IOW(MYVHOST_IOC_MAGIC, 0x02, struct myvhost_setup)

/* struct myvhost_blk.flags */
#define MYVHOST_BLK_READONLY		(1 << 0)
#define MYVHOST_BLK_BUFFERED		(1 << 1)
#define MYVHOST_BLK_WRITETHROUGH	(1 << 2)

#define MYVHOST_BLK_SERIAL_LEN	20

/**
 * struct myvhost_blk - argument of MYVHOST_BLK_SET_BACKING
 * @fd: a regular file or block device, open for reading, and for writing unless
 *	READONLY is set; the kernel opens it again and does not need it afterwards
 * @flags: MYVHOST_BLK_READONLY: the guest may not write.
 *	MYVHOST_BLK_BUFFERED: use the host's page cache; without it I/O is direct
 *	where the file can do that.
 *	MYVHOST_BLK_WRITETHROUGH: the disk begins without a volatile write cache: a
 *	write is durable when it completes.
 * @serial: what the guest reads as the disk's serial number, padded with 0
 * @reserved: 0
 * @iops: most requests per second, 0 for no limit
 * @iops_burst: how many may come at once after a pause, at least those of 20
 *	milliseconds; 0 for a tenth of a second's
 * @bps: most bytes per second, 0 for no limit
 * @bps_burst: likewise, 0 for a tenth of a second's
 */
struct myvhost_blk {
	__s32 fd;
	__u32 flags;
	__u8 serial[MYVHOST_BLK_SERIAL_LEN];
	__u32 reserved;
	__u64 iops;
	__u64 iops_burst;
	__u64 bps;
	__u64 bps_burst;
};

/*
 * Give a disk its backing, once.  Before that, everything else but
 * MYVHOST_SETUP fails with ENODATA.  EBUSY: it has one, or a block device is in
 * use exclusively.  EBADF: no such file, or not open for what is needed.
 * EINVAL: neither a regular file nor a block device, a zoned block device,
 * smaller than a block, an unknown flag, or reserved is not 0.  EROFS: the block
 * device cannot be written.  ENOTTY: the device is no disk.  Also what opening a
 * file can say.
 */
#define MYVHOST_BLK_SET_BACKING	_IOW(MYVHOST_IOC_MAGIC, 0x10, struct myvhost_blk)

/*
 * The backing has another size now: read it and tell the guest.  For whoever
 * may write to the descriptor, and with CAP_SYS_ADMIN also through one opened
 * read-only.  EPERM: not allowed.  ENOTTY: the device is no disk.
 */
#define MYVHOST_BLK_RESIZE	_IO(MYVHOST_IOC_MAGIC, 0x11)

#define MYVHOST_NODE_NAME_LEN	32

/**
 * struct myvhost_node - argument of MYVHOST_NODE_ADD and MYVHOST_NODE_DEL
 * @name: 1 to 31 letters, digits, '.', '_' and '-', then 0; not beginning with
 *	'.' or '-'
 */
struct myvhost_node {
	char name[MYVHOST_NODE_NAME_LEN];
};

/*
 * Make /dev/myvhost-NAME out of the device behind this descriptor.  It stays as
 * it was set up when the descriptor is closed, and can be opened for writing by
 * one at a time (EBUSY), and read-only for a look by anyone who may.  Needs
 * CAP_SYS_ADMIN (EPERM).  EBUSY: it is a node already, or has an owner.
 * EEXIST: the name is taken.  EINVAL: not a name.  ENODATA: a disk without
 * backing.
 */
#define MYVHOST_NODE_ADD	_IOW(MYVHOST_IOC_MAGIC, 0x20, struct myvhost_node)

/*
 * Remove a node; on any descriptor.  Needs CAP_SYS_ADMIN (EPERM).  EBUSY:
 * somebody has it open.  ENOENT: there is none.  EINVAL: not a name.
 */
#define MYVHOST_NODE_DEL	_IOW(MYVHOST_IOC_MAGIC, 0x21, struct myvhost_node)

#endif /* _UAPI_LINUX_MYVHOST_H */
