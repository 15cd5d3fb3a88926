// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the back end to the guest.
 */
#include "net_fixture.h"

#include <linux/if_tun.h>

#define RX_FRAMES	130

static const unsigned int rx_pieces[] = { 3, 11, 4, 100, 0 };

/* N11, N16, PK7: all combinations of features, every byte verified. */
KTAP_TEST(rx_matrix, KTAP_LONG, net_matrix, "rx_N11_N16")
{
	const struct combo *c = arg;
	struct fixture x;

	fixture_start(&x, c);
	if (!(c->f[0] & VHU_EVENT_IDX))
		x.rx.pieces = rx_pieces;
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 1, RX_FRAMES);
}

static void rx_open(struct fixture *x, const struct combo *c,
		    unsigned int num, unsigned int stride)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	cfg.num = num;
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, stride, num));
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 16));
	ktap_ok(mock_net_start(&x->n, x->tap));
}

/* N12, N13, N19: frames over many small buffers, even the header is split. */
KTAP_TEST(rx_merge, KTAP_LONG, net_orders, "rx_N12_N13_N19_merge")
{
	struct fixture x;

	rx_open(&x, arg, 256, 64);
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 1, 120);
}

/* SP22, PK10: in order or not, each buffer has a used entry with its length. */
KTAP_TEST(rx_entries, KTAP_LONG, net_orders, "rx_N16_SP22_PK10_entries")
{
	__u8 frame[1000];
	struct mock_used u;
	struct fixture x;
	unsigned int left;
	int r;

	rx_open(&x, arg, 64, 256);
	mock_rx_fill(&x.rx);
	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	for (left = sizeof(frame) + x.n.hdr_len; left; left -= u.len) {
		r = mock_ring_wait_used(x.rx.ring, &u, FIXTURE_WAIT);
		ktap_check(r == 1, "%s", strerror(-r));
		ktap_check(!u.implied, "no used entry for buffer %u", u.id);
		ktap_eq(u.len, left < 256 ? left : 256);
	}
}

static void rx_send_tcp(int pkt, unsigned int len, unsigned int seed)
{
	static __u8 buf[FRAME_MAX + 64];
	struct virtio_net_hdr *h = (void *)buf;
	ssize_t r;

	frame_tcp_hdr(h, 1448);
	frame_fill_tcp(buf + sizeof(*h), len, seed);
	r = write(pkt, buf, sizeof(*h) + len);
	ktap_check(r == (ssize_t)(sizeof(*h) + len), "sending %u bytes: %s",
		   len, strerror(errno));
}

static void rx_check_tcp(struct fixture *x, unsigned int len, unsigned int seed)
{
	static struct mock_rx_frame f;
	static __u8 want[FRAME_MAX];
	int r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);

	ktap_check(!r, "frame of %u bytes: %s", len, strerror(-r));
	frame_fill_tcp(want, len, seed);
	ktap_eq(f.len, len);
	ktap_check(!memcmp(f.data, want, len), "frame of %u bytes differs",
		   len);
	/* N15 */
	ktap_eq(f.hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	ktap_eq(f.hdr.gso_size, 1448);
	ktap_eq(f.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ktap_check(f.hdr.hdr_len >= FRAME_TCP_HLEN, "hdr_len %u",
		   f.hdr.hdr_len);
}

/* N15: segments of 64 KiB come to the guest in one piece. */
static void rx_gso(const struct combo *c, unsigned int stride,
		   unsigned int num, unsigned int count)
{
	struct fixture x;
	unsigned int i, len;
	int pkt;

	rx_open(&x, c, num, stride);
	ktap_ok(tap_set_offload(x.tap, TUN_F_CSUM | TUN_F_TSO4));
	pkt = ktap_ok(packet_open(FIXTURE_TAP, true));
	mock_rx_fill(&x.rx);
	for (i = 0; i < count; i++) {
		len = FRAME_MAX - 14 - i * 1800;
		rx_send_tcp(pkt, len, i);
		rx_check_tcp(&x, len, i);
	}
	fixture_rx(&x, 500, 40);
}

KTAP_TEST(rx_gso_merge, KTAP_LONG, net_orders, "rx_N15_gso_merge")
{
	rx_gso(arg, 1536, 256, 30);
}

KTAP_TEST(rx_gso_big_buffer, KTAP_LONG, net_orders, "rx_N15_gso_big")
{
	rx_gso(arg, 68 << 10, 32, 30);
}

/* TUN_F_UDP_TUNNEL_GSO and TUN_F_UDP_TUNNEL_GSO_CSUM of Linux 6.17 */
#define RX_TUNNEL_OFFLOAD	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | \
				 0x20 | 0x40 | 0x80 | 0x100)

