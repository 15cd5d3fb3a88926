// SPDX-License-Identifier: GPL-2.0
/*
 * Test runner with KTAP output, see ktap.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"

struct ktap_case {
	char *name;
	ktap_fn fn;
	const void *arg;
	unsigned int secs;
};

struct ktap_opts ktap_opts = {
	.node = "/dev/myvhost",
	.reference = "/dev/vhost-net",
};

static struct ktap_case *cases;
static unsigned int ncases;

/* Grace between the alarm of a case and the verdict that it cannot be killed. */
#define KTAP_STUCK_SECS 20

/* A kernel built for debugging is slower: KTAP_SLOWDOWN says how many times. */
static unsigned int ktap_slowdown(void)
{
	const char *value = getenv("KTAP_SLOWDOWN");
	int n = value ? atoi(value) : 1;

	return n > 1 ? n : 1;
}

/**
 * ktap_add() - register a case
 * @fn: what to run
 * @arg: passed to @fn
 * @secs: time limit
 * @fmt: name of the case
 */
void ktap_add(ktap_fn fn, const void *arg, unsigned int secs,
	      const char *fmt, ...)
{
	struct ktap_case *c;
	va_list ap;

	cases = realloc(cases, (ncases + 1) * sizeof(*cases));
	if (!cases)
		abort();
	c = &cases[ncases++];
	va_start(ap, fmt);
	if (vasprintf(&c->name, fmt, ap) < 0)
		abort();
	va_end(ap);
	c->fn = fn;
	c->arg = arg;
	c->secs = secs * ktap_slowdown();
}

static void ktap_vdiag(const char *fmt, va_list ap)
{
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
}

/**
 * ktap_diag() - print a diagnostic line
 * @fmt: the line
 */
void ktap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
}

/**
 * ktap_info() - print a diagnostic line if -v was given
 * @fmt: the line
 */
void ktap_info(const char *fmt, ...)
{
	va_list ap;

	if (!ktap_opts.verbose)
		return;
	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
}

/**
 * ktap_skip() - end the running case as skipped
 * @fmt: the reason
 */
void ktap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
	_exit(KTAP_SKIP);
}

/**
 * ktap_fail_at() - end the running case as failed
 * @file: source file
 * @line: source line
 * @fmt: what is wrong
 */
void ktap_fail_at(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list ap;

	printf("# %s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(KTAP_FAIL);
}

/* No router solicitations and the like on interfaces that a case makes. */
static void ktap_quiet_net(void)
{
	static const char file[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
	int fd = open(file, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		ktap_info("%s: %s", file, strerror(errno));
	close(fd);
}

static void ktap_child(const struct ktap_case *c)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(c->secs);
	if (unshare(CLONE_NEWNET))
		ktap_fail("unshare: %s", strerror(errno));
	ktap_quiet_net();
	c->fn(c->arg);
	fflush(stdout);
	_exit(KTAP_PASS);
}

/* Wait for @pid at most @secs seconds. Returns false if it is still there. */
static bool ktap_wait(pid_t pid, unsigned int secs, int *status)
{
	struct timespec step = { .tv_nsec = 200 * 1000 * 1000 };
	sigset_t set;
	time_t end = time(NULL) + secs;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		if (time(NULL) >= end)
			return false;
		sigtimedwait(&set, NULL, &step);
	}
}

static int ktap_run(const struct ktap_case *c, const char **why)
{
	int status = 0;
	pid_t pid;

	*why = "";
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return KTAP_FAIL;
	if (!pid)
		ktap_child(c);
	setpgid(pid, pid);
	if (!ktap_wait(pid, c->secs + KTAP_STUCK_SECS, &status)) {
		kill(-pid, SIGKILL);
		*why = " stuck in the kernel";
		return KTAP_FAIL;
	}
	kill(-pid, SIGKILL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	*why = WTERMSIG(status) == SIGALRM ? " timed out" : " killed";
	return KTAP_FAIL;
}

static bool ktap_wanted(const char *name, char **patterns, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return n == 0;
}

static void ktap_usage(const char *prog)
{
	fprintf(stderr, "usage: %s [-v] [-l] [-d NODE] [-r REFERENCE] [PATTERN...]\n"
		"  -d  device under test, default /dev/myvhost\n"
		"  -r  device to compare with, default /dev/vhost-net\n"
		"  -l  list the cases\n"
		"  -v  print more\n"
		"  PATTERN: run the cases whose name matches only\n", prog);
	exit(2);
}

static bool ktap_parse(int argc, char **argv)
{
	bool list = false;
	int o;

	while ((o = getopt(argc, argv, "d:r:lv")) != -1) {
		switch (o) {
		case 'd':
			ktap_opts.node = optarg;
			break;
		case 'r':
			ktap_opts.reference = optarg;
			break;
		case 'l':
			list = true;
			break;
		case 'v':
			ktap_opts.verbose = true;
			break;
		default:
			ktap_usage(argv[0]);
		}
	}
	return list;
}

static unsigned int ktap_select(char **patterns, int npatterns, bool list)
{
	unsigned int i, n = 0;

	for (i = 0; i < ncases; i++) {
		if (!ktap_wanted(cases[i].name, patterns, npatterns))
			continue;
		if (list)
			printf("%s\n", cases[i].name);
		cases[n++] = cases[i];
	}
	return n;
}

/**
 * ktap_main() - run the registered cases
 * @argc: of main()
 * @argv: of main()
 *
 * Return: exit status of the program, KTAP_PASS, KTAP_FAIL or KTAP_SKIP.
 */
int ktap_main(int argc, char **argv)
{
	unsigned int i, nfail = 0, nskip = 0;
	bool list = ktap_parse(argc, argv);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ncases = ktap_select(argv + optind, argc - optind, list);
	if (list)
		return KTAP_PASS;
	printf("TAP version 13\n");
	if (access(ktap_opts.node, R_OK | W_OK)) {
		printf("1..0 # SKIP %s: %s\n", ktap_opts.node, strerror(errno));
		return KTAP_SKIP;
	}
	printf("1..%u\n", ncases);
	for (i = 0; i < ncases; i++) {
		struct timespec t0, t1;
		const char *why;
		int rc;

		clock_gettime(CLOCK_MONOTONIC, &t0);
		rc = ktap_run(&cases[i], &why);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		ktap_info("%lld ms", (t1.tv_sec - t0.tv_sec) * 1000LL +
			  (t1.tv_nsec - t0.tv_nsec) / 1000000);

		printf("%s %u %s%s%s\n", rc == KTAP_PASS || rc == KTAP_SKIP ?
		       "ok" : "not ok", i + 1, cases[i].name,
		       rc == KTAP_SKIP ? " # SKIP" : *why ? " #" : "", why);
		nfail += rc != KTAP_PASS && rc != KTAP_SKIP;
		nskip += rc == KTAP_SKIP;
	}
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       ncases - nfail - nskip, nfail, nskip);
	return nfail ? KTAP_FAIL : nskip == ncases ? KTAP_SKIP : KTAP_PASS;
}
