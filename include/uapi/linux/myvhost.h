/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Userspace interface of myvhost: only what <linux/vhost.h> does not have.
 *
 * /dev/myvhost takes the VHOST_* ioctls.  The ones here have a magic number of their
 * own, so that neither set can grow into the other.
 *
 * Documentation/myvhost.rst says who may call each ioctl and lists its errors.
 */
#ifndef _UAPI_LINUX_MYVHOST_H
#define _UAPI_LINUX_MYVHOST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MYVHOST_IOC_MAGIC	0xB9

/**
 * enum myvhost_counter - what a queue counts
 *
 * Counters start at zero when the device gets its owner, and only grow until the
 * device is reset.  New ones are added at the end.  Their names in
 * /proc/PID/fdinfo/FD are these in lower case, without the prefix.
 *
 * A BAD counter is an error of the guest: the queue is BROKEN until it is stopped.
 *
 * @MYVHOST_CNT_PACKETS: frames moved between the guest and the tap; of a disk,
 *	completed requests, failed ones included
 * @MYVHOST_CNT_BYTES: bytes of those frames without virtio headers; of a disk,
 *	bytes of reads and writes that succeeded
 * @MYVHOST_CNT_KICKS: wake-ups by the kick eventfd
 * @MYVHOST_CNT_CALLS: times the call eventfd was signalled
 * @MYVHOST_CNT_CALLS_SUPPRESSED: batches completed without an interrupt, because
 *	the guest wants none or there is no call eventfd
 * @MYVHOST_CNT_RUNS: times the worker served the queue
 * @MYVHOST_CNT_BUDGET: runs that ended because their budget was used up; the queue
 *	was scheduled again behind other work
 * @MYVHOST_CNT_MISSES: address translations that were missing
 * @MYVHOST_CNT_POLL_HITS: busy polls that found work in time
 * @MYVHOST_CNT_POLL_MISSES: busy polls that found none
 * @MYVHOST_CNT_STALLS: receive: times a frame was at hand and the guest had too few
 *	buffers; the frame is kept
 * @MYVHOST_CNT_BUSY: transmit: times the tap or socket was full; the frame stays in
 *	the ring
 * @MYVHOST_CNT_DROP_SHORT: transmit: frames shorter than an Ethernet header (14
 *	bytes)
 * @MYVHOST_CNT_DROP_LONG: transmit: frames longer than 65593 bytes (Ethernet, VLAN
 *	tag, IPv6 with the largest payload)
 * @MYVHOST_CNT_DROP_HEADER: transmit: the virtio header contradicts the frame
 * @MYVHOST_CNT_DROP_BUFFER: receive: frames that do not fit into the one buffer
 *	that they may have without mergeable buffers, or need more than 1024
 *	pieces, 4096 descriptors or the whole ring
 * @MYVHOST_CNT_DROP_FAULT: guest memory could not be read or written
 * @MYVHOST_CNT_DROP_MEMORY: transmit: no kernel memory, or the socket returned
 *	ENOMEM or ENOBUFS
 * @MYVHOST_CNT_DROP_BACKEND: the tap refused the frame, is gone, delivered another
 *	frame than it announced, or had no room for a frame that was to go back
 *	into its ring
 * @MYVHOST_CNT_BAD_INDEX: the available index moved by more than the ring has, or
 *	taken descriptors were made available again
 * @MYVHOST_CNT_BAD_HEAD: a descriptor number outside the ring
 * @MYVHOST_CNT_BAD_CHAIN: a chain longer than the ring or its table, or a loop
 * @MYVHOST_CNT_BAD_ORDER: a readable descriptor after a writable one
 * @MYVHOST_CNT_BAD_INDIRECT: a malformed indirect table: empty, not a multiple of 16
 *	bytes, more than 4096 entries, nested, or a link out of it; in a packed
 *	ring also a table within a chain
 * @MYVHOST_CNT_BAD_SEGMENTS: more than 1024 buffers in one chain, or more than 65536
 *	pieces; the border of a memory region splits a buffer into two
 * @MYVHOST_CNT_BAD_ADDRESS: an address outside guest memory; with an IOMMU also a
 *	ring that cannot be pinned
 * @MYVHOST_CNT_BAD_ACCESS: the translation does not allow this access
 * @MYVHOST_CNT_BAD_DIRECTION: a writable buffer in the transmit queue, or a readable
 *	one in the receive queue
 * @MYVHOST_CNT_BAD_LENGTH: transmit: shorter than the virtio header; receive: a
 *	buffer of no length; disk: less than 16 readable bytes, or no writable one
 * @MYVHOST_CNT_LOG_ERRORS: writes to guest memory that could not be logged, because
 *	the log is not writable or the memory is in no region of the table; the
 *	error eventfd is signalled, and a migration would lose these pages
 * @MYVHOST_CNT_READS: disk: reads that succeeded
 * @MYVHOST_CNT_READ_BYTES: disk: bytes of those reads
 * @MYVHOST_CNT_READ_NS: disk: nanoseconds from their fetch to their completion, in
 *	total
 * @MYVHOST_CNT_WRITES: disk: writes that succeeded
 * @MYVHOST_CNT_WRITE_BYTES: disk: bytes of those writes
 * @MYVHOST_CNT_WRITE_NS: disk: nanoseconds from their fetch to their completion, in
 *	total
 * @MYVHOST_CNT_FLUSHES: disk: flushes that succeeded
 * @MYVHOST_CNT_FLUSH_NS: disk: nanoseconds from their fetch to their completion, in
 *	total
 * @MYVHOST_CNT_DISCARDS: disk: discards, zeroings and erasures that succeeded
 * @MYVHOST_CNT_IO_ERRORS: disk: requests that the backing failed, or whose data
 *	could not be copied or found no kernel memory
 * @MYVHOST_CNT_INVALID: disk: requests refused because they are outside the disk,
 *	misaligned, malformed, write to a read-only disk, or found no memory; of a SCSI
 *	host not those to a target or logical unit that does not exist
 * @MYVHOST_CNT_UNSUPPORTED: disk: requests of a kind or with a flag that is unknown,
 *	was not negotiated, or that the backing cannot do; of a SCSI host also those for
 *	an optional page or with a field that is unknown
 * @MYVHOST_CNT_BOUNCED: disk: pieces of I/O that went through kernel pages
 * @MYVHOST_CNT_PUNTED: disk: pieces of I/O, and other commands, that a thread of the
 *	pool executed because they may block
 * @MYVHOST_CNT_THROTTLED: times the queue waited for a rate limit
 * @MYVHOST_CNT_MAP_ERRORS: times the host could not reach ring memory or an
 *	indirect table, as when the owner unmapped it; the queue tries again
 * @MYVHOST_CNT_TAP_STOPS: receive: times the transmit queue of a lossless tap was
 *	stopped because the tap was three quarters full
 * @MYVHOST_CNT_TAP_EXPIRED: receive: times it was started again because the guest had
 *	taken no frame for a second; the tap drops from then on until the guest does
 * @MYVHOST_CNT_SERVING_NS: nanoseconds in which the worker served the queue.  The time
 *	since the queue started counts here or in one of the next seven counters; a
 *	run counts when it ends
 * @MYVHOST_CNT_POLL_NS: in which the worker polled for it
 * @MYVHOST_CNT_WORKER_NS: in which there was work, but the worker served others or was not
 *	on a processor
 * @MYVHOST_CNT_GUEST_NS: in which it waited for buffers of the guest, a translation, or
 *	guest memory that cannot be reached
 * @MYVHOST_CNT_BACKING_NS: disk: in which requests were in flight and nothing else was
 *	to be done
 * @MYVHOST_CNT_LIMIT_NS: in which it waited for a rate limit
 * @MYVHOST_CNT_PRESSURE_NS: transmit: in which it waited for room in the tap or socket
 * @MYVHOST_CNT_IDLE_NS: in which there was nothing to do
 * @MYVHOST_CNT_RING_FILL: entries of the ring that the runs found, in total; of a packed
 *	ring those that they took
 * @MYVHOST_CNT_RING_PEAK: the most that a run found; not a sum
 * @MYVHOST_CNT_MAX: number of counters that this header knows
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
	MYVHOST_CNT_MAP_ERRORS,
	MYVHOST_CNT_TAP_STOPS,
	MYVHOST_CNT_TAP_EXPIRED,
	MYVHOST_CNT_SERVING_NS,
	MYVHOST_CNT_POLL_NS,
	MYVHOST_CNT_WORKER_NS,
	MYVHOST_CNT_GUEST_NS,
	MYVHOST_CNT_BACKING_NS,
	MYVHOST_CNT_LIMIT_NS,
	MYVHOST_CNT_PRESSURE_NS,
	MYVHOST_CNT_IDLE_NS,
	MYVHOST_CNT_RING_FILL,
	MYVHOST_CNT_RING_PEAK,
	MYVHOST_CNT_MAX
};

/**
 * struct myvhost_vring_stats - argument of MYVHOST_GET_VRING_STATS
 * @index: queue, 0 to the number of queues - 1
 * @count: in: number of __u64 that @counters has room for, at most
 *	MYVHOST_STATS_MAX; out: number of counters that the kernel has, which may be
 *	more or fewer
 * @counters: user address of an array of __u64, indexed by enum myvhost_counter;
 *	elements that the kernel has no counter for are set to zero
 */
