// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the guest to the back end.
 */
#include "net_fixture.h"

#include <sys/socket.h>

#define TX_FRAMES	130

/* Pieces that cut through header, addresses and payload. */
static const unsigned int tx_pieces[] = { 3, 11, 4, 100, 0 };

/* N1, N6, SP10, SP14, PK7: all combinations of features, every byte verified. */
KTAP_TEST(tx_matrix, KTAP_LONG, net_matrix, "tx_N1_N6_SP10")
{
	const struct combo *c = arg;
	struct fixture x;

	fixture_start(&x, c);
	if (!(c->f[0] & VHU_EVENT_IDX))
		x.tx.pieces = tx_pieces;
	fixture_tx(&x, 1, TX_FRAMES);
}

/* SP10: the first @arg bytes are in descriptors of one byte each. */
KTAP_TEST(tx_one_byte, KTAP_LONG, net_layouts, "tx_SP10_one_byte")
{
	static unsigned int pieces[81];
	const struct combo *c = arg;
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i;

	fixture_cfg(&cfg, c);
	cfg.num = 128;
	cfg.table_max = 128;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	for (i = 0; i < 80; i++)
		pieces[i] = 1;
	x.tx.pieces = pieces;
	ktap_ok(mock_net_start(&x.n, x.tap));
	x.tx.indirect = false;
	fixture_tx(&x, 1, 40);
	x.tx.indirect = true;
	fixture_tx(&x, 41, 40);
}

static void tx_mixed_post(struct fixture *x, unsigned int i, unsigned int seed)
{
	struct mock_seg seg[MOCK_IO_SEGS];
	__u8 *buf = mock_io_ptr(&x->tx, i);
	unsigned int n;

	memset(buf, 0, x->n.hdr_len);
	frame_fill(buf + x->n.hdr_len, 200, seed);
	n = mock_io_cut(&x->tx, mock_io_addr(&x->tx, i), x->n.hdr_len + 200,
			false, seg);
	ktap_ok(mock_ring_add_mixed(x->tx.ring, seg, n, 1 + i % 3, i));
	x->tx.held[i] = true;
}

/* On a packed ring that is a driver's error. */
static const struct ktap_variant tx_split_only[] = {
	{ "split", &combo_split },
	{ }
};

/* SP9: a chain of direct descriptors that ends in an indirect one. */
KTAP_TEST(tx_mixed, KTAP_LONG, tx_split_only, "tx_SP9_mixed")
{
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	x.tx.pieces = tx_pieces;
	for (i = 0; i < 12; i++)
		tx_mixed_post(&x, i, i);
	mock_ring_submit(x.tx.ring);
	for (i = 0; i < 12; i++)
		fixture_expect_frame(&x, i, 200);
	fixture_tx_reap(&x);
}

/* SP8: tables of a driver that did not ask for them. */
KTAP_TEST(tx_table_unasked, KTAP_LONG, net_layouts, "tx_SP8_table_unasked")
{
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	x.tx.indirect = true;
	x.tx.pieces = tx_pieces;
	/* The ring has tables, but the feature was not negotiated. */
	x.n.cfg.features[0] &= ~VHU_INDIRECT;
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 40);
}

/* N7: a field of received frames says nothing in one that is sent. */
KTAP_TEST(tx_num_buffers, KTAP_LONG, net_layouts, "tx_N7_num_buffers")
{
	static const __u16 values[] = { 0, 2, 0x100, 0xffff };
	struct virtio_net_hdr_mrg_rxbuf *h;
	struct fixture x;
	unsigned int i;
	__u8 frame[100];

	fixture_start(&x, arg);
	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		frame_fill(frame, sizeof(frame), i);
		ktap_ok(mock_tx_send(&x.tx, 0, frame, sizeof(frame), NULL));
		h = (void *)mock_io_ptr(&x.tx, 0);
		h->num_buffers = values[i];
		mock_ring_submit(x.tx.ring);
		fixture_expect_frame(&x, i, sizeof(frame));
		fixture_tx_reap(&x);
	}
}