static const struct ktap_variant rx_tunnel[] = {
	{ "", &(const struct combo) {
			.f = { F_MODERN | VHU_MRG_RXBUF, VHU1_GUEST_TUNNEL } } },
	{ }
};

/*
 * A segment train inside a UDP tunnel, from another tap over a bridge, arrives
 * in one piece.
 */
KTAP_TEST(rx_tunnel_gso, KTAP_LONG, rx_tunnel, "rx_tunnel_gso")
{
	static __u8 buf[FRAME_TUNNEL_HDR + 20000], *frame = buf + FRAME_TUNNEL_HDR;
	static struct mock_rx_frame f;
	struct fixture x;
	int from, r;

	rx_open(&x, arg, 256, 1536);
	ktap_ok(tap_set_offload(x.tap, RX_TUNNEL_OFFLOAD));
	from = ktap_ok(tap_open("from0", FRAME_TUNNEL_HDR, false));
	if (link_cmd("link add br0 type bridge forward_delay 0 mcast_snooping 0"))
		ktap_skip("no bridge");
	ktap_ok(link_cmd("link set " FIXTURE_TAP " master br0"));
	ktap_ok(link_cmd("link set from0 master br0"));
	ktap_ok(link_up("br0"));
	ktap_ok(link_up("from0"));
	mock_rx_fill(&x.rx);
	frame_vxlan_hdr(buf, 1400);
	frame_fill_vxlan(frame, sizeof(buf) - FRAME_TUNNEL_HDR, 3);
	ktap_eq(write(from, buf, sizeof(buf)), (long)sizeof(buf));
	do {
		r = mock_rx_recv(&x.rx, &f, FIXTURE_WAIT);
		ktap_check(!r, "no frame: %s", strerror(-r));
	} while (f.len < 1000);
	ktap_eq(f.len, sizeof(buf) - FRAME_TUNNEL_HDR);
	ktap_eq(f.hdr.gso_type,
		VIRTIO_NET_HDR_GSO_TCPV4 | FRAME_GSO_TUNNEL_IPV4);
	ktap_eq(f.hdr.gso_size, 1400);
	ktap_check(!memcmp(f.data, frame, f.len), "frame differs");
}

/*
 * CVE-2018-16880, N12: 64 KiB into buffers of 64 bytes.  More than a thousand
 * buffers for one frame may be refused, but never half delivered.
 */
KTAP_TEST(rx_gso_tiny, KTAP_LONG, net_orders, "rx_N12_gso_tiny")
{
	static struct mock_rx_frame f;
	struct fixture x;
	int pkt, r;

	rx_open(&x, arg, 2048, 64);
	ktap_ok(tap_set_offload(x.tap, TUN_F_CSUM | TUN_F_TSO4));
	pkt = ktap_ok(packet_open(FIXTURE_TAP, true));
	mock_rx_fill(&x.rx);
	rx_send_tcp(pkt, 65000, 1);
	rx_send_tcp(pkt, 40000, 2);
	r = mock_rx_recv(&x.rx, &f, FIXTURE_WAIT);
	ktap_check(!r, "nothing arrived: %s", strerror(-r));
	if (f.len == 65000) {
		rx_check_tcp(&x, 40000, 2);
	} else {
		ktap_eq(f.len, 40000);
		if (fixture_is_myvhost(&x))
			ktap_eq(fixture_counter(&x, VHU_RX,
						MYVHOST_CNT_DROP_BUFFER), 1);
	}
	fixture_rx(&x, 500, 40);
}

static void rx_send(struct fixture *x, unsigned int len, unsigned int seed)
{
	__u8 frame[FRAME_MTU];

	frame_fill(frame, len, seed);
	ktap_eq(write(x->pkt, frame, len), len);
}

static void rx_expect(struct fixture *x, unsigned int len, unsigned int seed)
{
	static struct mock_rx_frame f;
	int r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);

	ktap_check(!r, "frame %u: %s", seed, strerror(-r));
	ktap_eq(f.len, len);
	ktap_check(frame_check(f.data, len, seed) < 0, "frame %u differs",
		   seed);
}

