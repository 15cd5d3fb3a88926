// SPDX-License-Identifier: GPL-2.0
/*
 * What the device gives back: positions, batches, order.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)

/* Offer and fetch @n one-buffer chains of 4 writable bytes. */
static void take(struct rig *rig, struct mvh_done *done, unsigned int n)
{
	struct mvh_chain c;
	unsigned int i;

	for (i = 0; i < n; i++)
		rig_offer(rig, BUF + 4 * i, 4, true, i);
	for (i = 0; i < n; i++) {
		check_eq(rig_fetch(rig, &c), 1);
		done[i] = rig_done(&c, 4);
	}
}

UNIT_TEST_BOTH(test_out_of_order, "SP14", "PK7", "completion in any order")
{
	unsigned int round;

	for (round = 0; round < 50; round++) {
		struct rig_config config = { .num = 8, .packed = packed,
					     .start = round % 8 };
		struct rig *rig;
		struct mvh_done done[8];
		struct driver_done got;
		unsigned int i, seen = 0;

		unit_rand_seed(unit_seed(round));
		rig = rig_create(&config);
		take(rig, done, 8);
		for (i = 8; i > 1; i--) {
			unsigned int k = unit_rand_below(i);
			struct mvh_done tmp = done[i - 1];

			done[i - 1] = done[k];
			done[k] = tmp;
		}
		for (i = 0; i < 8; i++) {
			done[i].len = unit_rand_below(5);
			rig_push(rig, &done[i], 1);
			check(driver_get(&rig->driver, &got));
			check_eq(got.len, done[i].len);
			seen |= 1 << got.cookie;
		}
		check_eq(seen, 0xff);
		rig_destroy(rig);
	}
}

