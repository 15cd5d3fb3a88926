// SPDX-License-Identifier: GPL-2.0
/*
 * Busy polling, fixed and adaptive: frames flow, and an idle device sleeps.
 */
#include "net_fixture.h"
#include "proc.h"

#define POLL_IDLE_MSECS	1000

static pid_t poll_worker(pid_t *pid)
{
	char name[64];
	const char *prefix = strstr(ktap_opts.node, "myvhost") ? "mvh-" :
								 "vhost-";
	pid_t tid = proc_find_thread(getpid(), prefix, name, sizeof(name));

	*pid = tid ? getpid() : proc_find_task(prefix, name, sizeof(name));
	return tid ? tid : *pid;
}

/* An idle device must not use a processor. */
static void poll_check_idle(void)
{
	pid_t pid, tid = poll_worker(&pid);
	long before, after, limit;

	ktap_check(tid, "no worker");
	usleep(50 * 1000);
	before = proc_cpu_ticks(pid, tid);
	usleep(POLL_IDLE_MSECS * 1000);
	after = proc_cpu_ticks(pid, tid);
	limit = sysconf(_SC_CLK_TCK) * POLL_IDLE_MSECS / 1000 / 4;
	ktap_check(before >= 0 && after - before < limit,
		   "%ld ticks while there was nothing to do, limit %ld",
		   after - before, limit);
}

static __u64 poll_polls(struct fixture *x, unsigned int vq)
{
	return fixture_counter(x, vq, MYVHOST_CNT_POLL_HITS) +
	       fixture_counter(x, vq, MYVHOST_CNT_POLL_MISSES);
}

static void poll_traffic(struct fixture *x, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		fixture_tx(x, seed + 100 * i, 25);
		fixture_rx(x, seed + 100 * i, 25);
	}
}

/* A fixed time, the longest that can be asked for included. */
KTAP_TEST(poll_fixed, KTAP_LONG, net_layouts, "poll_fixed")
{
	static const unsigned int usecs[] = { 1, 50, 1000, ~0U };
	struct fixture x;
	unsigned int i;
	__u64 n;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	for (i = 0; i < sizeof(usecs) / sizeof(*usecs); i++) {
		/* The in-tree device takes the longest time at its word. */
		if (usecs[i] == ~0U && !fixture_is_myvhost(&x))
			continue;
		ktap_ok(vhost_set_busyloop(x.n.fd, VHU_RX, usecs[i]));
		ktap_ok(vhost_set_busyloop(x.n.fd, VHU_TX, usecs[i]));
		poll_traffic(&x, 1000 * i);
	}
	poll_check_idle();
	if (!fixture_is_myvhost(&x))
		return;
	ktap_check(poll_polls(&x, VHU_TX), "it never polled");
	ktap_ok(vhost_set_busyloop(x.n.fd, VHU_RX, 0));
	ktap_ok(vhost_set_busyloop(x.n.fd, VHU_TX, 0));
	fixture_tx(&x, 1, 5);
	n = poll_polls(&x, VHU_TX);
	fixture_tx(&x, 100, 20);
	ktap_eq(poll_polls(&x, VHU_TX), n);
}

/* The adaptive time, and back to none. */
KTAP_TEST(poll_adaptive, KTAP_LONG, net_layouts, "poll_adaptive")
{
	struct fixture x;
	unsigned int i;
	__u64 n;
	int r;

	fixture_start(&x, arg);
	r = vhost_set_poll(x.n.fd, VHU_TX, MYVHOST_POLL_MAX_USECS);
	if (!fixture_is_myvhost(&x))
		ktap_skip("no adaptive polling");
	ktap_ok(r);
	ktap_ok(vhost_set_poll(x.n.fd, VHU_RX, MYVHOST_POLL_MAX_USECS));
	mock_rx_fill(&x.rx);
	for (i = 0; i < 4; i++)
		poll_traffic(&x, 1000 * i);
	poll_check_idle();
	ktap_ok(vhost_set_poll(x.n.fd, VHU_TX, 0));
	ktap_ok(vhost_set_poll(x.n.fd, VHU_RX, 0));
	fixture_tx(&x, 1, 5);
	n = poll_polls(&x, VHU_TX);
	fixture_tx(&x, 100, 20);
	ktap_eq(poll_polls(&x, VHU_TX), n);
}

#define POLL_REPLIES	20

/*
 * A request to the guest and its reply.  Returns whether the device asked for a kick,
 * which it gets.
 */
