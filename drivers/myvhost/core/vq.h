/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One queue.
 */
#ifndef _MVH_VQ_H
#define _MVH_VQ_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/vhost_types.h>
#include <uapi/linux/myvhost.h>
#include "ring/chain.h"
#include "ring/features.h"
#include "area.h"
#include "event.h"
#include "worker.h"

struct cpumask;
struct eventfd_ctx;
struct mm_struct;
struct mvh_backend_ops;
struct mvh_frontend_ops;

/* Pieces of guest memory after which no further chain is taken for a batch or frame. */
#define MVH_IOV_MAX		1024

/*
 * A legal request may be scattered over any pages of the owner: room for pieces
 * grows up to this, 256 MiB in pages of 4 KiB.
 */
#define MVH_IOV_LIMIT		65536

/* Chains are taken, and completions pushed, in batches of this many. */
#define MVH_BATCH		64

/* Chains a service may hold: those of one frame, each with a piece, and a batch. */
#define MVH_CHAIN_MAX		(MVH_IOV_MAX + MVH_BATCH)

/* Completions not pushed yet: less than a batch when chains are taken, and these. */
#define MVH_DONE_MAX		(MVH_BATCH + MVH_CHAIN_MAX)

/* Room for pieces at first: a chain may begin where those before it end. */
#define MVH_IOV_ROOM		(2 * MVH_IOV_MAX)

/* A run ends when one of them is used up; others on the same worker get their turn. */
#define MVH_RUN_PACKETS		256
#define MVH_RUN_BYTES		(512 * 1024)
#define MVH_RUN_DESCS		65536

/**
 * enum mvh_vq_state - what a queue is doing
 * @MVH_VQ_OFF: no port, nothing may touch the ring
 * @MVH_VQ_RUNNING: it has a port and is served
 * @MVH_VQ_BROKEN: it has a port, but the guest broke the protocol; nothing
 *	touches the ring until the port is detached
 */
enum mvh_vq_state {
	MVH_VQ_OFF,
	MVH_VQ_RUNNING,
	MVH_VQ_BROKEN,
};

/**
 * enum mvh_miss_state - what became of a missing translation
 * @MVH_MISS_NONE: none is missing
 * @MVH_MISS_PENDING: the owner has not read of it yet
 * @MVH_MISS_READ: the owner knows
 */
enum mvh_miss_state {
	MVH_MISS_NONE,
	MVH_MISS_PENDING,
	MVH_MISS_READ,
};

/**
 * struct mvh_miss - a translation that a queue waits for; one at a time
 *
 * Guarded by the miss_lock of struct mvh_dev.
 *
 * @state: what became of it
 * @access: MVH_ACCESS_*
 * @iova: what is to be translated
 */
struct mvh_miss {
	enum mvh_miss_state state;
	u8 access;
	u64 iova;
};

/**
 * struct mvh_window - how long a queue polls before it sleeps
 *
 * @fixed_us: what VHOST_SET_VRING_BUSYLOOP_TIMEOUT said
 * @max_us: bound of the adaptive window, 0 if it is not used
 * @now_ns: the adaptive window now
 * @slept_at: when the queue went to sleep last, 0 if it did not
 */
struct mvh_window {
	u32 fixed_us;
	u32 max_us;
	u64 now_ns;
	u64 slept_at;
};

/* Counters by which a run says what it ends for, see vq_time.c. */
#define MVH_CAUSES	5

/**
 * struct mvh_clock - where the time of a queue goes
 *
 * Guarded by the queue's mutex; @what and @since are read without, under @seq.
 *
 * @seq: written without preemption
 * @what: the counter in which time counts now, MYVHOST_CNT_MAX unless RUNNING
 * @since: from when on, in nanoseconds
 * @delay: run queue delay of the worker when the run began
 * @polled: nanoseconds of the run that were busy polls
 * @events: counters of what the run may end for, when it began
 */
struct mvh_clock {
	seqcount_t seq;
	enum myvhost_counter what;
	u64 since;
	u64 delay;
	u64 polled;
	u64 events[MVH_CAUSES];
};

