// SPDX-License-Identifier: GPL-2.0
/*
 * Seeds of the fuzzers: what is written is what is read.  Who writes gets a copy,
 * since it may come back as something else.
 */
#include "case.h"
#include "play.h"
#include "unit.h"

static u8 bytes[1024];
static struct code out;

/* Write with what this returns, then read with what again() returns. */
static struct code *first(void)
{
	out = code_writer(bytes, sizeof(bytes));
	return &out;
}

static struct code *again(void)
{
	static struct code in;

	in = code_reader(bytes, out.at - bytes);
	return &in;
}

/* Near nothing, near something, anywhere. */
static u64 some_u64(void)
{
	u64 near = unit_rand_below(400) - 200ULL;

	switch (unit_rand_below(4)) {
	case 0:
		return near;
	case 1:
		return (1ULL << unit_rand_below(64)) + near;
	case 2:
		return (1ULL << unit_rand_below(64)) + 512 * near;
	default:
		return unit_rand();
	}
}

UNIT_TEST(test_code_numbers, "seeds: numbers of all kinds")
{
	u64 (*const code[])(struct code *c, u64 v) = {
		code_u64, code_edge, code_addr, code_span,
	};
	struct code *in;
	unsigned int i, k;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 20000; i++) {
		u64 v = some_u64();
		u32 n = 1 + unit_rand_below(1000);

		for (k = 0; k < ARRAY_SIZE(code); k++) {
			check_eq(code[k](first(), v), v);
			in = again();
			check_eq(code[k](in, 0), v);
			check_eq(in->left, 0);
		}
		check_eq(code_below(first(), v % n, n), v % n);
		check_eq(code_below(again(), 0, n), v % n);
	}
}

UNIT_TEST(test_code_short, "seeds: what does not fit is left out, what is not there is noise")
{
	struct code *in;
	u64 noise;

	out = code_writer(bytes, 3);
	code_u16(&out, 0x1234);
	code_u16(&out, 0x5678);
	check_eq(out.left, 0);
	in = again();
	check_eq(code_u16(in, 0), 0x1234);
	check_eq(code_u8(in, 0), 0x78);
	noise = code_u64(in, 0);
	in = again();
	code_bytes(in, bytes, 3);
	check_eq(code_u64(in, 0), noise);
	check(noise != code_u64(in, 0));
}

static void check_blk(const struct mvh_blk_limits *l, struct case_blk b)
{
	struct mvh_blk_limits limits = *l;
	struct case_blk put = b, got = {};
	struct code *in;

	case_blk_limits(first(), &limits);
	case_blk(&out, &limits, &put);
	memset(&limits, 0, sizeof(limits));
	in = again();
	case_blk_limits(in, &limits);
	case_blk(in, &limits, &got);
	check_eq(in->left, 0);
	check_eq(limits.sectors, l->sectors);
	check_eq(limits.block, l->block);
	check_eq(limits.readonly, l->readonly);
	check_eq(limits.features, l->features);
	check_eq(got.is_range, b.is_range);
	check_eq(got.type, b.type);
	check_eq(got.sector, b.sector);
	check_eq(got.out, b.out);
	check_eq(got.in, b.in);
	check_eq(got.op, b.op);
	check_eq(got.n, b.n);
	check_eq(got.flags, b.flags);
}

UNIT_TEST(test_code_blk, "seeds: requests and ranges of disks")
{
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 20000; i++) {
		struct mvh_blk_limits l = {
			.sectors = some_u64() >> 10,
			.block = 512 << unit_rand_below(8),
			.readonly = unit_rand_below(2),
			.features = unit_rand_below(2) ? U64_MAX : unit_rand(),
		};
		u64 sector = unit_rand_below(2) ? some_u64() :
						  l.sectors - unit_rand_below(99);

		check_blk(&l, (struct case_blk) {
			.type = unit_rand_below(2) ? unit_rand() :
						     unit_rand_below(34),
			.sector = sector,
			.out = some_u64() >> 16,
			.in = some_u64() >> 16,
		});
		check_blk(&l, (struct case_blk) {
			.is_range = true,
			.sector = sector,
			.op = MVH_BLK_DISCARD + unit_rand_below(3),
			.n = some_u64(),
			.flags = some_u64(),
		});
	}
}

static void check_region(const struct mvh_region *a, const struct mvh_region *b)
{
	check_eq(a->start, b->start);
	check_eq(a->last, b->last);
	check_eq(a->uaddr, b->uaddr);
	check_eq(a->access, b->access);
}

static struct mvh_region some_region(void)
{
	if (!unit_rand_below(8))
		return (struct mvh_region) { .last = U64_MAX };
	return (struct mvh_region) {
		.start = some_u64(),
		.last = some_u64(),
		.uaddr = some_u64(),
		.access = unit_rand_below(4),
	};
}

