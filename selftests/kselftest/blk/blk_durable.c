// SPDX-License-Identifier: GPL-2.0
/*
 * What is durable, and when: flushes, and disks without a write cache.
 *
 * The disk is a loop device.  With the page cache, what is durable is in the file
 * below it; without, every write is there at once and durability shows in the
 * flushes that the loop device counts.
 */
#include "blk_fixture.h"

#define WCE_OFF		32	/* struct virtio_blk_config.wce */

/* As blk_start() on a loop device, with features to leave out and to add. */
static void dur_start(struct blk_fix *x, enum blk_kind kind, __u32 flags,
		      __u64 without, __u64 with)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, kind);
	blk_cfg(&cfg, &back, &blk_modes[2]);
	cfg.features = (cfg.features & ~without) | with;
	cfg.backing.flags = flags;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

static __u8 dur_wce(struct blk_fix *x)
{
	__u8 wce = 0xff;

	ktap_ok(vdpa_get_config(x->b.fd, WCE_OFF, &wce, 1));
	return wce;
}

static void dur_set_wce(struct blk_fix *x, __u8 wce)
{
	ktap_ok(vdpa_set_config(x->b.fd, WCE_OFF, &wce, 1));
}

/* Is what must be on the disk in the file below the loop device? */
static bool dur_below(struct blk_fix *x, __u64 sector, size_t len)
{
	int fd = open(x->back.lower, O_RDONLY);
	__u8 *buf = malloc(len);
	bool same;

	ktap_check(fd >= 0 && buf && pread(fd, buf, len, sector * 512) ==
		   (ssize_t)len, "%s: %s", x->back.lower, strerror(errno));
	same = !memcmp(buf, x->want + sector * 512, len);
	free(buf);
	close(fd);
	return same;
}

static long long dur_flushes(struct blk_fix *x)
{
	return ktap_ok(host_disk_stat(x->back.path, HOST_STAT_FLUSHES));
}

/* Writes that must be durable when they complete. */
static void dur_expect_through(struct blk_fix *x, unsigned int seed)
{
	long long before = dur_flushes(x);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		blk_write(x, i * 100, 8192, seed + i);
		ktap_check(dur_below(x, i * 100, 8192), "write %u is cached",
			   i);
		ktap_check(dur_flushes(x) > before + i, "write %u: %lld flushes",
			   i, dur_flushes(x) - before);
	}
	before = dur_flushes(x);
	ktap_eq(blk_range(x, VIRTIO_BLK_T_WRITE_ZEROES, 100, 16, 0), 0);
	blk_zeroed(x, 100, 16);
	ktap_check(dur_below(x, 100, 8192), "zeroes are cached");
	ktap_check(dur_flushes(x) > before, "zeroes: no flush");
}

/* Writes that may be cached until the flush. */
static void dur_expect_back(struct blk_fix *x, unsigned int seed)
{
	long long before = dur_flushes(x);
	unsigned int i;

	for (i = 0; i < 5; i++)
		blk_write(x, i * 100, 8192, seed + i);
	ktap_eq(dur_flushes(x), before);
	ktap_eq(blk_do(x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_check(dur_flushes(x) > before, "no flush");
	for (i = 0; i < 5; i++)
		ktap_check(dur_below(x, i * 100, 8192), "write %u is cached",
			   i);
}

/* The driver knows of the cache and flushes (B9, B14). */
KTAP_TEST(dur_flush, KTAP_SHORT, blk_flags, "B9_B14_flush")
{
	struct blk_fix x;

	dur_start(&x, BLK_LOOP, *(const __u32 *)arg, 0, 0);
	ktap_eq(dur_wce(&x), 1);
	dur_expect_back(&x, 1);
	dur_expect_back(&x, 11);
	/* Its data and place are ignored. */
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, ~0ULL, 512), 0);
}

/* It knows of none (B11). */
KTAP_TEST(dur_no_flush, KTAP_SHORT, blk_flags, "B11_no_flush")
{
	struct blk_fix x;

	dur_start(&x, BLK_LOOP, *(const __u32 *)arg, BLK_F(FLUSH), 0);
	dur_expect_through(&x, 1);
}

