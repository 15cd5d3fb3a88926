/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small harness: each test runs in a process of its own with a time limit,
 * one KTAP line per test.
 */
#ifndef _UNIT_H
#define _UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

typedef void (*unit_fn)(int arg);

void unit_add(const char *name, unit_fn fn, int arg);
void unit_context(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void unit_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void unit_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* Numbers from a seed; the same on every machine. */
uint64_t unit_rand(void);
uint32_t unit_rand_below(uint32_t n);
void unit_rand_seed(uint64_t seed);
uint64_t unit_seed(unsigned int i);

/* Tell what is drawn from now on, and below what, 0 for any number; NULL: no more. */
typedef void (*unit_seen_fn)(uint64_t v, uint32_t below);
void unit_rand_watch(unit_seen_fn fn);

#define check(cond)							\
do {									\
	if (!(cond))							\
		unit_fail(__FILE__, __LINE__, "not true: %s", #cond);	\
} while (0)

#define check_eq(a, b)							\
do {									\
	long long _x = (long long)(a), _y = (long long)(b);		\
									\
	if (_x != _y)							\
		unit_fail(__FILE__, __LINE__,				\
			  "%s is %lld (%#llx), not %s = %lld (%#llx)",	\
			  #a, _x, _x, #b, _y, _y);			\
} while (0)

/* A test: the block that follows is its body. */
#define UNIT_TEST(fn, name)						\
	static void fn(int arg);					\
	static __attribute__((constructor)) void fn##_add(void)		\
	{								\
		unit_add(name, fn, 0);					\
	}								\
	static void fn(int arg __attribute__((unused)))

/* A test of both ring layouts: the body sees "int packed". */
#define UNIT_TEST_BOTH(fn, split_ids, packed_ids, what)			\
	static void fn(int packed);					\
	static __attribute__((constructor)) void fn##_add(void)		\
	{								\
		unit_add(split_ids " split: " what, fn, 0);		\
		unit_add(packed_ids " packed: " what, fn, 1);		\
	}								\
	static void fn(int packed)

#endif /* _UNIT_H */
