// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications both ways, compared with a model that counts on its fingers.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)

static void set_used_event(struct rig *rig, u16 event)
{
	struct vring_avail *avail = rig->driver.part[MVH_PART_AVAIL];

	avail->ring[rig->ring.num] = __cpu_to_virtio16(rig->ring.le, event);
}

static void set_avail_flags(struct rig *rig, u16 flags)
{
	struct vring_avail *avail = rig->driver.part[MVH_PART_AVAIL];

	avail->flags = __cpu_to_virtio16(rig->ring.le, flags);
}

static void set_driver_event(struct rig *rig, u16 off_wrap, u16 flags)
{
	struct vring_packed_desc_event *e = rig->driver.part[MVH_PART_AVAIL];

	e->off_wrap = cpu_to_le16(off_wrap);
	e->flags = cpu_to_le16(flags);
}

/* As if @n entries had been given back up to @now. */
static void given_back(struct rig *rig, u16 now, u32 n)
{
	rig->ring.state.used = now;
	rig->ring.uncalled = n;
	rig->ring.call_always = false;
}

/* Is entry @event among the n entries that end before @now? */
static bool split_wants(u16 event, u16 now, u32 n)
{
	u32 i;

	for (i = 1; i <= n; i++)
		if ((u16)(now - i) == event)
			return true;
	return false;
}

UNIT_TEST(test_split_interval, "SP17 split: all event indices around all intervals")
{
	static const u16 at[] = { 0, 1, 4, 32767, 32768, 65533, 65535 };
	struct rig_config config = { .num = 8, .event_idx = true };
	struct rig *rig = rig_create(&config);
	unsigned int i, n;
	int e;

	for (i = 0; i < ARRAY_SIZE(at); i++)
	for (n = 1; n <= 8; n++)
	for (e = -20; e <= 20; e++) {
		u16 event = at[i] + e;

		set_used_event(rig, event);
		given_back(rig, at[i], n);
		check_eq(rig_should_call(rig), split_wants(event, at[i], n));
		check(!rig_should_call(rig));
	}
	rig_destroy(rig);
}

UNIT_TEST(test_split_burst, "SP19 split: bursts up to beyond 2^16 entries")
{
	static const u32 n[] = { 32766, 32767, 32768, 32769, 65534, 65535,
				 65536, 65537, 100000, 131072, 0xffffffff };
	struct rig_config config = { .num = 32768, .event_idx = true };
	struct rig *rig = rig_create(&config);
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(n); i++)
	for (k = 0; k < 200; k++) {
		u16 now = unit_rand(), event = unit_rand();
		bool want = n[i] > 65535 || split_wants(event, now, n[i]);

		set_used_event(rig, event);
		given_back(rig, now, n[i]);
		check_eq(rig_should_call(rig), want);
	}
	rig_destroy(rig);
}

UNIT_TEST(test_split_flags, "SP16 split: flags decide without event index")
{
	struct rig_config config = { .num = 8 };
	struct rig *rig = rig_create(&config);
	u32 flags;

	check(!rig_should_call(rig));
	for (flags = 0; flags <= U16_MAX; flags++) {
		set_avail_flags(rig, flags);
		given_back(rig, 3, 1);
		check_eq(rig_should_call(rig), !(flags & 1));
	}
	rig_destroy(rig);
}

UNIT_TEST(test_split_ignore_flags, "SP17 split: flags say nothing with event index")
{
	struct rig_config config = { .num = 8, .event_idx = true };
	struct rig *rig = rig_create(&config);

	set_avail_flags(rig, 1);
	set_used_event(rig, 2);
	given_back(rig, 3, 1);
	check(rig_should_call(rig));
	set_used_event(rig, 3);
	given_back(rig, 3, 1);
	check(!rig_should_call(rig));
	rig_destroy(rig);
}

