// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost top: who each queue waits for.  screen.c shows it on a screen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "args.h"
#include "command.h"
#include "error.h"
#include "json.h"
#include "number.h"
#include "thread.h"
#include "top.h"

#define NSEC_PER_SEC	1000000000ULL

static const struct option top_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "batch", no_argument, NULL, 'b' },
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ "sort", required_argument, NULL, 's' },
	{ "filter", required_argument, NULL, 'f' },
	{ }
};

/**
 * top_take() - look at counters and threads
 * @sample: result; its devices are for devices_free()
 * @top: what is wanted
 */
void top_take(struct sample *sample, const struct top *top)
{
	unsigned int i;

	sample_take(sample, top->filter);
	for (i = 0; i < sample->devices.n; i++)
		thread_join(&sample->devices.dev[i].info);
}

/**
 * top_rows() - the rows that are wanted, in their order
 * @rows: result, for rows_free()
 * @top: what is wanted
 * @old: the earlier sample
 * @new: the later one
 */
void top_rows(struct rows *rows, const struct top *top, const struct sample *old,
	      const struct sample *new)
{
	rows_make(rows, old, new);
	rows_filter(rows, top->text);
	rows_sort(rows, top->sort);
}

/**
 * top_header() - titles of the columns
 * @line: where to
 * @size: room there
 */
void top_header(char *line, size_t size)
{
	snprintf(line, size, "%-12s %-12s %-5s %7s %7s %6s %5s %5s %5s %7s %7s"
		 " %5s %5s %5s %5s %5s %5s %5s %5s %4s %5s %5s %s",
		 "VM", "DEVICE", "QUEUE", "ITEM/s", "BYTE/s", "BATCH", "KICK%",
		 "CALL%", "RING%", "DROP/s", "UNEXPL",
		 "IDLE", "SERVE", "POLL", "GUEST", "WORK", "BACK", "LIMIT", "PRESS",
		 "CPU", "BUSY%", "NODE", "REMARK");
}

static double top_percent(const struct row *row, enum blame what)
{
	return row->share[what] * 100.0 / BLAME_WHOLE;
}

static void top_node(char *text, size_t size, const struct row *row)
{
	if (row->node < 0)
		snprintf(text, size, "-");
	else if (row->memory < 0)
		snprintf(text, size, "%d", row->node);
	else
		snprintf(text, size, "%d/%d", row->node, row->memory);
}

static void top_remark(char *text, size_t size, const struct row *row)
{
	int n = 0;

	text[0] = 0;
	if (row->vcpu >= 0)
		n = snprintf(text, size, "shares its CPU with vCPU %d ", row->vcpu);
	if (row->reason)
		snprintf(text + n, size - n, "drops: %s", row->reason);
}

/**
 * top_line() - a row
 * @line: where to
 * @size: room there
 * @row: the row
 */
void top_line(char *line, size_t size, const struct row *row)
{
	char items[32], bytes[32], drops[32], unexplained[32], cpu[16], node[32];
	char remark[128];

	rate_print(items, sizeof(items), row->items);
	rate_print(bytes, sizeof(bytes), row->bytes);
	rate_print(drops, sizeof(drops), row->drops);
	rate_print(unexplained, sizeof(unexplained), row->unexplained);
	snprintf(cpu, sizeof(cpu), row->cpu < 0 ? "-" : "%d", row->cpu);
	top_node(node, sizeof(node), row);
	top_remark(remark, sizeof(remark), row);
	snprintf(line, size, "%-12.12s %-12.12s %-5.5s %7s %7s %6.1f %5.1f %5.1f %5.1f"
		 " %7s %7s %5.1f %5.1f %5.1f %5.1f %5.1f %5.1f %5.1f %5.1f %4s %5.1f"
		 " %5s %s",
		 row->vm, row->device, row->queue, items, bytes, row->batch,
		 row->kicks * 100, row->calls * 100, row->fill * 100, drops,
		 unexplained, top_percent(row, BLAME_IDLE),
		 top_percent(row, BLAME_SERVING), top_percent(row, BLAME_POLL),
		 top_percent(row, BLAME_GUEST), top_percent(row, BLAME_WORKER),
		 top_percent(row, BLAME_BACKING), top_percent(row, BLAME_LIMIT),
		 top_percent(row, BLAME_PRESSURE), cpu, row->busy * 100, node, remark);
}

static void top_print(const struct rows *rows)
{
	char line[TOP_LINE], *advice = rows_advice(rows);
	unsigned int i;

	top_header(line, sizeof(line));
	puts(line);
	for (i = 0; i < rows->n; i++) {
		top_line(line, sizeof(line), &rows->row[i]);
		/* no blanks at the end */
		line[strlen(line) - (line[strlen(line) - 1] == ' ')] = 0;
		puts(line);
	}
	if (advice)
		printf("=> %s\n", advice);
	putchar('\n');
	free(advice);
}

static struct json_object *top_json_worker(const struct row *row)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "tid", json_object_new_uint64(row->tid));
	if (row->cpu >= 0)
		json_object_object_add(obj, "cpu", json_object_new_int(row->cpu));
	if (row->node >= 0)
		json_object_object_add(obj, "node", json_object_new_int(row->node));
	if (row->vcpu >= 0)
		json_object_object_add(obj, "shares_with_vcpu",
				       json_object_new_int(row->vcpu));
	json_object_object_add(obj, "busy", json_float(row->busy));
	json_object_object_add(obj, "run_delay", json_float(row->delay));
	return obj;
}

