// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost show: which devices there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "json.h"
#include "number.h"
#include "proc.h"

static const struct option show_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ }
};

/* " KEY VALUE", or nothing */
static void show_text(const struct device *dev, const char *key)
{
	const char *value = device_text(dev, key);

	if (value)
		printf(" %s %s", key, value);
}

static void show_size(const struct device *dev, const char *key, bool zero)
{
	char text[32];
	uint64_t n;

	if (!fdinfo_number(&dev->info, -1, key, &n) || (!n && !zero))
		return;
	size_print(text, sizeof(text), n);
	printf(" %s %s", key, text);
}

static void show_disk(const struct device *dev)
{
	uint64_t n;

	if (!device_text(dev, "file"))
		return;
	printf("    file %s", device_text(dev, "file"));
	show_text(dev, "io");
	show_size(dev, "size", true);
	show_text(dev, "block_size");
	show_text(dev, "cache");
	if (fdinfo_number(&dev->info, -1, "readonly", &n) && n)
		printf(" readonly");
	show_text(dev, "serial");
	if (!fdinfo_number(&dev->info, -1, "iops", &n) || n)
		show_text(dev, "iops");
	show_size(dev, "bps", false);
	show_text(dev, "discard");
	show_text(dev, "on_enospc");
	show_text(dev, "on_error");
	putchar('\n');
	if (device_text(dev, "dialect") &&
	    !strcmp(device_text(dev, "dialect"), "vdpa"))
		printf("    QEMU cannot migrate a guest that drives it, and has no balloon and no virtio-mem for it\n");
	if (device_text(dev, "backing"))
		printf("    BACKING: %s\n", device_text(dev, "backing"));
	if (fdinfo_number(&dev->info, -1, "orphans", &n) && n)
		printf("    busy: requests of the last user are still in flight\n");
	if (fdinfo_number(&dev->info, -1, "waiting", &n) && n)
		printf("    WAITS for %s: %llu requests\n",
		       device_text(dev, "waits_for"), (unsigned long long)n);
}

/* What a network device has beyond the ordinary. */
static void show_port(const struct device *dev)
{
	static const char *const limits[][2] = {
		{ "rx_pps", "rx_bps" }, { "tx_pps", "tx_bps" },
	};
	const char *lossless = device_text(dev, "lossless");
	bool any = lossless && !strcmp(lossless, "on");
	unsigned int i;
	uint64_t n;

	for (i = 0; i < 4; i++)
		any |= fdinfo_number(&dev->info, -1, limits[i / 2][i % 2], &n) && n;
	if (!any)
		return;
	printf("   ");
	show_text(dev, "lossless");
	for (i = 0; i < 2; i++) {
		if (fdinfo_number(&dev->info, -1, limits[i][0], &n) && n)
			show_text(dev, limits[i][0]);
		show_size(dev, limits[i][1], false);
	}
	putchar('\n');
}

static void show_queue(const struct device *dev, int queue)
{
	const char *state = fdinfo_get(&dev->info, queue, "state");
	const char *ring = fdinfo_get(&dev->info, queue, "ring");
	const char *worker = fdinfo_get(&dev->info, queue, "worker");

	printf("    %s: %s", dev->info.queue[queue], state ? state : "?");
	if (ring)
		printf(" ring %s", ring);
	if (worker)
		printf(" worker %s", worker);
	putchar('\n');
}

/* Of a NIC with several pairs of queues each pair is a device: which of how many. */
static void show_pair(const struct devices *devices, const struct device *dev)
{
	const char *tap = device_text(dev, "iff");
	unsigned int i, before = 0, n = 0;

	if (!tap)
		return;
	printf(" tap %s", tap);
	for (i = 0; i < devices->n; i++) {
		const struct device *other = &devices->dev[i];
		const char *its = device_text(other, "iff");

		if (other->pid != dev->pid || !its || strcmp(its, tap))
			continue;
		n++;
		before += other < dev;
	}
	if (n > 1)
		printf(" pair %u of %u", before + 1, n);
}

