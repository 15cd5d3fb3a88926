// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost pin: on which processors workers run.  The kernel remembers it with the device.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/myvhost.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "cpus.h"
#include "device.h"
#include "error.h"
#include "number.h"
#include "pin.h"
#include "thread.h"

static const struct option pin_options[] = {
	{ "queue", required_argument, NULL, 'q' },
	{ }
};

/**
 * pin_queue() - let the worker of a queue run on some processors only
 * @fd: the device
 * @index: the queue
 * @cpus: the processors, none for any
 *
 * Return: 0, or a negative errno.
 */
int pin_queue(int fd, unsigned int index, const struct cpus *cpus)
{
	struct myvhost_vring_affinity affinity = {
		.index = index,
		.len = cpus_empty(cpus) ? 0 : sizeof(cpus->bits),
		.cpus = (uintptr_t)cpus->bits,
	};

	return ioctl(fd, MYVHOST_SET_VRING_AFFINITY, &affinity) ? -errno : 0;
}

/* Processors of a node, or all that are online. */
static void pin_node(int node, struct cpus *cpus)
{
	char *path = node < 0 ? alloc_text("/sys/devices/system/cpu/online") :
		alloc_format("/sys/devices/system/node/node%d/cpulist", node);

	if (cpus_read(cpus, path, NULL))
		fail("%s: not a list of processors", path);
	free(path);
}

/*
 * Near the memory of the ring and off the virtual processors: off those that they may use
 * if that is known, or else off those that they ran on last.
 */
static void pin_auto(const struct device *dev, int queue, struct cpus *cpus)
{
	const char *memory = fdinfo_get(&dev->info, queue, "memory");
	struct cpus node, allowed, last;
	uint64_t owner;
	int n = -1;

	if (!fdinfo_number(&dev->info, -1, "owner", &owner) || !owner)
		fail("%s: nobody uses it, so auto does not know where its memory is; try: myvhost pin %s CPUS",
		     dev->label, dev->label);
	if (memory && sscanf(memory, "node %d", &n) != 1)
		n = -1;
	pin_node(n, &node);
	thread_vcpus(owner, &allowed, &last);
	*cpus = node;
	cpus_remove(cpus, &allowed);
	if (cpus_empty(&last))
		error_say("note: %s: no thread of the owner has the name of a virtual processor; QEMU names them with -name NAME,debug-threads=on",
			  dev->label);
	if (!cpus_empty(cpus))
		return;
	*cpus = node;
	cpus_remove(cpus, &last);
	if (!cpus_empty(cpus))
		return;
	*cpus = node;
	error_say("note: %s: the virtual processors are on all processors that are near",
		  dev->label);
}

static void pin_one(const struct device *dev, int fd, int queue, const char *text)
{
	struct cpus cpus;
	char list[256];
	int r;

	if (!strcmp(text, "auto"))
		pin_auto(dev, queue, &cpus);
	else if (strcmp(text, "any") && cpus_parse(&cpus, text))
		fail_usage("pin: \"%s\" is no list of processors as 0-3,8, nor auto or any",
			   text);
	else if (!strcmp(text, "any"))
		memset(&cpus, 0, sizeof(cpus));
	r = pin_queue(fd, queue, &cpus);
	if (r == -EPERM)
		fail("%s: only root may pin workers", dev->label);
	if (r == -EINVAL)
		fail("%s: none of the processors %s is online; see: lscpu", dev->label, text);
	if (r == -ENOTTY)
		fail("%s: the module that is loaded is older than this program and cannot pin; load the new one",
		     dev->label);
	if (r)
		fail("%s: %s", dev->label, strerror(-r));
	if (!strcmp(text, "auto")) {
		cpus_print(&cpus, list, sizeof(list));
		printf("%s %s: %s\n", dev->label, dev->info.queue[queue], list);
	}
}

/* Is a device meant by NAME, PID:FD, PID, or the name of a virtual machine? */
static bool pin_wants(const struct device *dev, const char *what)
{
	const char *vm = device_text(dev, "vm");
	size_t len = strlen(what);

	return !strcmp(dev->label, what) || (vm && !strcmp(vm, what)) ||
	       (!strncmp(dev->label, what, len) && dev->label[len] == ':');
}

static unsigned int pin_device(const struct device *dev, const char *queue,
			       const char *text)
{
	int fd = device_open(dev->label);
	unsigned int q, n = 0;

	for (q = 0; q < dev->info.n_queues; q++) {
		if (queue && strcmp(queue, dev->info.queue[q]))
			continue;
		pin_one(dev, fd, q, text);
		n++;
	}
	close(fd);
	return n;
}

static void pin_devices(const char *what, const char *queue, const char *text)
{
	unsigned int i, found = 0, pinned = 0;
	struct devices devices;

	devices_scan(&devices, NULL);
	for (i = 0; i < devices.n; i++) {
		struct device *dev = &devices.dev[i];

		thread_join(&dev->info);
		if (!pin_wants(dev, what))
			continue;
		found++;
		pinned += pin_device(dev, queue, text);
	}
	devices_free(&devices);
	if (!found)
		fail("%s: no such device or virtual machine%s", what, geteuid() ?
		     ", or only root can see it" : "; see: myvhost show");
	if (!pinned)
		fail("%s: no queue %s; see: myvhost show", what, queue);
}

/**
 * command_pin() - pin DEVICE|VM [--queue QUEUE] CPUS|auto|any
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_pin(int argc, char **argv)
{
	const char *queue = NULL;

	while (args_option(argc, argv, ":q:", pin_options, NULL) != -1)
		queue = optarg;
	args_count(argc, argv, 2, 2, "the device or virtual machine, or the processors,");
	pin_devices(argv[optind], queue, argv[optind + 1]);
	return CTL_OK;
}