static struct json_object *top_json_blame(const struct row *row)
{
	struct json_object *obj = json_object_new_object();
	unsigned int i;

	for (i = 0; i < BLAME_MAX; i++)
		json_object_object_add(obj, blame_names[i],
				       json_float(top_percent(row, i)));
	return obj;
}

static struct json_object *top_json_row(const struct row *row)
{
	const struct {
		const char *name;
		double n;
	} numbers[] = {
		{ "items", row->items }, { "bytes", row->bytes },
		{ "batch", row->batch }, { "kicks_per_item", row->kicks },
		{ "calls_per_item", row->calls }, { "ring", row->fill },
		{ "latency_us", row->latency }, { "drops", row->drops },
		{ "unexplained", row->unexplained },
	};
	struct json_object *obj = json_object_new_object();
	unsigned int i;

	json_object_object_add(obj, "vm", json_text(row->vm));
	json_object_object_add(obj, "owner", json_object_new_uint64(row->owner));
	json_object_object_add(obj, "device", json_text(row->device));
	json_object_object_add(obj, "queue", json_text(row->queue));
	json_object_object_add(obj, "backend", json_text(row->backend));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_object_add(obj, numbers[i].name,
				       json_float(numbers[i].n));
	if (row->reason)
		json_object_object_add(obj, "drop_reason", json_text(row->reason));
	if (row->memory >= 0)
		json_object_object_add(obj, "memory_node",
				       json_object_new_int(row->memory));
	json_object_object_add(obj, "blame", top_json_blame(row));
	json_object_object_add(obj, "worker", top_json_worker(row));
	return obj;
}

/* One line for each interval. */
static void top_json(const struct rows *rows, double seconds)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *array = json_object_new_array();
	char *advice = rows_advice(rows);
	struct timespec now;
	unsigned int i;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_object_add(obj, "time", json_float(now.tv_sec + now.tv_nsec / 1e9));
	json_object_object_add(obj, "seconds", json_float(seconds));
	for (i = 0; i < rows->n; i++)
		json_object_array_add(array, top_json_row(&rows->row[i]));
	json_object_object_add(obj, "queues", array);
	if (advice)
		json_object_object_add(obj, "advice", json_text(advice));
	free(advice);
	json_print(obj, false);
}

static void top_sleep(uint64_t nsecs)
{
	struct timespec t = {
		.tv_sec = nsecs / NSEC_PER_SEC,
		.tv_nsec = nsecs % NSEC_PER_SEC,
	};

	nanosleep(&t, NULL);
}

/* A device that was asked for ends it when it goes. */
static int top_batch(const struct top *top, bool json)
{
	struct sample old, new;
	struct rows rows;
	uint64_t i;
	int r;

	top_take(&old, top);
	r = devices_status(&old.devices, top->filter);
	for (i = 0; !r && (!top->count || i < top->count); i++) {
		top_sleep(top->nsecs);
		top_take(&new, top);
		top_rows(&rows, top, &old, &new);
		if (json)
			top_json(&rows, (new.nsecs - old.nsecs) / 1e9);
		else
			top_print(&rows);
		rows_free(&rows);
		if (fflush(stdout))
			fail("cannot write the output");
		r = devices_status(&new.devices, top->filter);
		devices_free(&old.devices);
		old = new;
	}
	devices_free(&old.devices);
	return r;
}

static enum row_key top_sort(const char *name)
{
	unsigned int i;

	for (i = 0; i < ROW_KEYS; i++)
		if (!strcmp(name, row_keys[i]))
			return i;
	fail_usage("top: rows are sorted by wait, items, bytes, drops, cpu or name, not by \"%s\"",
		   name);
}

/* Returns 'b' or 'j' for what is not a screen. */
static int top_parse(int argc, char **argv, struct top *top)
{
	int c, kind = 0;

	while ((c = args_option(argc, argv, ":bji:c:s:f:", top_options, NULL)) != -1) {
		if (c == 'b' || c == 'j')
			kind = kind == 'j' ? kind : c;
		else if (c == 's')
			top->sort = top_sort(optarg);
		else if (c == 'f')
			snprintf(top->text, sizeof(top->text), "%s", optarg);
		else if (c == 'c' && !range_parse(optarg, 1, UINT32_MAX, &top->count))
			fail_usage("top: \"%s\" is not a count", optarg);
		else if (c == 'i' && (seconds_parse(optarg, &top->nsecs) ||
				      top->nsecs < NSEC_PER_SEC / 10 ||
				      top->nsecs > 3600 * NSEC_PER_SEC))
			fail_usage("top: the interval must be 0.1 to 3600 seconds, not \"%s\"",
				   optarg);
	}
	args_count(argc, argv, 0, 1, "");
	top->filter = device_filter(argv[optind]);
	return kind;
}

/**
 * command_top() - top [-b|-j] [-i SECONDS] [-c COUNT] [-s KEY] [-f TEXT] [NAME|PID|PID:FD]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_top(int argc, char **argv)
{
	struct top top = { .nsecs = NSEC_PER_SEC };
	int kind = top_parse(argc, argv, &top);

	if (!kind && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		fail_usage("top: this is no terminal; try: myvhost top -b");
	return kind ? top_batch(&top, kind == 'j') : screen_run(&top);
}
