// SPDX-License-Identifier: GPL-2.0
/*
 * See prometheus.h.  A metric is a counter of the queues; its samples follow each
 * other, which the format demands.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "number.h"
#include "prometheus.h"

/* The label that a reader cannot mistake for the end of another. */
static void prometheus_label(const char *name, const char *value)
{
	printf("%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", stdout);
			continue;
		}
		if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
	putchar('"');
}

/* Counters of nanoseconds become seconds, the unit that the format's users expect. */
static bool prometheus_is_time(const char *key)
{
	size_t len = strlen(key);

	return len > 3 && !strcmp(key + len - 3, "_ns");
}

static void prometheus_name(const char *key)
{
	if (prometheus_is_time(key))
		printf("myvhost_%.*s_seconds_total", (int)strlen(key) - 3, key);
	else
		printf("myvhost_%s_total", key);
}

static void prometheus_sample(const struct device *dev, const struct fdinfo_line *line,
			      uint64_t n)
{
	const char *backend = device_text(dev, "backend");

	prometheus_name(line->key);
	putchar('{');
	prometheus_label("device", dev->label);
	putchar(',');
	prometheus_label("backend", backend ? backend : "");
	putchar(',');
	prometheus_label("queue", dev->info.queue[line->queue]);
	if (prometheus_is_time(line->key))
		printf("} %.9f\n", n / 1e9);
	else
		printf("} %" PRIu64 "\n", n);
}

/* All samples of a metric. */
static void prometheus_metric(const struct devices *devices, const char *key)
{
	unsigned int i, j;
	uint64_t n;

	fputs("# TYPE ", stdout);
	prometheus_name(key);
	puts(" counter");
	for (i = 0; i < devices->n; i++)
		for (j = 0; j < devices->dev[i].info.n_lines; j++) {
			const struct fdinfo_line *line = &devices->dev[i].info.line[j];

			if (line->queue >= 0 && !strcmp(line->key, key) &&
			    !number_parse(line->value, &n))
				prometheus_sample(&devices->dev[i], line, n);
		}
}

/* Is a counter the first of its name? */
static bool prometheus_is_first(const struct devices *devices, unsigned int dev,
				unsigned int at)
{
	const char *key = devices->dev[dev].info.line[at].key;
	unsigned int i, j;

	for (i = 0; i <= dev; i++)
		for (j = 0; j < (i < dev ? devices->dev[i].info.n_lines : at); j++) {
			const struct fdinfo_line *line = &devices->dev[i].info.line[j];
			uint64_t n;

			if (line->queue >= 0 && !strcmp(line->key, key) &&
			    !number_parse(line->value, &n))
				return false;
		}
	return true;
}

/**
 * prometheus_print() - print all counters
 * @devices: whose
 */
void prometheus_print(const struct devices *devices)
{
	unsigned int i, j;
	uint64_t n;

	for (i = 0; i < devices->n; i++)
		for (j = 0; j < devices->dev[i].info.n_lines; j++) {
			const struct fdinfo_line *line = &devices->dev[i].info.line[j];

			if (line->queue >= 0 && !number_parse(line->value, &n) &&
			    prometheus_is_first(devices, i, j))
				prometheus_metric(devices, line->key);
		}
}
