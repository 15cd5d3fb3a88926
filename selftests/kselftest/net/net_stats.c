// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, /proc/PID/fdinfo and tracepoints are right.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "net_fixture.h"
#include "iotlb.h"
#include "proc.h"

static void stats_get(struct fixture *x, unsigned int vq,
		      __u64 c[MYVHOST_CNT_MAX])
{
	int r = vhost_get_stats(x->n.fd, vq, c);

	if (r == -ENOTTY || r == -ENOBUFS)
		ktap_skip("%s has no counters", ktap_opts.node);
	ktap_ok(r);
}

static __u64 stats_bytes(unsigned int first, unsigned int count)
{
	__u64 n = 0;

	for (; count; count--)
		n += frame_len(first++);
	return n;
}

static void stats_no_drops(const __u64 c[MYVHOST_CNT_MAX])
{
	unsigned int i;

	for (i = MYVHOST_CNT_DROP_SHORT; i < MYVHOST_CNT_SERVING_NS; i++)
		ktap_check(!c[i], "counter %u is %llu", i, c[i]);
}

/* Packets and bytes, without the virtio header. */
KTAP_TEST(stats_traffic, KTAP_SHORT, net_layouts, "stats_traffic")
{
	__u64 c[MYVHOST_CNT_MAX];
	struct fixture x;

	fixture_start(&x, arg);
	stats_get(&x, VHU_TX, c);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 123);
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 123);
	ktap_eq(c[MYVHOST_CNT_BYTES], stats_bytes(1, 123));
	ktap_check(c[MYVHOST_CNT_KICKS] > 0, "no kicks");
	ktap_check(c[MYVHOST_CNT_KICKS] <= 123 + 1, "%llu kicks",
		   c[MYVHOST_CNT_KICKS]);
	ktap_check(c[MYVHOST_CNT_RUNS] > 0, "no runs");
	stats_no_drops(c);
	fixture_rx(&x, 1, 77);
	stats_get(&x, VHU_RX, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 77);
	ktap_eq(c[MYVHOST_CNT_BYTES], stats_bytes(1, 77));
	stats_no_drops(c);
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 123);
	/* They stay over a stop and are gone with the owner. */
	ktap_ok(mock_net_stop(&x.n));
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 123);
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_ok(vhost_set_owner(x.n.fd));
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 0);
}

/* Calls are eventfd signals, neither more nor fewer. */
KTAP_TEST(stats_calls, KTAP_SHORT, net_layouts, "stats_calls")
{
	__u64 c[MYVHOST_CNT_MAX], sum = 0;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	stats_get(&x, VHU_TX, c);
	for (i = 0; i < 20; i++) {
		mock_ring_enable_call(x.tx.ring);
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
		mock_ring_submit(x.tx.ring);
		ktap_check(mock_fd_wait(x.tx.ring->call_fd, FIXTURE_WAIT),
			   "no interrupt");
		sum += mock_fd_drain(x.tx.ring->call_fd);
		ktap_eq(mock_tx_reap(&x.tx), 1);
	}
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_CALLS], sum);
	ktap_eq(sum, 20);
	mock_ring_disable_call(x.tx.ring);
	for (i = 0; i < 20; i++) {
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
		mock_ring_submit(x.tx.ring);
		while (!mock_tx_reap(&x.tx))
			usleep(100);
	}
	usleep(20 * 1000);
	stats_get(&x, VHU_TX, c);
	ktap_eq(c[MYVHOST_CNT_CALLS], 20);
	ktap_check(c[MYVHOST_CNT_CALLS_SUPPRESSED] >= 20, "%llu suppressed",
		   c[MYVHOST_CNT_CALLS_SUPPRESSED]);
}

/* A frame that waits for buffers is a stall. */
KTAP_TEST(stats_stalls, KTAP_SHORT, net_layouts, "stats_stalls")
{
	__u64 c[MYVHOST_CNT_MAX];
	struct fixture x;
	__u8 frame[100];

	fixture_start(&x, arg);
	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	usleep(100 * 1000);
	stats_get(&x, VHU_RX, c);
	ktap_check(c[MYVHOST_CNT_STALLS] >= 1, "no stall");
	ktap_eq(c[MYVHOST_CNT_PACKETS], 0);
}

