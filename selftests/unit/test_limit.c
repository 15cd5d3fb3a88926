// SPDX-License-Identifier: GPL-2.0
/*
 * A rate limit: rate, burst, pauses, ends of the range.
 */
#include "core/limit.h"
#include "unit.h"

#define SEC	1000000000ull

/* No time or debt that the code promises to cope with is later. */
#define LATE	(1ull << 62)

static const u64 rates[] = {
	1, 2, 3, 7, 10, 99, 100, 101, 1000, 1023, 4096, 9999, 12345, 65536,
	1000003, 3000000, 7654321, 33333333, 123456789, 999999999,
	1000000000ull, 1000000001ull, 1999999999ull, 3000000000ull,
	10000000000ull, 18446744073ull, 18446744074ull, 19999999999ull,
	27999999999ull, 123456789012ull, 1ull << 40, 1000000000000007ull,
	1ull << 53, (1ull << 60) - 1, (1ull << 62) + 12345,
	(1ull << 63) - 1, 1ull << 63, ~0ull - 1, ~0ull,
};

static const u64 sizes[] = {
	1, 2, 3, 511, 512, 4096, 65536, 1000003, 1ull << 20, 1ull << 30,
};

/* Nanoseconds that @units take, rounded down. */
static unsigned __int128 exact(u64 rate, u64 units, u64 times)
{
	return (unsigned __int128)units * times * SEC / rate;
}

UNIT_TEST(test_limit_none, "limit: rate 0 is no limit, whatever is used")
{
	struct mvh_limit limit;
	u64 i;

	mvh_limit_init(&limit, 0, 0);
	for (i = 0; i < 1000; i++) {
		check_eq(mvh_limit_wait(&limit, i), 0);
		mvh_limit_use(&limit, i, ~0ull);
	}
	check_eq(limit.debt_until, 0);
	mvh_limit_init(&limit, 0, 7);
	mvh_limit_use(&limit, 5, 100);
	check_eq(mvh_limit_wait(&limit, 5), 0);
}

/* Nothing is lost to rounding, however small a use and high the rate. */
UNIT_TEST(test_limit_exact, "limit: the debt is exact at rates from 1 to 2^64 - 1")
{
	unsigned int r, s;
	u64 i, n = 1009;

	for (r = 0; r < ARRAY_SIZE(rates); r++)
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		unsigned __int128 want = exact(rates[r], sizes[s], n);
		struct mvh_limit limit;

		if (want > LATE)
			continue;
		unit_context("rate %llu, %llu units", rates[r], sizes[s]);
		mvh_limit_init(&limit, rates[r], 0);
		for (i = 0; i < n; i++) {
			mvh_limit_use(&limit, 12345, sizes[s]);
			check(limit.fraction < rates[r]);
		}
		check_eq(limit.debt_until, 12345 + (u64)want);
	}
}

UNIT_TEST(test_limit_mixed, "limit: uses of random sizes add up exactly")
{
	unsigned int r, i;

	for (r = 0; r < ARRAY_SIZE(rates); r++) {
		struct mvh_limit limit;
		u64 sum = 0;

		unit_rand_seed(unit_seed(r));
		mvh_limit_init(&limit, rates[r], 0);
		for (i = 0; i < 1000; i++) {
			u64 units = unit_rand_below(1 + min(rates[r], 1000000ull));

			mvh_limit_use(&limit, 1, units);
			sum += units;
			check_eq(limit.debt_until, 1 + (u64)exact(rates[r], sum, 1));
		}
	}
}

/* Use @units as early as allowed, until @end; how many times. */
static u64 run(struct mvh_limit *limit, u64 now, u64 end, u64 units)
{
	u64 n = 0, wait;

	for (;;) {
		wait = mvh_limit_wait(limit, now);
		check_eq(mvh_limit_wait(limit, now), wait);
		now += wait;
		if (now >= end)
			return n;
		check_eq(mvh_limit_wait(limit, now), 0);
		/* It was no longer than it had to be. */
		if (wait > 1)
			check(mvh_limit_wait(limit, now - 1) == 1);
		mvh_limit_use(limit, now, units);
		n++;
	}
}

