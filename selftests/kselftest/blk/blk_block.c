// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's block: its size is what was asked for, whatever the backing and the cache
 * mode, and what is smaller than the backing's unit leaves its neighbours alone.
 */
#include <sys/stat.h>

#include "blk_fixture.h"
#include "proc.h"

#define UNIT	8	/* sectors of 4096 bytes */

struct block_kind {
	enum blk_kind kind;
	__u32 flags;
};

static KTAP_VARIANTS(block_kinds, 8)
{
	static const enum blk_kind kinds[] = {
		BLK_NULL_4K, BLK_LOOP_4K, BLK_EXT4_4K,
	};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const struct block_kind direct = { kinds[i], 0 };
		const struct block_kind buffered = {
			kinds[i], MYVHOST_BLK_BUFFERED,
		};

		ktap_variant(block_kinds, direct, "%s_direct",
			     blk_kind_names[kinds[i]]);
		ktap_variant(block_kinds, buffered, "%s_buffered",
			     blk_kind_names[kinds[i]]);
	}
}

/* A disk of 512-byte blocks, with two queues and a worker for each. */
static void block_start(struct blk_fix *x, const struct block_kind *k,
			unsigned int extra)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	unsigned int id;
	int r;

	blk_prepare();
	blk_backing(&back, k->kind);
	back.block = 512;
	if (extra) {
		ktap_check(!ftruncate(back.fd, back.size + extra), "ftruncate");
		/* Known up to there; blk_check_disk() needs a round size. */
		back.size += 1 << 20;
	}
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	cfg.queues = 2;
	cfg.num = 256;
	cfg.mem_size = 16 << 20;
	cfg.backing.flags = k->flags;
	cfg.backing.block_size = 512;
	blk_open(x, &back, &cfg, 2 << 20);
	r = vhost_new_worker(x->b.fd, &id);
	if (r != -ENOTTY && r != -EFAULT) {
		ktap_ok(r);
		ktap_ok(vhost_attach_worker(x->b.fd, 1, id));
	}
	ktap_ok(mock_blk_start(&x->b));
}

static void block_config(const struct blk_backing *back, __u32 block,
			 __u32 flags, struct virtio_blk_config *c)
{
	struct mock_blk_cfg cfg;
	struct mock_blk b;

	blk_cfg(&cfg, back, blk_vdpa_packed);
	cfg.backing.flags = flags;
	cfg.backing.block_size = block;
	ktap_ok(mock_blk_open(&b, &cfg));
	memset(c, 0, sizeof(*c));
	ktap_ok(vdpa_get_config(b.fd, 0, c, 72));
	ktap_eq(proc_fdinfo_number(b.fd, "block_size"), c->blk_size);
	mock_blk_close(&b);
}

static KTAP_VARIANTS(block_all, BLK_KINDS)
{
	unsigned int i;

	for (i = 0; i < BLK_NULL_SLOW; i++)
		ktap_variant(block_all, i, "%s", blk_kind_names[i]);
}

/* What the guest sees does not depend on the cache mode, and is what was asked for. */
KTAP_TEST(block_geometry, KTAP_LONG, block_all, "B28_geometry")
{
	struct virtio_blk_config direct, buffered;
	struct blk_backing back;
	__u32 block;

	blk_prepare();
	blk_backing(&back, *(const unsigned int *)arg);
	for (block = 0; block <= 4096; block = block ? block * 2 : 512) {
		__u32 want = block ? block : back.block, physical;

		block_config(&back, block, 0, &direct);
		block_config(&back, block, MYVHOST_BLK_BUFFERED, &buffered);
		physical = direct.blk_size << direct.physical_block_exp;
		ktap_info("asked %u: block %u physical %u opt_io %u discard %u",
			  block, direct.blk_size, physical, direct.opt_io_size,
			  direct.discard_sector_alignment);
		ktap_eq(direct.blk_size, want);
		ktap_eq(buffered.blk_size, direct.blk_size);
		ktap_eq(buffered.physical_block_exp, direct.physical_block_exp);
		ktap_eq(buffered.opt_io_size, direct.opt_io_size);
		ktap_eq(direct.capacity, back.size / 512);
		ktap_eq(buffered.capacity, direct.capacity);
		/* A transfer or stripe size is no physical block. */
		ktap_check(physical <= 4096 && physical >= back.block, "%u",
			   physical);
		if (direct.opt_io_size)
			ktap_eq(direct.opt_io_size % (physical / want), 0);
	}
}

