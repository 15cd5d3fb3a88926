// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that keeps to the rules and a device, both played by the input: each
 * request comes back once, by its id, with what was written; used never passes
 * available; notifications are not lost; stops and starts lose nothing.
 */
#include "fuzz.h"
#include "play.h"

#define STEPS	64

void fuzz_one(void)
{
	u8 kind = fuzz_u8();
	struct rig_config config = {
		.packed = kind & 1,
		.native = !(kind & 1) && kind & 2,
		.event_idx = kind & 4,
		.in_order = kind & 8,
		.notify_on_empty = kind & 16,
		.wrap0 = kind & 32,
	};
	unsigned int steps = fuzz_u8() % STEPS;

	config.num = config.packed ? 12 + fuzz_u8() % 30 :
				     16 << fuzz_u8() % 3;
	config.start = config.packed ? fuzz_u8() % config.num : fuzz_u16();
	play_run(&config, steps);
}
