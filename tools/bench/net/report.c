// SPDX-License-Identifier: GPL-2.0
/* What was measured, see report.h. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <json-c/json.h>

#include "report.h"

static const char * const metric_name[METRICS] = {
	[METRIC_CPU] = "cpu_ns_per_packet",
	[METRIC_INSNS] = "instructions_per_packet",
	[METRIC_CYCLES] = "cycles_per_packet",
	[METRIC_RATE] = "packets_per_second",
	[METRIC_KICKS] = "kicks_per_packet",
	[METRIC_CALLS] = "calls_per_packet",
	[METRIC_SLEEPS] = "sleeps_per_packet",
	[METRIC_P50] = "round_trip_p50_ns",
	[METRIC_P99] = "round_trip_p99_ns",
	[METRIC_P999] = "round_trip_p999_ns",
	[METRIC_LOST] = "lost",
	[METRIC_BITS] = "bits_per_second",
};

/* Add a round. */
void report_add(struct report_row *row, unsigned int device, unsigned int round,
		const struct drive_result *r)
{
	const double v[METRICS] = {
		[METRIC_CPU] = r->cost.cpu,
		[METRIC_INSNS] = r->cost.insns,
		[METRIC_CYCLES] = r->cost.cycles,
		[METRIC_KICKS] = r->kicks,
		[METRIC_CALLS] = r->calls,
		[METRIC_SLEEPS] = r->cost.sleeps,
	};
	unsigned int m;

	for (m = 0; m < METRICS; m++)
		row->device[device].value[m][round] = v[m] / r->packets;
	row->device[device].value[METRIC_RATE][round] = r->packets / r->secs;
	for (m = 0; m < DRIVE_QUANTILES; m++)
		row->device[device].value[METRIC_P50 + m][round] = r->latency[m];
	row->device[device].value[METRIC_LOST][round] =
		(double)r->lost / (r->packets + r->lost);
	row->device[device].value[METRIC_BITS][round] = r->bits_per_second;
}

static double report_median(const struct report_row *row, unsigned int device,
			    enum bench_metric m)
{
	return stats_median(row->device[device].value[m], row->rounds);
}

static struct stats_ratio report_ratio(const struct report_row *row, enum bench_metric m)
{
	struct stats_ratio none = { };

	if (row->ndevices < REPORT_DEVICES)
		return none;
	return stats_compare(row->device[0].value[m], row->device[1].value[m], row->rounds);
}

static void report_ratio_text(FILE *f, const struct report_row *row, enum bench_metric m)
{
	struct stats_ratio r = report_ratio(row, m);

	if (!r.median)
		fprintf(f, " %20s", "-");
	else if (!stats_agree(&r))
		fprintf(f, " %20s", "rounds disagree");
	else
		fprintf(f, "  %5.3f [%5.3f..%5.3f]", r.median, r.low, r.high);
}

/* Headings. */
void report_head(FILE *f, const struct report_row *row)
{
	unsigned int i;

	for (i = 0; i < row->ndevices; i++)
		fprintf(f, "%c: %s\n", 'A' + i, row->device[i].node);
	fprintf(f, "%-16s %6s %6s %20s  %6s %6s %20s  %13s  %15s %15s %15s\n", "case",
		"insn A", "B", "A/B [95 %]", "ns A", "B", "A/B [95 %]", "Mpps A/B",
		"kicks/1000 A/B", "calls/1000 A/B", "sleeps/1000 A/B");
}

static void report_pair(FILE *f, const struct report_row *row, enum bench_metric m,
			double unit, int width, int digits)
{
	fprintf(f, " %*.*f", width, digits, report_median(row, 0, m) * unit);
	if (row->ndevices > 1)
		fprintf(f, "/%-*.*f", width, digits, report_median(row, 1, m) * unit);
}

static void report_trips(FILE *f, const struct report_row *row)
{
	static const char * const name[DRIVE_QUANTILES] = { "p50", "p99", "p99.9" };
	unsigned int i;

	fprintf(f, "%-16s round trip, us A/B:", "");
	for (i = 0; i < DRIVE_QUANTILES; i++) {
		fprintf(f, "  %s", name[i]);
		report_pair(f, row, METRIC_P50 + i, 1e-3, 1, 1);
		report_ratio_text(f, row, METRIC_P50 + i);
	}
	fputc('\n', f);
}

/* What a case shows that others do not have. */
static void report_special(FILE *f, const struct report_row *row)
{
	switch (row->c->work) {
	case BENCH_PING:
		report_trips(f, row);
		break;
	case BENCH_OVERLOAD:
		fprintf(f, "%-16s lost, %% A/B:", "");
		report_pair(f, row, METRIC_LOST, 100, 1, 1);
		report_ratio_text(f, row, METRIC_LOST);
		fputc('\n', f);
		break;
	case BENCH_TCP:
		fprintf(f, "%-16s Gbit/s A/B:", "");
		report_pair(f, row, METRIC_BITS, 1e-9, 1, 2);
		report_ratio_text(f, row, METRIC_BITS);
		fputc('\n', f);
		break;
	default:
		break;
	}
}