/* A random mixture of requests at any sector. */
KTAP_TEST(block_mixture, KTAP_LONG, block_kinds, "B33_mixture")
{
	struct blk_load load = {
		.n = 300, .depth = 24, .max_len = 32 << 10, .seed = 1,
	};
	const struct block_kind *k = arg;
	struct blk_fix x;
	char io[64] = "";

	block_start(&x, k, 0);
	proc_fdinfo(x.b.fd, "io", io, sizeof(io));
	ktap_check(!strcmp(io, k->flags ? "buffered" : "direct"), "%s", io);
	blk_load(&x, &load);
	load.unaligned = true;
	load.seed = 2;
	blk_load(&x, &load);
	/* Larger than what is bounced at a time. */
	blk_write(&x, 3, 700 << 10, 3);
	blk_read(&x, 1, 900 << 10);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_INVALID), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

static __u32 block_granularity(const struct blk_backing *back, __u32 asked)
{
	struct virtio_blk_config c = { 0 };
	struct mock_blk_cfg cfg;
	int fd;

	blk_cfg(&cfg, back, blk_vdpa_packed);
	cfg.backing.discard_granularity = asked;
	fd = ktap_ok(mock_blk_setup_fd(&cfg));
	ktap_ok(vdpa_get_config(fd, 0, &c, 72));
	close(fd);
	return c.discard_sector_alignment * 512;
}

