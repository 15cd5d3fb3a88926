// SPDX-License-Identifier: GPL-2.0
/*
 * Lossless mode: frames to a guest that is slow wait in front of the tap.
 */
#include "net_fixture.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

/* Enough for the tap, its qdisc and the sender's socket buffer. */
#define LOSSLESS_MANY	5000
/* A machine that stood still for a second spoils a try. */
#define LOSSLESS_TRIES	5

static void lossless_open(struct fixture *x, const struct combo *c)
{
	struct mock_net_cfg cfg;
	__u32 flags = MYVHOST_NET_LOSSLESS;

	fixture_cfg(&cfg, c);
	cfg.num = 256;
	fixture_open(x, &cfg);
	if (!fixture_is_myvhost(x))
		ktap_skip("only myvhost has it");
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, x->n.cfg.num));
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 16));
	ktap_ok(ioctl(x->n.fd, MYVHOST_NET_SET_FLAGS, &flags));
	ktap_ok(mock_net_start(&x->n, x->tap));
}

static void lossless_close(struct fixture *x)
{
	close(x->pkt);
	mock_net_close(&x->n);
	close(x->tap);
}

static __u64 lossless_stops(struct fixture *x)
{
	return fixture_counter(x, VHU_RX, MYVHOST_CNT_TAP_STOPS);
}

static __u64 lossless_expired(struct fixture *x)
{
	return fixture_counter(x, VHU_RX, MYVHOST_CNT_TAP_EXPIRED);
}

static __u64 lossless_dropped(void)
{
	long long n = link_tx_dropped(FIXTURE_TAP);

	ktap_check(n >= 0, "%s", strerror(-n));
	return n;
}

/* A frame that the tap drops counts as sent.  Returns false if the socket must wait. */
static bool lossless_send(struct fixture *x, unsigned int seed)
{
	int r = fixture_try_send(x, seed);

	ktap_check(!r || r == -EAGAIN || r == -ENOBUFS, "%s", strerror(-r));
	return r != -EAGAIN;
}

/* Send until the socket must wait.  Returns the number of frames. */
static unsigned int lossless_send_all(struct fixture *x, unsigned int first)
{
	unsigned int n = 0;

	while (n < LOSSLESS_MANY && lossless_send(x, first + n))
		n++;
	return n;
}

static void lossless_wait_writable(struct fixture *x)
{
	struct pollfd p = { .fd = x->pkt, .events = POLLOUT };

	ktap_eq(poll(&p, 1, FIXTURE_WAIT), 1);
}

/* The next frame must be this one. */
static void lossless_recv(struct fixture *x, unsigned int next)
{
	static struct mock_rx_frame f;
	int r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);
	unsigned int len = frame_len(next);
	long bad;

	ktap_check(!r, "frame %u: %s", next, strerror(-r));
	ktap_eq(f.len, len);
	bad = frame_check(f.data, len, next);
	ktap_check(bad < 0, "frame %u differs at byte %ld", next, bad);
}

/* The guest has no buffers: the sender waits; it gets some: nothing is lost. */
static bool lossless_try_pause(const struct combo *c)
{
	struct fixture x;
	unsigned int n, i;
	bool ok;

	lossless_open(&x, c);
	n = lossless_send_all(&x, 0);
	ktap_check(n < LOSSLESS_MANY, "the sender was never held back");
	mock_rx_fill(&x.rx);
	ok = !lossless_expired(&x);
	for (i = 0; ok && i < n; i++)
		lossless_recv(&x, i);
	if (ok) {
		ktap_eq(lossless_dropped(), 0);
		ktap_check(lossless_stops(&x), "the tap was not stopped");
		lossless_wait_writable(&x);
	}
	lossless_close(&x);
	return ok;
}

KTAP_TEST(lossless_pause, KTAP_LONG, net_layouts, "rx_N22_lossless_pause")
{
	int i;

	for (i = 0; i < LOSSLESS_TRIES; i++)
		if (lossless_try_pause(arg))
			return;
	ktap_check(false, "the tap was started again too soon, %d times", i);
}

static void lossless_child(struct fixture *x, unsigned int count)
{
	unsigned int i = 0;

	while (i < count) {
		if (lossless_send(x, i))
			i++;
		else
			lossless_wait_writable(x);
	}
	_exit(0);
}

/* A sender that is faster than the guest, both at full speed. */
static bool lossless_try_flood(const struct combo *c, unsigned int count)
{
	struct fixture x;
	unsigned int i;
	int status;
	pid_t pid;
	bool ok;

	lossless_open(&x, c);
	mock_rx_fill(&x.rx);
	pid = fork();
	ktap_ok(pid);
	if (!pid)
		lossless_child(&x, count);
	for (i = 0; i < count; i++) {
		if (lossless_expired(&x))
			break;
		lossless_recv(&x, i);
	}
	ok = !lossless_expired(&x);
	if (!ok)
		kill(pid, SIGKILL);
	ktap_eq(waitpid(pid, &status, 0), pid);
	if (ok) {
		ktap_eq(status, 0);
		ktap_eq(lossless_dropped(), 0);
	}
	lossless_close(&x);
	return ok;
}

