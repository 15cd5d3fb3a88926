// SPDX-License-Identifier: GPL-2.0
/*
 * See rates.h.
 */
#include <string.h>
#include <time.h>
#include "rates.h"
#include "tap.h"

/**
 * sample_take() - look at the counters
 * @sample: result; its devices are for devices_free()
 * @filter: which devices, see devices_scan()
 */
void sample_take(struct sample *sample, const char *filter)
{
	struct timespec now;
	unsigned int i;

	devices_scan(&sample->devices, filter);
	for (i = 0; i < sample->devices.n; i++)
		tap_join(&sample->devices.dev[i].info);
	sample->part = filter && strchr(filter, ':');
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->nsecs = now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Whether counters of both can be compared: a new owner begins at zero. */
static bool rates_same_owner(const struct device *a, const struct device *b)
{
	uint64_t owner_a, owner_b;

	fdinfo_number(&a->info, -1, "owner", &owner_a);
	fdinfo_number(&b->info, -1, "owner", &owner_b);
	return owner_a == owner_b;
}

/**
 * rates_init() - compare a queue in two samples
 * @rates: result, valid as long as the samples
 * @old: the earlier sample
 * @new: the later one
 * @dev: device of the later one
 * @queue: its queue
 */
void rates_init(struct rates *rates, const struct sample *old,
		const struct sample *new, const struct device *dev, int queue)
{
	rates->old = devices_find(&old->devices, dev->label);
	if (rates->old && !rates_same_owner(rates->old, dev))
		rates->old = NULL;
	rates->new = dev;
	rates->queue = queue;
	rates->seconds = (new->nsecs - old->nsecs) / 1e9;
	if (rates->seconds <= 0)
		rates->seconds = 1e-9;
}

/**
 * rates_delta() - by how much a counter grew
 * @rates: the queue
 * @counter: its name
 */
uint64_t rates_delta(const struct rates *rates, const char *counter)
{
	const char *name = rates->new->info.queue[rates->queue];
	uint64_t old = 0, new;
	int queue;

	fdinfo_number(&rates->new->info, rates->queue, counter, &new);
	queue = rates->old ? fdinfo_queue(&rates->old->info, name) : -1;
	if (queue >= 0)
		fdinfo_number(&rates->old->info, queue, counter, &old);
	/* a counter that decreased was reset */
	return new >= old ? new - old : new;
}

/**
 * rates_second() - how fast a counter grows
 * @rates: the queue
 * @counter: its name
 */
double rates_second(const struct rates *rates, const char *counter)
{
	return rates_delta(rates, counter) / rates->seconds;
}

/**
 * rates_latency() - how long a request took
 * @rates: the queue
 * @nsecs: counter of the time that all took
 * @requests: counter of them
 * @usecs: result, microseconds on the average
 *
 * Return: false if there was none.
 */
bool rates_latency(const struct rates *rates, const char *nsecs,
		   const char *requests, double *usecs)
{
	uint64_t n = rates_delta(rates, requests);

	*usecs = n ? rates_delta(rates, nsecs) / 1e3 / n : 0;
	return n;
}

/* Devices of one tap have the same owner, which has a pair of queues for each. */
static bool rates_same_tap(const struct device *a, const struct device *b)
{
	const char *tap_a = device_text(a, "iff"), *tap_b = device_text(b, "iff");

	return tap_a && tap_b && !strcmp(tap_a, tap_b) && rates_same_owner(a, b);
}

/**
 * rates_unexplained() - frames that a tap delivered and no counter of its devices knows
 * @old: the earlier sample
 * @new: the later one
 * @dev: one of the devices, of the later one
 * @frames: result; what was in flight at either end makes it a little too high or low
 *
 * What the tap and its qdisc drop they count themselves.
 *
 * Return: false if it is not known.
 */
bool rates_unexplained(const struct sample *old, const struct sample *new,
		       const struct device *dev, int64_t *frames)
{
	int queue = fdinfo_queue(&dev->info, "rx");
	struct rates rates;
	unsigned int i;
	uint64_t n;

	if (queue < 0 || new->part ||
	    !fdinfo_number(&dev->info, queue, "tap_packets", &n))
		return false;
	rates_init(&rates, old, new, dev, queue);
	*frames = rates_delta(&rates, "tap_packets");
	for (i = 0; i < new->devices.n; i++) {
		const struct device *other = &new->devices.dev[i];

		if (!rates_same_tap(dev, other))
			continue;
		queue = fdinfo_queue(&other->info, "rx");
		rates_init(&rates, old, new, other, queue);
		if (queue < 0 || !rates.old)
			return false;
		*frames -= rates_delta(&rates, "packets") +
			   rates_delta(&rates, "drop_fault");
	}
	return true;
}
