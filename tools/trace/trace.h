/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF program and its reader share.  Includer: defines __u32 and __u64.
 */
#ifndef TRACE_H
#define TRACE_H

/* Buckets of a histogram: 8 for each power of two of nanoseconds, up to 2^40. */
#define HIST_BITS	3
#define HIST_BUCKETS	((41 - HIST_BITS) << HIST_BITS)

/* Room for them, a power of two: the verifier of Linux 6.1 understands a mask. */
#define HIST_ROOM	512

/**
 * enum span - what is measured
 * @SPAN_KICK: from the first kick to the run of the worker that follows
 * @SPAN_RUN: from the begin of a run to its end
 * @SPAN_ITEM: from the moment when a chain is taken to that when it is given back
 * @SPAN_CALL: from an interrupt to the guest's next kick
 * @SPANS: how many
 */
enum span {
	SPAN_KICK,
	SPAN_RUN,
	SPAN_ITEM,
	SPAN_CALL,
	SPANS
};

/**
 * struct hist_key - whose histogram, of what
 * @dev: number of the device
 * @queue: its queue
 * @span: enum span
 * @owner: process id of the owner
 */
struct hist_key {
	__u32 dev;
	__u32 queue;
	__u32 span;
	__u32 owner;
};

/**
 * struct hist - a histogram
 * @n: for each bucket how often
 * @max: largest value
 */
struct hist {
	__u64 n[HIST_ROOM];
	__u64 max;
};

/* Bytes of a dropped packet that are shown, virtio header included. */
#define EVENT_BYTES	64

enum event_kind {
	EVENT_SLOW,
	EVENT_DROP,
};

/**
 * struct event - a slow item or a drop
 * @kind: enum event_kind
 * @owner: process id of the owner
 * @dev: number of the device
 * @queue: its queue
 * @value: EVENT_SLOW: the chain's id; EVENT_DROP: the counter that says why
 * @bytes: EVENT_SLOW: of the chain; EVENT_DROP: of the first piece of the packet
 * @at: when it ended, in nanoseconds of the monotonic clock
 * @worker: nanoseconds in which it waited for the worker to begin with it
 * @backing: in which it waited for the backing
 * @again: in which it had ended, and waited for the worker to see that
 * @serving: in which the worker was at it
 * @data: EVENT_DROP: the begin of that piece
 * @n_data: bytes of @data
 */
struct event {
	__u32 kind;
	__u32 owner;
	__u32 dev;
	__u32 queue;
	__u64 value;
	__u64 bytes;
	__u64 at;
	__u64 worker;
	__u64 backing;
	__u64 again;
	__u64 serving;
	unsigned char data[EVENT_BYTES];
	__u32 n_data;
};

#endif /* TRACE_H */