/* N14, CVE-2014-0077: without merging, what does not fit is dropped whole. */
KTAP_TEST(rx_too_small, KTAP_LONG, net_orders, "rx_N14_too_small")
{
	struct combo c = *(const struct combo *)arg;
	struct fixture x;
	unsigned int i;

	c.f[0] &= ~VHU_MRG_RXBUF;
	rx_open(&x, &c, 64, 256);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 10; i++) {
		rx_send(&x, 1000, 2 * i);
		rx_send(&x, 100, 2 * i + 1);
		rx_expect(&x, 100, 2 * i + 1);
	}
	if (fixture_is_myvhost(&x))
		ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_DROP_BUFFER),
			10);
	rx_send(&x, 256 - x.n.hdr_len, 77);
	rx_expect(&x, 256 - x.n.hdr_len, 77);
}

/* N20: without buffers the frame waits; it comes when a buffer does. */
KTAP_TEST(rx_no_buffers, KTAP_LONG, net_orders, "rx_N20_no_buffers")
{
	struct fixture x;
	unsigned int i;

	rx_open(&x, arg, 64, 2048);
	for (i = 0; i < 20; i++)
		rx_send(&x, 200 + i, i);
	ktap_check(!mock_fd_wait(x.rx.ring->call_fd, FIXTURE_QUIET),
		   "notified without a buffer");
	mock_rx_fill(&x.rx);
	for (i = 0; i < 20; i++)
		rx_expect(&x, 200 + i, i);
}

/*
 * N21: a tap that stops its queue when its ring is full goes on when the worker
 * has taken frames out.
 */
KTAP_TEST(rx_backpressure, KTAP_LONG, net_layouts, "rx_N21_backpressure")
{
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	x.tap = tap_open_backpressure("bp0", x.n.tap_hdr_len);
	if (x.tap == -EOPNOTSUPP)
		ktap_skip("no IFF_BACKPRESSURE");
	ktap_ok(x.tap);
	ktap_ok(link_cmd("link set dev bp0 txqueuelen 16"));
	ktap_ok(system("tc qdisc replace dev bp0 root pfifo limit 1000"));
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	x.pkt = ktap_ok(packet_open("bp0", false));
	for (i = 0; i < 200; i++)
		rx_send(&x, 100, i);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 200; i++)
		rx_expect(&x, 100, i);
	fixture_rx(&x, 1, 20);
}

/* CPU time of a process, its worker threads included, in clock ticks. */
static long rx_cpu_ticks(void)
{
	unsigned long ut, st;
	char buf[1024], *p;
	FILE *f = fopen("/proc/self/stat", "r");

	ktap_check(f && fgets(buf, sizeof(buf), f), "/proc/self/stat");
	fclose(f);
	p = strrchr(buf, ')');
	ktap_check(p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			       &ut, &st) == 2, "/proc/self/stat");
	return ut + st;
}

/*
 * SP20, CVE-2026-74356: a frame that needs more buffers than there are must
 * wait asleep.  The worker is a thread of this process where the kernel has
 * such workers; elsewhere the number of runs shows it.
 */
KTAP_TEST(rx_few_buffers, KTAP_LONG, net_orders, "rx_SP20_few_buffers")
{
	struct fixture x;
	__u64 runs;
	long before;
	unsigned int i;

	rx_open(&x, arg, 64, 256);
	for (i = 0; i < 3; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	rx_send(&x, 1400, 1);
	usleep(200 * 1000);
	runs = fixture_counter(&x, VHU_RX, MYVHOST_CNT_RUNS);
	before = rx_cpu_ticks();
	ktap_check(!mock_fd_wait(x.rx.ring->call_fd, 700),
		   "half a frame was delivered");
	ktap_check(rx_cpu_ticks() - before < 25, "the worker spins: %ld ticks",
		   rx_cpu_ticks() - before);
	runs = fixture_counter(&x, VHU_RX, MYVHOST_CNT_RUNS) - runs;
	ktap_check(runs < 50, "the worker ran %llu times", runs);
	for (; i < 20; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	rx_expect(&x, 1400, 1);
}

/*
 * A frame comes at the moment in which the device goes to sleep, or shortly before or
 * after: it is delivered without another one behind it.
 */
KTAP_TEST(rx_sleep_race, KTAP_LONG, net_layouts, "rx_sleep_race")
{
	volatile unsigned int spin;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 4000; i++) {
		fixture_rx(&x, i, 1);
		for (spin = 0; spin < i % 37 * 32; spin++)
			;
	}
}

static void rx_backend(struct fixture *x, int backend, const char *peer)
{
	x->tap = backend;
	x->pkt = ktap_ok(packet_open(peer, false));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, x->n.cfg.num));
	ktap_ok(mock_net_start(&x->n, x->tap));
	mock_rx_fill(&x->rx);
	fixture_rx(x, 1, 100);
}

