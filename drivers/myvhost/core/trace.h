/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints.  A queue is named by the number of its device, its index there, and its
 * owner's process id.  All arguments are integers, so that a BPF program at the raw
 * tracepoint needs no type of this module.
 *
 * mvh_trace() has them evaluated only while something listens.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM myvhost

#if !defined(_MVH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MVH_TRACE_H

#include <linux/tracepoint.h>
#include "dev.h"

#define mvh_trace(event, vq, ...)					\
do {									\
	if (trace_##event##_enabled())					\
		trace_##event((vq)->dev->owner, (vq)->index,		\
			      (vq)->dev->id, __VA_ARGS__);		\
} while (0)

DECLARE_EVENT_CLASS(mvh_vq_value,
	TP_PROTO(pid_t owner, u32 queue, u32 dev, u64 value),
	TP_ARGS(owner, queue, dev, value),
	TP_STRUCT__entry(
		__field(pid_t, owner)
		__field(u32, queue)
		__field(u32, dev)
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->owner = owner;
		__entry->queue = queue;
		__entry->dev = dev;
		__entry->value = value;
	),
	TP_printk("owner=%d queue=%u value=%llu dev=%u", __entry->owner,
		  __entry->queue, __entry->value, __entry->dev)
);

#define MVH_VQ_EVENT(name)						\
DEFINE_EVENT(mvh_vq_value, name,					\
	TP_PROTO(pid_t owner, u32 queue, u32 dev, u64 value),		\
	TP_ARGS(owner, queue, dev, value))

/* The guest kicked; value: kicks so far. */
MVH_VQ_EVENT(mvh_kick);

/* A run is asked for, by a kick or anything else; value: 1 if one waits already. */
MVH_VQ_EVENT(mvh_wake);

/* A run of the worker begins; value: available index or slot. */
MVH_VQ_EVENT(mvh_run_begin);

/* A run ends; value: packets it moved. */
MVH_VQ_EVENT(mvh_run_end);

/* A chain is taken from the ring; value: its id, and 65536 times its bytes. */
MVH_VQ_EVENT(mvh_begin);

/* A chain is given back; value: its id, and 65536 times the bytes written. */
MVH_VQ_EVENT(mvh_end);

/* The guest is interrupted; value: chains given back with it. */
MVH_VQ_EVENT(mvh_call);

/* A translation is asked for; value: the address. */
MVH_VQ_EVENT(mvh_miss);

/* The guest broke the protocol; value: enum myvhost_counter says how. */
MVH_VQ_EVENT(mvh_bad);

/* The queue starts or stops; value: enum mvh_vq_state. */
MVH_VQ_EVENT(mvh_state);

/*
 * A packet is dropped; value: enum myvhost_counter says why.  addr: owner's address of
 * the piece of memory that it begins with, virtio header first, len: bytes of that; 0
 * if it is not in a chain.
 */
TRACE_EVENT(mvh_drop,
	TP_PROTO(pid_t owner, u32 queue, u32 dev, u64 value, u64 addr, u64 len),
	TP_ARGS(owner, queue, dev, value, addr, len),
	TP_STRUCT__entry(
		__field(pid_t, owner)
		__field(u32, queue)
		__field(u32, dev)
		__field(u64, value)
		__field(u64, addr)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->owner = owner;
		__entry->queue = queue;
		__entry->dev = dev;
		__entry->value = value;
		__entry->addr = addr;
		__entry->len = len;
	),
	TP_printk("owner=%d queue=%u value=%llu dev=%u addr=%#llx len=%llu",
		  __entry->owner, __entry->queue, __entry->value, __entry->dev,
		  __entry->addr, __entry->len)
);

#endif /* _MVH_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH core
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
