/* SPDX-License-Identifier: GPL-2.0 */
/* Medians and their uncertainty. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>

/**
 * struct stats_ratio - how one device compares with another
 * @median: of the ratios of the pairs of rounds, 0 if there are none
 * @low: begin of the interval that holds it with 95 %
 * @high: its end
 */
struct stats_ratio {
	double median, low, high;
};

double stats_median(const double *v, unsigned int n);
double stats_quantile(double *v, unsigned int n, double q);
struct stats_ratio stats_compare(const double *a, const double *b, unsigned int n);
bool stats_agree(const struct stats_ratio *r);

#endif /* BENCH_STATS_H */
