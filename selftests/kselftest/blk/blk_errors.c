// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that must fail: malformed, outside of the disk, of a kind that is not
 * supported, or failed by what is behind the disk.  Each with its status, its
 * counter, and nothing touched.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "blk_fixture.h"

#define IOERR	VIRTIO_BLK_S_IOERR
#define UNSUPP	VIRTIO_BLK_S_UNSUPP

static void err_counters(struct blk_fix *x, __u64 invalid, __u64 unsupported,
			 __u64 io_errors)
{
	ktap_eq(blk_counter(x, MYVHOST_CNT_INVALID), invalid);
	ktap_eq(blk_counter(x, MYVHOST_CNT_UNSUPPORTED), unsupported);
	ktap_eq(blk_counter(x, MYVHOST_CNT_IO_ERRORS), io_errors);
}

/* The queue has stopped; after a restart it works. */
static void err_restart(struct blk_fix *x)
{
	mock_fd_drain(x->b.queue[0].ring.err_fd);
	ktap_ok(mock_blk_stop(&x->b));
	mock_blk_restart_rings(&x->b);
	ktap_ok(mock_blk_negotiate(&x->b));
	ktap_ok(mock_blk_setup_vq(&x->b, 0));
	ktap_ok(mock_blk_run(&x->b));
	blk_write(x, 0, 4096, 1);
	blk_read(x, 0, 4096);
}

/* A request that cannot be answered stops the queue (B1). */
KTAP_TEST(err_no_answer, KTAP_SHORT, blk_two_modes, "B1_no_answer")
{
	struct mock_blk_req *r;
	struct mock_seg seg[3];
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_TMPFS, arg, 0);
	for (i = 0; i < 4; i++) {
		r = mock_blk_new(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 512);
		seg[0] = (struct mock_seg) { r->hdr, i ? 16 : 15, false };
		seg[1] = (struct mock_seg) { x.buf, 512, i != 1 };
		seg[2] = (struct mock_seg) { r->status_at, 1, i != 1 };
		/* Short header, nothing writable, header only, status only. */
		if (i == 3)
			mock_blk_add_raw(&x.b, 0, r, seg + 2, 1, false);
		else
			mock_blk_add_raw(&x.b, 0, r, seg, i == 2 ? 1 : 3,
					 false);
		mock_blk_submit(&x.b, 0);
		ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT),
			   "case %u: no error", i);
		ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_LENGTH), i + 1);
		ktap_eq(mock_ring_has_used(&x.b.queue[0].ring), 0);
		err_restart(&x);
	}
	err_counters(&x, 0, 0, 0);
}

/* Request types that are unknown or that this disk does not offer (B3, B18, B22). */
KTAP_TEST(err_unknown, KTAP_SHORT, blk_two_modes, "B3_B18_B22_unknown")
{
	static const __u32 types[] = {
		2, 3, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 24, 26,
		100, 0x80000000, 0x80000001, 0x10000, ~0U,
	};
	const unsigned int n = sizeof(types) / sizeof(*types);
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_TMPFS, arg, 0);
	for (i = 0; i < n; i++)
		ktap_check(blk_do(&x, types[i], 0, i & 1 ? 512 : 32) == UNSUPP,
			   "type %#x", types[i]);
	err_counters(&x, 0, n, 0);
	blk_check_disk(&x);
}

KTAP_TEST(err_not_negotiated, KTAP_SHORT, blk_two_modes, "B18_not_negotiated")
{
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	struct blk_fix x;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	cfg.features &= ~(BLK_F(DISCARD) | BLK_F(WRITE_ZEROES));
	blk_open(&x, &back, &cfg, 1 << 16);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 8192, 1);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 0, 8, 0), UNSUPP);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0), UNSUPP);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_SECURE_ERASE, 0, 8, 0), UNSUPP);
	err_counters(&x, 0, 3, 0);
	blk_check_disk(&x);
}

