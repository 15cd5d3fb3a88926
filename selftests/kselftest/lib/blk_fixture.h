/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What most tests of the disk need: a backing, a mock device on it, and a copy of
 * what must be on it.  A failure ends the case.
 */
#ifndef KSELFTEST_BLK_FIXTURE_H
#define KSELFTEST_BLK_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_disk.h"
#include "ktap.h"
#include "mock_blk.h"

/* How long to wait for something that must happen, in milliseconds. */
#define BLK_WAIT	15000
/* How long to wait for something that must not. */
#define BLK_QUIET	150

#define BLK_MODERN	(VHU_VERSION_1 | VHU_INDIRECT | VHU_EVENT_IDX)
#define BLK_ALL		(BLK_F(SEG_MAX) | BLK_F(BLK_SIZE) | BLK_F(TOPOLOGY) | \
			 BLK_F(FLUSH) | BLK_F(MQ) | BLK_F(DISCARD) | \
			 BLK_F(WRITE_ZEROES))

#define BLK_DISK_SIZE	(8ULL << 20)

/**
 * enum blk_kind - kind of the backing of a disk
 */
enum blk_kind {
	BLK_TMPFS,
	BLK_RAMFS,
	BLK_9P,
	BLK_EXT4,
	BLK_XFS,
	BLK_LOOP,
	BLK_DM,
	BLK_NULL,
	BLK_NULL_4K,
	BLK_LOOP_4K,
	BLK_EXT4_4K,
	BLK_NULL_SLOW,
	BLK_ERASE,
	BLK_KINDS,
};

extern const char *const blk_kind_names[BLK_KINDS];

/**
 * struct blk_backing - the backing of a disk
 * @kind: what
 * @path: of the file or block device
 * @lower: of the file or loop device below it, where there is one
 * @fd: open for reading and writing
 * @size: bytes
 * @block: the smallest unit
 */
struct blk_backing {
	enum blk_kind kind;
	char path[64];
	char lower[64];
	int fd;
	__u64 size;
	unsigned int block;
};

/**
 * struct blk_mode - dialect and ring layout
 */
struct blk_mode {
	const char *name;
	bool vdpa;
	__u64 features;
};

extern const struct blk_mode blk_modes[4];
extern const struct blk_mode *const blk_vhost_split, *const blk_vdpa_packed;

/* Variants of tests, whose argument is a struct blk_mode. */
extern const struct ktap_variant blk_all_modes[];
extern const struct ktap_variant blk_two_modes[];	/* both dialects, both layouts */
extern const struct ktap_variant blk_vhost_split_one[], blk_vdpa_packed_one[];
extern const struct ktap_variant blk_vdpa_split[], blk_vdpa_layouts[];

/* Variants whose argument is a __u32, the flags of a backing: direct, buffered. */
extern const struct ktap_variant blk_flags[];

/**
 * struct blk_fix - disk, device, and what must be on the disk
 * @back: backing
 * @b: device
 * @want: every byte of the disk
 * @known: a byte for each sector: is its content known?
 * @buf: bus address of memory for data
 * @buf_len: bytes there
 */
struct blk_fix {
	struct blk_backing back;
	struct mock_blk b;
	__u8 *want;
	__u8 *known;
	__u64 buf;
	size_t buf_len;
};

void blk_prepare(void);
void blk_backing(struct blk_backing *back, enum blk_kind kind);
void blk_cfg(struct mock_blk_cfg *cfg, const struct blk_backing *back,
	     const struct blk_mode *mode);
void blk_open(struct blk_fix *x, const struct blk_backing *back,
	      const struct mock_blk_cfg *cfg, size_t buf_len);
void blk_again(struct blk_fix *x, const struct mock_blk_cfg *cfg);
void blk_start(struct blk_fix *x, enum blk_kind kind,
	       const struct blk_mode *mode, __u32 flags);
void blk_start_small(struct blk_fix *x, const struct blk_mode *mode, __u32 flags);
void blk_close(struct blk_fix *x);
pid_t blk_fork_user(void (*fn)(void *arg), void *arg);

void *blk_ptr(struct blk_fix *x, __u64 bus);
void blk_fill(void *p, size_t len, unsigned int seed);
void blk_wrote(struct blk_fix *x, __u64 sector, const void *p, size_t len);
void blk_zeroed(struct blk_fix *x, __u64 sector, __u64 n);
void blk_forgot(struct blk_fix *x, __u64 sector, __u64 n);
void blk_check_read(struct blk_fix *x, __u64 sector, const void *p,
		    size_t len);
void blk_check_disk(struct blk_fix *x);

int blk_do(struct blk_fix *x, __u32 type, __u64 sector, __u32 len);
void blk_write(struct blk_fix *x, __u64 sector, __u32 len, unsigned int seed);
void blk_read(struct blk_fix *x, __u64 sector, __u32 len);
int blk_range(struct blk_fix *x, __u32 type, __u64 sector, __u32 n,
	      __u32 flags);
struct mock_blk_req *blk_get(struct blk_fix *x, unsigned int q);
__u64 blk_counter(struct blk_fix *x, enum myvhost_counter c);

/**
 * struct blk_load - a random mixture of requests
 * @n: how many
 * @depth: in flight at a time, for all queues
 * @max_len: longest data
 * @unaligned: buffers anywhere in memory
 * @frame: how they are put into descriptors
 * @seed: of the randomness
 * @tick: if not NULL, called now and then with what is in flight
 * @arg: passed to @tick
 */
struct blk_load {
	unsigned int n, depth;
	__u32 max_len;
	bool unaligned;
	struct mock_blk_frame frame;
	unsigned int seed;
	void (*tick)(struct blk_fix *x, void *arg);
	void *arg;
};

void blk_load(struct blk_fix *x, const struct blk_load *load);

#endif /* KSELFTEST_BLK_FIXTURE_H */
