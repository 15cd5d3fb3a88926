// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of a disk: requests and bytes per second, bursts, none, others later; and
 * those of the cgroup that its owner is in.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "blk_fixture.h"
#include "proc.h"

struct limit_case {
	__u64 iops, iops_burst, bps, bps_burst;
	unsigned int queues;
	__u32 len;
	__u64 want;		/* requests per second */
	const struct blk_mode *mode;
};

static __u64 limit_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void limit_start(struct blk_fix *x, const struct limit_case *c)
{
	struct blk_backing back;
	struct mock_blk_cfg cfg;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	blk_cfg(&cfg, &back, c->mode);
	cfg.queues = c->queues;
	cfg.backing.iops = c->iops;
	cfg.backing.iops_burst = c->iops_burst;
	cfg.backing.bps = c->bps;
	cfg.backing.bps_burst = c->bps_burst;
	blk_open(x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x->b));
}

static void limit_fill(struct blk_fix *x, unsigned int q, __u32 len)
{
	while (x->b.queue[q].ring.ninflight < 16)
		ktap_check(mock_blk_add(&x->b, q, VIRTIO_BLK_T_IN, 0, x->buf,
					len, NULL), "the ring is full");
	mock_blk_submit(&x->b, q);
}

/* Requests completed until then; the queues are never empty. */
static unsigned int limit_run(struct blk_fix *x, __u32 len, __u64 until)
{
	struct mock_blk_req *r;
	unsigned int n = 0, q;

	while (limit_ns() < until) {
		for (q = 0; q < x->b.cfg.queues; q++) {
			limit_fill(x, q, len);
			while (mock_blk_reap(&x->b, q, &r) == 1) {
				ktap_eq(r->status, 0);
				n++;
			}
		}
		mock_ring_wait(&x->b.queue[0].ring, 5);
	}
	return n;
}

static const struct ktap_variant limit_rates[] = {
	/* A burst of a second, so that a stall of the machine is made up for. */
	{ "iops", &(const struct limit_case) { 300, 300, 0, 0, 1, 512, 300,
	  &blk_modes[0] } },
	{ "iops_low", &(const struct limit_case) { 40, 40, 0, 0, 1, 512, 40,
	  &blk_modes[3] } },
	{ "iops_queues", &(const struct limit_case) { 300, 300, 0, 0, 2, 512,
	  300, &blk_modes[2] } },
	{ "bps", &(const struct limit_case) { 0, 0, 4096 * 256, 4096 * 256, 1,
	  4096, 256, &blk_modes[3] } },
	{ "both", &(const struct limit_case) { 300, 300, 4096 * 200, 4096 * 200,
	  1, 4096, 200, &blk_modes[1] } },
	{ }
};

/* Over three seconds the rate is right within 5 %. */
KTAP_TEST(limit_rate, KTAP_SHORT, limit_rates, "limit")
{
	const struct limit_case *c = arg;
	__u64 start, ns, rate;
	struct blk_fix x;
	unsigned int n;

	limit_start(&x, c);
	/* The burst first; it does not count. */
	limit_run(&x, c->len, limit_ns() + 500000000);
	start = limit_ns();
	n = limit_run(&x, c->len, start + 3000000000ULL);
	ns = limit_ns() - start;
	rate = n * 1000000000ULL / ns;
	ktap_info("%u requests in %llu ms", n, ns / 1000000);
	ktap_check(rate * 100 >= c->want * 95 && rate * 100 <= c->want * 105,
		   "%llu requests per second, not %llu", rate, c->want);
	ktap_check(blk_counter(&x, MYVHOST_CNT_THROTTLED), "never throttled");
}

static const struct ktap_variant limit_burst_one[] = {
	{ "", &(const struct limit_case) { 40, 60, 0, 0, 1, 512, 0,
	  &blk_modes[0] } },
	{ }
};

/* After a pause the burst comes at once, then the rate holds again. */
KTAP_TEST(limit_burst, KTAP_SHORT, limit_burst_one, "limit_burst")
{
	const struct limit_case *c = arg;
	__u64 start, t60 = 0, end;
	struct mock_blk_req *r;
	unsigned int n = 0;
	struct blk_fix x;

	limit_start(&x, c);
	usleep(100000);
	start = limit_ns();
	while (n < 100) {
		limit_fill(&x, 0, c->len);
		ktap_check(mock_ring_wait(&x.b.queue[0].ring, BLK_WAIT) == 1,
			   "nothing comes back");
		while (mock_blk_reap(&x.b, 0, &r) == 1)
			if (++n == 60)
				t60 = limit_ns();
	}
	end = limit_ns();
	/* 60 of burst, and 40 more at 40 per second. */
	ktap_check(t60 - start < 700000000, "the burst took %llu ms",
		   (t60 - start) / 1000000);
	ktap_check(end - start > 800000000, "100 requests took %llu ms",
		   (end - start) / 1000000);
}

