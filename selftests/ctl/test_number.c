// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers as users write them.
 */
#include <errno.h>
#include <string.h>
#include "number.h"
#include "unit.h"

static void check_text(const char *got, const char *want)
{
	unit_context("got \"%s\", want \"%s\"", got, want);
	check(!strcmp(got, want));
	unit_context("%s", "");
}

static const char *const no_numbers[] = {
	"", " ", "-1", "+1", " 1", "1 ", "0x10", "1e3", "one", "1,000", "1.5",
	"\t1", "1\n",
};

UNIT_TEST(number_good, "number: decimal digits up to 64 bits")
{
	uint64_t n;

	check_eq(number_parse("0", &n), 0);
	check_eq(n, 0);
	check_eq(number_parse("007", &n), 0);
	check_eq(n, 7);
	check_eq(number_parse("18446744073709551615", &n), 0);
	check(n == UINT64_MAX);
}

UNIT_TEST(number_bad, "number: nothing else")
{
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
		unit_context("\"%s\"", no_numbers[i]);
		check_eq(number_parse(no_numbers[i], &n), -EINVAL);
		check_eq(size_parse(no_numbers[i], &n), -EINVAL);
	}
	check_eq(number_parse("1K", &n), -EINVAL);
}

UNIT_TEST(number_overflow, "number: what does not fit is refused")
{
	uint64_t n;

	check_eq(number_parse("18446744073709551616", &n), -ERANGE);
	check_eq(number_parse("99999999999999999999999", &n), -ERANGE);
	check_eq(size_parse("16E", &n), -ERANGE);
	check_eq(size_parse("18014398509481984K", &n), -ERANGE);
	check_eq(size_parse("15E", &n), 0);
	check(n == 15ULL << 60);
}

UNIT_TEST(size_suffixes, "size: suffixes are powers of 1024")
{
	static const char *const text[] = {
		"3K", "3M", "3G", "3T", "3P", "3E", "3k", "3m", "3g",
	};
	static const int shift[] = { 10, 20, 30, 40, 50, 60, 10, 20, 30 };
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(shift) / sizeof(shift[0]); i++) {
		unit_context("\"%s\"", text[i]);
		check_eq(size_parse(text[i], &n), 0);
		check(n == 3ULL << shift[i]);
	}
	check_eq(size_parse("512", &n), 0);
	check_eq(n, 512);
}

UNIT_TEST(size_bad, "size: one suffix, and nothing behind it")
{
	static const char *const text[] = {
		"K", "1KB", "1KiB", "1Q", "1 K", "1K ", "1KK", "1B", "1.5G",
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		unit_context("\"%s\"", text[i]);
		check_eq(size_parse(text[i], &n), -EINVAL);
	}
}

UNIT_TEST(size_exact, "size: what is printed is read back exactly")
{
	static const uint64_t sizes[] = {
		0, 1, 511, 512, 1023, 1024, 1025, 1536, 1 << 20, (1 << 20) + 512,
		10ULL << 30, UINT64_MAX, 15ULL << 60, INT64_MAX,
	};
	char text[32];
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_print(text, sizeof(text), sizes[i]);
		unit_context("\"%s\"", text);
		check_eq(size_parse(text, &n), 0);
		check(n == sizes[i]);
	}
	size_print(text, sizeof(text), 10ULL << 30);
	check_text(text, "10G");
	size_print(text, sizeof(text), 1536);
	check_text(text, "1536");
	size_print(text, sizeof(text), 0);
	check_text(text, "0");
}

UNIT_TEST(limit_good, "limit: N or N,BURST")
{
	struct limit limit;

	check_eq(limit_parse("100", number_parse, &limit), 0);
	check_eq(limit.rate, 100);
	check_eq(limit.burst, 0);
	check_eq(limit_parse("100,20", number_parse, &limit), 0);
	check_eq(limit.rate, 100);
	check_eq(limit.burst, 20);
	check_eq(limit_parse("10M,1M", size_parse, &limit), 0);
	check_eq(limit.rate, 10 << 20);
	check_eq(limit.burst, 1 << 20);
	check_eq(limit_parse("0", number_parse, &limit), 0);
	check_eq(limit.rate, 0);
}

UNIT_TEST(limit_bad, "limit: nothing else")
{
	static const char *const text[] = {
		"", ",", "1,", ",1", "1,2,3", "1, 2", "1,-2", "0,5", "5,0", "K,1",
		"1000000000000000000000000000000000000,1",
	};
	struct limit limit;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		unit_context("\"%s\"", text[i]);
		check(limit_parse(text[i], number_parse, &limit) < 0);
	}
	check_eq(limit_parse("1K", number_parse, &limit), -EINVAL);
}

UNIT_TEST(seconds_good, "seconds: with decimals or without")
{
	uint64_t n;

	check_eq(seconds_parse("1", &n), 0);
	check_eq(n, 1000000000);
	check_eq(seconds_parse("0.5", &n), 0);
	check_eq(n, 500000000);
	check_eq(seconds_parse("2.000000001", &n), 0);
	check_eq(n, 2000000001);
}

UNIT_TEST(seconds_bad, "seconds: nothing else")
{
	static const char *const text[] = {
		"", ".", "1.", ".5", "1.5s", "1,5", "-1", "1.0000000001", "inf",
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		unit_context("\"%s\"", text[i]);
		check_eq(seconds_parse(text[i], &n), -EINVAL);
	}
	check_eq(seconds_parse("18446744074", &n), -ERANGE);
	check_eq(seconds_parse("18446744073.999999999", &n), -ERANGE);
}

UNIT_TEST(range_bounds, "range: the bounds belong to it")
{
	uint64_t n;

	check(range_parse("1", 1, 16, &n));
	check(range_parse("16", 1, 16, &n));
	check(!range_parse("0", 1, 16, &n));
	check(!range_parse("17", 1, 16, &n));
	check(!range_parse("", 1, 16, &n));
}

UNIT_TEST(rate_short, "rate: fits into a column")
{
	char text[32];

	rate_print(text, sizeof(text), 0);
	check_text(text, "0");
	rate_print(text, sizeof(text), 9999);
	check_text(text, "9999");
	rate_print(text, sizeof(text), 10240);
	check_text(text, "10.0K");
	rate_print(text, sizeof(text), 3.0 * (1 << 30));
	check_text(text, "3072M");
	rate_print(text, sizeof(text), 1.8446744e19);
	check(strlen(text) <= 8);
}
