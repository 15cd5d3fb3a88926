// SPDX-License-Identifier: GPL-2.0
/*
 * The guest changes its memory between any two reads.  Whatever it does, a
 * chain is either refused or consists of guest memory, lengths fit, nothing
 * outside of the ring is touched, and everything ends.
 */
#include <stdlib.h>
#include "rig.h"

#define TABLE	(GUEST_A + 0x20000)
#define ENTRIES	24
#define NUM	8

static struct rig *victim;
static unsigned long strike_at, strike_n;

/* Mostly good values, so that a chain gets far, and some that hurt. */
static u64 nasty_addr(void)
{
	static const u64 at[] = { 0, GUEST_A, GUEST_A + 1, GUEST_B - 1, GUEST_B,
				  GUEST_B_END - 1, GUEST_B_END, GUEST_RO,
				  GUEST_WO, GUEST_D, ~0ULL, TABLE };

	if (unit_rand_below(8))
		return TABLE;
	return at[unit_rand_below(ARRAY_SIZE(at))];
}

static u32 nasty_len(void)
{
	static const u32 len[] = { 0, 1, 2, 16, 32, 0x1000, 0x40000, U32_MAX };

	if (unit_rand_below(4))
		return 16 * ENTRIES;
	return len[unit_rand_below(ARRAY_SIZE(len))];
}

static u16 nasty_flags(void)
{
	u16 flags = 0;

	if (unit_rand_below(8))
		flags |= VRING_DESC_F_NEXT;
	if (!unit_rand_below(8))
		flags |= VRING_DESC_F_WRITE;
	if (!unit_rand_below(8))
		flags |= VRING_DESC_F_INDIRECT;
	if (unit_rand_below(2))
		flags |= BIT(7);
	if (unit_rand_below(2))
		flags |= BIT(15);
	return flags;
}

static u16 nasty_index(u16 n)
{
	return unit_rand_below(8) ? unit_rand_below(n) : unit_rand();
}

static void strike_split_desc(struct vring_desc *desc, u16 n)
{
	desc->addr = __cpu_to_virtio64(true, nasty_addr());
	desc->len = __cpu_to_virtio32(true, nasty_len());
	desc->flags = __cpu_to_virtio16(true, nasty_flags());
	desc->next = __cpu_to_virtio16(true, nasty_index(n));
}

static void strike_packed_desc(struct vring_packed_desc *desc)
{
	desc->addr = cpu_to_le64(nasty_addr());
	desc->len = cpu_to_le32(nasty_len());
	desc->id = cpu_to_le16(unit_rand());
	desc->flags = cpu_to_le16(nasty_flags());
}

static void strike_desc(void *desc, u16 n)
{
	if (victim->ring.packed)
		strike_packed_desc(desc);
	else
		strike_split_desc(desc, n);
}

static void strike_table(void)
{
	struct vring_desc *t = guest_host(&victim->guest, TABLE);
	unsigned int i;

	for (i = 0; i < ENTRIES; i++)
		strike_desc(&t[i], ENTRIES);
}

static void strike_ring(void)
{
	struct vring_desc *desc = victim->driver.part[MVH_PART_DESC];
	struct vring_avail *avail = victim->driver.part[MVH_PART_AVAIL];
	unsigned int i;

	for (i = 0; i < NUM; i++)
		strike_desc(&desc[i], NUM);
	avail->flags = unit_rand();
	avail->idx = unit_rand_below(8) ?
		__cpu_to_virtio16(true, victim->ring.state.avail +
				  unit_rand_below(NUM + 1)) : unit_rand();
	for (i = 0; !victim->ring.packed && i <= NUM; i++)
		avail->ring[i] = __cpu_to_virtio16(true, nasty_index(NUM));
}

static void strike(void)
{
	strike_ring();
	strike_table();
}

/* Strike once, after the chosen read; or after each read. */
static void hook(void)
{
	if (!strike_at || ++strike_n == strike_at)
		strike();
}

static struct rig *hostile_rig(bool packed)
{
	struct rig_config config = { .num = NUM, .packed = packed,
				     .event_idx = true, .start = 5 };
	struct rig *rig = rig_create(&config);

	guest_rights(&rig->guest, GUEST_A, GUEST_B_END - GUEST_A, ENV_R);
	guest_rights(&rig->guest, GUEST_RO, 0x10000, ENV_R);
	guest_rights(&rig->guest, GUEST_D, 0x10000, ENV_R);
	rig->max = 64;
	victim = rig;
	strike_n = 0;
	return rig;
}

/* What the device does all day, whatever it meets. */
static void device_works(struct rig *rig)
{
	struct mvh_done done[NUM];
	struct mvh_chain c[NUM];
	unsigned int n = 0, left;
	int ret = 1, i;

	while (n < NUM && ret > 0) {
		struct mvh_fetch fetch = rig_limits(rig, 1 + unit_rand_below(NUM - n));

		ret = rig_fetch_batch(rig, c, &fetch);
		if (ret < 0)
			check(rig->ring.bad <= MVH_BAD_ACCESS);
		left = ret > 1 && !unit_rand_below(4);
		if (left)
			mvh_chain_leave(&rig->ring, &c[ret - 1], 1);
		for (i = 0; i < (int)(ret - left); i++)
			done[n++] = rig_done(&c[i], c[i].in_len);
	}
	if (n)
		rig_push(rig, done, n);
	rig_should_call(rig);
	rig_enable_kick(rig);
	rig_has_new(rig);
	rig_disable_kick(rig);
	check(!rig->ring.packed || rig->ring.state.used < NUM);
	check(!rig->ring.packed || rig->ring.state.avail < NUM);
}

