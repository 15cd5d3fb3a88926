// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory in a file of a file system, whose pages cannot be pinned for long.
 *
 * Guest memory that the host cannot write for a while: no request is lost, and the
 * guest is not to blame.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "blk_fixture.h"
#include "iotlb.h"
#include "proc.h"

/* What the device may do with the page of headers and status bytes. */
static void protect_cells(struct blk_fix *x, int prot)
{
	__u64 at = guest_hva(&x->b.mem, x->b.queue[0].cells);

	ktap_ok(mprotect((void *)(uintptr_t)at, VHU_PAGE_SIZE, prot) ?
		-errno : 0);
}

static void expect_line(struct blk_fix *x, const char *key, const char *want)
{
	char val[64] = "";

	ktap_check(proc_fdinfo(x->b.fd, key, val, sizeof(val)) &&
		   !strcmp(val, want), "%s is %s, not %s", key, val, want);
}

/* While nothing is mapped, the worker looks for the ring. */
static void remap(struct blk_fix *x)
{
	if (x->b.cfg.vdpa) {
		ktap_ok(vdpa_unmap(x->b.fd, 0, ~0ULL));
		usleep(BLK_QUIET * 1000);
	}
	ktap_ok(mock_blk_map(&x->b));
}

/* A read, a write and a flush whose status bytes cannot be written. */
static void post_unanswerable(struct blk_fix *x)
{
	struct mock_ring *ring = &x->b.queue[0].ring;
	__u64 runs;

	blk_write(x, 0, 4096, 1);
	blk_fill(blk_ptr(x, x->buf + 4096), 4096, 2);
	memset(blk_ptr(x, x->buf), 0xa5, 4096);
	mock_blk_add(&x->b, 0, VIRTIO_BLK_T_IN, 0, x->buf, 4096, NULL);
	mock_blk_add(&x->b, 0, VIRTIO_BLK_T_OUT, 8, x->buf + 4096, 4096, NULL);
	mock_blk_add(&x->b, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL);
	protect_cells(x, PROT_READ);
	mock_blk_submit(&x->b, 0);
	ktap_check(mock_fd_wait(ring->err_fd, BLK_WAIT), "no error");
	mock_fd_drain(ring->err_fd);
	/* Told once, and tried once for each kick. */
	mock_ring_kick(ring);
	usleep(BLK_QUIET * 1000);
	runs = blk_counter(x, MYVHOST_CNT_RUNS);
	usleep(BLK_QUIET * 1000);
	ktap_eq(blk_counter(x, MYVHOST_CNT_RUNS), runs);
	ktap_eq(mock_fd_drain(ring->err_fd), 0);
	ktap_eq(mock_ring_has_used(ring), 0);
	ktap_check(blk_counter(x, MYVHOST_CNT_MAP_ERRORS) > 0, "not counted");
	ktap_eq(blk_counter(x, MYVHOST_CNT_BAD_ADDRESS), 0);
	expect_line(x, "q0.state", "running");
}

static void reap_answered(struct blk_fix *x)
{
	struct mock_blk_req *r;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		r = blk_get(x, 0);
		ktap_eq(r->status, 0);
		ktap_eq(r->used_len, r->type == VIRTIO_BLK_T_IN ? 4097 : 1);
		if (r->type == VIRTIO_BLK_T_IN)
			blk_check_read(x, 0, blk_ptr(x, x->buf), 4096);
		else if (r->type == VIRTIO_BLK_T_OUT)
			blk_wrote(x, 8, blk_ptr(x, x->buf + 4096), 4096);
	}
}

/* All slots are there again, and the disk is right. */
static void expect_works(struct blk_fix *x)
{
	const struct blk_load load = {
		.n = 200, .depth = 20, .max_len = 8192, .seed = 3,
	};

	blk_load(x, &load);
	ktap_ok(mock_blk_stop(&x->b));
	blk_check_disk(x);
}

KTAP_TEST(memory_kick, KTAP_SHORT, blk_all_modes, "UM7_status_kick")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, arg, 0);
	post_unanswerable(&x);
	protect_cells(&x, PROT_READ | PROT_WRITE);
	mock_ring_kick(&x.b.queue[0].ring);
	reap_answered(&x);
	expect_works(&x);
}