struct myvhost_vring_stats {
	__u32 index;
	__u32 count;
	__u64 counters;
};

#define MYVHOST_STATS_MAX	4096

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

/* Read the counters of a queue.  Any holder of the descriptor may. */
#define MYVHOST_GET_VRING_STATS	_IOWR(MYVHOST_IOC_MAGIC, 0x00, struct myvhost_vring_stats)

/*
 * Let a queue poll adaptively before it sleeps: the window grows after sleeps that
 * were shorter than max_usecs and shrinks after longer ones.  While max_usecs is not
 * 0 it replaces the fixed VHOST_SET_VRING_BUSYLOOP_TIMEOUT.
 */
#define MYVHOST_SET_VRING_POLL	_IOW(MYVHOST_IOC_MAGIC, 0x01, struct myvhost_vring_poll)

/**
 * enum myvhost_dialect - which ioctls drive a device
 * @MYVHOST_DIALECT_VHOST: those of vhost_net: a table of guest physical memory, and
 *	with VIRTIO_F_ACCESS_PLATFORM a device IOTLB
 * @MYVHOST_DIALECT_VDPA: those of vhost-vdpa: a status byte, configuration space, and
 *	I/O virtual memory set by IOTLB messages
 */
enum myvhost_dialect {
	MYVHOST_DIALECT_VHOST,
	MYVHOST_DIALECT_VDPA,
};

