// SPDX-License-Identifier: GPL-2.0
/*
 * A random driver and a random device.
 */
#include "play.h"
#include "seed.h"

#define ROUNDS		40
#define STEPS		400

static struct code *seed;

static void write_drawn(uint64_t v, uint32_t below)
{
	if (below)
		code_below(seed, v, below);
	else
		code_u16(seed, v);
}

/* The first steps of some rounds are where the fuzzer begins. */
static void play(struct rig_config *config)
{
	static struct seeds seeds = { .target = "device" };
	unsigned int steps = PLAY_STEPS_MAX;

	seed = seed_new(&seeds);
	if (seed) {
		play_head(seed, config, &steps);
		unit_rand_watch(write_drawn);
	}
	play_run(config, STEPS);
	unit_rand_watch(NULL);
}

UNIT_TEST_BOTH(test_play, "SP1-SP20 model", "PK1-PK15 model", "random driver and device")
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		struct rig_config config = { .packed = packed };

		unit_rand_seed(unit_seed(round));
		config.event_idx = unit_rand() & 1;
		config.num = packed ? 12 + unit_rand_below(60) :
				      16 << unit_rand_below(4);
		config.start = packed ? unit_rand_below(config.num) :
					unit_rand();
		config.wrap0 = unit_rand() & 1;
		config.native = !packed && (unit_rand() & 1);
		play(&config);
	}
	unit_note("seeds %llu to %llu", (unsigned long long)unit_seed(0),
		  (unsigned long long)unit_seed(ROUNDS - 1));
}

UNIT_TEST_BOTH(test_play_in_order, "SP22 model", "PK10 model", "random driver and device in order")
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		struct rig_config config = { .packed = packed,
					     .in_order = true };

		unit_rand_seed(unit_seed(round));
		config.event_idx = unit_rand() & 1;
		config.num = packed ? 12 + unit_rand_below(60) :
				      16 << unit_rand_below(4);
		config.start = packed ? unit_rand_below(config.num) :
					unit_rand();
		config.wrap0 = unit_rand() & 1;
		play(&config);
	}
}
