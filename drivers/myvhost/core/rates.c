// SPDX-License-Identifier: GPL-2.0
/*
 * The rate limits of a disk, or of a direction of a network device.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "rates.h"

/* Shortest burst: timers are no finer. */
#define MVH_RATES_BURST_NS_MIN	(20 * NSEC_PER_MSEC)

/**
 * mvh_rates_init - begin without limits
 * @rates: what to initialise
 */
void mvh_rates_init(struct mvh_rates *rates)
{
	spin_lock_init(&rates->lock);
	mvh_limit_init(&rates->units, 0, 0);
	mvh_limit_init(&rates->bytes, 0, 0);
	rates->limited = false;
}
EXPORT_SYMBOL_GPL(mvh_rates_init);

static void mvh_rates_set(struct mvh_rates *rates, struct mvh_limit *limit,
			  u64 rate, u64 burst)
{
	spin_lock(&rates->lock);
	mvh_limit_init(limit, rate, burst);
	limit->burst_ns = max_t(u64, limit->burst_ns, MVH_RATES_BURST_NS_MIN);
	WRITE_ONCE(rates->limited, rates->units.rate || rates->bytes.rate);
	spin_unlock(&rates->lock);
}

/**
 * mvh_rates_set_units - set the limit of requests or frames
 * @rates: the limits; what was used beyond the old one is forgiven
 * @rate: how many per second, 0 for no limit
 * @burst: how many at once after a pause, 0 for those of 100 milliseconds; raised to
 *	those of 20
 *
 * Context: Process context.  Who waits for the old limit has to be woken.
 */
void mvh_rates_set_units(struct mvh_rates *rates, u64 rate, u64 burst)
{
	mvh_rates_set(rates, &rates->units, rate, burst);
}
EXPORT_SYMBOL_GPL(mvh_rates_set_units);

/**
 * mvh_rates_set_bytes - set the limit of bytes
 * @rates: see mvh_rates_set_units()
 * @rate: see there
 * @burst: see there
 */
void mvh_rates_set_bytes(struct mvh_rates *rates, u64 rate, u64 burst)
{
	mvh_rates_set(rates, &rates->bytes, rate, burst);
}
EXPORT_SYMBOL_GPL(mvh_rates_set_bytes);

/**
 * mvh_rates_wait - does a limit hold the next request or frame back?
 * @rates: the limits
 * @now: the time in nanoseconds
 *
 * Return: for how many nanoseconds, 0 if none does.
 */
u64 mvh_rates_wait(struct mvh_rates *rates, u64 now)
{
	u64 wait;

	spin_lock(&rates->lock);
	wait = max(mvh_limit_wait(&rates->units, now),
		   mvh_limit_wait(&rates->bytes, now));
	spin_unlock(&rates->lock);
	return wait;
}
EXPORT_SYMBOL_GPL(mvh_rates_wait);

/**
 * mvh_rates_use - count requests or frames against the limits
 * @rates: the limits
 * @now: the time in nanoseconds
 * @units: how many
 * @bytes: their bytes
 */
void mvh_rates_use(struct mvh_rates *rates, u64 now, u64 units, u64 bytes)
{
	spin_lock(&rates->lock);
	mvh_limit_use(&rates->units, now, units);
	mvh_limit_use(&rates->bytes, now, bytes);
	spin_unlock(&rates->lock);
}
EXPORT_SYMBOL_GPL(mvh_rates_use);
