/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints.  A queue is named by its owner's process id and its index.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM myvhost

#if !defined(_MVH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MVH_TRACE_H

#include <linux/tracepoint.h>
#include "dev.h"

DECLARE_EVENT_CLASS(mvh_vq_value,
	TP_PROTO(const struct mvh_vq *vq, u64 value),
	TP_ARGS(vq, value),
	TP_STRUCT__entry(
		__field(pid_t, owner)
		__field(u32, index)
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->owner = vq->dev->owner;
		__entry->index = vq->index;
		__entry->value = value;
	),
	TP_printk("owner=%d queue=%u value=%llu", __entry->owner,
		  __entry->index, __entry->value)
);

/* A run of the worker begins; value: available index or slot. */
DEFINE_EVENT(mvh_vq_value, mvh_run_begin,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* A run ends; value: packets it moved. */
DEFINE_EVENT(mvh_vq_value, mvh_run_end,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* The guest is interrupted; value: chains given back with it. */
DEFINE_EVENT(mvh_vq_value, mvh_call,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* A translation is asked for; value: the address. */
DEFINE_EVENT(mvh_vq_value, mvh_miss,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* A packet is dropped; value: enum myvhost_counter says why. */
DEFINE_EVENT(mvh_vq_value, mvh_drop,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* The guest broke the protocol; value: enum myvhost_counter says how. */
DEFINE_EVENT(mvh_vq_value, mvh_bad,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

/* The queue starts or stops; value: enum mvh_vq_state. */
DEFINE_EVENT(mvh_vq_value, mvh_state,
	TP_PROTO(const struct mvh_vq *vq, u64 value), TP_ARGS(vq, value));

#endif /* _MVH_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH core
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
