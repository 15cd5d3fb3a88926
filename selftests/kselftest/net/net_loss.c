// SPDX-License-Identifier: GPL-2.0
/*
 * What a local sender of UDP at full speed loses on the way to a slow guest: through
 * vhost_net, myvhost, and myvhost in lossless mode; and what a dead guest means for
 * another one on the same bridge.
 */
#define _GNU_SOURCE
#include "net_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LOSS_HOST	"192.0.2.1"
#define LOSS_GUEST	"192.0.2.2"
#define LOSS_MAC	"02:00:00:00:00:02"
#define LOSS_PORT	5000
/*
 * What the guest takes: frames per second, for how many seconds, and how long it sleeps
 * between.  The first two are for a processor that is emulated; LOSS_PPS and LOSS_SECS in
 * the environment change them.
 */
#define LOSS_PPS	2500
#define LOSS_SECS	2
#define LOSS_USECS	2000
/* Datagrams that are sent by a system call. */
#define LOSS_BURST	32
/* Frames that are taken at a time when there is no limit. */
#define LOSS_PORTION	500
/* Who stood still for a second spoils a try. */
#define LOSS_TRIES	3

/**
 * struct loss - a guest and what it got
 * @n: the device
 * @rx: its receive buffers
 * @tx: its transmit buffers
 * @tap: its tap
 * @received: datagrams of ours
 */
struct loss {
	struct mock_net n;
	struct mock_io rx;
	struct mock_io tx;
	int tap;
	unsigned int received;
};

static unsigned int loss_setting(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static bool loss_is_ours(const __u8 *frame, unsigned int len)
{
	return len >= 42 && frame[12] == 8 && !frame[13] && frame[23] == 17 &&
	       (frame[36] << 8 | frame[37]) == LOSS_PORT;
}

static void loss_open(struct loss *l, const char *node, const char *tap,
		      bool lossless)
{
	__u32 flags = MYVHOST_NET_LOSSLESS;
	struct mock_net_cfg cfg = {
		.node = node,
		.features = { F_MODERN | VHU_MRG_RXBUF },
		.num = 256,
	};

	memset(l, 0, sizeof(*l));
	ktap_ok(mock_net_open(&l->n, &cfg));
	l->tap = ktap_ok(tap_open(tap, l->n.tap_hdr_len, false));
	ktap_ok(mock_io_init(&l->rx, &l->n, VHU_RX, 2048, l->n.cfg.num));
	ktap_ok(mock_io_init(&l->tx, &l->n, VHU_TX, 2048, 16));
	if (lossless)
		ktap_ok(vhost_ioctl(l->n.fd, MYVHOST_NET_SET_FLAGS, &flags));
	ktap_ok(mock_net_start(&l->n, l->tap));
}

static void loss_close(struct loss *l)
{
	mock_net_close(&l->n);
	close(l->tap);
}

/* Take frames, so many at most, until none comes for a while. */
static unsigned int loss_take(struct loss *l, unsigned int max, int msecs)
{
	static struct mock_rx_frame f;
	unsigned int n = 0;

	for (; n < max && !mock_rx_recv(&l->rx, &f, msecs); n++)
		l->received += loss_is_ours(f.data, f.len);
	return n;
}

static int loss_socket(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(LOSS_PORT),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ktap_ok(fd);
	inet_pton(AF_INET, LOSS_GUEST, &to.sin_addr);
	ktap_check(!connect(fd, (struct sockaddr *)&to, sizeof(to)),
		   "connect: %s", strerror(errno));
	return fd;
}

/* Send until told to stop by the end of a pipe; says how many it has sent. */
static void loss_sender(int stop, int result)
{
	char data[64] = "", end;
	struct iovec iov = { data, sizeof(data) };
	struct mmsghdr m[LOSS_BURST] = { 0 };
	unsigned int sent = 0, i;
	int r, fd = loss_socket();

	for (i = 0; i < LOSS_BURST; i++)
		m[i].msg_hdr = (struct msghdr) { .msg_iov = &iov, .msg_iovlen = 1 };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(stop, &end, 1) < 0) {
		r = sendmmsg(fd, m, LOSS_BURST, 0);
		sent += r > 0 ? r : 0;
	}
	if (write(result, &sent, sizeof(sent)) != sizeof(sent))
		_exit(1);
	_exit(0);
}

/* Returns the number of datagrams sent; all that comes has come by then. */
static unsigned int loss_run(struct loss *l)
{
	int stop[2], result[2], status;
	unsigned int pps = loss_setting("LOSS_PPS", LOSS_PPS);
	unsigned int sent = 0, taken = 0;
	__s64 start, now, end;
	pid_t pid;

	ktap_check(!pipe2(stop, O_NONBLOCK) && !pipe(result), "pipe");
	pid = fork();
	ktap_ok(pid);
	if (!pid) {
		close(stop[1]);
		loss_sender(stop[0], result[1]);
	}
	close(stop[0]);
	start = mock_msecs();
	end = start + 1000LL * loss_setting("LOSS_SECS", LOSS_SECS);
	for (now = start; now < end; now = mock_msecs()) {
		taken += loss_take(l, pps * (now - start) / 1000 - taken, 0);
		usleep(LOSS_USECS);
	}
	/* A sender that waits has to be let go on before it sees the end. */
	close(stop[1]);
	while (loss_take(l, LOSS_PORTION, FIXTURE_QUIET))
		;
	ktap_eq(read(result[0], &sent, sizeof(sent)), sizeof(sent));
	while (loss_take(l, LOSS_PORTION, FIXTURE_QUIET))
		;
	close(result[0]);
	close(result[1]);
	ktap_eq(waitpid(pid, &status, 0), pid);
	ktap_eq(status, 0);
	return sent;
}

