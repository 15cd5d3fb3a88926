// SPDX-License-Identifier: GPL-2.0
/*
 * Rate limits of a network device: frames and bytes per second in both directions, none,
 * others later; what waits is not lost.
 */
#include "net_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "myvhost_dev.h"
#include "proc.h"

#define LIMIT_LEN	1000
/* More than the tap of FIXTURE_TAP has room for. */
#define LIMIT_MANY	5000

struct limit_case {
	unsigned int vq;
	__u64 pps, bps;
};

static __u64 limit_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void limit_open(struct fixture *x, const struct combo *c)
{
	fixture_start(x, c);
	if (!fixture_is_myvhost(x))
		ktap_skip("only myvhost has it");
}

static struct myvhost_net_limits limit_all(unsigned int vq, __u64 pps,
					   __u64 pps_burst, __u64 bps,
					   __u64 bps_burst)
{
	return (struct myvhost_net_limits) {
		.index = vq,
		.flags = MYVHOST_NET_LIMIT_PPS | MYVHOST_NET_LIMIT_BPS,
		.pps = pps,
		.pps_burst = pps_burst,
		.bps = bps,
		.bps_burst = bps_burst,
	};
}

static void limit_set(struct fixture *x, unsigned int vq, __u64 pps, __u64 bps)
{
	struct myvhost_net_limits l = limit_all(vq, pps, 0, bps, 0);

	ktap_ok(myvhost_net_set_limits(x->n.fd, &l));
}

static void limit_tx_fill(struct fixture *x)
{
	__u8 frame[LIMIT_LEN];
	unsigned int i;

	frame_fill(frame, sizeof(frame), 1);
	for (i = 0; i < x->tx.count; i++)
		if (!x->tx.held[i])
			ktap_ok(mock_tx_send(&x->tx, i, frame, sizeof(frame),
					     NULL));
	mock_ring_submit(x->tx.ring);
}

/* Frames that the device took until then; the ring is never empty. */
static void limit_tx_run(struct fixture *x, __u64 until, __u64 *n, __u64 *bytes)
{
	int r;

	*n = 0;
	while (limit_ns() < until) {
		limit_tx_fill(x);
		mock_ring_wait(x->tx.ring, 5);
		r = mock_tx_reap(&x->tx);
		ktap_check(r >= 0, "used ring breaks a rule: %d", r);
		*n += r;
	}
	*bytes = *n * LIMIT_LEN;
}

/* Frames that came until then. */
static void limit_rx_run(struct fixture *x, __u64 until, __u64 *n, __u64 *bytes)
{
	static struct mock_rx_frame f;

	*n = *bytes = 0;
	while (limit_ns() < until) {
		if (mock_rx_recv(&x->rx, &f, 5))
			continue;
		++*n;
		*bytes += f.len;
	}
}

