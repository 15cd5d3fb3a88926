// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables.
 */
#include <stdlib.h>
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)
#define TABLE	(GUEST_A + 0x20000)
#define NEXT	VRING_DESC_F_NEXT
#define WRITE	VRING_DESC_F_WRITE
#define ITABLE	VRING_DESC_F_INDIRECT

/* Buffers of a request with @n of them, some empty, some over a border. */
static void make_segs(struct seg *seg, unsigned int n)
{
	unsigned int i, out = unit_rand_below(n + 1);

	for (i = 0; i < n; i++)
		seg[i] = (struct seg) {
			.gpa = unit_rand_below(8) ? BUF + 64 * (i % 256) :
						    GUEST_B - 3,
			.len = unit_rand_below(16),
			.write = i >= out,
		};
}

/* Fetch a request; entries in random order are copied in strides, again. */
static void fetch_req(struct rig *rig, const struct req *req)
{
	struct mvh_done done;
	struct mvh_chain c;

	check_eq(rig_add(rig, req, 0), 0);
	driver_publish(&rig->driver);
	env.refetch = req->shuffle;
	check_eq(rig_fetch(rig, &c), 1);
	env.refetch = false;
	done = rig_done(&c, 0);
	rig_push(rig, &done, 1);
	rig_expect_done(rig, 0, 0);
}

UNIT_TEST_BOTH(test_table, "SP9", "PK6", "tables of 1 to 70 entries")
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct seg seg[70];
	unsigned int n;

	unit_rand_seed(unit_seed(0));
	for (n = 1; n <= 70; n++) {
		make_segs(seg, n);
		fetch_req(rig, &(struct req) { .seg = seg, .n = n,
					       .table = TABLE });
	}
	rig_destroy(rig);
}

UNIT_TEST(test_table_shuffled, "SP9 split: tables with entries in random order")
{
	struct rig_config config = { .num = 4 };
	struct rig *rig = rig_create(&config);
	struct seg seg[300];
	unsigned int round;

	for (round = 0; round < 200; round++) {
		unsigned int n = 1 + unit_rand_below(300);

		unit_rand_seed(unit_seed(round));
		make_segs(seg, n);
		fetch_req(rig, &(struct req) { .seg = seg, .n = n,
					       .table = TABLE,
					       .shuffle = true });
	}
	rig_destroy(rig);
}

UNIT_TEST(test_table_after_chain, "SP9 split: direct descriptors, then a table")
{
	struct rig_config config = { .num = 8 };
	struct rig *rig = rig_create(&config);
	struct seg seg[20];
	unsigned int direct;

	unit_rand_seed(unit_seed(0));
	for (direct = 0; direct < 8; direct++) {
		make_segs(seg, 20);
		fetch_req(rig, &(struct req) { .seg = seg, .n = 20,
					       .table = TABLE,
					       .direct = direct });
	}
	rig_destroy(rig);
}

/* The table, even one entry of it, lies in two regions. */
UNIT_TEST_BOTH(test_table_regions, "SP9 SP12", "PK6 SP12", "a table over the border of two regions")
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct seg seg[20];
	unsigned int off;

	unit_rand_seed(unit_seed(0));
	for (off = 0; off <= 320; off++) {
		make_segs(seg, 20);
		fetch_req(rig, &(struct req) { .seg = seg, .n = 20,
					       .table = GUEST_B - off });
	}
	fetch_req(rig, &(struct req) { .seg = seg, .n = 20,
				       .table = -320ULL });
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_table_ro, "SP9 HO3", "PK6 HO3", "a table in read-only memory")
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct seg seg[20];

	make_segs(seg, 20);
	fetch_req(rig, &(struct req) { .seg = seg, .n = 20,
				       .table = GUEST_RO + 16 });
	rig_destroy(rig);
}