/**
 * struct mvh_vq - a queue
 *
 * Everything is guarded by @mutex unless it says otherwise.  @dev, @index, @state, @port
 * and @iov are public: back ends read them, but write none.  The rest is the core's;
 * it is declared here for the inline functions of the hot path, which must not become
 * calls between modules.  tools/check/static/fields.sh holds it.
 *
 * @mutex: taken by the worker for a whole run, by ioctls to change anything
 * @dev: what it shares with the device's other queues; constant
 * @index: which of its queues; constant
 * @state: what it is doing
 * @port: the back end's object for it while not OFF
 * @file: the file the port was made of
 * @ring: layout, position and memory of the virtqueue
 * @area: its memory
 * @mapped: @area and @ring.part are valid, in user mode or not
 * @try_pin: the next run is to leave user mode if it can
 * @map_failed: guest memory could not be reached since the queue started, and the
 *	owner was told
 * @started: the ring was taken over since the port was attached
 * @kick_armed: the queue sleeps until the guest kicks, which it was asked to
 * @watched: next one of the queues that a busy poll watches, while it holds their
 *	mutexes
 * @placed: @addr was set
 * @enabled: VHOST_VDPA_SET_VRING_ENABLE asked for it to be served; under the
 *	device's mutex
 * @addr: owner's addresses of the ring, or IOVAs with VIRTIO_F_ACCESS_PLATFORM
 * @log_used: writes to the ring are to be logged
 * @log_addr: guest physical address of the used area, for that
 * @view: guest memory
 * @call: interrupts go here
 * @err: protocol errors go here
 * @kick: the guest's kicks come from here
 * @kick_event: subscription to @kick
 * @worker: the worker that serves it; RCU, changes under the device's mutex
 * @cpus: where @worker may run, NULL for anywhere; under the device's mutex
 * @work: scheduled for a run, mvh_vq_run()
 * @window: busy polling
 * @clock: where its time goes
 * @nid: node of the pinned ring's memory, NUMA_NO_NODE if it never was pinned
 * @miss: missing translation; under @dev->miss_lock
 * @n_missed: translations that were missing since the last chain was taken; written
 *	under @mutex, read without
 * @iov: pieces of the chains
 * @iov_room: how many there can be, MVH_IOV_ROOM to MVH_IOV_LIMIT
 * @chain: chains that this run has taken
 * @first: the oldest of them that the service holds; it may still be left to the
 *	guest
 * @n_chain: end of them
 * @n_taken: chains taken from the ring in this run
 * @n_late: chains that were taken and are to be completed late
 * @done: finished chains that are not pushed yet
 * @n_done: entries of @done
 * @left_packets: what remains of this run's budget
 * @left_bytes: likewise
 * @left_descs: likewise, of descriptors looked at
 * @cnt: statistics; written under @mutex, read without
 */
struct mvh_vq {
	struct mutex mutex;
	struct mvh_dev *dev;
	u32 index;
	enum mvh_vq_state state;
	void *port;
	struct file *file;
	struct mvh_ring ring;
	struct mvh_area area[MVH_PART_MAX];
	bool mapped;
	bool try_pin;
	bool map_failed;
	bool started;
	bool kick_armed;
	struct mvh_vq *watched;
	bool placed;
	bool enabled;
	u64 addr[MVH_PART_MAX];
	bool log_used;
	u64 log_addr;
	struct mvh_view view;
	struct eventfd_ctx *call;
	struct eventfd_ctx *err;
	struct file *kick;
	struct mvh_event kick_event;
	struct mvh_worker __rcu *worker;
	struct cpumask *cpus;
	struct mvh_work work;
	struct mvh_window window;
	struct mvh_clock clock;
	int nid;
	struct mvh_miss miss;
	u32 n_missed;
	struct iovec *iov;
	unsigned int iov_room;
	struct mvh_chain *chain;
	unsigned int first;
	unsigned int n_chain;
	unsigned int n_taken;
	unsigned int n_late;
	struct mvh_done *done;
	unsigned int n_done;
	s32 left_packets;
	s64 left_bytes;
	s64 left_descs;
	u64 cnt[MYVHOST_CNT_MAX];
};

