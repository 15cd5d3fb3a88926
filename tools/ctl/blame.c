// SPDX-License-Identifier: GPL-2.0
/*
 * See blame.h.
 */
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "blame.h"
#include "number.h"

/* What the host sees of a tap at one moment may be counted here in the next. */
#define ROW_IN_FLIGHT	64

const char *const blame_names[BLAME_MAX] = {
	[BLAME_IDLE] = "idle",
	[BLAME_SERVING] = "serving",
	[BLAME_POLL] = "poll",
	[BLAME_GUEST] = "guest",
	[BLAME_WORKER] = "worker",
	[BLAME_BACKING] = "backing",
	[BLAME_LIMIT] = "limit",
	[BLAME_PRESSURE] = "pressure",
};

const char *const row_keys[ROW_KEYS] = {
	[ROW_WAIT] = "wait",
	[ROW_ITEMS] = "items",
	[ROW_BYTES] = "bytes",
	[ROW_DROPS] = "drops",
	[ROW_CPU] = "cpu",
	[ROW_NAME] = "name",
};

/**
 * blame_shares() - parts of a whole
 * @ns: nanoseconds of each
 * @share: result, which adds up to BLAME_WHOLE, or is 0 if there was no time
 *
 * What rounding leaves goes to those that lost most by it.
 */
void blame_shares(const uint64_t ns[BLAME_MAX], unsigned int share[BLAME_MAX])
{
	double lost[BLAME_MAX], all = 0;
	unsigned int i, most, left = BLAME_WHOLE;

	for (i = 0; i < BLAME_MAX; i++) {
		all += ns[i];
		share[i] = 0;
	}
	if (all <= 0)
		return;
	for (i = 0; i < BLAME_MAX; i++) {
		double part = ns[i] / all * BLAME_WHOLE;

		share[i] = part;
		lost[i] = part - share[i];
		left -= share[i];
	}
	while (left--) {
		for (most = 0, i = 1; i < BLAME_MAX; i++)
			if (lost[i] > lost[most])
				most = i;
		share[most]++;
		lost[most] = -1;
	}
}

/**
 * row_waits() - for how much of its time a queue waits for something
 * @row: the queue
 *
 * Return: a part of BLAME_WHOLE.
 */
unsigned int row_waits(const struct row *row)
{
	return row->share[BLAME_GUEST] + row->share[BLAME_WORKER] +
	       row->share[BLAME_BACKING] + row->share[BLAME_LIMIT] +
	       row->share[BLAME_PRESSURE];
}

/* A counter of time may go back by what a reader saw too early. */
static uint64_t row_nsecs(const struct rates *rates, const char *counter)
{
	int queue = rates->queue;
	uint64_t old = 0, new;

	if (rates->old)
		queue = fdinfo_queue(&rates->old->info,
				     rates->new->info.queue[rates->queue]);
	fdinfo_number(&rates->new->info, rates->queue, counter, &new);
	if (rates->old && queue >= 0)
		fdinfo_number(&rates->old->info, queue, counter, &old);
	return new > old ? new - old : 0;
}

static void row_blame(struct row *row, const struct rates *rates)
{
	uint64_t ns[BLAME_MAX];
	char counter[32];
	unsigned int i;

	for (i = 0; i < BLAME_MAX; i++) {
		snprintf(counter, sizeof(counter), "%s_ns", blame_names[i]);
		ns[i] = row_nsecs(rates, counter);
	}
	blame_shares(ns, row->share);
}

static bool row_is_drop(const char *counter)
{
	return !strncmp(counter, "drop_", 5) || !strcmp(counter, "tap_dropped") ||
	       !strcmp(counter, "qdisc_dropped") || !strcmp(counter, "io_errors");
}

static void row_drops(struct row *row, const struct rates *rates)
{
	const struct fdinfo *info = &rates->new->info;
	double most = 0, n;
	unsigned int i;

	for (i = 0; i < info->n_lines; i++) {
		const struct fdinfo_line *line = &info->line[i];

		if (line->queue != rates->queue || !row_is_drop(line->key))
			continue;
		n = rates_second(rates, line->key);
		row->drops += n;
		if (n > most) {
			most = n;
			row->reason = line->key;
		}
	}
}

static void row_latency(struct row *row, const struct rates *rates)
{
	uint64_t n = rates_delta(rates, "reads") + rates_delta(rates, "writes") +
		     rates_delta(rates, "flushes");
	uint64_t ns = rates_delta(rates, "read_ns") + rates_delta(rates, "write_ns") +
		      rates_delta(rates, "flush_ns");

	row->latency = n ? ns / 1e3 / n : 0;
}