UNIT_TEST(test_split_on_empty, "SP21 split: NOTIFY_ON_EMPTY when the ring ran empty")
{
	unsigned int event_idx;

	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct rig_config config = {
			.num = 8, .notify_on_empty = true, .native = true,
			.event_idx = event_idx,
		};
		struct rig *rig = rig_create(&config);

		set_avail_flags(rig, 1);
		if (event_idx)
			set_used_event(rig, 100);
		given_back(rig, 1, 1);
		check(rig_should_call(rig));
		rig_split_idx(rig, 1);
		given_back(rig, 2, 1);
		check(!rig_should_call(rig));
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_first_call, "SP17", "PK11", "the first decision after a start is yes")
{
	struct rig_config config = { .num = 8, .packed = packed,
				     .event_idx = true };
	struct rig *rig = rig_create(&config);
	struct mvh_done done = { .ndesc = 1 };

	if (packed)
		set_driver_event(rig, 5 | 1 << 15, 2);
	else
		set_used_event(rig, 100);
	check(!rig_should_call(rig));
	rig_push(rig, &done, 1);
	check(rig_should_call(rig));
	check(!rig_should_call(rig));
	rig_push(rig, &done, 1);
	check(!rig_should_call(rig));
	rig_destroy(rig);
}

/* Was slot @off, filled in the lap @wrap, among the n given back? */
static bool packed_wants(const struct rig *rig, u16 off, bool wrap, u32 n)
{
	const struct mvh_ring_state *s = &rig->ring.state;
	u16 pos = s->used;
	bool lap = s->used_wrap;

	while (n--) {
		if (!pos) {
			pos = rig->ring.num;
			lap = !lap;
		}
		pos--;
		if (pos == off && lap == wrap)
			return true;
	}
	return false;
}

UNIT_TEST(test_packed_interval, "PK11 packed: all event positions, all intervals, sizes 1 to 9")
{
	unsigned int num, used, wrap, n, off, event_wrap;

	for (num = 1; num <= 9; num++) {
		struct rig_config config = { .num = num, .packed = true,
					     .event_idx = true };
		struct rig *rig = rig_create(&config);

		for (used = 0; used < num; used++)
		for (wrap = 0; wrap < 2; wrap++)
		for (n = 1; n <= num; n++)
		for (off = 0; off < num; off++)
		for (event_wrap = 0; event_wrap < 2; event_wrap++) {
			bool want;

			set_driver_event(rig, off | event_wrap << 15, 2);
			given_back(rig, used, n);
			rig->ring.state.used_wrap = wrap;
			want = n == num || packed_wants(rig, off, event_wrap, n);
			check_eq(rig_should_call(rig), want);
		}
		rig_destroy(rig);
	}
}

UNIT_TEST(test_packed_large, "PK11 packed: largest ring, intervals around its end")
{
	struct rig_config config = { .num = 32768, .packed = true,
				     .event_idx = true };
	struct rig *rig = rig_create(&config);
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		u16 used = (32768 - 4 + unit_rand_below(8)) % 32768;
		u16 off = (used + 32768 - 6 + unit_rand_below(12)) % 32768;
		bool event_wrap = unit_rand() & 1;
		u32 n = 1 + unit_rand_below(i & 1 ? 8 : 32767);

		set_driver_event(rig, off | event_wrap << 15, 2);
		given_back(rig, used, n);
		rig->ring.state.used_wrap = unit_rand() & 1;
		check_eq(rig_should_call(rig),
			 packed_wants(rig, off, event_wrap, n));
	}
	rig_destroy(rig);
}