/* What a discard should be multiples of: those of the backing, or what was asked for. */
KTAP_TEST(block_discard_unit, KTAP_SHORT, NULL, "B28_discard_granularity")
{
	struct blk_backing file, dev;
	struct mock_blk_cfg cfg;
	char path[128], text[32] = "";
	int fd;

	blk_prepare();
	blk_backing(&file, BLK_TMPFS);
	ktap_eq(block_granularity(&file, 0), 4096);
	ktap_eq(block_granularity(&file, 65536), 65536);
	ktap_eq(block_granularity(&file, 512), 512);
	blk_cfg(&cfg, &file, blk_vdpa_packed);
	cfg.backing.discard_granularity = 1000;
	ktap_eq(mock_blk_setup_fd(&cfg), -EINVAL);
	cfg.backing.discard_granularity = 1024;
	cfg.backing.block_size = 4096;
	ktap_eq(mock_blk_setup_fd(&cfg), -EINVAL);
	cfg.backing.discard_granularity = 0;
	cfg.backing.reserved = 1;
	ktap_eq(mock_blk_setup_fd(&cfg), -EINVAL);
	blk_backing(&dev, BLK_LOOP);
	snprintf(path, sizeof(path), "/sys/block/%s/queue/discard_granularity",
		 strrchr(dev.path, '/') + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ktap_check(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "%s", path);
	close(fd);
	ktap_check(atoi(text) > 512, "the device has %s", text);
	ktap_eq(block_granularity(&dev, 0), atoi(text));
}

static void block_post(struct blk_fix *x, unsigned int q, __u64 sector,
		       __u32 len, __u64 data)
{
	ktap_check(mock_blk_add(&x->b, q, VIRTIO_BLK_T_OUT, sector, data, len,
				NULL), "the ring is full");
}

static void block_wait(struct blk_fix *x)
{
	unsigned int q;

	for (q = 0; q < 2; q++)
		mock_blk_submit(&x->b, q);
	for (q = 0; q < 2; q++)
		while (x->b.queue[q].ring.ninflight)
			ktap_eq(blk_get(x, q)->status, 0);
}

/* Each sector of some units by another request, from both queues at once. */
KTAP_TEST(block_neighbours, KTAP_LONG, block_kinds, "B33_neighbours")
{
	const unsigned int n = 8 * UNIT;
	struct blk_fix x;
	unsigned int round, i;

	block_start(&x, arg, 0);
	for (round = 0; round < 30; round++) {
		for (i = 0; i < n; i++) {
			__u64 data = x.buf + i * 4096;

			blk_fill(blk_ptr(&x, data), 512, round * n + i + 1);
			blk_wrote(&x, i, blk_ptr(&x, data), 512);
			block_post(&x, (i ^ round) & 1, i, 512, data);
		}
		block_wait(&x);
		blk_read(&x, 0, n * 512);
	}
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/*
 * A whole unit and its first sector, at once: the sector is of one or the other, all
 * else is of the unit.
 */
KTAP_TEST(block_overlap, KTAP_LONG, block_kinds, "B33_overlap")
{
	const unsigned int units = 16;
	struct blk_fix x;
	unsigned int round, i;

	block_start(&x, arg, 0);
	for (round = 0; round < 30; round++) {
		for (i = 0; i < units; i++) {
			__u64 all = x.buf + i * 8192, one = all + 4096;

			blk_fill(blk_ptr(&x, all), 4096, round * units + i + 1);
			blk_fill(blk_ptr(&x, one), 512, round * units + i + 7777);
			blk_wrote(&x, i * UNIT, blk_ptr(&x, all), 4096);
			blk_forgot(&x, i * UNIT, 1);
			block_post(&x, 0, i * UNIT, 512, one);
			block_post(&x, 1, i * UNIT, 4096, all);
		}
		block_wait(&x);
		blk_read(&x, 0, units * 4096);
	}
}

/* Zeroes and discards of parts: their neighbours stay. */
KTAP_TEST(block_ranges, KTAP_LONG, block_kinds, "B33_ranges")
{
	static const struct { __u32 at, n; } part[] = {
		{ 1, 1 }, { 8, 3 }, { 21, 3 }, { 30, 4 }, { 35, 50 },
		{ 97, 31 }, { 128, 9 }, { 137, 7 }, { 200, 16 },
	};
	struct blk_fix x;
	unsigned int i, unmap;

	block_start(&x, arg, 0);
	for (unmap = 0; unmap < 2; unmap++) {
		blk_write(&x, 0, 256 << 10, unmap + 1);
		for (i = 0; i < sizeof(part) / sizeof(*part); i++) {
			ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES,
					  part[i].at, part[i].n, unmap), 0);
			blk_zeroed(&x, part[i].at, part[i].n);
		}
		blk_read(&x, 0, 256 << 10);
		if (!(x.b.cfg.features & BLK_F(DISCARD)))
			continue;
		for (i = 0; i < sizeof(part) / sizeof(*part); i++) {
			ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, part[i].at,
					  part[i].n, 0), 0);
			blk_forgot(&x, part[i].at, part[i].n);
		}
		blk_read(&x, 0, 256 << 10);
	}
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

static const struct ktap_variant block_files[] = {
	{ "direct", &(const struct block_kind) { BLK_EXT4_4K, 0 } },
	{ "buffered", &(const struct block_kind) { BLK_EXT4_4K,
						   MYVHOST_BLK_BUFFERED } },
	{ }
};

/* A file that ends within a unit stays as long as it is, so the disk does too. */
KTAP_TEST(block_end, KTAP_SHORT, block_files, "B33_end")
{
	const __u64 end = BLK_DISK_SIZE / 512 + 3;
	struct blk_fix x;
	struct stat st;

	block_start(&x, arg, 3 * 512);
	blk_write(&x, end - 1, 512, 1);
	blk_write(&x, end - 3, 1024, 2);
	blk_write(&x, end - 17, 15 * 512, 3);
	blk_read(&x, end - 32, 32 * 512);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, end - 2, 2, 0), 0);
	blk_zeroed(&x, end - 2, 2);
	blk_read(&x, end - 32, 32 * 512);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, end, 512), VIRTIO_BLK_S_IOERR);
	ktap_check(!fstat(x.back.fd, &st), "fstat");
	ktap_eq(st.st_size, end * 512);
}
