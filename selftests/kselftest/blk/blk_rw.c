// SPDX-License-Identifier: GPL-2.0
/*
 * Data: everything that is written is on the backing and is read back, byte for
 * byte, whatever is behind the disk and however requests are put together.
 */
#include <sys/stat.h>

#include "blk_fixture.h"
#include "proc.h"

struct rw_kind {
	enum blk_kind kind;
	__u32 flags;
};

static void rw_mixture(struct blk_fix *x, unsigned int seed)
{
	struct blk_load load = {
		.n = 90, .depth = 24, .max_len = 32 << 10, .seed = seed,
		.frame.indirect = seed & 1,
	};

	blk_load(x, &load);
	load.n = 30;
	load.depth = 8;
	load.unaligned = true;
	load.seed++;
	blk_load(x, &load);
}

static KTAP_VARIANTS(rw_backings, 2 * BLK_KINDS)
{
	unsigned int i;

	for (i = 0; i < BLK_NULL_SLOW; i++) {
		const struct rw_kind direct = { i, 0 };
		const struct rw_kind buffered = { i, MYVHOST_BLK_BUFFERED };

		ktap_variant(rw_backings, direct, "%s_direct",
			     blk_kind_names[i]);
		ktap_variant(rw_backings, buffered, "%s_buffered",
			     blk_kind_names[i]);
	}
}

/* A backing, used in both dialects and layouts one after the other. */
KTAP_TEST(rw_backing, KTAP_LONG, rw_backings, "B4_B5_B6")
{
	const struct rw_kind *k = arg;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	char io[64] = "";
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, k->kind);
	for (i = 0; i < 4; i++) {
		blk_cfg(&cfg, &back, &blk_modes[i]);
		cfg.queues = 2;
		cfg.mem_size = 16 << 20;
		cfg.backing.flags = k->flags;
		if (!i)
			blk_open(&x, &back, &cfg, 2 << 20);
		else
			blk_again(&x, &cfg);
		ktap_ok(mock_blk_start(&x.b));
		rw_mixture(&x, 10 * i + 1);
		proc_fdinfo(x.b.fd, "io", io, sizeof(io));
		ktap_info("%s: %s, bounced %llu punted %llu", blk_modes[i].name,
			  io, blk_counter(&x, MYVHOST_CNT_BOUNCED),
			  blk_counter(&x, MYVHOST_CNT_PUNTED));
		ktap_eq(blk_counter(&x, MYVHOST_CNT_PACKETS), 120);
		ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
		ktap_eq(blk_counter(&x, MYVHOST_CNT_INVALID), 0);
		ktap_ok(mock_blk_stop(&x.b));
		blk_check_disk(&x);
	}
	/* With tmpfs and 9p it depends on the kernel. */
	if (k->flags & MYVHOST_BLK_BUFFERED || k->kind == BLK_RAMFS)
		ktap_check(!strncmp(io, "buffered", 8), "io is %s", io);
	else if (k->kind != BLK_TMPFS && k->kind != BLK_9P)
		ktap_check(!strcmp(io, "direct"), "io is %s", io);
}

struct rw_frame {
	const char *name;
	__u32 len;
	const unsigned int *cut;
	bool merged;
};

static const unsigned int cut_1[] = { 1, 0 }, cut_7[] = { 7, 0 };
static const unsigned int cut_17[] = { 17, 0 };
static const unsigned int cut_4_12[] = { 4, 12, 512, 0 };
static const unsigned int cut_odd[] = { 16, 1, 511, 3, 4096, 0 };
static const unsigned int cut_page[] = { 4096, 0 };

static const struct rw_frame rw_frames[] = {
	{ "usual", 8192, NULL, false },
	{ "one_piece", 8192, NULL, true },
	{ "bytes", 512, cut_1, false },
	{ "bytes_merged", 512, cut_1, true },
	{ "sevens", 2048, cut_7, true },
	{ "seventeens", 4096, cut_17, true },
	{ "header_split", 4096, cut_4_12, false },
	{ "odd", 32768, cut_odd, true },
	{ "pages", 65536, cut_page, true },
};

static KTAP_VARIANTS(rw_framings, 16)
{
	unsigned int i;

	for (i = 0; i < sizeof(rw_frames) / sizeof(*rw_frames); i++)
		ktap_variant(rw_framings, rw_frames[i], "%s",
			     rw_frames[i].name);
}