/* Outside of the disk, or not whole sectors (B4, B5, B28). */
KTAP_TEST(err_place, KTAP_SHORT, blk_two_modes, "B4_B5_place")
{
	const __u64 end = BLK_DISK_SIZE / 512;
	const struct {
		__u64 sector;
		__u32 len;
	} bad[] = {
		{ 0, 0 }, { end, 0 }, { 0, 1 }, { 0, 511 }, { 0, 513 },
		{ 7, 4095 }, { end, 512 }, { end - 1, 1024 },
		{ end - 7, 4096 }, { ~0ULL, 512 }, { ~0ULL - 7, 4096 },
		{ 1ULL << 55, 512 }, { (1ULL << 55) - 1, 1024 },
		{ 1ULL << 63, 512 }, { end + 1, 512 },
	};
	const unsigned int n = sizeof(bad) / sizeof(*bad);
	struct blk_fix x;
	unsigned int i, k;
	__u8 *p;

	blk_start(&x, BLK_TMPFS, arg, 0);
	p = blk_ptr(&x, x.buf);
	for (i = 0; i < n; i++) {
		memset(p, 0x5a, 8192);
		ktap_check(blk_do(&x, VIRTIO_BLK_T_IN, bad[i].sector,
				  bad[i].len) == IOERR, "reading %u", i);
		/* And no kernel memory in it. */
		for (k = 0; k < 8192; k++)
			ktap_eq(p[k], 0x5a);
		ktap_check(blk_do(&x, VIRTIO_BLK_T_OUT, bad[i].sector,
				  bad[i].len) == IOERR, "writing %u", i);
	}
	err_counters(&x, 2 * n, 0, 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, end - 1, 512), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, end - 8, 4096), 0);
	blk_check_disk(&x);
}

/* A disk with blocks of 4096 bytes. */
KTAP_TEST(err_block, KTAP_LONG, blk_flags, "B28_block_4096")
{
	struct blk_fix x;

	blk_start(&x, BLK_NULL_4K, blk_vdpa_packed, *(const __u32 *)arg);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 0, 512), IOERR);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 1, 4096), IOERR);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 8, 4096 + 512), IOERR);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 1, 8, 0), IOERR);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 8, 7, 0), IOERR);
	err_counters(&x, 5, 0, 0);
	blk_write(&x, 8, 8192, 1);
	blk_read(&x, 8, 8192);
	blk_check_disk(&x);
}

/* Data that goes the wrong way (B6). */
KTAP_TEST(err_direction, KTAP_SHORT, blk_two_modes, "B6_direction")
{
	struct mock_blk_req *r;
	struct mock_seg seg[4];
	struct blk_fix x;
	unsigned int i, k;

	blk_start(&x, BLK_TMPFS, arg, 0);
	memset(blk_ptr(&x, x.buf), 0x77, 8192);
	for (i = 0; i < 2; i++) {
		r = mock_blk_new(&x.b, 0, i ? VIRTIO_BLK_T_OUT :
				 VIRTIO_BLK_T_IN, 0, x.buf, 4096);
		seg[0] = (struct mock_seg) { r->hdr, 16, false };
		seg[1] = (struct mock_seg) { x.buf, 4096, false };
		seg[2] = (struct mock_seg) { x.buf + 4096, 4096, true };
		seg[3] = (struct mock_seg) { r->status_at, 1, true };
		/* First with both, then with the wrong one only. */
		for (k = 0; k < 2; k++) {
			if (k)
				seg[1 + i] = seg[2 - i];
			if (k)
				memmove(&seg[2], &seg[3], sizeof(seg[3]));
			ktap_ok(mock_blk_add_raw(&x.b, 0, r, seg, 4 - k,
						 false));
			mock_blk_submit(&x.b, 0);
			ktap_check(blk_get(&x, 0) == r, "request");
			ktap_eq(r->status, IOERR);
			ktap_eq(r->used_len, 1);
			if (!k) {
				seg[1] = (struct mock_seg) { x.buf, 4096, i };
				seg[2] = seg[1];
			}
			r->status = MOCK_BLK_S_NONE;
		}
	}
	for (i = 0; i < 8192; i++)
		ktap_eq(*(__u8 *)blk_ptr(&x, x.buf + i), 0x77);
	err_counters(&x, 4, 0, 0);
	blk_check_disk(&x);
}

