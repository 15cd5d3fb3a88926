// SPDX-License-Identifier: GPL-2.0
/*
 * Direct chains: what a correct driver may ask for, and what a hostile one may.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)
#define NEXT	VRING_DESC_F_NEXT
#define WRITE	VRING_DESC_F_WRITE
#define ITABLE	VRING_DESC_F_INDIRECT

/* A chain by hand, at the start of the ring: descriptors 0, 1, 2, ... */
static struct rig *by_hand(int packed, u16 num)
{
	struct rig_config config = { .num = num, .packed = packed };

	return rig_create(&config);
}

static void put(struct rig *rig, u16 i, u64 addr, u32 len, u16 flags)
{
	if (rig->ring.packed)
		rig_packed_desc(rig, i, addr, len, 7,
				flags | rig_packed_avail(true));
	else
		rig_split_desc(rig, i, addr, len, flags, i + 1);
}

/* Make descriptor 0 the head of the first chain. */
static void show(struct rig *rig)
{
	if (rig->ring.packed)
		return;
	rig_split_avail(rig, 0, 0);
	rig_split_idx(rig, 1);
}

/* Fetch what the driver made of @n buffers; the rig compares. */
static void fetch_req(struct rig *rig, const struct seg *seg, unsigned int n)
{
	struct req req = { .seg = seg, .n = n };
	struct mvh_done done;
	struct mvh_chain c;

	check_eq(rig_add(rig, &req, 0), 0);
	driver_publish(&rig->driver);
	check_eq(rig_fetch(rig, &c), 1);
	done = rig_done(&c, c.in_len);
	rig_push(rig, &done, 1);
	rig_expect_done(rig, 0, c.in_len);
}

/* The split of 24 bytes at every pair of borders, into any direction. */
UNIT_TEST_BOTH(test_framing, "SP10", "SP10", "buffers split at all byte borders")
{
	struct rig_config config = { .num = 8, .packed = packed };
	struct rig *rig = rig_create(&config);
	unsigned int a, b, w;

	for (a = 0; a <= 24; a++)
	for (b = a; b <= 24; b++)
	for (w = 0; w <= 3; w++) {
		struct seg seg[3] = {
			{ BUF, a, w >= 3 },
			{ BUF + 100, b - a, w >= 2 },
			{ BUF + 200, 24 - b, w >= 1 },
		};

		fetch_req(rig, seg, 3);
	}
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_bytes, "SP10", "SP10", "one byte per descriptor, a chain of exactly all")
{
	struct rig_config config = { .num = 256, .packed = packed,
				     .start = 200 };
	struct rig *rig = rig_create(&config);
	struct seg seg[256];
	unsigned int i, lap;

	for (i = 0; i < 256; i++)
		seg[i] = (struct seg) { BUF + i, 1, i >= 100 };
	for (lap = 0; lap < 3; lap++)
		fetch_req(rig, seg, 256);
	rig_destroy(rig);
}

