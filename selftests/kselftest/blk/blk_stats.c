// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a disk: each exact, the same in fdinfo, for each queue.
 */
#include "blk_fixture.h"
#include "proc.h"

static void stats_get(struct blk_fix *x, unsigned int q,
		      __u64 c[MYVHOST_CNT_MAX])
{
	ktap_ok(vhost_get_stats(x->b.fd, q, c));
}

/* Successful requests of each kind, their bytes and times. */
KTAP_TEST(stats_kinds, KTAP_SHORT, blk_two_modes, "stats_kinds")
{
	__u64 c[MYVHOST_CNT_MAX], bytes = 0;
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_LOOP, arg, 0);
	for (i = 1; i <= 7; i++) {
		blk_write(&x, i * 100, i * 512, i);
		bytes += i * 512;
	}
	for (i = 0; i < 5; i++)
		blk_read(&x, i * 10, 4096);
	for (i = 0; i < 3; i++)
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_FLUSH, 0, 0), 0);
	for (i = 0; i < 2; i++)
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_GET_ID, 0, 20), 0);
	ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, ~0ULL, 512), 1);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_OUT, 0, 3), 1);
	ktap_eq(blk_do(&x, 99, 0, 512), 2);
	stats_get(&x, 0, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 7 + 5 + 3 + 2 + 1 + 3);
	ktap_eq(c[MYVHOST_CNT_BYTES], bytes + 5 * 4096);
	ktap_eq(c[MYVHOST_CNT_WRITES], 7);
	ktap_eq(c[MYVHOST_CNT_WRITE_BYTES], bytes);
	ktap_eq(c[MYVHOST_CNT_READS], 5);
	ktap_eq(c[MYVHOST_CNT_READ_BYTES], 5 * 4096);
	ktap_eq(c[MYVHOST_CNT_FLUSHES], 3);
	ktap_eq(c[MYVHOST_CNT_DISCARDS], 1);
	ktap_eq(c[MYVHOST_CNT_INVALID], 2);
	ktap_eq(c[MYVHOST_CNT_UNSUPPORTED], 1);
	ktap_eq(c[MYVHOST_CNT_IO_ERRORS], 0);
	ktap_eq(c[MYVHOST_CNT_BOUNCED], 0);
	/* Three flushes and the zeroes. */
	ktap_eq(c[MYVHOST_CNT_PUNTED], 4);
	ktap_eq(c[MYVHOST_CNT_THROTTLED], 0);
	ktap_check(c[MYVHOST_CNT_READ_NS] && c[MYVHOST_CNT_WRITE_NS] &&
		   c[MYVHOST_CNT_FLUSH_NS], "no time passed");
	for (i = MYVHOST_CNT_STALLS; i <= MYVHOST_CNT_LOG_ERRORS; i++)
		ktap_check(!c[i], "counter %u is %llu", i, c[i]);
	/* An unused queue counts nothing; a reset by the driver keeps all counters. */
	ktap_ok(mock_blk_stop(&x.b));
	stats_get(&x, 0, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 21);
}

/*
 * Time is what the device takes, and not more than what passes here.  dm-delay counts
 * ticks: where one is late, its delay is shorter than what was asked for.
 */
KTAP_TEST(stats_time, KTAP_SHORT, blk_two_modes, "stats_time")
{
	__u64 c[MYVHOST_CNT_MAX], msecs;
	__s64 start;
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_DM, arg, 0);
	if (host_module("dm_delay", "") ||
	    host_dm_switch("disk", "0 16384 delay %s 0 100", x.back.lower))
		ktap_skip("no dm-delay");
	start = mock_msecs();
	for (i = 0; i < 5; i++)
		blk_read(&x, 0, 4096);
	msecs = mock_msecs() - start + 1;
	stats_get(&x, 0, c);
	ktap_check(c[MYVHOST_CNT_READ_NS] >= 5 * 50000000ULL &&
		   c[MYVHOST_CNT_READ_NS] <= msecs * 1000000, "%llu ms of %llu",
		   c[MYVHOST_CNT_READ_NS] / 1000000, msecs);
}

/* Interrupts are eventfd signals, neither more nor fewer. */
KTAP_TEST(stats_calls, KTAP_SHORT, blk_two_modes, "stats_calls")
{
	__u64 c[MYVHOST_CNT_MAX], sum = 0;
	struct mock_blk_req *r;
	struct mock_ring *ring;
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_TMPFS, arg, 0);
	ring = &x.b.queue[0].ring;
	for (i = 0; i < 20; i++) {
		mock_ring_enable_call(ring);
		mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 512, NULL);
		mock_blk_submit(&x.b, 0);
		ktap_check(mock_fd_wait(ring->call_fd, BLK_WAIT),
			   "no interrupt");
		sum += mock_fd_drain(ring->call_fd);
		ktap_eq(mock_blk_reap(&x.b, 0, &r), 1);
	}
	stats_get(&x, 0, c);
	ktap_eq(c[MYVHOST_CNT_CALLS], sum);
	ktap_eq(sum, 20);
	/* Some find the queue awake still. */
	ktap_check(c[MYVHOST_CNT_KICKS] > 0 && c[MYVHOST_CNT_KICKS] <= 21,
		   "%llu kicks", c[MYVHOST_CNT_KICKS]);
	mock_ring_disable_call(ring);
	for (i = 0; i < 20; i++) {
		mock_blk_add(&x.b, 0, VIRTIO_BLK_T_IN, 0, x.buf, 512, NULL);
		mock_blk_submit(&x.b, 0);
		while (!mock_blk_reap(&x.b, 0, &r))
			usleep(100);
	}
	stats_get(&x, 0, c);
	ktap_eq(c[MYVHOST_CNT_CALLS], 20);
	ktap_check(c[MYVHOST_CNT_CALLS_SUPPRESSED] >= 20, "%llu suppressed",
		   c[MYVHOST_CNT_CALLS_SUPPRESSED]);
}