/* Any framing of header, data and status (B2), direct and in tables. */
KTAP_TEST(rw_framing, KTAP_LONG, rw_framings, "B2_framing")
{
	const struct rw_frame *f = arg;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	for (i = 0; i < 8; i++) {
		struct blk_load load = {
			.n = 12, .depth = 3, .max_len = f->len, .seed = i + 1,
			.unaligned = i & 1,
			.frame = { f->cut, f->merged, i >= 4 },
		};

		blk_cfg(&cfg, &back, &blk_modes[i & 3]);
		cfg.num = i >= 4 ? 16 : 1024;
		cfg.table_max = 1024;
		if (i < 4)
			cfg.features &= ~VHU_INDIRECT;
		cfg.mem_size = 32 << 20;
		cfg.backing.flags = i == 2 ? MYVHOST_BLK_BUFFERED : 0;
		if (!i)
			blk_open(&x, &back, &cfg, 1 << 20);
		else
			blk_again(&x, &cfg);
		ktap_ok(mock_blk_start(&x.b));
		blk_load(&x, &load);
		ktap_ok(mock_blk_stop(&x.b));
	}
	blk_check_disk(&x);
}

/* A stop between the pieces of a request, which completes nevertheless. */
static void rw_big_stops(struct blk_fix *x, __u32 len)
{
	struct mock_blk_req *r;
	unsigned int i;
	int n;

	for (i = 0; i < 8; i++) {
		memset(blk_ptr(x, x->buf), 0xa5, len);
		ktap_check(mock_blk_add(&x->b, 0, VIRTIO_BLK_T_IN, 8, x->buf,
					len, NULL), "the ring is full");
		mock_blk_submit(&x->b, 0);
		usleep(i * 1000);
		ktap_ok(vdpa_suspend(x->b.fd));
		n = ktap_ok(mock_blk_reap(&x->b, 0, &r));
		usleep(5000);
		ktap_eq(mock_ring_has_used(&x->b.queue[0].ring), 0);
		ktap_ok(vdpa_resume(x->b.fd));
		if (!n)
			r = blk_get(x, 0);
		ktap_eq(r->status, 0);
		blk_check_read(x, 8, blk_ptr(x, x->buf), len);
	}
}

static const struct ktap_variant rw_loop[] = {
	{ "direct", &(const struct rw_kind) { BLK_LOOP, 0 } },
	{ "buffered", &(const struct rw_kind) { BLK_LOOP, MYVHOST_BLK_BUFFERED } },
	{ }
};