/* A ring whose first descriptor refers to a table, all by hand. */
static struct rig *by_hand(int packed, u64 table, u32 len, u16 flags)
{
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);

	flags |= ITABLE;
	if (packed) {
		rig_packed_desc(rig, 0, table, len, 7,
				flags | rig_packed_avail(true));
		return rig;
	}
	rig_split_desc(rig, 0, table, len, flags, 1);
	rig_split_avail(rig, 0, 0);
	rig_split_idx(rig, 1);
	return rig;
}

static void put_entry(struct rig *rig, unsigned int i, u64 addr, u32 len,
		      u16 flags, u16 next)
{
	u64 at = TABLE + 16 * i;
	struct vring_desc desc = {
		.addr = __cpu_to_virtio64(true, addr),
		.len = __cpu_to_virtio32(true, len),
		.flags = __cpu_to_virtio16(true, flags),
		.next = __cpu_to_virtio16(true, next),
	};
	struct vring_packed_desc packed = {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le32(len),
		.id = cpu_to_le16(next),
		.flags = cpu_to_le16(flags),
	};

	guest_rights(&rig->guest, at, 16, ENV_R);
	if (rig->ring.packed)
		guest_write(&rig->guest, at, &packed, sizeof(packed));
	else
		guest_write(&rig->guest, at, &desc, sizeof(desc));
}