UNIT_TEST(test_packed_modes, "PK11 packed: enable, disable, reserved, event without event index")
{
	unsigned int event_idx, flags;

	for (event_idx = 0; event_idx < 2; event_idx++)
	for (flags = 0; flags < 8; flags++) {
		struct rig_config config = { .num = 8, .packed = true,
					     .event_idx = event_idx };
		struct rig *rig = rig_create(&config);
		bool want = (flags & 3) != 1;

		if ((flags & 3) == 2 && event_idx)
			want = false;
		set_driver_event(rig, 7 | 1 << 15, flags);
		given_back(rig, 3, 2);
		check_eq(rig_should_call(rig), want);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_packed_bad_event, "PK11 packed: an event position outside the ring is harmless")
{
	unsigned int num, off;

	for (num = 1; num <= 5; num += 4) {
		struct rig_config config = { .num = num, .packed = true,
					     .event_idx = true };
		struct rig *rig = rig_create(&config);

		for (off = 0; off <= U16_MAX; off++) {
			set_driver_event(rig, off, 2);
			given_back(rig, 0, 1);
			rig_should_call(rig);
			check_eq(rig->ring.uncalled, 0);
		}
		rig_destroy(rig);
	}
}

/* A call is decided for all that was given back since the last decision. */
UNIT_TEST_BOTH(test_uncalled, "SP17", "PK11", "several pushes, one decision")
{
	unsigned int event;

	for (event = 0; event < 8; event++) {
		struct rig_config config = { .num = 8, .packed = packed,
					     .event_idx = true };
		struct rig *rig = rig_create(&config);
		struct mvh_done done = { .ndesc = 1 };
		unsigned int i;

		rig->ring.call_always = false;
		if (packed)
			set_driver_event(rig, event | 1 << 15, 2);
		else
			set_used_event(rig, event);
		for (i = 0; i < 3; i++)
			rig_push(rig, &done, 1);
		check_eq(rig_should_call(rig), event < 3);
		for (i = 0; i < 4; i++)
			rig_push(rig, &done, 1);
		check_eq(rig_should_call(rig), event >= 3 && event < 7);
		rig_destroy(rig);
	}
}

/* The driver kicks for what comes after the device armed, and only then. */
UNIT_TEST_BOTH(test_kick, "SP20", "PK12", "arm and disarm kicks at all positions")
{
	unsigned int event_idx, start, i, lap;
	struct mvh_chain c;

	for (event_idx = 0; event_idx < 2; event_idx++)
	for (start = 0; start < 10; start++) {
		struct rig_config config = {
			.num = packed ? 5 : 4, .packed = packed,
			.event_idx = event_idx,
			.start = packed ? start % 5 : 65530 + start,
			.wrap0 = start / 5,
		};
		struct rig *rig = rig_create(&config);

		for (lap = 0; lap < 12; lap++) {
			struct mvh_done done[3];

			check_eq(rig_fetch(rig, &c), 0);
			check(!rig_enable_kick(rig));
			check(!rig_has_new(rig));
			rig_offer(rig, BUF, 1, false, 0);
			check(driver_needs_kick(&rig->driver));
			check(rig_has_new(rig));
			rig_disable_kick(rig);
			rig_offer(rig, BUF, 1, false, 1);
			check(!driver_needs_kick(&rig->driver));
			rig_offer(rig, BUF, 1, false, 2);
			check(!driver_needs_kick(&rig->driver));
			for (i = 0; i < 3; i++) {
				check_eq(rig_fetch(rig, &c), 1);
				done[i] = rig_done(&c, 0);
			}
			rig_push(rig, done, 3);
			for (i = 0; i < 3; i++)
				rig_expect_done(rig, i, 0);
		}
		rig_destroy(rig);
	}
}

UNIT_TEST_BOTH(test_kick_race, "SP20", "PK12", "what came before the kicks were armed is seen")
{
	unsigned int event_idx;
	struct mvh_chain c;

	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct rig_config config = { .num = 4, .packed = packed,
					     .event_idx = event_idx };
		struct rig *rig = rig_create(&config);

		check_eq(rig_fetch(rig, &c), 0);
		rig_offer(rig, BUF, 1, false, 0);
		check(rig_enable_kick(rig));
		check_eq(rig_fetch(rig, &c), 1);
		check_eq(rig_fetch(rig, &c), 0);
		check(!rig_enable_kick(rig));
		rig_destroy(rig);
	}
}

/* A poll takes the wish for a kick back, and may find nothing. */
UNIT_TEST_BOTH(test_kick_withdrawn, "SP16", "PK12", "no kick for a wish that was taken back")
{
	unsigned int event_idx, start, i;
	struct mvh_chain c;

	for (event_idx = 0; event_idx < 2; event_idx++)
	for (start = 0; start < 8; start++) {
		struct rig_config config = {
			.num = 4, .packed = packed, .event_idx = event_idx,
			.start = packed ? start % 4 : 65532 + start,
		};
		struct rig *rig = rig_create(&config);

		check_eq(rig_fetch(rig, &c), 0);
		for (i = 0; i < 3; i++) {
			check(!rig_enable_kick(rig));
			rig_disable_kick(rig);
		}
		rig_offer(rig, BUF, 1, false, 0);
		check(!driver_needs_kick(&rig->driver));
		rig_offer(rig, BUF, 2, false, 1);
		check(!driver_needs_kick(&rig->driver));
		check(rig_has_new(rig));
		check(rig_enable_kick(rig));
		rig_destroy(rig);
	}
}