/* The number behind a word, as in "split, 256 entries" and "node 0". */
static int row_number(const struct rates *rates, const char *key)
{
	const char *text = fdinfo_get(&rates->new->info, rates->queue, key);
	int n = -1;

	if (text)
		text = strpbrk(text, "0123456789");
	if (text)
		n = strtol(text, NULL, 10);
	return n;
}

static void row_worker(struct row *row, const struct rates *rates)
{
	const char *worker = fdinfo_get(&rates->new->info, rates->queue, "worker");
	const char *blank = worker ? strrchr(worker, ' ') : NULL;

	if (blank)
		number_parse(blank + 1, &row->tid);
	row->cpu = row_number(rates, "worker_cpu");
	row->node = row_number(rates, "worker_node");
	row->vcpu = row_number(rates, "worker_vcpu");
	row->memory = row_number(rates, "memory");
	row->busy = row_nsecs(rates, "worker_run_ns") / 1e9 / rates->seconds;
	row->delay = row_nsecs(rates, "worker_delay_ns") / 1e9 / rates->seconds;
}

static void row_flow(struct row *row, const struct rates *rates)
{
	uint64_t items = rates_delta(rates, "packets");
	uint64_t runs = rates_delta(rates, "runs");
	int entries = row_number(rates, "layout");

	row->items = items / rates->seconds;
	row->bytes = rates_second(rates, "bytes");
	if (runs)
		row->batch = (double)items / runs;
	if (items) {
		row->kicks = (double)rates_delta(rates, "kicks") / items;
		row->calls = (double)rates_delta(rates, "calls") / items;
	}
	if (runs && entries > 0)
		row->fill = (double)rates_delta(rates, "ring_fill") / runs / entries;
}

static void row_unexplained(struct row *row, const struct rates *rates,
			    const struct sample *old, const struct sample *new)
{
	int64_t frames;

	if (!strcmp(row->queue, "rx") &&
	    rates_unexplained(old, new, rates->new, &frames) &&
	    frames > ROW_IN_FLIGHT)
		row->unexplained = frames / rates->seconds;
}

static void rows_add(struct rows *rows, const struct sample *old,
		     const struct sample *new, const struct device *dev, int queue)
{
	const char *state = fdinfo_get(&dev->info, queue, "state");
	struct rates rates;
	struct row *row;

	if (!state || strcmp(state, "running"))
		return;
	rates_init(&rates, old, new, dev, queue);
	rows->row = alloc_array(rows->row, rows->n + 1, sizeof(*rows->row));
	row = &rows->row[rows->n++];
	memset(row, 0, sizeof(*row));
	row->vm = device_text(dev, "vm") ?: "?";
	row->backend = device_text(dev, "backend") ?: "?";
	row->device = dev->label;
	row->queue = dev->info.queue[queue];
	fdinfo_number(&dev->info, -1, "owner", &row->owner);
	row_flow(row, &rates);
	row_blame(row, &rates);
	row_drops(row, &rates);
	row_latency(row, &rates);
	row_worker(row, &rates);
	row_unexplained(row, &rates, old, new);
}

/**
 * rows_make() - a row for each queue that runs
 * @rows: result, for rows_free(); valid as long as @new
 * @old: the earlier sample
 * @new: the later one
 */
void rows_make(struct rows *rows, const struct sample *old, const struct sample *new)
{
	unsigned int i, q;

	memset(rows, 0, sizeof(*rows));
	for (i = 0; i < new->devices.n; i++)
		for (q = 0; q < new->devices.dev[i].info.n_queues; q++)
			rows_add(rows, old, new, &new->devices.dev[i], q);
}

/**
 * rows_free() - forget the rows
 * @rows: may be empty
 */
