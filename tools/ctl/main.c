// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost COMMAND: disks and network devices of /dev/myvhost.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "error.h"

static const char help[] =
"usage: myvhost add blk NAME --file FILE [--readonly] [--queues N] [--workers N] [--serial S]\n"
"               [--cache none|writeback|writethrough|directsync]\n"
"               [--block-size 512|1024|2048|4096] [--discard on|off]\n"
"               [--discard-granularity N]\n"
"               [--on-enospc stop|report] [--on-error stop|report]\n"
"               [--no-lock] [--format raw]\n"
"               [--iops N[,BURST]] [--bps N[,BURST]]\n"
"               [--user USER] [--owner USER] [--group GROUP] [--mode MODE]\n"
"       myvhost add scsi NAME --wwpn naa.X [--queues N] [--workers N]\n"
"               [--lun N,file=FILE[,OPTION]...]... [--owner USER] [--group GROUP] [--mode MODE]\n"
"       myvhost lun add NAME|PID:FD N,file=FILE[,OPTION]...\n"
"       myvhost lun del NAME|PID:FD N\n"
"       myvhost show [-j] [NAME|PID|PID:FD]\n"
"       myvhost stats [-j|--prometheus] [-i SECONDS] [-c COUNT] [NAME|PID|PID:FD]\n"
"       myvhost top [-b|-j] [-i SECONDS] [-c COUNT] [-s KEY] [-f TEXT] [NAME|PID|PID:FD]\n"
"       myvhost trace [--slow TIME] [--drops] [--seconds N] [--queue QUEUE]\n"
"                     [NAME|PID|PID:FD]\n"
"       myvhost report --html FILE [-i SECONDS] [-c COUNT] [NAME|PID|PID:FD]\n"
"       myvhost pin NAME|PID|PID:FD|VM [--queue QUEUE] CPUS|auto|any\n"
"       myvhost resize [--shrink] NAME|PID:FD [SIZE]\n"
"       myvhost resume NAME|PID:FD\n"
"       myvhost limit NAME|PID:FD [--iops N[,BURST]] [--bps N[,BURST]]\n"
"                     [--pps N[,BURST]] [--rx-pps ...] [--rx-bps ...]\n"
"                     [--tx-pps ...] [--tx-bps ...]\n"
"       myvhost del NAME\n"
"       myvhost run [--blk FILE[,readonly][,queues=N][,workers=N][,serial=S][,cache=C]\n"
"                         [,block-size=N][,discard=on][,discard-granularity=N]\n"
"                         [,on-enospc=P][,on-error=P]\n"
"                         [,iops=N][,bps=N][,no-lock][,format=raw]]...\n"
"               [--net TAP[,queues=N][,mac=MAC][,packed=on][,lossless=on]\n"
"                         [,pps=N][,bps=N][,rx-pps=N][,rx-bps=N]\n"
"                         [,tx-pps=N][,tx-bps=N]]...\n"
"               [--pin CPUS] [--print] [--] qemu-system-x86_64 ARGUMENTS...\n"
"       myvhost doctor [-j] [--blk ...]... [--net ...]... [[--] qemu-system-x86_64 ...]\n"
"       myvhost help [COMMAND]\n"
"       myvhost --version\n"
"\n"
"  add     create /dev/myvhost-NAME, a disk or a SCSI host for a virtual machine\n"
"  lun     add logical units to a SCSI host, or remove them\n"
"  show    list named nodes and the devices of processes\n"
"  stats   show the counters of their queues, or rates with -i\n"
"  top     show who each queue waits for, and what to do about the worst\n"
"  trace   measure how long things take; print what is slow, or dropped\n"
"  report  watch for a minute, and write pictures of it to a file\n"
"  pin     choose the processors of the threads that serve a device or a VM\n"
"  resize  resize a disk, or report its new size to the guest\n"
"  limit   change the rate limits of a device, which may be in use\n"
"  resume  try again the requests of a disk that waits after an error\n"
"  del     remove /dev/myvhost-NAME\n"
"  run     start QEMU with disks and network devices\n"
"  doctor  say what of this host, or of these options of run, will not work\n"
"\n"
"N of --bps and SIZE may end with K, M, G or T, powers of 1024. See myvhost(8).\n";

/* Is a line the first of the usage of a command, or the one that says what it does? */
static bool help_is_of(const char *line, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	if (!strncmp(line, "usage: ", 7) || !strncmp(line, "       myvhost", 14))
		at = line + strlen("usage: myvhost ");
	else
		at = line + 2;
	return line[0] != '\n' && !strncmp(at, name, len) && (at[len] == ' ' || at[len] == '\n');
}

/* The usage of a command, and what it does. */
static void help_command(const char *name)
{
	static const char more[] = "               ";
	const char *line, *end;
	bool ours = false;

	for (line = help; *line; line = end) {
		end = strchr(line, '\n') + 1;
		ours = help_is_of(line, name) ||
		       (ours && !strncmp(line, more, sizeof(more) - 1));
		if (ours)
			printf("%s%.*s", strncmp(line, "  ", 2) || line[2] == ' ' ? "" : "\n",
			       (int)(end - line), line);
	}
	puts("\nSee myvhost(8).");
}

static const struct command *command_find(const char *name);

static int command_help(int argc, char **argv)
{
	if (argc > 2)
		fail_usage("help takes one command, but got %s too", argv[2]);
	if (argc == 1)
		fputs(help, stdout);
	else if (!command_find(argv[1]))
		fail_usage("unknown command \"%s\"", argv[1]);
	else
		help_command(argv[1]);
	return CTL_OK;
}

static int command_version(int argc, char **argv)
{
	if (argc > 1)
		fail_usage("%s takes no argument, but got %s", argv[0],
			   argv[1]);
	puts("myvhost " VERSION);
	return CTL_OK;
}

static const struct command {
	const char *name;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "add", command_add },
	{ "show", command_show },
	{ "stats", command_stats },
	{ "resize", command_resize },
	{ "limit", command_limit },
	{ "lun", command_lun },
	{ "resume", command_resume },
	{ "del", command_del },
	{ "run", command_run },
	{ "top", command_top },
	{ "pin", command_pin },
	{ "trace", command_trace },
	{ "report", command_report },
	{ "doctor", command_doctor },
	{ "help", command_help },
	{ "--help", command_help },
	{ "-h", command_help },
	{ "--version", command_version },
	{ "-V", command_version },
};

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;
	int r;

	if (argc < 2)
		fail_usage("no command given");
	command = command_find(argv[1]);
	if (!command)
		fail_usage("unknown command \"%s\"", argv[1]);
	r = command->fn(argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout))
		fail("cannot write the output");
	return r;
}
