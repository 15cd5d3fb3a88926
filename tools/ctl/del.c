// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost del: remove a named node.
 */
#include <stddef.h>
#include "args.h"
#include "command.h"
#include "error.h"
#include "node.h"

static const struct option del_options[] = {
	{ }
};

/**
 * command_del() - del NAME
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_del(int argc, char **argv)
{
	while (args_option(argc, argv, ":", del_options, NULL) != -1)
		;
	args_count(argc, argv, 1, 1, "NAME");
	node_name_check(argv[optind]);
	node_del(argv[optind]);
	return CTL_OK;
}
