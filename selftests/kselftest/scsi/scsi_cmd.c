// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI commands through a ring: data, status, sense data, residuals; two initiators on one
 * image; task management; events; the dirty log; what a hostile guest sends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>

#include "dirty_log.h"
#include "ktap.h"
#include "mock_scsi.h"

#define BLOCKS	8192
#define GOOD	0
#define CHECK	2
#define CONFLICT	0x18
#define RESPONSE(r)	(0x100 | (r))

static const __u64 scsi_split = VHU_F(VIRTIO_F_VERSION_1);
static const __u64 scsi_packed = VHU_F(VIRTIO_F_VERSION_1) | VHU_F(VIRTIO_F_RING_PACKED) |
				 VHU_F(VIRTIO_RING_F_EVENT_IDX);

static const struct ktap_variant scsi_rings[] = {
	{ "split", &scsi_split }, { "packed", &scsi_packed }, { NULL },
};

static int scsi_image(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ktap_check(fd >= 0, "%s: %s", path, strerror(errno));
	ktap_check(!ftruncate(fd, BLOCKS * 512), "truncate: %s", strerror(errno));
	return fd;
}

static void scsi_open(struct mock_scsi *s, const __u64 *features, const char *wwpn)
{
	struct mock_scsi_cfg cfg = {
		.node = ktap_opts.node, .features = features ? *features : scsi_split,
		.wwpn = wwpn,
	};

	ktap_ok(mock_scsi_open(s, &cfg));
}

static void scsi_add(struct mock_scsi *s, unsigned int lun, const char *path, __u32 flags)
{
	struct myvhost_blk blk = { .fd = scsi_image(path), .flags = flags, .serial = "mock" };

	ktap_ok(mock_scsi_add(s->fd, lun, &blk));
	close(blk.fd);
}

/* A host with logical unit 0. */
static void scsi_start(struct mock_scsi *s, const __u64 *features)
{
	unlink("/tmp/scsi.img");
	scsi_open(s, features, NULL);
	scsi_add(s, 0, "/tmp/scsi.img", 0);
	ktap_ok(mock_scsi_start(s));
}

static void put(__u8 *to, __u64 v, unsigned int n)
{
	while (n--) {
		to[n] = v;
		v >>= 8;
	}
}

static int rw16(struct mock_scsi *s, __u8 code, __u64 lba, __u32 n, __u32 out, __u32 in)
{
	__u8 cdb[16] = { code };

	put(cdb + 2, lba, 8);
	put(cdb + 10, n, 4);
	return mock_scsi_do(s, cdb, 16, out, in);
}

static void pattern(__u8 *to, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = seed + i * 7 + (i >> 9);
}

KTAP_TEST(scsi_inquiry, KTAP_SHORT, scsi_rings, "S1 S6 scsi_inquiry")
{
	__u8 inq[6] = { 0x12, 0, 0, 0, 96 }, luns[12] = { 0xa0, [9] = 64 };
	__u8 cap[10] = { 0x25 }, sense[6] = { 0x03, 0, 0, 0, 18 }, tur[6] = { 0 };
	struct mock_scsi s;
	__u8 *d;

	scsi_start(&s, arg);
	d = mock_scsi_data(&s);
	ktap_eq(mock_scsi_do(&s, inq, 6, 0, 96), GOOD);
	ktap_eq(s.used_len, MOCK_SCSI_RESP_LEN + 96);
	ktap_eq(s.answer.resid, 0);
	ktap_eq(d[0], 0);
	ktap_check(!memcmp(d + 8, "MYVHOST ", 8), "vendor");
	/* More room than the answer, less of the answer than there is. */
	inq[4] = 200;
	ktap_eq(mock_scsi_do(&s, inq, 6, 0, 200), GOOD);
	ktap_eq(s.answer.resid, 104);
	inq[4] = 5;
	ktap_eq(mock_scsi_do(&s, inq, 6, 0, 100), GOOD);
	ktap_eq(s.answer.resid, 95);
	ktap_eq(mock_scsi_do(&s, cap, 10, 0, 8), GOOD);
	ktap_eq(d[2] << 8 | d[3], BLOCKS - 1);
	ktap_eq(mock_scsi_do(&s, luns, 12, 0, 64), GOOD);
	ktap_eq(d[3], 8);
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), GOOD);
	ktap_eq(mock_scsi_do(&s, sense, 6, 0, 18), GOOD);
	ktap_eq(d[0], 0x70);
	ktap_eq(d[2], 0);
	/* A logical unit that does not exist. */
	s.lun = 3;
	inq[4] = 96;
	ktap_eq(mock_scsi_do(&s, inq, 6, 0, 96), GOOD);
	ktap_eq(d[0], 0x7f);
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x052500);
	ktap_eq(mock_scsi_do(&s, luns, 12, 0, 64), GOOD);
	ktap_eq(mock_scsi_do(&s, sense, 6, 0, 18), GOOD);
	ktap_eq(d[12], 0x25);
}

