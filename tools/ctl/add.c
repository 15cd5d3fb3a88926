// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost add: a device that stays, with a name.
 */
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "command.h"
#include "disk.h"
#include "error.h"
#include "node.h"
#include "rights.h"

static const struct option add_options[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "readonly", no_argument, NULL, 'o' },
	{ "no-lock", no_argument, NULL, 'o' },
	{ "format", required_argument, NULL, 'o' },
	{ "queues", required_argument, NULL, 'o' },
	{ "workers", required_argument, NULL, 'o' },
	{ "serial", required_argument, NULL, 'o' },
	{ "cache", required_argument, NULL, 'o' },
	{ "block-size", required_argument, NULL, 'o' },
	{ "discard", required_argument, NULL, 'o' },
	{ "discard-granularity", required_argument, NULL, 'o' },
	{ "on-enospc", required_argument, NULL, 'o' },
	{ "on-error", required_argument, NULL, 'o' },
	{ "iops", required_argument, NULL, 'o' },
	{ "bps", required_argument, NULL, 'o' },
	{ "user", required_argument, NULL, 'u' },
	{ "owner", required_argument, NULL, 'r' },
	{ "group", required_argument, NULL, 'r' },
	{ "mode", required_argument, NULL, 'r' },
	{ }
};

/* Other options are named as disk_set() and rights_set() know them. */
static void add_parse(int argc, char **argv, struct disk *disk,
		      struct rights *rights)
{
	const char *wrong;
	int c, which;

	while ((c = args_option(argc, argv, ":", add_options, &which)) != -1) {
		if (c == 'f') {
			disk->file = optarg;
			continue;
		}
		if (c == 'u') {
			disk->user = optarg;
			continue;
		}
		wrong = c == 'r' ?
			rights_set(rights, add_options[which].name, optarg) :
			disk_set(disk, add_options[which].name, optarg);
		if (wrong)
			fail_usage("--%s %s: %s", add_options[which].name,
				   optarg ? optarg : "", wrong);
	}
}

/**
 * command_add() - add blk NAME --file FILE [OPTIONS]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_add(int argc, char **argv)
{
	struct disk disk = { .file = NULL };
	struct rights rights = { .has_owner = false };
	int fd;

	add_parse(argc, argv, &disk, &rights);
	args_count(argc, argv, 2, 2, "blk NAME");
	if (strcmp(argv[optind], "blk"))
		fail_usage("add: unknown kind %s; use blk for a disk",
			   argv[optind]);
	node_name_check(argv[optind + 1]);
	if (!disk.file)
		fail_usage("add: --file FILE is missing");
	fd = disk_open(&disk);
	node_add(fd, argv[optind + 1], &rights);
	close(fd);
	return CTL_OK;
}