static void tx_zero_len(struct fixture *x, unsigned int pos, bool indirect)
{
	unsigned int h = x->n.hdr_len, k, n = 0, seed = 100 + pos;
	__u64 addr = mock_io_addr(&x->tx, 0);
	__u8 *buf = mock_io_ptr(&x->tx, 0);
	struct mock_seg seg[4];

	memset(buf, 0, h);
	frame_fill(buf + h, 60, seed);
	for (k = 0; k <= 3; k++) {
		/* The address of nothing may be any address. */
		if (k == pos)
			seg[n++] = (struct mock_seg) { ~0ULL - 7, 0, false };
		if (k < 3)
			seg[n++] = (struct mock_seg) {
				addr + k * 20, k == 2 ? h + 60 - 40 : 20, false
			};
	}
	ktap_ok(mock_ring_add(x->tx.ring, seg, n, indirect, 0));
	x->tx.held[0] = true;
	mock_ring_submit(x->tx.ring);
	fixture_expect_frame(x, seed, 60);
	fixture_tx_reap(x);
}

/* SP11: a descriptor of length 0 in every position. */
KTAP_TEST(tx_zero_descriptor, KTAP_LONG, net_layouts, "tx_SP11_zero")
{
	struct fixture x;
	unsigned int pos;

	fixture_start(&x, arg);
	for (pos = 0; pos <= 3; pos++) {
		tx_zero_len(&x, pos, false);
		tx_zero_len(&x, pos, true);
	}
}

/* N9: a frame of 64 KiB with a segmentation header goes through in one piece. */
KTAP_TEST(tx_gso, KTAP_LONG, net_layouts, "tx_N9_gso")
{
	static __u8 frame[FRAME_MAX], got[FRAME_MAX + 64];
	struct virtio_net_hdr h, *gh = (void *)got;
	struct mock_net_cfg cfg;
	struct fixture x;
	int r, i, pkt;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	pkt = ktap_ok(packet_open(FIXTURE_TAP, true));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 68 << 10, 16));
	ktap_ok(mock_net_start(&x.n, x.tap));
	frame_tcp_hdr(&h, 1448);
	for (i = 0; i < 32; i++) {
		unsigned int len = FRAME_MAX - 14 - i * 1500;

		frame_fill_tcp(frame, len, i);
		ktap_ok(mock_tx_send(&x.tx, i % 16, frame, len, &h));
		mock_ring_submit(x.tx.ring);
		r = packet_recv(pkt, got, sizeof(got), FIXTURE_WAIT);
		ktap_eq(r, (int)(len + sizeof(h)));
		ktap_eq(gh->gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
		ktap_eq(gh->gso_size, 1448);
		ktap_eq(gh->flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		ktap_check(!memcmp(got + sizeof(h), frame, len),
			   "frame %d of %u bytes differs", i, len);
		fixture_tx_reap(&x);
	}
}

/* N9: 64 KiB in many pieces, over the edge between the memory regions. */
KTAP_TEST(tx_gso_pieces, KTAP_LONG, net_layouts, "tx_SP12_gso_pieces")
{
	static unsigned int pieces[400];
	static __u8 frame[FRAME_MAX], got[FRAME_MAX + 64];
	struct virtio_net_hdr h;
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i, pad;
	int r, pkt;

	fixture_cfg(&cfg, arg);
	cfg.table_max = 512;
	cfg.num = 16;
	fixture_open(&x, &cfg);
	pkt = ktap_ok(packet_open(FIXTURE_TAP, true));
	/* The buffer starts in the first region and ends in the second. */
	pad = x.n.mem.base + x.n.mem.size / 2 - x.n.mem.next - 32 * 1024;
	guest_alloc(&x.n.mem, pad & ~4095U, 4096);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 4096, 1));
	x.tx.stride = 68 << 10;
	for (i = 0; i < 399; i++)
		pieces[i] = 1 + i % 330;
	x.tx.pieces = pieces;
	x.tx.indirect = true;
	ktap_ok(mock_net_start(&x.n, x.tap));
	frame_tcp_hdr(&h, 1448);
	frame_fill_tcp(frame, 65000, 7);
	ktap_ok(mock_tx_send(&x.tx, 0, frame, 65000, &h));
	mock_ring_submit(x.tx.ring);
	r = packet_recv(pkt, got, sizeof(got), FIXTURE_WAIT);
	ktap_eq(r, (int)(65000 + sizeof(h)));
	ktap_check(!memcmp(got + sizeof(h), frame, 65000), "frame differs");
	fixture_tx_reap(&x);
}