/**
 * struct myvhost_setup - argument of MYVHOST_SETUP
 * @device: virtio device ID: 1 (net), 2 (block) or 8 (SCSI host)
 * @dialect: enum myvhost_dialect; a network device and a SCSI host take only VHOST
 * @queues: number of queues: 2 for a network device, 1 to 16 for a disk, 3 to 18 for a
 *	SCSI host, whose first two are control and events; 0 selects the default: 2, 1
 *	and 18
 * @workers: threads that serve them in turn, as many as queues at most; 0 is what the module
 *	parameter worker_per_vq says, one for all or one for each
 */
struct myvhost_setup {
	__u32 device;
	__u32 dialect;
	__u32 queues;
	__u32 workers;
};

/*
 * Choose what the descriptor is.  It must be the first use of the descriptor; any
 * other first use makes it a network device of the vhost dialect.
 */
#define MYVHOST_SETUP		_IOW(MYVHOST_IOC_MAGIC, 0x02, struct myvhost_setup)

/**
 * struct myvhost_vring_affinity - argument of MYVHOST_SET_VRING_AFFINITY
 * @index: queue, 0 to the number of queues - 1
 * @len: bytes of @cpus; 0 for any processor
 * @cpus: user address of a mask of processors, as of sched_setaffinity()
 */
struct myvhost_vring_affinity {
	__u32 index;
	__u32 len;
	__u64 cpus;
};

/*
 * Choose the processors on which a queue's worker may run, now and of later owners of the
 * device.  A worker of several queues may run on the processors of all of them for which
 * some were chosen.  Needs CAP_SYS_NICE.
 */
#define MYVHOST_SET_VRING_AFFINITY	_IOW(MYVHOST_IOC_MAGIC, 0x03, struct myvhost_vring_affinity)

/* struct myvhost_blk.flags */
#define MYVHOST_BLK_READONLY		(1 << 0)
#define MYVHOST_BLK_BUFFERED		(1 << 1)
#define MYVHOST_BLK_WRITETHROUGH	(1 << 2)
#define MYVHOST_BLK_NOLOCK		(1 << 3)
#define MYVHOST_BLK_NODISCARD		(1 << 4)
#define MYVHOST_BLK_STOP_ENOSPC		(1 << 5)
#define MYVHOST_BLK_STOP_ERROR		(1 << 6)

#define MYVHOST_BLK_SERIAL_LEN	20
#define MYVHOST_BLK_SIZE_MAX	4096