/* All of a batch is visible, or none: watched after every store. */
UNIT_TEST_BOTH(test_batch, "SP3 N13", "PK9 N13", "a batch of every size at every position")
{
	unsigned int start, n, i;

	for (start = 0; start < 16; start++)
	for (n = 1; n <= 8; n++) {
		struct rig_config config = {
			.num = 8, .packed = packed,
			.start = packed ? start % 8 : 65528 + start,
			.wrap0 = start / 8,
		};
		struct rig *rig = rig_create(&config);
		struct mvh_done done[8];

		take(rig, done, n);
		rig_expect_none(rig);
		rig_push(rig, done, n);
		check_eq(rig->ring.uncalled, n);
		for (i = 0; i < n; i++)
			rig_expect_done(rig, i, 4);
		rig_expect_none(rig);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_write_flag, "PK7 packed: WRITE exactly when bytes were written")
{
	struct rig_config config = { .num = 4, .packed = true };
	struct rig *rig = rig_create(&config);
	struct vring_packed_desc *desc = rig->driver.part[MVH_PART_DESC];
	struct mvh_done done[4];

	take(rig, done, 4);
	done[1].len = 0;
	done[3].len = 0;
	rig_push(rig, done, 4);
	check_eq(le16_to_cpu(desc[0].flags), rig_packed_used(true) | 2);
	check_eq(le16_to_cpu(desc[1].flags), rig_packed_used(true));
	check_eq(le16_to_cpu(desc[2].flags), rig_packed_used(true) | 2);
	check_eq(le16_to_cpu(desc[3].flags), rig_packed_used(true));
	rig_destroy(rig);
}

/* Is this in the used ring's @slot, or in the descriptor there? */
static void check_used(const struct rig *rig, u16 slot,
		       const struct mvh_done *done)
{
	const struct vring_used *used = rig->driver.part[MVH_PART_USED];
	const struct vring_packed_desc *desc = rig->driver.part[MVH_PART_DESC];

	if (rig->ring.packed) {
		check_eq(le16_to_cpu(desc[slot].id), done->id);
		check_eq(le32_to_cpu(desc[slot].len), done->len);
	} else {
		check_eq(__virtio32_to_cpu(true, used->ring[slot].id), done->id);
		check_eq(__virtio32_to_cpu(true, used->ring[slot].len),
			 done->len);
	}
}

/*
 * Drivers read the length of each buffer of a merged frame, although one entry
 * could speak for all.  Which of 6 chains are full is the bits of @mask.
 */
UNIT_TEST_BOTH(test_in_order, "SP22", "PK10", "in order: each of six chains, full or not, has its id and length")
{
	unsigned int mask, start, i;

	for (mask = 0; mask < 64; mask++)
	for (start = 0; start < 8; start++) {
		struct rig_config config = {
			.num = 8, .packed = packed, .in_order = true,
			.start = packed ? start : 65530 + start,
		};
		struct rig *rig = rig_create(&config);
		struct mvh_done done[6];

		take(rig, done, 6);
		for (i = 0; i < 6; i++)
			done[i].len = mask >> i & 1 ? 4 : 3;
		rig_push(rig, done, 6);
		check_eq(rig->ring.uncalled, 6);
		for (i = 0; i < 6; i++)
			check_used(rig, (config.start + i) % 8, &done[i]);
		for (i = 0; i < 6; i++)
			rig_expect_done(rig, i, done[i].len);
		rig_expect_none(rig);
		rig_destroy(rig);
	}
}

/* Chains of different lengths, so that a descriptor's slot is not its number. */
UNIT_TEST(test_packed_in_order_slot, "PK8 PK10 packed: a used descriptor at the start of each chain of a batch")
{
	static const struct seg seg[4] = {
		{ BUF, 8, false }, { BUF + 8, 8, false },
		{ BUF + 16, 8, false }, { BUF + 24, 8, false },
	};
	unsigned int start, i, lap;

	for (start = 0; start < 11; start++) {
		struct rig_config config = {
			.num = 11, .packed = true, .in_order = true,
			.start = start,
		};
		struct rig *rig = rig_create(&config);
		struct mvh_done done[4];
		struct mvh_chain c;
		u16 at = start;

		for (lap = 0; lap < 4; lap++) {
			for (i = 0; i < 4; i++) {
				struct req req = { .seg = seg, .n = i + 1 };

				check_eq(rig_add(rig, &req, i), 0);
			}
			driver_publish(&rig->driver);
			for (i = 0; i < 4; i++) {
				check_eq(rig_fetch(rig, &c), 1);
				done[i] = rig_done(&c, 0);
			}
			rig_push(rig, done, 4);
			for (i = 0; i < 4; at = (at + ++i) % 11)
				check_used(rig, at, &done[i]);
			check_eq(rig->ring.uncalled, 10 * (lap + 1));
			for (i = 0; i < 4; i++)
				rig_expect_done(rig, i, 0);
			check_eq(rig->ring.state.used, rig->driver.used);
			check_eq(rig->ring.state.used_wrap,
				 rig->driver.used_wrap);
		}
		rig_destroy(rig);
	}
}

/* A mark costs a pinned page of the log, so a batch is one range, or two. */
UNIT_TEST_BOTH(test_told_once, "SP23", "PK16", "a push tells of its elements once, twice around the end")
{
	unsigned int start, n, i, told;

	for (start = 0; start < 8; start++)
	for (n = 1; n <= 8; n++) {
		struct rig_config config = { .num = 8, .packed = packed,
					     .start = start };
		struct rig *rig = rig_create(&config);
		struct mvh_done done[8];

		take(rig, done, n);
		rig_push(rig, done, n);
		for (i = 0, told = 0; i < env.n_log; i++)
			told += env.log[i].op == ENV_WROTE;
		check_eq(told, !packed + 1 + (start + n > 8));
		rig_destroy(rig);
	}
}

/* More than the ring has, of a driver that moves its index on and on. */
UNIT_TEST(test_told_lapped, "SP23 split: a push of more than a lap tells of the ring, not of what is behind")
{
	struct rig_config config = { .num = 4, .start = 1 };
	struct rig *rig = rig_create(&config);
	struct mvh_done done[11] = {};

	rig_push(rig, done, 11);
	check_eq(rig->ring.state.used, 12);
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_not_told, "SP15", "PK16", "nobody is told of writes when nobody asks")
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct mvh_done done[2];
	struct mvh_chain c;

	rig->ring.wrote = NULL;
	take(rig, done, 2);
	rig_push(rig, done, 2);
	check_eq(rig_fetch(rig, &c), 0);
	rig_enable_kick(rig);
	rig_disable_kick(rig);
	check(env_find(ENV_SET(ENV_WROTE), NULL, 0, 0) < 0);
	rig_expect_done(rig, 0, 4);
	rig_destroy(rig);
}