/**
 * mvh_vq_count - add to a counter
 * @vq: the queue, its mutex held
 * @what: the counter
 * @n: how much
 */
static inline void mvh_vq_count(struct mvh_vq *vq, enum myvhost_counter what,
				u64 n)
{
	WRITE_ONCE(vq->cnt[what], vq->cnt[what] + n);
}

/**
 * mvh_vq_refill - a budget as for a new run
 * @vq: the queue, its mutex held
 */
static inline void mvh_vq_refill(struct mvh_vq *vq)
{
	vq->left_packets = MVH_RUN_PACKETS;
	vq->left_bytes = MVH_RUN_BYTES;
	vq->left_descs = MVH_RUN_DESCS;
}

/**
 * mvh_vq_over - is the budget used up?
 * @vq: the queue, its mutex held
 *
 * A service that returns then is run again, behind the other work of its worker.
 *
 * Return: true if it is.
 */
static inline bool mvh_vq_over(const struct mvh_vq *vq)
{
	return vq->left_packets <= 0 || vq->left_bytes <= 0 ||
	       vq->left_descs <= 0;
}

/**
 * mvh_vq_charge - use up budget
 * @vq: the queue, its mutex held
 * @bytes: what a packet weighs, moved or dropped
 */
static inline void mvh_vq_charge(struct mvh_vq *vq, u64 bytes)
{
	vq->left_packets--;
	vq->left_bytes -= bytes;
}

/**
 * mvh_vq_n_charged - how often mvh_vq_charge() was called in this run
 * @vq: the queue, its mutex held
 *
 * Return: the number, of which most are packets.
 */
static inline unsigned int mvh_vq_n_charged(const struct mvh_vq *vq)
{
	return MVH_RUN_PACKETS - vq->left_packets;
}

/**
 * mvh_vq_n_chains - how many chains the service holds
 * @vq: the queue, its mutex held
 *
 * Return: the number.
 */
static inline unsigned int mvh_vq_n_chains(const struct mvh_vq *vq)
{
	return vq->n_chain - vq->first;
}

/**
 * mvh_vq_chain - a chain that the service holds
 * @vq: the queue, its mutex held
 * @i: which, below mvh_vq_n_chains(), in the order of the ring; the pieces of one
 *	follow those of the one before
 *
 * Return: the chain, until the next mvh_vq_next().
 */
static inline struct mvh_chain *mvh_vq_chain(struct mvh_vq *vq, unsigned int i)
{
	return &vq->chain[vq->first + i];
}

/**
 * mvh_vq_take - the oldest chain that the service holds will be completed later
 * @vq: the queue, its mutex held
 *
 * See mvh_vq_complete_late().
 */
static inline void mvh_vq_take(struct mvh_vq *vq)
{
	vq->first++;
	vq->n_late++;
}

/**
 * mvh_vq_complete - the oldest chain that the service holds is finished
 * @vq: the queue, its mutex held
 * @len: bytes written into it
 *
 * The guest sees it after mvh_vq_flush(), which mvh_vq_next() and the end of the
 * run see to; together with all others that are finished by then.
 */
static inline void mvh_vq_complete(struct mvh_vq *vq, u32 len)
{
	const struct mvh_chain *chain = &vq->chain[vq->first++];

	vq->done[vq->n_done++] = (struct mvh_done) {
		.id = chain->id,
		.ndesc = chain->ndesc,
		.len = len,
	};
}

/**
 * mvh_vq_num - how many descriptors the ring has
 * @vq: the queue, its mutex held
 *
 * Return: the number.
 */
static inline u32 mvh_vq_num(const struct mvh_vq *vq)
{
	return vq->ring.num;
}