KTAP_TEST(scsi_rw, KTAP_SHORT, scsi_rings, "S8 S18 scsi_rw")
{
	static __u8 want[65536];
	struct mock_scsi s;
	unsigned int i;
	__u8 *d;

	scsi_start(&s, arg);
	d = mock_scsi_data(&s);
	for (i = 0; i < 8; i++) {
		pattern(want, sizeof(want), i);
		memcpy(d, want, sizeof(want));
		ktap_eq(rw16(&s, 0x8a, i * 200, 128, 65536, 0), GOOD);
		ktap_eq(s.answer.resid, 0);
		ktap_eq(s.used_len, MOCK_SCSI_RESP_LEN);
	}
	for (i = 0; i < 8; i++) {
		pattern(want, sizeof(want), i);
		memset(d, 0, sizeof(want));
		/* More room than the command wants is left alone, and is the residual. */
		memset(d + 65536, 0x11, 512);
		ktap_eq(rw16(&s, 0x88, i * 200, 128, 0, 65536 + 512), GOOD);
		ktap_eq(s.answer.resid, 512);
		ktap_eq(s.used_len, MOCK_SCSI_RESP_LEN + 65536);
		ktap_check(!memcmp(d, want, sizeof(want)), "data");
		ktap_eq(d[65536], 0x11);
	}
	/* Less room, no room, or data the other way: nothing is moved. */
	ktap_eq(rw16(&s, 0x88, 0, 2, 0, 512), RESPONSE(VIRTIO_SCSI_S_OVERRUN));
	ktap_eq(rw16(&s, 0x88, 0, 1, 0, 0), RESPONSE(VIRTIO_SCSI_S_OVERRUN));
	ktap_eq(rw16(&s, 0x8a, 0, 1, 0, 512), RESPONSE(VIRTIO_SCSI_S_OVERRUN));
	ktap_eq(rw16(&s, 0x88, 0, 1, 512, 512), RESPONSE(VIRTIO_SCSI_S_FAILURE));
	ktap_eq(rw16(&s, 0x88, BLOCKS, 1, 0, 512), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x052100);
	ktap_eq(s.answer.resid, 512);
	ktap_eq(rw16(&s, 0x91, 0, 0, 0, 0), GOOD);
	ktap_eq(rw16(&s, 0x77, 0, 0, 0, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x052000);
}

KTAP_TEST(scsi_zero, KTAP_SHORT, scsi_rings, "S10 scsi_zero")
{
	__u8 unmap[10] = { 0x42, [8] = 24 }, same[16] = { 0x93, 0x08, [13] = 8 };
	struct mock_scsi s;
	unsigned int i;
	__u8 *d;

	scsi_start(&s, arg);
	d = mock_scsi_data(&s);
	pattern(d, 65536, 3);
	ktap_eq(rw16(&s, 0x8a, 0, 128, 65536, 0), GOOD);
	memset(d, 0, 24);
	d[1] = 22;
	d[3] = 16;
	put(d + 8, 8, 8);
	put(d + 16, 8, 4);
	ktap_eq(mock_scsi_do(&s, unmap, 10, 24, 0), GOOD);
	ktap_eq(s.answer.resid, 0);
	put(d + 8, BLOCKS, 8);
	ktap_eq(mock_scsi_do(&s, unmap, 10, 24, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x052100);
	memset(d, 0, 512);
	put(same + 2, 32, 8);
	ktap_eq(mock_scsi_do(&s, same, 16, 512, 0), GOOD);
	/* A block that is not zeroes, again and again. */
	pattern(d, 512, 9);
	same[1] = 0;
	put(same + 2, 64, 8);
	ktap_eq(mock_scsi_do(&s, same, 16, 512, 0), GOOD);
	ktap_eq(rw16(&s, 0x88, 0, 128, 0, 65536), GOOD);
	for (i = 0; i < 8 * 512; i++)
		ktap_check(!d[8 * 512 + i] && !d[32 * 512 + i], "not zero at %u", i);
	for (i = 0; i < 8 * 512; i++)
		ktap_check(d[64 * 512 + i] == (__u8)(9 + i % 512 * 7), "block at %u", i);
	ktap_check(d[0] == 3, "beside the ranges");
}

KTAP_TEST(scsi_compare, KTAP_SHORT, scsi_rings, "S4 S11 scsi_compare")
{
	__u8 caw[16] = { 0x89, [9] = 5, [13] = 2 }, verify[10] = { 0x2f, 0x02, [5] = 5, [8] = 2 };
	struct mock_scsi s;
	__u8 *d;

	scsi_start(&s, arg);
	d = mock_scsi_data(&s);
	memset(d, 0, 1024);
	pattern(d + 1024, 1024, 1);
	ktap_eq(mock_scsi_do(&s, caw, 16, 2048, 0), GOOD);
	/* The same again: the disk has something else now. */
	memset(d, 0, 1024);
	ktap_eq(mock_scsi_do(&s, caw, 16, 2048, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x0e1d00);
	ktap_eq(s.answer.sense[0], 0xf0);
	ktap_eq(s.answer.sense[6], 0);
	pattern(d, 1024, 1);
	ktap_eq(mock_scsi_do(&s, verify, 10, 1024, 0), GOOD);
	d[700] ^= 1;
	ktap_eq(mock_scsi_do(&s, verify, 10, 1024, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x0e1d00);
	ktap_eq(s.answer.sense[5] << 8 | s.answer.sense[6], 700);
	ktap_eq(rw16(&s, 0x88, 5, 2, 0, 1024), GOOD);
	pattern(d + 1024, 1024, 1);
	ktap_check(!memcmp(d, d + 1024, 1024), "data");
}

static int pr_out(struct mock_scsi *s, __u8 action, __u8 type, __u64 key, __u64 new_key)
{
	__u8 cdb[10] = { 0x5f, action, type, [8] = 24 };
	__u8 *d = mock_scsi_data(s);

	memset(d, 0, 24);
	put(d, key, 8);
	put(d + 8, new_key, 8);
	return mock_scsi_do(s, cdb, 10, 24, 0);
}

/* Two targets on one image, as two guests of a cluster have. */
KTAP_TEST(scsi_reserve, KTAP_SHORT, NULL, "S7 S14 S15 S16 scsi_reserve")
{
	__u8 keys[10] = { 0x5e, [8] = 64 }, tur[6] = { 0 };
	struct mock_scsi a, b;

	unlink("/tmp/scsi.img");
	scsi_open(&a, NULL, "naa.5001405000000001");
	scsi_open(&b, NULL, "naa.5001405000000002");
	scsi_add(&a, 0, "/tmp/scsi.img", MYVHOST_BLK_NOLOCK);
	scsi_add(&b, 0, "/tmp/scsi.img", MYVHOST_BLK_NOLOCK);
	ktap_ok(mock_scsi_start(&a));
	ktap_ok(mock_scsi_start(&b));
	ktap_eq(pr_out(&a, 0, 0, 0, 1), GOOD);
	ktap_eq(pr_out(&b, 0, 0, 0, 2), GOOD);
	ktap_eq(mock_scsi_do(&b, keys, 10, 0, 64), GOOD);
	ktap_eq(mock_scsi_data(&b)[7], 16);
	/* Write exclusive: the other reads. */
	ktap_eq(pr_out(&a, 1, 1, 1, 0), GOOD);
	ktap_eq(rw16(&b, 0x8a, 0, 1, 512, 0), CONFLICT);
	ktap_eq(rw16(&b, 0x88, 0, 1, 0, 512), GOOD);
	ktap_eq(rw16(&a, 0x8a, 0, 1, 512, 0), GOOD);
	/* Preempted, with all that was in flight: who was is told once. */
	ktap_eq(pr_out(&b, 5, 3, 2, 1), GOOD);
	ktap_eq(rw16(&a, 0x88, 0, 1, 0, 512), CHECK);
	ktap_eq(mock_scsi_sense(&a), 0x062a05);
	ktap_eq(rw16(&a, 0x88, 0, 1, 0, 512), CONFLICT);
	ktap_eq(mock_scsi_do(&a, tur, 6, 0, 0), GOOD);
	/* It stays when the holder's guest is gone, and is his when he comes again. */
	ktap_ok(mock_scsi_endpoint(b.fd, false, b.cfg.wwpn));
	ktap_eq(rw16(&a, 0x8a, 0, 1, 512, 0), CONFLICT);
	mock_scsi_close(&b);
	ktap_eq(rw16(&a, 0x8a, 0, 1, 512, 0), CONFLICT);
	scsi_open(&b, NULL, "naa.5001405000000002");
	scsi_add(&b, 0, "/tmp/scsi.img", MYVHOST_BLK_NOLOCK);
	ktap_ok(mock_scsi_start(&b));
	ktap_eq(rw16(&b, 0x8a, 0, 1, 512, 0), GOOD);
	ktap_eq(pr_out(&b, 2, 3, 2, 0), GOOD);
	ktap_eq(rw16(&a, 0x8a, 0, 1, 512, 0), GOOD);
}

KTAP_TEST(scsi_tmf, KTAP_SHORT, NULL, "S17 S20 scsi_tmf")
{
	__u8 reserve[6] = { 0x16 }, tur[6] = { 0 };
	struct mock_scsi s;

	scsi_start(&s, NULL);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_ABORT_TASK, 99), VIRTIO_SCSI_S_OK);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_ABORT_TASK_SET, 0), VIRTIO_SCSI_S_OK);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET, 0), VIRTIO_SCSI_S_OK);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_QUERY_TASK, 7), VIRTIO_SCSI_S_OK);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_CLEAR_ACA, 7),
		VIRTIO_SCSI_S_FUNCTION_REJECTED);
	ktap_eq(mock_scsi_do(&s, reserve, 6, 0, 0), GOOD);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, 0),
		VIRTIO_SCSI_S_OK);
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x062903);
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), GOOD);
	s.lun = 9;
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, 0),
		VIRTIO_SCSI_S_INCORRECT_LUN);
}

