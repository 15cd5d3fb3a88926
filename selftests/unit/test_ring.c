// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c: sizes, start, and the position as one number.
 */
#include "ring/packed.h"
#include "rig.h"

UNIT_TEST(test_part_size, "ring: sizes of the three parts of both layouts")
{
	static const u32 nums[] = { 1, 2, 256, 1000, 32768 };
	unsigned int i, e;

	for (i = 0; i < ARRAY_SIZE(nums); i++) {
		u32 n = nums[i];

		for (e = 0; e < 2; e++) {
			check_eq(mvh_ring_part_size(false, e, n, MVH_PART_DESC), 16 * n);
			check_eq(mvh_ring_part_size(false, e, n, MVH_PART_AVAIL),
				 4 + 2 * n + 2 * e);
			check_eq(mvh_ring_part_size(false, e, n, MVH_PART_USED),
				 4 + 8 * n + 2 * e);
			check_eq(mvh_ring_part_size(true, e, n, MVH_PART_DESC), 16 * n);
			check_eq(mvh_ring_part_size(true, e, n, MVH_PART_AVAIL), 4);
			check_eq(mvh_ring_part_size(true, e, n, MVH_PART_USED), 4);
		}
	}
	check_eq(mvh_ring_part_size(false, true, U32_MAX, MVH_PART_USED),
		 8ULL * U32_MAX + 6);
}

UNIT_TEST(test_reset, "LC3 PK1: a ring after reset")
{
	struct mvh_ring ring;

	memset(&ring, 0xff, sizeof(ring));
	mvh_ring_reset(&ring);
	check_eq(ring.num, 1);
	check(!ring.part[MVH_PART_DESC] && !ring.wrote && !ring.packed);
	check_eq(mvh_ring_state_pack(&ring), 0);
	ring.packed = true;
	check_eq(mvh_ring_state_pack(&ring), 0x80008000);
}

UNIT_TEST(test_split_state, "LC3 split: position to number and back")
{
	struct mvh_ring ring = { .num = 256 };
	u32 base;

	for (base = 0; base <= U16_MAX; base++) {
		ring.state.avail = ~base;
		check_eq(mvh_ring_state_unpack(&ring, base), 0);
		check_eq(ring.state.avail, base);
		check_eq(mvh_ring_state_pack(&ring), base);
	}
	check_eq(mvh_ring_state_unpack(&ring, 0x10000), -EINVAL);
	check_eq(mvh_ring_state_unpack(&ring, U32_MAX), -EINVAL);
	check_eq(ring.state.avail, U16_MAX);
}

UNIT_TEST(test_packed_state, "PK13 packed: position to number and back")
{
	struct mvh_ring ring = { .num = 32768, .packed = true };
	u32 half;

	for (half = 0; half <= U16_MAX; half++) {
		u16 other = half * 7 + 1;
		u32 base = half | (u32)other << 16;

		if (!other)
			continue;
		check_eq(mvh_ring_state_unpack(&ring, base), 0);
		check_eq(ring.state.avail, half & 0x7fff);
		check_eq(ring.state.avail_wrap, half >> 15);
		check_eq(ring.state.used, other & 0x7fff);
		check_eq(ring.state.used_wrap, other >> 15);
		check_eq(mvh_ring_state_pack(&ring), base);
	}
}

UNIT_TEST(test_packed_state_half, "PK17 packed: a position without a used half has nothing in flight")
{
	struct mvh_ring ring = { .num = 32768, .packed = true };
	u32 half;

	for (half = 0; half <= U16_MAX; half++) {
		ring.state.used = ~half;
		ring.state.used_wrap = !(half >> 15);
		check_eq(mvh_ring_state_unpack(&ring, half), 0);
		check_eq(ring.state.avail, half & 0x7fff);
		check_eq(ring.state.avail_wrap, half >> 15);
		check_eq(mvh_ring_state_pack(&ring), half | half << 16);
		check_eq(mvh_packed_room(&ring), 32768);
	}
}

UNIT_TEST(test_split_start, "LC3 split: start takes the used index from the ring")
{
	struct rig_config config = { .num = 8, .event_idx = true, .start = 77 };
	struct rig *rig = rig_create(&config);
	struct vring_used *used = rig->driver.part[MVH_PART_USED];

	used->idx = __cpu_to_virtio16(true, 0x1234);
	used->flags = __cpu_to_virtio16(true, 1);
	env_renew(&used->idx, 2);
	rig->ring.uncalled = 5;
	rig->ring.call_always = false;
	rig->ring.seen = 0;
	env_log_reset();
	check_eq(mvh_ring_start(&rig->ring), 0);
	check_eq(rig->ring.state.used, 0x1234);
	check_eq(rig->ring.state.avail, 77);
	check_eq(rig->ring.seen, 77);
	check_eq(rig->ring.uncalled, 0);
	check(rig->ring.call_always);
	check_eq(used->flags, 0);
	check(env_find(ENV_SET(ENV_WROTE), &used->flags, 2, 0) >= 0);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_start, "LC3 packed: start touches no memory")
{
	struct rig_config config = { .num = 5, .packed = true, .start = 3 };
	unsigned int wrap0;

	for (wrap0 = 0; wrap0 < 2; wrap0++) {
		struct rig *rig;
		unsigned long words;

		config.wrap0 = wrap0;
		rig = rig_create(&config);
		words = env_words();
		rig->ring.uncalled = 5;
		rig->ring.call_always = false;
		check_eq(mvh_ring_start(&rig->ring), 0);
		check_eq(env_words(), words);
		check_eq(rig->ring.seen, 3 | !wrap0 << 15);
		check_eq(rig->ring.uncalled, 0);
		check(rig->ring.call_always);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_state_ok, "LC3 split: any position is good to start from")
{
	struct mvh_ring ring = { .num = 1 };
	u32 i;

	for (i = 0; i <= U16_MAX; i++) {
		ring.state.avail = i;
		check(mvh_ring_state_ok(&ring));
	}
}

/* Slots of the ring, the used one behind the available one by less than a lap. */
UNIT_TEST(test_packed_state_ok, "PK13 packed: which positions are good to start from")
{
	unsigned int num, avail, used, wraps;

	for (num = 1; num <= 5; num++)
	for (avail = 0; avail <= num; avail++)
	for (used = 0; used <= num; used++)
	for (wraps = 0; wraps < 4; wraps++) {
		struct mvh_ring ring = {
			.num = num, .packed = true,
			.state = { avail, used, wraps & 1, wraps >> 1 },
		};
		int taken = (int)avail - (int)used;

		if ((wraps & 1) != wraps >> 1)
			taken += num;
		check_eq(mvh_ring_state_ok(&ring),
			 avail < num && used < num && taken >= 0 &&
			 taken < (int)num);
	}
}

UNIT_TEST(test_packed_room, "PK7 packed: room at all positions of the largest ring's ends")
{
	static const u16 at[] = { 0, 1, 16384, 32766, 32767 };
	unsigned int i, k, same;

	for (i = 0; i < ARRAY_SIZE(at); i++)
	for (k = 0; k < ARRAY_SIZE(at); k++)
	for (same = 0; same < 2; same++) {
		struct mvh_ring ring = {
			.num = 32768, .packed = true,
			.state = { at[i], at[k], true, same },
		};
		int taken = at[i] - at[k] + (same ? 0 : 32768);

		check_eq(mvh_packed_room(&ring),
			 taken < 0 || taken > 32768 ? 0 : 32768 - taken);
	}
}