struct tx_bad {
	const char *name;
	struct virtio_net_hdr h;
	unsigned int len;
};

/* Frames of 0 to 13 bytes, and headers that contradict the frame. */
static const struct tx_bad tx_lies[] = {
	{ "csum_start beyond the frame",
	  { .flags = 1, .csum_start = 9000, .csum_offset = 16 }, 100 },
	{ "csum_offset beyond the frame",
	  { .flags = 1, .csum_start = 34, .csum_offset = 9000 }, 100 },
	{ "checksum in the last byte",
	  { .flags = 1, .csum_start = 99, .csum_offset = 0 }, 100 },
	{ "sum of start and offset wraps",
	  { .flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff }, 100 },
	{ "gso_size 0",
	  { .flags = 1, .gso_type = 1, .csum_start = 34, .csum_offset = 16,
	    .hdr_len = 54 }, 3000 },
	{ "unknown gso_type",
	  { .flags = 1, .gso_type = 0x7f, .gso_size = 1000, .csum_start = 34,
	    .csum_offset = 16, .hdr_len = 54 }, 3000 },
};

/* N5: headers that misuse the tunnel bits. */
static const struct tx_bad tx_tunnel_lies[] = {
	{ "both tunnels",
	  { .flags = 1, .gso_type = 0x61, .gso_size = 1000, .csum_start = 34,
	    .csum_offset = 16, .hdr_len = 54 }, 3000 },
	{ "tunnel without checksum",
	  { .flags = 0, .gso_type = 0x21, .gso_size = 1000, .hdr_len = 54 },
	  3000 },
	{ "tunnel without segmentation",
	  { .flags = 1, .gso_type = 0x20, .csum_start = 34, .csum_offset = 16,
	    .hdr_len = 54 }, 3000 },
	{ "tunnel with headers that are not there",
	  { .flags = 1, .gso_type = 0x21, .gso_size = 1000, .csum_start = 34,
	    .csum_offset = 16, .hdr_len = 54 }, 3000 },
};

static __u64 tx_drops(struct fixture *x)
{
	__u64 c[MYVHOST_CNT_MAX], n = 0;
	unsigned int i;

	if (vhost_get_stats(x->n.fd, VHU_TX, c))
		return 0;
	for (i = MYVHOST_CNT_DROP_SHORT; i <= MYVHOST_CNT_DROP_BACKEND; i++)
		n += c[i];
	return n;
}