static const struct ktap_variant limit_off_one[] = {
	{ "", &(const struct limit_case) { 0, 0, 0, 0, 1, 512, 0,
	  &blk_modes[0] } },
	{ }
};

/* Without a limit nothing waits. */
KTAP_TEST(limit_off, KTAP_SHORT, limit_off_one, "limit_off")
{
	const struct limit_case *c = arg;
	struct blk_fix x;
	unsigned int n;

	limit_start(&x, c);
	n = limit_run(&x, c->len, limit_ns() + 300000000);
	ktap_check(n > 300, "%u requests", n);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_THROTTLED), 0);
}

static const struct ktap_variant limit_stop_one[] = {
	{ "", &(const struct limit_case) { 1, 1, 0, 0, 1, 512, 0,
	  &blk_modes[3] } },
	{ }
};

/* A queue that waits for its rate can be stopped, and the disk closed. */
KTAP_TEST(limit_stop, KTAP_SHORT, limit_stop_one, "limit_stop")
{
	const struct limit_case *c = arg;
	struct blk_fix x;
	__u64 start;

	limit_start(&x, c);
	limit_fill(&x, 0, c->len);
	usleep(50000);
	start = limit_ns();
	ktap_ok(mock_blk_stop(&x.b));
	ktap_check(limit_ns() - start < 2000000000, "the stop waits");
	ktap_check(x.b.queue[0].ring.ninflight, "nothing was held back");
	blk_close(&x);
}

#define LIMIT_ZERO	(4 << 20)

static const struct ktap_variant limit_zeroes_one[] = {
	{ "", &(const struct limit_case) { 0, 0, LIMIT_ZERO, LIMIT_ZERO, 1, 512,
	  0, &blk_modes[3] } },
	{ }
};

/* Zeroing is limited as the writing of so much data; a discard writes nothing. */
KTAP_TEST(limit_zeroes, KTAP_SHORT, limit_zeroes_one, "limit_zeroes")
{
	const struct limit_case *c = arg;
	struct blk_fix x;
	__u64 start;
	int i;

	limit_start(&x, c);
	start = limit_ns();
	for (i = 0; i < 8; i++)
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_DISCARD, 0,
				  LIMIT_ZERO / 512, 0), 0);
	ktap_check(limit_ns() - start < 2000000000, "discards are limited");
	start = limit_ns();
	for (i = 0; i < 3; i++)
		ktap_eq(blk_range(&x, VIRTIO_BLK_T_WRITE_ZEROES, 0,
				  LIMIT_ZERO / 512, 0), 0);
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 0, 512), 0);
	/* One of them is the burst; so three take as long as two. */
	ktap_check(limit_ns() - start > 1800000000,
		   "12 MiB of zeroes took %llu ms at 4 MiB per second",
		   (limit_ns() - start) / 1000000);
}

static int limit_set_call(int fd, const void *limits)
{
	return myvhost_set_limits(fd, limits);
}

static int limit_set_plain(int fd, const struct myvhost_blk_limits *limits)
{
	return ktap_as_nobody(limit_set_call, fd, limits);
}