/* Logical units come and go while the guest runs. */
KTAP_TEST(scsi_hotplug, KTAP_SHORT, NULL, "S7 S21 scsi_hotplug")
{
	const __u64 features = scsi_split | VHU_F(VIRTIO_SCSI_F_HOTPLUG);
	__u8 tur[6] = { 0 };
	struct virtio_scsi_event *event;
	struct mock_seg seg;
	struct mock_scsi s;
	struct mock_used u;

	scsi_start(&s, &features);
	unlink("/tmp/scsi2.img");
	/* Without a buffer nothing is lost. */
	scsi_add(&s, 5, "/tmp/scsi2.img", 0);
	seg = (struct mock_seg) { s.data, sizeof(*event), true };
	event = guest_ptr(&s.mem, s.data);
	memset(event, 0xee, sizeof(*event));
	ktap_ok(mock_ring_add(&s.ring[MOCK_SCSI_EVENT], &seg, 1, false, 1));
	mock_ring_submit(&s.ring[MOCK_SCSI_EVENT]);
	ktap_eq(mock_ring_wait_used(&s.ring[MOCK_SCSI_EVENT], &u, 15000), 1);
	ktap_eq(u.len, sizeof(*event));
	ktap_eq(event->event, VIRTIO_SCSI_T_TRANSPORT_RESET);
	ktap_eq(event->reason, VIRTIO_SCSI_EVT_RESET_RESCAN);
	ktap_eq(event->lun[3], 5);
	/* The others say so too. */
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x063f0e);
	s.lun = 5;
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), GOOD);
	ktap_ok(mock_scsi_del(s.fd, 5));
	ktap_eq(mock_scsi_do(&s, tur, 6, 0, 0), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x052500);
	ktap_ok(mock_ring_add(&s.ring[MOCK_SCSI_EVENT], &seg, 1, false, 1));
	mock_ring_submit(&s.ring[MOCK_SCSI_EVENT]);
	ktap_eq(mock_ring_wait_used(&s.ring[MOCK_SCSI_EVENT], &u, 15000), 1);
	ktap_eq(event->reason, VIRTIO_SCSI_EVT_RESET_REMOVED);
	ktap_eq(mock_scsi_del(s.fd, 5), -ENOENT);
}

