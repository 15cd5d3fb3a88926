// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost stats: the counters of the queues, once or again and again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "args.h"
#include "command.h"
#include "device.h"
#include "error.h"
#include "json.h"
#include "number.h"
#include "prometheus.h"
#include "rates.h"
#include "table.h"

#define NSEC_PER_SEC	1000000000ULL
#define STATS_MIN_NSECS	(NSEC_PER_SEC / 100)
#define STATS_MAX_NSECS	(86400 * NSEC_PER_SEC)
#define STATS_WIDTH	79

static const struct option stats_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ "prometheus", no_argument, NULL, 'p' },
	{ }
};

/**
 * struct stats - what is wanted
 * @filter: which devices, NULL for all
 * @nsecs: interval, 0 for the counters themselves
 * @count: how many intervals, 0 for no end
 * @json: for programs
 * @prometheus: for node_exporter's collector of text files
 */
struct stats {
	const char *filter;
	uint64_t nsecs;
	uint64_t count;
	bool json;
	bool prometheus;
};

/* Counters of a queue that are not 0, in as many lines as it takes. */
static void stats_print_queue(const struct device *dev, int queue)
{
	const char *state = fdinfo_get(&dev->info, queue, "state");
	unsigned int i;
	int column;

	column = printf("    %s: %s", dev->info.queue[queue],
			state ? state : "?");
	for (i = 0; i < dev->info.n_lines; i++) {
		const struct fdinfo_line *line = &dev->info.line[i];
		uint64_t n;

		if (line->queue != queue || number_parse(line->value, &n) || !n)
			continue;
		if (column + strlen(line->key) + strlen(line->value) + 2 >
		    STATS_WIDTH)
			column = printf("\n       ") - 1;
		column += printf(" %s %s", line->key, line->value);
	}
	putchar('\n');
}

static void stats_print(const struct devices *devices)
{
	unsigned int i, q;

	for (i = 0; i < devices->n; i++) {
		const struct device *dev = &devices->dev[i];
		const char *backend = device_text(dev, "backend");

		printf("%s: %s\n", dev->label, backend ? backend : "?");
		for (q = 0; q < dev->info.n_queues; q++)
			stats_print_queue(dev, q);
	}
}

static struct json_object *stats_json_queue(const struct device *dev,
					    int queue)
{
	struct json_object *obj = json_object_new_object();
	const char *state = fdinfo_get(&dev->info, queue, "state");

	json_object_object_add(obj, "name", json_text(dev->info.queue[queue]));
	if (state)
		json_object_object_add(obj, "state", json_text(state));
	return obj;
}

/* All counters, or, with @rates, how fast they grow. */
static struct json_object *stats_json_counters(const struct device *dev,
					       int queue,
					       const struct rates *rates)
{
	struct json_object *obj = json_object_new_object();
	unsigned int i;
	uint64_t n;

	for (i = 0; i < dev->info.n_lines; i++) {
		const struct fdinfo_line *line = &dev->info.line[i];

		if (line->queue != queue || number_parse(line->value, &n))
			continue;
		json_object_object_add(obj, line->key, rates ?
				       json_float(rates_second(rates, line->key)) :
				       json_object_new_uint64(n));
	}
	return obj;
}

/* Of what has a counter NAME_ns. */
static struct json_object *stats_json_latency(const struct rates *rates)
{
	static const char *const kind[][3] = {
		{ "read", "read_ns", "reads" },
		{ "write", "write_ns", "writes" },
		{ "flush", "flush_ns", "flushes" },
	};
	struct json_object *obj = json_object_new_object();
	double usecs;
	size_t i;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (rates_latency(rates, kind[i][1], kind[i][2], &usecs))
			json_object_object_add(obj, kind[i][0],
					       json_float(usecs));
	return obj;
}

/* Frames per second, of a receive queue whose tap is known. */
static void stats_json_unexplained(struct json_object *obj,
				   const struct rates *rates,
				   const struct sample *old,
				   const struct sample *new)
{
	int64_t frames;

	if (!strcmp(rates->new->info.queue[rates->queue], "rx") &&
	    rates_unexplained(old, new, rates->new, &frames))
		json_object_object_add(obj, "unexplained",
				       json_float(frames / rates->seconds));
}