static void tx_lies_run(const struct combo *c, const struct tx_bad *lies,
			unsigned int n)
{
	static __u8 frame[4096];
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i;
	__u64 before;

	fixture_cfg(&cfg, c);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 4096, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	for (i = 0; i < n; i++) {
		const struct tx_bad *b = &lies[i];

		before = tx_drops(&x);
		frame_fill_tcp(frame, b->len, i);
		ktap_ok(mock_tx_send(&x.tx, 0, frame, b->len, &b->h));
		mock_ring_submit(x.tx.ring);
		fixture_tx_reap(&x);
		ktap_check(packet_recv(x.pkt, frame, sizeof(frame), 0) ==
			   -ETIMEDOUT, "%s: frame was accepted", b->name);
		if (fixture_is_myvhost(&x))
			ktap_check(tx_drops(&x) == before + 1,
				   "%s: not counted", b->name);
		fixture_tx(&x, 1000 + i, 1);
	}
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* N4: frames with lying headers are dropped and counted, the buffer is used. */
KTAP_TEST(tx_lying_header, KTAP_LONG, net_layouts, "tx_N4_lies")
{
	tx_lies_run(arg, tx_lies, sizeof(tx_lies) / sizeof(*tx_lies));
}

static const struct ktap_variant tx_tunnel[] = {
	{ "", &(const struct combo) { .f = { F_MODERN, VHU1_HOST_TUNNEL } } },
	{ }
};

KTAP_TEST(tx_lying_tunnel, KTAP_LONG, tx_tunnel, "tx_N5_tunnel_lies")
{
	tx_lies_run(arg, tx_tunnel_lies,
		    sizeof(tx_tunnel_lies) / sizeof(*tx_tunnel_lies));
}

/* A segment train inside a UDP tunnel goes through in one piece. */
KTAP_TEST(tx_tunnel_gso, KTAP_LONG, tx_tunnel, "tx_tunnel_gso")
{
	static __u8 frame[30000], got[sizeof(frame) + 64];
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int len;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	ktap_eq(x.n.hdr_len, FRAME_TUNNEL_HDR);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 32 << 10, 16));
	ktap_ok(mock_net_start(&x.n, x.tap));
	/* Short enough to be copied, and too long for that. */
	for (len = 3000; len <= sizeof(frame); len += 9000) {
		frame_fill_vxlan(frame, len, len);
		ktap_ok(mock_tx_send(&x.tx, 0, frame, len, NULL));
		frame_vxlan_hdr(mock_io_ptr(&x.tx, 0), 1400);
		mock_ring_submit(x.tx.ring);
		ktap_eq(packet_recv(x.pkt, got, sizeof(got), FIXTURE_WAIT),
			(int)len);
		ktap_check(!memcmp(got, frame, len), "frame of %u bytes differs",
			   len);
		fixture_tx_reap(&x);
	}
	if (fixture_is_myvhost(&x))
		ktap_eq(tx_drops(&x), 0);
}

/* N8, CVE-2024-41090: frames shorter than an Ethernet header. */
KTAP_TEST(tx_short, KTAP_LONG, net_layouts, "tx_N8_short")
{
	__u8 frame[FRAME_MIN], got[2048];
	struct fixture x;
	unsigned int len;

	fixture_start(&x, arg);
	memset(frame, 0x55, sizeof(frame));
	for (len = 0; len < FRAME_MIN; len++) {
		ktap_ok(mock_tx_send(&x.tx, len, frame, len, NULL));
		mock_ring_submit(x.tx.ring);
		fixture_tx_reap(&x);
	}
	/* All at once, so that they share a batch with good ones. */
	for (len = 0; len < FRAME_MIN; len++)
		ktap_ok(mock_tx_send(&x.tx, len, frame, len, NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	ktap_eq(packet_recv(x.pkt, got, sizeof(got), 0), -ETIMEDOUT);
	fixture_tx(&x, 1, 64);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
	if (fixture_is_myvhost(&x))
		ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_DROP_SHORT),
			2 * FRAME_MIN);
}

/* N9: longer than a frame may be: dropped, not truncated. */
KTAP_TEST(tx_long, KTAP_LONG, net_layouts, "tx_N9_long")
{
	static __u8 frame[80 << 10];
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	cfg.mem_size = 16 << 20;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 96 << 10, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	frame_fill(frame, sizeof(frame), 5);
	ktap_ok(mock_tx_send(&x.tx, 0, frame, sizeof(frame), NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	ktap_eq(packet_recv(x.pkt, frame, sizeof(frame), 0), -ETIMEDOUT);
	fixture_tx(&x, 1, 20);
	if (fixture_is_myvhost(&x))
		ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_DROP_LONG), 1);
}

