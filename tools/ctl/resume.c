// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost resume: have a disk go on that waits after an error.
 */
#include <unistd.h>
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "node.h"

static const struct option resume_options[] = {
	{ }
};

/**
 * command_resume() - resume NAME|PID:FD
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_resume(int argc, char **argv)
{
	int fd;

	while (args_option(argc, argv, ":", resume_options, NULL) != -1)
		;
	args_count(argc, argv, 1, 1, "NAME");
	fd = device_open(argv[optind]);
	node_resume(fd, argv[optind]);
	close(fd);
	return CTL_OK;
}