/* A disk that cannot be written. */
KTAP_TEST(err_readonly, KTAP_SHORT, blk_two_modes, "B5_readonly")
{
	struct blk_fix x;
	__u64 f;

	blk_start(&x, BLK_LOOP, arg, MYVHOST_BLK_READONLY);
	ktap_ok(vhost_ioctl(x.b.fd, VHOST_GET_FEATURES, &f));
	ktap_eq(f & (BLK_F(RO) | BLK_F(DISCARD) | BLK_F(WRITE_ZEROES)),
		BLK_F(RO));
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 0, 4096), IOERR);
	err_counters(&x, 1, 0, 0);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0), UNSUPP);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 0, 8, 0), UNSUPP);
	err_counters(&x, 1, 2, 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_read(&x, 0, 8192);
	blk_check_disk(&x);
}

static int err_ranges(struct blk_fix *x, __u32 type, unsigned int len,
		      const struct virtio_blk_discard_write_zeroes *w)
{
	memset(blk_ptr(x, x->buf), 0, 4096);
	memcpy(blk_ptr(x, x->buf), w, 2 * sizeof(*w));
	return blk_do(x, type, 0, len);
}

/* Lists of ranges: sizes, places, flags; looked at before the disk is (B16, B17). */
KTAP_TEST(err_range_lists, KTAP_SHORT, blk_two_modes, "B16_B17_ranges")
{
	static const unsigned int lens[] = { 0, 1, 15, 17, 31, 33 * 16 };
	const __u64 end = BLK_DISK_SIZE / 512;
	const struct {
		struct virtio_blk_discard_write_zeroes w;
		int wz, discard;
	} bad[] = {
		{ { end, 1, 0 }, IOERR, IOERR },
		{ { end - 1, 2, 0 }, IOERR, IOERR },
		{ { ~0ULL, 1, 0 }, IOERR, IOERR },
		{ { ~0ULL - 1, 8, 0 }, IOERR, IOERR },
		{ { 1ULL << 55, 1, 0 }, IOERR, IOERR },
		{ { 0, ~0U, 0 }, IOERR, IOERR },
		{ { 0, (1 << 22) + 1, 0 }, IOERR, IOERR },
		{ { 0, 8, 2 }, UNSUPP, UNSUPP },
		{ { 0, 8, 3 }, UNSUPP, UNSUPP },
		{ { 0, 8, 1U << 31 }, UNSUPP, UNSUPP },
		{ { 0, 8, 1 }, 0, UNSUPP },
		{ { end + 5, 0, 0 }, IOERR, IOERR },
	};
	struct virtio_blk_discard_write_zeroes w[2] = {
		{ .sector = 8, .num_sectors = 8 },
	};
	__u64 invalid = 0, unsupported = 0;
	struct blk_fix x;
	unsigned int i;
	int t, r;

	blk_start(&x, BLK_TMPFS, arg, 0);
	blk_write(&x, 0, 65536, 1);
	for (t = 0; t < 2; t++) {
		__u32 type = t ? VIRTIO_BLK_T_DISCARD :
				 VIRTIO_BLK_T_WRITE_ZEROES;

		for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
			ktap_check(err_ranges(&x, type, lens[i], w) == IOERR,
				   "%u bytes of ranges", lens[i]);
			invalid++;
		}
		for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			w[1] = bad[i].w;
			r = err_ranges(&x, type, 32, w);
			ktap_check(r == (t ? bad[i].discard : bad[i].wz),
				   "range %u of type %u: %d", i, type, r);
			invalid += r == IOERR;
			unsupported += r == UNSUPP;
			if (!r)
				blk_zeroed(&x, 0, 16);
		}
		/* The good range of a bad list was not carried out. */
		blk_read(&x, 0, 65536);
		blk_write(&x, 0, 65536, 2);
	}
	err_counters(&x, invalid, unsupported, 0);
	w[1].num_sectors = 0;
	w[1].sector = 0;
	w[1].flags = 0;
	ktap_eq(err_ranges(&x, VIRTIO_BLK_T_WRITE_ZEROES, 32, w), 0);
}

