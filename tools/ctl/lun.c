// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost lun: logical units of a SCSI host, which may be in use.
 */
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "scsi.h"

static const struct option lun_options[] = {
	{ }
};

/**
 * command_lun() - lun add NAME N,file=FILE,... and lun del NAME N
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_lun(int argc, char **argv)
{
	struct scsi scsi = { .wwpn = NULL };
	const char *what, *wrong;
	unsigned int number;
	bool add;
	int fd;

	while (args_option(argc, argv, ":", lun_options, NULL) != -1)
		;
	args_count(argc, argv, 3, 3, "add|del NAME N");
	what = argv[optind];
	add = !strcmp(what, "add");
	if (!add && strcmp(what, "del"))
		fail_usage("lun: unknown verb %s; use add or del", what);
	wrong = add ? scsi_add_lun(&scsi, argv[optind + 2]) :
		      scsi_parse_number(argv[optind + 2], &number);
	if (wrong)
		fail_usage("lun %s %s: %s", what, argv[optind + 2], wrong);
	fd = device_open(argv[optind + 1]);
	if (add)
		scsi_attach_lun(fd, &scsi.lun[0]);
	else
		scsi_detach_lun(fd, number);
	close(fd);
	return CTL_OK;
}