/* Far more than any limit to the tap, which drops what it has no room for. */
static pid_t limit_sender(struct fixture *x)
{
	__u8 frame[LIMIT_LEN];
	unsigned int i;
	pid_t pid = fork();

	ktap_ok(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	frame_fill(frame, sizeof(frame), 1);
	for (;;) {
		for (i = 0; i < 50; i++)
			if (write(x->pkt, frame, sizeof(frame)) < 0)
				break;
		usleep(5000);
	}
}

static void limit_check_rate(const char *what, __u64 n, __u64 ns, __u64 want)
{
	__u64 rate = n * 1000000000ULL / ns;

	ktap_check(rate * 100 >= want * 95 && rate * 100 <= want * 105,
		   "%llu %s per second, not %llu", rate, what, want);
}

static const struct ktap_variant limit_rates[] = {
	{ "rx_pps", &(const struct limit_case) { VHU_RX, 300, 0 } },
	{ "rx_bps", &(const struct limit_case) { VHU_RX, 0, 300000 } },
	{ "tx_pps", &(const struct limit_case) { VHU_TX, 300, 0 } },
	{ "tx_bps", &(const struct limit_case) { VHU_TX, 0, 300000 } },
	{ "tx_both", &(const struct limit_case) { VHU_TX, 300, 9000000 } },
	{ }
};

/* Over two seconds the rate is right within 5 %; the other direction is free. */
KTAP_TEST(limit_rate, KTAP_SHORT, limit_rates, "net_N23_limit")
{
	const struct limit_case *c = arg;
	void (*run)(struct fixture *x, __u64 until, __u64 *n, __u64 *bytes) =
		c->vq == VHU_RX ? limit_rx_run : limit_tx_run;
	/* Bursts of a second, so that a stall of the machine is made up for. */
	struct myvhost_net_limits l = limit_all(c->vq, c->pps, c->pps, c->bps,
						c->bps);
	__u64 start, ns, n, bytes;
	struct fixture x;
	pid_t pid = 0;

	limit_open(&x, &combo_split);
	ktap_ok(myvhost_net_set_limits(x.n.fd, &l));
	if (c->vq == VHU_RX) {
		mock_rx_fill(&x.rx);
		pid = limit_sender(&x);
	}
	/* The burst first; it does not count. */
	run(&x, limit_ns() + 1500000000ULL, &n, &bytes);
	start = limit_ns();
	run(&x, start + 2000000000ULL, &n, &bytes);
	ns = limit_ns() - start;
	ktap_info("%llu frames of %llu bytes in %llu ms", n, bytes,
		  ns / 1000000);
	if (c->pps)
		limit_check_rate("frames", n, ns, c->pps);
	else
		limit_check_rate("bytes", bytes, ns, c->bps);
	ktap_check(fixture_counter(&x, c->vq, MYVHOST_CNT_THROTTLED),
		   "never throttled");
	ktap_eq(fixture_counter(&x, !c->vq, MYVHOST_CNT_THROTTLED), 0);
	if (pid) {
		kill(pid, SIGKILL);
		ktap_eq(waitpid(pid, NULL, 0), pid);
	}
}

static void limit_expect(struct fixture *x, unsigned int seed, int msecs)
{
	static struct mock_rx_frame f;
	int r = mock_rx_recv(&x->rx, &f, msecs);

	ktap_check(!r, "frame %u: %s", seed, strerror(-r));
	ktap_eq(f.len, frame_len(seed));
	ktap_check(frame_check(f.data, f.len, seed) < 0, "frame %u differs",
		   seed);
}

#define LIMIT_WAITING	200

/* What waits in the tap comes in order when the limit is raised, and nothing is lost. */
KTAP_TEST(limit_change_rx, 0, net_layouts, "rx_N23_limit_change")
{
	static struct mock_rx_frame f;
	unsigned int i, next = 0;
	struct fixture x;

	limit_open(&x, arg);
	mock_rx_fill(&x.rx);
	limit_set(&x, VHU_RX, 1, 0);
	for (i = 0; i < LIMIT_WAITING; i++)
		ktap_ok(fixture_try_send(&x, i));
	for (; !mock_rx_recv(&x.rx, &f, 300); next++)
		ktap_check(next < 4, "%u frames at one per second", next);
	limit_set(&x, VHU_RX, 400, 0);
	ktap_eq(proc_fdinfo_number(x.n.fd, "rx_pps"), 400);
	for (; next < LIMIT_WAITING / 2; next++)
		limit_expect(&x, next, FIXTURE_WAIT);
	limit_set(&x, VHU_RX, 0, 1);
	ktap_eq(proc_fdinfo_number(x.n.fd, "rx_pps"), 0);
	ktap_eq(proc_fdinfo_number(x.n.fd, "rx_bps"), 1);
	while (!mock_rx_recv(&x.rx, &f, 300))
		next++;
	ktap_check(next < LIMIT_WAITING, "not limited again");
	limit_set(&x, VHU_RX, 0, 0);
	for (; next < LIMIT_WAITING; next++)
		limit_expect(&x, next, FIXTURE_WAIT);
	ktap_eq(link_tx_dropped(FIXTURE_TAP), 0);
}

/* What waits in the ring is sent when there is no limit any more. */
KTAP_TEST(limit_change_tx, 0, net_layouts, "tx_N23_limit_change")
{
	struct fixture x;
	int n;

	limit_open(&x, arg);
	limit_set(&x, VHU_TX, 1, 0);
	limit_tx_fill(&x);
	usleep(300000);
	n = mock_tx_reap(&x.tx);
	ktap_check(n >= 0 && n < 4, "%d frames at one per second", n);
	limit_set(&x, VHU_TX, 0, 0);
	fixture_tx_reap(&x);
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_PACKETS), x.tx.count);
}

/* A queue that waits can be stopped; frames stay in the tap, and the limit too. */
KTAP_TEST(limit_stop, 0, net_split, "net_N23_limit_stop")
{
	static struct mock_rx_frame f;
	unsigned int i, next = 0;
	struct fixture x;
	__u64 start;

	limit_open(&x, arg);
	mock_rx_fill(&x.rx);
	limit_set(&x, VHU_RX, 1, 0);
	limit_set(&x, VHU_TX, 0, 1);
	limit_tx_fill(&x);
	for (i = 0; i < LIMIT_WAITING; i++)
		ktap_ok(fixture_try_send(&x, i));
	for (; !mock_rx_recv(&x.rx, &f, 100); next++)
		ktap_check(next < 4, "%u frames at one per second", next);
	start = limit_ns();
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, -1));
	ktap_check(limit_ns() - start < 2000000000, "the stop waits");
	ktap_check(x.tx.ring->ninflight, "nothing was held back");
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	while (!mock_rx_recv(&x.rx, &f, 300))
		next++;
	ktap_check(next < 8, "%u frames: the limit is gone", next);
	limit_set(&x, VHU_RX, 0, 0);
	for (; next < LIMIT_WAITING; next++)
		limit_expect(&x, next, FIXTURE_WAIT);
}

