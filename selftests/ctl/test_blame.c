// SPDX-License-Identifier: GPL-2.0
/*
 * Shares of time, rows made of two samples, and what is said about the worst.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "blame.h"
#include "top.h"
#include "unit.h"

static unsigned int sum(const unsigned int share[BLAME_MAX])
{
	unsigned int i, n = 0;

	for (i = 0; i < BLAME_MAX; i++)
		n += share[i];
	return n;
}

UNIT_TEST(shares, "blame: shares add up, and rounding helps those that lost most")
{
	unsigned int share[BLAME_MAX], round, i;
	uint64_t ns[BLAME_MAX] = { 1, 1, 1 };

	blame_shares(ns, share);
	check_eq(sum(share), BLAME_WHOLE);
	check_eq(share[0], 334);
	check_eq(share[1], 333);
	check_eq(share[2], 333);
	memset(ns, 0, sizeof(ns));
	blame_shares(ns, share);
	check_eq(sum(share), 0);
	ns[BLAME_GUEST] = UINT64_MAX;
	blame_shares(ns, share);
	check_eq(share[BLAME_GUEST], BLAME_WHOLE);
	check_eq(sum(share), BLAME_WHOLE);
	for (round = 0; round < 10000; round++) {
		unit_rand_seed(unit_seed(round));
		for (i = 0; i < BLAME_MAX; i++)
			ns[i] = unit_rand() >> unit_rand_below(64);
		blame_shares(ns, share);
		check_eq(sum(share), BLAME_WHOLE);
	}
}

static void sample_add(struct sample *sample, const char *label, const char *text)
{
	struct device *dev;
	FILE *f;

	sample->devices.dev = alloc_array(sample->devices.dev, sample->devices.n + 1,
					  sizeof(*dev));
	dev = &sample->devices.dev[sample->devices.n++];
	memset(dev, 0, sizeof(*dev));
	dev->label = alloc_text(label);
	f = fmemopen((void *)text, strlen(text), "r");
	check_eq(fdinfo_parse(&dev->info, f), 0);
	fclose(f);
}

#define NET(id) "backend:\tnet\nowner:\t" id "\niff:\ttap0\nvm:\tweb\n"		\
	"rx.state:\trunning\nrx.layout:\tsplit, 256 entries\nrx.memory:\tnode 1\n" \
	"rx.worker:\tmvh-42 77\n"

static void samples_make(struct sample *old, struct sample *new)
{
	*old = (struct sample) { .nsecs = 1000000000 };
	*new = (struct sample) { .nsecs = 3000000000 };
	sample_add(old, "42:9", NET("42") "rx.packets:\t0\nrx.runs:\t0\nrx.ring_fill:\t0\n"
		   "rx.kicks:\t0\nrx.idle_ns:\t500\nrx.guest_ns:\t0\nrx.drop_buffer:\t0\n"
		   "rx.tap_packets:\t0\nrx.tap_dropped:\t0\nrx.worker_run_ns:\t0\n"
		   "rx.worker_delay_ns:\t0\n");
	sample_add(new, "42:9", NET("42") "rx.packets:\t1000\nrx.runs:\t10\n"
		   "rx.ring_fill:\t1280\nrx.kicks:\t10\nrx.idle_ns:\t499\n"
		   "rx.guest_ns:\t1500000000\nrx.serving_ns:\t500000000\n"
		   "rx.drop_buffer:\t4\nrx.tap_packets:\t1100\nrx.tap_dropped:\t200\n"
		   "rx.worker_run_ns:\t1000000000\nrx.worker_delay_ns:\t200000000\n"
		   "rx.worker_cpu:\t3\nrx.worker_node:\t0\nrx.worker_vcpu:\t2\n");
	sample_add(old, "d", "backend:\tblk\nowner:\t42\nq0.state:\trunning\n"
		   "q1.state:\toff\nq0.reads:\t0\nq0.read_ns:\t0\n");
	sample_add(new, "d", "backend:\tblk\nowner:\t42\nq0.state:\trunning\n"
		   "q1.state:\toff\nq0.packets:\t100\nq0.reads:\t100\n"
		   "q0.read_ns:\t2000000\nq0.backing_ns:\t1000000000\n"
		   "q0.idle_ns:\t1000000000\n");
}

static void samples_free(struct sample *old, struct sample *new)
{
	devices_free(&old->devices);
	devices_free(&new->devices);
}

static bool near(double a, double b)
{
	return a > b - 1e-6 && a < b + 1e-6;
}

UNIT_TEST(rows, "blame: a row for each queue that runs")
{
	struct sample old, new;
	struct rows rows;
	struct row *row;

	samples_make(&old, &new);
	rows_make(&rows, &old, &new);
	check_eq(rows.n, 2);
	row = &rows.row[0];
	check(!strcmp(row->vm, "web"));
	check_eq(row->owner, 42);
	check(near(row->items, 500) && near(row->batch, 100));
	check(near(row->kicks, 0.01) && near(row->fill, 0.5));
	check(near(row->drops, 102));
	check(!strcmp(row->reason, "tap_dropped"));
	check(near(row->unexplained, 50));
	check_eq(row->share[BLAME_GUEST], 750);
	check_eq(row->share[BLAME_SERVING], 250);
	/* a counter that went back a little is no reset */
	check_eq(row->share[BLAME_IDLE], 0);
	check_eq(row_waits(row), 750);
	check_eq(row->tid, 77);
	check_eq(row->cpu, 3);
	check_eq(row->vcpu, 2);
	check_eq(row->memory, 1);
	check(near(row->busy, 0.5) && near(row->delay, 0.1));
	row = &rows.row[1];
	check(!strcmp(row->device, "d") && !strcmp(row->vm, "?"));
	check(near(row->latency, 20));
	check_eq(row->share[BLAME_BACKING], 500);
	check_eq(row->cpu, -1);
	check_eq(row->node, -1);
	rows_free(&rows);
	samples_free(&old, &new);
}

