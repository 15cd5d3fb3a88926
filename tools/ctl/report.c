// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost report: pictures of some minutes in one file that needs nothing else, neither
 * network nor scripts.  It is XML, so that tools can check it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "error.h"
#include "number.h"
#include "top.h"

#define NSEC_PER_SEC	1000000000ULL

/* Pixels of a picture. */
#define REPORT_WIDTH	720
#define REPORT_HEIGHT	120

static const struct option report_options[] = {
	{ "html", required_argument, NULL, 'o' },
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ }
};

/* Told apart also by those who do not see red and green. */
static const char *const report_colors[BLAME_MAX] = {
	[BLAME_IDLE] = "#eeeeee",
	[BLAME_SERVING] = "#0072b2",
	[BLAME_POLL] = "#56b4e9",
	[BLAME_GUEST] = "#e69f00",
	[BLAME_WORKER] = "#d55e00",
	[BLAME_BACKING] = "#cc79a7",
	[BLAME_LIMIT] = "#f0e442",
	[BLAME_PRESSURE] = "#009e73",
};

/**
 * struct series - a queue over time
 * @vm: see struct row; these are copies
 * @device: see there
 * @queue: see there
 * @point: a row for each interval; of one without the queue, zeroes
 */
struct series {
	char *vm;
	char *device;
	char *queue;
	struct row *point;
};

/**
 * struct report - what is wanted, and what was seen
 * @top: devices, interval and number of intervals
 * @path: the file
 * @series: the queues
 * @n: how many
 * @done: intervals so far
 * @advice: what was said of the last interval, or NULL
 */
struct report {
	struct top top;
	const char *path;
	struct series *series;
	unsigned int n;
	unsigned int done;
	char *advice;
};

static struct series *report_series(struct report *r, const struct row *row)
{
	struct series *s;
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		s = &r->series[i];
		if (!strcmp(s->device, row->device) && !strcmp(s->queue, row->queue) &&
		    !strcmp(s->vm, row->vm))
			return s;
	}
	r->series = alloc_array(r->series, r->n + 1, sizeof(*r->series));
	s = &r->series[r->n++];
	s->vm = alloc_text(row->vm);
	s->device = alloc_text(row->device);
	s->queue = alloc_text(row->queue);
	s->point = alloc_array(NULL, r->top.count, sizeof(*s->point));
	memset(s->point, 0, r->top.count * sizeof(*s->point));
	return s;
}

static void report_add(struct report *r, const struct sample *old,
		       const struct sample *new)
{
	struct rows rows;
	unsigned int i;

	top_rows(&rows, &r->top, old, new);
	for (i = 0; i < rows.n; i++)
		report_series(r, &rows.row[i])->point[r->done] = rows.row[i];
	free(r->advice);
	r->advice = rows_advice(&rows);
	rows_free(&rows);
	r->done++;
}

/* Text in XML; what is no character there becomes a question mark. */
static void report_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '<')
			fputs("&lt;", f);
		else if (c == '>')
			fputs("&gt;", f);
		else if (c == '&')
			fputs("&amp;", f);
		else if (c == '"')
			fputs("&quot;", f);
		else
			fputc(c < 0x20 || c > 0x7e ? '?' : c, f);
	}
}

static void report_svg(FILE *f)
{
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
		REPORT_WIDTH, REPORT_HEIGHT, REPORT_WIDTH, REPORT_HEIGHT);
}

/* A bar for each interval, of what the time went to. */
static void report_blame(FILE *f, const struct report *r, const struct series *s)
{
	double width = (double)REPORT_WIDTH / r->done;
	unsigned int i, what;

	report_svg(f);
	for (i = 0; i < r->done; i++) {
		double y = REPORT_HEIGHT;

		for (what = 0; what < BLAME_MAX; what++) {
			double height = s->point[i].share[BLAME_MAX - 1 - what] *
					(double)REPORT_HEIGHT / BLAME_WHOLE;

			if (height <= 0)
				continue;
			y -= height;
			fprintf(f, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>\n",
				i * width, y, width, height,
				report_colors[BLAME_MAX - 1 - what]);
		}
	}
	fputs("</svg>\n", f);
}

/* A line through the rates. */
static void report_rate(FILE *f, const struct report *r, const struct series *s)
{
	double width = (double)REPORT_WIDTH / r->done, most = 1;
	unsigned int i;
	char text[32];

	for (i = 0; i < r->done; i++)
		if (s->point[i].items > most)
			most = s->point[i].items;
	report_svg(f);
	fputs("<polyline fill=\"none\" stroke=\"#0072b2\" stroke-width=\"1.5\" points=\"", f);
	for (i = 0; i < r->done; i++)
		fprintf(f, "%.2f,%.2f ", (i + 0.5) * width,
			REPORT_HEIGHT - s->point[i].items / most * (REPORT_HEIGHT - 16));
	rate_print(text, sizeof(text), most);
	fprintf(f, "\"/>\n<text x=\"4\" y=\"12\" font-size=\"11\">%s items/s at most</text>\n</svg>\n",
		text);
}

