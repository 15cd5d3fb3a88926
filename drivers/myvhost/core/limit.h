/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rate limit with a burst.  Pure: see ring.h; its caller gives the time.
 */
#ifndef _MVH_LIMIT_H
#define _MVH_LIMIT_H

#include "mvh_env.h"

/**
 * struct mvh_limit - so many units per second
 *
 * What was used beyond the rate is a debt in time.  A unit may be used while the
 * debt is below the burst, and then adds to it; so one use may exceed the burst,
 * and what follows waits for it.
 *
 * @rate: units per second, 0 for no limit
 * @burst_ns: the time in which @rate allows the burst
 * @debt_until: when all that was used is paid for, in nanoseconds
 * @fraction: what that was rounded down by, times @rate
 */
struct mvh_limit {
	u64 rate;
	u64 burst_ns;
	u64 debt_until;
	u64 fraction;
};

void mvh_limit_init(struct mvh_limit *limit, u64 rate, u64 burst);
u64 mvh_limit_wait(const struct mvh_limit *limit, u64 now);
void mvh_limit_use(struct mvh_limit *limit, u64 now, u64 units);

#endif /* _MVH_LIMIT_H */
