/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a device's workers cost: CPU time, instructions, cycles, sleeps.
 *
 * Duty: find the threads that serve a device, and read their counters exactly, in
 * the middle of a tick too.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

#define METER_WORKERS	16

/**
 * struct meter_reading - counters since some moment
 * @cpu: nanoseconds of CPU time
 * @insns: instructions, 0 where nothing counts them
 * @cycles: the same
 * @sleeps: how often a worker went to sleep
 */
struct meter_reading {
	double cpu;
	double insns;
	double cycles;
	double sleeps;
};

/**
 * struct meter_worker - a thread of a device
 * @tid: of it
 * @kthread: a thread of the kernel's own, else one of this process
 * @perf: descriptors of its counters of instructions and cycles, or -1
 */
struct meter_worker {
	pid_t tid;
	bool kthread;
	int perf[2];
};

/**
 * struct meter - the threads of a device
 * @n: how many
 * @worker: they
 */
struct meter {
	unsigned int n;
	struct meter_worker worker[METER_WORKERS];
};

/* Threads of vhost nodes that belong to this process, at one moment. */
struct meter_threads {
	unsigned int n;
	struct meter_worker worker[256];
};

int meter_init(int worker_cpu);
const char *meter_cpu_source(void);
const char *meter_insns_source(void);
void meter_threads(struct meter_threads *t);
int meter_open(struct meter *m, const struct meter_threads *before);
void meter_close(struct meter *m);
double meter_sender(void);
int meter_read(const struct meter *m, struct meter_reading *r);

#endif /* BENCH_METER_H */