/* " KEY VALUE", and the value's end */
static void show_name(const char *key, char *value)
{
	if (value)
		printf(" %s %s", key, value);
	free(value);
}

static void show_device(const struct devices *devices, const struct device *dev)
{
	const char *backend = device_text(dev, "backend");
	const char *dialect = device_text(dev, "dialect");
	uint64_t owner = 0;
	unsigned int i;

	printf("%s: %s", dev->label, backend ? backend : "?");
	if (dialect)
		printf(" %s", dialect);
	fdinfo_number(&dev->info, -1, "owner", &owner);
	if (owner) {
		printf(" owner %llu", (unsigned long long)owner);
		show_name("vm", proc_vm(owner));
		show_name("program", proc_program(owner));
	} else {
		printf(" free");
	}
	show_pair(devices, dev);
	putchar('\n');
	if (device_text(dev, "busy"))
		printf("    BUSY: %s\n", device_text(dev, "busy"));
	if (device_text(dev, "failure"))
		printf("    CANNOT START: %s\n", device_text(dev, "failure"));
	show_disk(dev);
	show_port(dev);
	for (i = 0; i < dev->info.n_queues; i++)
		show_queue(dev, i);
}

/* "NAME TID" */
static struct json_object *show_json_worker(const char *worker)
{
	struct json_object *obj = json_object_new_object();
	const char *blank = strrchr(worker, ' ');
	char name[64];

	snprintf(name, sizeof(name), "%.*s",
		 blank ? (int)(blank - worker) : (int)strlen(worker), worker);
	json_object_object_add(obj, "name", json_text(name));
	if (blank)
		json_object_object_add(obj, "tid", json_value(blank + 1));
	return obj;
}

/* What is a number is a counter, and not shown here. */
static struct json_object *show_json_queue(const struct device *dev, int queue)
{
	struct json_object *obj = json_object_new_object();
	const struct fdinfo *info = &dev->info;
	unsigned int i;
	uint64_t n;

	json_object_object_add(obj, "name", json_text(info->queue[queue]));
	for (i = 0; i < info->n_lines; i++) {
		const struct fdinfo_line *line = &info->line[i];

		if (line->queue != queue || !number_parse(line->value, &n))
			continue;
		json_object_object_add(obj, line->key,
				       strcmp(line->key, "worker") ?
				       json_text(line->value) :
				       show_json_worker(line->value));
	}
	return obj;
}

/* A name, if there is one; it ends here. */
static void show_json_name(struct json_object *obj, const char *key, char *value)
{
	if (value)
		json_object_object_add(obj, key, json_text(value));
	free(value);
}

static struct json_object *show_json_device(const struct device *dev)
{
	struct json_object *obj = json_device(dev);
	struct json_object *queues = json_object_new_array();
	uint64_t owner = 0;
	unsigned int i;

	fdinfo_number(&dev->info, -1, "owner", &owner);
	if (owner) {
		show_json_name(obj, "vm", proc_vm(owner));
		show_json_name(obj, "program", proc_program(owner));
	}
	for (i = 0; i < dev->info.n_queues; i++)
		json_object_array_add(queues, show_json_queue(dev, i));
	json_object_object_add(obj, "queues", queues);
	return obj;
}

static void show_json(const struct devices *devices)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < devices->n; i++)
		json_object_array_add(array, show_json_device(&devices->dev[i]));
	json_print(array, true);
}

/**
 * command_show() - show [-j] [NAME|PID|PID:FD]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_show(int argc, char **argv)
{
	struct devices devices;
	bool json = false;
	unsigned int i;
	int r;

	while (args_option(argc, argv, ":j", show_options, NULL) != -1)
		json = true;
	args_count(argc, argv, 0, 1, "");
	devices_scan(&devices, device_filter(argv[optind]));
	if (json)
		show_json(&devices);
	else
		for (i = 0; i < devices.n; i++)
			show_device(&devices, &devices.dev[i]);
	r = devices_status(&devices, argv[optind]);
	devices_free(&devices);
	return r;
}
