// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost run: QEMU with disks and network devices.  What was opened belongs to
 * QEMU from then on, and goes with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "cpus.h"
#include "disk.h"
#include "error.h"
#include "node.h"
#include "option.h"
#include "pin.h"
#include "port.h"
#include "qemu.h"

static const struct option run_options[] = {
	{ "blk", required_argument, NULL, 'b' },
	{ "net", required_argument, NULL, 'n' },
	{ "pin", required_argument, NULL, 'c' },
	{ "print", no_argument, NULL, 'p' },
	{ }
};

/**
 * struct run - what is wanted
 * @disk: the disks
 * @n_disks: how many
 * @port: the network devices
 * @n_ports: how many
 * @cpus: where the workers run, none for anywhere
 * @print: show the command instead
 */
struct run {
	struct disk *disk;
	unsigned int n_disks;
	struct port *port;
	unsigned int n_ports;
	struct cpus cpus;
	bool print;
};

static void run_add_disk(struct run *run, const char *text)
{
	struct disk *disk;
	const char *wrong;

	run->disk = alloc_array(run->disk, run->n_disks + 1,
				sizeof(*run->disk));
	disk = &run->disk[run->n_disks++];
	memset(disk, 0, sizeof(*disk));
	wrong = options_parse(alloc_text(text), &disk->file, disk_set, disk);
	if (wrong)
		fail_usage("--blk %s: %s", text, wrong);
}

static void run_add_port(struct run *run, const char *text)
{
	struct port *port;
	const char *wrong;

	run->port = alloc_array(run->port, run->n_ports + 1,
				sizeof(*run->port));
	port = &run->port[run->n_ports++];
	*port = (struct port) { .queues = 1 };
	wrong = options_parse(alloc_text(text), &port->tap, port_set, port);
	if (wrong)
		fail_usage("--net %s: %s", text, wrong);
}

static void run_set_cpus(struct run *run, const char *text)
{
	if (!strcmp(text, "auto"))
		fail_usage("run: --pin takes a list of processors; auto knows the virtual machine only when it runs: myvhost pin PID auto");
	if (cpus_parse(&run->cpus, text))
		fail_usage("run: \"%s\" is no list of processors as 0-3,8", text);
}

/* Of all queues of a device; the kernel says which there are. */
static void run_pin(const struct run *run, int fd)
{
	unsigned int q;
	int r = 0;

	if (run->print || cpus_empty(&run->cpus))
		return;
	for (q = 0; !r; q++)
		r = pin_queue(fd, q, &run->cpus);
	if (r == -EPERM)
		fail("run: only root may pin workers; leave out --pin, or: myvhost pin");
	if (r == -EINVAL)
		fail("run: none of the processors of --pin is online; see: lscpu");
	if (r != -ENOBUFS)
		fail("run: --pin: %s", strerror(-r));
}

static void run_parse(int argc, char **argv, struct run *run)
{
	int c;

	while ((c = args_option(argc, argv, "+:", run_options, NULL)) != -1) {
		if (c == 'b')
			run_add_disk(run, optarg);
		else if (c == 'n')
			run_add_port(run, optarg);
		else if (c == 'c')
			run_set_cpus(run, optarg);
		else
			run->print = true;
	}
	if (optind == argc)
		fail_usage("run: the QEMU command is missing");
}

/* Takes the number that the descriptor would have. */
static int run_pretend(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("/dev/null: %s", strerror(errno));
	return fd;
}

/* Keep a descriptor over exec.  QEMU does not take 0, 1 and 2. */
static int run_keep(int fd)
{
	if (fd <= STDERR_FILENO) {
		fd = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
		if (fd < 0)
			fail("cannot copy a descriptor: %s", strerror(errno));
		return fd;
	}
	if (fcntl(fd, F_SETFD, 0))
		fail("cannot keep a descriptor: %s", strerror(errno));
	return fd;
}

static void run_open_disk(const struct run *run, const struct disk *disk,
			  struct qemu *qemu)
{
	int fd = run->print ? run_pretend() : disk_open(disk);

	run_pin(run, fd);
	qemu_add_disk(qemu, run_keep(fd));
}

static void run_open_port(const struct run *run, const struct port *port,
			  struct qemu *qemu)
{
	int *tap = alloc_array(NULL, port->queues, sizeof(*tap));
	int *node = alloc_array(NULL, port->queues, sizeof(*node));
	unsigned int i;

	if (!run->print)
		port_check(port);
	for (i = 0; i < port->queues; i++) {
		tap[i] = run_keep(run->print ? run_pretend() :
				  port_open_tap(port));
		node[i] = run_keep(run->print ? run_pretend() :
				   port_open_node(port));
		run_pin(run, node[i]);
	}
	qemu_add_port(qemu, port, tap, node);
}

/*
 * What QEMU believes that a vhost device takes; it asks vhost.ko, whoever serves the
 * device.  SYS_ROOT in the environment is used in place of /sys, as PROC_ROOT is.
 */
static unsigned int run_slots_max(void)
{
	const char *root = getenv("SYS_ROOT");
	char *path = alloc_format("%s/module/vhost/parameters/max_mem_regions",
				  root ? root : "/sys");
	FILE *f = fopen(path, "re");
	unsigned int n;

	if (!f || fscanf(f, "%u", &n) != 1)
		n = 64;
	if (f)
		fclose(f);
	free(path);
	return n;
}

static void run_check_slots(const struct qemu *qemu)
{
	unsigned int slots = qemu_slots(qemu), max = run_slots_max();

	if (slots > max)
		error_say("warning: slots=%u, but QEMU will use %u at most with --net; try: modprobe vhost max_mem_regions=509, or fewer slots",
			  slots, max);
}

/* What QEMU withholds from a guest with a device of the vdpa dialect. */
static void run_tell_cost(const struct qemu *qemu)
{
	error_say("note: QEMU cannot migrate a guest with a --blk disk");
	if (qemu_has_device(qemu, "virtio-balloon"))
		error_say("warning: beside a --blk disk QEMU's balloon and free page reporting have no effect");
	if (qemu_has_device(qemu, "virtio-mem"))
		error_say("warning: QEMU does not start with virtio-mem and a --blk disk; use -device pc-dimm, or a disk of QEMU");
}

/**
 * command_run() - run [--blk ...]... [--net ...]... [--print] -- QEMU ...
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: only with --print; else the program becomes QEMU.
 */
int command_run(int argc, char **argv)
{
	struct run run = { .disk = NULL };
	struct qemu qemu;
	unsigned int i;

	run_parse(argc, argv, &run);
	qemu_init(&qemu, argv + optind);
	for (i = 0; i < run.n_disks; i++)
		run_open_disk(&run, &run.disk[i], &qemu);
	for (i = 0; i < run.n_ports; i++)
		run_open_port(&run, &run.port[i], &qemu);
	if (run.n_ports)
		run_check_slots(&qemu);
	if (run.n_disks)
		run_tell_cost(&qemu);
	if (run.print) {
		qemu_print(&qemu);
		return CTL_OK;
	}
	qemu_exec(&qemu);
}
