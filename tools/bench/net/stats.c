// SPDX-License-Identifier: GPL-2.0
/* Medians and their uncertainty, see stats.h. */
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "stats.h"

#define RESAMPLES	4000
#define ROUNDS_MAX	1000

/* A ratio whose interval is wider than this says nothing. */
#define DISAGREE	1.25

static int stats_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median of up to ROUNDS_MAX values. */
double stats_median(const double *v, unsigned int n)
{
	double s[ROUNDS_MAX];

	if (!n || n > ROUNDS_MAX)
		return 0;
	memcpy(s, v, n * sizeof(*s));
	qsort(s, n, sizeof(*s), stats_order);
	return n % 2 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2;
}

/* The value below which a part @q of the values is; orders them. */
double stats_quantile(double *v, unsigned int n, double q)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), stats_order);
	return v[(unsigned int)(q * (n - 1))];
}

/*
 * Compare pairs of rounds: the median of their ratios, with the 95 % interval of a
 * bootstrap, that is of the medians of samples drawn from the ratios.
 * @n: pairs, up to ROUNDS_MAX
 */
struct stats_ratio stats_compare(const double *a, const double *b, unsigned int n)
{
	static double ratio[ROUNDS_MAX], sample[ROUNDS_MAX], median[RESAMPLES];
	struct stats_ratio r = { };
	unsigned int i, j;
	struct rng rng;

	for (i = 0; i < n; i++) {
		if (!(a[i] > 0 && b[i] > 0))
			return r;
		ratio[i] = a[i] / b[i];
	}
	r.median = stats_median(ratio, n);
	rng_seed(&rng, n);
	for (i = 0; i < RESAMPLES; i++) {
		for (j = 0; j < n; j++)
			sample[j] = ratio[rng_below(&rng, n)];
		median[i] = stats_median(sample, n);
	}
	qsort(median, RESAMPLES, sizeof(*median), stats_order);
	r.low = median[RESAMPLES / 40];
	r.high = median[RESAMPLES - 1 - RESAMPLES / 40];
	return r;
}

/* Do the rounds agree well enough for a ratio to mean something? */
bool stats_agree(const struct stats_ratio *r)
{
	return r->low > 0 && r->high / r->low <= DISAGREE;
}
