/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One device: what its queues share.
 */
#ifndef _MVH_DEV_H
#define _MVH_DEV_H

#include <linux/mutex.h>
#include <linux/xarray.h>
#include "compat/compat.h"
#include "ring/features.h"
#include "ring/mem.h"
#include "vq.h"

struct eventfd_ctx;
struct mvh_frontend_ops;
struct task_struct;

/* Regions of a memory table, and translations of the vdpa dialect. */
#define MVH_REGIONS_MAX		4096
#define MVH_SPACE_MAX		65536

/*
 * Translations that the IOTLB keeps.  A chain may need more at a time, so it doubles up
 * to the limit: room for all pieces of a chain, and for what else its queue needs.
 */
#define MVH_IOTLB_ROOM		2048
#define MVH_IOTLB_LIMIT		(2 * MVH_IOV_LIMIT)

/* Room for the reason why a device does not start. */
#define MVH_FAILURE_LEN		96

/**
 * struct mvh_dev - a device, that is an open descriptor or a named node
 *
 * Fields that queues read change only with @mutex and the mutexes of all queues, so
 * that any of these is enough to read them.  Everything else is guarded by @mutex
 * unless it says otherwise.
 *
 * @backend, @priv, @features, @offered, @n_vqs and @vq are public: back ends read them, and
 * write @priv and their bits of @offered.
 *
 * @mutex: serialises ioctls and messages
 * @id: a number that no other device has, for fdinfo and tracepoints; constant
 * @fork_owner: workers belong to the owner's process
 * @suspended: in the vdpa dialect, VHOST_VDPA_SUSPEND stopped the queues
 * @backend_features: VHOST_BACKEND_F_*
 * @batch: in the vdpa dialect, the next @iotlb while a batch of IOTLB messages is
 *	incomplete, else NULL
 * @workers: by id
 * @n_workers: how many an owner gets, 0 for what worker_per_vq says; constant
 * @backend: kind of device; constant
 * @frontend: dialect; constant
 * @priv: the back end's, constant while a queue has a port
 * @mm: the owner's address space, NULL without owner; constant while a queue has
 *	a port
 * @task: the owner, whose RLIMIT_MEMLOCK holds for pinned rings; likewise
 * @pin_freely: it does not, for the owner had CAP_IPC_LOCK; likewise
 * @told_user: the kernel log says that rings of this owner cannot be pinned
 * @told_broken: the kernel log says that a driver of this owner broke the protocol
 * @failure: why the device could not start for its last owner, or take one,
 *	empty if it could
 * @owner: process id of the owner, for fdinfo
 * @offered: features that may be negotiated; constant while there is an owner
 * @features: what was negotiated; read by queues
 * @table: guest physical memory; read by queues
 * @iotlb: I/O virtual memory, with VIRTIO_F_ACCESS_PLATFORM or in the vdpa
 *	dialect, else NULL; read by queues
 * @log_base: owner's address of the dirty log; read by queues
 * @log_event: signalled when something was logged; read by queues
 * @config_event: signalled when the configuration space has changed
 * @status: status byte of the vdpa dialect, of which a queue's error sets
 *	VIRTIO_CONFIG_S_NEEDS_RESET; atomic
 * @miss_lock: guards the queues' missing translations; innermost
 * @miss_wait: readers that wait for them
 * @n_vqs: queues; constant
 * @vq: the queues
 */
struct mvh_dev {
	struct mutex mutex;
	u32 id;
	bool fork_owner;
	bool suspended;
	u64 backend_features;
	struct mvh_map *batch;
	struct xarray workers;
	unsigned int n_workers;
	const struct mvh_backend_ops *backend;
	const struct mvh_frontend_ops *frontend;
	void *priv;
	struct mm_struct *mm;
	struct task_struct *task;
	bool pin_freely;
	bool told_user;
	bool told_broken;
	char failure[MVH_FAILURE_LEN];
	pid_t owner;
	u64 offered[MVH_FEATURE_WORDS];
	u64 features[MVH_FEATURE_WORDS];
	struct mvh_map *table;
	struct mvh_map *iotlb;
	u64 log_base;
	struct eventfd_ctx *log_event;
	struct eventfd_ctx *config_event;
	atomic_t status;
	spinlock_t miss_lock;
	wait_queue_head_t miss_wait;
	unsigned int n_vqs;
	struct mvh_vq vq[];
};

/* All queues of a device, in rising order. */
#define mvh_dev_for_each_vq(dev, vq_) \
	for ((vq_) = (dev)->vq; (vq_) < (dev)->vq + (dev)->n_vqs; (vq_)++)

/**
 * mvh_vq_attached - has a queue a port?
 * @vq: the queue, with its device's mutex or its own
 *
 * Return: true if it is served or BROKEN.
 */
static inline bool mvh_vq_attached(const struct mvh_vq *vq)
{
	return READ_ONCE(vq->state) != MVH_VQ_OFF;
}

/* Who serves a queue, or NULL without owner.  With the device's mutex. */
static inline struct mvh_worker *mvh_vq_worker(const struct mvh_vq *vq)
{
	return rcu_dereference_protected(vq->worker,
					 lockdep_is_held(&vq->dev->mutex));
}

/**
 * mvh_vq_has_feature - was a feature negotiated?
 * @vq: the queue, its mutex held
 * @bit: feature number
 *
 * Return: true if it was.
 */
static inline bool mvh_vq_has_feature(const struct mvh_vq *vq, unsigned int bit)
{
	return mvh_has_feature(vq->dev->features, bit);
}

/**
 * mvh_vq_logging - must writes to guest memory be logged?
 * @vq: the queue, its mutex held
 *
 * Return: true if so.
 */
