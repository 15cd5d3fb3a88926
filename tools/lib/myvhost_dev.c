// SPDX-License-Identifier: GPL-2.0
/*
 * Thin wrappers around the ioctls that only myvhost has, see myvhost_dev.h.
 */
#include <string.h>

#include "myvhost_dev.h"

/**
 * myvhost_setup() - MYVHOST_SETUP
 * @fd: the device
 * @device: MYVHOST_DEVICE_*
 * @dialect: MYVHOST_DIALECT_*
 * @queues: how many, 0 for the usual
 *
 * Return: 0 or a negative errno, as all functions below.
 */
int myvhost_setup(int fd, __u32 device, __u32 dialect, __u32 queues)
{
	struct myvhost_setup s = {
		.device = device, .dialect = dialect, .queues = queues,
	};

	return vhost_ioctl(fd, MYVHOST_SETUP, &s);
}

/**
 * myvhost_set_backing() - MYVHOST_BLK_SET_BACKING
 * @fd: the device
 * @blk: its backing
 */
int myvhost_set_backing(int fd, const struct myvhost_blk *blk)
{
	return vhost_ioctl(fd, MYVHOST_BLK_SET_BACKING, blk);
}

/**
 * myvhost_resize() - MYVHOST_BLK_RESIZE
 * @fd: the device
 */
int myvhost_resize(int fd)
{
	return vhost_ioctl(fd, MYVHOST_BLK_RESIZE, NULL);
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

/**
 * myvhost_node_add() - MYVHOST_NODE_ADD
 * @fd: the device
 * @name: of the node, without the prefix
 */
int myvhost_node_add(int fd, const char *name)
{
	return myvhost_node(fd, MYVHOST_NODE_ADD, name);
}

/**
 * myvhost_node_del() - MYVHOST_NODE_DEL
 * @fd: any device
 * @name: of the node, without the prefix
 */
int myvhost_node_del(int fd, const char *name)
{
	return myvhost_node(fd, MYVHOST_NODE_DEL, name);
}