static __u64 stats_time(struct fixture *x, unsigned int vq,
			enum myvhost_counter what, __u64 *all)
{
	__u64 c[MYVHOST_CNT_MAX];
	unsigned int i;

	stats_get(x, vq, c);
	*all = 0;
	for (i = MYVHOST_CNT_SERVING_NS; i <= MYVHOST_CNT_IDLE_NS; i++)
		*all += c[i];
	return c[what];
}

/* A queue spends @msecs waiting for one thing, and all counters together grow by that. */
static void stats_waits(struct fixture *x, unsigned int vq,
			enum myvhost_counter what, unsigned int msecs)
{
	__u64 all0, all, from = stats_time(x, vq, what, &all0), ns;
	__s64 begin = mock_msecs(), passed;

	usleep(msecs * 1000);
	ns = stats_time(x, vq, what, &all) - from;
	passed = (mock_msecs() - begin) * 1000000;
	ktap_check(ns >= msecs * 900000ULL, "%llu ns of %u ms in counter %u", ns,
		   msecs, what);
	ktap_check((__s64)(all - all0) > passed - 3000000 &&
		   (__s64)(all - all0) < passed + 3000000,
		   "%lld ns in all counters, but %lld have passed",
		   (__s64)(all - all0), passed);
}

/* All time counts, and the counter says what the queue waits for. */
KTAP_TEST(stats_blame, KTAP_SHORT, net_layouts, "stats_blame")
{
	__u64 c[MYVHOST_CNT_MAX], all;
	struct fixture x;
	__u8 frame[100];

	fixture_start(&x, arg);
	stats_get(&x, VHU_TX, c);
	usleep(50 * 1000);
	stats_waits(&x, VHU_RX, MYVHOST_CNT_IDLE_NS, 100);
	stats_waits(&x, VHU_TX, MYVHOST_CNT_IDLE_NS, 100);
	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	usleep(50 * 1000);
	stats_waits(&x, VHU_RX, MYVHOST_CNT_GUEST_NS, 100);
	mock_rx_fill(&x.rx);
	mock_ring_submit(x.rx.ring);
	usleep(50 * 1000);
	stats_waits(&x, VHU_RX, MYVHOST_CNT_IDLE_NS, 100);
	fixture_tx(&x, 1, 100);
	stats_get(&x, VHU_TX, c);
	ktap_check(c[MYVHOST_CNT_SERVING_NS] > 0, "no time to serve");
	ktap_check(c[MYVHOST_CNT_WORKER_NS] > 0, "the worker was there at once");
	ktap_check(c[MYVHOST_CNT_RING_PEAK] >= 1 &&
		   c[MYVHOST_CNT_RING_PEAK] <= x.tx.ring->cfg.num,
		   "%llu entries at once", c[MYVHOST_CNT_RING_PEAK]);
	ktap_check(c[MYVHOST_CNT_RING_FILL] >= x.tx.ring->cfg.num / 2, "%llu entries in all",
		   c[MYVHOST_CNT_RING_FILL]);
	/* A queue that is off is not idle. */
	ktap_ok(mock_net_stop(&x.n));
	stats_time(&x, VHU_RX, MYVHOST_CNT_IDLE_NS, &all);
	usleep(20 * 1000);
	stats_get(&x, VHU_RX, c);
	ktap_eq(stats_time(&x, VHU_RX, MYVHOST_CNT_IDLE_NS, &all),
		c[MYVHOST_CNT_IDLE_NS]);
}

