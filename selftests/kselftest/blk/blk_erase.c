// SPDX-License-Identifier: GPL-2.0
/*
 * Secure erase (virtio 1.3, 5.2.6.2), on a block device that has it: the RAM disk
 * of test_modules/mvht_erase.c, which leaves ERASED where it erased and takes at
 * most ERASE_MAX sectors at a time.
 */
#include <time.h>

#include "blk_fixture.h"
#include "vdpa_dev.h"

#define ERASED		0xee
#define ERASE_MAX	1024
#define PARAMS		"/sys/module/mvht_erase/parameters/"

#define IOERR	VIRTIO_BLK_S_IOERR
#define UNSUPP	VIRTIO_BLK_S_UNSUPP
#define ERASE	VIRTIO_BLK_T_SECURE_ERASE

/* How many bios erased so far. */
static unsigned int erase_count(void)
{
	FILE *f = fopen(PARAMS "erasures", "r");
	unsigned int n;

	ktap_check(f && fscanf(f, "%u", &n) == 1, "no count of erasures");
	fclose(f);
	return n;
}

static void erase_wrote(struct blk_fix *x, __u64 sector, __u64 n)
{
	__u8 *p = malloc(n * 512);

	ktap_check(p, "no memory");
	memset(p, ERASED, n * 512);
	blk_wrote(x, sector, p, n * 512);
	free(p);
}

/*
 * Erased is what was named, in as many pieces as the device wants, and not its
 * neighbours; nor does a cache bring anything back (B22).
 */
KTAP_TEST(erase_range, KTAP_SHORT, blk_flags, "B22_range")
{
	struct blk_fix x;
	unsigned int n;

	blk_start(&x, BLK_ERASE, blk_vdpa_packed, *(const __u32 *)arg);
	ktap_check(x.b.cfg.features & BLK_F(SECURE_ERASE), "not offered");
	for (n = 0; n < 4; n++)
		blk_write(&x, n * 1024, 512 << 10, n + 1);
	n = erase_count();
	ktap_eq(blk_range(&x, ERASE, 5, 2 * ERASE_MAX + 100, 0), 0);
	erase_wrote(&x, 5, 2 * ERASE_MAX + 100);
	ktap_eq(erase_count() - n, 3);
	blk_read(&x, 0, 1 << 20);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_check_disk(&x);
	/* It can be written again. */
	blk_write(&x, 0, 64 << 10, 9);
	blk_read(&x, 0, 1 << 20);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
}

/*
 * Requests beside an erasure that takes its time, on both sides of it and inside:
 * what they bring into the cache is not what was erased (B22).
 */
KTAP_TEST(erase_busy, KTAP_SHORT, NULL, "B22_busy")
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	struct virtio_blk_discard_write_zeroes w = {
		.sector = 3, .num_sectors = 2 * ERASE_MAX,
	};
	unsigned int i, n = 3;
	struct blk_fix x;

	blk_start(&x, BLK_ERASE, blk_vdpa_packed, MYVHOST_BLK_BUFFERED);
	for (i = 0; i < 4; i++)
		blk_write(&x, i * 1024, 512 << 10, i + 1);
	ktap_eq(host_run("echo 100 > " PARAMS "erase_ms"), 0);
	memcpy(blk_ptr(&x, x.buf), &w, sizeof(w));
	mock_blk_add(&x.b, 0, ERASE, 0, x.buf, sizeof(w), NULL);
	mock_blk_submit(&x.b, 0);
	nanosleep(&tick, NULL);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf + 65536, 65536, NULL);
	mock_blk_add(&x.b, 0, VIRTIO_BLK_T_OUT, 0, x.buf + 4096, 512, NULL);
	blk_wrote(&x, 0, blk_ptr(&x, x.buf + 4096), 512);
	mock_blk_submit(&x.b, 0);
	while (n--)
		ktap_eq(blk_get(&x, 0)->status, 0);
	ktap_eq(host_run("echo 0 > " PARAMS "erase_ms"), 0);
	erase_wrote(&x, w.sector, w.num_sectors);
	blk_read(&x, 0, 512 << 10);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_check_disk(&x);
}

