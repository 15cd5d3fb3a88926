// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost limit: other rate limits for a disk that has a name.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/myvhost.h>
#include "args.h"
#include "command.h"
#include "error.h"
#include "disk.h"
#include "node.h"

static const struct option limit_options[] = {
	{ "iops", required_argument, NULL, 'i' },
	{ "bps", required_argument, NULL, 'b' },
	{ }
};

static void limit_set(int fd, const char *name,
		      const struct myvhost_blk_limits *limits)
{
	if (!ioctl(fd, MYVHOST_BLK_SET_LIMITS, limits))
		return;
	switch (errno) {
	case EPERM:
		fail("%s: only root can change the limits of a disk", name);
	case ENOTTY:
		fail("%s: cannot be limited: not a disk, or this myvhost.ko is older than this program",
		     name);
	default:
		fail("%s: cannot change the limits: %s", name, strerror(errno));
	}
}

/**
 * command_limit() - limit NAME [--iops N[,BURST]] [--bps N[,BURST]]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_limit(int argc, char **argv)
{
	struct myvhost_blk_limits limits = { .flags = 0 };
	struct disk disk = { .file = NULL };
	const char *wrong;
	int c, which, fd;

	while ((c = args_option(argc, argv, ":", limit_options, &which)) != -1) {
		wrong = disk_set(&disk, limit_options[which].name, optarg);
		if (wrong)
			fail_usage("--%s %s: %s", limit_options[which].name,
				   optarg, wrong);
		limits.flags |= c == 'i' ? MYVHOST_BLK_LIMIT_IOPS :
					   MYVHOST_BLK_LIMIT_BPS;
	}
	args_count(argc, argv, 1, 1, "NAME");
	node_name_check(argv[optind]);
	if (!limits.flags)
		fail_usage("limit: neither --iops nor --bps is given");
	limits.iops = disk.iops.rate;
	limits.iops_burst = disk.iops.burst;
	limits.bps = disk.bps.rate;
	limits.bps_burst = disk.bps.burst;
	fd = node_open_named(argv[optind]);
	limit_set(fd, argv[optind], &limits);
	close(fd);
	return CTL_OK;
}