static bool poll_reply(struct fixture *x, unsigned int seed)
{
	static struct mock_rx_frame f;
	unsigned int len = frame_len(seed);
	__u8 frame[FRAME_MTU];
	__s64 end = mock_msecs() + FIXTURE_WAIT;
	bool kick;

	frame_fill(frame, len, seed);
	ktap_ok(mock_tx_send(&x->tx, 0, frame, len, NULL));
	ktap_eq(write(x->pkt, frame, len), (int)len);
	while (!mock_ring_has_used(x->rx.ring))
		ktap_check(mock_msecs() < end, "request %u never came", seed);
	mock_ring_publish(x->tx.ring);
	kick = mock_ring_should_kick(x->tx.ring);
	if (kick)
		mock_ring_kick(x->tx.ring);
	fixture_expect_frame(x, seed, len);
	fixture_tx_reap(x);
	ktap_ok(mock_rx_recv(&x->rx, &f, FIXTURE_WAIT));
	ktap_eq(f.len, len);
	return kick;
}

static const struct ktap_variant poll_replies[] = {
	{ "split", &combo_split },
	{ "packed", &combo_packed },
	{ "split_flags", &(const struct combo) { .f = { VHU_VERSION_1 } } },
	{ "packed_flags", &(const struct combo) {
			.f = { VHU_VERSION_1 | VHU_PACKED } } },
	{ }
};

/*
 * While the receive queue polls, the transmit queue's kicks are not needed.  One worker
 * serves both, so a kick is armed when a request arrives unless the poll took it back.  A
 * reply that is late, as the host has other things to do, needs its kick; none is lost.
 */
KTAP_TEST(poll_other, KTAP_LONG, poll_replies, "poll_other_queue")
{
	unsigned int i, silent = 0, kicks = 0;
	struct fixture x;
	__u64 before;
	__s64 end;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s does not watch other queues", ktap_opts.node);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 1);
	for (i = 0; i < 20; i++)
		ktap_check(poll_reply(&x, i), "no kick though nobody polls");
	before = fixture_counter(&x, VHU_TX, MYVHOST_CNT_KICKS);
	ktap_ok(vhost_set_busyloop(x.n.fd, VHU_RX, MYVHOST_POLL_MAX_USECS));
	end = mock_msecs() + 5 * FIXTURE_WAIT;
	while (silent < POLL_REPLIES && mock_msecs() < end) {
		if (poll_reply(&x, silent + kicks))
			kicks++;
		else
			silent++;
	}
	ktap_check(silent == POLL_REPLIES, "%u replies without kick, %u with",
		   silent, kicks);
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_KICKS), before + kicks);
	poll_check_idle();
}

/* Stop and close do not wait for a poll that finds nothing. */
KTAP_TEST(poll_stop, KTAP_LONG, net_split, "poll_stop")
{
	struct fixture x;
	unsigned int i;
	__s64 begin;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s polls as long as it is told", ktap_opts.node);
	ktap_ok(vhost_set_busyloop(x.n.fd, VHU_RX, ~0U));
	ktap_ok(vhost_set_busyloop(x.n.fd, VHU_TX, ~0U));
	fixture_tx(&x, 1, 10);
	begin = mock_msecs();
	for (i = 0; i < 10; i++) {
		mock_ring_kick(x.tx.ring);
		ktap_ok(mock_net_stop(&x.n));
		ktap_ok(mock_net_start(&x.n, x.tap));
	}
	ktap_check(mock_msecs() - begin < FIXTURE_WAIT, "took %lld ms",
		   (long long)(mock_msecs() - begin));
}

static const struct ktap_variant poll_raw[] = {
	{ "", &(const struct combo) { .f = { F_MODERN | VHU_NET_HDR } } },
	{ }
};

/* A packet socket cannot be asked what it has: polling must know that. */
KTAP_TEST(defect_3_4_4, KTAP_LONG, poll_raw, "defect_3_4_4_packet_socket")
{
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i;

	fixture_cfg(&cfg, arg);
	memset(&x, 0, sizeof(x));
	if (link_cmd("link add veth0 type veth peer name veth1"))
		ktap_skip("no veth pair");
	ktap_ok(link_pair_up("veth0", "veth1"));
	ktap_ok(mock_net_open(&x.n, &cfg));
	x.tap = ktap_ok(packet_open("veth0", false));
	x.pkt = ktap_ok(packet_open("veth1", false));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, x.n.cfg.num));
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, x.n.cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	for (i = 0; i < VHU_NVQS; i++)
		ktap_ok(vhost_set_busyloop(x.n.fd, i, 100));
	mock_rx_fill(&x.rx);
	poll_traffic(&x, 1);
	poll_check_idle();
	poll_traffic(&x, 1000);
}
