/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runner with KTAP output.
 *
 * Duty: run each case in a process, a process group and a network name space
 * of its own, bound its time, and print one KTAP line per case.  A case ends by
 * returning (passed), ktap_fail() or ktap_skip(); it need not clean up, its
 * process ends.  main() is here.  Must not know what is tested.
 */
#ifndef TOOLS_LIB_KTAP_H
#define TOOLS_LIB_KTAP_H

#include <stdbool.h>
#include <stddef.h>

/* Exit status of a case's process. */
enum {
	KTAP_PASS = 0,
	KTAP_FAIL = 1,
	KTAP_SKIP = 4,
};

/*
 * Time limits, in seconds.  They end what hangs; nothing is asserted of how long a
 * case takes.
 */
enum {
	KTAP_BRIEF = 10,
	KTAP_SHORT = 30,
	KTAP_LONG = 60,
	KTAP_SWEEP = 240,
};

typedef void (*ktap_fn)(const void *arg);

/**
 * struct ktap_variant - one of the ways in which a test runs
 * @name: ends the name of the case; NULL ends the list, "" adds nothing
 * @arg: for the test
 */
struct ktap_variant {
	const char *name;
	const void *arg;
};

/**
 * struct ktap_test - what KTAP_TEST() registers
 * @next: in the order of files and lines
 * @variants: a case for each, or NULL for one case
 * @limit: seconds
 */
struct ktap_test {
	struct ktap_test *next;
	const char *name;
	ktap_fn fn;
	const struct ktap_variant *variants;
	unsigned int limit;
	const char *file;
	int line;
};

/**
 * struct ktap_hooks - what a program has besides its cases
 * @setup: before the first case, in the process that runs them
 * @letters: option letters, each of which takes a value
 * @help: their lines of the usage
 * @option: called for each of them that was given
 */
struct ktap_hooks {
	void (*setup)(void);
	const char *letters;
	const char *help;
	void (*option)(int letter, const char *value);
};

extern struct ktap_hooks ktap_hooks;

/**
 * struct ktap_opts - the command line
 * @node: device under test, option -d
 * @reference: device to compare with, option -r
 * @verbose: option -v, print diagnostics of passed cases as well
 * @more_secs: added to the limit of each case, for ktap_hooks.option
 */
struct ktap_opts {
	const char *node;
	const char *reference;
	bool verbose;
	unsigned int more_secs;
};

extern struct ktap_opts ktap_opts;

void ktap_register(struct ktap_test *test);
void ktap_at_end(void (*fn)(void));
void ktap_variant_add(struct ktap_variant *list, unsigned int max,
		      const void *arg, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * KTAP_TEST() - a test, whose body follows; it sees the variant's "const void *arg"
 * @test: name of the function
 * @secs: time limit, KTAP_SHORT and others
 * @list: variants, or NULL
 * @what: name of the case, with the ids of the rules that it checks; a variant
 *	adds "_" and its own
 */
#define KTAP_TEST(test, secs, list, what)				\
	static void test(const void *arg);				\
	static __attribute__((constructor)) void test##_register(void)	\
	{								\
		static struct ktap_test t = {				\
			.name = what, .fn = test, .variants = list,	\
			.limit = secs, .file = __FILE__, .line = __LINE__, \
		};							\
									\
		ktap_register(&t);					\
	}								\
	static void test(const void *arg __attribute__((unused)))

/*
 * KTAP_VARIANTS() - variants that are computed; the body that follows calls
 * ktap_variant() for each
 * @list: name of the list
 * @max: how many there may be
 */
#define KTAP_VARIANTS(list, max)					\
	struct ktap_variant list[(max) + 1];				\
	static __attribute__((constructor)) void list##_fill(void)

/* Add a copy of @value, of any type, to @list; the name follows as for printf(). */
#define ktap_variant(list, value, ...)					\
	ktap_variant_add(list, sizeof(list) / sizeof(*(list)), &(value), \
			 sizeof(value), __VA_ARGS__)

/* The body that follows runs before the first case, in the parent of all. */
#define KTAP_SETUP(fn)							\
	static void fn(void);						\
	static __attribute__((constructor)) void fn##_register(void)	\
	{								\
		ktap_hooks.setup = fn;					\
	}								\
	static void fn(void)

/* The body that follows runs after the last case; a program's before a library's. */
#define KTAP_TEARDOWN(fn)						\
	static void fn(void);						\
	static __attribute__((constructor)) void fn##_register(void)	\
	{								\
		ktap_at_end(fn);					\
	}								\
	static void fn(void)

/* Options with a value: "int letter" and "const char *value" go to the body. */
#define KTAP_OPTIONS(fn, list, lines)					\
	static void fn(int letter, const char *value);			\
	static __attribute__((constructor)) void fn##_register(void)	\
	{								\
		ktap_hooks.letters = list;				\
		ktap_hooks.help = lines;				\
		ktap_hooks.option = fn;					\
	}								\
	static void fn(int letter, const char *value)

void ktap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ktap_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ktap_skip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void ktap_fail_at(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#define ktap_fail(...)	ktap_fail_at(__FILE__, __LINE__, __VA_ARGS__)

/* End the case as failed unless @cond holds. */
#define ktap_check(cond, ...)						\
	do {								\
		if (!(cond))						\
			ktap_fail_at(__FILE__, __LINE__, __VA_ARGS__);	\
	} while (0)

/* End the case as failed unless two integers are equal. */
#define ktap_eq(a, b)							\
	do {								\
		long long _a = (long long)(a), _b = (long long)(b);	\
									\
		if (_a != _b)						\
			ktap_fail_at(__FILE__, __LINE__,		\
				     "%s is %lld (0x%llx), expected %s = %lld (0x%llx)", \
				     #a, _a, _a, #b, _b, _b);		\
	} while (0)

/* End the case as failed unless a call returns zero or more. */
#define ktap_ok(call)							\
	({								\
		long _r = (long)(call);					\
									\
		if (_r < 0)						\
			ktap_fail_at(__FILE__, __LINE__, "%s: %s (%ld)",\
				     #call, strerror((int)-_r), _r);	\
		_r;							\
	})

int ktap_as_nobody(int (*fn)(int fd, const void *arg), int fd, const void *arg);

#endif /* TOOLS_LIB_KTAP_H */