/* A proper chain of each kind, struck after its 1st, 2nd, ... read. */
UNIT_TEST_BOTH(test_strike_once, "SP13", "SP13 PK3 PK14", "memory changes after the Nth read")
{
	unsigned int kind, round;

	for (strike_at = 1; strike_at < 60; strike_at++)
	for (kind = 0; kind < 2; kind++)
	for (round = 0; round < 12; round++) {
		struct rig *rig;
		struct req req = { .n = kind ? ENTRIES : 6 };
		struct seg seg[ENTRIES];
		unsigned int i;

		unit_rand_seed(unit_seed(round * 64 + strike_at));
		rig = hostile_rig(packed);
		for (i = 0; i < req.n; i++)
			seg[i] = (struct seg) { GUEST_A + 64 * i, 64, i > 3 };
		req.seg = seg;
		req.table = kind ? TABLE : 0;
		check_eq(rig_add(rig, &req, 0), 0);
		driver_publish(&rig->driver);
		rig->driver.fifo_in = 0;
		env.refetch = true;
		env.hook = hook;
		device_works(rig);
		env.hook = NULL;
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_strike_always, "SP13", "SP13 PK3 PK14", "memory changes after every read, for long")
{
	unsigned int round, step;

	strike_at = 0;
	for (round = 0; round < 100; round++) {
		struct rig *rig;

		unit_rand_seed(unit_seed(round));
		rig = hostile_rig(packed);
		env.refetch = true;
		env.hook = hook;
		for (step = 0; step < 20; step++)
			device_works(rig);
		env.hook = NULL;
		rig_destroy(rig);
	}
}

/* Memory that does not change, but is noise: the refusals repeat themselves. */
UNIT_TEST_BOTH(test_noise, "HO13 SP13", "HO13 SP13", "rings full of noise")
{
	unsigned int round, good = 0, bad[MVH_BAD_MAX] = {}, i, scattered = 0;

	for (round = 0; round < 4000; round++) {
		struct mvh_chain c;
		struct rig *rig;
		int ret;

		unit_rand_seed(unit_seed(round));
		rig = hostile_rig(packed);
		rig->max = round & 1 ? 64 : 3;
		env.refetch = true;
		strike();
		ret = rig_fetch(rig, &c);
		good += ret == 1;
		scattered += ret == -ENOBUFS;
		if (ret == -EBADMSG) {
			enum mvh_bad why = rig->ring.bad;

			bad[why]++;
			rig_expect_bad(rig, why);
		}
		rig_destroy(rig);
	}
	/*
	 * The noise reaches every cause there is but for that of more than a thousand
	 * buffers, and some chains are good.
	 */
	check(good);
	check(scattered);
	for (i = packed ? MVH_BAD_CHAIN : MVH_BAD_INDEX; i <= MVH_BAD_ACCESS; i++) {
		unit_context("cause %u", i);
		check(bad[i] || i == MVH_BAD_SEGMENTS);
	}
}

/* HO13: a buffer may be the ring itself. */
UNIT_TEST_BOTH(test_alias, "HO13", "HO13", "a buffer that is the ring and its own table")
{
	struct rig_config config = { .num = NUM, .packed = packed };
	struct rig *rig = rig_create(&config);
	struct mvh_region self = { 1ULL << 40, (1ULL << 40) + 16 * NUM - 1,
				   (uintptr_t)rig->driver.part[MVH_PART_DESC], 3, 0 };
	struct mvh_done done;
	struct mvh_chain c;

	rig->guest.region[rig->guest.n++] = self;
	guest_map(&rig->guest);
	env.refetch = true;
	if (packed) {
		rig_packed_desc(rig, 0, self.start, 16 * NUM, 1,
				VRING_DESC_F_WRITE | rig_packed_avail(true));
		rig_packed_desc(rig, 1, self.start, 16, 1,
				VRING_DESC_F_INDIRECT | rig_packed_avail(true));
	} else {
		rig_split_desc(rig, 0, self.start, 16 * NUM,
			       VRING_DESC_F_WRITE, 0);
		rig_split_desc(rig, 1, self.start, 16, VRING_DESC_F_INDIRECT, 0);
		rig_split_avail(rig, 1, 1);
		rig_split_idx(rig, 2);
	}
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.in_len, 16 * NUM);
	check_eq(rig_fetch(rig, &c), 1);
	check_eq(c.in_len, 16 * NUM);
	done = rig_done(&c, 0);
	rig_push(rig, &done, 1);
	rig->guest.n--;
	rig_destroy(rig);
}
