// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping and starting queues at any index.
 */
#include "net_fixture.h"

#define RESTART_ROUNDS	4

/**
 * struct restart_case - where to start
 * @c: features
 * @start: first index or position, see struct mock_ring_cfg
 * @head: first descriptor, in-order only
 * @pieces: cut tx buffers
 */
struct restart_case {
	const struct combo *c;
	__u16 start;
	__u16 head;
	bool pieces;
};

static const unsigned int restart_pieces[] = { 5, 20, 3, 0 };

static void restart_open(struct fixture *x, const struct restart_case *rc)
{
	struct mock_net_cfg cfg;
	unsigned int i;

	fixture_cfg(&cfg, rc->c);
	for (i = 0; i < VHU_NVQS; i++) {
		cfg.start[i] = rc->start;
		cfg.head[i] = rc->head;
	}
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, x->n.cfg.num));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, x->n.cfg.num));
	if (rc->pieces)
		x->tx.pieces = restart_pieces;
	ktap_ok(mock_net_start(&x->n, x->tap));
	mock_rx_fill(&x->rx);
}

/* PK8: both positions after chains and tables of every length. */
KTAP_TEST(restart_position, KTAP_LONG, net_packed, "restart_PK8_position")
{
	struct mock_seg seg[5];
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int i, k, base;

	fixture_cfg(&cfg, arg);
	cfg.num = 8;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 1));
	ktap_ok(mock_net_start(&x.n, x.tap));
	memset(mock_io_ptr(&x.tx, 0), 0, 2048);
	for (i = 0; i < 100; i++) {
		unsigned int n = 1 + i % 5;

		for (k = 0; k < n; k++)
			seg[k] = (struct mock_seg) {
				mock_io_addr(&x.tx, 0) + k * 100, 100, false,
			};
		ktap_ok(mock_ring_add(x.tx.ring, seg, n, i / 7 & 1, 0));
		x.tx.held[0] = true;
		mock_ring_submit(x.tx.ring);
		fixture_tx_reap(&x);
		ktap_ok(vhost_get_base(x.n.fd, VHU_TX, &base));
		ktap_eq(base, mock_ring_base(x.tx.ring));
	}
}

static void restart_check_base(struct fixture *x)
{
	unsigned int vq, base;

	for (vq = 0; vq < VHU_NVQS; vq++) {
		ktap_ok(vhost_get_base(x->n.fd, vq, &base));
		ktap_check(base == mock_ring_idle_base(&x->n.ring[vq]),
			   "queue %u: base is 0x%x, expected 0x%x", vq, base,
			   mock_ring_idle_base(&x->n.ring[vq]));
	}
}

static void restart_variant(const struct combo *c, __u16 start, __u16 head);

static KTAP_VARIANTS(restart_indices, 24)
{
	static const __u16 split[] = { 0, 1, 63, 0x7ff0, 0x8000, 0xffc0, 0xffff };
	static const __u16 packed[] = { 0x8000, 0, 1, 0x803f, 63 };
	static const struct combo *const all[] = {
		&combo_split, &combo_packed,
		&combo_split_in_order, &combo_packed_in_order,
	};
	unsigned int i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < sizeof(split) / sizeof(*split); k++)
			restart_variant(all[2 * i], split[k],
					i ? 13 * k % 64 : 0);
		for (k = 0; k < sizeof(packed) / sizeof(*packed); k++)
			restart_variant(all[2 * i + 1], packed[k], 0);
	}
}

static void restart_variant(const struct combo *c, __u16 start, __u16 head)
{
	const struct restart_case rc = { c, start, head, true };

	ktap_variant(restart_indices, rc, "%s_%x_%u", c->name, start, head);
}

/* SP1, PK1, PK13, LC9: traffic, stop, the right base, start, traffic. */
KTAP_TEST(restart_index, KTAP_LONG, restart_indices, "restart_index")
{
	const struct restart_case *rc = arg;
	struct fixture x;
	unsigned int i;

	restart_open(&x, rc);
	for (i = 0; i < RESTART_ROUNDS; i++) {
		/* 64 entries: numbers that move to ever new places. */
		fixture_tx(&x, 1000 * i, 37 + 5 * i);
		fixture_rx(&x, 1000 * i, 29 + 7 * i);
		ktap_ok(mock_net_stop(&x.n));
		restart_check_base(&x);
		ktap_ok(mock_net_start(&x.n, x.tap));
	}
	fixture_tx(&x, 1, 20);
	fixture_rx(&x, 1, 20);
}

/*
 * Stop in the middle of a burst: what the base says is neither lost nor sent
 * twice, and what was taken is used.
 */