/* A line of the table. */
void report_text(FILE *f, const struct report_row *row)
{
	static const enum bench_metric cost[] = { METRIC_INSNS, METRIC_CPU };
	unsigned int i, d;

	fprintf(f, "%-16s", row->c->name);
	for (i = 0; i < 2; i++) {
		for (d = 0; d < REPORT_DEVICES; d++)
			fprintf(f, " %6.0f",
				d < row->ndevices ? report_median(row, d, cost[i]) : 0);
		report_ratio_text(f, row, cost[i]);
		fputc(' ', f);
	}
	report_pair(f, row, METRIC_RATE, 1e-6, 6, 2);
	for (i = METRIC_KICKS; i <= METRIC_SLEEPS; i++)
		report_pair(f, row, i, 1000, 7, 2);
	fputc('\n', f);
	report_special(f, row);
	fflush(f);
}

static void json_put(struct json_object *o, const char *key, double v)
{
	json_object_object_add(o, key, json_object_new_double(v));
}

static struct json_object *report_json_ratio(const struct stats_ratio *r)
{
	struct json_object *o = json_object_new_object();

	json_put(o, "median", r->median);
	json_put(o, "low", r->low);
	json_put(o, "high", r->high);
	json_object_object_add(o, "agree", json_object_new_boolean(stats_agree(r)));
	return o;
}

/* What each round gave, of a metric. */
static struct json_object *report_json_rounds(const struct report_row *row, unsigned int d,
					      enum bench_metric m)
{
	struct json_object *o = json_object_new_array();
	unsigned int i;

	for (i = 0; i < row->rounds; i++)
		json_object_array_add(o, json_object_new_double(row->device[d].value[m][i]));
	return o;
}

static struct json_object *report_json_device(const struct report_row *row, unsigned int d)
{
	struct json_object *o = json_object_new_object();
	char features[32];
	unsigned int m;

	snprintf(features, sizeof(features), "0x%llx",
		 (unsigned long long)row->device[d].features);
	json_object_object_add(o, "node", json_object_new_string(row->device[d].node));
	json_object_object_add(o, "features", json_object_new_string(features));
	for (m = 0; m < METRICS; m++)
		json_object_object_add(o, metric_name[m], report_json_rounds(row, d, m));
	return o;
}

static struct json_object *report_json_row(const struct report_row *row)
{
	struct json_object *o = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *ratios = json_object_new_object();
	unsigned int i;

	json_object_object_add(o, "case", json_object_new_string(row->c->name));
	json_object_object_add(o, "rounds", json_object_new_int(row->rounds));
	for (i = 0; i < row->ndevices; i++)
		json_object_array_add(devices, report_json_device(row, i));
	json_object_object_add(o, "devices", devices);
	for (i = 0; i < METRICS; i++) {
		struct stats_ratio r = report_ratio(row, i);

		if (r.median)
			json_object_object_add(ratios, metric_name[i],
					       report_json_ratio(&r));
	}
	json_object_object_add(o, "ratios", ratios);
	return o;
}

static void report_json_source(struct json_object *o, const char *key, const char *source)
{
	json_object_object_add(o, key, source ? json_object_new_string(source) : NULL);
}

/* Write all rows.  Returns 0 or a negative errno. */
int report_json(const char *path, const struct report_row *rows, unsigned int n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *cases = json_object_new_array();
	struct utsname u;
	unsigned int i;
	FILE *f;
	int r;

	uname(&u);
	json_object_object_add(o, "kernel", json_object_new_string(u.release));
	report_json_source(o, "cpu_time", meter_cpu_source());
	report_json_source(o, "instructions", meter_insns_source());
	for (i = 0; i < n; i++)
		json_object_array_add(cases, report_json_row(&rows[i]));
	json_object_object_add(o, "cases", cases);
	f = fopen(path, "w");
	r = f ? 0 : -errno;
	if (f) {
		fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
		if (fclose(f))
			r = -errno;
	}
	json_object_put(o);
	return r;
}

/* Instructions if something counted them, else CPU time. */
static enum bench_metric report_plotted(void)
{
	return meter_insns_source() ? METRIC_INSNS : METRIC_CPU;
}

/*
 * Write a gnuplot script that has the data in it: a bar for each case, and the line
 * of the device with which was compared.
 *
 * Returns 0 or a negative errno.
 */
int report_plot(const char *path, const struct report_row *rows, unsigned int n)
{
	enum bench_metric m = report_plotted();
	FILE *f = fopen(path, "w");
	unsigned int i;

	if (!f)
		return -errno;
	fputs("# gnuplot plot.gp > plot.svg\n$ratio << END\n", f);
	for (i = 0; i < n; i++) {
		struct stats_ratio r = report_ratio(&rows[i], m);

		if (stats_agree(&r))
			fprintf(f, "\"%s\" %.4f %.4f %.4f\n", rows[i].c->name, r.median,
				r.low, r.high);
	}
	fprintf(f, "END\nset terminal svg size 900,420 background \"white\"\n"
		"set ylabel \"%s, %s / %s\" noenhanced\n"
		"set rmargin 8\nset yrange [0:*]\nset xtics rotate by -40 noenhanced\nset grid ytics\nunset key\n"
		"set style fill solid 0.5\nset boxwidth 0.6\n"
		"plot $ratio using 0:2:3:4:(0.6):xtic(1) with boxerrorbars, \\\n"
		"\t1 with lines linecolor \"red\"\n",
		metric_name[m], n ? rows[0].device[0].node : "", n ? rows[0].device[1].node : "");
	return fclose(f) ? -errno : 0;
}
