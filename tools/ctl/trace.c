// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost trace: how long things take.  The work is that of myvhost-trace, a program beside
 * this one; what is done here is to find the devices.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "number.h"
#include "thread.h"

#define TRACE_PROGRAM	"myvhost-trace"

/* Bits of the features that make the virtio header of a frame 12 bytes long, not 10. */
#define TRACE_LONG_HEADER	(1ULL << 15 | 1ULL << 32)

static const struct option trace_options[] = {
	{ "slow", required_argument, NULL, 's' },
	{ "drops", no_argument, NULL, 'D' },
	{ "seconds", required_argument, NULL, 't' },
	{ "queue", required_argument, NULL, 'q' },
	{ }
};

/**
 * struct trace - what is wanted, and the command line for it
 * @filter: devices, NULL for all
 * @queue: name of a queue, NULL for all
 * @argv: the command line
 * @argc: its length
 */
struct trace {
	const char *filter;
	const char *queue;
	char **argv;
	unsigned int argc;
};

/* The text belongs to the command line from now on. */
static void trace_add(struct trace *t, char *text)
{
	t->argv = alloc_array(t->argv, t->argc + 2, sizeof(*t->argv));
	t->argv[t->argc++] = text;
	t->argv[t->argc] = NULL;
}

static void trace_add_option(struct trace *t, const char *option, char *value)
{
	trace_add(t, alloc_text(option));
	trace_add(t, value);
}

/* "1ms": a number and ns, us, ms or s. */
static bool trace_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	size_t digits = strspn(text, "0123456789"), i;
	char number[16] = "";

	if (digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text + digits, units[i].name) &&
		    range_parse(number, 1, UINT64_MAX / units[i].ns, ns)) {
			*ns *= units[i].ns;
			return true;
		}
	return false;
}

static void trace_parse(int argc, char **argv, struct trace *t)
{
	uint64_t n;
	int c;

	while ((c = args_option(argc, argv, ":", trace_options, NULL)) != -1) {
		if (c == 'q') {
			t->queue = optarg;
		} else if (c == 'D') {
			trace_add(t, alloc_text("--drops"));
		} else if (c == 's') {
			if (!trace_time(optarg, &n))
				fail_usage("trace: --slow takes a time as 1ms or 500us, not \"%s\"",
					   optarg);
			trace_add_option(t, "--slow", alloc_format("%llu",
					 (unsigned long long)n));
		} else {
			if (seconds_parse(optarg, &n) || !n)
				fail_usage("trace: \"%s\" is not a number of seconds", optarg);
			trace_add_option(t, "--seconds", alloc_text(optarg));
		}
	}
	args_count(argc, argv, 0, 1, "");
	t->filter = device_filter(argv[optind]);
}

/* What it is called: by its virtual machine, as in myvhost top. */
static void trace_add_names(struct trace *t, struct device *dev, uint64_t id)
{
	const char *features = device_text(dev, "features");
	unsigned long long f = features ? strtoull(features, NULL, 16) : 0;
	unsigned int q;

	thread_join(&dev->info);
	for (q = 0; q < dev->info.n_queues; q++)
		trace_add_option(t, "--name", alloc_format("%llu:%u:%d:%s %s %s",
				 (unsigned long long)id, q,
				 f & TRACE_LONG_HEADER ? 12 : 10,
				 device_text(dev, "vm") ?: "-", dev->label,
				 dev->info.queue[q]));
}

/* The number of the queue, which must be the same on all devices. */
static int trace_queue(const struct trace *t, const struct devices *devices)
{
	int queue = -1, other;
	unsigned int i;

	for (i = 0; i < devices->n; i++) {
		other = fdinfo_queue(&devices->dev[i].info, t->queue);
		if (i && other != queue)
			fail("trace: not every device has queue %s; name one that has, as PID:FD; see: myvhost show",
			     t->queue);
		queue = other;
	}
	if (queue < 0)
		fail("trace: no queue %s; see: myvhost show", t->queue);
	return queue;
}

/* A queue and a device have numbers; a process may have several devices. */
static void trace_add_filter(struct trace *t, const struct devices *devices)
{
	const struct device *dev = devices->n ? &devices->dev[0] : NULL;
	const char *id = dev ? device_text(dev, "id") : NULL;
	const char *owner = dev ? device_text(dev, "owner") : NULL;

	if (t->queue)
		trace_add_option(t, "--queue", alloc_format("%d", trace_queue(t, devices)));
	if (!t->filter)
		return;
	if (devices->n == 1 && id)
		trace_add_option(t, "--dev", alloc_text(id));
	else if (owner)
		trace_add_option(t, "--owner", alloc_text(owner));
}

static int trace_find(struct trace *t)
{
	struct devices devices;
	unsigned int i;
	uint64_t id;
	int r;

	devices_scan(&devices, t->filter);
	r = devices_status(&devices, t->filter);
	for (i = 0; i < devices.n; i++)
		if (fdinfo_number(&devices.dev[i].info, -1, "id", &id))
			trace_add_names(t, &devices.dev[i], id);
	if (!r)
		trace_add_filter(t, &devices);
	devices_free(&devices);
	return r;
}

/* The program beside this one, or else that of the path. */
static void __attribute__((noreturn)) trace_exec(struct trace *t)
{
	char self[PATH_MAX] = "";
	char *beside;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		beside = alloc_format("%s/%s", dirname(self), TRACE_PROGRAM);
		if (!access(beside, X_OK))
			execv(beside, t->argv);
		free(beside);
	}
	execvp(TRACE_PROGRAM, t->argv);
	if (errno == ENOENT)
		fail("trace: the program " TRACE_PROGRAM " is not installed; it is built by make tools with: apt-get install clang bpftool libbpf-dev libelf-dev zlib1g-dev libzstd-dev");
	fail("trace: " TRACE_PROGRAM ": %s", strerror(errno));
}

/**
 * command_trace() - trace [--slow TIME] [--drops] [--seconds N] [--queue QUEUE] [NAME|PID|PID:FD]
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: if the devices are not found; else the program becomes myvhost-trace.
 */
int command_trace(int argc, char **argv)
{
	struct trace t = { .argv = NULL };
	int r;

	trace_add(&t, alloc_text(TRACE_PROGRAM));
	trace_parse(argc, argv, &t);
	r = trace_find(&t);
	if (r)
		return r;
	trace_exec(&t);
}