UNIT_TEST_BOTH(test_table_length, "SP9", "PK6", "lengths of tables that are no lengths of tables")
{
	static const u32 bad[] = { 0, 1, 15, 17, 24, 31, 16 * 65536 + 1,
				   16 * 65537, 0xfffffff0, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct rig *rig = by_hand(packed, TABLE, bad[i], 0);

		rig_expect_bad(rig, MVH_BAD_INDIRECT);
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_table_address, "SP9 HO1", "PK6 HO1", "tables that are not, or not all, guest memory")
{
	static const struct {
		u64 addr;
		u32 len;
	} bad[] = {
		{ 0, 16 }, { GUEST_A - 16, 16 }, { GUEST_A - 8, 16 },
		{ GUEST_B_END - 8, 16 }, { GUEST_B_END, 16 },
		{ -8ULL, 16 }, { -16ULL, 32 }, { -256ULL, 512 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct rig *rig = by_hand(packed, bad[i].addr, bad[i].len, 0);

		guest_rights(&rig->guest, bad[i].addr, bad[i].len, ENV_R);
		rig_expect_bad(rig, MVH_BAD_ADDRESS);
		rig_destroy(rig);
	}
}

/* The second stride of a table is missing; the chain gets that far. */
UNIT_TEST_BOTH(test_table_end, "SP9 HO1", "PK6 HO1", "a table whose end is not guest memory")
{
	struct rig *rig = by_hand(packed, GUEST_B_END - 256, 512, 0);
	struct vring_desc desc = {};
	unsigned int i;

	env.refetch = true;
	guest_rights(&rig->guest, GUEST_B_END - 256, 256, ENV_R);
	for (i = 0; i < 16; i++) {
		if (!packed) {
			desc.flags = __cpu_to_virtio16(true, NEXT);
			desc.next = __cpu_to_virtio16(true, i + 1);
		}
		guest_write(&rig->guest, GUEST_B_END - 256 + 16 * i, &desc, 16);
	}
	rig_expect_bad(rig, MVH_BAD_ADDRESS);
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_table_access, "SP9 HO3", "PK6 HO3", "a table in write-only memory")
{
	struct rig *rig = by_hand(packed, GUEST_WO, 16, 0);

	rig_expect_bad(rig, MVH_BAD_ACCESS);
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_table_fault, "SP9 HO2", "PK6 HO2", "a fault at each copy of a table")
{
	unsigned int i, nth;

	for (nth = 1; nth <= 6; nth++) {
		struct rig *rig = by_hand(packed, TABLE, 16 * 64, 0);
		struct mvh_chain c;

		for (i = 0; i < 64; i++)
			put_entry(rig, i, BUF, 4, i < 63 ? NEXT : 0, i + 1);
		env_fail_nth(ENV_COPY, nth);
		if (nth <= 4) {
			check_eq(rig_fetch(rig, &c), -EFAULT);
			check(rig->ring.fault);
			rig->ring.fault = false;
		}
		env_fail_nth(ENV_COPY, 0);
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(c.n_out, 64);
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_table_write, "SP9", "PK6", "WRITE beside INDIRECT is ignored")
{
	struct rig *rig = by_hand(packed, TABLE, 16, WRITE);
	struct mvh_chain c;

	put_entry(rig, 0, BUF, 4, 0, 0);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.out_len, 4);
	check_eq(c.in_len, 0);
	check_eq(c.ndesc, 1);
	check_eq(c.id, packed ? 7 : 0);
	rig_destroy(rig);
}

UNIT_TEST(test_split_table_then_next, "SP9 split: NEXT beside INDIRECT is ignored")
{
	struct rig *rig = by_hand(0, TABLE, 16, NEXT);
	struct mvh_chain c;

	put_entry(rig, 0, BUF, 4, 0, 0);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.out_len, 4);
	check_eq(c.ndesc, 1);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_table_in_chain, "PK6 packed: INDIRECT and NEXT do not go together")
{
	struct rig *rig = by_hand(1, TABLE, 16, NEXT);
	u16 avail = rig_packed_avail(true);

	put_entry(rig, 0, BUF, 4, 0, 0);
	rig_expect_bad(rig, MVH_BAD_INDIRECT);
	rig_packed_desc(rig, 0, BUF, 4, 0, NEXT | avail);
	rig_packed_desc(rig, 1, TABLE, 16, 0, ITABLE | avail);
	rig_expect_bad(rig, MVH_BAD_INDIRECT);
	rig_destroy(rig);
}

UNIT_TEST(test_split_nested, "SP9 split: a table in a table, in any place")
{
	unsigned int at, i;

	for (at = 0; at < 20; at++) {
		struct rig *rig = by_hand(0, TABLE, 16 * 20, 0);

		for (i = 0; i < 20; i++)
			put_entry(rig, i, BUF, 16,
				  (i < 19 ? NEXT : 0) |
				  (i == at ? ITABLE : 0), i + 1);
		rig_expect_bad(rig, MVH_BAD_INDIRECT);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_packed_nested, "PK6 packed: flags in a table, but for WRITE, are ignored")
{
	struct rig *rig = by_hand(1, TABLE, 16 * 3, 0);
	struct mvh_chain c;

	put_entry(rig, 0, BUF, 1, (u16)~WRITE, 9);
	put_entry(rig, 1, BUF, 2, ITABLE, 9);
	put_entry(rig, 2, BUF, 4, 0xffff, 9);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.out_len, 3);
	check_eq(c.in_len, 4);
	check_eq(c.id, 7);
	rig_destroy(rig);
}

UNIT_TEST(test_split_table_loop, "SP9 split: loops in a table end")
{
	unsigned int from, to, zero, i;

	for (from = 0; from < 18; from += 3)
	for (to = 0; to <= from; to++)
	for (zero = 0; zero < 2; zero++) {
		struct rig *rig = by_hand(0, TABLE, 16 * 18, 0);

		for (i = 0; i < 18; i++)
			put_entry(rig, i, BUF, !zero, NEXT,
				  i == from ? to : i + 1);
		env.refetch = true;
		rig_expect_bad(rig, MVH_BAD_CHAIN);
		env.refetch = false;
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_table_next, "SP9 split: a next beyond the table")
{
	static const u16 next[] = { 3, 4, 16, 65535 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(next); i++) {
		struct rig *rig = by_hand(0, TABLE, 16 * 3, 0);

		put_entry(rig, 0, BUF, 1, NEXT, 2);
		put_entry(rig, 1, BUF, 1, 0, 0);
		put_entry(rig, 2, BUF, 1, NEXT, next[i]);
		rig_expect_bad(rig, MVH_BAD_INDIRECT);
		rig_destroy(rig);
	}
}

/* A table may be larger than the ring, up to what 16 bits can name. */
static void table_of(bool packed, u32 n, int want)
{
	u32 i;
	struct rig_config config = { .num = 4, .packed = packed };
	struct rig *rig = rig_create(&config);
	u64 at = 1ULL << 40;
	struct mvh_chain c;
	struct vring_desc *t;

	guest_add(&rig->guest, at, 16 * n, MVH_ACCESS_READ);
	guest_map(&rig->guest);
	t = guest_host(&rig->guest, at);
	env_rights(t, 16 * n, ENV_R);
	for (i = 0; i < n && !packed; i++) {
		t[i].flags = __cpu_to_virtio16(true, i + 1 < n ? NEXT : 0);
		t[i].next = __cpu_to_virtio16(true, i + 1);
	}
	if (packed) {
		rig_packed_desc(rig, 0, at, 16 * n, 3,
				ITABLE | rig_packed_avail(true));
	} else {
		rig_split_desc(rig, 3, at, 16 * n, ITABLE, 0);
		rig_split_avail(rig, 0, 3);
		rig_split_idx(rig, 1);
	}
	check_eq(rig_fetch(rig, &c), want);
	if (want == 1) {
		check_eq(c.id, 3);
		check_eq(c.n_in + c.n_out, 0);
		check_eq(c.n_read, n + 1);
		check_eq(env.n[ENV_COPY], n / 16);
	} else {
		check_eq(rig->ring.bad, MVH_BAD_INDIRECT);
		check_eq(env.n[ENV_COPY], 0);
	}
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_table_max, "SP9", "PK6", "the longest table")
{
	table_of(packed, MVH_TABLE_MAX, 1);
}

UNIT_TEST_BOTH(test_table_over, "SP9", "PK6", "a longer table than that")
{
	table_of(packed, MVH_TABLE_MAX + 16, -EBADMSG);
}

/* Each descriptor of the table is two pieces: no address space is cut like that. */
UNIT_TEST_BOTH(test_table_scattered, "HO11", "HO11", "a table in too many pieces")
{
	struct rig *rig = by_hand(packed, TABLE, 16 * sizeof(struct vring_desc), 0);
	struct mvh_region r[32];
	struct mvh_map *map;
	unsigned int i;

	for (i = 0; i < 32; i++)
		r[i] = (struct mvh_region) {
			.start = TABLE + 8 * i,
			.last = TABLE + 8 * i + 7,
			.uaddr = (uintptr_t)guest_host(&rig->guest, TABLE + 8 * i),
			.access = 3,
		};
	map = mvh_map_create(r, 32);
	mvh_view_set(&rig->guest.view, map);
	rig_expect_bad(rig, MVH_BAD_SEGMENTS);
	mvh_map_free(map);
	rig_destroy(rig);
}

/* A missing translation inside a table is asked for, and nothing moved. */
UNIT_TEST_BOTH(test_table_miss, "SP9 HO9", "PK6 HO9", "a table in memory that must be asked for")
{
	struct rig *rig = by_hand(packed, GUEST_B - 16, 32, 0);
	struct mvh_map *empty = mvh_map_create_cache(10);
	struct mvh_view *view = &rig->guest.view;
	struct mvh_chain c;
	struct mvh_region r = {
		.start = GUEST_A, .last = GUEST_B - 1, .access = 3,
	};

	guest_rights(&rig->guest, GUEST_B - 16, 32, ENV_R);
	mvh_view_set(view, empty);
	check_eq(rig_fetch(rig, &c), -EAGAIN);
	check_eq(view->miss, GUEST_B - 16);
	check_eq(view->miss_access, MVH_ACCESS_READ);
	r.uaddr = (uintptr_t)guest_host(&rig->guest, GUEST_A);
	mvh_map_put(empty, &r);
	mvh_view_set(view, empty);
	check_eq(rig_fetch(rig, &c), -EAGAIN);
	check_eq(view->miss, GUEST_B);
	check_eq(view->miss_access, MVH_ACCESS_READ);
	mvh_map_free(empty);
	rig_destroy(rig);
}
