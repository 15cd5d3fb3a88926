// SPDX-License-Identifier: GPL-2.0
/*
 * bench: what a vhost device costs, beside another one.
 *
 * Duty: options, and the order of the rounds.  Both devices of a comparison are set up
 * side by side, and their rounds alternate, so that whatever changes on the machine
 * meets both.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile.h"
#include "report.h"

#define CASES_MAX	64

/**
 * struct bench_opts - the command line
 * @node: devices, the second is the one to compare with
 * @ndevices: 1 or 2
 * @cases: names, separated by commas, or NULL for all
 * @rounds: of each device, per case
 * @limit: of a round
 * @worker_cpu: CPU of the workers, -1 for any
 * @profile: print instructions by function
 */
static struct bench_opts {
	const char *node[REPORT_DEVICES];
	unsigned int ndevices;
	char *cases;
	unsigned int rounds;
	struct drive_limit limit;
	int worker_cpu;
	bool profile;
	const char *json, *plot;
} opts = {
	.node = { "/dev/myvhost", "/dev/vhost-net" },
	.ndevices = 2,
	.rounds = 20,
	.limit = { .packets = 1, .ns = 200000000 },
	.worker_cpu = 1,
};

enum {
	OPT_LIST = 256,
	OPT_PROFILE,
};

static const struct argp_option options[] = {
	{ "device", 'd', "NODE", 0, "device A, /dev/myvhost by default", 0 },
	{ "against", 'a', "NODE", 0, "device B, /dev/vhost-net by default; none: only A", 0 },
	{ "cases", 'c', "NAME,...", 0, "what to measure, all by default", 0 },
	{ "list", OPT_LIST, NULL, 0, "print the names of the cases", 0 },
	{ "rounds", 'r', "N", 0, "rounds of each device and case, 20 by default", 0 },
	{ "time", 't', "MS", 0, "length of a round, 200 ms by default", 0 },
	{ "packets", 'n', "N", 0, "packets of a round, instead of a length", 0 },
	{ "worker-cpu", 'w', "CPU", 0,
	  "bind the workers to this CPU, 1 by default, and the driver to another; -1: bind nothing",
	  0 },
	{ "json", 'j', "FILE", 0, "write the results as JSON", 0 },
	{ "plot", 'p', "FILE", 0, "write a gnuplot script that draws the ratios", 0 },
	{ "profile", OPT_PROFILE, NULL, 0,
	  "print the instructions of each kernel function (in the instruction-counting lab)", 0 },
	{ }
};

static void list_cases(void)
{
	const struct bench_case *c;

	for (c = bench_cases; c->name; c++)
		puts(c->name);
	exit(0);
}