KTAP_TEST(lossless_flood, KTAP_LONG, net_layouts, "rx_N22_lossless_flood")
{
	int i;

	for (i = 0; i < LOSSLESS_TRIES; i++)
		if (lossless_try_flood(arg, 20000))
			return;
	ktap_check(false, "the tap was not started in time, %d times", i);
}

/* A guest that takes nothing blocks its senders for a second, and not again. */
KTAP_TEST(lossless_dead, 0, net_split, "rx_N22_lossless_dead")
{
	struct fixture x;
	unsigned int i;

	lossless_open(&x, arg);
	ktap_check(lossless_send_all(&x, 0) < LOSSLESS_MANY,
		   "the sender was never held back");
	lossless_wait_writable(&x);
	for (i = 0; !lossless_expired(&x); i++) {
		ktap_check(i < 800, "the expiry was not counted");
		usleep(10000);
	}
	ktap_eq(lossless_expired(&x), 1);
	for (i = 0; i < LOSSLESS_MANY; i++)
		if (!lossless_send(&x, i))
			lossless_wait_writable(&x);
	ktap_eq(lossless_expired(&x), 1);
	ktap_check(lossless_dropped() > 0, "where are the frames?");

	/* It lives: frames that wait come, and senders are held back again. */
	mock_rx_fill(&x.rx);
	for (i = 0; i < 400; i++) {
		static struct mock_rx_frame f;

		ktap_ok(mock_rx_recv(&x.rx, &f, FIXTURE_WAIT));
	}
	ktap_check(lossless_send_all(&x, 0) < LOSSLESS_MANY,
		   "the sender is not held back any more");
}

/* Who stops the device releases the senders. */
static bool lossless_try_stop(const struct combo *c)
{
	struct fixture x;
	bool ok;

	lossless_open(&x, c);
	ktap_check(lossless_send_all(&x, 0) < LOSSLESS_MANY,
		   "the sender was never held back");
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	ok = !lossless_expired(&x);
	if (ok)
		lossless_wait_writable(&x);
	lossless_close(&x);
	return ok;
}

KTAP_TEST(lossless_stop, 0, net_split, "rx_N22_lossless_stop")
{
	int i;

	for (i = 0; i < LOSSLESS_TRIES; i++)
		if (lossless_try_stop(arg))
			return;
	ktap_check(false, "the tap was started again too soon, %d times", i);
}

/* The network device goes while its queue is stopped. */
KTAP_TEST(lossless_gone, 0, net_split, "rx_N22_lossless_gone")
{
	struct fixture x;

	lossless_open(&x, arg);
	ktap_check(lossless_send_all(&x, 0) < LOSSLESS_MANY,
		   "the sender was never held back");
	ktap_ok(link_cmd("link del %s", FIXTURE_TAP));
	mock_rx_fill(&x.rx);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
}

/* Without a qdisc there is nowhere to wait. */
KTAP_TEST(lossless_noqueue, 0, net_split, "rx_N22_lossless_noqueue")
{
	struct fixture x;

	lossless_open(&x, arg);
	if (system("tc qdisc replace dev " FIXTURE_TAP " root noqueue"))
		ktap_skip("no tc");
	ktap_eq(lossless_send_all(&x, 0), LOSSLESS_MANY);
	ktap_eq(lossless_stops(&x), 0);
	ktap_check(lossless_dropped() > 0, "where are the frames?");
}

KTAP_TEST(lossless_ioctl, 0, net_split, "net_N22_lossless_ioctl")
{
	__u32 flags = MYVHOST_NET_LOSSLESS;
	struct fixture x;

	lossless_open(&x, arg);
	ktap_eq(ioctl(x.n.fd, MYVHOST_NET_SET_FLAGS, NULL), -1);
	ktap_eq(errno, EFAULT);
	ktap_eq(ioctl(x.n.fd, MYVHOST_NET_SET_FLAGS, &flags), -1);
	ktap_eq(errno, EBUSY);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	flags = ~0;
	ktap_eq(ioctl(x.n.fd, MYVHOST_NET_SET_FLAGS, &flags), -1);
	ktap_eq(errno, EINVAL);
	flags = 0;
	ktap_ok(ioctl(x.n.fd, MYVHOST_NET_SET_FLAGS, &flags));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	ktap_eq(lossless_send_all(&x, 0), LOSSLESS_MANY);
	ktap_eq(lossless_stops(&x), 0);
}