/**
 * struct myvhost_blk - argument of MYVHOST_BLK_SET_BACKING
 * @fd: a regular file or block device, open for reading, and for writing unless
 *	READONLY is set; the kernel opens the file again, and the caller may close
 *	this descriptor afterwards
 * @flags: MYVHOST_BLK_READONLY: the guest may not write.
 *	MYVHOST_BLK_BUFFERED: use the host's page cache; without the flag I/O is
 *	direct if the file supports that.
 *	MYVHOST_BLK_WRITETHROUGH: the disk starts without a volatile write cache,
 *	and a write is durable when it completes.
 *	MYVHOST_BLK_NOLOCK: neither respect nor take the locks by which programs tell
 *	each other that they use an image, those of QEMU.
 *	MYVHOST_BLK_NODISCARD: no discards, and zeroes stay allocated; without the
 *	flag both release space if the backing can.
 *	MYVHOST_BLK_STOP_ENOSPC: a request for which there is no space (ENOSPC,
 *	EDQUOT) waits until there is, and its queue with it; without the flag it
 *	fails.
 *	MYVHOST_BLK_STOP_ERROR: likewise one that failed for another reason, but it
 *	waits for MYVHOST_BLK_RESUME.  A flush fails in any case.
 * @serial: the serial number that the guest reads, padded with 0
 * @block_size: bytes of a block of the guest: 512, 1024, 2048 or 4096, whatever the
 *	backing has; 0 for that of a block device, or 512 of a file.  What is smaller
 *	than the backing's is read, changed and written again.
 * @iops: most requests per second, 0 for no limit
 * @iops_burst: requests that may come at once after a pause; 0 for those of 100
 *	milliseconds; raised to those of 20 milliseconds if it is less
 * @bps: most bytes per second, 0 for no limit
 * @bps_burst: bytes that may come at once after a pause, bounded as @iops_burst
 * @discard_granularity: bytes that the guest is told to discard at once, a multiple of the
 *	block; 0 for those of the backing.  Smaller discards are executed all the same.
 * @reserved: 0
 */
struct myvhost_blk {
	__s32 fd;
	__u32 flags;
	__u8 serial[MYVHOST_BLK_SERIAL_LEN];
	__u32 block_size;
	__u64 iops;
	__u64 iops_burst;
	__u64 bps;
	__u64 bps_burst;
	__u32 discard_granularity;
	__u32 reserved;
};

/*
 * Give a disk its backing, once.  Until then the disk's other ioctls fail with
 * ENODATA.
 */
#define MYVHOST_BLK_SET_BACKING	_IOW(MYVHOST_IOC_MAGIC, 0x10, struct myvhost_blk)

/*
 * Read the size of the backing, which has changed, and notify the guest; of a SCSI host
 * of all its logical units.  Needs a descriptor that is open for writing, or CAP_SYS_ADMIN.
 */
#define MYVHOST_BLK_RESIZE	_IO(MYVHOST_IOC_MAGIC, 0x11)

/* struct myvhost_blk_limits.flags */
#define MYVHOST_BLK_LIMIT_IOPS		(1 << 0)
#define MYVHOST_BLK_LIMIT_BPS		(1 << 1)

/**
 * struct myvhost_blk_limits - argument of MYVHOST_BLK_SET_LIMITS
 * @flags: MYVHOST_BLK_LIMIT_IOPS: set @iops and @iops_burst.
 *	MYVHOST_BLK_LIMIT_BPS: set @bps and @bps_burst.
 *	The other limit stays.
 * @reserved: 0
 * @iops: as in struct myvhost_blk, and so are the others
 * @iops_burst: see @iops
 * @bps: see @iops
 * @bps_burst: see @iops
 */
struct myvhost_blk_limits {
	__u32 flags;
	__u32 reserved;
	__u64 iops;
	__u64 iops_burst;
	__u64 bps;
	__u64 bps_burst;
};

/*
 * Change the rate limits of a disk, which may be in use.  What was used beyond the old
 * ones is forgiven.  Needs CAP_SYS_ADMIN.
 */
#define MYVHOST_BLK_SET_LIMITS	_IOW(MYVHOST_IOC_MAGIC, 0x12, struct myvhost_blk_limits)

/*
 * Try again the requests that wait after an error; of a SCSI host those of all its logical
 * units.  Needs a descriptor that is open
 * for writing, or CAP_SYS_ADMIN.
 */
#define MYVHOST_BLK_RESUME	_IO(MYVHOST_IOC_MAGIC, 0x13)

/* Flags of MYVHOST_NET_SET_FLAGS */
#define MYVHOST_NET_LOSSLESS		(1 << 0)

/*
 * Set the flags of a network device, a __u32, while its receive queue has no backend.
 * They stay until they are set again.
 *
 * MYVHOST_NET_LOSSLESS: stop the transmit queue of the tap's network device while the
 * tap is nearly full, instead of having the tap drop frames.  Has no effect on a tap
 * whose network device has no qdisc (noqueue) or is in another network namespace than
 * that in which the tap was opened, on macvtap, and on packet sockets.
 */
#define MYVHOST_NET_SET_FLAGS	_IOW(MYVHOST_IOC_MAGIC, 0x30, __u32)