static inline bool mvh_vq_logging(const struct mvh_vq *vq)
{
	return mvh_vq_has_feature(vq, VHOST_F_LOG_ALL);
}

/*
 * mvh_vq_reachable() - does the calling task see the owner's memory?
 *
 * The owner and the workers do; the task that closes the last descriptor may not.
 *
 * Return: true if it does.
 */
static inline bool mvh_vq_reachable(const struct mvh_vq *vq)
{
	return current->mm && current->mm == vq->dev->mm;
}

/* Signal that a queue has stopped or cannot be logged.  With its mutex. */
static inline void mvh_vq_signal_err(struct mvh_vq *vq)
{
	if (vq->err)
		mvh_eventfd_signal(vq->err);
}

/* Signal the configuration event.  With the device's or any queue's mutex. */
static inline void mvh_dev_signal_config(struct mvh_dev *dev)
{
	if (dev->config_event)
		mvh_eventfd_signal(dev->config_event);
}

/* The device's mutex is held; checked when lockdep is on. */
static inline void mvh_dev_assert_held(const struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
}

/* The queue's mutex is held; checked when lockdep is on. */
static inline void mvh_vq_assert_held(const struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
}

/* The calling task may touch guest memory; checked when lockdep is on. */
static inline void mvh_vq_assert_mm(const struct mvh_vq *vq)
{
	lockdep_assert(mvh_vq_reachable(vq));
}

extern bool mvh_worker_per_vq;
extern bool mvh_pin_rings;
extern unsigned int mvh_poll_max_us;

struct mvh_dev *mvh_dev_create(const struct mvh_backend_ops *ops,
			       const struct mvh_frontend_ops *frontend,
			       unsigned int n_vqs, unsigned int n_workers);
void mvh_dev_destroy(struct mvh_dev *dev);
int mvh_dev_set_owner(struct mvh_dev *dev);
int mvh_dev_check_owner(const struct mvh_dev *dev);
int mvh_dev_check_foreign(const struct mvh_dev *dev);
void mvh_dev_clear_owner(struct mvh_dev *dev);
int mvh_dev_set_features(struct mvh_dev *dev, const u64 *features);
int mvh_dev_set_table(struct mvh_dev *dev, struct mvh_map *table);
int mvh_dev_set_log_base(struct mvh_dev *dev, u64 base);
void mvh_dev_set_log_event(struct mvh_dev *dev, struct eventfd_ctx *event);
void mvh_dev_set_config_event(struct mvh_dev *dev, struct eventfd_ctx *event);
int mvh_dev_set_backend_features(struct mvh_dev *dev, u64 features);
int mvh_dev_set_fork_owner(struct mvh_dev *dev, bool fork_owner);
int mvh_dev_set_vq_port(struct mvh_dev *dev, struct mvh_vq *vq, int fd);
int mvh_dev_attach_vq(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_cancel_vqs(struct mvh_dev *dev);
void mvh_dev_detach_vq(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_refresh_vqs(struct mvh_dev *dev);
int mvh_dev_quiesce_vqs(struct mvh_dev *dev);
void mvh_dev_lock_vqs(struct mvh_dev *dev);
void mvh_dev_unlock_vqs(struct mvh_dev *dev);

/* dev_iotlb.c */
void mvh_vq_report_miss(struct mvh_vq *vq);
bool mvh_dev_has_miss(struct mvh_dev *dev);
int mvh_dev_wait_miss(struct mvh_dev *dev, struct mvh_miss *miss,
		      bool nonblock);
void mvh_dev_unread_miss(struct mvh_dev *dev, u64 iova);
bool mvh_dev_forget_miss(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_set_space(struct mvh_dev *dev, struct mvh_map *space);
void mvh_dev_renew_misses(struct mvh_dev *dev);
int mvh_dev_iotlb_begin(struct mvh_dev *dev);
int mvh_dev_iotlb_end(struct mvh_dev *dev);
int mvh_dev_iotlb_update(struct mvh_dev *dev, const struct mvh_region *region);
int mvh_dev_iotlb_invalidate(struct mvh_dev *dev, u64 start, u64 last);

/* dev_status.c */
u8 mvh_dev_status(const struct mvh_dev *dev);
void mvh_dev_need_reset(struct mvh_dev *dev);
bool mvh_dev_rings_fixed(const struct mvh_dev *dev);
const char *mvh_dev_failure(const struct mvh_dev *dev);
void mvh_dev_failed(struct mvh_dev *dev, const char *fmt, ...) __printf(2, 3);
int mvh_dev_set_driver_features(struct mvh_dev *dev, u64 features);
int mvh_dev_set_status(struct mvh_dev *dev, u8 status);
int mvh_dev_enable_vq(struct mvh_dev *dev, struct mvh_vq *vq, bool enabled);
int mvh_dev_suspend(struct mvh_dev *dev);
int mvh_dev_resume(struct mvh_dev *dev);

/* dev_endpoint.c */
int mvh_dev_attach_vqs(struct mvh_dev *dev);
void mvh_dev_detach_vqs(struct mvh_dev *dev);

/* dev_worker.c */
int mvh_dev_start_workers(struct mvh_dev *dev);
void mvh_dev_free_workers(struct mvh_dev *dev);
int mvh_dev_pin_vq(struct mvh_dev *dev, struct mvh_vq *vq, const struct cpumask *cpus);
int mvh_dev_new_worker(struct mvh_dev *dev, u32 *id);
int mvh_dev_free_worker(struct mvh_dev *dev, u32 id);
int mvh_dev_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq, u32 id);

#endif /* _MVH_DEV_H */
