// SPDX-License-Identifier: GPL-2.0
/* Test runner with KTAP output, see ktap.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
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

/* Grace between the alarm of a case and the verdict that it cannot be killed. */
#define KTAP_STUCK_SECS		20
#define KTAP_AT_END_MAX		4

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

struct ktap_hooks ktap_hooks;

static struct ktap_test *tests;
static struct ktap_case *cases;
static unsigned int ncases;
static void (*at_end[KTAP_AT_END_MAX])(void);
static unsigned int n_at_end;

/* A kernel built for debugging is slower: KTAP_SLOWDOWN says how many times. */
static unsigned int ktap_slowdown(void)
{
	const char *value = getenv("KTAP_SLOWDOWN");
	int n = value ? atoi(value) : 1;

	return n > 1 ? n : 1;
}

/*
 * Add a test, see KTAP_TEST().  The order of constructors is the compiler's,
 * that of tests is not.
 */
void ktap_register(struct ktap_test *test)
{
	struct ktap_test **at = &tests;

	for (; *at; at = &(*at)->next) {
		int order = strcmp((*at)->file, test->file);

		if (order > 0 || (!order && (*at)->line > test->line))
			break;
	}
	test->next = *at;
	*at = test;
}

/*
 * See KTAP_TEARDOWN().
 * @fn: called after those that were given before it
 */
void ktap_at_end(void (*fn)(void))
{
	if (n_at_end == KTAP_AT_END_MAX)
		abort();
	at_end[n_at_end++] = fn;
}

/*
 * See ktap_variant().
 * @list: filled up to its first variant without a name
 */
void ktap_variant_add(struct ktap_variant *list, unsigned int max,
		      const void *arg, size_t size, const char *fmt, ...)
{
	void *copy = malloc(size);
	unsigned int i = 0;
	va_list ap;
	char *name;

	while (list[i].name)
		i++;
	va_start(ap, fmt);
	if (!copy || i + 1 >= max || vasprintf(&name, fmt, ap) < 0)
		abort();
	va_end(ap);
	memcpy(copy, arg, size);
	list[i].name = name;
	list[i].arg = copy;
}

static void ktap_vdiag(const char *fmt, va_list ap)
{
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
}

/* Print a diagnostic line. */
void ktap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
}

/* Print a diagnostic line if -v was given. */
void ktap_info(const char *fmt, ...)
{
	va_list ap;

	if (!ktap_opts.verbose)
		return;
	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
}

/* End the running case as skipped. */
void ktap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ktap_vdiag(fmt, ap);
	va_end(ap);
	_exit(KTAP_SKIP);
}

/* End the running case as failed. */
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

static bool ktap_wanted(const char *name, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

static void ktap_usage(const char *prog)
{
	fprintf(stderr, "usage: %s [-v] [-l] [-d NODE] [-r REFERENCE] [PATTERN...]\n"
		"  -d  device under test, default /dev/myvhost\n"
		"  -r  device to compare with, default /dev/vhost-net\n"
		"  -l  list the cases\n"
		"  -v  print more\n%s"
		"  PATTERN: run the cases whose name matches only\n", prog,
		ktap_hooks.help ? ktap_hooks.help : "");
	exit(2);
}

/* Returns true if the cases are to be listed. */
static bool ktap_parse(int argc, char **argv)
{
	char letters[64] = "d:r:lv";
	bool list = false;
	const char *l;
	int o;

	for (l = ktap_hooks.letters; l && *l; l++)
		snprintf(letters + strlen(letters),
			 sizeof(letters) - strlen(letters), "%c:", *l);
	while ((o = getopt(argc, argv, letters)) != -1) {
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
		case '?':
			ktap_usage(argv[0]);
			break;
		default:
			ktap_hooks.option(o, optarg);
		}
	}
	return list;
}

static void ktap_add(const struct ktap_test *t, const struct ktap_variant *v,
		     char **patterns)
{
	struct ktap_case c = {
		.fn = t->fn,
		.arg = v->arg,
		.secs = (t->limit + ktap_opts.more_secs) * ktap_slowdown(),
	};

	if (asprintf(&c.name, "%s%s%s", t->name, *v->name ? "_" : "",
		     v->name) < 0)
		abort();
	if (!ktap_wanted(c.name, patterns)) {
		free(c.name);
		return;
	}
	cases = realloc(cases, (ncases + 1) * sizeof(*cases));
	if (!cases)
		abort();
	cases[ncases++] = c;
}

static void ktap_make_cases(char **patterns)
{
	static const struct ktap_variant plain[] = { { "", NULL }, { } };
	const struct ktap_variant *v;
	const struct ktap_test *t;

	for (t = tests; t; t = t->next)
		for (v = t->variants ? t->variants : plain; v->name; v++)
			ktap_add(t, v, patterns);
}

/* Returns KTAP_PASS, KTAP_FAIL or KTAP_SKIP. */
static int ktap_report(unsigned int i)
{
	const struct ktap_case *c = &cases[i];
	struct timespec t0, t1;
	const char *why;
	bool ok;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	rc = ktap_run(c, &why);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ktap_info("%lld ms", (t1.tv_sec - t0.tv_sec) * 1000LL +
		  (t1.tv_nsec - t0.tv_nsec) / 1000000);
	ok = rc == KTAP_PASS || rc == KTAP_SKIP;
	printf("%s %u %s%s%s\n", ok ? "ok" : "not ok", i + 1, c->name,
	       rc == KTAP_SKIP ? " # SKIP" : *why ? " #" : "", why);
	fflush(stdout);
	return ok ? rc : KTAP_FAIL;
}

static int ktap_run_all(void)
{
	unsigned int i, nfail = 0, nskip = 0;
	int rc;

	printf("1..%u\n", ncases);
	for (i = 0; i < ncases; i++) {
		rc = ktap_report(i);
		nfail += rc == KTAP_FAIL;
		nskip += rc == KTAP_SKIP;
	}
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       ncases - nfail - nskip, nfail, nskip);
	return nfail ? KTAP_FAIL : nskip == ncases ? KTAP_SKIP : KTAP_PASS;
}

/* The exit status is KTAP_PASS, KTAP_FAIL or KTAP_SKIP. */
int main(int argc, char **argv)
{
	bool list = ktap_parse(argc, argv);
	unsigned int i;
	sigset_t set;
	int rc;

	ktap_make_cases(argv + optind);
	if (list) {
		for (i = 0; i < ncases; i++)
			printf("%s\n", cases[i].name);
		return KTAP_PASS;
	}
	printf("TAP version 13\n");
	if (access(ktap_opts.node, R_OK | W_OK)) {
		printf("1..0 # SKIP %s: %s\n", ktap_opts.node, strerror(errno));
		return KTAP_SKIP;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (ktap_hooks.setup)
		ktap_hooks.setup();
	rc = ktap_run_all();
	for (i = 0; i < n_at_end; i++)
		at_end[i]();
	return rc;
}

/*
 * Call a function that returns 0 or a negative errno in a process without rights.
 * Returns what it does, or -255 if there is no such process.
 */
int ktap_as_nobody(int (*fn)(int fd, const void *arg), int fd, const void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(255);
		_exit(-fn(fd, arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -255;
	return -WEXITSTATUS(status);
}
