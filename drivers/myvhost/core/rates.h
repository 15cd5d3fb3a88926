/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate limits of a disk, or of a direction of a network device.
 */
#ifndef _MVH_RATES_H
#define _MVH_RATES_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include "limit.h"

/**
 * struct mvh_rates - a limit of requests or frames, and one of their bytes
 *
 * @limited: there is a limit; see mvh_rates_limited()
 * @lock: guards both, for they may be shared by queues, and change at any time
 * @units: limit of requests or frames
 * @bytes: limit of bytes
 */
struct mvh_rates {
	bool limited;
	spinlock_t lock;
	struct mvh_limit units;
	struct mvh_limit bytes;
};

/* May change at any time; a request or frame more or less goes by the old limit. */
static inline bool mvh_rates_limited(const struct mvh_rates *rates)
{
	return READ_ONCE(rates->limited);
}

void mvh_rates_init(struct mvh_rates *rates);
void mvh_rates_set_units(struct mvh_rates *rates, u64 rate, u64 burst);
void mvh_rates_set_bytes(struct mvh_rates *rates, u64 rate, u64 burst);
u64 mvh_rates_wait(struct mvh_rates *rates, u64 now);
void mvh_rates_use(struct mvh_rates *rates, u64 now, u64 units, u64 bytes);

#endif /* _MVH_RATES_H */