void rows_free(struct rows *rows)
{
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

static double row_value(const struct row *row, enum row_key key)
{
	switch (key) {
	case ROW_ITEMS:
		return row->items;
	case ROW_BYTES:
		return row->bytes;
	case ROW_DROPS:
		return row->drops + row->unexplained;
	case ROW_CPU:
		return row->busy;
	case ROW_WAIT:
		return row_waits(row);
	default:
		return 0;
	}
}

static int row_by_name(const struct row *a, const struct row *b)
{
	int order = strcmp(a->vm, b->vm);

	if (!order)
		order = strcmp(a->device, b->device);
	return order ? order : strcmp(a->queue, b->queue);
}

static enum row_key row_sort_key;

static int row_compare(const void *one, const void *two)
{
	const struct row *a = one, *b = two;
	double x = row_value(a, row_sort_key), y = row_value(b, row_sort_key);

	if (x != y)
		return x < y ? 1 : -1;
	return row_by_name(a, b);
}

/**
 * rows_sort() - the largest first, names in their order
 * @rows: the rows
 * @key: by what
 */
void rows_sort(struct rows *rows, enum row_key key)
{
	row_sort_key = key;
	if (rows->n)
		qsort(rows->row, rows->n, sizeof(*rows->row), row_compare);
}

/**
 * rows_filter() - keep the rows in whose names a text is
 * @rows: the rows
 * @text: of the name of a virtual machine, device, queue or kind of device
 */
void rows_filter(struct rows *rows, const char *text)
{
	unsigned int i, n = 0;

	for (i = 0; i < rows->n; i++) {
		const struct row *row = &rows->row[i];

		if (strstr(row->vm, text) || strstr(row->device, text) ||
		    strstr(row->queue, text) || strstr(row->backend, text))
			rows->row[n++] = *row;
	}
	rows->n = n;
}

/* What it waits for most, if that is a tenth of its time at least; else BLAME_IDLE. */
static enum blame row_culprit(const struct row *row)
{
	enum blame i, most = BLAME_GUEST;

	for (i = BLAME_GUEST; i < BLAME_MAX; i++)
		if (row->share[i] > row->share[most])
			most = i;
	return row->share[most] >= BLAME_WHOLE / 10 ? most : BLAME_IDLE;
}

static bool rows_share_worker(const struct rows *rows, const struct row *row)
{
	unsigned int i;

	for (i = 0; i < rows->n; i++)
		if (&rows->row[i] != row && rows->row[i].tid == row->tid)
			return true;
	return false;
}

static char *advice_worker(const struct rows *rows, const struct row *row)
{
	if (row->vcpu >= 0)
		return alloc_format("its worker shares processor %d with vCPU %d; try: myvhost pin %s auto",
				    row->cpu, row->vcpu, row->device);
	if (row->node >= 0 && row->memory >= 0 && row->node != row->memory)
		return alloc_format("its worker runs on node %d, its ring is on node %d; try: myvhost pin %s auto",
				    row->node, row->memory, row->device);
	if (row->delay >= 0.1)
		return alloc_format("its worker waits for processor %d, which others use too; try: myvhost pin %s CPUS",
				    row->cpu, row->device);
	if (rows_share_worker(rows, row))
		return alloc_text("its worker serves other queues too; try: worker_per_vq=1 of myvhost.ko, or workers=N of run");
	return alloc_format("its worker is slow to wake; try: poll_max_us of myvhost.ko, or myvhost pin %s CPUS",
			    row->device);
}

static char *advice_guest(const struct row *row)
{
	if (row->reason && (!strcmp(row->reason, "tap_dropped") ||
			    !strcmp(row->reason, "qdisc_dropped")))
		return alloc_text("the guest returns too few buffers and the tap drops; try: lossless=on of run, or rx_queue_size=1024 or more queues in QEMU");
	return alloc_text("the guest returns too few buffers; try: rx_queue_size=1024 or more queues in QEMU");
}

static char *row_advice(const struct rows *rows, const struct row *row)
{
	switch (row_culprit(row)) {
	case BLAME_WORKER:
		return advice_worker(rows, row);
	case BLAME_GUEST:
		return advice_guest(row);
	case BLAME_BACKING:
		return alloc_format("its file or device takes %.0f us for a request; look at each: myvhost trace --slow 1ms",
				    row->latency);
	case BLAME_LIMIT:
		return alloc_format("its rate limit holds it; look: myvhost show %s, and change it: myvhost limit %s",
				    row->device, row->device);
	case BLAME_PRESSURE:
		return alloc_text("the tap takes no more; look at what is behind it on the host: its bridge, qdisc and sndbuf");
	default:
		break;
	}
	if (row->share[BLAME_SERVING] >= BLAME_WHOLE * 8 / 10)
		return alloc_text("its worker is busy all the time; try: more queues");
	return NULL;
}

static bool row_is_worse(const struct row *a, const struct row *b)
{
	unsigned int x = row_waits(a), y = row_waits(b);

	if (x != y)
		return x > y;
	return a->share[BLAME_SERVING] > b->share[BLAME_SERVING];
}

/**
 * rows_advice() - a line on the queue that waits most
 * @rows: the rows
 *
 * Return: the line, for free(); NULL if there is nothing to be said.
 */
char *rows_advice(const struct rows *rows)
{
	const struct row *worst = NULL;
	char *advice, *line;
	unsigned int i;

	for (i = 0; i < rows->n; i++)
		if (!worst || row_is_worse(&rows->row[i], worst))
			worst = &rows->row[i];
	advice = worst ? row_advice(rows, worst) : NULL;
	if (!advice)
		return NULL;
	line = alloc_format("%s %s %s: %s", worst->vm, worst->device, worst->queue,
			    advice);
	free(advice);
	return line;
}
