// SPDX-License-Identifier: GPL-2.0
/*
 * See unit.h.  With an argument only tests whose name contains it run, in this
 * process, for a debugger.  UNIT_SEED=N replaces the seeds.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "env.h"
#include "unit.h"

#define UNIT_MAX	512
#define UNIT_SECONDS	60

struct unit_test {
	const char *name;
	unit_fn fn;
	int arg;
};

static struct unit_test tests[UNIT_MAX];
static unsigned int n_tests;
static char context[256];
static uint64_t state;
static unit_seen_fn seen;

/* Leaks are counted in env.c; locals must stay on the stack. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1";
}

void unit_add(const char *name, unit_fn fn, int arg)
{
	if (n_tests == UNIT_MAX)
		abort();
	tests[n_tests++] = (struct unit_test) { name, fn, arg };
}

/* What a failure message is to mention besides. */
void unit_context(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
}

/* A line for the reader of the report. */
void unit_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# %s:%d: ", file, line);
	vprintf(fmt, ap);
	if (context[0])
		printf(" [%s]", context);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	_exit(1);
}

/* splitmix64 */
static uint64_t unit_next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint64_t unit_rand(void)
{
	uint64_t v = unit_next();

	if (seen)
		seen(v, 0);
	return v;
}

uint32_t unit_rand_below(uint32_t n)
{
	uint32_t v = unit_next() % n;

	if (seen)
		seen(v, n);
	return v;
}

void unit_rand_watch(unit_seen_fn fn)
{
	seen = fn;
}

void unit_rand_seed(uint64_t seed)
{
	state = seed;
	unit_context("seed %llu", (unsigned long long)seed);
}

/* The seed of round @i. */
uint64_t unit_seed(unsigned int i)
{
	const char *fixed = getenv("UNIT_SEED");

	return fixed ? strtoull(fixed, NULL, 0) : i + 1;
}

static void unit_body(const struct unit_test *t)
{
	t->fn(t->arg);
	env_check_end();
}

static bool unit_passed(const struct unit_test *t)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		alarm(UNIT_SECONDS);
		unit_body(t);
		exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFSIGNALED(status))
		printf("# killed by %s\n", strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int unit_run_some(const char *part)
{
	unsigned int i;

	for (i = 0; i < n_tests; i++) {
		if (!strstr(tests[i].name, part))
			continue;
		printf("# %s\n", tests[i].name);
		fflush(stdout);
		unit_body(&tests[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int i, failed = 0;

	if (argc > 1)
		return unit_run_some(argv[1]);
	printf("KTAP version 1\n1..%u\n", n_tests);
	for (i = 0; i < n_tests; i++) {
		bool ok = unit_passed(&tests[i]);

		printf("%s %u %s\n", ok ? "ok" : "not ok", i + 1,
		       tests[i].name);
		failed += !ok;
	}
	return failed ? 1 : 0;
}
