/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers that follow from a seed.
 */
#ifndef TOOLS_LIB_RNG_H
#define TOOLS_LIB_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* One thread's. */
struct rng {
	__u64 state;
};

void rng_seed(struct rng *r, __u64 seed);
__u64 rng_next(struct rng *r);
__u32 rng_below(struct rng *r, __u32 n);
bool rng_one_in(struct rng *r, __u32 n);
__u64 rng_edge(struct rng *r);
void rng_fill(struct rng *r, void *p, size_t len);

#endif /* TOOLS_LIB_RNG_H */