KTAP_TEST(restart_burst, KTAP_LONG, net_orders, "restart_burst")
{
	struct restart_case rc = { .c = arg, .pieces = true };
	__u8 frame[FRAME_MTU];
	struct fixture x;
	unsigned int i, n, seed = 0, sent = 0, base;

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	for (i = 0; i < 12; i++) {
		for (n = 0; n < x.tx.count; n++, seed++) {
			if (x.tx.held[n])
				break;
			frame_fill(frame, frame_len(seed), seed);
			if (mock_tx_send(&x.tx, n, frame, frame_len(seed),
					 NULL))
				break;
		}
		mock_ring_submit(x.tx.ring);
		usleep(i * 300);
		ktap_ok(mock_net_stop(&x.n));
		ktap_ok(mock_tx_reap(&x.tx));
		ktap_ok(vhost_get_base(x.n.fd, VHU_TX, &base));
		ktap_check(base == mock_ring_idle_base(x.tx.ring),
			   "base 0x%x, but buffers are used up to 0x%x", base,
			   mock_ring_idle_base(x.tx.ring));
		ktap_ok(mock_net_start(&x.n, x.tap));
		fixture_tx_reap(&x);
		for (; sent < seed; sent++)
			fixture_expect_frame(&x, sent, frame_len(sent));
	}
	ktap_eq(packet_recv(x.pkt, frame, sizeof(frame), 0), -ETIMEDOUT);
}

/*
 * An in-order ring is stopped and started after buffers of several descriptors:
 * the next head is in the available ring and nowhere else.
 */
KTAP_TEST(defect_3_4_1, KTAP_SHORT, net_in_order,
	  "defect_3_4_1_in_order_restart")
{
	struct restart_case rc = { .c = arg, .pieces = true };
	struct fixture x;
	unsigned int i;

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	for (i = 0; i < 5; i++) {
		fixture_tx(&x, 100 * i, 7);
		ktap_ok(mock_net_stop(&x.n));
		ktap_ok(mock_net_start(&x.n, x.tap));
	}
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* LC7: reset of one queue while the other one runs. */
KTAP_TEST(restart_one_queue, KTAP_LONG, net_layouts, "restart_LC7_one_queue")
{
	struct restart_case rc = { .c = arg };
	struct fixture x;
	unsigned int i;
	size_t len;

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	for (i = 0; i < 5; i++) {
		__u64 poison = 0x1111111111111111ULL * (i + 1), *p;

		fixture_tx(&x, i * 100, 23);
		ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, -1));
		/* The device must not read or write the ring now. */
		p = guest_ptr(&x.n.mem, x.tx.ring->desc_addr);
		for (len = 0; len < 3 * 4096 / 8; len++)
			p[len] = poison;
		mock_ring_kick(x.tx.ring);
		fixture_rx(&x, i * 100, 30);
		for (len = 0; len < 3 * 4096 / 8; len++)
			ktap_check(p[len] == poison, "stopped ring was written");
		fixture_restart_vq(&x, VHU_TX);
		fixture_rx(&x, i * 100 + 50, 10);
	}
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* LC1, LC8: neither kicks nor frames do anything before the back end is set. */
KTAP_TEST(restart_not_started, KTAP_LONG, net_layouts,
	  "restart_LC1_LC8_not_started")
{
	struct restart_case rc = { .c = arg };
	static __u8 before[64 << 10], *mem;
	struct mock_net_cfg cfg;
	struct fixture x;

	fixture_cfg(&cfg, rc.c);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	ktap_ok(mock_net_setup(&x.n));
	ktap_ok(mock_tx_post(&x.tx, 0, 60, NULL));
	mock_ring_submit(x.tx.ring);
	mem = guest_ptr(&x.n.mem, x.n.mem.base);
	memcpy(before, mem, sizeof(before));
	mock_ring_kick(x.tx.ring);
	mock_ring_kick(&x.n.ring[VHU_RX]);
	ktap_check(!mock_fd_wait(x.tx.ring->call_fd, FIXTURE_QUIET),
		   "notified before it was started");
	ktap_check(!memcmp(before, mem, sizeof(before)),
		   "guest memory was written before the start");
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	fixture_tx_reap(&x);
}

/* LC2: after the stop nothing is written and no one is notified. */
KTAP_TEST(restart_stopped, KTAP_LONG, net_layouts, "restart_LC2_stopped")
{
	struct restart_case rc = { .c = arg };
	static __u8 before[1 << 20], *mem;
	__u8 frame[100];
	struct fixture x;
	unsigned int i;

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	fixture_tx(&x, 1, 20);
	fixture_rx(&x, 1, 20);
	mock_ring_enable_call(x.tx.ring);
	mock_ring_enable_call(x.rx.ring);
	ktap_ok(mock_net_stop(&x.n));
	mock_fd_drain(x.tx.ring->call_fd);
	mock_fd_drain(x.rx.ring->call_fd);
	ktap_ok(mock_tx_post(&x.tx, 0, 60, NULL));
	mock_ring_publish(x.tx.ring);
	mem = guest_ptr(&x.n.mem, x.n.mem.base);
	memcpy(before, mem, sizeof(before));
	frame_fill(frame, sizeof(frame), 1);
	for (i = 0; i < 20; i++) {
		mock_ring_kick(x.tx.ring);
		mock_ring_kick(x.rx.ring);
		ktap_eq(write(x.pkt, frame, sizeof(frame)),
			(int)sizeof(frame));
	}
	usleep(FIXTURE_QUIET * 1000);
	ktap_check(!memcmp(before, mem, sizeof(before)),
		   "guest memory was written after the stop");
	ktap_eq(mock_fd_drain(x.tx.ring->call_fd), 0);
	ktap_eq(mock_fd_drain(x.rx.ring->call_fd), 0);
}

