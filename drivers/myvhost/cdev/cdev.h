/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/myvhost: the file, and the parts of its front end.
 */
#ifndef _MVH_CDEV_H
#define _MVH_CDEV_H

#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/types.h>

struct iov_iter;
struct miscdevice;
struct mvh_dev;
struct mvh_node;
struct mvh_vq;
struct seq_file;

/* A minor of the range for local use, so that opening can load the module. */
#define MVH_MINOR	246

extern const struct file_operations mvh_node_fops;
int mvh_cdev_init(void);
void mvh_cdev_exit(void);

/* cdev_vhost.c, cdev_vdpa.c */
extern const struct mvh_frontend_ops mvh_vhost_frontend;
extern const struct mvh_frontend_ops mvh_vdpa_frontend;

/* cdev_msg.c */
void mvh_msg_miss(struct mvh_vq *vq);
ssize_t mvh_msg_read(struct mvh_dev *dev, struct iov_iter *to, bool nonblock);
ssize_t mvh_msg_write(struct mvh_dev *dev, struct iov_iter *from);
__poll_t mvh_msg_poll(struct mvh_dev *dev, struct file *file,
		      poll_table *table);

/* cdev_node.c */
struct mvh_dev *mvh_node_open(struct miscdevice *misc, bool write);
void mvh_node_close(struct mvh_node *node, bool write);
const char *mvh_node_name(const struct mvh_node *node);
int mvh_node_add(struct mvh_dev *dev, const void __user *arg, bool write);
int mvh_node_del(const void __user *arg);
void mvh_node_exit(void);

/* cdev_stats.c */
int mvh_stats_get(struct mvh_vq *vq, void __user *arg);
void mvh_stats_show(struct seq_file *seq, struct mvh_dev *dev);

#endif /* _MVH_CDEV_H */