/* CVE-2026-74356: too few chains are put back; that is not "more". */
UNIT_TEST_BOTH(test_kick_put_back, "SP20 N20", "PK12 N20", "chains put back do not keep the device awake")
{
	unsigned int event_idx, i;
	struct mvh_chain c;

	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct rig_config config = { .num = 8, .packed = packed,
					     .event_idx = event_idx,
					     .start = 6 };
		struct rig *rig = rig_create(&config);
		struct mvh_ring_state mark = rig->ring.state;

		for (i = 0; i < 3; i++)
			rig_offer(rig, BUF, 1, true, i);
		driver_needs_kick(&rig->driver);
		for (i = 0; i < 3; i++)
			check_eq(rig_fetch(rig, &c), 1);
		check_eq(rig_fetch(rig, &c), 0);
		rig->ring.state = mark;
		check(!rig_enable_kick(rig));
		rig_offer(rig, BUF, 1, true, 3);
		check(driver_needs_kick(&rig->driver));
		check(rig_has_new(rig));
		env.refetch = true;
		for (i = 0; i < 4; i++)
			check_eq(rig_fetch(rig, &c), 1);
		env.refetch = false;
		rig_destroy(rig);
	}
}

UNIT_TEST(test_split_used_flags, "SP16 SP17 split: used flags are 0 or 1, and 0 with event index")
{
	unsigned int event_idx;

	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct rig_config config = { .num = 8, .event_idx = event_idx };
		struct rig *rig = rig_create(&config);
		struct vring_used *used = rig->driver.part[MVH_PART_USED];

		rig_disable_kick(rig);
		check_eq(__virtio16_to_cpu(true, used->flags), !event_idx);
		rig_enable_kick(rig);
		check_eq(used->flags, 0);
		rig_destroy(rig);
	}
}

UNIT_TEST(test_packed_device_event, "PK12 packed: what the device event area says")
{
	unsigned int event_idx;

	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct rig_config config = { .num = 8, .packed = true,
					     .event_idx = event_idx,
					     .start = 5 };
		struct rig *rig = rig_create(&config);
		struct vring_packed_desc_event *e =
			rig->driver.part[MVH_PART_USED];

		rig_disable_kick(rig);
		check_eq(le16_to_cpu(e->flags), 1);
		rig_enable_kick(rig);
		check_eq(le16_to_cpu(e->flags), event_idx ? 2 : 0);
		if (event_idx)
			check_eq(le16_to_cpu(e->off_wrap), 5 | 1 << 15);
		rig_destroy(rig);
	}
}

/* While waiting for a translation any new chain is a reason to try again. */
UNIT_TEST_BOTH(test_kick_request, "SP20", "PK12", "a kick for whatever is added next, ring empty or not")
{
	unsigned int event_idx, start, left;
	struct mvh_chain c;

	for (event_idx = 0; event_idx < 2; event_idx++)
	for (start = 0; start < 8; start++)
	for (left = 0; left < 3; left++) {
		struct rig_config config = {
			.num = 8, .packed = packed, .event_idx = event_idx,
			.start = packed ? start : 65530 + start,
		};
		struct rig *rig = rig_create(&config);
		unsigned int i;

		for (i = 0; i < 4; i++)
			rig_offer(rig, BUF, 1, false, i);
		driver_needs_kick(&rig->driver);
		for (i = 0; i < 4 - left; i++)
			check_eq(rig_fetch(rig, &c), 1);
		rig_disable_kick(rig);
		rig_request_kick(rig);
		rig_offer(rig, BUF, 1, false, 4);
		check(driver_needs_kick(&rig->driver));
		rig_destroy(rig);
	}
}
