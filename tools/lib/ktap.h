/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runner with KTAP output.
 *
 * Duty: run each case in a process, a process group and a network name space
 * of its own, bound its time, and print one KTAP line per case.  A case ends by
 * returning (passed), ktap_fail() or ktap_skip(); it need not clean up, its
 * process ends.  Must not know what is tested.
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

typedef void (*ktap_fn)(const void *arg);

/**
 * struct ktap_opts - what the command line said
 * @node: device under test, option -d
 * @reference: device to compare with, option -r
 * @verbose: option -v, print diagnostics of passed cases as well
 */
struct ktap_opts {
	const char *node;
	const char *reference;
	bool verbose;
};

extern struct ktap_opts ktap_opts;

void ktap_add(ktap_fn fn, const void *arg, unsigned int secs,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int ktap_main(int argc, char **argv);

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

#endif /* TOOLS_LIB_KTAP_H */