/* Adjacent regions join, a hole does not (CVE-2013-0311). */
UNIT_TEST_BOTH(test_regions, "SP12", "SP12", "buffers over the border of two regions")
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	unsigned int w;
	int off;

	for (w = 0; w < 2; w++)
	for (off = -5; off <= 5; off++) {
		struct seg seg = { GUEST_B + off, 3, w };

		fetch_req(rig, &seg, 1);
	}
	fetch_req(rig, &(struct seg) { GUEST_A, GUEST_B_END - GUEST_A, true }, 1);
	fetch_req(rig, &(struct seg) { GUEST_B_END - 1, 1, true }, 1);
	fetch_req(rig, &(struct seg) { ~0ULL, 1, true }, 1);
	fetch_req(rig, &(struct seg) { GUEST_D, 0x10000, false }, 1);
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_address, "SP12 HO1", "SP12 HO1", "buffers that are not guest memory")
{
	static const struct {
		u64 addr;
		u32 len;
	} bad[] = {
		{ 0, 1 }, { GUEST_A - 1, 1 }, { GUEST_A - 1, 2 },
		{ GUEST_B_END, 1 }, { GUEST_B_END - 1, 2 },
		{ GUEST_A, GUEST_B_END - GUEST_A + 1 },
		{ GUEST_RO - 1, 2 }, { GUEST_D - 1, 2 }, { ~0ULL, 2 },
		{ GUEST_D, 0x10001 }, { GUEST_D, U32_MAX },
		{ ~0ULL - U32_MAX + 2, U32_MAX }, { 1ULL << 63, U32_MAX },
	};
	unsigned int i, w;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
	for (w = 0; w < 2; w++) {
		struct rig *rig = by_hand(packed, 4);

		put(rig, 0, bad[i].addr, bad[i].len, w ? WRITE : 0);
		show(rig);
		rig_expect_bad(rig, MVH_BAD_ADDRESS);
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_access, "HO3", "HO3", "read-only and write-only memory")
{
	unsigned int w, wo;

	for (w = 0; w < 2; w++)
	for (wo = 0; wo < 2; wo++) {
		struct rig *rig = by_hand(packed, 4);
		struct mvh_chain c;

		put(rig, 0, wo ? GUEST_WO : GUEST_RO, 16, w ? WRITE : 0);
		show(rig);
		if (w == wo)
			check_eq(rig_fetch(rig, &c), 1);
		else
			rig_expect_bad(rig, MVH_BAD_ACCESS);
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_order, "SP7 HO4", "SP7 HO4", "readable after writable, at all places of a chain of five")
{
	unsigned int mask, i;

	for (mask = 0; mask < 32; mask++) {
		struct rig *rig = by_hand(packed, 8);
		bool bad = false;
		struct mvh_chain c;

		for (i = 0; i < 5; i++) {
			bool w = mask >> i & 1;

			if (i && !w && (mask >> (i - 1) & 1))
				bad = true;
			put(rig, i, BUF + i, 1,
			    (w ? WRITE : 0) | (i < 4 ? NEXT : 0));
		}
		show(rig);
		if (bad)
			rig_expect_bad(rig, MVH_BAD_ORDER);
		else
			check_eq(rig_fetch(rig, &c), 1);
		rig_destroy(rig);
	}
}

/* Length 0 in all places; its address is nobody's business. */
UNIT_TEST_BOTH(test_zero, "SP11", "SP11", "zero-length descriptors in all places")
{
	unsigned int mask, w, i;

	for (mask = 0; mask < 32; mask++)
	for (w = 0; w < 2; w++) {
		struct rig *rig = by_hand(packed, 8);
		struct mvh_chain c;
		unsigned int pieces = 0;

		for (i = 0; i < 5; i++) {
			bool zero = mask >> i & 1;

			put(rig, i, zero ? ~0ULL : BUF + i, !zero,
			    (w ? WRITE : 0) | (i < 4 ? NEXT : 0));
			pieces += !zero;
		}
		show(rig);
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(w ? c.n_in : c.n_out, pieces);
		check_eq(w ? c.n_out : c.n_in, 0);
		check_eq(c.ndesc, 5);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_loop, "SP5 split: loops of every length end")
{
	unsigned int from, to, zero;

	for (from = 0; from < 8; from++)
	for (to = 0; to <= from; to++)
	for (zero = 0; zero < 2; zero++) {
		struct rig *rig = by_hand(0, 8);
		unsigned int i;

		for (i = 0; i < from; i++)
			put(rig, i, BUF, !zero, NEXT);
		rig_split_desc(rig, from, BUF, !zero, NEXT, to);
		show(rig);
		env.refetch = true;
		rig_expect_bad(rig, MVH_BAD_CHAIN);
		env.refetch = false;
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_next, "SP4 split: a next out of range")
{
	static const u16 next[] = { 8, 9, 255, 32768, 65535 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(next); i++) {
		struct rig *rig = by_hand(0, 8);

		put(rig, 0, BUF, 1, NEXT);
		rig_split_desc(rig, 1, BUF, 1, NEXT, next[i]);
		show(rig);
		rig_expect_bad(rig, MVH_BAD_HEAD);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_next_unused, "SP6 split: next without NEXT and unknown flags are ignored")
{
	struct rig *rig = by_hand(0, 8);
	struct mvh_chain c;

	rig_split_desc(rig, 0, BUF, 1, 0xfff8, 65535);
	show(rig);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.out_len, 1);
	check_eq(c.in_len, 0);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_long, "PK4 packed: a chain longer than the ring")
{
	unsigned int num, i;

	for (num = 1; num <= 9; num++) {
		struct rig *rig = by_hand(1, num);

		for (i = 0; i < num; i++)
			put(rig, i, BUF, 1, NEXT);
		env.refetch = true;
		rig_expect_bad(rig, MVH_BAD_CHAIN);
		env.refetch = false;
		rig_destroy(rig);
	}
}

/* A chain that runs into descriptors the device has not given back yet. */
UNIT_TEST(test_packed_into_taken, "PK4 PK7 packed: a chain longer than what is free")
{
	unsigned int taken, i;

	for (taken = 1; taken < 6; taken++) {
		struct rig *rig = by_hand(1, 6);
		struct mvh_chain c;

		for (i = 0; i < taken; i++) {
			put(rig, i, BUF, 1, 0);
			check_eq(rig_fetch(rig, &c), 1);
		}
		for (i = taken; i < 6; i++)
			put(rig, i, BUF, 1, NEXT);
		env.refetch = true;
		rig_expect_bad(rig, MVH_BAD_CHAIN);
		put(rig, 5, BUF, 1, 0);
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(c.ndesc, 6 - taken);
		env.refetch = false;
		rig_destroy(rig);
	}
}

/* PK4: only the first descriptor's bits tell, PK5: only the last one's id. */
UNIT_TEST(test_packed_bits_inside, "PK4 PK5 packed: bits and ids inside a chain say nothing")
{
	unsigned int bits;

	for (bits = 0; bits < 16; bits++) {
		struct rig *rig = by_hand(1, 4);
		struct mvh_chain c;

		rig_packed_desc(rig, 0, BUF, 1, 1,
				NEXT | rig_packed_avail(true));
		rig_packed_desc(rig, 1, BUF, 1, 2,
				NEXT | (bits & 3) << 14 | (bits & 1) << 7);
		rig_packed_desc(rig, 2, BUF, 1, 0xffff,
				(bits >> 2 & 1) << 15 | (bits >> 3 & 1) << 7);
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(c.id, 0xffff);
		check_eq(c.ndesc, 3);
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_sum, "SP5", "SP5", "lengths that sum up beyond 32 bits")
{
	struct rig *rig = by_hand(packed, 16);
	static u8 byte;
	struct mvh_fetch fetch;
	struct mvh_chain c;
	unsigned int i;

	/* As much guest memory as a descriptor can name; nobody touches it. */
	rig->guest.n = 0;
	rig->guest.region[rig->guest.n++] = (struct mvh_region) {
		.start = 0, .last = ~0ULL,
		.uaddr = (uintptr_t)&byte, .access = MVH_ACCESS_WRITE,
	};
	guest_map(&rig->guest);
	for (i = 0; i < 16; i++)
		put(rig, i, i, U32_MAX, WRITE | (i < 15 ? NEXT : 0));
	show(rig);
	fetch = rig_limits(rig, 1);
	check_eq(mvh_chain_fetch(&rig->ring, &rig->guest.view, &c, &fetch), 1);
	check_eq(c.in_len, 16ULL * U32_MAX);
	check_eq(c.n_in, 16);
	rig->guest.n = 0;
	rig_destroy(rig);
}

/* HO11: not the guest's doing; it depends on where its memory is. */
UNIT_TEST_BOTH(test_room, "HO11", "HO11", "more pieces than there is room for")
{
	unsigned int max, w;

	for (max = 1; max <= 7; max++)
	for (w = 0; w < 2; w++) {
		struct rig *rig = by_hand(packed, 8);
		struct mvh_chain c;

		rig->max = max;
		put(rig, 0, GUEST_B - 1, 2, NEXT);
		put(rig, 1, BUF, 2, NEXT);
		put(rig, 2, BUF, 2, NEXT | (w ? WRITE : 0));
		put(rig, 3, GUEST_B - 3, 9, WRITE);
		show(rig);
		if (max >= 6)
			check_eq(rig_fetch(rig, &c), 1);
		else
			check_eq(rig_fetch(rig, &c), -ENOBUFS);
		rig_destroy(rig);
	}
}

/* SP10: the bound is on buffers that are not empty. */
UNIT_TEST_BOTH(test_segments, "SP10 HO11", "HO11", "more buffers than a chain may have")
{
	unsigned int n, i;

	for (n = MVH_SEGS_MAX - 1; n <= MVH_SEGS_MAX + 1; n++) {
		struct rig *rig = by_hand(packed, 2048);
		struct mvh_chain c;

		for (i = 0; i < n; i++)
			put(rig, i, BUF, 1, NEXT);
		put(rig, n, BUF, 0, 0);
		show(rig);
		if (n <= MVH_SEGS_MAX) {
			check_eq(rig_fetch(rig, &c), 1);
			check_eq(c.n_segs, n);
		} else {
			rig_expect_bad(rig, MVH_BAD_SEGMENTS);
		}
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_no_map, "HO1", "HO1", "no memory at all")
{
	struct rig *rig = by_hand(packed, 4);
	struct mvh_chain c;

	put(rig, 0, BUF, 1, 0);
	show(rig);
	mvh_view_set(&rig->guest.view, NULL);
	rig_expect_bad(rig, MVH_BAD_ADDRESS);
	put(rig, 0, BUF, 0, 0);
	check_eq(rig_fetch(rig, &c), 1);
	rig_destroy(rig);
}

/* Regions come one by one, as the owner answers; until then nothing moves. */
UNIT_TEST_BOTH(test_miss, "HO9", "HO9", "translations that arrive one by one")
{
	static const u64 at[] = { GUEST_A + 0x100, GUEST_B - 2, GUEST_B,
				  GUEST_D + 5 };
	static const u8 access[] = { 1, 1, 1, 2 };
	struct rig *rig = by_hand(packed, 8);
	struct mvh_map *map = mvh_map_create_cache(100);
	struct mvh_view *view = &rig->guest.view;
	struct mvh_chain c;
	unsigned int i;

	mvh_view_set(view, map);
	put(rig, 0, GUEST_A + 0x100, 16, NEXT);
	put(rig, 1, GUEST_B - 2, 4, NEXT);
	put(rig, 2, GUEST_D + 5, 1, WRITE);
	show(rig);
	for (i = 0; i < 4; i++) {
		struct mvh_region page = {
			.start = at[i] & ~0xfffULL,
			.last = at[i] | 0xfff,
			.access = 3,
		};

		check_eq(rig_fetch(rig, &c), -EAGAIN);
		check_eq(view->miss, at[i]);
		check_eq(view->miss_access, access[i]);
		page.uaddr = (uintptr_t)guest_host(&rig->guest, page.start);
		mvh_map_put(map, &page);
		mvh_view_set(view, map);
	}
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.n_out, 3);
	check_eq(c.n_in, 1);
	mvh_map_free(map);
	rig_destroy(rig);
}

/* The fields of a chain do not depend on what was there before. */
UNIT_TEST_BOTH(test_fresh, "SP13", "SP13", "a chain begins empty")
{
	struct rig *rig = by_hand(packed, 4);
	struct mvh_chain c;

	memset(&c, 0x5a, sizeof(c));
	check_eq(rig_fetch(rig, &c), 0);
	put(rig, 0, BUF, 3, WRITE);
	show(rig);
	memset(&c, 0x5a, sizeof(c));
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.out_len + c.n_out, 0);
	check_eq(c.in_len, 3);
	check_eq(c.n_in, 1);
	check_eq(c.ndesc, 1);
	check_eq(c.n_read, 1);
	check_eq(c.id, packed ? 7 : 0);
	rig_destroy(rig);
}
