// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of a device: as numbers through an ioctl, as text in
 * /proc/PID/fdinfo/N.
 */
#include <linux/delay.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"

static const char *const mvh_counter_names[MYVHOST_CNT_MAX] = {
	[MYVHOST_CNT_PACKETS]		= "packets",
	[MYVHOST_CNT_BYTES]		= "bytes",
	[MYVHOST_CNT_KICKS]		= "kicks",
	[MYVHOST_CNT_CALLS]		= "calls",
	[MYVHOST_CNT_CALLS_SUPPRESSED]	= "calls_suppressed",
	[MYVHOST_CNT_RUNS]		= "runs",
	[MYVHOST_CNT_BUDGET]		= "budget",
	[MYVHOST_CNT_MISSES]		= "misses",
	[MYVHOST_CNT_POLL_HITS]		= "poll_hits",
	[MYVHOST_CNT_POLL_MISSES]	= "poll_misses",
	[MYVHOST_CNT_STALLS]		= "stalls",
	[MYVHOST_CNT_BUSY]		= "busy",
	[MYVHOST_CNT_DROP_SHORT]	= "drop_short",
	[MYVHOST_CNT_DROP_LONG]		= "drop_long",
	[MYVHOST_CNT_DROP_HEADER]	= "drop_header",
	[MYVHOST_CNT_DROP_BUFFER]	= "drop_buffer",
	[MYVHOST_CNT_DROP_FAULT]	= "drop_fault",
	[MYVHOST_CNT_DROP_MEMORY]	= "drop_memory",
	[MYVHOST_CNT_DROP_BACKEND]	= "drop_backend",
	[MYVHOST_CNT_BAD_INDEX]		= "bad_index",
	[MYVHOST_CNT_BAD_HEAD]		= "bad_head",
	[MYVHOST_CNT_BAD_CHAIN]		= "bad_chain",
	[MYVHOST_CNT_BAD_ORDER]		= "bad_order",
	[MYVHOST_CNT_BAD_INDIRECT]	= "bad_indirect",
	[MYVHOST_CNT_BAD_SEGMENTS]	= "bad_segments",
	[MYVHOST_CNT_BAD_ADDRESS]	= "bad_address",
	[MYVHOST_CNT_BAD_ACCESS]	= "bad_access",
	[MYVHOST_CNT_BAD_DIRECTION]	= "bad_direction",
	[MYVHOST_CNT_BAD_LENGTH]	= "bad_length",
	[MYVHOST_CNT_LOG_ERRORS]	= "log_errors",
	[MYVHOST_CNT_READS]		= "reads",
	[MYVHOST_CNT_READ_BYTES]	= "read_bytes",
	[MYVHOST_CNT_READ_NS]		= "read_ns",
	[MYVHOST_CNT_WRITES]		= "writes",
	[MYVHOST_CNT_WRITE_BYTES]	= "write_bytes",
	[MYVHOST_CNT_WRITE_NS]		= "write_ns",
	[MYVHOST_CNT_FLUSHES]		= "flushes",
	[MYVHOST_CNT_FLUSH_NS]		= "flush_ns",
	[MYVHOST_CNT_DISCARDS]		= "discards",
	[MYVHOST_CNT_IO_ERRORS]		= "io_errors",
	[MYVHOST_CNT_INVALID]		= "invalid",
	[MYVHOST_CNT_UNSUPPORTED]	= "unsupported",
	[MYVHOST_CNT_BOUNCED]		= "bounced",
	[MYVHOST_CNT_PUNTED]		= "punted",
	[MYVHOST_CNT_THROTTLED]		= "throttled",
	[MYVHOST_CNT_MAP_ERRORS]	= "map_errors",
	[MYVHOST_CNT_TAP_STOPS]		= "tap_stops",
	[MYVHOST_CNT_TAP_EXPIRED]	= "tap_expired",
	[MYVHOST_CNT_SERVING_NS]	= "serving_ns",
	[MYVHOST_CNT_POLL_NS]		= "poll_ns",
	[MYVHOST_CNT_WORKER_NS]		= "worker_ns",
	[MYVHOST_CNT_GUEST_NS]		= "guest_ns",
	[MYVHOST_CNT_BACKING_NS]	= "backing_ns",
	[MYVHOST_CNT_LIMIT_NS]		= "limit_ns",
	[MYVHOST_CNT_PRESSURE_NS]	= "pressure_ns",
	[MYVHOST_CNT_IDLE_NS]		= "idle_ns",
	[MYVHOST_CNT_RING_FILL]		= "ring_fill",
	[MYVHOST_CNT_RING_PEAK]		= "ring_peak",
};

static const char *const mvh_state_names[] = {
	[MVH_VQ_OFF]		= "off",
	[MVH_VQ_RUNNING]	= "running",
	[MVH_VQ_BROKEN]		= "broken",
};

