// SPDX-License-Identifier: GPL-2.0
/*
 * A rate limit with a burst.  Pure: see limit.h.
 */
#include "limit.h"

#define MVH_NSEC_PER_SEC	1000000000ull

/* An unlimited burst, for all practical purposes. */
#define MVH_BURST_NS_MAX	(3600 * MVH_NSEC_PER_SEC)

/* Time that @units take, MVH_BURST_NS_MAX at most. */
static u64 mvh_limit_ns(u64 rate, u64 units)
{
	u64 sec = units / rate, rest = units % rate;

	if (sec >= MVH_BURST_NS_MAX / MVH_NSEC_PER_SEC)
		return MVH_BURST_NS_MAX;
	/* A rate so high that the product overflows has no time for a rest. */
	if (rest > U64_MAX / MVH_NSEC_PER_SEC)
		return sec * MVH_NSEC_PER_SEC +
		       rest / (rate / MVH_NSEC_PER_SEC);
	return sec * MVH_NSEC_PER_SEC + rest * MVH_NSEC_PER_SEC / rate;
}

/**
 * mvh_limit_init - set a limit
 * @limit: the limit
 * @rate: units per second, 0 for no limit
 * @burst: units that may be used at once after a pause, 0 for a tenth of a second's
 */
void mvh_limit_init(struct mvh_limit *limit, u64 rate, u64 burst)
{
	limit->rate = rate;
	limit->debt_until = 0;
	limit->burst_ns = MVH_NSEC_PER_SEC / 10;
	if (rate && burst)
		limit->burst_ns = mvh_limit_ns(rate, burst);
}

/**
 * mvh_limit_wait - may something be used?
 * @limit: the limit
 * @now: the time in nanoseconds, which does not go back
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
	if (!limit->rate)
		return;
	limit->debt_until = max(limit->debt_until, now) +
			    mvh_limit_ns(limit->rate, units);
}