/*
 * A second's worth in about 10000 uses, or in single units.  Beyond the burst and
 * one use the rate holds within 0.1 %.
 */
UNIT_TEST(test_limit_rate, "limit: the rate holds within 0.1 % over a second")
{
	unsigned int r;

	for (r = 0; r < ARRAY_SIZE(rates); r++) {
		u64 rate = rates[r], units = rate / 10007 + 1;
		struct mvh_limit limit;
		unsigned __int128 used, want;

		unit_context("rate %llu", rate);
		mvh_limit_init(&limit, rate, units);
		/* Away from the burst first. */
		mvh_limit_use(&limit, 777 * SEC, units);
		used = (unsigned __int128)run(&limit, 777 * SEC, 797 * SEC,
					      units) * units;
		want = (unsigned __int128)rate * 20;
		check(used * 1000 <= want * 1001 + units * 1000);
		check(used * 1000 + units * 2000 >= want * 999);
	}
}

UNIT_TEST(test_limit_units, "limit: the rate holds for many small uses at high rates")
{
	static const u64 high[] = {
		1000000000ull, 3000000000ull, 9876543210ull, 18446744074ull,
		19999999999ull, 123456789012ull, 999999999999ull,
	};
	unsigned int r;

	for (r = 0; r < ARRAY_SIZE(high); r++) {
		struct mvh_limit limit;
		u64 used, want = high[r] / 1000;

		unit_context("rate %llu", high[r]);
		/* A burst of a microsecond; a timer cannot be faster. */
		mvh_limit_init(&limit, high[r], high[r] / 1000000);
		mvh_limit_use(&limit, SEC, high[r] / 1000000);
		used = run(&limit, SEC, SEC + SEC / 1000, 512) * 512;
		check(used <= want + want / 1000 + 1024);
		check(used + 1024 >= want - want / 1000);
	}
}

UNIT_TEST(test_limit_burst, "limit: after a pause as many at once as the burst says")
{
	static const u64 bursts[] = { 1, 2, 3, 10, 99, 1000, 4567 };
	unsigned int r, b;

	for (r = 0; r < ARRAY_SIZE(rates) && rates[r] <= SEC; r++)
	for (b = 0; b < ARRAY_SIZE(bursts); b++) {
		struct mvh_limit limit;
		u64 now = SEC, n, round;

		unit_context("rate %llu, burst %llu", rates[r], bursts[b]);
		mvh_limit_init(&limit, rates[r], bursts[b]);
		for (round = 0; round < 3; round++) {
			for (n = 0; !mvh_limit_wait(&limit, now); n++)
				mvh_limit_use(&limit, now, 1);
			check_eq(n, bursts[b]);
			/* A longer pause gives no more. */
			now = limit.debt_until + 1 + round * 100000 * SEC;
		}
	}
}

UNIT_TEST(test_limit_usual_burst, "limit: burst 0 is a tenth of a second's")
{
	struct mvh_limit limit;
	u64 n;

	mvh_limit_init(&limit, 1000, 0);
	for (n = 0; !mvh_limit_wait(&limit, SEC); n++)
		mvh_limit_use(&limit, SEC, 1);
	check_eq(n, 100);
	mvh_limit_init(&limit, 1, 0);
	check_eq(mvh_limit_wait(&limit, SEC), 0);
	mvh_limit_use(&limit, SEC, 1);
	check_eq(mvh_limit_wait(&limit, SEC), SEC - SEC / 10 + 1);
}

/* Half a burst of pause gives half a burst. */
UNIT_TEST(test_limit_refill, "limit: what a pause gives back, and no more")
{
	struct mvh_limit limit;
	u64 pause, n;

	for (pause = 0; pause <= 40; pause++) {
		mvh_limit_init(&limit, 1000, 20);
		for (n = 0; n < 20; n++)
			mvh_limit_use(&limit, SEC, 1);
		check(mvh_limit_wait(&limit, SEC));
		for (n = 0; !mvh_limit_wait(&limit, SEC + pause * 1000000); n++)
			mvh_limit_use(&limit, SEC + pause * 1000000, 1);
		check_eq(n, min(pause, 20ull));
	}
}