/* The owner is killed while both queues wait. */
KTAP_TEST(limit_kill, 0, net_split, "net_N23_limit_kill")
{
	struct fixture x;
	__u64 start;
	int ready[2];
	char c;
	pid_t pid;

	ktap_check(!pipe(ready), "pipe");
	pid = fork();
	ktap_ok(pid);
	if (!pid) {
		limit_open(&x, arg);
		mock_rx_fill(&x.rx);
		limit_set(&x, VHU_RX, 1, 0);
		limit_set(&x, VHU_TX, 0, 1);
		limit_tx_fill(&x);
		while (!fixture_counter(&x, VHU_RX, MYVHOST_CNT_THROTTLED) ||
		       !fixture_counter(&x, VHU_TX, MYVHOST_CNT_THROTTLED)) {
			ktap_ok(fixture_try_send(&x, 1));
			usleep(1000);
		}
		c = 0;
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ktap_eq(read(ready[0], &c, 1), 1);
	start = limit_ns();
	kill(pid, SIGKILL);
	ktap_eq(waitpid(pid, NULL, 0), pid);
	ktap_check(limit_ns() - start < 2000000000, "its end waits");
}

/* A lossless tap's senders wait for the limit, longer than for a guest that is dead. */
KTAP_TEST(limit_lossless, KTAP_SHORT, net_split, "rx_N22_N23_limit_lossless")
{
	__u32 flags = MYVHOST_NET_LOSSLESS;
	unsigned int n = 0, i, next = 0;
	static struct mock_rx_frame f;
	struct mock_net_cfg cfg;
	struct fixture x;
	int r = 0;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, x.n.cfg.num));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 16));
	ktap_ok(vhost_ioctl(x.n.fd, MYVHOST_NET_SET_FLAGS, &flags));
	/* Each frame takes seconds. */
	limit_set(&x, VHU_RX, 0, 100);
	ktap_ok(mock_net_start(&x.n, x.tap));
	mock_rx_fill(&x.rx);
	while (n < LIMIT_MANY && r != -EAGAIN) {
		r = fixture_try_send(&x, n);
		n += !r;
	}
	ktap_check(n < LIMIT_MANY, "the sender was never held back");
	for (i = 0; i < 30; i++) {
		while (!mock_rx_recv(&x.rx, &f, 100))
			next++;
		ktap_check(next < n, "everything came");
	}
	ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_TAP_EXPIRED), 0);
	limit_set(&x, VHU_RX, 0, 0);
	for (; next < n; next++)
		limit_expect(&x, next, FIXTURE_WAIT);
	ktap_eq(link_tx_dropped(FIXTURE_TAP), 0);
}

static int limit_set_call(int fd, const void *limits)
{
	return myvhost_net_set_limits(fd, limits);
}

static int limit_set_plain(int fd, const struct myvhost_net_limits *limits)
{
	return ktap_as_nobody(limit_set_call, fd, limits);
}

KTAP_TEST(limit_ioctl, 0, net_split, "net_N23_limit_ioctl")
{
	struct myvhost_net_limits l = limit_all(VHU_TX, ~0ULL, ~0ULL, ~0ULL,
						~0ULL);
	struct fixture x;

	limit_open(&x, arg);
	ktap_eq(vhost_ioctl(x.n.fd, MYVHOST_NET_SET_LIMITS, NULL), -EFAULT);
	ktap_ok(myvhost_net_set_limits(x.n.fd, &l));
	ktap_ok(limit_set_plain(x.n.fd, &(struct myvhost_net_limits) {
		.index = VHU_RX, .flags = MYVHOST_NET_LIMIT_PPS, .pps = 1 << 30,
	}));
	ktap_eq(limit_set_plain(x.n.fd, &l), -EPERM);
	l.index = 2;
	ktap_eq(myvhost_net_set_limits(x.n.fd, &l), -ENOBUFS);
	l.index = ~0U;
	ktap_eq(myvhost_net_set_limits(x.n.fd, &l), -ENOBUFS);
	l.index = VHU_TX;
	l.flags = 4;
	ktap_eq(myvhost_net_set_limits(x.n.fd, &l), -EINVAL);
	l.flags = ~0U;
	ktap_eq(myvhost_net_set_limits(x.n.fd, &l), -EINVAL);
	/* Rates and bursts beyond any use are as good as none. */
	fixture_tx(&x, 0, 300);
	l = limit_all(VHU_TX, 1ULL << 40, 1, 1ULL << 50, 1);
	ktap_ok(myvhost_net_set_limits(x.n.fd, &l));
	fixture_tx(&x, 300, 300);
	/* And one that is not named stays. */
	l.flags = MYVHOST_NET_LIMIT_BPS;
	l.pps = 1;
	ktap_ok(myvhost_net_set_limits(x.n.fd, &l));
	ktap_eq(proc_fdinfo_number(x.n.fd, "tx_pps"), 1ULL << 40);
	ktap_eq(proc_fdinfo_number(x.n.fd, "tx_bps"), 1ULL << 50);
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 0, 300);
}
