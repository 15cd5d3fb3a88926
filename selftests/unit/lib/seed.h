/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the unit tests meet is where the fuzzers begin.  UNIT_SEEDS=DIR has each
 * test write a sample of what it met into DIR, with a folder for each fuzzer.
 */
#ifndef _SEED_H
#define _SEED_H

#include "code.h"

/* Longer inputs are not worth a fuzzer's time. */
#define SEED_LEN	4096

/* Of one test, which may meet thousands. */
#define SEEDS_MAX	8

/**
 * struct seed - an input
 * @bytes: it
 * @code: what writes it
 */
struct seed {
	u8 bytes[SEED_LEN];
	struct code code;
};

/**
 * struct seeds - inputs for one fuzzer, evenly drawn from what a test met
 * @target: the fuzzer
 * @seen: how many were met
 * @kept: those that were drawn
 * @next: of another fuzzer
 */
struct seeds {
	const char *target;
	u64 seen;
	struct seed *kept;
	struct seeds *next;
};

struct code *seed_new(struct seeds *seeds);

#endif /* _SEED_H */