/* It can switch the cache (B12); without flushes it begins off (B13). */
KTAP_TEST(dur_toggle, KTAP_SHORT, blk_flags, "B12_B13_toggle")
{
	__u32 flags = *(const __u32 *)arg;
	struct blk_fix x;

	dur_start(&x, BLK_LOOP, flags, 0, BLK_F(CONFIG_WCE));
	ktap_eq(dur_wce(&x), 1);
	dur_expect_back(&x, 1);
	dur_set_wce(&x, 0);
	ktap_eq(dur_wce(&x), 0);
	dur_expect_through(&x, 11);
	dur_set_wce(&x, 2);
	ktap_eq(dur_wce(&x), 1);
	dur_expect_back(&x, 21);
	dur_set_wce(&x, 0);
	ktap_ok(mock_blk_stop(&x.b));
	ktap_eq(dur_wce(&x), 1);
	mock_blk_restart_rings(&x.b);
	x.b.cfg.features &= ~BLK_F(FLUSH);
	ktap_ok(mock_blk_negotiate(&x.b));
	ktap_eq(dur_wce(&x), 0);
	ktap_ok(mock_blk_setup_vq(&x.b, 0));
	ktap_ok(mock_blk_run(&x.b));
	dur_expect_through(&x, 31);
	dur_set_wce(&x, 1);
	dur_expect_back(&x, 41);
}

/* Not negotiated, so the byte cannot be written. */
KTAP_TEST(dur_no_toggle, KTAP_SHORT, blk_flags, "B12_no_toggle")
{
	struct blk_fix x;

	dur_start(&x, BLK_LOOP, *(const __u32 *)arg, 0, 0);
	dur_set_wce(&x, 0);
	ktap_eq(dur_wce(&x), 1);
	dur_expect_back(&x, 1);
}

/* A disk that is set up without a cache. */
KTAP_TEST(dur_writethrough, KTAP_SHORT, blk_flags, "B12_writethrough")
{
	struct blk_fix x;

	dur_start(&x, BLK_LOOP, *(const __u32 *)arg | MYVHOST_BLK_WRITETHROUGH,
		  0, BLK_F(CONFIG_WCE));
	ktap_eq(dur_wce(&x), 0);
	dur_expect_through(&x, 1);
	dur_set_wce(&x, 1);
	dur_expect_back(&x, 11);
	ktap_ok(mock_blk_stop(&x.b));
	ktap_eq(dur_wce(&x), 0);
}

/* A file: the flushes go to the device of its file system. */
KTAP_TEST(dur_file, KTAP_SHORT, blk_flags, "B9_B11_file")
{
	char dev[] = "/dev/loop0";
	long long before;
	struct blk_fix x;
	unsigned int i;

	dur_start(&x, BLK_EXT4, *(const __u32 *)arg | MYVHOST_BLK_WRITETHROUGH,
		  0, BLK_F(CONFIG_WCE));
	before = host_disk_stat(dev, HOST_STAT_FLUSHES);
	if (before <= 0)
		ktap_skip("another loop device");
	for (i = 0; i < 5; i++) {
		blk_write(&x, 8 * i, 4096, i);
		ktap_check(host_disk_stat(dev, HOST_STAT_FLUSHES) > before + i,
			   "write %u: no flush", i);
	}
	dur_set_wce(&x, 1);
	blk_write(&x, 0, 4096, 1);
	before = host_disk_stat(dev, HOST_STAT_FLUSHES);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_check(host_disk_stat(dev, HOST_STAT_FLUSHES) > before, "no flush");
}