/* Returns how many were lost, -1 if the tap gave the guest up meanwhile. */
static long long loss_measure(const char *what, const char *node, bool lossless)
{
	__u64 c[MYVHOST_CNT_MAX] = { 0 };
	long long packets, dropped;
	unsigned int sent;
	struct loss l;

	loss_open(&l, node, FIXTURE_TAP, lossless);
	ktap_ok(link_cmd("addr add " LOSS_HOST "/24 dev " FIXTURE_TAP));
	ktap_ok(link_cmd("neigh replace " LOSS_GUEST " lladdr " LOSS_MAC
			 " dev " FIXTURE_TAP));
	mock_rx_fill(&l.rx);
	sent = loss_run(&l);
	ktap_ok(link_tx_stats(FIXTURE_TAP, &packets, &dropped));
	if (lossless)
		ktap_ok(vhost_get_stats(l.n.fd, VHU_RX, c));
	loss_close(&l);
	ktap_info("%s: %u sent, %u received, %lld dropped by the tap", what,
		  sent, l.received, dropped);
	ktap_check(sent && l.received, "nothing was sent");
	/* The tap may have dropped frames that are not ours. */
	ktap_check(sent - l.received <= dropped, "%lld are unexplained",
		   sent - l.received - dropped);
	if (c[MYVHOST_CNT_TAP_EXPIRED])
		return -1;
	return sent - l.received;
}

/* The figures of all three are printed; that of the lossless mode is 0. */
KTAP_TEST(loss_udp, KTAP_SWEEP, NULL, "rx_N22_N24_loss_udp")
{
	const __u64 f[2] = { F_MODERN | VHU_MRG_RXBUF };
	long long lost = -1;
	int i;

	if (mock_net_offered("/dev/vhost-net", f) == 1)
		loss_measure("vhost_net", "/dev/vhost-net", false);
	else
		ktap_info("no vhost_net");
	lost = loss_measure("ordinary", ktap_opts.node, false);
	ktap_check(lost > 0, "the guest was not slow");
	lost = -1;
	for (i = 0; lost < 0 && i < LOSS_TRIES; i++)
		lost = loss_measure("lossless", ktap_opts.node, true);
	ktap_check(lost >= 0, "the guest stood still for a second, %d times", i);
	ktap_eq(lost, 0);
}

#define LOSS_BRIDGE	"br0"
#define LOSS_FRAMES	4000

/* A frame of ours between two addresses that differ in their last byte. */
static void loss_frame(__u8 frame[64], __u8 to, __u8 from)
{
	const __u8 head[] = { 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8 };

	memset(frame, 0, 64);
	memcpy(frame, head, sizeof(head));
	frame[23] = 17;
	frame[36] = LOSS_PORT >> 8;
	frame[37] = LOSS_PORT & 255;
}

/* A guest of the bridge, which learns its address. */
static void loss_join(struct loss *l, const char *tap, __u8 mac)
{
	__u8 frame[64];

	loss_open(l, ktap_opts.node, tap, true);
	ktap_ok(link_cmd("link set %s master " LOSS_BRIDGE, tap));
	loss_frame(frame, 0xff, mac);
	ktap_ok(mock_tx_send(&l->tx, 0, frame, sizeof(frame), NULL));
	mock_ring_submit(l->tx.ring);
	ktap_eq(mock_ring_wait(l->tx.ring, FIXTURE_WAIT), 1);
}

/* Send a frame to a guest of the bridge.  Returns 0 or a negative errno. */
static int loss_send_to(int fd, __u8 last)
{
	__u8 frame[64];
	ssize_t r;

	loss_frame(frame, last, 1);
	r = send(fd, frame, sizeof(frame), MSG_DONTWAIT);
	return r < 0 ? -errno : 0;
}

/* A guest that takes nothing keeps its own frames, and no others. */
KTAP_TEST(loss_bridge, KTAP_LONG, NULL, "rx_N22_loss_bridge")
{
	unsigned int sent = 0, i, n;
	int to_dead, to_live;
	struct loss dead, live;
	__s64 start;

	if (link_cmd("link add " LOSS_BRIDGE
		     " type bridge forward_delay 0 mcast_snooping 0"))
		ktap_skip("no bridge");
	ktap_ok(link_up(LOSS_BRIDGE));
	loss_join(&dead, "tap0", 0x0d);
	loss_join(&live, "tap1", 0x02);
	to_dead = ktap_ok(packet_open(LOSS_BRIDGE, false));
	to_live = ktap_ok(packet_open(LOSS_BRIDGE, false));
	mock_rx_fill(&live.rx);
	start = mock_msecs();
	for (i = 0; i < LOSS_FRAMES; i++) {
		loss_send_to(to_dead, 0x0d);
		sent += !loss_send_to(to_live, 2);
		if (i % 64 == 63)
			while (live.received < sent &&
			       loss_take(&live, 64, FIXTURE_WAIT))
				;
	}
	while (live.received < sent && loss_take(&live, 64, FIXTURE_WAIT))
		;
	ktap_info("%u sent, %u received in %lld ms", sent, live.received,
		  (long long)(mock_msecs() - start));
	ktap_eq(live.received, sent);
	ktap_eq(sent, LOSS_FRAMES);
	ktap_eq(link_tx_dropped("tap1"), 0);
	/* What is in the tap of the other one was kept for it. */
	mock_rx_fill(&dead.rx);
	n = loss_take(&dead, 200, FIXTURE_WAIT);
	ktap_eq(n, 200);
	loss_close(&dead);
	loss_close(&live);
	ktap_ok(link_cmd("link del " LOSS_BRIDGE));
}
