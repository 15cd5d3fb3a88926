/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk that is to be: its options, and the device made of them.
 */
#ifndef CTL_DISK_H
#define CTL_DISK_H

#include <stdbool.h>
#include "number.h"

#define DISK_MAX_QUEUES	16

/**
 * enum disk_policy - what happens to a request that fails
 * @DISK_USUAL: it waits for space, and fails for any other reason
 * @DISK_STOP: it waits
 * @DISK_REPORT: it fails
 */
enum disk_policy {
	DISK_USUAL,
	DISK_STOP,
	DISK_REPORT,
};

/**
 * struct disk - options of a disk
 * @file: the backing
 * @user: whose rights it is opened with, NULL for the caller's
 * @serial: what the guest reads, or NULL
 * @queues: how many, 0 for the usual
 * @workers: threads for them, 0 for the usual
 * @readonly: the guest may not write
 * @buffered: use the page cache
 * @writethrough: begin without a volatile write cache
 * @raw: do not look for the signature of another format
 * @no_lock: others may use the backing, too
 * @block: bytes of a block, 0 for what the image was made for
 * @discard: the guest can release space
 * @granularity: bytes that it is to release at once, 0 for those of the backing
 * @on_enospc: if there is no space
 * @on_error: after another error
 * @iops: requests per second
 * @bps: bytes per second
 */
struct disk {
	const char *file;
	const char *user;
	const char *serial;
	unsigned int queues;
	unsigned int workers;
	bool readonly;
	bool buffered;
	bool writethrough;
	bool raw;
	bool no_lock;
	unsigned int block;
	bool discard;
	uint32_t granularity;
	enum disk_policy on_enospc;
	enum disk_policy on_error;
	struct limit iops;
	struct limit bps;
};

struct myvhost_blk;

const char *disk_set(void *disk, const char *key, const char *value);
void disk_backing(const struct disk *disk, struct myvhost_blk *blk);
void disk_fail_backing(const struct disk *disk) __attribute__((noreturn));
int disk_open(const struct disk *disk);

#endif /* CTL_DISK_H */