/* Buffers that are not aligned, and the pool behind the page cache. */
KTAP_TEST(stats_ways, KTAP_SHORT, blk_two_modes, "stats_ways")
{
	__u64 c[MYVHOST_CNT_MAX];
	struct blk_fix x;
	unsigned int i;

	blk_start(&x, BLK_LOOP, arg, 0);
	for (i = 0; i < 4; i++) {
		x.buf += 1;
		blk_write(&x, 0, 4096, i);
		blk_read(&x, 0, 4096);
	}
	/* 64 pages at a time. */
	blk_write(&x, 0, 600 << 10, 1);
	stats_get(&x, 0, c);
	ktap_eq(c[MYVHOST_CNT_BOUNCED], 8 + 3);
	ktap_eq(c[MYVHOST_CNT_PUNTED], 0);
}

static const struct {
	enum myvhost_counter id;
	const char *name;
} stats_names[] = {
	{ MYVHOST_CNT_PACKETS, "packets" },
	{ MYVHOST_CNT_BYTES, "bytes" },
	{ MYVHOST_CNT_READS, "reads" },
	{ MYVHOST_CNT_READ_BYTES, "read_bytes" },
	{ MYVHOST_CNT_READ_NS, "read_ns" },
	{ MYVHOST_CNT_WRITES, "writes" },
	{ MYVHOST_CNT_WRITE_BYTES, "write_bytes" },
	{ MYVHOST_CNT_WRITE_NS, "write_ns" },
	{ MYVHOST_CNT_FLUSHES, "flushes" },
	{ MYVHOST_CNT_FLUSH_NS, "flush_ns" },
	{ MYVHOST_CNT_DISCARDS, "discards" },
	{ MYVHOST_CNT_IO_ERRORS, "io_errors" },
	{ MYVHOST_CNT_INVALID, "invalid" },
	{ MYVHOST_CNT_UNSUPPORTED, "unsupported" },
	{ MYVHOST_CNT_BOUNCED, "bounced" },
	{ MYVHOST_CNT_PUNTED, "punted" },
	{ MYVHOST_CNT_THROTTLED, "throttled" },
};

static void stats_expect_line(struct blk_fix *x, const char *key,
			      const char *want)
{
	char val[128] = "";

	ktap_check(proc_fdinfo(x->b.fd, key, val, sizeof(val)) &&
		   !strcmp(val, want), "%s is %s, not %s", key, val, want);
}

/* fdinfo says the same, and what the disk is; each queue for itself. */
KTAP_TEST(stats_fdinfo, KTAP_SHORT, blk_two_modes, "stats_fdinfo")
{
	const struct blk_mode *mode = arg;
	struct mock_blk_cfg cfg;
	struct blk_backing back;
	__u64 c[MYVHOST_CNT_MAX];
	struct blk_fix x;
	unsigned int q, i;
	char key[64];

	blk_prepare();
	blk_backing(&back, BLK_LOOP);
	blk_cfg(&cfg, &back, mode);
	cfg.queues = 3;
	cfg.backing.iops = 1000000;
	cfg.backing.flags = MYVHOST_BLK_WRITETHROUGH;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	for (q = 0; q < 3; q++)
		for (i = 0; i < 10 + q; i++)
			ktap_eq(mock_blk_do(&x.b, q, i % 3 ? VIRTIO_BLK_T_IN :
					    i ? VIRTIO_BLK_T_OUT :
					    VIRTIO_BLK_T_FLUSH, 0, x.buf + 1,
					    4096), 0);
	stats_expect_line(&x, "backend", "blk");
	stats_expect_line(&x, "dialect", mode->vdpa ? "vdpa" : "vhost");
	stats_expect_line(&x, "file", x.back.path);
	stats_expect_line(&x, "io", "direct");
	stats_expect_line(&x, "cache", "writethrough");
	stats_expect_line(&x, "serial", "mvht-0123456789abcde");
	ktap_eq(proc_fdinfo_number(x.b.fd, "size"), BLK_DISK_SIZE);
	ktap_eq(proc_fdinfo_number(x.b.fd, "block_size"), 512);
	ktap_eq(proc_fdinfo_number(x.b.fd, "readonly"), 0);
	ktap_eq(proc_fdinfo_number(x.b.fd, "iops"), 1000000);
	ktap_eq(proc_fdinfo_number(x.b.fd, "bps"), 0);
	ktap_eq(proc_fdinfo_number(x.b.fd, "owner"), getpid());
	for (q = 0; q < 3; q++) {
		stats_get(&x, q, c);
		ktap_eq(c[MYVHOST_CNT_PACKETS], 10 + q);
		snprintf(key, sizeof(key), "q%u.state", q);
		stats_expect_line(&x, key, "running");
		for (i = 0; i < sizeof(stats_names) / sizeof(*stats_names);
		     i++) {
			snprintf(key, sizeof(key), "q%u.%s", q,
				 stats_names[i].name);
			ktap_check(proc_fdinfo_number(x.b.fd, key) ==
				   (long long)c[stats_names[i].id],
				   "%s is %lld, not %llu", key,
				   proc_fdinfo_number(x.b.fd, key),
				   c[stats_names[i].id]);
		}
	}
}
