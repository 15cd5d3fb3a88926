/* SPDX-License-Identifier: GPL-2.0 */
/* What was measured, as a table, as JSON and as a plot. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "drive.h"
#include "stats.h"

/* What is derived from the rounds of a device, by name in bench_metrics. */
enum bench_metric {
	METRIC_CPU,
	METRIC_INSNS,
	METRIC_CYCLES,
	METRIC_RATE,
	METRIC_KICKS,
	METRIC_CALLS,
	METRIC_SLEEPS,
	METRIC_P50,	/* round trips */
	METRIC_P99,
	METRIC_P999,
	METRIC_LOST,	/* of what was sent, when overloaded */
	METRIC_BITS,	/* of TCP */
	METRICS,
};

#define REPORT_DEVICES	2
#define REPORT_ROUNDS	1000

/**
 * struct report_device - a device in a case
 * @node: path
 * @features: as negotiated
 * @value: what each round gave
 */
struct report_device {
	const char *node;
	__u64 features;
	double value[METRICS][REPORT_ROUNDS];
};

/**
 * struct report_row - a case
 * @c: it
 * @rounds: how many of each device
 * @ndevices: 1 if there is nothing to compare with
 * @device: the device, and that with which it is compared
 */
struct report_row {
	const struct bench_case *c;
	unsigned int rounds;
	unsigned int ndevices;
	struct report_device device[REPORT_DEVICES];
};

void report_add(struct report_row *row, unsigned int device, unsigned int round,
		const struct drive_result *r);
void report_head(FILE *f, const struct report_row *row);
void report_text(FILE *f, const struct report_row *row);
int report_json(const char *path, const struct report_row *rows, unsigned int n);
int report_plot(const char *path, const struct report_row *rows, unsigned int n);

#endif /* BENCH_REPORT_H */