KTAP_TEST(scsi_resize, KTAP_SHORT, NULL, "S7 B27 scsi_resize")
{
	struct mock_scsi s;

	scsi_start(&s, NULL);
	ktap_check(!truncate("/tmp/scsi.img", BLOCKS * 1024), "truncate");
	ktap_ok(myvhost_resize(s.fd));
	ktap_eq(rw16(&s, 0x88, BLOCKS, 1, 0, 512), CHECK);
	ktap_eq(mock_scsi_sense(&s), 0x062a09);
	ktap_eq(rw16(&s, 0x88, BLOCKS, 1, 0, 512), GOOD);
	ktap_ok(myvhost_resize(s.fd));
	ktap_eq(rw16(&s, 0x88, 0, 1, 0, 512), GOOD);
}

/* The next request of a queue writes its response and one place in the ring. */
static void dirty_used(struct dirty_log *log, const struct mock_scsi *s, unsigned int q)
{
	dirty_log_ring(log, &s->ring[q], s->ring[q].next_used, 1);
	dirty_log_must(log, s->resp, 1);
}

/* Compare, and forget. */
static void dirty_check(struct dirty_log *log)
{
	ktap_eq(dirty_log_missing(log), -1);
	ktap_eq(dirty_log_surplus(log), -1);
	memset(log->map, 0, log->size);
	memset(log->must, 0, log->size);
}