/* The next flush reports an error of write-back, and only that one. */
KTAP_TEST(dur_error_once, KTAP_SHORT, NULL, "B9_error_once")
{
	struct blk_fix x;
	int other;

	dur_start(&x, BLK_DM, MYVHOST_BLK_BUFFERED, 0, 0);
	blk_write(&x, 0, 65536, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	if (host_module("dm_flakey", "") ||
	    host_dm_switch("disk", "0 16384 flakey %s 0 0 3600 1 error_writes",
			   x.back.lower))
		ktap_skip("no dm-flakey");
	blk_write(&x, 256, 65536, 2);
	/* An fsync() of another descriptor does not consume the error. */
	other = open(x.back.path, O_RDWR);
	fsync(other);
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_IOERR);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_write(&x, 256, 65536, 3);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 1);
	ktap_ok(mock_blk_stop(&x.b));
	/* The test's own descriptor has not heard of it yet. */
	ktap_check(fsync(x.back.fd), "the error was taken away");
	blk_check_disk(&x);
}

/* A write that must be durable and cannot be is not a success. */
KTAP_TEST(dur_error_through, KTAP_SHORT, blk_flags, "B9_error_through")
{
	struct blk_fix x;

	dur_start(&x, BLK_DM, *(const __u32 *)arg, BLK_F(FLUSH), 0);
	blk_write(&x, 0, 65536, 1);
	if (host_module("dm_flakey", "") ||
	    host_dm_switch("disk", "0 16384 flakey %s 0 0 3600 1 error_writes",
			   x.back.lower))
		ktap_skip("no dm-flakey");
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 256, 4096), VIRTIO_BLK_S_IOERR);
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	blk_write(&x, 256, 4096, 2);
	blk_read(&x, 256, 4096);
}

/* Flushes and the switch of the write cache are offered, whatever the disk is (B10). */
KTAP_TEST(dur_offered, KTAP_SHORT, blk_flags, "B10_offered")
{
	static const __u32 more[] = {
		0, MYVHOST_BLK_READONLY, MYVHOST_BLK_WRITETHROUGH,
	};
	const __u64 both = BLK_F(FLUSH) | BLK_F(CONFIG_WCE);
	static const enum blk_kind kinds[] = { BLK_TMPFS, BLK_LOOP, BLK_NULL };
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	unsigned int i, k;
	__u64 f;

	for (i = 0; i < 9; i++) {
		blk_prepare();
		blk_backing(&back, kinds[i / 3]);
		for (k = 0; k < 4; k++) {
			blk_cfg(&cfg, &back, &blk_modes[k]);
			cfg.backing.flags = *(const __u32 *)arg | more[i % 3];
			ktap_ok(mock_blk_offered(&cfg, &f));
			ktap_check((f & both) == both, "%s, flags %#x: %#llx",
				   blk_kind_names[back.kind], cfg.backing.flags,
				   f);
		}
		close(back.fd);
	}
}

/* More zeroings than a disk has threads, each of which takes a second. */
#define DURABLE_ZEROES	20
#define DURABLE_DELAY	1000

/* A flush does not wait for zeroings that came before it. */
KTAP_TEST(durable_beside_zeroes, KTAP_LONG, blk_two_modes, "B10_flush_beside_zeroes")
{
	struct virtio_blk_discard_write_zeroes *w;
	struct mock_blk_req *flush;
	struct blk_fix x;
	unsigned int i;
	__s64 start;

	blk_start(&x, BLK_DM, arg, 0);
	if (host_run("modprobe -q dm-delay") ||
	    host_dm_switch("disk", "0 16384 delay %s 0 0 %s 0 %u %s 0 0",
			   x.back.lower, x.back.lower, DURABLE_DELAY,
			   x.back.lower))
		ktap_skip("no dm-delay");
	for (i = 0; i < DURABLE_ZEROES; i++) {
		w = blk_ptr(&x, x.buf + i * 64);
		w->sector = i * 128;
		w->num_sectors = 128;
		w->flags = 0;
		ktap_check(mock_blk_add(&x.b, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0,
					x.buf + i * 64, sizeof(*w), NULL), "add");
	}
	flush = mock_blk_add(&x.b, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL);
	start = mock_msecs();
	mock_blk_submit(&x.b, 0);
	ktap_check(blk_get(&x, 0) == flush, "the flush waited for a zeroing");
	ktap_info("the flush took %lld ms", mock_msecs() - start);
	for (i = 0; i < DURABLE_ZEROES; i++)
		ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_info("all took %lld ms", mock_msecs() - start);
}