/* Limits change under a queue that waits for them. */
KTAP_TEST(limit_change, KTAP_SHORT, limit_stop_one, "limit_change")
{
	struct myvhost_blk_limits limits = { .flags = MYVHOST_BLK_LIMIT_BPS };
	const struct limit_case *c = arg;
	struct mock_blk_req *r;
	struct blk_fix x;
	unsigned int n = 0;
	__s64 end;

	limit_start(&x, c);
	limit_fill(&x, 0, c->len);
	usleep(300000);
	while (mock_blk_reap(&x.b, 0, &r) == 1)
		n++;
	ktap_check(n < 4, "%u requests at one per second", n);
	ktap_eq(vhost_ioctl(x.b.fd, MYVHOST_BLK_SET_LIMITS, NULL), -EFAULT);
	ktap_ok(myvhost_set_limits(x.b.fd, &limits));
	ktap_eq(proc_fdinfo_number(x.b.fd, "iops"), 1);
	limits.flags = 4;
	ktap_eq(myvhost_set_limits(x.b.fd, &limits), -EINVAL);
	limits.flags = MYVHOST_BLK_LIMIT_IOPS;
	limits.reserved = 1;
	ktap_eq(myvhost_set_limits(x.b.fd, &limits), -EINVAL);
	limits.reserved = 0;
	limits.iops = 1000;
	ktap_eq(limit_set_plain(x.b.fd, &limits), -EPERM);
	ktap_ok(myvhost_set_limits(x.b.fd, &limits));
	ktap_eq(proc_fdinfo_number(x.b.fd, "iops"), 1000);
	end = mock_msecs() + 5000;
	while (n < 16 && mock_msecs() < end) {
		mock_ring_wait(&x.b.queue[0].ring, 100);
		while (mock_blk_reap(&x.b, 0, &r) == 1)
			n++;
	}
	ktap_eq(n, 16);
	/* And back: those that come now wait. */
	limits.iops = 1;
	limits.iops_burst = 1;
	ktap_ok(myvhost_set_limits(x.b.fd, &limits));
	limit_fill(&x, 0, c->len);
	usleep(300000);
	ktap_check(x.b.queue[0].ring.ninflight > 12, "not limited again");
}

#define LIMIT_CGROUP	HOST_DIR "/cg"

static void limit_enter_cgroup(void)
{
	mkdir(LIMIT_CGROUP, 0700);
	if (mount("none", LIMIT_CGROUP, "cgroup2", 0, NULL) ||
	    host_run("echo '+memory +io' > " LIMIT_CGROUP
		     "/cgroup.subtree_control 2>/dev/null"))
		ktap_skip("no cgroup2 with memory and io");
	rmdir(LIMIT_CGROUP "/mvht");
	ktap_check(!mkdir(LIMIT_CGROUP "/mvht", 0700), "mkdir: %s",
		   strerror(errno));
	ktap_eq(host_run("echo %d > " LIMIT_CGROUP "/mvht/cgroup.procs",
			 getpid()), 0);
}

/* A number behind @key in the line of a file that begins with @line, else 0. */
static unsigned long long limit_stat(const char *file, const char *line,
				     const char *key)
{
	unsigned long long n = 0;
	char buf[512];
	FILE *f = fopen(file, "r");

	while (f && fgets(buf, sizeof(buf), f)) {
		char *at = strncmp(buf, line, strlen(line)) ? NULL :
			   strstr(buf, key);

		if (at)
			n = strtoull(at + strlen(key), NULL, 10);
	}
	if (f)
		fclose(f);
	return n;
}

/* What the threads of the pool do counts in the owner's cgroup. */
KTAP_TEST(limit_cgroup, KTAP_SHORT, NULL, "limit_cgroup")
{
	const char *memory = LIMIT_CGROUP "/mvht/memory.stat";
	const char *io = LIMIT_CGROUP "/mvht/io.stat";
	unsigned long long cache = 0, cache0, written = 0;
	struct blk_backing back;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	struct stat st;
	char dev[32];
	int i;

	blk_prepare();
	blk_backing(&back, BLK_NULL);
	limit_enter_cgroup();
	ktap_check(!stat(back.path, &st), "stat");
	snprintf(dev, sizeof(dev), "%u:%u ", major(st.st_rdev),
		 minor(st.st_rdev));
	blk_cfg(&cfg, &back, blk_vdpa_packed);
	/* Every write is durable, and so all of them are the pool's. */
	cfg.backing.flags = MYVHOST_BLK_BUFFERED | MYVHOST_BLK_WRITETHROUGH;
	blk_open(&x, &back, &cfg, 1 << 20);
	ktap_ok(mock_blk_start(&x.b));
	cache0 = limit_stat(memory, "file ", "file ");
	for (i = 0; i < 64; i++)
		blk_write(&x, i * 128, 65536, i);
	ktap_eq(blk_counter(&x, MYVHOST_CNT_PUNTED), 64);
	for (i = 0; i < 50 && (written < 4 << 20 || cache < 3 << 20); i++) {
		usleep(100000);
		written = limit_stat(io, dev, "wbytes=");
		cache = limit_stat(memory, "file ", "file ") - cache0;
	}
	ktap_check(written >= 4 << 20, "%llu bytes written", written);
	ktap_check(cache >= 3 << 20, "%llu bytes of page cache", cache);
	ktap_ok(mock_blk_stop(&x.b));
	blk_close(&x);
	ktap_eq(host_run("echo %d > " LIMIT_CGROUP "/cgroup.procs", getpid()),
		0);
	rmdir(LIMIT_CGROUP "/mvht");
}
