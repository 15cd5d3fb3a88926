// SPDX-License-Identifier: GPL-2.0
/*
 * A ring in user mode whose words cannot be reached now and then: nothing is lost,
 * nothing comes back twice, and neither side sleeps for ever.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)
#define CHAINS	5

static const enum env_op word_ops[] = {
	ENV_LOAD, ENV_LOAD_ACQUIRE, ENV_STORE, ENV_STORE_RELEASE,
};

/* What a device keeps between two runs. */
struct device {
	struct rig *rig;
	struct mvh_done done[CHAINS + 1];
	unsigned int n_done;
	bool called;
};

static int device_flush(struct device *d)
{
	if (!d->n_done)
		return 0;
	if (rig_push(d->rig, d->done, d->n_done))
		return -EFAULT;
	d->n_done = 0;
	d->called |= rig_should_call(d->rig);
	return 0;
}

/* One run, until the ring is empty and armed or cannot be reached. */
static int device_run(struct device *d)
{
	struct mvh_chain c;
	int ret;

	if (device_flush(d))
		return -EFAULT;
	rig_disable_kick(d->rig);
	do {
		while ((ret = rig_fetch(d->rig, &c)) == 1)
			d->done[d->n_done++] = rig_done(&c, c.in_len);
		if (ret)
			return ret;
		if (device_flush(d))
			return -EFAULT;
	} while (rig_enable_kick(d->rig));
	return 0;
}

/* Faults are over after one: at most one run more per fault. */
static void device_serve(struct device *d)
{
	int ret = device_run(d);

	if (!ret)
		return;
	check_eq(ret, -EFAULT);
	check(d->rig->ring.fault);
	d->rig->ring.fault = false;
	check_eq(device_run(d), 0);
}

/* Returns false if the operation is not done so often. */
static bool sweep_one(const struct rig_config *config, enum env_op op,
		      unsigned long nth)
{
	struct device d = { .rig = rig_create(config) };
	struct rig *rig = d.rig;
	bool failed;
	u32 i;

	unit_context("op %d, the %lu-th", op, nth);
	/* What could not be read is 0, and may lead to what was read before. */
	env.refetch = true;
	for (i = 0; i < CHAINS; i++)
		rig_offer(rig, BUF + 256 * i, 64, true, i);
	env_fail_nth(op, nth);
	device_serve(&d);
	failed = env.n[op] >= env.fail_at[op];
	env_fail_nth(op, 0);
	check(d.called);
	for (i = 0; i < CHAINS; i++)
		rig_expect_done(rig, i, 64);
	rig_expect_none(rig);
	/* The driver is to kick for what comes next. */
	rig_offer(rig, BUF, 64, true, CHAINS);
	check(driver_needs_kick(&rig->driver));
	device_serve(&d);
	rig_expect_done(rig, CHAINS, 64);
	rig_expect_none(rig);
	rig_destroy(rig);
	return failed;
}

static void sweep(bool packed, bool event_idx, bool in_order)
{
	struct rig_config config = {
		.packed = packed, .num = 8, .start = 6, .wrap0 = true,
		.event_idx = event_idx, .in_order = in_order, .user = true,
	};
	unsigned long nth, total = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(word_ops); i++) {
		for (nth = 1; sweep_one(&config, word_ops[i], nth); nth++)
			;
		total += nth - 1;
	}
	/* Flags or index, descriptors, used elements, the two wishes. */
	check(total > CHAINS * 4);
}

UNIT_TEST_BOTH(test_fault_sweep, "UM1 N13", "UM1 N13", "each access fails once, flags")
{
	sweep(packed, false, false);
}

UNIT_TEST_BOTH(test_fault_sweep_event, "UM1 N13", "UM1 N13", "each access fails once, event index")
{
	sweep(packed, true, false);
}

UNIT_TEST_BOTH(test_fault_sweep_order, "UM1 SP22", "UM1 PK13", "each access fails once, in order")
{
	sweep(packed, true, true);
}

UNIT_TEST(test_fault_start, "UM1 split: the start fails and succeeds later")
{
	struct rig_config config = { .num = 8, .start = 77, .user = true };
	struct rig *rig = rig_create(&config);
	struct vring_used *used = rig->driver.part[MVH_PART_USED];
	enum env_op op;

	for (op = ENV_LOAD; op <= ENV_STORE; op += ENV_STORE - ENV_LOAD) {
		env_renew(&used->idx, 2);
		env_fail_nth(op, 1);
		check_eq(mvh_ring_start(&rig->ring), -EFAULT);
		check(rig->ring.fault);
		rig->ring.fault = false;
		env_renew(&used->idx, 2);
		check_eq(mvh_ring_start(&rig->ring), 0);
		check_eq(rig->ring.state.used, 77);
	}
	rig_destroy(rig);
}

UNIT_TEST_BOTH(test_fault_sticky, "UM1", "UM1", "nothing is taken or given while a fault is not cleared")
{
	struct rig_config config = { .packed = packed, .num = 8, .user = true };
	struct rig *rig = rig_create(&config);
	struct mvh_done done;
	struct mvh_chain c;

	rig_offer(rig, BUF, 64, true, 1);
	rig_offer(rig, BUF, 64, true, 2);
	check_eq(rig_fetch(rig, &c), 1);
	done = rig_done(&c, 64);
	rig->ring.fault = true;
	check_eq(rig_fetch(rig, &c), -EFAULT);
	check_eq(rig_push(rig, &done, 1), -EFAULT);
	rig_expect_none(rig);
	env.refetch = true;
	check(rig_has_new(rig));
	check(mvh_ring_should_call(&rig->ring));
	rig->ring.fault = false;
	check_eq(rig_push(rig, &done, 1), 0);
	rig_expect_done(rig, 1, 64);
	check_eq(rig_fetch(rig, &c), 1);
	rig_destroy(rig);
}

UNIT_TEST(test_user_scatter, "UM2 ring: pages of a part lie anywhere")
{
	u64 page[] = { 0x7000, 0x3000, 0x9000 };
	struct mvh_ring ring = { .user = true };
	enum mvh_part part;

	for (part = 0; part < MVH_PART_MAX; part++) {
		u8 *at = mvh_ring_user_part(part, 0xff0);

		memset(ring.page, 0, sizeof(ring.page));
		ring.page[part] = page;
		check_eq((uintptr_t)mvh_ring_user(&ring, at), 0x7ff0);
		check_eq((uintptr_t)mvh_ring_user(&ring, at + 0xf), 0x7fff);
		check_eq((uintptr_t)mvh_ring_user(&ring, at + 0x10), 0x3000);
		check_eq((uintptr_t)mvh_ring_user(&ring, at + 0x1018), 0x9008);
	}
}