static void check_table(void)
{
	struct case_table t = { .n = unit_rand_below(CASE_TABLE_MAX + 1) };
	struct case_table put, got = {};
	unsigned int i;

	for (i = 0; i < t.n; i++)
		t.region[i] = some_region();
	put = t;
	case_table(first(), &put);
	case_table(again(), &got);
	check(!got.cached);
	check_eq(got.n, t.n);
	for (i = 0; i < t.n; i++)
		check_region(&got.region[i], &t.region[i]);
}

static void check_map(struct case_map m)
{
	struct case_map put = m, got = {};
	struct code *in;

	case_map(first(), &put);
	in = again();
	case_map(in, &got);
	check_eq(in->left, 0);
	check_eq(got.kind, m.kind);
	check_region(&got.region, &m.region);
	check_eq(got.limit, m.limit);
	check_eq(got.fails, m.fails);
	check_eq(got.addr, m.addr);
	check_eq(got.len, m.len);
	check_eq(got.how, m.how);
}

UNIT_TEST(test_code_map, "seeds: memory tables and what is done with maps")
{
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 10000; i++) {
		check_table();
		check_map((struct case_map) {
			.kind = CASE_MAP_REMOVE,
			.region = { .start = some_u64(), .last = some_u64() },
		});
		check_map((struct case_map) { .kind = CASE_MAP_COPY });
		check_map((struct case_map) {
			.kind = CASE_MAP_INSERT,
			.region = some_region(),
			.limit = 1 + unit_rand_below(16),
			.fails = unit_rand_below(2),
		});
		check_map((struct case_map) {
			.kind = CASE_MAP_LOOK,
			.addr = some_u64(),
			.len = some_u64(),
			.how = unit_rand(),
		});
	}
}

UNIT_TEST(test_code_io, "seeds: IOTLB messages and looks")
{
	static const enum case_io_kind kinds[] = {
		CASE_IO_BEGIN, CASE_IO_END, CASE_IO_INVALIDATE, CASE_IO_UPDATE,
		CASE_IO_LOOK,
	};
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 10000; i++) {
		struct case_io put, got = {}, io = {
			.kind = kinds[i % ARRAY_SIZE(kinds)],
			.iova = some_u64(),
			.size = some_u64(),
			.uaddr = some_u64(),
			.perm = unit_rand_below(5),
		};

		if (io.kind == CASE_IO_LOOK)
			io.view = unit_rand();
		put = io;
		case_io(first(), &put);
		case_io(again(), &got);
		check_eq(got.kind, io.kind);
		check_eq(got.iova, io.iova);
		check_eq(got.size, io.size);
		check_eq(got.uaddr, io.uaddr);
		check_eq(got.perm, io.perm);
		check_eq(got.view, io.view);
	}
}

UNIT_TEST(test_code_net, "seeds: virtio-net headers")
{
	unsigned int i;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 10000; i++) {
		struct case_net put, got = {}, n = {
			.features = { some_u64(), some_u64() },
			.le = unit_rand_below(2),
			.len = some_u64(),
			.hdr = { .flags = unit_rand(), .csum_offset = i },
		};

		put = n;
		case_net(first(), &put);
		case_net(again(), &got);
		check_eq(got.features[0], n.features[0]);
		check_eq(got.features[1], n.features[1]);
		check_eq(got.le, n.le);
		check_eq(got.len, n.len);
		check(!memcmp(&got.hdr, &n.hdr, sizeof(n.hdr)));
	}
}

UNIT_TEST_BOTH(test_code_play, "seeds", "seeds", "what a random driver and device begin with")
{
	unsigned int i, steps, put_steps, got_steps = 0;

	unit_rand_seed(unit_seed(0));
	for (i = 0; i < 1000; i++) {
		struct rig_config put, got = {}, config = {
			.packed = packed,
			.native = !packed && unit_rand_below(2),
			.event_idx = unit_rand_below(2),
			.in_order = unit_rand_below(2),
			.notify_on_empty = unit_rand_below(2),
			.wrap0 = unit_rand_below(2),
			.num = packed ? 12 + unit_rand_below(60) :
					16 << unit_rand_below(4),
		};

		config.start = packed ? unit_rand_below(config.num) :
					unit_rand();
		steps = unit_rand_below(PLAY_STEPS_MAX + 1);
		put = config;
		put_steps = steps;
		play_head(first(), &put, &put_steps);
		play_head(again(), &got, &got_steps);
		check_eq(got.packed, config.packed);
		check_eq(got.native, config.native);
		check_eq(got.event_idx, config.event_idx);
		check_eq(got.in_order, config.in_order);
		check_eq(got.notify_on_empty, config.notify_on_empty);
		check_eq(got.wrap0, config.wrap0);
		check_eq(got.num, config.num);
		check_eq(got.start, config.start);
		check_eq(got_steps, steps);
	}
}
