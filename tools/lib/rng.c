// SPDX-License-Identifier: GPL-2.0
/* Random numbers, see rng.h. */
#include <string.h>

#include "rng.h"

/*
 * Begin.
 * @seed: any, neighbours give unrelated numbers
 */
void rng_seed(struct rng *r, __u64 seed)
{
	r->state = seed;
}

/* 64 random bits, by splitmix64. */
__u64 rng_next(struct rng *r)
{
	__u64 z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/*
 * A number below @n.
 * @n: above 0
 */
__u32 rng_below(struct rng *r, __u32 n)
{
	return rng_next(r) % n;
}

/*
 * True once in @n times.
 * @n: above 0
 */
bool rng_one_in(struct rng *r, __u32 n)
{
	return !rng_below(r, n);
}

/* A number near one where something ends or wraps. */
__u64 rng_edge(struct rng *r)
{
	static const unsigned char shift[] = {
		0, 1, 4, 8, 9, 12, 15, 16, 20, 30, 31, 32, 47, 54, 55, 62, 63,
	};
	__u64 at = 1ULL << shift[rng_below(r, sizeof(shift))];

	if (rng_one_in(r, 4))
		at = 0;
	if (rng_one_in(r, 2))
		return at;
	return at + rng_below(r, 33) - 16;
}

/*
 * Random bytes.
 * @len: how many; those of a shorter length are the first of a longer one
 */
void rng_fill(struct rng *r, void *p, size_t len)
{
	__u8 *to = p;

	while (len) {
		__u64 v = rng_next(r);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(to, &v, n);
		to += n;
		len -= n;
	}
}
