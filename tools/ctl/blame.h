/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who a queue waits for, and how busy it is: rows made of two samples.  Knows neither
 * screen nor host.
 */
#ifndef CTL_BLAME_H
#define CTL_BLAME_H

#include <stdbool.h>
#include "rates.h"

/**
 * enum blame - where the time of a queue goes; the kernel has a counter for each
 * @BLAME_IDLE: nothing to do
 * @BLAME_SERVING: served
 * @BLAME_POLL: its worker polls
 * @BLAME_GUEST: waits for the guest
 * @BLAME_WORKER: waits for its worker
 * @BLAME_BACKING: waits for the backing
 * @BLAME_LIMIT: waits for its rate limit
 * @BLAME_PRESSURE: waits for room in the tap
 * @BLAME_MAX: how many
 */
enum blame {
	BLAME_IDLE,
	BLAME_SERVING,
	BLAME_POLL,
	BLAME_GUEST,
	BLAME_WORKER,
	BLAME_BACKING,
	BLAME_LIMIT,
	BLAME_PRESSURE,
	BLAME_MAX
};

/* Shares are parts of so many. */
#define BLAME_WHOLE	1000

/**
 * enum row_key - what rows are sorted by
 * @ROW_WAIT: the time that a queue waits for something
 * @ROW_ITEMS: packets or requests per second
 * @ROW_BYTES: bytes per second
 * @ROW_DROPS: drops per second
 * @ROW_CPU: time of the worker
 * @ROW_NAME: virtual machine, device and queue
 * @ROW_KEYS: how many
 */
enum row_key {
	ROW_WAIT,
	ROW_ITEMS,
	ROW_BYTES,
	ROW_DROPS,
	ROW_CPU,
	ROW_NAME,
	ROW_KEYS
};

/**
 * struct row - a queue that runs, between two samples
 *
 * Texts are those of the later sample.
 *
 * @vm: name of the virtual machine, or of the owner's program
 * @owner: its process
 * @device: label of the device
 * @queue: name of the queue
 * @backend: kind of device
 * @share: of its time, in parts of BLAME_WHOLE, which they add up to
 * @items: packets or requests per second
 * @bytes: bytes per second
 * @batch: items for each run of the worker
 * @kicks: for each item
 * @calls: likewise
 * @fill: share of the ring that a run found occupied, from 0 to 1
 * @latency: microseconds of a request on the average, 0 if none ended
 * @drops: items per second that got lost, those of the tap and its qdisc included
 * @reason: counter of most of them, NULL if there are none
 * @unexplained: frames per second that nobody knows of; 0 also if it is not known
 * @tid: worker, 0 if it is not known
 * @cpu: its processor, or -1
 * @busy: its time on a processor, from 0 to 1
 * @delay: its time waiting for one, likewise
 * @node: NUMA node of its processor, or -1
 * @memory: node of the ring, or -1
 * @vcpu: virtual processor that ran last on the same processor, or -1
 */
struct row {
	const char *vm;
	uint64_t owner;
	const char *device;
	const char *queue;
	const char *backend;
	unsigned int share[BLAME_MAX];
	double items;
	double bytes;
	double batch;
	double kicks;
	double calls;
	double fill;
	double latency;
	double drops;
	const char *reason;
	double unexplained;
	uint64_t tid;
	int cpu;
	double busy;
	double delay;
	int node;
	int memory;
	int vcpu;
};

/**
 * struct rows - all queues that run
 * @row: the rows
 * @n: how many
 */
struct rows {
	struct row *row;
	unsigned int n;
};

extern const char *const blame_names[BLAME_MAX];
extern const char *const row_keys[ROW_KEYS];

void blame_shares(const uint64_t ns[BLAME_MAX], unsigned int share[BLAME_MAX]);
unsigned int row_waits(const struct row *row);
void rows_make(struct rows *rows, const struct sample *old, const struct sample *new);
void rows_free(struct rows *rows);
void rows_sort(struct rows *rows, enum row_key key);
void rows_filter(struct rows *rows, const char *text);
char *rows_advice(const struct rows *rows);

#endif /* CTL_BLAME_H */