static void rx_veth(struct fixture *x, const struct combo *c)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	memset(x, 0, sizeof(*x));
	if (link_cmd("link add veth0 type veth peer name veth1"))
		ktap_skip("no veth pair");
	ktap_ok(link_pair_up("veth0", "veth1"));
	ktap_ok(mock_net_open(&x->n, &cfg));
}

static const struct ktap_variant rx_raw[] = {
	{ "", &(const struct combo) { .f = { F_MODERN | VHU_NET_HDR } } },
	{ }
};

/* AF_PACKET as back end; frames are sent into the other end of a veth pair. */
KTAP_TEST(rx_packet_socket, KTAP_LONG, rx_raw, "rx_packet_socket")
{
	struct fixture x;

	rx_veth(&x, arg);
	rx_backend(&x, ktap_ok(packet_open("veth0", false)), "veth1");
}

/* macvtap as back end. */
KTAP_TEST(rx_macvtap, KTAP_LONG, net_split, "rx_macvtap")
{
	struct fixture x;
	int fd;

	rx_veth(&x, arg);
	fd = macvtap_open("veth0", "mvt0", x.n.tap_hdr_len);
	if (fd < 0)
		ktap_skip("no macvtap: %s", strerror(-fd));
	/* The destination of the frames that frame_fill() makes. */
	ktap_ok(link_cmd("link set mvt0 address 02:00:00:00:00:01"));
	rx_backend(&x, fd, "veth1");
}

/* Send a frame from @vlan5, and see it arrive with its tag. */
static void rx_tagged(struct fixture *x, int vlan5, unsigned int len)
{
	static const __u8 tag[] = { 0x81, 0x00, 0x00, 0x05 };
	static struct mock_rx_frame f;
	__u8 frame[FRAME_MTU], want[FRAME_MTU + 4];
	int r;

	frame_fill(frame, len, len);
	ktap_eq(write(vlan5, frame, len), (int)len);
	r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);
	ktap_check(!r, "no frame: %s", strerror(-r));
	memcpy(want, frame, 12);
	memcpy(want + 12, tag, 4);
	memcpy(want + 16, frame + 12, len - 12);
	ktap_eq(f.len, len + 4);
	ktap_check(!memcmp(f.data, want, len + 4), "frame differs");
}

static int rx_vlan_open(const char *link)
{
	char cmd[80];

	snprintf(cmd, sizeof(cmd), "link add link %s name vlan5 type vlan id 5",
		 link);
	if (link_cmd(cmd))
		ktap_skip("no VLAN interfaces");
	ktap_ok(link_up("vlan5"));
	return ktap_ok(packet_open("vlan5", false));
}

/* N18: a VLAN tag that the stack keeps beside the frame is put back into it. */
KTAP_TEST(rx_vlan, KTAP_LONG, net_layouts, "rx_N18_vlan")
{
	struct fixture x;
	int vlan5;

	rx_open(&x, arg, 64, 256);
	vlan5 = rx_vlan_open(FIXTURE_TAP);
	mock_rx_fill(&x.rx);
	rx_tagged(&x, vlan5, 500);
	fixture_rx(&x, 1, 20);
}

/* N18: likewise for a packet socket, which would leave it out. */
KTAP_TEST(rx_packet_socket_vlan, KTAP_LONG, rx_raw, "rx_N18_packet_socket_vlan")
{
	unsigned int len;
	struct fixture x;
	int vlan5;

	rx_veth(&x, arg);
	rx_backend(&x, ktap_ok(packet_open("veth0", false)), "veth1");
	vlan5 = rx_vlan_open("veth1");
	for (len = 60; len <= 1500; len += 40)
		rx_tagged(&x, vlan5, len);
	fixture_rx(&x, 1, 20);
}

/* SP15: the device writes neither descriptors nor the available ring. */
KTAP_TEST(rx_read_only_parts, KTAP_LONG, net_split, "rx_SP15_read_only")
{
	struct fixture x;
	__u8 desc[64 * 16], avail[6 + 64 * 2];

	rx_open(&x, arg, 64, 2048);
	mock_rx_fill(&x.rx);
	memcpy(desc, x.rx.ring->desc, sizeof(desc));
	memcpy(avail, x.rx.ring->avail, sizeof(avail));
	rx_send(&x, 100, 1);
	ktap_eq(mock_ring_wait(x.rx.ring, FIXTURE_WAIT), 1);
	/* The driver itself has moved used_event by now. */
	ktap_check(!memcmp(desc, x.rx.ring->desc, sizeof(desc)),
		   "descriptor table was written");
	ktap_check(!memcmp(avail, x.rx.ring->avail, sizeof(avail) - 2),
		   "available ring was written");
}