/**
 * mvh_vq_packed - layout of the ring
 * @vq: the queue; without its mutex it may be about to change
 *
 * Return: true if it is packed, false if split.
 */
static inline bool mvh_vq_packed(const struct mvh_vq *vq)
{
	return READ_ONCE(vq->ring.packed);
}

/**
 * mvh_vq_node - where the memory of the ring is
 * @vq: the queue, locked or not
 *
 * Return: the NUMA node, NUMA_NO_NODE if the ring was not pinned since it has an owner.
 */
static inline int mvh_vq_node(const struct mvh_vq *vq)
{
	return READ_ONCE(vq->nid);
}

/**
 * mvh_vq_le - byte order of what device and driver exchange
 * @vq: the queue, its mutex held
 *
 * Return: true if it is little endian.
 */
static inline bool mvh_vq_le(const struct mvh_vq *vq)
{
	return mvh_ring_le(&vq->ring);
}

void mvh_vq_init(struct mvh_vq *vq, struct mvh_dev *dev, u32 index);
int mvh_vq_alloc(struct mvh_vq *vq);
void mvh_vq_free(struct mvh_vq *vq);
void mvh_vq_refresh(struct mvh_vq *vq);
u64 mvh_vq_part_size(const struct mvh_vq *vq, enum mvh_part part);
bool mvh_vq_in_user_range(const struct mvh_vq *vq, const u64 *addr);
int mvh_vq_start(struct mvh_vq *vq);
void mvh_vq_stop(struct mvh_vq *vq);
int mvh_vq_quiesce(struct mvh_vq *vq);
void mvh_vq_break(struct mvh_vq *vq);
void mvh_vq_set_worker(struct mvh_vq *vq, struct mvh_worker *worker);
u64 mvh_vq_counter(struct mvh_vq *vq, enum myvhost_counter what);

/* vq_setup.c */
int mvh_vq_set_num(struct mvh_vq *vq, u32 num, u32 max);
int mvh_vq_set_base(struct mvh_vq *vq, u32 base);
int mvh_vq_get_base(struct mvh_vq *vq, u32 *base);
int mvh_vq_set_addr(struct mvh_vq *vq, const struct vhost_vring_addr *a);
int mvh_vq_set_kick(struct mvh_vq *vq, struct file *file);
void mvh_vq_set_call(struct mvh_vq *vq, struct eventfd_ctx *call);
void mvh_vq_set_err(struct mvh_vq *vq, struct eventfd_ctx *err);
void mvh_vq_set_poll(struct mvh_vq *vq, u32 max_us);
void mvh_vq_set_busyloop(struct mvh_vq *vq, u32 us);
u32 mvh_vq_get_busyloop(const struct mvh_vq *vq);

/* vq_map.c */
void mvh_vq_unmap(struct mvh_vq *vq);
void mvh_vq_remap(struct mvh_vq *vq);
int mvh_vq_map_user(struct mvh_vq *vq);
int mvh_vq_map(struct mvh_vq *vq);
const char *mvh_vq_map_mode(const struct mvh_vq *vq);

/* vq_serve.c */
void mvh_vq_run(struct mvh_work *work);

/* vq_log.c */
bool mvh_range_loggable(u64 base, u64 gpa, u64 len);
bool mvh_vq_used_loggable(const struct mvh_vq *vq, u64 base, u64 gpa);
bool mvh_vq_loggable(const struct mvh_vq *vq, u64 base);
void mvh_vq_wrote(struct mvh_ring *ring, enum mvh_part part, u32 off, u32 len);

/* vq_time.c */
void mvh_vq_clock_start(struct mvh_vq *vq);
void mvh_vq_clock_stop(struct mvh_vq *vq);
void mvh_vq_clock_begin(struct mvh_vq *vq);
void mvh_vq_clock_end(struct mvh_vq *vq);
u64 mvh_vq_time(const struct mvh_vq *vq, enum myvhost_counter what);

/* vq_poll.c */
void mvh_vq_adapt(struct mvh_vq *vq);

#endif /* _MVH_VQ_H */
