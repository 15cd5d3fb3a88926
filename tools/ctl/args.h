/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of a command.
 */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <getopt.h>

int args_option(int argc, char **argv, const char *shorts,
		const struct option *longs, int *which);
void args_count(int argc, char **argv, int min, int max, const char *what);

#endif /* CTL_ARGS_H */