/* The pages that a command writes, and no others. */
KTAP_TEST(scsi_dirty, KTAP_SHORT, scsi_rings, "S22 scsi_dirty")
{
	const __u64 features = *(const __u64 *)arg | VHU_F(VHOST_F_LOG_ALL);
	struct dirty_log log;
	struct mock_scsi s;
	unsigned int i;

	unlink("/tmp/scsi.img");
	scsi_open(&s, &features, NULL);
	scsi_add(&s, 0, "/tmp/scsi.img", 0);
	ktap_ok(dirty_log_init(&log, &s.mem));
	ktap_ok(vhost_set_log_base(s.fd, log.map));
	ktap_ok(mock_scsi_start(&s));
	/* What a queue writes when it starts, and to ask for notifications. */
	for (i = 0; i < MOCK_SCSI_QUEUES; i++)
		dirty_log_may(&log, s.ring[i].device_addr, s.ring[i].packed ? 4 : 6 + 8 * 64);
	dirty_used(&log, &s, MOCK_SCSI_REQUEST);
	ktap_eq(rw16(&s, 0x88, 0, 64, 0, 32768), GOOD);
	dirty_log_must(&log, s.data, 32768);
	dirty_check(&log);
	dirty_used(&log, &s, MOCK_SCSI_REQUEST);
	ktap_eq(rw16(&s, 0x8a, 0, 128, 65536, 0), GOOD);
	dirty_check(&log);
	dirty_used(&log, &s, MOCK_SCSI_CONTROL);
	ktap_eq(mock_scsi_tmf(&s, VIRTIO_SCSI_T_TMF_QUERY_TASK, 1), VIRTIO_SCSI_S_OK);
	dirty_check(&log);
}

/* A queue that a chain stops says so by its counter and its error eventfd. */
static void scsi_broken(struct mock_scsi *s, unsigned int q, const struct mock_seg *seg,
			unsigned int n)
{
	__u64 c[MYVHOST_CNT_MAX];

	ktap_ok(mock_ring_add(&s->ring[q], seg, n, false, 1));
	mock_ring_submit(&s->ring[q]);
	ktap_check(mock_fd_wait(s->ring[q].err_fd, 15000) > 0, "no error eventfd");
	ktap_ok(vhost_get_stats(s->fd, q, c));
	ktap_eq(c[MYVHOST_CNT_BAD_LENGTH], 1);
}

