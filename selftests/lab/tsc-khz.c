// SPDX-License-Identifier: GPL-2.0
/*
 * Print the frequency of the machine's time stamp counter in kHz. QEMU's TCG
 * hands this counter to its guests; a guest's own calibration against emulated
 * timers is wrong by factors when the machine is busy. The best of several short
 * measurements is the one whose clock reads took least.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define ROUNDS		8
#define WAIT_NS		50000000L

struct stamp {
	uint64_t tsc;
	uint64_t ns;
	uint64_t width;
};

static struct stamp now(void)
{
	struct timespec ts;
	uint64_t before = __rdtsc();
	uint64_t after;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	after = __rdtsc();
	return (struct stamp){
		.tsc = before + (after - before) / 2,
		.ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec,
		.width = after - before,
	};
}

int main(void)
{
	struct timespec wait = { .tv_nsec = WAIT_NS };
	uint64_t best = UINT64_MAX;
	double khz = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct stamp a = now(), b;

		nanosleep(&wait, NULL);
		b = now();
		if (a.width + b.width >= best)
			continue;
		best = a.width + b.width;
		khz = (double)(b.tsc - a.tsc) * 1e6 / (double)(b.ns - a.ns);
	}
	printf("%.0f\n", khz);
	return 0;
}