/**
 * mvh_stats_get - MYVHOST_GET_VRING_STATS
 * @vq: the queue, not locked
 * @stats: the caller's argument; @stats->count is set for the answer
 *
 * Return: 0, -E2BIG for more than MYVHOST_STATS_MAX, or -EFAULT.
 */
int mvh_stats_get(struct mvh_vq *vq, struct myvhost_vring_stats *stats)
{
	void __user *to = u64_to_user_ptr(stats->counters);
	u32 n = min_t(u32, stats->count, MYVHOST_CNT_MAX);
	u64 cnt[MYVHOST_CNT_MAX];
	u32 i;

	if (stats->count > MYVHOST_STATS_MAX)
		return -E2BIG;
	for (i = 0; i < MYVHOST_CNT_MAX; i++)
		cnt[i] = mvh_vq_counter(vq, i);
	if (copy_to_user(to, cnt, n * sizeof(u64)) ||
	    clear_user(to + n * sizeof(u64),
		       (size_t)(stats->count - n) * sizeof(u64)))
		return -EFAULT;
	stats->count = MYVHOST_CNT_MAX;
	return 0;
}

/* How often to try to lock a device, and how long to wait meanwhile. */
#define MVH_STATS_TRIES		50
#define MVH_STATS_TRY_MSECS	20

/* Whoever waits for a backing that does not answer has the device for as long. */
static bool mvh_stats_lock(struct mvh_dev *dev)
{
	unsigned int i;

	for (i = 0; i < MVH_STATS_TRIES; i++) {
		if (mutex_trylock(&dev->mutex))
			return true;
		if (msleep_interruptible(MVH_STATS_TRY_MSECS))
			break;
	}
	return false;
}

static void mvh_stats_show_vq(struct seq_file *seq, struct mvh_vq *vq,
			      const char *name, bool locked)
{
	const struct mvh_worker *worker = locked ? mvh_vq_worker(vq) : NULL;
	const char *ring = mvh_vq_map_mode(vq);
	unsigned int i;

	seq_printf(seq, "%s.state:\t%s\n", name,
		   mvh_state_names[READ_ONCE(vq->state)]);
	if (ring)
		seq_printf(seq, "%s.ring:\t%s\n", name, ring);
	if (mvh_vq_num(vq))
		seq_printf(seq, "%s.layout:\t%s, %u entries\n", name,
			   mvh_vq_packed(vq) ? "packed" : "split", mvh_vq_num(vq));
	if (mvh_vq_node(vq) != NUMA_NO_NODE)
		seq_printf(seq, "%s.memory:\tnode %d\n", name, mvh_vq_node(vq));
	if (worker)
		seq_printf(seq, "%s.worker:\t%s %d\n", name, worker->name,
			   worker->tid);
	for (i = 0; i < MYVHOST_CNT_MAX; i++)
		seq_printf(seq, "%s.%s:\t%llu\n", name, mvh_counter_names[i],
			   mvh_vq_counter(vq, i));
}

/**
 * mvh_stats_show - a device in /proc/PID/fdinfo/N
 * @seq: the text
 * @mf: a file that has a device, which is not locked
 *
 * Queues are not locked, so counters may change while they are printed.
 * Process and thread ids are those of the initial namespace.  What has to be guarded is
 * left out if somebody else has the device for a second.
 */
void mvh_stats_show(struct seq_file *seq, const struct mvh_file *mf)
{
	struct mvh_dev *dev = mf->dev;
	const struct mvh_backend_ops *backend = dev->backend;
	bool locked = mvh_stats_lock(dev);
	struct mvh_vq *vq;

	seq_printf(seq, "backend:\t%s\ndialect:\t%s\n", backend->name,
		   mvh_dialect(dev)->name);
	if (mf->node)
		seq_printf(seq, "node:\t%s\n", mvh_node_name(mf->node));
	seq_printf(seq, "id:\t%u\n", dev->id);
	seq_printf(seq, "owner:\t%d\nfeatures:\t%#llx %#llx\n",
		   READ_ONCE(dev->owner), READ_ONCE(dev->features[0]),
		   READ_ONCE(dev->features[1]));
	if (!locked)
		seq_puts(seq, "busy:\tan ioctl has not ended\n");
	if (locked && *mvh_dev_failure(dev))
		seq_printf(seq, "failure:\t%s\n", mvh_dev_failure(dev));
	if (backend->show && (locked || backend->show_unlocked))
		backend->show(seq, dev);
	mvh_dev_for_each_vq(dev, vq)
		mvh_stats_show_vq(seq, vq, backend->vq_names[vq->index], locked);
	if (locked)
		mutex_unlock(&dev->mutex);
}
