/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions by kernel function, in the instruction-counting lab. */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include <stdio.h>

int profile_start(unsigned int cpu);
void profile_stop(void);
int profile_print(FILE *f, unsigned long long packets);

#endif /* BENCH_PROFILE_H */
