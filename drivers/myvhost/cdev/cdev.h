/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/myvhost: the file, and the parts of its front end.
 */
#ifndef _MVH_CDEV_H
#define _MVH_CDEV_H

#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/types.h>
#include "core/dev.h"
#include "core/frontend.h"

struct iov_iter;
struct miscdevice;
struct mvh_dev;
struct myvhost_vring_stats;
struct mvh_ioctls;
struct mvh_node;
struct mvh_vq;
struct seq_file;

/* A minor of the range for local use, so that opening can load the module. */
#define MVH_MINOR	246

/**
 * struct mvh_dialect - a set of ioctls by which a device is driven
 *
 * @name: for fdinfo
 * @frontend: how the core reports
 * @ioctls: the ioctls, besides those that all dialects have
 * @backend_features: VHOST_BACKEND_F_* that it offers
 * @num_max: most descriptors that a ring can have
 * @has_config: it reads and writes the configuration space
 * @all_memory: IOTLB messages describe all memory of the device, come from its
 *	owner only and may form batches; otherwise they fill a cache
 */
struct mvh_dialect {
	const char *name;
	struct mvh_frontend_ops frontend;
	const struct mvh_ioctls *ioctls;
	u64 backend_features;
	u16 num_max;
	bool has_config;
	bool all_memory;
};

extern const struct mvh_dialect mvh_vhost_dialect;
extern const struct mvh_dialect mvh_vdpa_dialect;

/* All devices are made by this front end, and so with a dialect. */
static inline const struct mvh_dialect *mvh_dialect(const struct mvh_dev *dev)
{
	return container_of(dev->frontend, struct mvh_dialect, frontend);
}

/**
 * struct mvh_file - an open file
 *
 * @dev: its device, NULL before the first use; set once, published with release
 *	semantics
 * @node: the named node that @dev belongs to, NULL if the device ends with this
 *	file; set once, under the device's mutex
 * @write: opened for writing; constant
 */
struct mvh_file {
	struct mvh_dev *dev;
	struct mvh_node *node;
	bool write;
};

extern const struct file_operations mvh_cdev_fops;
int mvh_cdev_init(void);
void mvh_cdev_exit(void);

/* msg.c */
ssize_t mvh_msg_read(struct mvh_dev *dev, struct iov_iter *to, bool nonblock);
ssize_t mvh_msg_write(struct mvh_dev *dev, struct iov_iter *from);
__poll_t mvh_msg_poll(struct mvh_dev *dev, struct file *file,
		      poll_table *table);

/* node.c */
int mvh_node_open(struct mvh_file *mf, struct miscdevice *misc);
void mvh_node_close(struct mvh_file *mf);
const char *mvh_node_name(const struct mvh_node *node);
int mvh_node_add(struct mvh_file *mf, const void __user *arg);
int mvh_node_del(const void __user *arg);
void mvh_node_exit(void);

/* stats.c */
int mvh_stats_get(struct mvh_vq *vq, struct myvhost_vring_stats *stats);
void mvh_stats_show(struct seq_file *seq, const struct mvh_file *mf);

#endif /* _MVH_CDEV_H */