KTAP_TEST(memory_table, KTAP_SHORT, blk_all_modes, "UM7_status_table")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, arg, 0);
	post_unanswerable(&x);
	protect_cells(&x, PROT_READ | PROT_WRITE);
	remap(&x);
	reap_answered(&x);
	expect_works(&x);
}

/* Once memory changes nobody knows where the status byte is. */
KTAP_TEST(memory_changed, KTAP_SHORT, blk_all_modes, "UM7_status_gone")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, arg, 0);
	post_unanswerable(&x);
	remap(&x);
	expect_line(&x, "q0.state", "broken");
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 1);
	protect_cells(&x, PROT_READ | PROT_WRITE);
	mock_ring_kick(&x.b.queue[0].ring);
	ktap_check(!mock_ring_wait(&x.b.queue[0].ring, BLK_QUIET),
		   "a broken queue goes on");
}

/* Stopped meanwhile: no slot is lost. */
KTAP_TEST(memory_stop, KTAP_SHORT, blk_all_modes, "UM7_status_stop")
{
	struct blk_fix x;

	blk_start(&x, BLK_TMPFS, arg, 0);
	post_unanswerable(&x);
	ktap_ok(mock_blk_stop(&x.b));
	protect_cells(&x, PROT_READ | PROT_WRITE);
	ktap_eq(mock_ring_has_used(&x.b.queue[0].ring), 0);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_BAD_ADDRESS), 0);
	mock_blk_restart_rings(&x.b);
	if (x.b.cfg.vdpa)
		ktap_ok(vdpa_unmap(x.b.fd, 0, ~0ULL));
	ktap_ok(mock_blk_start(&x.b));
	blk_forgot(&x, 8, 8);
	expect_works(&x);
}

/* A header that cannot be read is an I/O error, not an invalid request. */
KTAP_TEST(memory_header, KTAP_SHORT, blk_two_modes, "UM7_header")
{
	struct mock_blk_req *r;
	struct blk_fix x;
	__u64 away, hva;

	blk_start(&x, BLK_TMPFS, arg, 0);
	away = guest_alloc(&x.b.mem, VHU_PAGE_SIZE, VHU_PAGE_SIZE);
	hva = guest_hva(&x.b.mem, away);
	r = mock_blk_new(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 512);
	ktap_check(r, "no request");
	ktap_ok(mock_blk_add_raw(&x.b, 0, r, (const struct mock_seg[]) {
		{ away, MOCK_BLK_HDR, false },
		{ x.buf, 512, true },
		{ r->status_at, 1, true },
	}, 3, false));
	ktap_ok(mprotect((void *)(uintptr_t)hva, VHU_PAGE_SIZE, PROT_NONE) ?
		-errno : 0);
	mock_blk_submit(&x.b, 0);
	ktap_eq(blk_get(&x, 0)->status, VIRTIO_BLK_S_IOERR);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 1);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_INVALID), 0);
	expect_works(&x);
}

static bool has_ring_mode(struct blk_fix *x, const char *mode)
{
	char val[64] = "";

	return proc_fdinfo(x->b.fd, "q0.ring", val, sizeof(val)) &&
	       !strcmp(val, mode);
}

/* UM3: a shared file on a disk file system, which is not the backing's. */
KTAP_TEST(memory_file, KTAP_LONG, blk_all_modes, "UM3_file")
{
	struct blk_load load = {
		.n = 300, .depth = 20, .max_len = 16384, .seed = 7,
	};
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	int fd;

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, arg);
	blk_open(&x, &back, &cfg, 1 << 20);
	if (host_fs("ext4", "ram", 64 << 20, 512))
		ktap_skip("no ext4");
	fd = open(HOST_DIR "/ram/ram", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ktap_check(fd >= 0, "file: %s", strerror(errno));
	ktap_ok(guest_mem_move(&x.b.mem, fd));
	close(fd);
	ktap_ok(mock_blk_start(&x.b));
	blk_write(&x, 0, 65536, 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	blk_read(&x, 0, 65536);
	ktap_check(has_ring_mode(&x, "user"), "the ring is not in user mode");
	blk_load(&x, &load);
	load.unaligned = true;
	load.seed++;
	blk_load(&x, &load);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_MAP_ERRORS), 0);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_IO_ERRORS), 0);
	ktap_ok(mock_blk_stop(&x.b));
	blk_check_disk(&x);
}
