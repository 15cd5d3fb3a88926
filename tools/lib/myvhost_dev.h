/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Thin wrappers around the ioctls that only myvhost has: what a descriptor is, the
 * backing of a disk, named nodes.
 *
 * Duty: as vhost_dev.h, one function per ioctl, 0 or a negative errno.
 */
#ifndef TOOLS_LIB_MYVHOST_DEV_H
#define TOOLS_LIB_MYVHOST_DEV_H

#include "vhost_dev.h"

#define MYVHOST_DEVICE_NET	1
#define MYVHOST_DEVICE_BLK	2
#define MYVHOST_DEVICE_SCSI	8

int myvhost_setup(int fd, __u32 device, __u32 dialect, __u32 queues);
int myvhost_set_backing(int fd, const struct myvhost_blk *blk);
int myvhost_resize(int fd);
int myvhost_set_limits(int fd, const struct myvhost_blk_limits *limits);
int myvhost_net_set_limits(int fd, const struct myvhost_net_limits *limits);
int myvhost_resume(int fd);
int myvhost_node_add(int fd, const char *name);
int myvhost_node_del(int fd, const char *name);

#endif /* TOOLS_LIB_MYVHOST_DEV_H */