/* Frames that were taken from the tap but found no buffer survive a restart. */
KTAP_TEST(restart_rx_kept, KTAP_LONG, net_layouts, "restart_rx_kept")
{
	static struct mock_rx_frame f;
	struct mock_net_cfg cfg;
	struct fixture x;
	__u8 frame[200];
	unsigned int i, k;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	for (i = 0; i < 50; i++) {
		frame_fill(frame, 100 + i, i);
		ktap_eq(write(x.pkt, frame, 100 + i), (int)(100 + i));
	}
	for (i = 0; i < 50; i += 10) {
		/* Room for ten; used buffers are posted again at the end. */
		for (k = 0; k < 10; k++)
			ktap_ok(mock_rx_post(&x.rx, i + k));
		mock_ring_submit(x.rx.ring);
		for (k = i; k < i + 10; k++) {
			struct mock_used u;

			ktap_eq(mock_ring_wait_used(x.rx.ring, &u,
						    FIXTURE_WAIT), 1);
			ktap_eq(u.len, 100 + k + x.n.hdr_len);
			ktap_check(frame_check(mock_io_ptr(&x.rx, u.cookie) +
					       x.n.hdr_len, 100 + k, k) < 0,
				   "frame %u differs", k);
		}
		ktap_ok(mock_net_stop(&x.n));
		ktap_ok(mock_net_start(&x.n, x.tap));
	}
	ktap_eq(mock_rx_recv(&x.rx, &f, FIXTURE_QUIET), -ETIMEDOUT);
	if (fixture_is_myvhost(&x))
		ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_PACKETS), 50);
}

/* LC9: buffers that are there before the kick descriptor need no kick. */
KTAP_TEST(restart_late_kick_fd, KTAP_LONG, net_layouts, "restart_LC9_late_kick")
{
	struct restart_case rc = { .c = arg };
	struct fixture x;
	__u8 frame[100];

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	fixture_tx(&x, 1, 10);
	ktap_ok(vhost_set_kick(x.n.fd, VHU_TX, -1));
	frame_fill(frame, sizeof(frame), 77);
	ktap_ok(mock_tx_send(&x.tx, 0, frame, sizeof(frame), NULL));
	mock_ring_publish(x.tx.ring);
	/* A kick that waits in the descriptor, as QEMU hands it over. */
	mock_ring_kick(x.tx.ring);
	ktap_ok(vhost_set_kick(x.n.fd, VHU_TX, x.tx.ring->kick_fd));
	fixture_expect_frame(&x, 77, sizeof(frame));
	fixture_tx_reap(&x);
	/* And at the start, where no one kicks at all. */
	ktap_ok(mock_net_stop(&x.n));
	mock_fd_drain(x.tx.ring->kick_fd);
	ktap_ok(mock_tx_send(&x.tx, 0, frame, sizeof(frame), NULL));
	mock_ring_publish(x.tx.ring);
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_expect_frame(&x, 77, sizeof(frame));
	fixture_tx_reap(&x);
}

/* SP19: the index runs through 2^16 without a notification and then one. */
KTAP_TEST(restart_long_silence, KTAP_LONG, net_layouts, "restart_SP19_silence")
{
	struct restart_case rc = { .c = arg };
	struct fixture x;
	unsigned int i;
	__s64 end;

	if (rc.c->f[0] & VHU_PACKED)
		rc.start = MOCK_START_WRAP;
	restart_open(&x, &rc);
	mock_ring_disable_call(x.tx.ring);
	for (i = 0; i < 40000; i += x.tx.count) {
		unsigned int n;

		for (n = 0; n < x.tx.count; n++)
			ktap_ok(mock_tx_post(&x.tx, n, 60, NULL));
		mock_ring_submit(x.tx.ring);
		end = mock_msecs() + FIXTURE_WAIT;
		while (x.tx.ring->ninflight) {
			ktap_ok(mock_tx_reap(&x.tx));
			ktap_check(mock_msecs() < end, "buffers do not come back");
		}
	}
	mock_fd_drain(x.tx.ring->call_fd);
	fixture_tx_reap(&x);
	ktap_ok(mock_tx_post(&x.tx, 0, 60, NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
}
