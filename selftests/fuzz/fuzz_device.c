// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that keeps to the rules and a device, both played by the input: each
 * request comes back once, by its id, with what was written; used never passes
 * available; notifications are not lost; stops and starts lose nothing.
 */
#include "fuzz.h"
#include "play.h"

void fuzz_one(void)
{
	struct rig_config config = {};
	unsigned int steps = 0;

	play_head(&fuzz_input, &config, &steps);
	play_run(&config, steps);
}