/* What is not delivered is in a counter with a reason. */
KTAP_TEST(stats_lost, KTAP_SHORT, net_layouts, "stats_lost")
{
	struct combo c = *(const struct combo *)arg;
	__u64 v[MYVHOST_CNT_MAX], sum = 0;
	struct mock_net_cfg cfg;
	struct fixture x;
	__u8 frame[FRAME_MTU];
	unsigned int i;
	__s64 end;

	c.f[0] &= ~VHU_MRG_RXBUF;
	fixture_cfg(&cfg, &c);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 512, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	stats_get(&x, VHU_RX, v);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 50; i++) {
		unsigned int len = i % 3 ? 100 : 1000;

		frame_fill(frame, len, i);
		ktap_eq(write(x.pkt, frame, len), (int)len);
	}
	end = mock_msecs() + FIXTURE_WAIT;
	do {
		ktap_check(mock_msecs() < end, "%llu of 50 are accounted for",
			   sum);
		stats_get(&x, VHU_RX, v);
		sum = v[MYVHOST_CNT_PACKETS];
		for (i = MYVHOST_CNT_DROP_SHORT; i < MYVHOST_CNT_BAD_INDEX; i++)
			sum += v[i];
	} while (sum < 50);
	ktap_eq(sum, 50);
	ktap_eq(v[MYVHOST_CNT_DROP_BUFFER], 17);
}

/* The ioctl: more, fewer, no counters, and a caller that is not the owner. */
KTAP_TEST(stats_ioctl, KTAP_SHORT, net_layouts, "stats_ioctl")
{
	__u64 c[MYVHOST_CNT_MAX + 8];
	struct myvhost_vring_stats s = { .counters = (uintptr_t)c };
	struct fixture x;
	unsigned int i;
	int status;
	pid_t pid;

	fixture_start(&x, arg);
	stats_get(&x, VHU_TX, c);
	fixture_tx(&x, 1, 5);
	memset(c, 0xa5, sizeof(c));
	s.index = VHU_TX;
	s.count = MYVHOST_CNT_MAX + 8;
	ktap_ok(vhost_ioctl(x.n.fd, MYVHOST_GET_VRING_STATS, &s));
	ktap_check(s.count >= MYVHOST_CNT_MAX, "%u counters", s.count);
	ktap_eq(c[MYVHOST_CNT_PACKETS], 5);
	for (i = s.count; i < MYVHOST_CNT_MAX + 8; i++)
		ktap_eq(c[i], 0);
	memset(c, 0xa5, sizeof(c));
	s.count = 1;
	ktap_ok(vhost_ioctl(x.n.fd, MYVHOST_GET_VRING_STATS, &s));
	ktap_eq(c[0], 5);
	ktap_eq(c[1], 0xa5a5a5a5a5a5a5a5ULL);
	pid = fork();
	if (!pid) {
		s.count = 1;
		_exit(vhost_ioctl(x.n.fd, MYVHOST_GET_VRING_STATS, &s) ||
		      c[0] != 5);
	}
	ktap_check(waitpid(pid, &status, 0) == pid && !status,
		   "not for others");
}

static const char *const stats_names[] = {
	[MYVHOST_CNT_PACKETS] = "packets",
	[MYVHOST_CNT_BYTES] = "bytes",
	[MYVHOST_CNT_KICKS] = "kicks",
	[MYVHOST_CNT_CALLS] = "calls",
	[MYVHOST_CNT_CALLS_SUPPRESSED] = "calls_suppressed",
	[MYVHOST_CNT_RUNS] = "runs",
	[MYVHOST_CNT_DROP_SHORT] = "drop_short",
	[MYVHOST_CNT_DROP_HEADER] = "drop_header",
	[MYVHOST_CNT_BAD_INDEX] = "bad_index",
	[MYVHOST_CNT_BAD_LENGTH] = "bad_length",
};

