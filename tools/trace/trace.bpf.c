// SPDX-License-Identifier: GPL-2.0
/*
 * At the raw tracepoints of myvhost, whose arguments are integers: owner, queue, device,
 * value.  Nothing here knows a type of the kernel, so one object runs on every kernel.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "trace.h"

/* Set before the program is loaded: 0 for any owner and device, and no slow items. */
const volatile __u32 only_owner;
const volatile __u32 only_dev;
const volatile __u32 only_queue;
const volatile bool has_queue;
const volatile __u64 slow_ns;

/* Events for which there was no room. */
__u64 lost;

/**
 * struct queue_key - a queue
 */
struct queue_key {
	__u32 dev;
	__u32 queue;
};

/**
 * struct queue - when things happened, 0 if they did not
 * @kick: the first kick since the last run
 * @wake: when the run that goes on, or is to come, was asked for
 * @run: begin of the last run
 * @waited: for how long that had been asked for
 * @call: the last interrupt that no kick followed
 */
struct queue {
	__u64 kick;
	__u64 wake;
	__u64 run;
	__u64 waited;
	__u64 call;
};

struct item_key {
	__u32 dev;
	__u32 queue;
	__u64 id;
};

/**
 * struct item - a chain that was taken
 * @begin: when
 * @run: begin of the run that took it
 * @waited: struct queue.waited then
 * @bytes: of the chain
 */
struct item {
	__u64 begin;
	__u64 run;
	__u64 waited;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct queue_key);
	__type(value, struct queue);
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct item_key);
	__type(value, struct item);
} items SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct hist_key);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static const struct hist no_hist;
static const struct queue no_queue;

static __always_inline bool wanted(__u32 owner, __u32 dev, __u32 queue)
{
	return (!only_owner || owner == only_owner) && (!only_dev || dev == only_dev) &&
	       (!has_queue || queue == only_queue);
}

static __always_inline __u32 hist_bucket(__u64 ns)
{
	__u32 log = 0, bucket;
	__u64 v = ns;

	if (v >> 32) {
		log += 32;
		v >>= 32;
	}
	if (v >> 16) {
		log += 16;
		v >>= 16;
	}
	if (v >> 8) {
		log += 8;
		v >>= 8;
	}
	if (v >> 4) {
		log += 4;
		v >>= 4;
	}
	if (v >> 2) {
		log += 2;
		v >>= 2;
	}
	if (v >> 1)
		log++;
	if (log < HIST_BITS)
		return ns;
	bucket = (log - HIST_BITS + 1) << HIST_BITS;
	bucket += ns >> (log - HIST_BITS) & ((1 << HIST_BITS) - 1);
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

static __always_inline void hist_add(__u32 owner, __u32 dev, __u32 queue, __u32 span,
				     __u64 ns)
{
	struct hist_key key = {
		.dev = dev,
		.queue = queue,
		.span = span,
		.owner = owner,
	};
	struct hist *hist = bpf_map_lookup_elem(&hists, &key);
	__u32 bucket = hist_bucket(ns);

	if (!hist) {
		bpf_map_update_elem(&hists, &key, &no_hist, BPF_NOEXIST);
		hist = bpf_map_lookup_elem(&hists, &key);
	}
	if (!hist)
		return;
	/* The compiler must not know that this changes nothing. */
	barrier_var(bucket);
	bucket &= HIST_ROOM - 1;
	__sync_fetch_and_add(&hist->n[bucket], 1);
	if (ns > hist->max)
		hist->max = ns;
}

static __always_inline struct queue *queue_get(__u32 dev, __u32 queue)
{
	struct queue_key key = { .dev = dev, .queue = queue };
	struct queue *q = bpf_map_lookup_elem(&queues, &key);

	if (q)
		return q;
	bpf_map_update_elem(&queues, &key, &no_queue, BPF_NOEXIST);
	return bpf_map_lookup_elem(&queues, &key);
}

/* The arguments, and the state of the queue, of a tracepoint that is wanted. */
#define EVENT_BEGIN(ctx)						\
	__u32 owner = (ctx)->args[0], queue = (ctx)->args[1];		\
	__u32 dev = (ctx)->args[2];					\
	__u64 value = (ctx)->args[3], now = bpf_ktime_get_ns();		\
	struct queue *q;						\
									\
	if (!wanted(owner, dev, queue))					\
		return 0;						\
	q = queue_get(dev, queue);					\
	if (!q)								\
		return 0

SEC("raw_tp/mvh_kick")
int on_kick(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);

	(void)value;
	if (q->call)
		hist_add(owner, dev, queue, SPAN_CALL, now - q->call);
	q->call = 0;
	if (!q->kick)
		q->kick = now;
	return 0;
}

