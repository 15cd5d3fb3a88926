/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One device: what its queues share.
 */
#ifndef _MVH_DEV_H
#define _MVH_DEV_H

#include <linux/mutex.h>
#include <linux/xarray.h>
#include "ring/features.h"
#include "ring/mem.h"
#include "vq.h"

struct eventfd_ctx;
struct mvh_frontend_ops;
struct mvh_node;

/* Regions of a memory table, and entries of an IOTLB. */
#define MVH_REGIONS_MAX		4096
#define MVH_IOTLB_MAX		2048

/**
 * struct mvh_dev - a device, that is an open descriptor
 *
 * @mutex: serialises ioctls and messages; guards all that follows
 * @fork_owner: workers belong to the owner's process
 * @backend_features: VHOST_BACKEND_F_*
 * @node: its named node, NULL if it lives as long as its descriptor; set once
 * @batch: in the vdpa dialect, the next @shared.iotlb while a batch of IOTLB
 *	messages is incomplete, else NULL
 * @suspended: in the vdpa dialect, VHOST_VDPA_SUSPEND stopped the queues
 * @workers: by id
 * @shared: what the queues see; guarded as it says
 * @n_vqs: queues; constant
 * @vq: the queues
 */
struct mvh_dev {
	struct mutex mutex;
	bool fork_owner;
	u64 backend_features;
	struct mvh_node *node;
	struct mvh_map *batch;
	bool suspended;
	struct xarray workers;
	struct mvh_shared shared;
	unsigned int n_vqs;
	struct mvh_vq vq[];
};

extern bool mvh_worker_per_vq;
extern unsigned int mvh_poll_max_us;

struct mvh_dev *mvh_dev_create(const char *backend,
			       const struct mvh_frontend_ops *frontend,
			       unsigned int n_vqs);
void mvh_dev_destroy(struct mvh_dev *dev);
int mvh_dev_set_owner(struct mvh_dev *dev);
int mvh_dev_check_owner(const struct mvh_dev *dev);
void mvh_dev_reset(struct mvh_dev *dev);
int mvh_dev_set_features(struct mvh_dev *dev, const u64 *features);
int mvh_dev_set_table(struct mvh_dev *dev, struct mvh_map *table);
bool mvh_dev_log_ok(const struct mvh_dev *dev, u64 base);
int mvh_dev_set_log_base(struct mvh_dev *dev, u64 base);
struct eventfd_ctx *mvh_dev_swap_event(struct mvh_dev *dev,
				       struct eventfd_ctx **where,
				       struct eventfd_ctx *event);
int mvh_dev_set_port(struct mvh_dev *dev, struct mvh_vq *vq, int fd);
int mvh_dev_enable(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_detach(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_refresh_vqs(struct mvh_dev *dev);
int mvh_dev_quiesce_vqs(struct mvh_dev *dev);
void mvh_dev_lock_vqs(struct mvh_dev *dev);
void mvh_dev_unlock_vqs(struct mvh_dev *dev);

/* dev_iotlb.c */
bool mvh_dev_forget_miss(struct mvh_dev *dev, struct mvh_vq *vq);
void mvh_dev_renew_misses(struct mvh_dev *dev);
int mvh_dev_iotlb_begin(struct mvh_dev *dev);
int mvh_dev_iotlb_end(struct mvh_dev *dev);
int mvh_dev_iotlb_update(struct mvh_dev *dev, const struct mvh_region *region);
int mvh_dev_iotlb_invalidate(struct mvh_dev *dev, u64 start, u64 last);

/* dev_status.c */
int mvh_dev_set_status(struct mvh_dev *dev, u8 status);
int mvh_dev_set_enabled(struct mvh_dev *dev, struct mvh_vq *vq, bool enabled);
int mvh_dev_suspend(struct mvh_dev *dev);
int mvh_dev_resume(struct mvh_dev *dev);

/* dev_worker.c */
int mvh_dev_start_workers(struct mvh_dev *dev);
void mvh_dev_free_workers(struct mvh_dev *dev);
int mvh_dev_new_worker(struct mvh_dev *dev, u32 *id);
int mvh_dev_free_worker(struct mvh_dev *dev, u32 id);
int mvh_dev_attach_worker(struct mvh_dev *dev, struct mvh_vq *vq, u32 id);

#endif /* _MVH_DEV_H */