UNIT_TEST(test_limit_large, "limit: one use may exceed the burst, what follows waits for it")
{
	struct mvh_limit limit;

	mvh_limit_init(&limit, 1000, 10);
	check_eq(mvh_limit_wait(&limit, SEC), 0);
	mvh_limit_use(&limit, SEC, 5000);
	check_eq(limit.debt_until, 6 * SEC);
	check_eq(mvh_limit_wait(&limit, SEC), 5 * SEC - SEC / 100 + 1);
	check_eq(mvh_limit_wait(&limit, 6 * SEC - SEC / 100), 1);
	check_eq(mvh_limit_wait(&limit, 6 * SEC - SEC / 100 + 1), 0);
	/* Nothing used is nothing owed. */
	mvh_limit_use(&limit, 6 * SEC, 0);
	check_eq(limit.debt_until, 6 * SEC);
}

UNIT_TEST(test_limit_ends, "limit: no overflow at the ends of rate, burst, units and time")
{
	static const u64 ends[] = {
		0, 1, 2, SEC - 1, SEC, SEC + 1, U32_MAX, 1ull << 62,
		(1ull << 63) - 1, 1ull << 63, ~0ull - 1, ~0ull,
	};
	static const u64 times[] = { 0, 1, SEC, 1ull << 40, LATE };
	unsigned int r, b, u, t;

	for (r = 1; r < ARRAY_SIZE(ends); r++)
	for (b = 0; b < ARRAY_SIZE(ends); b++)
	for (u = 0; u < ARRAY_SIZE(ends); u++)
	for (t = 0; t < ARRAY_SIZE(times); t++) {
		u64 rate = ends[r], now = times[t], i;
		struct mvh_limit limit;
		unsigned __int128 want, debt;

		unit_context("rate %llu, burst %llu, units %llu, time %llu",
			     rate, ends[b], ends[u], now);
		mvh_limit_init(&limit, rate, ends[b]);
		want = exact(rate, ends[b], 1);
		if (!ends[b])
			want = SEC / 10;
		if (want < LATE - 2 * SEC)
			check_eq(limit.burst_ns, (u64)want);
		else
			check(limit.burst_ns > LATE - 2 * SEC &&
			      limit.burst_ns < LATE + 2 * SEC);
		for (i = 1; i <= 5; i++) {
			u64 before = limit.debt_until;

			mvh_limit_use(&limit, now, ends[u]);
			check(limit.debt_until >= before);
			check(limit.debt_until >= now);
			debt = exact(rate, ends[u], 1) * i;
			if (debt < LATE - 2 * SEC)
				check(limit.debt_until - now >= (u64)debt);
			else
				check(limit.debt_until - now > LATE - 2 * SEC);
			check(limit.debt_until - now <= LATE);
			check(mvh_limit_wait(&limit, now) <= LATE + 1);
		}
	}
}

/* The time until a wait ends is the wait. */
UNIT_TEST(test_limit_wait, "limit: a wait is exactly as long as it has to be")
{
	unsigned int r, i;

	for (r = 0; r < ARRAY_SIZE(rates); r++) {
		struct mvh_limit limit;
		u64 now = SEC;

		unit_rand_seed(unit_seed(r));
		mvh_limit_init(&limit, rates[r], 1 + unit_rand_below(1000));
		for (i = 0; i < 300; i++) {
			u64 wait = mvh_limit_wait(&limit, now);

			if (wait) {
				check_eq(mvh_limit_wait(&limit, now + wait), 0);
				check_eq(mvh_limit_wait(&limit, now + wait - 1),
					 1);
				check_eq(mvh_limit_wait(&limit, now + 1),
					 wait - 1);
			}
			if (now + wait < LATE / 2)
				now += unit_rand_below(2) ? wait : 0;
			mvh_limit_use(&limit, now, unit_rand_below(5000));
		}
	}
}