/* The file ends inside of the disk (B8). */
KTAP_TEST(err_truncated, KTAP_LONG, blk_flags, "B8_truncated")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, blk_vhost_split, *(const __u32 *)arg);
	blk_write(&x, 0, 65536, 1);
	ktap_check(!ftruncate(x.back.fd, 32768 + 512), "ftruncate");
	blk_read(&x, 0, 32768);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 64, 4096), IOERR);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 1000, 4096), IOERR);
	err_counters(&x, 0, 0, 2);
	/* Still the disk that it was set up as. */
	ktap_check(!ftruncate(x.back.fd, BLK_DISK_SIZE), "ftruncate");
	blk_zeroed(&x, 65, 63);
	blk_read(&x, 0, 65536);
	blk_check_disk(&x);
}

/* The device says EIO, and recovers (B30). */
KTAP_TEST(err_eio, KTAP_LONG, blk_flags, "B30_eio")
{
	__u32 flags = *(const __u32 *)arg;
	struct blk_fix x;

	blk_start(&x, BLK_DM, blk_vdpa_packed, flags);
	blk_write(&x, 0, 65536, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	/* An unused loop device disappears. */
	ktap_check(open(x.back.lower, O_RDONLY) >= 0, "%s", x.back.lower);
	ktap_eq(host_dm_switch("disk", "0 16384 error"), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 4096, 4096), IOERR);
	if (!flags) {
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 8, 4096), IOERR);
		err_counters(&x, 0, 0, 2);
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 8, 8, 0),
			IOERR);
		blk_forgot(&x, 8, 8);
	}
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	blk_write(&x, 64, 65536, 2);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_read(&x, 0, 65536);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* No room on the file system: that write fails, the queue continues (B7). */
KTAP_TEST(err_no_space, KTAP_LONG, blk_flags, "B7_no_space")
{
	struct blk_fix x;
	unsigned int i;
	int r = 0;

	blk_start_small(&x, blk_vhost_split, *(const __u32 *)arg);
	for (i = 0; i < 16 && !r; i++) {
		blk_fill(blk_ptr(&x, x.buf), 128 << 10, i);
		r = blk_do(&x, VIRTIO_BLK_T_OUT, i * 256, 128 << 10);
		if (!r)
			blk_wrote(&x, i * 256, blk_ptr(&x, x.buf), 128 << 10);
	}
	ktap_eq(r, IOERR);
	ktap_check(i > 4 && i < 12, "%u writes", i);
	blk_forgot(&x, (i - 1) * 256, 256);
	err_counters(&x, 0, 0, 1);
	blk_read(&x, 0, 512 << 10);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 0, 1024, 0), 0);
	blk_zeroed(&x, 0, 1024);
	blk_write(&x, 8192, 128 << 10, 99);
	blk_read(&x, 8192, 128 << 10);
	blk_check_disk(&x);
}