KTAP_TEST(scsi_hostile_short, KTAP_SHORT, NULL, "S23 scsi_hostile_short")
{
	struct mock_scsi s;
	struct mock_seg seg[2];

	scsi_start(&s, NULL);
	seg[0] = (struct mock_seg) { s.req, MOCK_SCSI_REQ_LEN - 1, false };
	seg[1] = (struct mock_seg) { s.resp, MOCK_SCSI_RESP_LEN, true };
	scsi_broken(&s, MOCK_SCSI_REQUEST, seg, 2);
	seg[0].len = 20;
	scsi_broken(&s, MOCK_SCSI_CONTROL, seg, 2);
	seg[1].len = 15;
	ktap_ok(mock_scsi_endpoint(s.fd, false, s.cfg.wwpn));
	mock_scsi_close(&s);
	scsi_start(&s, NULL);
	seg[0].len = MOCK_SCSI_REQ_LEN;
	seg[1] = (struct mock_seg) { s.resp, MOCK_SCSI_RESP_LEN - 1, true };
	scsi_broken(&s, MOCK_SCSI_REQUEST, seg, 2);
}

/* Header and response in pieces of a few bytes; other targets. */
KTAP_TEST(scsi_hostile_pieces, KTAP_SHORT, scsi_rings, "S1 S23 scsi_hostile_pieces")
{
	__u8 inq[6] = { 0x12, 0, 0, 0, 96 };
	struct virtio_scsi_cmd_req *req;
	struct mock_seg seg[60];
	struct mock_scsi s;
	struct mock_used u;
	unsigned int n = 0, at;

	scsi_start(&s, arg);
	mock_scsi_header(&s, inq, 6);
	for (at = 0; at < MOCK_SCSI_REQ_LEN; at += 3)
		seg[n++] = (struct mock_seg) { s.req + at, 3, false };
	for (at = 0; at < MOCK_SCSI_RESP_LEN; at += 4)
		seg[n++] = (struct mock_seg) { s.resp + at, 4, true };
	seg[n++] = (struct mock_seg) { s.data, 96, true };
	memset(mock_scsi_data(&s), 0, 96);
	ktap_ok(mock_ring_add(&s.ring[MOCK_SCSI_REQUEST], seg, n, false, 1));
	mock_ring_submit(&s.ring[MOCK_SCSI_REQUEST]);
	ktap_eq(mock_ring_wait_used(&s.ring[MOCK_SCSI_REQUEST], &u, 15000), 1);
	ktap_eq(u.len, MOCK_SCSI_RESP_LEN + 96);
	ktap_check(!memcmp(mock_scsi_data(&s) + 8, "MYVHOST ", 8), "data");
	req = guest_ptr(&s.mem, s.req);
	mock_scsi_header(&s, inq, 6);
	req->lun[1] = 1;
	seg[0] = (struct mock_seg) { s.req, MOCK_SCSI_REQ_LEN, false };
	seg[1] = (struct mock_seg) { s.resp, MOCK_SCSI_RESP_LEN, true };
	ktap_ok(mock_ring_add(&s.ring[MOCK_SCSI_REQUEST], seg, 2, false, 1));
	mock_ring_submit(&s.ring[MOCK_SCSI_REQUEST]);
	ktap_eq(mock_ring_wait_used(&s.ring[MOCK_SCSI_REQUEST], &u, 15000), 1);
	ktap_eq(((struct virtio_scsi_cmd_resp *)guest_ptr(&s.mem, s.resp))->response,
		VIRTIO_SCSI_S_BAD_TARGET);
}

/* The endpoint's ioctls; where the kernel has vhost_scsi, it says the same. */
static void endpoint_errno(int fd)
{
	struct vhost_scsi_target target = { .reserved = 1 };
	__u32 missed = 1;
	int abi = 0;

	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_GET_ABI_VERSION, &abi), 0);
	ktap_eq(abi, 1);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_GET_ABI_VERSION, NULL), -EFAULT);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_SET_EVENTS_MISSED, NULL), -EFAULT);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_SET_EVENTS_MISSED, &missed), 0);
	missed = 0;
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_GET_EVENTS_MISSED, &missed), 0);
	ktap_eq(missed, 1);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_GET_EVENTS_MISSED, NULL), -EFAULT);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_SET_ENDPOINT, NULL), -EFAULT);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_CLEAR_ENDPOINT, NULL), -EFAULT);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_SET_ENDPOINT, &target), -EOPNOTSUPP);
	ktap_eq(vhost_ioctl(fd, VHOST_SCSI_CLEAR_ENDPOINT, &target), -EOPNOTSUPP);
	ktap_eq(mock_scsi_endpoint(fd, true, "naa.5001405099999999"), -ENODEV);
	ktap_eq(mock_scsi_endpoint(fd, false, MOCK_SCSI_WWPN), 0);
}

