// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost limit: other rate limits for a device, which may be in use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/myvhost.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "device.h"
#include "disk.h"
#include "error.h"
#include "port.h"

/* Which kinds of devices have an option. */
enum {
	LIMIT_DISK = 1,
	LIMIT_PORT = 2,
};

static const struct option limit_options[] = {
	{ "iops", required_argument, NULL, LIMIT_DISK },
	{ "bps", required_argument, NULL, LIMIT_DISK | LIMIT_PORT },
	{ "pps", required_argument, NULL, LIMIT_PORT },
	{ "rx-pps", required_argument, NULL, LIMIT_PORT },
	{ "rx-bps", required_argument, NULL, LIMIT_PORT },
	{ "tx-pps", required_argument, NULL, LIMIT_PORT },
	{ "tx-bps", required_argument, NULL, LIMIT_PORT },
	{ }
};

/**
 * struct limits - the limits that are wanted
 * @kinds: of which devices they can be, LIMIT_DISK, LIMIT_PORT or both
 * @disk: they as those of a disk
 * @disk_flags: which of them were given, MYVHOST_BLK_LIMIT_*
 * @port: they as those of a network device
 */
struct limits {
	int kinds;
	struct disk disk;
	unsigned int disk_flags;
	struct port port;
};

static void limit_add(struct limits *limits, int kinds, const char *key,
		      const char *value)
{
	const char *wrong = NULL;

	limits->kinds &= kinds;
	if (!limits->kinds)
		fail_usage("limit: --iops is of disks; --pps, --rx-... and --tx-... are of network devices");
	if (kinds & LIMIT_DISK) {
		wrong = disk_set(&limits->disk, key, value);
		limits->disk_flags |= strcmp(key, "iops") ?
				      MYVHOST_BLK_LIMIT_BPS :
				      MYVHOST_BLK_LIMIT_IOPS;
	}
	if (kinds & LIMIT_PORT && !wrong)
		wrong = port_set(&limits->port, key, value);
	if (wrong)
		fail_usage("--%s %s: %s", key, value, wrong);
}

/* Returns 0 or an errno. */
static int limit_set_disk(const struct limits *from, int fd)
{
	struct myvhost_blk_limits limits = {
		.flags = from->disk_flags,
		.iops = from->disk.iops.rate,
		.iops_burst = from->disk.iops.burst,
		.bps = from->disk.bps.rate,
		.bps_burst = from->disk.bps.burst,
	};

	return ioctl(fd, MYVHOST_BLK_SET_LIMITS, &limits) ? errno : 0;
}

/* What a device is. */
static int limit_kind(int fd, const char *name)
{
	char *path = alloc_format("/proc/self/fdinfo/%d", fd);
	struct fdinfo info;
	int kind;

	if (fdinfo_read(&info, path))
		fail("%s: cannot read its fdinfo", name);
	kind = strcmp(fdinfo_get(&info, -1, "backend"), "blk") ? LIMIT_PORT :
								 LIMIT_DISK;
	fdinfo_free(&info);
	free(path);
	return kind;
}

static void limit_set(const struct limits *limits, int fd, const char *name)
{
	int kind = limit_kind(fd, name), err;

	if (!(limits->kinds & kind))
		fail("%s: not a %s", name,
		     kind == LIMIT_DISK ? "network device" : "disk");
	err = kind == LIMIT_DISK ? limit_set_disk(limits, fd) :
				   port_set_limits(&limits->port, fd);
	switch (err) {
	case 0:
		return;
	case EPERM:
		fail("%s: only root can change the limits", name);
	case ENOTTY:
		fail("%s: cannot change the limits: this myvhost.ko is older than this program",
		     name);
	default:
		fail("%s: cannot change the limits: %s", name, strerror(err));
	}
}

/**
 * command_limit() - limit NAME|PID:FD [--iops N[,BURST]] [--bps N[,BURST]] ...
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_limit(int argc, char **argv)
{
	struct limits limits = { .kinds = LIMIT_DISK | LIMIT_PORT };
	bool any = false;
	int c, which, fd;

	while ((c = args_option(argc, argv, ":", limit_options, &which)) != -1) {
		limit_add(&limits, c, limit_options[which].name, optarg);
		any = true;
	}
	args_count(argc, argv, 1, 1, "NAME");
	if (!any)
		fail_usage("limit: no limit is given: neither --iops nor --bps, --pps, --rx-... or --tx-...");
	fd = device_open(argv[optind]);
	limit_set(&limits, fd, argv[optind]);
	close(fd);
	return CTL_OK;
}