SEC("raw_tp/mvh_wake")
int on_wake(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);

	if (!value)
		q->wake = now;
	return 0;
}

SEC("raw_tp/mvh_run_begin")
int on_run_begin(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);

	(void)value;
	if (q->kick)
		hist_add(owner, dev, queue, SPAN_KICK, now - q->kick);
	q->kick = 0;
	q->waited = q->wake ? now - q->wake : 0;
	q->wake = 0;
	q->run = now;
	return 0;
}

SEC("raw_tp/mvh_run_end")
int on_run_end(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);

	(void)value;
	if (q->run)
		hist_add(owner, dev, queue, SPAN_RUN, now - q->run);
	return 0;
}

SEC("raw_tp/mvh_begin")
int on_begin(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);
	struct item_key key = { .dev = dev, .queue = queue, .id = value & 0xffff };
	struct item item = {
		.begin = now,
		.run = q->run,
		.waited = q->waited,
		.bytes = value >> 16,
	};

	bpf_map_update_elem(&items, &key, &item, BPF_ANY);
	return 0;
}

static __always_inline void slow(const struct item *item, const struct queue *q,
				 const struct event *from)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->kind = EVENT_SLOW;
	e->owner = from->owner;
	e->dev = from->dev;
	e->queue = from->queue;
	e->value = from->value;
	e->at = from->at;
	e->bytes = item->bytes;
	e->worker = item->waited;
	/* Ended by the run that began it, or by a later one that somebody asked for. */
	if (item->run == q->run || q->run - q->waited < item->begin) {
		e->serving = from->at - item->begin;
	} else {
		e->backing = q->run - q->waited - item->begin;
		e->again = q->waited;
		e->serving = from->at - q->run;
	}
	bpf_ringbuf_submit(e, 0);
}

SEC("raw_tp/mvh_end")
int on_end(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);
	struct item_key key = { .dev = dev, .queue = queue, .id = value & 0xffff };
	struct item *item = bpf_map_lookup_elem(&items, &key);
	struct event from = {
		.owner = owner,
		.dev = dev,
		.queue = queue,
		.value = key.id,
		.at = now,
	};

	if (!item)
		return 0;
	hist_add(owner, dev, queue, SPAN_ITEM, now - item->begin);
	if (slow_ns && now - item->begin + item->waited >= slow_ns)
		slow(item, q, &from);
	bpf_map_delete_elem(&items, &key);
	return 0;
}

SEC("raw_tp/mvh_call")
int on_call(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);

	(void)value;
	(void)owner;
	q->call = now;
	return 0;
}

SEC("raw_tp/mvh_drop")
int on_drop(struct bpf_raw_tracepoint_args *ctx)
{
	EVENT_BEGIN(ctx);
	__u64 addr = ctx->args[4], len = ctx->args[5];
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->kind = EVENT_DROP;
	e->owner = owner;
	e->dev = dev;
	e->queue = queue;
	e->value = value;
	e->at = now;
	e->bytes = len;
	if (len > EVENT_BYTES)
		len = EVENT_BYTES;
	if (addr && len && !bpf_probe_read_user(e->data, len, (void *)addr))
		e->n_data = len;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
