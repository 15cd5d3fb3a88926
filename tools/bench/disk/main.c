// SPDX-License-Identifier: GPL-2.0
/*
 * bench: what a request of a disk costs the host, by myvhost and by what it is compared
 * with.
 *
 * Duty: options, rounds, results.  The servers of a case take turns on the same device.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "case.h"
#include "meter.h"
#include "profile.h"

#define ROUNDS_MAX	32

static const struct server *const servers[] = {
	&server_myvhost, &server_uring, &server_uring_fixed,
};
#define SERVERS	(sizeof(servers) / sizeof(*servers))

static struct {
	char *cases;
	char *only;
	const char *json;
	unsigned int rounds, n;
	bool profile;
} opts = { .rounds = 3, .n = 6000 };

static const struct argp_option options[] = {
	{ "cases", 'c', "NAME,...", 0, "what to measure, all by default", 0 },
	{ "server", 's', "NAME", 0, "only this one", 0 },
	{ "rounds", 'r', "N", 0, "rounds of each server and case", 0 },
	{ "packets", 'n', "N", 0, "requests of a round", 0 },
	{ "list", 'l', NULL, 0, "print the names of the cases", 0 },
	{ "json", 'j', "FILE", 0, "write the results as JSON", 0 },
	{ "plot", 'p', "FILE", OPTION_HIDDEN, "", 0 },
	{ "profile", 'P', NULL, 0, "print the instructions of each kernel function", 0 },
	{ }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct disk_case *c;

	switch (key) {
	case 'c':
		opts.cases = arg;
		break;
	case 's':
		opts.only = arg;
		break;
	case 'r':
	case 'n':
		if (atoi(arg) < 1 || (key == 'r' && atoi(arg) > ROUNDS_MAX))
			argp_error(state, "not a number: %s", arg);
		*(key == 'r' ? &opts.rounds : &opts.n) = atoi(arg);
		break;
	case 'l':
		for (c = disk_cases; c->name; c++)
			puts(c->name);
		exit(0);
	case 'j':
		opts.json = arg;
		break;
	case 'p':
		break;
	case 'P':
		opts.profile = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static bool chosen(const struct disk_case *c)
{
	size_t len = strlen(c->name);
	const char *p = opts.cases;

	while (p && (p = strstr(p, c->name))) {
		if ((p == opts.cases || p[-1] == ',') && (!p[len] || p[len] == ','))
			return true;
		p++;
	}
	return !opts.cases;
}

/* Large requests, and ones that are waited for, are fewer. */
static unsigned int requests(const struct disk_case *c)
{
	unsigned int n = opts.n;

	if (c->len > 65536)
		n /= 8;
	if (c->depth < 8)
		n /= 4;
	return n > c->depth * 4 ? n : c->depth * 4;
}

/* A warm-up, then the rounds.  The figures are per request. */
static int measure(const struct server *s, const struct disk_case *c, const char *path,
		   struct disk_counts *rounds)
{
	unsigned int n = requests(c), i;
	struct disk_counts *k;
	int r = s->open(c, path);

	if (!r && c->memory && s->verify)
		r = s->verify();
	if (!r)
		r = s->run(c, n, &rounds[0]);
	if (!r && opts.profile)
		r = profile_start(server_cpu);
	for (i = 0; i < opts.rounds && !r; i++) {
		k = &rounds[i];
		r = s->run(c, n, k);
		k->insns /= n;
		k->sleeps /= n;
		k->kicks /= n;
		k->calls /= n;
		k->runs /= n;
	}
	if (!r && opts.profile) {
		profile_stop();
		printf("%s, %s\n", c->name, s->name);
		r = profile_print(stdout, (unsigned long long)n * opts.rounds);
	}
	s->close();
	return r;
}

static double least(const struct disk_counts *rounds)
{
	double v = rounds[0].insns;
	unsigned int i;

	for (i = 1; i < opts.rounds; i++)
		if (rounds[i].insns < v)
			v = rounds[i].insns;
	return v;
}

static void print(const struct disk_case *c, const struct server *s,
		  const struct disk_counts *rounds)
{
	const struct disk_counts *k = &rounds[opts.rounds - 1];

	printf("%-26s %-16s %9.0f %7.3f %7.3f %7.3f %7.3f\n", c->name, s->name, least(rounds),
	       k->kicks, k->calls, k->runs, k->sleeps);
}

static void json_server(FILE *f, const struct server *s, const struct disk_counts *rounds)
{
	unsigned int i;

	fprintf(f, "{\"node\": \"%s\", \"instructions_per_packet\": [", s->name);
	for (i = 0; i < opts.rounds; i++)
		fprintf(f, "%s%.2f", i ? ", " : "", rounds[i].insns);
	fprintf(f, "], \"kicks_per_packet\": %.4f, \"calls_per_packet\": %.4f, ",
		rounds[opts.rounds - 1].kicks, rounds[opts.rounds - 1].calls);
	fprintf(f, "\"runs_per_packet\": %.4f, \"sleeps_per_packet\": %.4f}",
		rounds[opts.rounds - 1].runs, rounds[opts.rounds - 1].sleeps);
}

static int run_case(const struct disk_case *c, FILE *json, bool first)
{
	static struct disk_counts rounds[ROUNDS_MAX];
	const char *path;
	unsigned int i;
	bool comma = false;
	int r = backing_open(c, &path);

	if (json)
		fprintf(json, "%s\n{\"case\": \"%s\", \"rounds\": %u, \"devices\": [",
			first ? "" : ",", c->name, opts.rounds);
	for (i = 0; i < SERVERS && !r; i++) {
		if (opts.only && strcmp(opts.only, servers[i]->name))
			continue;
		r = measure(servers[i], c, path, rounds);
		if (r)
			break;
		print(c, servers[i], rounds);
		if (json) {
			if (comma)
				fputs(",\n  ", json);
			json_server(json, servers[i], rounds);
			comma = true;
		}
	}
	if (json)
		fprintf(json, "]}");
	backing_close();
	if (r)
		fprintf(stderr, "%s, %s: %s\n", c->name, i < SERVERS ? servers[i]->name : "",
			strerror(-r));
	return r;
}

/* What a server leaves to kernel threads is to be counted, too. */
static void bind_pools(void)
{
	FILE *f = fopen("/sys/devices/virtual/workqueue/cpumask", "w");

	if (!f)
		return;
	fprintf(f, "%x\n", 1 << server_cpu);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Compare what requests of disks cost the host.",
	};
	const struct disk_case *c;
	bool failed = false, first = true;
	FILE *json = NULL;
	struct utsname name;
	cpu_set_t set;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || meter_init(server_cpu))
		return 1;
	bind_pools();
	if (opts.json) {
		json = fopen(opts.json, "w");
		if (!json)
			return 1;
		uname(&name);
		fprintf(json, "{\"part\": \"disk\", \"kernel\": \"%s\", ", name.release);
		fprintf(json, "\"instructions\": \"all of the server's virtual CPU (QEMU plugin)\", ");
		fputs("\"cases\": [", json);
	}
	printf("%-26s %-16s %9s %7s %7s %7s %7s\n", "case", "server", "insns", "kicks", "calls",
	       "runs", "sleeps");
	for (c = disk_cases; c->name; c++) {
		if (!chosen(c))
			continue;
		failed |= run_case(c, json, first);
		first = false;
	}
	if (json) {
		fputs("\n]}\n", json);
		fclose(json);
	}
	return failed;
}