/* One request of several MiB, which goes in pieces of some if it is aligned. */
KTAP_TEST(rw_big, KTAP_LONG, rw_loop, "B7_big")
{
	const struct rw_kind *k = arg;
	const unsigned int len = (7 << 20) - 4096;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, k->kind);
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.mem_size = 32 << 20;
	cfg.backing.flags = k->flags;
	blk_open(&x, &back, &cfg, len + 8192);
	ktap_ok(mock_blk_start(&x.b));
	for (i = 0; i < 2; i++) {
		blk_write(&x, 8 + i, len, i + 1);
		blk_read(&x, 8 + i, len);
		blk_read(&x, 0, 16 * 512);
		rw_big_stops(&x, len);
		x.buf += 3;
	}
	if (!k->flags)
		ktap_check(blk_counter(&x, MYVHOST_CNT_BOUNCED) >= 2 * 27,
			   "%llu pieces", blk_counter(&x, MYVHOST_CNT_BOUNCED));
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* Pieces across the two regions of guest memory, which are apart. */
KTAP_TEST(rw_across_regions, KTAP_SHORT, blk_all_modes, "B4_across_regions")
{
	struct blk_fix x;

	blk_start(&x, BLK_LOOP, arg, 0);
	x.buf = x.b.mem.base + x.b.mem.size / 2 - 8192;
	blk_write(&x, 100, 16384, 1);
	memset(blk_ptr(&x, x.buf), 0, 16384);
	blk_read(&x, 100, 16384);
	x.buf += 1000;
	blk_write(&x, 200, 16384, 2);
	blk_read(&x, 200, 16384);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* More requests than descriptors: all of the ring at once. */
KTAP_TEST(rw_full_ring, KTAP_LONG, blk_all_modes, "SP1_full_ring")
{
	const struct blk_mode *mode = arg;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	unsigned int i, n;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, mode);
	cfg.num = 1024;
	cfg.table_max = 4;
	cfg.mem_size = 16 << 20;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	for (n = 0; n < 2; n++) {
		struct mock_blk_frame f = { .indirect = true };

		for (i = 0; i < 1024; i++) {
			void *p = blk_ptr(&x, x.buf + i * 512);

			if (n)
				memset(p, 0, 512);
			else
				blk_fill(p, 512, i);
			ktap_check(mock_blk_add(&x.b, 0, n ? VIRTIO_BLK_T_IN :
						VIRTIO_BLK_T_OUT, i * 3,
						x.buf + i * 512, 512, &f),
				   "no room for %u", i);
			if (!n)
				blk_wrote(&x, i * 3, p, 512);
		}
		mock_blk_submit(&x.b, 0);
		for (i = 0; i < 1024; i++) {
			struct mock_blk_req *r = blk_get(&x, 0);

			ktap_eq(r->status, 0);
			if (n)
				blk_check_read(&x, r->sector,
					       blk_ptr(&x, r->data), 512);
		}
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* 1 to 16 queues, served by one worker and by one each. */
KTAP_TEST(rw_queues, KTAP_LONG, NULL, "B25_queues")
{
	static const unsigned int counts[] = { 1, 2, 3, 5, 16 };
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	unsigned int i, q, id;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	for (i = 0; i < 5; i++) {
		struct blk_load load = {
			.n = 200, .depth = 64, .max_len = 8192, .seed = i + 1,
		};

		blk_cfg(&cfg, &back, &blk_modes[i % 4]);
		cfg.queues = counts[i];
		cfg.num = 32;
		cfg.mem_size = 16 << 20;
		if (!i)
			blk_open(&x, &back, &cfg, 2 << 20);
		else
			blk_again(&x, &cfg);
		for (q = 1; q < counts[i] && i & 1; q++) {
			int r = vhost_new_worker(x.b.fd, &id);

			if (r == -ENOTTY || r == -EFAULT)
				break;
			ktap_ok(r);
			ktap_ok(vhost_attach_worker(x.b.fd, q, id));
		}
		ktap_ok(mock_blk_start(&x.b));
		blk_load(&x, &load);
		for (q = 0; q < counts[i]; q++) {
			__u64 c[MYVHOST_CNT_MAX];

			ktap_ok(vhost_get_stats(x.b.fd, q, c));
			ktap_check(c[MYVHOST_CNT_PACKETS], "queue %u of %u idle",
				   q, counts[i]);
		}
		ktap_ok(mock_blk_stop(&x.b));
	}
	blk_check_disk(&x);
}

/* Drivers that can less: no event index, no tables, no VERSION_1. */
KTAP_TEST(rw_simple, KTAP_LONG, NULL, "B4_B5_fewer_features")
{
	static const __u64 less[] = {
		0,
		VHU_VERSION_1,
		VHU_VERSION_1 | VHU_INDIRECT,
		VHU_VERSION_1 | VHU_EVENT_IDX,
		VHU_VERSION_1 | VHU_PACKED,
		VHU_VERSION_1 | VHU_PACKED | VHU_EVENT_IDX,
		VHU_VERSION_1 | VHU_ACCESS_PLATFORM,
		VHU_VERSION_1 | VHU_ACCESS_PLATFORM | VHU_PACKED,
	};
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	for (i = 0; i < sizeof(less) / sizeof(*less); i++) {
		struct blk_load load = {
			.n = 100, .depth = 12, .max_len = 16384, .seed = i + 1,
			.frame.indirect = less[i] & VHU_INDIRECT,
		};

		blk_cfg(&cfg, &back, blk_vhost_split);
		cfg.features = less[i] | BLK_ALL;
		cfg.mem_size = 4 << 20;
		if (!i)
			blk_open(&x, &back, &cfg, 1 << 20);
		else
			blk_again(&x, &cfg);
		ktap_ok(mock_blk_start(&x.b));
		blk_load(&x, &load);
		ktap_ok(mock_blk_stop(&x.b));
	}
	blk_check_disk(&x);
}

static const struct ktap_variant rw_orders[] = {
	{ "split", &blk_modes[0] },
	{ "packed", &blk_modes[3] },
	{ }
};

/* A request for a slow place does not hold back those behind it. */
KTAP_TEST(rw_out_of_order, KTAP_SHORT, rw_orders, "B24_order")
{
	struct mock_blk_req *slow, *fast, *r;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;

	blk_prepare();
	blk_backing(&back, BLK_DM);
	if (host_module("dm_delay", "") ||
	    host_dm_switch("disk", "0 8192 delay %s 0 400\n8192 8192 linear %s 8192",
			   back.lower, back.lower))
		ktap_skip("no dm-delay");
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	slow = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	fast = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 8192, x.buf + 4096, 4096,
			    NULL);
	mock_blk_submit(&x.b, 0);
	r = blk_get(&x, 0);
	ktap_check(r == fast, "the slow one came first");
	ktap_eq(r->status, 0);
	r = blk_get(&x, 0);
	ktap_check(r == slow && !r->status, "the slow one");
	blk_write(&x, 1000, 4096, 1);
	blk_read(&x, 1000, 4096);
}

/* The serial number: all 20 bytes, no more than there is room for. */
KTAP_TEST(rw_get_id, KTAP_SHORT, blk_all_modes, "B15_get_id")
{
	static const unsigned int lens[] = { 20, 32, 19, 1, 4096, 0 };
	struct blk_fix x;
	unsigned int i;
	__u8 *p;

	blk_start(&x, BLK_TMPFS, arg, 0);
	p = blk_ptr(&x, x.buf);
	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		unsigned int n = lens[i] < 20 ? lens[i] : 20;

		memset(p, 0xa5, 64);
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_GET_ID, ~0ULL, lens[i]), 0);
		ktap_check(!memcmp(p, "mvht-0123456789abcdef", n),
			   "%u bytes: %.20s", lens[i], p);
		ktap_eq(p[n], 0xa5);
	}
}