static unsigned long number(struct argp_state *state, const char *arg, unsigned long max)
{
	char *end;
	unsigned long v = strtoul(arg, &end, 0);

	if (*end || end == arg || v < 1 || v > max)
		argp_error(state, "%s is not a number from 1 to %lu", arg, max);
	return v;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'd':
		opts.node[0] = arg;
		break;
	case 'a':
		opts.node[1] = arg;
		opts.ndevices = strcmp(arg, "none") ? 2 : 1;
		break;
	case 'c':
		opts.cases = arg;
		break;
	case OPT_LIST:
		list_cases();
		break;
	case 'r':
		opts.rounds = number(state, arg, REPORT_ROUNDS);
		break;
	case 't':
		opts.limit.ns = number(state, arg, 1000000) * 1000000;
		break;
	case 'n':
		opts.limit = (struct drive_limit) {
			.packets = number(state, arg, 1UL << 40),
		};
		break;
	case 'w':
		opts.worker_cpu = atoi(arg);
		break;
	case 'j':
		opts.json = arg;
		break;
	case 'p':
		opts.plot = arg;
		break;
	case OPT_PROFILE:
		opts.profile = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The driver runs on the first CPU that is not the workers'. */
static int bind_driver(void)
{
	cpu_set_t set;

	if (opts.worker_cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(opts.worker_cpu ? 0 : 1, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static const char *why(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return "no frame moved for 5 s";
	case -EBADMSG:
		return "a frame arrived with a wrong length, order or content";
	case -ENODATA:
		return "not as many frames arrived as were sent";
	case -EPROTO:
		return "the device broke a rule of the ring";
	case -ESRCH:
		return "the device has no worker";
	default:
		return strerror(-error);
	}
}

/* A round; with a profile, only what is in the round counts. */
static int measure(struct subject *s, struct report_row *row, unsigned int device,
		   unsigned int round, unsigned long long *packets)
{
	struct drive_result result;
	unsigned int cpu = s->c->sender ? !opts.worker_cpu : opts.worker_cpu;
	int r = opts.profile ? profile_start(cpu) : 0;

	if (!r)
		r = drive_round(s, &opts.limit, &result);
	if (r)
		return r;
	if (opts.profile)
		profile_stop();
	*packets += result.packets;
	report_add(row, device, round, &result);
	return 0;
}

/* The profile of one device after the other: rounds that alternate would mix them. */
static int run_profiles(struct subject *s, struct report_row *row)
{
	unsigned int i, round;
	int r = 0;

	for (i = 0; i < row->ndevices && !r; i++) {
		unsigned long long packets = 0;

		for (round = 0; round < row->rounds && !r; round++)
			r = measure(&s[i], row, i, round, &packets);
		printf("%s, %s\n", row->c->name, s[i].node);
		if (!r)
			r = profile_print(stdout, packets);
	}
	return r;
}

/* A B, B A, A B, ... */
static int run_rounds(struct subject *s, struct report_row *row)
{
	unsigned long long packets;
	unsigned int i, round;
	int r = 0;

	for (round = 0; round < row->rounds && !r; round++)
		for (i = 0; i < row->ndevices && !r; i++) {
			unsigned int device = round % 2 ? row->ndevices - 1 - i : i;

			r = measure(&s[device], row, device, round, &packets);
		}
	return r;
}

static int run_case(const struct bench_case *c, struct report_row *row)
{
	static struct subject s[REPORT_DEVICES];
	struct drive_result warm;
	unsigned int i, opened;
	int r = 0;

	row->c = c;
	row->ndevices = opts.ndevices;
	row->rounds = opts.rounds;
	for (opened = 0; opened < row->ndevices && !r; opened++)
		r = subject_open(&s[opened], opts.node[opened], c, opened);
	for (i = 0; i < row->ndevices && !r; i++) {
		row->device[i].node = s[i].node;
		row->device[i].features = s[i].features;
		r = drive_verify(&s[i]);
		if (!r)
			r = drive_round(&s[i], &opts.limit, &warm);
		if (r)
			fprintf(stderr, "%s, %s: %s\n", c->name, s[i].node, why(r));
	}
	if (!r) {
		r = opts.profile ? run_profiles(s, row) : run_rounds(s, row);
		if (r)
			fprintf(stderr, "%s: %s\n", c->name, why(r));
	} else if (!i) {
		fprintf(stderr, "%s: cannot set up: %s\n", c->name, why(r));
	}
	while (opened)
		subject_close(&s[--opened]);
	return r;
}

/* The cases of the command line, or all.  Returns how many. */
static unsigned int choose_cases(const struct bench_case **chosen)
{
	const struct bench_case *c;
	unsigned int n = 0;
	char *name;

	if (!opts.cases)
		for (c = bench_cases; c->name; c++)
			chosen[n++] = c;
	for (name = opts.cases ? strtok(opts.cases, ",") : NULL; name; name = strtok(NULL, ",")) {
		c = bench_case_find(name);
		if (!c || n == CASES_MAX) {
			fprintf(stderr, "no case %s, see --list\n", name);
			exit(2);
		}
		chosen[n++] = c;
	}
	return n;
}

static int prepare(void)
{
	int r = subject_room();

	if (!r)
		r = bind_driver();
	if (!r)
		r = meter_init(opts.worker_cpu);
	if (r)
		fprintf(stderr, "cannot prepare: %s\n", strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Compare what two vhost network devices cost, as a guest's driver would use them.",
	};
	const struct bench_case *chosen[CASES_MAX];
	struct report_row *rows;
	unsigned int i, n, done = 0;
	bool failed = false;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	n = choose_cases(chosen);
	rows = calloc(n, sizeof(*rows));
	if (!rows || prepare())
		return 1;
	for (i = 0; i < n; i++) {
		if (run_case(chosen[i], &rows[done])) {
			failed = true;
			continue;
		}
		if (!done)
			report_head(stdout, &rows[done]);
		report_text(stdout, &rows[done++]);
	}
	printf("CPU time: %s\n", meter_cpu_source());
	printf("instructions: %s\n", meter_insns_source() ? : "not counted, there are no performance counters");
	if (opts.json && report_json(opts.json, rows, done))
		failed = true;
	if (opts.plot && report_plot(opts.plot, rows, done))
		failed = true;
	free(rows);
	return failed;
}