KTAP_TEST(scsi_errno, KTAP_SHORT, NULL, "scsi_errno")
{
	struct vhost_memory_region m[GUEST_REGIONS];
	struct mock_scsi s;
	int fd;

	scsi_open(&s, NULL, NULL);
	ktap_eq(mock_scsi_endpoint(s.fd, true, MOCK_SCSI_WWPN), -EFAULT);
	guest_mem_regions(&s.mem, m);
	ktap_ok(vhost_set_mem_table(s.fd, m, GUEST_REGIONS));
	endpoint_errno(s.fd);
	fd = open("/dev/vhost-scsi", O_RDWR);
	if (fd >= 0) {
		ktap_ok(vhost_set_owner(fd));
		ktap_eq(mock_scsi_endpoint(fd, true, MOCK_SCSI_WWPN), -EFAULT);
		ktap_ok(vhost_set_mem_table(fd, m, GUEST_REGIONS));
		endpoint_errno(fd);
	}
	ktap_ok(mock_scsi_start(&s));
	ktap_eq(mock_scsi_endpoint(s.fd, true, MOCK_SCSI_WWPN), -EEXIST);
	ktap_eq(mock_scsi_endpoint(s.fd, false, "naa.5001405099999999"), -EINVAL);
	ktap_eq(mock_scsi_endpoint(s.fd, false, MOCK_SCSI_WWPN), 0);
}

KTAP_TEST(scsi_setup, KTAP_SHORT, NULL, "scsi_setup")
{
	struct myvhost_blk blk = { .fd = -1 };
	struct mock_scsi s;
	int fd = ktap_ok(vhost_open(ktap_opts.node));

	ktap_eq(myvhost_setup(fd, MYVHOST_DEVICE_SCSI, MYVHOST_DIALECT_VDPA, 0), -EINVAL);
	ktap_eq(myvhost_setup(fd, MYVHOST_DEVICE_SCSI, MYVHOST_DIALECT_VHOST, 2), -EINVAL);
	ktap_eq(myvhost_setup(fd, MYVHOST_DEVICE_SCSI, MYVHOST_DIALECT_VHOST, 19), -EINVAL);
	ktap_ok(myvhost_setup(fd, MYVHOST_DEVICE_SCSI, MYVHOST_DIALECT_VHOST, 3));
	ktap_eq(vhost_set_owner(fd), -ENODATA);
	ktap_eq(mock_scsi_add(fd, 0, &blk), -ENODATA);
	ktap_eq(mock_scsi_target(fd, "naa.500140500000000"), -EINVAL);
	ktap_eq(mock_scsi_target(fd, "naa.500140500000000g"), -EINVAL);
	ktap_eq(mock_scsi_target(fd, "iqn.5001405000000001"), -EINVAL);
	ktap_ok(mock_scsi_target(fd, MOCK_SCSI_WWPN));
	ktap_eq(mock_scsi_target(fd, MOCK_SCSI_WWPN), -EBUSY);
	ktap_eq(mock_scsi_add(fd, 256, &blk), -EINVAL);
	ktap_eq(mock_scsi_add(fd, 0, &blk), -EBADF);
	close(fd);
	scsi_open(&s, NULL, NULL);
	unlink("/tmp/scsi.img");
	scsi_add(&s, 0, "/tmp/scsi.img", 0);
	blk.fd = scsi_image("/tmp/scsi.img");
	ktap_eq(mock_scsi_add(s.fd, 0, &blk), -EEXIST);
	/* The lock of the image. */
	ktap_eq(mock_scsi_add(s.fd, 1, &blk), -EBUSY);
}
