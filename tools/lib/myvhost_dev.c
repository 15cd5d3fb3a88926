// SPDX-License-Identifier: GPL-2.0
/* Thin wrappers around the ioctls that only myvhost has, see myvhost_dev.h. */
#include <string.h>

#include "myvhost_dev.h"

/*
 * MYVHOST_SETUP.
 * @device: MYVHOST_DEVICE_*
 * @dialect: MYVHOST_DIALECT_*
 * @queues: how many, 0 for the usual
 *
 * Returns 0 or a negative errno, as all functions below.
 */
int myvhost_setup(int fd, __u32 device, __u32 dialect, __u32 queues)
{
	struct myvhost_setup s = {
		.device = device, .dialect = dialect, .queues = queues,
	};

	return vhost_ioctl(fd, MYVHOST_SETUP, &s);
}

int myvhost_set_backing(int fd, const struct myvhost_blk *blk)
{
	return vhost_ioctl(fd, MYVHOST_BLK_SET_BACKING, blk);
}

int myvhost_resize(int fd)
{
	return vhost_ioctl(fd, MYVHOST_BLK_RESIZE, NULL);
}

int myvhost_set_limits(int fd, const struct myvhost_blk_limits *limits)
{
	return vhost_ioctl(fd, MYVHOST_BLK_SET_LIMITS, limits);
}

int myvhost_net_set_limits(int fd, const struct myvhost_net_limits *limits)
{
	return vhost_ioctl(fd, MYVHOST_NET_SET_LIMITS, limits);
}

int myvhost_resume(int fd)
{
	return vhost_ioctl(fd, MYVHOST_BLK_RESUME, NULL);
}

/* A name that is too long comes without an end. */
static int myvhost_node(int fd, unsigned long cmd, const char *name)
{
	struct myvhost_node n;
	size_t len = strnlen(name, sizeof(n.name));

	memset(&n, 0, sizeof(n));
	memcpy(n.name, name, len);
	return vhost_ioctl(fd, cmd, &n);
}

/*
 * MYVHOST_NODE_ADD.
 * @name: of the node, without the prefix
 */
int myvhost_node_add(int fd, const char *name)
{
	return myvhost_node(fd, MYVHOST_NODE_ADD, name);
}

/*
 * MYVHOST_NODE_DEL.
 * @name: of the node, without the prefix
 */
int myvhost_node_del(int fd, const char *name)
{
	return myvhost_node(fd, MYVHOST_NODE_DEL, name);
}