UNIT_TEST(rows_order, "blame: rows are sorted and filtered")
{
	struct sample old, new;
	struct rows rows;

	samples_make(&old, &new);
	rows_make(&rows, &old, &new);
	rows_sort(&rows, ROW_WAIT);
	check(!strcmp(rows.row[0].queue, "rx"));
	rows_sort(&rows, ROW_NAME);
	check(!strcmp(rows.row[0].queue, "q0"));
	rows_sort(&rows, ROW_DROPS);
	check(!strcmp(rows.row[0].queue, "rx"));
	rows_filter(&rows, "blk");
	check_eq(rows.n, 1);
	check(!strcmp(rows.row[0].device, "d"));
	rows_filter(&rows, "nothing of that");
	check_eq(rows.n, 0);
	check(!rows_advice(&rows));
	rows_free(&rows);
	samples_free(&old, &new);
}

/* A row that spends @share of its time on @what, the rest idle. */
static void check_advice(struct row row, enum blame what, unsigned int share,
			 const char *want)
{
	struct rows rows = { .row = &row, .n = 1 };
	char *advice;

	row.share[what] = share;
	row.share[BLAME_IDLE] += BLAME_WHOLE - share;
	advice = rows_advice(&rows);
	unit_context("\"%s\" has no \"%s\"", advice ? advice : "(none)", want);
	check(want ? advice && strstr(advice, want) : !advice);
	free(advice);
}

UNIT_TEST(advice, "blame: each cause has its advice")
{
	struct row row = {
		.vm = "web", .device = "42:9", .queue = "rx", .backend = "net",
		.cpu = 1, .node = -1, .memory = -1, .vcpu = -1,
	};

	check_advice(row, BLAME_GUEST, 500, "rx_queue_size=1024");
	check_advice(row, BLAME_GUEST, 99, NULL);
	check_advice(row, BLAME_IDLE, 0, NULL);
	check_advice(row, BLAME_BACKING, 100, "myvhost trace --slow");
	check_advice(row, BLAME_LIMIT, 300, "myvhost limit 42:9");
	check_advice(row, BLAME_PRESSURE, 300, "the tap takes no more");
	check_advice(row, BLAME_SERVING, 900, "more queues");
	check_advice(row, BLAME_SERVING, 500, NULL);
	check_advice(row, BLAME_WORKER, 300, "poll_max_us");
	row.delay = 0.5;
	check_advice(row, BLAME_WORKER, 300, "others use too");
	row.node = 0;
	row.memory = 1;
	check_advice(row, BLAME_WORKER, 300, "its ring is on node 1");
	row.vcpu = 2;
	check_advice(row, BLAME_WORKER, 300, "shares processor 1 with vCPU 2; try: myvhost pin 42:9 auto");
	row.reason = "tap_dropped";
	check_advice(row, BLAME_GUEST, 500, "lossless=on");
}

UNIT_TEST(top_lines, "top: columns stand below their titles")
{
	struct row row = {
		.vm = "a name that is too long", .device = "1234567:1234567",
		.queue = "q15", .backend = "blk", .items = 1e12, .bytes = 1e15,
		.batch = 256, .kicks = 1, .calls = 1, .fill = 1, .drops = 1e9,
		.unexplained = 1e9, .busy = 1, .cpu = 511, .node = 7, .memory = 7,
		.vcpu = -1,
	};
	char title[TOP_LINE], line[TOP_LINE];
	size_t at;

	row.share[BLAME_PRESSURE] = BLAME_WHOLE;
	top_header(title, sizeof(title));
	top_line(line, sizeof(line), &row);
	at = strstr(title, "PRESS") - title;
	unit_context("%s\n%s", title, line);
	check(!strncmp(line + at, "100.0 ", 6));
	check_eq(strcspn(line + strlen(line) - 1, " "), 0);
	at = strstr(title, "REMARK") - title;
	check_eq(strlen(line), at);
}