/* Without @old the counters, with it the rates. */
static struct json_object *stats_json_device(const struct device *dev,
					     const struct sample *old,
					     const struct sample *new)
{
	struct json_object *obj = json_device(dev);
	struct json_object *queues = json_object_new_array();
	struct json_object *queue;
	struct rates rates;
	unsigned int q;

	for (q = 0; q < dev->info.n_queues; q++) {
		queue = stats_json_queue(dev, q);
		if (old) {
			rates_init(&rates, old, new, dev, q);
			json_object_object_add(queue, "rates",
				stats_json_counters(dev, q, &rates));
			json_object_object_add(queue, "latency_us",
				stats_json_latency(&rates));
			stats_json_unexplained(queue, &rates, old, new);
		} else {
			json_object_object_add(queue, "counters",
				stats_json_counters(dev, q, NULL));
		}
		json_object_array_add(queues, queue);
	}
	json_object_object_add(obj, "queues", queues);
	return obj;
}

static struct json_object *stats_json_devices(const struct sample *old,
					      const struct sample *new)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < new->devices.n; i++)
		json_object_array_add(array,
			stats_json_device(&new->devices.dev[i], old, new));
	return array;
}

/* One line for each interval, so that a reader need not wait for the end. */
static void stats_json_interval(const struct sample *old,
				const struct sample *new)
{
	struct json_object *obj = json_object_new_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_object_add(obj, "time",
			       json_float(now.tv_sec + now.tv_nsec / 1e9));
	json_object_object_add(obj, "seconds",
			       json_float((new->nsecs - old->nsecs) / 1e9));
	json_object_object_add(obj, "devices", stats_json_devices(old, new));
	json_print(obj, false);
}

static int stats_once(const struct stats *stats)
{
	struct sample sample;
	int r;

	sample_take(&sample, stats->filter);
	if (stats->prometheus)
		prometheus_print(&sample.devices);
	else if (stats->json)
		json_print(stats_json_devices(NULL, &sample), true);
	else
		stats_print(&sample.devices);
	r = devices_status(&sample.devices, stats->filter);
	devices_free(&sample.devices);
	return r;
}

/* Until a moment, so that printing takes nothing from the intervals. */
static void stats_sleep(uint64_t nsecs)
{
	struct timespec until = {
		.tv_sec = nsecs / NSEC_PER_SEC,
		.tv_nsec = nsecs % NSEC_PER_SEC,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

/* A device that was asked for ends it when it goes. */
static int stats_loop(const struct stats *stats)
{
	struct sample old, new;
	struct table table = { .kind = NULL };
	uint64_t i, next;
	int r;

	sample_take(&old, stats->filter);
	next = old.nsecs;
	r = devices_status(&old.devices, stats->filter);
	for (i = 0; !r && (!stats->count || i < stats->count); i++) {
		next += stats->nsecs;
		stats_sleep(next);
		sample_take(&new, stats->filter);
		if (stats->json)
			stats_json_interval(&old, &new);
		else
			table_sample(&table, &old, &new);
		if (fflush(stdout))
			fail("cannot write the output");
		r = devices_status(&new.devices, stats->filter);
		devices_free(&old.devices);
		old = new;
	}
	devices_free(&old.devices);
	return r;
}

static void stats_parse(int argc, char **argv, struct stats *stats)
{
	int c;

	while ((c = args_option(argc, argv, ":ji:c:", stats_options, NULL)) !=
	       -1) {
		if (c == 'j') {
			stats->json = true;
		} else if (c == 'p') {
			stats->prometheus = true;
		} else if (c == 'i') {
			if (seconds_parse(optarg, &stats->nsecs) ||
			    stats->nsecs < STATS_MIN_NSECS ||
			    stats->nsecs > STATS_MAX_NSECS)
				fail_usage("stats: the interval must be 0.01 to 86400 seconds, not \"%s\"",
					   optarg);
		} else if (!range_parse(optarg, 1, UINT32_MAX, &stats->count)) {
			fail_usage("stats: \"%s\" is not a count", optarg);
		}
	}
	args_count(argc, argv, 0, 1, "");
	stats->filter = device_filter(argv[optind]);
	if (stats->prometheus && (stats->json || stats->nsecs || stats->count))
		fail_usage("stats: --prometheus is for the counters, and goes with neither -j, -i nor -c");
	if (stats->count && !stats->nsecs)
		stats->nsecs = NSEC_PER_SEC;
}

/**
 * command_stats() - stats [-j|--prometheus] [-i SECONDS] [-c COUNT] [NAME|PID|PID:FD]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_stats(int argc, char **argv)
{
	struct stats stats = { .filter = NULL };

	stats_parse(argc, argv, &stats);
	return stats.nsecs ? stats_loop(&stats) : stats_once(&stats);
}
