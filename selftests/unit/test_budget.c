// SPDX-License-Identifier: GPL-2.0
/*
 * How often guest memory is touched for a packet.  A number that grows is a
 * regression; one that shrinks is to be written down here.
 */
#include "rig.h"

#define BUF	(GUEST_A + 0x1000)
#define BATCH	64

struct cost {
	unsigned long words;
	unsigned long copies;
	unsigned long mb;
	unsigned long barriers;
};

static struct cost cost_now(void)
{
	return (struct cost) {
		.words = env_words(),
		.copies = env.n[ENV_COPY],
		.mb = env.n[ENV_MB],
		.barriers = env.n[ENV_RMB] + env.n[ENV_WMB],
	};
}

static struct cost cost_since(struct cost then)
{
	struct cost now = cost_now();

	return (struct cost) {
		.words = now.words - then.words,
		.copies = now.copies - then.copies,
		.mb = now.mb - then.mb,
		.barriers = now.barriers - then.barriers,
	};
}

/* Fetch, give back and decide on the interrupt, for @n chains at once. */
static struct cost serve(struct rig *rig, unsigned int n)
{
	struct mvh_done done[BATCH];
	struct mvh_chain c;
	struct cost then;
	unsigned int i;

	then = cost_now();
	for (i = 0; i < n; i++) {
		check_eq(rig_fetch(rig, &c), 1);
		done[i] = rig_done(&c, c.in_len);
	}
	rig_push(rig, done, n);
	rig_should_call(rig);
	return cost_since(then);
}

static void expect(struct cost got, unsigned long words, unsigned long copies,
		   unsigned long mb, unsigned long barriers)
{
	check_eq(got.words, words);
	check_eq(got.copies, copies);
	check_eq(got.mb, mb);
	check_eq(got.barriers, barriers);
}

static struct rig *offered(bool packed, bool in_order, bool write,
			   unsigned int n)
{
	struct rig_config config = { .num = BATCH, .packed = packed,
				     .event_idx = true, .in_order = in_order };
	struct rig *rig = rig_create(&config);
	unsigned int i;

	rig->ring.call_always = false;
	driver_enable_calls(&rig->driver);
	for (i = 0; i < n; i++)
		rig_offer(rig, BUF + i, 1, write, i);
	return rig;
}

/* Split: index; entry, 4 words of descriptor; 2 of element; index; event. */
UNIT_TEST(test_split_one, "budget split: one packet")
{
	struct rig *rig = offered(false, false, false, 1);

	expect(serve(rig, 1), 1 + 5 + 2 + 1 + 1, 0, 1, 2);
	rig_destroy(rig);
}

UNIT_TEST(test_split_64, "budget split: 64 packets share index, barriers and event")
{
	struct rig *rig = offered(false, false, false, 64);

	expect(serve(rig, 64), 1 + 64 * 5 + 64 * 2 + 1 + 1, 0, 1, 2);
	rig_destroy(rig);
}

UNIT_TEST(test_split_64_in_order, "budget split: 64 packets in order have an element each")
{
	struct rig *rig = offered(false, true, false, 64);

	expect(serve(rig, 64), 1 + 64 * 5 + 64 * 2 + 1 + 1, 0, 1, 2);
	rig_destroy(rig);
}

/* Packed: 4 words of descriptor; 3 of used descriptor; event flags, position. */
UNIT_TEST(test_packed_one, "budget packed: one packet")
{
	struct rig *rig = offered(true, false, true, 1);

	expect(serve(rig, 1), 4 + 3 + 2, 0, 1, 1);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_many, "budget packed: 63 packets share barriers and event")
{
	struct rig *rig = offered(true, false, true, 63);

	expect(serve(rig, 63), 63 * 4 + 63 * 3 + 2, 0, 1, 1);
	rig_destroy(rig);
}

UNIT_TEST(test_packed_in_order, "budget packed: 63 packets in order have a used descriptor each")
{
	struct rig *rig = offered(true, true, true, 63);

	expect(serve(rig, 63), 63 * 4 + 63 * 3 + 2, 0, 1, 1);
	rig_destroy(rig);
}

/* A header and 17 pages, as a large segment comes: one copy per 16 entries. */
UNIT_TEST_BOTH(test_indirect, "budget", "budget", "an indirect table of 18 entries takes two copies")
{
	struct rig_config config = { .num = 4, .packed = packed,
				     .event_idx = true };
	struct rig *rig = rig_create(&config);
	struct req req = { .n = 18, .table = GUEST_A };
	struct seg seg[18];
	unsigned int i;

	for (i = 0; i < 18; i++)
		seg[i] = (struct seg) { BUF + 0x1000 * i, 0x1000, false };
	req.seg = seg;
	rig->ring.call_always = false;
	driver_enable_calls(&rig->driver);
	check_eq(rig_add(rig, &req, 0), 0);
	driver_publish(&rig->driver);
	if (packed)
		expect(serve(rig, 1), 4 + 3 + 2, 2, 1, 1);
	else
		expect(serve(rig, 1), 1 + 5 + 2 + 1 + 1, 2, 1, 2);
	rig_destroy(rig);
}

/* An idle turn: nothing found, kicks armed, still nothing. */
UNIT_TEST_BOTH(test_idle, "budget", "budget", "going to sleep")
{
	struct rig *rig = offered(packed, false, false, 0);
	struct cost then = cost_now();
	struct mvh_chain c;

	check_eq(rig_fetch(rig, &c), 0);
	check(!rig_enable_kick(rig));
	expect(cost_since(then), packed ? 4 : 3, 0, 1, packed ? 1 : 0);
	rig_destroy(rig);
}