/* fdinfo says the same as the ioctl. */
KTAP_TEST(stats_fdinfo, KTAP_SHORT, net_layouts, "stats_fdinfo")
{
	static const char *const vq_names[] = { "rx", "tx" };
	__u64 c[MYVHOST_CNT_MAX];
	char key[64], val[64];
	struct fixture x;
	unsigned int vq, i;

	fixture_start(&x, arg);
	stats_get(&x, VHU_TX, c);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 33);
	fixture_rx(&x, 1, 22);
	ktap_ok(mock_tx_post(&x.tx, 0, 3, NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	usleep(20 * 1000);
	ktap_eq(proc_fdinfo_number(x.n.fd, "owner"), getpid());
	for (vq = 0; vq < VHU_NVQS; vq++) {
		stats_get(&x, vq, c);
		snprintf(key, sizeof(key), "%s.state", vq_names[vq]);
		ktap_check(proc_fdinfo(x.n.fd, key, val, sizeof(val)) &&
			   !strcmp(val, "running"), "%s", key);
		for (i = 0; i < sizeof(stats_names) / sizeof(*stats_names);
		     i++) {
			if (!stats_names[i])
				continue;
			snprintf(key, sizeof(key), "%s.%s", vq_names[vq],
				 stats_names[i]);
			ktap_check(proc_fdinfo_number(x.n.fd, key) ==
				   (long long)c[i], "%s is %lld, not %llu", key,
				   proc_fdinfo_number(x.n.fd, key), c[i]);
		}
	}
	ktap_ok(mock_net_stop(&x.n));
	ktap_check(proc_fdinfo(x.n.fd, "tx.state", val, sizeof(val)) &&
		   !strcmp(val, "off"), "tx.state after the stop");
	/* The file's own lines are still there. */
	ktap_check(proc_fdinfo(x.n.fd, "flags", val, sizeof(val)), "flags");
}

#define STATS_TRACE	"/sys/kernel/tracing/"

static void stats_trace_write(const char *file, const char *val)
{
	int fd = open(file, O_WRONLY | O_TRUNC);

	if (fd < 0 && errno == ENOENT)
		ktap_skip("%s: %s", file, strerror(errno));
	ktap_check(fd >= 0 && write(fd, val, strlen(val)) ==
		   (ssize_t)strlen(val), "%s: %s", file, strerror(errno));
	close(fd);
}

static bool stats_trace_has(const char *event)
{
	char line[512], want[64];
	bool found = false;
	FILE *f = fopen(STATS_TRACE "trace", "r");

	snprintf(want, sizeof(want), " %s: owner=%d ", event, getpid());
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, want);
	if (f)
		fclose(f);
	return found;
}

/* Every tracepoint fires, with the owner's process id. */
KTAP_TEST(stats_trace, KTAP_SHORT, net_layouts, "stats_trace")
{
	static const char *const events[] = {
		"mvh_kick", "mvh_wake", "mvh_run_begin", "mvh_run_end",
		"mvh_begin", "mvh_end", "mvh_call", "mvh_drop", "mvh_bad",
		"mvh_state", "mvh_miss",
	};
	struct combo c = *(const struct combo *)arg;
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i;

	c.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &c);
	cfg.mem_size = 1 << 20;
	cfg.table_max = 4;
	cfg.backend_features = VHU_BF_MSG_V2;
	stats_trace_write(STATS_TRACE "trace", "");
	stats_trace_write(STATS_TRACE "events/myvhost/enable", "1");
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	ktap_ok(mock_net_setup(&x.n));
	ktap_ok(iotlb_map(&x.n, x.n.mem.base, x.n.mem.size, 3));
	ktap_ok(iotlb_invalidate(x.n.fd, true, x.tx.addr, 4096));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	ktap_ok(mock_tx_post(&x.tx, 0, 5, NULL));
	mock_ring_submit(x.tx.ring);
	ktap_check(mock_fd_wait(x.n.fd, FIXTURE_WAIT), "no miss");
	ktap_ok(iotlb_map(&x.n, x.tx.addr, 4096, 3));
	fixture_tx_reap(&x);
	fixture_tx(&x, 1, 5);
	/* A buffer of nothing stops the queue. */
	ktap_ok(mock_ring_add(x.tx.ring, &(struct mock_seg) {
			x.tx.addr, 0, false }, 1, false, 0));
	mock_ring_submit(x.tx.ring);
	ktap_check(mock_fd_wait(x.tx.ring->err_fd, FIXTURE_WAIT), "no error");
	stats_trace_write(STATS_TRACE "events/myvhost/enable", "0");
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		ktap_check(stats_trace_has(events[i]), "%s did not fire",
			   events[i]);
}
