// SPDX-License-Identifier: GPL-2.0
/*
 * See args.h.  getopt's own messages are not used: they do not begin with the
 * name of the program.
 */
#include <string.h>
#include "args.h"
#include "error.h"

/* The option at which getopt_long() stopped, as it was written. */
static const char *args_culprit(char **argv, int at)
{
	static char letter[3] = "-";

	if (!strncmp(argv[at], "--", 2))
		return argv[at];
	letter[1] = optopt;
	return letter;
}

/**
 * args_option() - the next option
 * @argc: of the command
 * @argv: of the command
 * @shorts: as of getopt_long(), beginning with "+:" or with ":"
 * @longs: as of getopt_long()
 * @which: result, index of a long option
 *
 * Return: as getopt_long(), but a wrong one ends the program.
 */
int args_option(int argc, char **argv, const char *shorts,
		const struct option *longs, int *which)
{
	int c = getopt_long(argc, argv, shorts, longs, which);

	if (c == ':')
		fail_usage("%s: option %s requires a value", argv[0],
			   args_culprit(argv, optind - 1));
	if (c == '?')
		fail_usage("%s: unknown option %s", argv[0],
			   args_culprit(argv, optind - 1));
	return c;
}

/**
 * args_count() - end the program unless the number of arguments is right
 * @argc: of the command
 * @argv: of the command, options being behind
 * @min: fewest
 * @max: most
 * @what: what they are
 */
void args_count(int argc, char **argv, int min, int max, const char *what)
{
	int n = argc - optind;

	if (n < min)
		fail_usage("%s: %s is missing", argv[0], what);
	if (n > max)
		fail_usage("%s: unexpected argument %s", argv[0],
			   argv[optind + max]);
}