/* struct myvhost_net_limits.flags */
#define MYVHOST_NET_LIMIT_PPS		(1 << 0)
#define MYVHOST_NET_LIMIT_BPS		(1 << 1)

/**
 * struct myvhost_net_limits - argument of MYVHOST_NET_SET_LIMITS
 * @index: queue: 0 to the guest, 1 from the guest
 * @flags: MYVHOST_NET_LIMIT_PPS: set @pps and @pps_burst.
 *	MYVHOST_NET_LIMIT_BPS: set @bps and @bps_burst.
 *	The other limit stays.
 * @pps: most frames per second, 0 for no limit; one that is to be segmented later
 *	is one
 * @pps_burst: frames that may come at once after a pause; 0 for those of 100
 *	milliseconds; raised to those of 20 milliseconds if it is less
 * @bps: most bytes per second, without virtio headers, 0 for no limit
 * @bps_burst: bytes that may come at once after a pause, bounded as @pps_burst
 */
struct myvhost_net_limits {
	__u32 index;
	__u32 flags;
	__u64 pps;
	__u64 pps_burst;
	__u64 bps;
	__u64 bps_burst;
};

/*
 * Change the rate limits of a queue of a network device, which may be in use.  They stay
 * until they are changed.  A frame beyond them waits in the tap or in the guest's ring; what
 * was used beyond the old ones is forgiven.  Needs CAP_SYS_ADMIN if the queue has a limit.
 */
#define MYVHOST_NET_SET_LIMITS	_IOW(MYVHOST_IOC_MAGIC, 0x31, struct myvhost_net_limits)

#define MYVHOST_SCSI_WWPN_LEN	32
#define MYVHOST_SCSI_LUN_MAX	255

/**
 * struct myvhost_scsi - argument of MYVHOST_SCSI_SET_TARGET
 * @wwpn: name of the target, which VHOST_SCSI_SET_ENDPOINT must name: "naa." and 16
 *	hexadecimal digits, padded with 0.  Reservations of a logical unit belong to it.
 * @flags: 0
 * @reserved: 0
 */
struct myvhost_scsi {
	char wwpn[MYVHOST_SCSI_WWPN_LEN];
	__u32 flags;
	__u32 reserved;
};

/*
 * Give a SCSI host its target, once.  Until then its other ioctls fail with ENODATA.
 */
#define MYVHOST_SCSI_SET_TARGET	_IOW(MYVHOST_IOC_MAGIC, 0x40, struct myvhost_scsi)

/**
 * struct myvhost_scsi_lun - argument of MYVHOST_SCSI_ADD_LUN
 * @lun: number of the logical unit, 0 to MYVHOST_SCSI_LUN_MAX
 * @reserved: 0
 * @disk: what it is
 */
struct myvhost_scsi_lun {
	__u32 lun;
	__u32 reserved;
	struct myvhost_blk disk;
};

/*
 * Add a logical unit, also while a guest runs, which is told if it can be.  Fails with
 * EEXIST if the number is taken, and as MYVHOST_BLK_SET_BACKING.
 */
#define MYVHOST_SCSI_ADD_LUN	_IOW(MYVHOST_IOC_MAGIC, 0x41, struct myvhost_scsi_lun)

/*
 * Remove a logical unit, whose number is the argument.  Its requests in flight end as
 * they would; the backing is closed when the last of them has.  Fails with ENOENT.
 */
#define MYVHOST_SCSI_DEL_LUN	_IOW(MYVHOST_IOC_MAGIC, 0x42, __u32)

#define MYVHOST_NODE_NAME_LEN	32

/**
 * struct myvhost_node - argument of MYVHOST_NODE_ADD and MYVHOST_NODE_DEL
 * @name: 1 to 31 letters, digits, '.', '_' and '-', then 0; the first character is
 *	neither '.' nor '-'
 */
struct myvhost_node {
	char name[MYVHOST_NODE_NAME_LEN];
};

/*
 * Make the device of this descriptor available as /dev/myvhost-NAME.  The node keeps
 * its set-up after the descriptor is closed.  One file at a time can be open for
 * writing, any number read-only.  Needs CAP_SYS_ADMIN.
 */
#define MYVHOST_NODE_ADD	_IOW(MYVHOST_IOC_MAGIC, 0x20, struct myvhost_node)

/*
 * Remove a named node that no file has open.  Works on any descriptor.  Needs
 * CAP_SYS_ADMIN.
 */
#define MYVHOST_NODE_DEL	_IOW(MYVHOST_IOC_MAGIC, 0x21, struct myvhost_node)

#endif /* _UAPI_LINUX_MYVHOST_H */
