// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver made available: heads, availability bits, bounds.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)

/* Every start from which 2 * num entries pass the wrap of the index. */
UNIT_TEST(test_split_walk, "SP1 split: heads at all positions around the wraps")
{
	static const u16 starts[] = { 0, 1, 5, 7, 8, 32767, 32768, 65520,
				      65527, 65528, 65530, 65535 };
	unsigned int s, i, native;
	struct mvh_chain c;

	for (s = 0; s < 2 * ARRAY_SIZE(starts); s++) {
		struct rig_config config = { .num = 8, .start = starts[s / 2] };
		struct rig *rig;

		native = s & 1;
		config.native = native;
		rig = rig_create(&config);
		for (i = 0; i < 40; i++) {
			struct mvh_done done;

			check_eq(rig_fetch(rig, &c), 0);
			rig_offer(rig, BUF + 64 * i, 64, i & 1, i);
			check_eq(rig_fetch(rig, &c), 1);
			check_eq(rig->ring.state.avail,
				 (u16)(config.start + i + 1));
			done = rig_done(&c, c.in_len);
			rig_push(rig, &done, 1);
			check_eq(rig->ring.state.used,
				 (u16)(config.start + i + 1));
			rig_expect_done(rig, i, i & 1 ? 64 : 0);
		}
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_index, "SP1 split: every distance of the available index")
{
	static const u16 starts[] = { 0, 3, 32768, 65533, 65535 };
	struct mvh_chain c;
	unsigned int s, d, i;

	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		struct rig_config config = { .num = 4, .start = starts[s] };
		struct rig *rig = rig_create(&config);

		for (i = 0; i < 4; i++) {
			rig_split_avail(rig, i, i);
			rig_split_desc(rig, i, BUF, 1, 0, 0);
		}
		env.refetch = true;
		for (d = 0; d <= U16_MAX; d++) {
			struct mvh_ring_state begin = rig->ring.state;

			rig_split_idx(rig, starts[s] + d);
			rig->ring.seen = starts[s];
			if (d > 4) {
				rig_expect_bad(rig, MVH_BAD_INDEX);
				continue;
			}
			for (i = 0; i < d; i++)
				check_eq(rig_fetch(rig, &c), 1);
			check_eq(rig_fetch(rig, &c), 0);
			rig->ring.state = begin;
		}
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_head, "SP4 split: a head out of range")
{
	static const u16 heads[] = { 16, 17, 255, 32768, 65535 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		struct rig_config config = { .num = 16 };
		struct rig *rig = rig_create(&config);

		rig_split_avail(rig, 0, heads[i]);
		rig_split_idx(rig, 1);
		rig_expect_bad(rig, MVH_BAD_HEAD);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_last_head, "SP4 split: the last descriptor of the largest ring")
{
	struct rig_config config = { .num = 32768, .start = 65535 };
	struct rig *rig = rig_create(&config);
	struct mvh_chain c;

	rig_split_desc(rig, 32767, BUF, 5, 0, 0);
	rig_split_avail(rig, 32767, 32767);
	rig_split_idx(rig, 0);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.id, 32767);
	check_eq(c.out_len, 5);
	check_eq(rig->ring.state.avail, 0);
	rig_destroy(rig);
}

/* Each limit ends a batch, and the rest is met by the next one. */
UNIT_TEST_BOTH(test_limits, "SP13", "SP13", "a batch ends at each of its limits")
{
	static const struct {
		unsigned int max, n_iov;
		s64 descs, bytes;
		int n;
	} limit[] = {
		{ 16, 64, 64, 10000, 6 },
		{ 4, 64, 64, 10000, 4 },
		{ 16, 3, 64, 10000, 3 },
		{ 16, 64, 2, 10000, 2 },
		{ 16, 64, 64, 250, 3 },
		{ 16, 64, 0, 10000, 0 },
		{ 16, 64, 64, 0, 0 },
	};
	struct rig_config config = { .num = 8, .packed = packed, .start = 5 };
	struct rig *rig = rig_create(&config);
	struct mvh_chain c[16];
	unsigned int i;
	int k;

	for (i = 0; i < 6; i++)
		rig_offer(rig, BUF + 1000 * i, 100, false, i);
	rig->driver.fifo_in = 0;
	env.refetch = true;
	for (i = 0; i < ARRAY_SIZE(limit); i++) {
		struct mvh_fetch fetch = rig_limits(rig, limit[i].max);
		struct mvh_ring_state begin = rig->ring.state;

		unit_context("limits %u", i);
		fetch.n_iov = limit[i].n_iov;
		fetch.descs = limit[i].descs;
		fetch.bytes = limit[i].bytes;
		check_eq(rig_fetch_batch(rig, c, &fetch), limit[i].n);
		check_eq(fetch.descs, limit[i].descs - limit[i].n);
		check_eq(fetch.bytes, limit[i].bytes - 100 * limit[i].n);
		for (k = 0; k < limit[i].n; k++)
			check_eq((u64)c[k].iov->iov_base,
				 (u64)guest_host(&rig->guest, BUF + 1000 * k));
		if (!limit[i].n)
			continue;
		mvh_chain_leave(&rig->ring, &c[limit[i].n - 1], 1);
		check_eq(rig_fetch(rig, &c[8]), 1);
		check_eq(c[8].id, c[limit[i].n - 1].id);
		mvh_chain_leave(&rig->ring, c, limit[i].n);
		check(!memcmp(&begin, &rig->ring.state, sizeof(begin)));
	}
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_bad_in_batch, "SP7", "SP7", "a bad chain ends a batch and begins the next one")
{
	struct rig_config config = { .num = 8, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct mvh_fetch fetch = rig_limits(rig, 8);
	struct mvh_chain c[8];
	struct req bad = { .n = 1, .seg = (struct seg[]) { { GUEST_B_END, 4, false } } };

	rig_offer(rig, BUF, 100, false, 0);
	rig_offer(rig, BUF, 100, true, 1);
	check_eq(rig_add(rig, &bad, 2), 0);
	driver_publish(&rig->driver);
	rig->driver.fifo_in = 0;
	env.refetch = true;
	check_eq(rig_fetch_batch(rig, c, &fetch), 2);
	check_eq(fetch.descs, LLONG_MAX - 3);
	rig_expect_bad(rig, MVH_BAD_ADDRESS);
	rig_destroy(rig);
}

/* The index is not read again while entries are known to be there. */
UNIT_TEST(test_split_batch, "SP13 split: one look at the index for a batch")
{
	struct rig_config config = { .num = 8, .start = 65533 };
	struct rig *rig = rig_create(&config);
	struct vring_avail *avail = rig->driver.part[MVH_PART_AVAIL];
	struct mvh_chain c;
	unsigned int i;

	for (i = 0; i < 8; i++)
		rig_offer(rig, BUF, 1, false, i);
	for (i = 0; i < 8; i++) {
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(env_find(ENV_READS, &avail->idx, 2, 0), i ? -1 : 0);
	}
	check_eq(rig_fetch(rig, &c), 0);
	check_eq(env_find(ENV_READS, &avail->idx, 2, 0), 0);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_bits, "PK2 packed: all four states of the bits at both wraps")
{
	static const u16 state[] = { 0, BIT(7), BIT(15), BIT(7) | BIT(15) };
	struct mvh_chain c;
	unsigned int wrap0, i, noise;

	for (i = 0; i < 4 * 2 * 2; i++) {
		struct rig_config config = { .num = 3, .packed = true };
		struct rig *rig;
		bool avail;

		wrap0 = i >> 2 & 1;
		noise = i >> 3;
		config.wrap0 = wrap0;
		rig = rig_create(&config);
		rig_packed_desc(rig, 0, BUF, 9, 0xbeef,
				state[i & 3] | (noise ? 0x7f78 & ~BIT(7) : 0));
		avail = (i & 3) == (wrap0 ? 2 : 1);
		check_eq(rig_has_new(rig), avail);
		check_eq(rig_fetch(rig, &c), avail);
		if (avail)
			check_eq(c.id, 0xbeef);
		rig_destroy(rig);
	}
}

/* Rings of any size, from any slot and wrap, three laps long. */
UNIT_TEST(test_packed_walk, "PK1 PK4 packed: all slots, sizes 1 to 9, chains across the end")
{
	struct seg seg[9];
	unsigned int num, start, wrap0, len, i;
	struct mvh_chain c;

	for (i = 0; i < 9; i++)
		seg[i] = (struct seg) { BUF + 256 * i, 7 * i + 1, false };
	for (num = 1; num <= 9; num++)
	for (start = 0; start < num; start++)
	for (wrap0 = 0; wrap0 < 2; wrap0++)
	for (len = 1; len <= num; len++) {
		struct rig_config config = {
			.num = num, .start = start, .wrap0 = wrap0,
			.packed = true,
		};
		struct rig *rig = rig_create(&config);
		struct req req = { .seg = seg, .n = len };

		for (i = 0; i < 3 * num; i++) {
			struct mvh_done done;

			check_eq(rig_fetch(rig, &c), 0);
			check_eq(rig_add(rig, &req, i), 0);
			check_eq(rig_fetch(rig, &c), 0);
			driver_publish(&rig->driver);
			check_eq(rig_fetch(rig, &c), 1);
			check_eq(rig->ring.state.avail, rig->driver.avail);
			check_eq(rig->ring.state.avail_wrap,
				 rig->driver.avail_wrap);
			done = rig_done(&c, 0);
			rig_push(rig, &done, 1);
			rig_expect_done(rig, i, 0);
			rig_expect_none(rig);
		}
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_full, "SP1", "PK15", "all descriptors available at once")
{
	struct rig_config config = { .num = 64, .packed = packed, .start = 50 };
	struct rig *rig = rig_create(&config);
	struct mvh_done done[64];
	struct mvh_chain c;
	unsigned int i, lap;

	for (lap = 0; lap < 3; lap++) {
		for (i = 0; i < 64; i++)
			rig_offer(rig, BUF + i, 1, true, i);
		for (i = 0; i < 64; i++) {
			check_eq(rig_fetch(rig, &c), 1);
			done[i] = rig_done(&c, 1);
		}
		check_eq(rig_fetch(rig, &c), 0);
		rig_push(rig, done, 64);
		for (i = 0; i < 64; i++)
			rig_expect_done(rig, i, 1);
		rig_expect_none(rig);
	}
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_rewind, "SP13", "PK13", "chains that were put back are met again")
{
	struct rig_config config = { .num = 8, .packed = packed, .start = 6 };
	struct rig *rig = rig_create(&config);
	struct mvh_ring_state mark;
	struct mvh_chain c;
	u16 ids[5];
	unsigned int i, k;

	for (i = 0; i < 5; i++)
		rig_offer(rig, BUF + i, 1, true, i);
	mark = rig->ring.state;
	for (k = 0; k < 3; k++) {
		rig->ring.state = mark;
		env.refetch = k;
		for (i = 0; i < 5; i++) {
			check_eq(rig_fetch(rig, &c), 1);
			if (!k)
				ids[i] = c.id;
			check_eq(c.id, ids[i]);
		}
		check_eq(rig_fetch(rig, &c), 0);
	}
	rig_destroy(rig);
}

/*
 * A driver that marks slots available again before they are given back must not
 * lead the used position astray.
 */
UNIT_TEST(test_packed_overrun, "PK7 PK10 PK14 packed: more taken than the ring has")
{
	unsigned int num, in_order;

	for (num = 1; num <= 8; num++)
	for (in_order = 0; in_order < 2; in_order++) {
		struct rig_config config = {
			.num = num, .packed = true, .in_order = in_order,
		};
		struct rig *rig = rig_create(&config);
		struct mvh_done done[64];
		struct mvh_chain c;
		unsigned int n = 0;
		int ret = 1;

		rig->ring.bad = MVH_BAD_MAX;
		while (n < 64 && ret == 1) {
			const struct mvh_ring_state *s = &rig->ring.state;

			rig_packed_desc(rig, s->avail, BUF, 1, n,
					rig_packed_avail(s->avail_wrap));
			ret = rig_fetch(rig, &c);
			if (ret == 1)
				done[n++] = rig_done(&c, 0);
		}
		check_eq(ret, -EBADMSG);
		check_eq(rig->ring.bad, MVH_BAD_INDEX);
		check_eq(n, num);
		rig_push(rig, done, n);
		check_eq(rig->ring.state.used, 0);
		check_eq(rig->ring.state.used_wrap, false);
		rig_destroy(rig);
	}
}
