// SPDX-License-Identifier: GPL-2.0
/*
 * See table.h.  Disks and network devices have columns of their own; the header
 * is repeated when the kind changes, and after some rows.  Other counters follow
 * the row if they count errors or delays and have grown.
 */
#include <stdio.h>
#include <string.h>
#include "number.h"
#include "table.h"

#define TABLE_HEADER_ROWS	20

/* A worker takes so many frames at a time, which the tap counts later. */
#define TABLE_IN_FLIGHT		64

/**
 * struct table_column - a column
 * @title: what its header says
 * @counter: of which the rate is shown
 * @nsecs: if not NULL the average time is shown: that of all @counter
 */
struct table_column {
	const char *title;
	const char *counter;
	const char *nsecs;
};

/**
 * struct table_kind - columns of a kind of device
 * @backend: its name
 * @column: the columns, ended by one without title
 */
struct table_kind {
	const char *backend;
	struct table_column column[10];
};

static const struct table_kind table_blk = {
	"blk", {
		{ "req/s", "packets", NULL },
		{ "read/s", "reads", NULL },
		{ "readB/s", "read_bytes", NULL },
		{ "read-us", "reads", "read_ns" },
		{ "write/s", "writes", NULL },
		{ "writeB/s", "write_bytes", NULL },
		{ "write-us", "writes", "write_ns" },
		{ "flush/s", "flushes", NULL },
		{ "flush-us", "flushes", "flush_ns" },
	}
};

static const struct table_kind table_net = {
	"net", {
		{ "packet/s", "packets", NULL },
		{ "byte/s", "bytes", NULL },
		{ "kick/s", "kicks", NULL },
		{ "call/s", "calls", NULL },
		{ "run/s", "runs", NULL },
	}
};

static const char *const table_troubles[] = {
	"stalls", "busy", "throttled", "io_errors", "invalid", "unsupported",
	"log_errors", "map_errors", "tap_stops", "tap_expired", "tap_dropped",
	"qdisc_dropped",
};

/**
 * table_is_trouble() - whether a counter counts errors or delays
 * @counter: its name
 */
bool table_is_trouble(const char *counter)
{
	size_t i;

	if (!strncmp(counter, "drop_", 5) || !strncmp(counter, "bad_", 4))
		return true;
	for (i = 0; i < sizeof(table_troubles) / sizeof(table_troubles[0]); i++)
		if (!strcmp(counter, table_troubles[i]))
			return true;
	return false;
}

static const struct table_kind *table_kind(const struct device *dev)
{
	const char *backend = device_text(dev, "backend");

	return backend && !strcmp(backend, "blk") ? &table_blk : &table_net;
}

static void table_header(struct table *table, const struct table_kind *kind)
{
	const struct table_column *column;

	if (table->kind == kind && table->rows < TABLE_HEADER_ROWS)
		return;
	printf("%-16s %-5s", kind->backend, "queue");
	for (column = kind->column; column->title; column++)
		printf(" %8s", column->title);
	putchar('\n');
	table->kind = kind;
	table->rows = 0;
}

static void table_cell(const struct rates *rates,
		       const struct table_column *column)
{
	char text[32] = "-";
	double usecs;

	if (!column->nsecs)
		rate_print(text, sizeof(text),
			   rates_second(rates, column->counter));
	else if (rates_latency(rates, column->nsecs, column->counter, &usecs))
		snprintf(text, sizeof(text), "%.0f", usecs);
	printf(" %8s", text);
}

/* What a receive queue should have, and has not. */
static void table_unexplained(const struct rates *rates,
			      const struct sample *old, const struct sample *new)
{
	int64_t frames;

	if (!strcmp(rates->new->info.queue[rates->queue], "rx") &&
	    rates_unexplained(old, new, rates->new, &frames) &&
	    frames > TABLE_IN_FLIGHT)
		printf(" unexplained %.4g/s", frames / rates->seconds);
}

static void table_row(const struct rates *rates, const struct table_kind *kind)
{
	const struct fdinfo *info = &rates->new->info;
	const struct table_column *column;
	unsigned int i;

	printf("%-16s %-5s", rates->new->label, info->queue[rates->queue]);
	for (column = kind->column; column->title; column++)
		table_cell(rates, column);
	for (i = 0; i < info->n_lines; i++) {
		const struct fdinfo_line *line = &info->line[i];

		if (line->queue == rates->queue && table_is_trouble(line->key) &&
		    rates_delta(rates, line->key))
			printf(" %s %.4g/s", line->key,
			       rates_second(rates, line->key));
	}
}

/**
 * table_sample() - a row for each queue
 * @table: what was printed so far
 * @old: counters before
 * @new: counters now
 */
void table_sample(struct table *table, const struct sample *old,
		  const struct sample *new)
{
	struct rates rates;
	unsigned int i, q;

	for (i = 0; i < new->devices.n; i++) {
		const struct device *dev = &new->devices.dev[i];

		for (q = 0; q < dev->info.n_queues; q++) {
			table_header(table, table_kind(dev));
			rates_init(&rates, old, new, dev, q);
			table_row(&rates, table->kind);
			table_unexplained(&rates, old, new);
			putchar('\n');
			table->rows++;
		}
	}
}