/* The device is taken away. */
KTAP_TEST(err_removed, KTAP_LONG, blk_flags, "B30_removed")
{
	struct blk_fix x;
	unsigned int i, n = 0;

	blk_start(&x, BLK_NULL, blk_vdpa_packed, *(const __u32 *)arg);
	blk_write(&x, 0, 65536, 1);
	for (i = 0; i < 20; i++)
		n += !!mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 4096 + i * 8,
				    x.buf + i * 4096, 4096, NULL);
	mock_blk_submit(&x.b, 0);
	host_null_remove("mvht0");
	/* All complete, with or without an error. */
	while (n--)
		ktap_check(blk_get(&x, 0)->status <= IOERR, "status");
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 8192, 4096), IOERR);
	if (!*(const __u32 *)arg)
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 0, 4096), IOERR);
	ktap_ok(mock_blk_stop(&x.b));
	close(x.back.fd);
	blk_close(&x);
}

/* Memory behind a request is not there, or cannot be written (HO1). */
KTAP_TEST(err_unmapped, KTAP_LONG, blk_flags, "HO1_unmapped")
{
	__u32 flags = *(const __u32 *)arg;
	struct mock_blk_req *r;
	struct mock_seg seg[2];
	struct blk_fix x;
	__u64 gone;
	size_t half;

	blk_start(&x, BLK_LOOP, blk_vdpa_packed, flags);
	half = x.b.mem.size / 2;
	gone = x.b.mem.base + half;
	blk_write(&x, 0, 65536, 1);
	ktap_check(!mprotect(x.b.mem.half[1], half, PROT_READ), "mprotect");
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_OUT, 128, gone, 4096), 0);
	blk_zeroed(&x, 128, 8);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 0, gone, 4096), IOERR);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 0, gone + 1, 4096),
		IOERR);
	ktap_check(!munmap(x.b.mem.half[1], half), "munmap");
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_IN, 0, gone, 4096), IOERR);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_OUT, 256, gone, 4096), IOERR);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_OUT, 256, gone + 7, 4096),
		IOERR);
	err_counters(&x, 0, 0, 5);
	ktap_eq(mock_blk_do(&x.b, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, gone, 16),
		IOERR);
	blk_read(&x, 0, 65536);
	/* A status byte that is nowhere is waited for, until memory changes. */
	r = mock_blk_new(&x.b, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
	seg[0] = (struct mock_seg) { r->hdr, 16, false };
	seg[1] = (struct mock_seg) { gone, 1, true };
	ktap_ok(mock_blk_add_raw(&x.b, 0, r, seg, 2, false));
	mock_blk_submit(&x.b, 0);
	ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT), "no error");
	/* Each run counts that meets it; a completion may ask for one more. */
	ktap_check(blk_counter(&x, MYVHOST_CNT_MAP_ERRORS) > 0, "not counted");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 0);
	ktap_ok(vdpa_unmap(x.b.fd, gone, half));
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 1);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}

/* The second of two ranges fails, and so the request does; the rest stays (B21). */
KTAP_TEST(err_range_fails, KTAP_LONG, blk_flags, "B21_range_fails")
{
	struct virtio_blk_discard_write_zeroes w[2] = {
		{ .sector = 8, .num_sectors = 8 },
		{ .sector = 8192, .num_sectors = 8 },
	};
	struct blk_fix x;

	blk_start(&x, BLK_DM, blk_vdpa_packed, *(const __u32 *)arg);
	blk_write(&x, 0, 65536, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	ktap_check(open(x.back.lower, O_RDONLY) >= 0, "%s", x.back.lower);
	ktap_eq(host_dm_switch("disk", "0 8192 linear %s 0\n8192 8192 error",
			       x.back.lower), 0);
	ktap_eq(err_ranges(&x, VIRTIO_BLK_T_WRITE_ZEROES, sizeof(w), w), IOERR);
	err_counters(&x, 0, 0, 1);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_DISCARDS), 0);
	blk_forgot(&x, 8, 8);
	blk_read(&x, 0, 65536);
	ktap_eq(host_dm_switch("disk", "0 16384 linear %s 0", x.back.lower), 0);
	w[1].sector = 16;
	ktap_eq(err_ranges(&x, VIRTIO_BLK_T_WRITE_ZEROES, sizeof(w), w), 0);
	blk_zeroed(&x, 8, 16);
	blk_read(&x, 0, 65536);
}

