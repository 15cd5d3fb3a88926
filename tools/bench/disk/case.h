/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured, and the servers that it is measured on.
 */
#ifndef BENCH_DISK_CASE_H
#define BENCH_DISK_CASE_H

#include <stdbool.h>
#include <linux/types.h>

/**
 * enum disk_op - what requests do
 * @DISK_READ: they read
 * @DISK_WRITE: they write
 * @DISK_SYNC: they write, and each is followed by a flush
 */
enum disk_op {
	DISK_READ,
	DISK_WRITE,
	DISK_SYNC,
};

/**
 * struct disk_case - a load
 * @name: for the command line and the results
 * @op: what requests do
 * @len: bytes of each
 * @depth: requests in flight
 * @sequential: positions follow each other
 * @late: the device completes 10 us later by a timer, not at once by a softirq
 * @file: on a file of ext4 or xfs, whose name it is, instead of the block device
 * @memory: the device keeps what is written to it
 * @buffered: through the page cache
 * @indirect: descriptors in tables
 */
struct disk_case {
	const char *name;
	enum disk_op op;
	unsigned int len;
	unsigned int depth;
	bool sequential;
	bool late;
	const char *file;
	bool memory;
	bool buffered;
	bool indirect;
};

extern const struct disk_case disk_cases[];

/**
 * struct disk_counts - what a round took of the server
 * @insns: instructions, in the kernel and in user space
 * @sleeps: how often its thread slept
 * @kicks: notifications of the driver
 * @calls: interrupts
 * @runs: of the queue
 */
struct disk_counts {
	double insns;
	double sleeps;
	double kicks;
	double calls;
	double runs;
};

/**
 * struct server - what executes requests
 * @name: for the command line and the results
 * @open: prepare it for a case on a device or file; returns 0 or a negative errno
 * @verify: compare what is read with what was written; NULL if that is the host's business
 * @run: execute so many requests, and count
 * @close: the opposite of @open
 */
struct server {
	const char *name;
	int (*open)(const struct disk_case *c, const char *path);
	int (*verify)(void);
	int (*run)(const struct disk_case *c, unsigned int n, struct disk_counts *counts);
	void (*close)(void);
};

extern const struct server server_myvhost, server_uring, server_uring_fixed;

/* CPU of the servers. */
extern int server_cpu;

/* The device under the cases. */
#define DISK_BYTES	(256ULL << 20)
/* A file on it. */
#define DISK_FILE_BYTES	(128ULL << 20)

int backing_open(const struct disk_case *c, const char **path);
void backing_close(void);

__u64 disk_pos(const struct disk_case *c, __u64 i);
double disk_insns(void);

#endif /* BENCH_DISK_CASE_H */
