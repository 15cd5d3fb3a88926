/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices that there are: named nodes, and descriptors of processes.
 */
#ifndef CTL_DEVICE_H
#define CTL_DEVICE_H

#include <stdbool.h>
#include <sys/types.h>
#include "fdinfo.h"

/**
 * struct device - a device
 * @label: NAME of a named node, PID:FD of another device
 * @pid: process through which it was found, 0 if it is a named node
 * @fd: that process' descriptor
 * @info: its fdinfo
 */
struct device {
	char *label;
	pid_t pid;
	int fd;
	struct fdinfo info;
};

/**
 * struct devices - some devices
 * @dev: named nodes by their names, then the others by process
 * @n: how many
 * @hidden: how many nodes could not be looked at
 */
struct devices {
	struct device *dev;
	unsigned int n;
	unsigned int hidden;
};

const char *device_filter(const char *filter);
void devices_scan(struct devices *devices, const char *filter);
int devices_status(const struct devices *devices, const char *filter);
void devices_free(struct devices *devices);
const struct device *devices_find(const struct devices *devices,
				  const char *label);
int device_open(const char *label);
const char *device_text(const struct device *dev, const char *key);

#endif /* CTL_DEVICE_H */
