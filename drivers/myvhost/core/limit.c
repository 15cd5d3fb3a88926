// SPDX-License-Identifier: GPL-2.0
/*
 * A rate limit with a burst.  Pure: see limit.h.
 */
#include "limit.h"

#define MVH_NSEC_PER_SEC	1000000000ull

/* No debt and no burst is longer; three of them do not overflow. */
#define MVH_LIMIT_NS_MAX	(U64_MAX / 4)

/*
 * Time that @units take, MVH_LIMIT_NS_MAX or little more at most.  What is less
 * than a nanosecond is collected in @fraction, so that no rate is too high for it.
 */
static u64 mvh_limit_ns(u64 rate, u64 units, u64 *fraction)
{
	u64 sec = units / rate, rest = units % rate;
	u64 ns, left;

	if (sec >= MVH_LIMIT_NS_MAX / MVH_NSEC_PER_SEC)
		return MVH_LIMIT_NS_MAX;
	ns = mul_u64_u64_div_u64(rest, MVH_NSEC_PER_SEC, rate);
	/* The remainder; what overflows on both sides cancels out. */
	left = rest * MVH_NSEC_PER_SEC - ns * rate;
	if (left < rate - *fraction) {
		*fraction += left;
	} else {
		*fraction -= rate - left;
		ns++;
	}
	return sec * MVH_NSEC_PER_SEC + ns;
}

/**
 * mvh_limit_init - set a limit
 * @limit: the limit
 * @rate: units per second, 0 for no limit
 * @burst: units that may be used at once after a pause, 0 for a tenth of a second's
 */
void mvh_limit_init(struct mvh_limit *limit, u64 rate, u64 burst)
{
	u64 fraction = 0;

	limit->rate = rate;
	limit->debt_until = 0;
	limit->fraction = 0;
	limit->burst_ns = MVH_NSEC_PER_SEC / 10;
	if (rate && burst)
		limit->burst_ns = mvh_limit_ns(rate, burst, &fraction);
}

/**
 * mvh_limit_wait - may something be used?
 * @limit: the limit
 * @now: the time in nanoseconds, which does not go back; below 2^63
 *
 * Return: 0 if it may, else for how many nanoseconds to wait.
 */
u64 mvh_limit_wait(const struct mvh_limit *limit, u64 now)
{
	u64 limit_at = now + limit->burst_ns;

	if (!limit->rate || limit->debt_until < limit_at)
		return 0;
	return limit->debt_until - limit_at + 1;
}

/**
 * mvh_limit_use - something is used
 * @limit: the limit
 * @now: the time in nanoseconds
 * @units: how much
 */
void mvh_limit_use(struct mvh_limit *limit, u64 now, u64 units)
{
	u64 debt;

	if (!limit->rate)
		return;
	debt = limit->debt_until > now ? limit->debt_until - now : 0;
	debt += mvh_limit_ns(limit->rate, units, &limit->fraction);
	limit->debt_until = now + min(debt, MVH_LIMIT_NS_MAX);
}