static blkcnt_t rw_blocks(struct blk_fix *x)
{
	struct stat st;

	ktap_check(!fstat(x->back.fd, &st), "fstat: %s", strerror(errno));
	return st.st_blocks;
}

static KTAP_VARIANTS(rw_zeroed, 7)
{
	static const struct rw_kind kinds[] = {
		{ BLK_TMPFS, 0 }, { BLK_TMPFS, MYVHOST_BLK_BUFFERED },
		{ BLK_EXT4, 0 }, { BLK_LOOP, 0 },
		{ BLK_LOOP, MYVHOST_BLK_BUFFERED }, { BLK_NULL, 0 },
		{ BLK_NULL_4K, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		ktap_variant(rw_zeroed, kinds[i], "%s_%s",
			     blk_kind_names[kinds[i].kind],
			     kinds[i].flags ? "buffered" : "direct");
}

/*
 * Zeroes are read after WRITE_ZEROES, with and without unmapping, and without it
 * the blocks stay; DISCARD of a file gives them back (B19, B20).
 */
KTAP_TEST(rw_zeroes, KTAP_LONG, rw_zeroed, "B19_B20_zeroes")
{
	const struct rw_kind *k = arg;
	bool file = k->kind == BLK_TMPFS || k->kind == BLK_EXT4;
	struct blk_fix x;
	blkcnt_t full;
	int unmap;

	blk_start(&x, k->kind, blk_vdpa_packed, k->flags);
	for (unmap = 0; unmap < 2; unmap++) {
		blk_write(&x, 0, 1 << 20, 1 + unmap);
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
		full = rw_blocks(&x);
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 8, 1024,
				  unmap), 0);
		blk_zeroed(&x, 8, 1024);
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 2000, 0,
				  unmap), 0);
		blk_read(&x, 0, 1 << 20);
		if (file && !unmap)
			ktap_check(rw_blocks(&x) >= full, "%ld blocks of %ld",
				   (long)rw_blocks(&x), (long)full);
		if (file && unmap)
			ktap_check(rw_blocks(&x) < full, "%ld blocks of %ld",
				   (long)rw_blocks(&x), (long)full);
	}
	if (x.b.cfg.features & BLK_F(DISCARD)) {
		blk_write(&x, 0, 1 << 20, 9);
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
		full = rw_blocks(&x);
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 8, 1024, 0), 0);
		if (file)
			ktap_check(rw_blocks(&x) < full, "%ld blocks of %ld",
				   (long)rw_blocks(&x), (long)full);
		blk_forgot(&x, 8, 1024);
		blk_read(&x, 0, 1 << 20);
	} else {
		ktap_check(!file, "files can be discarded");
	}
	/* An odd place, which is not whole pages. */
	if (x.back.block == 512) {
		blk_write(&x, 1001, 64 << 9, 5);
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 1003, 61, 0),
			0);
		blk_zeroed(&x, 1003, 61);
		blk_read(&x, 1001, 64 << 9);
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* As many ranges in a request as the configuration space says, in any pieces. */
KTAP_TEST(rw_many_ranges, KTAP_SHORT, blk_all_modes, "B16_many_ranges")
{
	static const unsigned int cut[] = { 16, 5, 3, 0 };
	const struct mock_blk_frame f = { .cut = cut, .indirect = true };
	struct virtio_blk_discard_write_zeroes *w;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct mock_blk_req *r;
	struct blk_fix x;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, arg);
	cfg.table_max = 128;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 1 << 20, 1);
	w = blk_ptr(&x, x.buf);
	for (i = 0; i < 32; i++) {
		w[i] = (struct virtio_blk_discard_write_zeroes) {
			.sector = i * 50 + 3, .num_sectors = i,
		};
		blk_zeroed(&x, i * 50 + 3, i);
	}
	r = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, x.buf,
			 32 * sizeof(*w), &f);
	ktap_check(r, "no room");
	mock_blk_submit(&x.b, 0);
	ktap_eq(blk_get(&x, 0)->status, 0);
	blk_read(&x, 0, 1 << 20);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_DISCARDS), 1);
}