static void report_queue(FILE *f, const struct report *r, const struct series *s)
{
	const struct row *last = &s->point[r->done - 1];

	fputs("<h2>", f);
	report_text(f, s->vm);
	fputc(' ', f);
	report_text(f, s->device);
	fputc(' ', f);
	report_text(f, s->queue);
	fprintf(f, "</h2>\n<p>batch %.1f, kicks %.1f %%, calls %.1f %%, ring %.1f %%, drops %.1f/s",
		last->batch, last->kicks * 100, last->calls * 100, last->fill * 100,
		last->drops);
	if (last->latency > 0)
		fprintf(f, ", %.0f us for a request", last->latency);
	fputs(" in the last interval</p>\n", f);
	report_blame(f, r, s);
	report_rate(f, r, s);
}

static void report_legend(FILE *f)
{
	unsigned int i;

	fputs("<p>", f);
	for (i = 0; i < BLAME_MAX; i++)
		fprintf(f, "<span style=\"background:%s\">&#160;&#160;&#160;</span> %s &#160; ",
			report_colors[i], blame_names[i]);
	fputs("</p>\n", f);
}

static void report_write(FILE *f, const struct report *r)
{
	char host[256] = "", when[64];
	time_t now = time(NULL);
	unsigned int i;

	gethostname(host, sizeof(host) - 1);
	strftime(when, sizeof(when), "%F %T", localtime(&now));
	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
	      "<head><meta charset=\"utf-8\"/><title>myvhost on ", f);
	report_text(f, host);
	fputs("</title>\n<style>body{font-family:sans-serif;margin:2em}svg{display:block;margin:4px 0;border:1px solid #ccc}</style></head>\n<body>\n<h1>myvhost on ", f);
	report_text(f, host);
	fprintf(f, "</h1>\n<p>%u intervals of %.1f seconds, until %s</p>\n", r->done,
		r->top.nsecs / 1e9, when);
	if (r->advice) {
		fputs("<p><b>", f);
		report_text(f, r->advice);
		fputs("</b></p>\n", f);
	}
	report_legend(f);
	if (!r->n)
		fputs("<p>No queue ran.</p>\n", f);
	for (i = 0; i < r->n; i++)
		report_queue(f, r, &r->series[i]);
	fputs("</body>\n</html>\n", f);
}

static void report_free(struct report *r)
{
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		free(r->series[i].vm);
		free(r->series[i].device);
		free(r->series[i].queue);
		free(r->series[i].point);
	}
	free(r->series);
	free(r->advice);
}

static int report_collect(struct report *r)
{
	struct sample old, new;
	int status;

	top_take(&old, &r->top);
	status = devices_status(&old.devices, r->top.filter);
	while (!status && r->done < r->top.count) {
		usleep(r->top.nsecs / 1000);
		top_take(&new, &r->top);
		report_add(r, &old, &new);
		devices_free(&old.devices);
		old = new;
	}
	devices_free(&old.devices);
	return status;
}

static void report_parse(int argc, char **argv, struct report *r)
{
	int c;

	while ((c = args_option(argc, argv, ":i:c:", report_options, NULL)) != -1) {
		if (c == 'o')
			r->path = optarg;
		else if (c == 'c' && !range_parse(optarg, 1, 86400, &r->top.count))
			fail_usage("report: \"%s\" is not a count", optarg);
		else if (c == 'i' && (seconds_parse(optarg, &r->top.nsecs) ||
				      r->top.nsecs < NSEC_PER_SEC / 10 ||
				      r->top.nsecs > 3600 * NSEC_PER_SEC))
			fail_usage("report: the interval must be 0.1 to 3600 seconds, not \"%s\"",
				   optarg);
	}
	args_count(argc, argv, 0, 1, "");
	if (!r->path)
		fail_usage("report: --html FILE is missing");
	r->top.filter = device_filter(argv[optind]);
}

/**
 * command_report() - report --html FILE [-i SECONDS] [-c COUNT] [NAME|PID|PID:FD]
 * @argc: number of arguments
 * @argv: the arguments
 */
int command_report(int argc, char **argv)
{
	struct report r = {
		.top = { .nsecs = NSEC_PER_SEC, .count = 60, .sort = ROW_NAME },
	};
	int status;
	FILE *f;

	report_parse(argc, argv, &r);
	/* Before the wait, so that a wrong name is known at once; an older report stays. */
	f = fopen(r.path, "ae");
	if (!f)
		fail("%s: %s", r.path, strerror(errno));
	status = report_collect(&r);
	if (!status) {
		if (ftruncate(fileno(f), 0))
			fail("%s: %s", r.path, strerror(errno));
		report_write(f, &r);
	}
	if (fclose(f))
		fail("%s: %s", r.path, strerror(errno));
	report_free(&r);
	return status;
}
