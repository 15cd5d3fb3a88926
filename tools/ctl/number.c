// SPDX-License-Identifier: GPL-2.0
/*
 * See number.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "number.h"

#define NSEC_PER_SEC	1000000000ULL

static const char suffixes[] = "KMGTPE";

/* Take the digits at the beginning of *@s. */
static int number_take(const char **s, uint64_t *n)
{
	const char *p = *s;
	uint64_t sum = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *p - '0', &sum))
			return -ERANGE;
	*s = p;
	*n = sum;
	return 0;
}

/**
 * number_parse() - a decimal number
 * @s: text
 * @n: result
 *
 * Return: 0, -EINVAL if it is none, -ERANGE if it is too large.
 */
int number_parse(const char *s, uint64_t *n)
{
	int r = number_take(&s, n);

	return r ? r : *s ? -EINVAL : 0;
}

/* The power of two that a suffix stands for, or -1. */
static int size_shift(char c)
{
	const char *p;

	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	p = c ? strchr(suffixes, c) : NULL;
	return p ? 10 * (int)(p - suffixes + 1) : -1;
}

/**
 * size_parse() - bytes, with a suffix K, M, G, T, P or E for powers of 1024
 * @s: text
 * @n: result
 *
 * Return: as number_parse().
 */
int size_parse(const char *s, uint64_t *n)
{
	int shift, r = number_take(&s, n);

	if (r || !*s)
		return r;
	shift = size_shift(*s);
	if (shift < 0 || s[1])
		return -EINVAL;
	if (*n > UINT64_MAX >> shift)
		return -ERANGE;
	*n <<= shift;
	return 0;
}

/**
 * limit_parse() - N or N,BURST
 * @s: text
 * @parse: how both are written
 * @limit: result
 *
 * Return: as number_parse(); no burst without a limit.
 */
int limit_parse(const char *s, number_fn parse, struct limit *limit)
{
	const char *comma = strchr(s, ',');
	char first[32];
	int r;

	limit->burst = 0;
	if (!comma)
		return parse(s, &limit->rate);
	if ((size_t)(comma - s) >= sizeof(first))
		return -EINVAL;
	memcpy(first, s, comma - s);
	first[comma - s] = 0;
	r = parse(first, &limit->rate);
	if (!r)
		r = parse(comma + 1, &limit->burst);
	if (!r && (!limit->rate || !limit->burst))
		r = -EINVAL;
	return r;
}

/**
 * seconds_parse() - seconds, with decimals or without
 * @s: text
 * @nsecs: result
 *
 * Return: as number_parse().
 */
int seconds_parse(const char *s, uint64_t *nsecs)
{
	uint64_t whole, unit = NSEC_PER_SEC;
	int r = number_take(&s, &whole);

	if (r)
		return r;
	if (__builtin_mul_overflow(whole, NSEC_PER_SEC, nsecs))
		return -ERANGE;
	if (!*s)
		return 0;
	if (*s++ != '.' || !*s)
		return -EINVAL;
	for (; *s >= '0' && *s <= '9' && unit > 1; s++) {
		unit /= 10;
		if (__builtin_add_overflow(*nsecs, (*s - '0') * unit, nsecs))
			return -ERANGE;
	}
	return *s ? -EINVAL : 0;
}

/**
 * range_parse() - a number between bounds
 * @s: text
 * @min: smallest
 * @max: largest
 * @n: result
 *
 * Return: whether it is one.
 */
bool range_parse(const char *s, uint64_t min, uint64_t max, uint64_t *n)
{
	return !number_parse(s, n) && *n >= min && *n <= max;
}

/**
 * size_print() - exactly, and so that size_parse() reads it
 * @buf: where to
 * @len: its size
 * @n: bytes
 */
void size_print(char *buf, size_t len, uint64_t n)
{
	char suffix[2] = "";
	const char *p;

	for (p = suffixes; n && !(n & 1023) && *p; p++) {
		n >>= 10;
		suffix[0] = *p;
	}
	snprintf(buf, len, "%llu%s", (unsigned long long)n, suffix);
}

/**
 * rate_print() - roughly, for a column of a table
 * @buf: where to
 * @len: its size
 * @n: anything per second
 */
void rate_print(char *buf, size_t len, double n)
{
	char suffix[2] = "";
	const char *p;

	for (p = suffixes; n >= 10000 && *p; p++) {
		n /= 1024;
		suffix[0] = *p;
	}
	snprintf(buf, len, "%.*f%s", suffix[0] && n < 1000 ? 1 : 0, n, suffix);
}