/* Several ranges in a request, one of them empty. */
KTAP_TEST(erase_ranges, KTAP_SHORT, blk_two_modes, "B22_ranges")
{
	struct virtio_blk_discard_write_zeroes w[3] = {
		{ .sector = 1, .num_sectors = 2 },
		{ .sector = 100, .num_sectors = 0 },
		{ .sector = BLK_DISK_SIZE / 512 - 7, .num_sectors = 7 },
	};
	struct blk_fix x;
	unsigned int n;

	blk_start(&x, BLK_ERASE, arg, 0);
	blk_write(&x, 0, 4096, 1);
	blk_write(&x, BLK_DISK_SIZE / 512 - 8, 4096, 2);
	n = erase_count();
	memcpy(blk_ptr(&x, x.buf), w, sizeof(w));
	ktap_eq(blk_do(&x, ERASE, 0, sizeof(w)), 0);
	ktap_eq(erase_count() - n, 2);
	erase_wrote(&x, 1, 2);
	erase_wrote(&x, BLK_DISK_SIZE / 512 - 7, 7);
	blk_check_disk(&x);
}

/* Looked at before anything is erased (B16, B17). */
KTAP_TEST(erase_bad, KTAP_SHORT, blk_two_modes, "B16_B17_B22_bad")
{
	const __u64 end = BLK_DISK_SIZE / 512;
	struct virtio_blk_discard_write_zeroes w[2] = {
		{ .sector = 8, .num_sectors = 8 },
		{ .sector = end - 1, .num_sectors = 2 },
	};
	struct blk_fix x;
	unsigned int n;

	blk_start(&x, BLK_ERASE, arg, 0);
	blk_write(&x, 0, 64 << 10, 1);
	n = erase_count();
	memcpy(blk_ptr(&x, x.buf), w, sizeof(w));
	ktap_eq(blk_do(&x, ERASE, 0, sizeof(w)), IOERR);
	ktap_eq(blk_range(&x, ERASE, end, 1, 0), IOERR);
	ktap_eq(blk_range(&x, ERASE, 0, (1 << 22) + 1, 0), IOERR);
	ktap_eq(blk_range(&x, ERASE, 0, 8, 1), UNSUPP);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_INVALID), 3);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_UNSUPPORTED), 1);
	ktap_eq(erase_count(), n);
	blk_check_disk(&x);
}

/* What the driver reads of it. */
KTAP_TEST(erase_config, KTAP_SHORT, NULL, "B22_config")
{
	struct virtio_blk_config c;
	struct blk_fix x;

	blk_start(&x, BLK_ERASE, blk_vdpa_packed, 0);
	ktap_ok(vdpa_get_config(x.b.fd, 0, &c, 72));
	ktap_eq(c.max_secure_erase_sectors, 1 << 22);
	ktap_eq(c.max_secure_erase_seg, 32);
	ktap_eq(c.secure_erase_sector_alignment, 1);
	/* The device has neither. */
	ktap_eq(x.b.cfg.features & BLK_F(DISCARD), 0);
	ktap_eq(c.max_discard_sectors, 0);
}

/* A disk that cannot be written does not offer it, nor carry it out. */
KTAP_TEST(erase_readonly, KTAP_SHORT, blk_two_modes, "B22_readonly")
{
	struct blk_fix x;
	unsigned int n;

	blk_start(&x, BLK_ERASE, arg, MYVHOST_BLK_READONLY);
	ktap_eq(x.b.cfg.features & BLK_F(SECURE_ERASE), 0);
	n = erase_count();
	ktap_eq(blk_range(&x, ERASE, 0, 8, 0), UNSUPP);
	ktap_eq(erase_count(), n);
	blk_check_disk(&x);
}