/* A read of @len bytes in @n pieces, header and status included. */
static void err_read_pieces(struct blk_fix *x, unsigned int n, __u32 len)
{
	static struct mock_seg seg[MOCK_BLK_SEGS];
	struct mock_blk_req *r;
	unsigned int i, data = n - 2;

	r = mock_blk_new(&x->b, 0, VIRTIO_BLK_T_IN, 0, x->buf, len);
	seg[0] = (struct mock_seg) { r->hdr, MOCK_BLK_HDR, false };
	for (i = 0; i < data; i++)
		seg[1 + i] = (struct mock_seg) {
			x->buf + i, i + 1 < data ? 1 : len - data + 1, true,
		};
	seg[n - 1] = (struct mock_seg) { r->status_at, 1, true };
	ktap_ok(mock_blk_add_raw(&x->b, 0, r, seg, n, true));
	mock_blk_submit(&x->b, 0);
}

/* More pieces than seg_max says are served, up to the bound for all chains (B26). */
KTAP_TEST(err_pieces, KTAP_SHORT, blk_two_modes, "B26_pieces")
{
	struct virtio_blk_config c = { 0 };
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, arg);
	cfg.table_max = MOCK_BLK_SEGS;
	cfg.mem_size = 16 << 20;
	blk_open(&x, &back, &cfg, 1 << 16);
	ktap_ok(mock_blk_start(&x.b));
	if (cfg.vdpa) {
		ktap_ok(vdpa_get_config(x.b.fd, 0, &c, 72));
		ktap_check(c.seg_max < 1022 && !c.size_max, "%u, %u", c.seg_max,
			   c.size_max);
	}
	blk_write(&x, 0, 65536, 1);
	err_read_pieces(&x, 200, 8192);
	ktap_eq(blk_get(&x, 0)->status, 0);
	blk_check_read(&x, 0, blk_ptr(&x, x.buf), 8192);
	memset(blk_ptr(&x, x.buf), 0, 8192);
	err_read_pieces(&x, 1024, 8192);
	ktap_eq(blk_get(&x, 0)->status, 0);
	blk_check_read(&x, 0, blk_ptr(&x, x.buf), 8192);
	err_read_pieces(&x, 1025, 8192);
	ktap_check(mock_fd_wait(x.b.queue[0].ring.err_fd, BLK_WAIT), "no error");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_SEGMENTS), 1);
	err_restart(&x);
}

static unsigned int err_used_len(struct blk_fix *x, __u32 type, __u64 sector,
				 __u32 len)
{
	struct mock_blk_req *r;

	ktap_check(mock_blk_add(&x->b, 0, type, sector, x->buf, len, NULL),
		   "the ring is full");
	mock_blk_submit(&x->b, 0);
	r = blk_get(x, 0);
	ktap_info("type %u: status %u, %u bytes", type, r->status, r->used_len);
	return r->used_len;
}

/* One byte, the status, was written, unless it is data (B32). */
KTAP_TEST(err_used_lens, KTAP_SHORT, blk_two_modes, "B32_used_len")
{
	const __u64 end = BLK_DISK_SIZE / 512;
	struct virtio_blk_discard_write_zeroes w = { 8, 8, 0 };
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, arg, 0);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_OUT, 0, 4096), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_OUT, end, 4096), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 1);
	ktap_eq(err_used_len(&x, 99, 0, 512), 1);
	memcpy(blk_ptr(&x, x.buf), &w, sizeof(w));
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_DISCARD, 0, sizeof(w)), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, sizeof(w)), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, 15), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_IN, end, 4096), 1);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_IN, 0, 4096), 4097);
	ktap_eq(err_used_len(&x, VIRTIO_BLK_T_GET_ID, 0, 20), 21);
}