/* A tap with several queues: the second queue carries frames, too. */
KTAP_TEST(tx_multi_queue, KTAP_LONG, net_layouts, "tx_multi_queue")
{
	struct mock_net_cfg cfg;
	struct fixture x;
	int first;

	fixture_cfg(&cfg, arg);
	memset(&x, 0, sizeof(x));
	ktap_ok(mock_net_open(&x.n, &cfg));
	first = ktap_ok(tap_open(FIXTURE_TAP, x.n.tap_hdr_len, true));
	x.tap = ktap_ok(tap_open(FIXTURE_TAP, x.n.tap_hdr_len, true));
	x.pkt = ktap_ok(packet_open(FIXTURE_TAP, false));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, x.n.cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 100);
	close(first);
	fixture_tx(&x, 101, 100);
}

static const struct ktap_variant tx_raw[] = {
	{ "", &(const struct combo) { .f = { F_MODERN | VHU_NET_HDR } } },
	{ }
};

/* AF_PACKET as back end: frames leave on the other end of a veth pair. */
KTAP_TEST(tx_packet_socket, KTAP_LONG, tx_raw, "tx_packet_socket")
{
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	memset(&x, 0, sizeof(x));
	if (link_cmd("link add veth0 type veth peer name veth1"))
		ktap_skip("no veth pair");
	ktap_ok(link_pair_up("veth0", "veth1"));
	ktap_ok(mock_net_open(&x.n, &cfg));
	x.tap = ktap_ok(packet_open("veth0", false));
	x.pkt = ktap_ok(packet_open("veth1", false));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, x.n.cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 100);
}

/*
 * A back end that is full: frames wait for room, none is lost or passes another.
 * A packet socket with a small buffer sends into a slow interface.
 */
KTAP_TEST(tx_back_pressure, KTAP_LONG, tx_raw, "tx_back_pressure")
{
	struct mock_net_cfg cfg;
	struct fixture x;
	int small = 4096;

	fixture_cfg(&cfg, arg);
	memset(&x, 0, sizeof(x));
	/* A tap has one queue for all processors: the frames stay in order. */
	x.pkt = ktap_ok(tap_open(FIXTURE_TAP, 0, false));
	if (system("tc qdisc add dev " FIXTURE_TAP
		   " root tbf rate 8mbit burst 4k latency 9s"))
		ktap_skip("no token bucket filter");
	ktap_ok(mock_net_open(&x.n, &cfg));
	x.tap = ktap_ok(packet_open(FIXTURE_TAP, false));
	ktap_check(!setsockopt(x.tap, SOL_SOCKET, SO_SNDBUF, &small,
			       sizeof(small)), "SO_SNDBUF: %s",
		   strerror(errno));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, x.n.cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 250);
	if (fixture_is_myvhost(&x)) {
		ktap_check(fixture_counter(&x, VHU_TX, MYVHOST_CNT_BUSY),
			   "the back end was never full");
		ktap_eq(tx_drops(&x), 0);
	}
}

/* The largest ring there is, around the end of the index. */
KTAP_TEST(tx_largest_ring, KTAP_LONG, net_layouts, "tx_largest_ring")
{
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	cfg.num = 32768;
	cfg.table_max = 1;
	cfg.mem_size = 16 << 20;
	cfg.start[VHU_TX] = cfg.features[0] & VHU_PACKED ? 32700 : 65500;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 512));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 600);
}

/* macvtap as back end: frames leave on the interface below. */
KTAP_TEST(tx_macvtap, KTAP_LONG, net_split, "tx_macvtap")
{
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, arg);
	memset(&x, 0, sizeof(x));
	if (link_cmd("link add veth0 type veth peer name veth1"))
		ktap_skip("no veth pair");
	ktap_ok(link_pair_up("veth0", "veth1"));
	ktap_ok(mock_net_open(&x.n, &cfg));
	x.tap = macvtap_open("veth0", "mvt0", x.n.tap_hdr_len);
	if (x.tap < 0)
		ktap_skip("no macvtap: %s", strerror(-x.tap));
	x.pkt = ktap_ok(packet_open("veth1", false));
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, x.n.cfg.num));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 100);
}
