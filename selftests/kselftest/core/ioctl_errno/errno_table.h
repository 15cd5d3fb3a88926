/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each ioctl answers in each stage of a device's life.
 */
#ifndef KSELFTEST_ERRNO_TABLE_H
#define KSELFTEST_ERRNO_TABLE_H

#include "vhost_uapi.h"

/**
 * enum errno_stage - how far the device is set up before the ioctl
 * @ST_FRESH: opened
 * @ST_OWNER: has an owner
 * @ST_SETUP: everything set but the back end
 * @ST_RUN: back end attached to both queues
 * @ST_FOREIGN: as @ST_SETUP, but the caller is not the owner
 * @ST_RESET: has had an owner
 */
enum errno_stage {
	ST_FRESH,
	ST_OWNER,
	ST_SETUP,
	ST_RUN,
	ST_FOREIGN,
	ST_RESET,
	ST_MAX,
};

/**
 * enum errno_arg - what the argument points to
 * @ARG_OK: to the value
 * @ARG_NULL: nowhere
 * @ARG_BAD: to a page without access
 * @ARG_HALF: to the first four bytes of the value, then to such a page
 */
enum errno_arg {
	ARG_OK,
	ARG_NULL,
	ARG_BAD,
	ARG_HALF,
};

/**
 * enum errno_ref - comparison with the in-tree vhost-net
 * @REF_SAME: it answers the same
 * @REF_NONE: it has no such ioctl
 * @REF_ARRAY: only if it has the feature array
 * @REF_FORK: only if it has the control of the owner's worker
 * @REF_UNKNOWN: it takes any unknown number for a queue ioctl, and reads a queue
 *	index first; ENOTTY is what a caller can make sense of
 * @REF_STOP: it can fail to stop a queue, and QEMU dies of that
 * @REF_REGIONS: its limit is lower, and a module parameter
 */
enum errno_ref {
	REF_SAME,
	REF_NONE,
	REF_ARRAY,
	REF_FORK,
	REF_UNKNOWN,
	REF_STOP,
	REF_REGIONS,
};

/**
 * struct errno_entry - one call
 * @what: for the output
 * @stage: before the call
 * @cmd: ioctl number
 * @arg: kind of the pointer
 * @value: what it points to, NULL for zeros
 * @size: bytes at @value
 * @want: errno, 0 for success
 * @ref: comparison
 */
struct errno_entry {
	const char *what;
	enum errno_stage stage;
	unsigned long cmd;
	enum errno_arg arg;
	const void *value;
	unsigned int size;
	int want;
	enum errno_ref ref;
};

/* Descriptors that every call can refer to. */
enum {
	FD_FIRST = 100,
	FD_EVENT = FD_FIRST,
	FD_TAP,
	FD_TUN_UNATTACHED,
	FD_UNIX,
	FD_INET_RAW,
	FD_PACKET_DGRAM,
	FD_FILE,
	FD_PIPE,
	FD_SELF,
	FD_CLOSED,
};

#define ARENA_SIZE	65536
#define ARENA_GPA	0x10000ULL
#define ARENA_VQ	16384	/* distance of the two queues */
#define KERNEL_ADDR	0xffff888000000000ULL

/* Guest memory: rings at fixed places. */
extern __u8 errno_arena[ARENA_SIZE];

/**
 * struct errno_group - one test case
 * @name: of the case
 * @e: calls
 * @n: how many
 */
struct errno_group {
	const char *name;
	const struct errno_entry *e;
	unsigned int n;
};

extern const struct errno_group errno_groups[];
extern const unsigned int errno_ngroups;

#define ERRNO_GROUPS	32	/* at most */

#endif /* KSELFTEST_ERRNO_TABLE_H */
