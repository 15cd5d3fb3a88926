/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's driver, and the host at the other end of the tap.
 *
 * Duty: keep a device busy for a round, check what arrives, count at the receiver.
 */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H

#include "subject.h"

/**
 * struct drive_limit - when a round ends
 * @packets: at least so many
 * @ns: and not before
 */
struct drive_limit {
	unsigned long long packets;
	unsigned long long ns;
};

enum drive_quantile {
	DRIVE_P50,
	DRIVE_P99,
	DRIVE_P999,
	DRIVE_QUANTILES,
};

/**
 * struct drive_result - a round
 * @packets: that arrived
 * @secs: its length
 * @cost: of the workers
 * @kicks: notifications of the driver
 * @calls: notifications of the device
 * @latency: round trips in nanoseconds, see enum drive_quantile
 * @lost: frames that found the tap full
 * @bits_per_second: of the data of TCP connections; their @packets are what full ones
 *	would be
 */
struct drive_result {
	unsigned long long packets;
	double secs;
	struct meter_reading cost;
	unsigned long long kicks;
	unsigned long long calls;
	double latency[DRIVE_QUANTILES];
	unsigned long long lost;
	double bits_per_second;
};

int drive_verify(struct subject *s);
int drive_round(struct subject *s, const struct drive_limit *limit,
		struct drive_result *r);

#endif /* BENCH_DRIVE_H */
