// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost add: a device that stays, with a name.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "command.h"
#include "disk.h"
#include "error.h"
#include "node.h"
#include "rights.h"
#include "scsi.h"

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
	{ "wwpn", required_argument, NULL, 'w' },
	{ "lun", required_argument, NULL, 'l' },
	{ "user", required_argument, NULL, 'u' },
	{ "owner", required_argument, NULL, 'r' },
	{ "group", required_argument, NULL, 'r' },
	{ "mode", required_argument, NULL, 'r' },
	{ }
};

/* Other options are named as disk_set() and rights_set() know them. */
static const char *add_set(int c, const char *name, struct disk *disk, struct scsi *scsi,
			   struct rights *rights)
{
	switch (c) {
	case 'f':
		disk->file = optarg;
		return NULL;
	case 'u':
		disk->user = optarg;
		return NULL;
	case 'w':
		return scsi_set_wwpn(scsi, optarg);
	case 'l':
		return scsi_add_lun(scsi, optarg);
	case 'r':
		return rights_set(rights, name, optarg);
	default:
		return disk_set(disk, name, optarg);
	}
}

static void add_parse(int argc, char **argv, struct disk *disk, struct scsi *scsi,
		      struct rights *rights)
{
	const char *wrong;
	int c, which;

	while ((c = args_option(argc, argv, ":", add_options, &which)) != -1) {
		wrong = add_set(c, add_options[which].name, disk, scsi, rights);
		if (wrong)
			fail_usage("--%s %s: %s", add_options[which].name,
				   optarg ? optarg : "", wrong);
	}
}

/* Of a disk's options a SCSI host has these; the others are its logical units'. */
static int add_scsi(const struct disk *disk, struct scsi *scsi)
{
	const struct disk usual = {
		.queues = disk->queues, .workers = disk->workers,
	};

	if (memcmp(disk, &usual, sizeof(usual)))
		fail_usage("add scsi: options of a disk belong to --lun N,file=FILE,...");
	if (!scsi->wwpn)
		fail_usage("add scsi: --wwpn naa.X is missing");
	scsi->queues = disk->queues;
	scsi->workers = disk->workers;
	return scsi_open(scsi);
}

static int add_blk(const struct disk *disk, const struct scsi *scsi)
{
	if (scsi->wwpn || scsi->n_luns)
		fail_usage("add blk: --wwpn and --lun are for add scsi");
	if (!disk->file)
		fail_usage("add: --file FILE is missing");
	return disk_open(disk);
}

/**
 * command_add() - add blk NAME --file FILE [OPTIONS], add scsi NAME --wwpn X --lun ...
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_add(int argc, char **argv)
{
	struct disk disk = { .file = NULL };
	struct scsi scsi = { .wwpn = NULL };
	struct rights rights = { .has_owner = false };
	bool is_scsi;
	int fd;

	add_parse(argc, argv, &disk, &scsi, &rights);
	args_count(argc, argv, 2, 2, "blk|scsi NAME");
	is_scsi = !strcmp(argv[optind], "scsi");
	if (!is_scsi && strcmp(argv[optind], "blk"))
		fail_usage("add: unknown kind %s; use blk for a disk, or scsi",
			   argv[optind]);
	node_name_check(argv[optind + 1]);
	fd = is_scsi ? add_scsi(&disk, &scsi) : add_blk(&disk, &scsi);
	node_add(fd, argv[optind + 1], &rights);
	close(fd);
	return CTL_OK;
}
