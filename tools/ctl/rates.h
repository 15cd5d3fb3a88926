/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters at one moment, and how fast they grow between two.
 */
#ifndef CTL_RATES_H
#define CTL_RATES_H

#include <stdbool.h>
#include <stdint.h>
#include "device.h"

/**
 * struct sample - counters at one moment
 * @devices: the devices
 * @part: there may be devices of the same taps that are not among them
 * @nsecs: when, by the monotonic clock
 */
struct sample {
	struct devices devices;
	bool part;
	uint64_t nsecs;
};

/**
 * struct rates - a queue between two samples
 * @old: the device before, NULL if it was not there
 * @new: the device now
 * @queue: the queue, an index of @new
 * @seconds: what is between them
 */
struct rates {
	const struct device *old;
	const struct device *new;
	int queue;
	double seconds;
};

void sample_take(struct sample *sample, const char *filter);
void rates_init(struct rates *rates, const struct sample *old,
		const struct sample *new, const struct device *dev, int queue);
uint64_t rates_delta(const struct rates *rates, const char *counter);
double rates_second(const struct rates *rates, const char *counter);
bool rates_unexplained(const struct sample *old, const struct sample *new,
		       const struct device *dev, int64_t *frames);
bool rates_latency(const struct rates *rates, const char *nsecs,
		   const char *requests, double *usecs);

#endif /* CTL_RATES_H */
