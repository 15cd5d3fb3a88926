// SPDX-License-Identifier: GPL-2.0
/*
 * I/O virtual addresses: misses, answers, invalidations.
 *
 * In all tests the pages of guest memory are shuffled, so that rings and buffers
 * lie on host pages that do not follow each other.
 */
#include <fcntl.h>
#include <poll.h>

#include "net_fixture.h"
#include "iotlb.h"

static const unsigned int iotlb_pieces[] = { 9, 500, 0 };

static void iotlb_open(struct fixture *x, const struct combo *c, bool v2,
		       unsigned int num)
{
	struct combo with = *c;
	struct mock_net_cfg cfg;

	with.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &with);
	cfg.mem_size = 4 << 20;
	cfg.num = num;
	cfg.table_max = 8;
	cfg.backend_features = v2 ? VHU_BF_MSG_V2 : 0;
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, 64));
	ktap_ok(mock_net_setup(&x->n));
	ktap_ok(iotlb_map_used(&x->n));
}

static void iotlb_attach(struct fixture *x)
{
	ktap_ok(vhost_set_backend(x->n.fd, VHU_RX, x->tap));
	ktap_ok(vhost_set_backend(x->n.fd, VHU_TX, x->tap));
}

static void iotlb_traffic(const struct combo *c, bool v2)
{
	struct iotlb_server s;
	struct fixture x;

	/* 512 entries: rings of several pages, scattered. */
	iotlb_open(&x, c, v2, 512);
	ktap_ok(iotlb_server_start(&s, &x.n));
	iotlb_attach(&x);
	x.tx.pieces = iotlb_pieces;
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 150);
	fixture_rx(&x, 1, 150);
	x.tx.indirect = true;
	x.rx.indirect = true;
	fixture_tx(&x, 1000, 60);
	fixture_rx(&x, 1000, 150);
	ktap_ok(mock_net_stop(&x.n));
	iotlb_server_stop(&s);
	ktap_eq(s.bad, 0);
	ktap_check(s.answered > 10, "only %u misses", s.answered);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
}

KTAP_TEST(iotlb_traffic_v1, KTAP_LONG, net_layouts, "iotlb_traffic_v1")
{
	iotlb_traffic(arg, false);
}

KTAP_TEST(iotlb_traffic_v2, KTAP_LONG, net_layouts, "iotlb_traffic_v2")
{
	iotlb_traffic(arg, true);
}

/* Wait for the next miss. */
static struct vhost_iotlb_msg iotlb_expect_miss(struct fixture *x, int version)
{
	struct vhost_iotlb_msg m;
	int r, got;

	ktap_check(mock_fd_wait(x->n.fd, FIXTURE_WAIT), "no miss came");
	r = iotlb_read(x->n.fd, &m, &got);
	ktap_check(r == 1, "reading a miss: %d", r);
	ktap_eq(got, version);
	ktap_eq(m.type, VHOST_IOTLB_MISS);
	return m;
}

static void iotlb_no_miss(struct fixture *x)
{
	ktap_check(!mock_fd_wait(x->n.fd, FIXTURE_QUIET), "an unexpected miss");
}

/* Give the device all that it needs for @vq, but not its buffers. */
static void iotlb_map_ring(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];

	ktap_ok(iotlb_map(&x->n, r->desc_addr, 16 * r->cfg.num,
			  VHOST_ACCESS_RW));
	ktap_ok(iotlb_map(&x->n, r->driver_addr, 6 + 2 * r->cfg.num,
			  VHOST_ACCESS_RW));
	ktap_ok(iotlb_map(&x->n, r->device_addr, 6 + 8 * r->cfg.num,
			  VHOST_ACCESS_RW));
}

/* Misses by hand: the right address, the right access, one at a time. */
KTAP_TEST(iotlb_by_hand, KTAP_LONG, net_layouts, "iotlb_by_hand")
{
	struct vhost_iotlb_msg m;
	struct fixture x;
	__u8 small[71];
	__u64 at;

	iotlb_open(&x, arg, true, 64);
	iotlb_map_ring(&x, VHU_TX);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	iotlb_no_miss(&x);
	ktap_eq(read(x.n.fd, &m, 0), 0);
	frame_fill(mock_io_ptr(&x.tx, 0) + x.n.hdr_len, 100, 5);
	ktap_ok(mock_tx_post(&x.tx, 0, 100, NULL));
	mock_ring_submit(x.tx.ring);
	at = mock_io_addr(&x.tx, 0);
	ktap_check(mock_fd_wait(x.n.fd, FIXTURE_WAIT), "no miss came");
	/* Short reads return nothing and lose nothing. */
	ktap_eq(read(x.n.fd, small, sizeof(small)), 0);
	m = iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
	ktap_eq(m.iova, at);
	ktap_eq(m.perm, VHOST_ACCESS_RO);
	/* Read, unanswered: no second one until the next kick. */
	iotlb_no_miss(&x);
	/* An answer for another page does not help. */
	ktap_ok(iotlb_map(&x.n, at + 64 * 4096, 4096, VHOST_ACCESS_RW));
	iotlb_no_miss(&x);
	ktap_ok(iotlb_map(&x.n, at, 4096, VHOST_ACCESS_RO));
	fixture_expect_frame(&x, 5, 100);
	fixture_tx_reap(&x);
	iotlb_no_miss(&x);
}

/* HO9: a miss that is never answered costs nothing and can be repeated. */
KTAP_TEST(iotlb_unanswered, KTAP_LONG, net_layouts, "iotlb_HO9_unanswered")
{
	struct vhost_iotlb_msg m;
	struct fixture x;
	unsigned int i;
	__u64 runs;

	iotlb_open(&x, arg, true, 64);
	iotlb_map_ring(&x, VHU_TX);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	frame_fill(mock_io_ptr(&x.tx, 0) + x.n.hdr_len, 100, 5);
	ktap_ok(mock_tx_post(&x.tx, 0, 100, NULL));
	mock_ring_submit(x.tx.ring);
	m = iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
	runs = fixture_counter(&x, VHU_TX, MYVHOST_CNT_RUNS);
	usleep(500 * 1000);
	runs = fixture_counter(&x, VHU_TX, MYVHOST_CNT_RUNS) - runs;
	ktap_check(runs < 10, "the worker ran %llu times meanwhile", runs);
	if (fixture_is_myvhost(&x)) {
		for (i = 0; i < 3; i++) {
			mock_ring_kick(x.tx.ring);
			m = iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
			ktap_eq(m.iova, mock_io_addr(&x.tx, 0));
		}
	}
	ktap_ok(iotlb_map(&x.n, m.iova, 1, VHOST_ACCESS_RO));
	fixture_expect_frame(&x, 5, 100);
	/* Unanswered for ever: the stop and the close must not mind. */
	ktap_ok(mock_tx_post(&x.tx, 40, 100, NULL));
	mock_ring_submit(x.tx.ring);
	iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
	ktap_ok(mock_net_stop(&x.n));
	ktap_ok(vhost_reset_owner(x.n.fd));
}

/* Misses that are not read: the kernel holds at most one per queue. */
KTAP_TEST(defect_3_4_7, KTAP_LONG, net_layouts, "defect_3_4_7_misses_bounded")
{
	struct vhost_iotlb_msg m;
	unsigned int i, n = 0;
	struct fixture x;
	int version;

	iotlb_open(&x, arg, true, 64);
	iotlb_map_ring(&x, VHU_TX);
	iotlb_map_ring(&x, VHU_RX);
	iotlb_attach(&x);
	ktap_ok(mock_tx_post(&x.tx, 0, 100, NULL));
	mock_ring_submit(x.tx.ring);
	ktap_check(mock_fd_wait(x.n.fd, FIXTURE_WAIT), "no miss came");
	for (i = 0; i < 2000; i++) {
		/* The guest changes the address under way, and kicks. */
		if (x.tx.ring->packed)
			x.tx.ring->pdesc[0].addr += 4096;
		else
			x.tx.ring->desc[x.tx.ring->avail->ring[0]].addr += 4096;
		mock_ring_kick(x.tx.ring);
		if (!(i % 16))
			usleep(200);
	}
	usleep(100 * 1000);
	while (iotlb_read(x.n.fd, &m, &version) == 1)
		n++;
	ktap_check(n >= 1 && n <= 2, "%u misses were waiting", n);
}

/* HO3, HO9: a translation for reading must not serve a write. */
KTAP_TEST(iotlb_wrong_access, KTAP_LONG, net_layouts, "iotlb_HO3_wrong_access")
{
	struct vhost_iotlb_msg m;
	struct fixture x;
	__u8 frame[100], *buf;
	unsigned int i;

	iotlb_open(&x, arg, true, 64);
	iotlb_map_ring(&x, VHU_RX);
	ktap_ok(iotlb_map(&x.n, mock_io_addr(&x.rx, 0), 4096, VHOST_ACCESS_RO));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	ktap_ok(mock_rx_post(&x.rx, 0));
	mock_ring_submit(x.rx.ring);
	frame_fill(frame, sizeof(frame), 3);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	ktap_check(!mock_fd_wait(x.rx.ring->call_fd, FIXTURE_QUIET),
		   "a frame went into a read-only buffer");
	buf = mock_io_ptr(&x.rx, 0);
	for (i = 0; i < 200; i++)
		ktap_check(buf[i] == 0xee, "byte %u was written", i);
	if (!fixture_is_myvhost(&x))
		return;
	/* Either the access is asked for, or the queue has stopped. */
	if (mock_fd_wait(x.n.fd, FIXTURE_QUIET)) {
		m = iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
		ktap_check(m.perm & VHOST_ACCESS_WO, "asked for access %u",
			   m.perm);
	} else {
		ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_BAD_ACCESS),
			1);
		ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 1);
	}
}

/* Translations are invalidated under traffic and requested again. */
KTAP_TEST(iotlb_invalidate_live, KTAP_LONG, net_layouts,
	  "iotlb_HO9_invalidate_live")
{
	static const __u64 whole[][2] = {
		{ GUEST_IOVA, 0x10000000 },
		{ 0xfef00000, 0xffffffff01100000ULL },
		{ GUEST_IOVA + 0x10000, 0x1000 },
		{ 0x1000, ~0ULL - 0xfff },
	};
	struct iotlb_server s;
	struct fixture x;
	unsigned int i;

	iotlb_open(&x, arg, true, 64);
	ktap_ok(iotlb_server_start(&s, &x.n));
	iotlb_attach(&x);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 16; i++) {
		const __u64 *w = whole[i % 4];

		fixture_tx(&x, i * 100, 30);
		ktap_ok(iotlb_invalidate(x.n.fd, true, w[0], w[1]));
		fixture_rx(&x, i * 100, 30);
		ktap_ok(iotlb_invalidate(x.n.fd, i & 1, w[0], w[1]));
	}
	iotlb_server_stop(&s);
	ktap_eq(s.bad, 0);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
}

/* After INVALIDATE has returned, the old page is not touched any more. */
KTAP_TEST(iotlb_invalidate_sync, KTAP_LONG, net_layouts,
	  "iotlb_invalidate_sync")
{
	struct iotlb_server s;
	struct mock_ring *r;
	struct fixture x;
	__u64 other, hva;
	__u8 *old;
	unsigned int i;

	iotlb_open(&x, arg, true, 64);
	other = guest_alloc(&x.n.mem, 4096, 4096);
	r = x.tx.ring;
	ktap_ok(iotlb_server_start(&s, &x.n));
	iotlb_attach(&x);
	fixture_tx(&x, 1, 20);
	iotlb_server_stop(&s);
	ktap_check(s.bad == 0, "bad miss");
	/* The used ring (or device event) moves to another host page. */
	hva = guest_hva(&x.n.mem, r->device_addr);
	old = guest_ptr(&x.n.mem, r->device_addr);
	ktap_ok(iotlb_invalidate(x.n.fd, true, r->device_addr, 4096));
	memcpy(guest_ptr(&x.n.mem, other), old, 4096);
	memset(old, 0x77, 4096);
	ktap_ok(iotlb_update(x.n.fd, true, r->device_addr, 4096,
			     guest_hva(&x.n.mem, other), VHOST_ACCESS_RW));
	if (r->packed)
		r->device_event = guest_ptr(&x.n.mem, other);
	else
		r->used = guest_ptr(&x.n.mem, other);
	ktap_ok(iotlb_server_start(&s, &x.n));
	fixture_tx(&x, 100, 50);
	for (i = 0; i < 4096; i++)
		ktap_check(old[i] == 0x77, "byte %u of the old page at %llx changed",
			   i, hva);
	iotlb_server_stop(&s);
}

/* CVE-2026-74580: a ring that is moved is not looked for in the old place. */
KTAP_TEST(iotlb_new_address, KTAP_LONG, net_layouts, "iotlb_new_address")
{
	struct iotlb_server s;
	struct fixture x;
	__u64 driver;
	void *to;

	iotlb_open(&x, arg, true, 64);
	driver = guest_alloc(&x.n.mem, 4096, 4096);
	ktap_ok(iotlb_server_start(&s, &x.n));
	iotlb_attach(&x);
	fixture_tx(&x, 1, 20);
	to = guest_ptr(&x.n.mem, driver);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, -1));
	memcpy(to, guest_ptr(&x.n.mem, x.tx.ring->driver_addr), 4096);
	memset(guest_ptr(&x.n.mem, x.tx.ring->driver_addr), 0xff, 4096);
	x.tx.ring->driver_addr = driver;
	x.tx.ring->avail = to;
	x.tx.ring->driver_event = to;
	ktap_ok(mock_net_setup_vq(&x.n, VHU_TX, false));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	fixture_tx(&x, 100, 20);
	iotlb_server_stop(&s);
}

/* e2ae38cf3d91, HO9: sizes and ranges that are none. */
KTAP_TEST(iotlb_bad_messages, KTAP_SHORT, net_split, "iotlb_bad_messages")
{
	struct vhost_iotlb_msg m = { .type = VHOST_IOTLB_MISS, .iova = 4096,
				     .size = 4096, .perm = 1 };
	__u8 raw[80] = { VHOST_IOTLB_MSG_V2 };
	struct fixture x;
	__u64 hva;
	int fd, v;

	iotlb_open(&x, arg, true, 64);
	fd = x.n.fd;
	hva = guest_hva(&x.n.mem, x.n.mem.base);
	for (v = 0; v < 2; v++) {
		ktap_eq(iotlb_update(fd, v, 0x1000, 0, hva, 3), -EINVAL);
		ktap_eq(iotlb_update(fd, v, ~0ULL - 4095, 8192, hva, 3),
			-EFAULT);
		ktap_eq(iotlb_update(fd, v, 0x1000, 4096, 0xffff888000000000ULL,
				     3), -EFAULT);
		ktap_eq(iotlb_update(fd, v, 0x1000, ~0ULL, hva, 3), -EFAULT);
		ktap_ok(iotlb_update(fd, v, ~0ULL - 4095, 4096, hva, 3));
		ktap_ok(iotlb_update(fd, v, 0, 4096, hva, 3));
		ktap_ok(iotlb_update(fd, v, 0, 8192, hva, 1));
		if (fixture_is_myvhost(&x))
			ktap_check(iotlb_invalidate(fd, v, 0x1000, 0) < 0,
				   "INVALIDATE of size 0 was accepted");
		ktap_ok(iotlb_invalidate(fd, v, 0, ~0ULL));
		ktap_eq(iotlb_send(fd, v, &m), -EFAULT);
	}
	m.type = 77;
	ktap_eq(iotlb_send(fd, true, &m), -EFAULT);
	for (v = 0; v < 40; v++)
		ktap_check(write(fd, raw, v) < 0 && errno == EINVAL,
			   "message of %d bytes", v);
	raw[0] = 9;
	ktap_check(write(fd, raw, 72) < 0 && errno == EINVAL, "version 9");
}

/* CVE-2026-74713: translations without end are refused or forgotten. */
KTAP_TEST(iotlb_flood, KTAP_LONG, net_split, "iotlb_flood")
{
	struct iotlb_server s;
	struct fixture x;
	unsigned int i;
	__u64 hva;
	int r = 0;

	iotlb_open(&x, arg, true, 64);
	hva = guest_hva(&x.n.mem, x.n.mem.base);
	for (i = 0; i < 4000 && !r; i++)
		r = iotlb_update(x.n.fd, true, (1ULL << 40) + i * 8192ULL,
				 4096, hva, 3);
	ktap_check(!r || r == -EFAULT || r == -ENOSPC || r == -ENOMEM,
		   "update %u: %d", i, r);
	/* It still works. */
	ktap_ok(iotlb_invalidate(x.n.fd, true, 1ULL << 40, 1ULL << 40));
	ktap_ok(iotlb_server_start(&s, &x.n));
	ktap_ok(iotlb_map_used(&x.n));
	iotlb_attach(&x);
	fixture_tx(&x, 1, 20);
	iotlb_server_stop(&s);
}

/* Without bit 33 the ring addresses are the owner's again. */
KTAP_TEST(iotlb_back_to_identity, KTAP_LONG, net_layouts,
	  "iotlb_back_to_identity")
{
	const struct combo *c = arg;
	struct vhost_iotlb_msg m;
	struct iotlb_server s;
	struct fixture x;
	struct pollfd p;
	unsigned int i;
	int version;

	iotlb_open(&x, c, true, 64);
	ktap_ok(iotlb_server_start(&s, &x.n));
	iotlb_attach(&x);
	fixture_tx(&x, 1, 20);
	iotlb_server_stop(&s);
	ktap_ok(mock_net_stop(&x.n));
	ktap_ok(vhost_set_features(x.n.fd, c->f));
	ktap_eq(iotlb_update(x.n.fd, true, 0x1000, 4096,
			     guest_hva(&x.n.mem, x.n.mem.base), 3), -EFAULT);
	p = (struct pollfd) { .fd = x.n.fd, .events = POLLIN };
	ktap_eq(poll(&p, 1, 0), 0);
	ktap_eq(iotlb_read(x.n.fd, &m, &version), 0);
	/* Pages unshuffled: bus addresses are guest-physical addresses now. */
	guest_mem_fini(&x.n.mem);
	ktap_ok(guest_mem_init(&x.n.mem, 4 << 20, false));
	x.n.iommu = false;
	for (i = 0; i < VHU_NVQS; i++) {
		struct mock_ring_cfg rc = x.n.ring[i].cfg;

		mock_ring_fini(&x.n.ring[i]);
		ktap_ok(mock_ring_init(&x.n.ring[i], &x.n.mem, &rc));
	}
	x.n.cfg.features[0] = c->f[0];
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx(&x, 1, 40);
}

/* A queue that stops takes its own miss along, not that of the other one. */
KTAP_TEST(iotlb_stop_other, KTAP_LONG, net_layouts, "iotlb_stop_other")
{
	struct vhost_iotlb_msg m;
	struct fixture x;
	__u8 frame[100];

	iotlb_open(&x, arg, true, 64);
	iotlb_map_ring(&x, VHU_TX);
	iotlb_map_ring(&x, VHU_RX);
	iotlb_attach(&x);
	mock_rx_fill(&x.rx);
	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	m = iotlb_expect_miss(&x, VHOST_IOTLB_MSG_V2);
	ktap_check(m.perm & VHOST_ACCESS_WO, "asked for access %u", m.perm);
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, -1));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	ktap_ok(iotlb_map(&x.n, x.rx.addr, 64 * 2048, VHOST_ACCESS_RW));
	ktap_check(mock_ring_wait(x.rx.ring, FIXTURE_WAIT) == 1,
		   "the answer to the other queue's miss was ignored");
}

static void *iotlb_reader(void *arg)
{
	struct fixture *x = arg;
	__u8 buf[72];
	ssize_t r = read(x->n.fd, buf, sizeof(buf));

	return (void *)(long)(r < 0 ? -errno : r);
}

/* A reader that waits for a miss is woken when there will be none. */
KTAP_TEST(iotlb_wake_reader, KTAP_BRIEF, net_split, "iotlb_wake_reader")
{
	const struct combo *c = arg;
	pthread_t thread;
	struct fixture x;
	void *ret;
	int fl;

	iotlb_open(&x, c, true, 64);
	fl = ktap_ok(fcntl(x.n.fd, F_GETFL));
	ktap_ok(fcntl(x.n.fd, F_SETFL, fl & ~O_NONBLOCK));
	ktap_check(!pthread_create(&thread, NULL, iotlb_reader, &x), "thread");
	usleep(50 * 1000);
	ktap_ok(vhost_set_features(x.n.fd, c->f));
	pthread_join(thread, &ret);
	ktap_eq((long)ret, -EBADFD);
}

/* Without an IOMMU a blocking reader is sent away, not left to wait. */
KTAP_TEST(iotlb_read_without, KTAP_BRIEF, net_split, "iotlb_read_without")
{
	struct mock_net_cfg cfg;
	struct fixture x;
	__u8 buf[72];
	int fl;

	fixture_cfg(&cfg, arg);
	fixture_open(&x, &cfg);
	ktap_check(read(x.n.fd, buf, sizeof(buf)) < 0 && errno == EAGAIN,
		   "read without an IOMMU");
	fl = ktap_ok(fcntl(x.n.fd, F_GETFL));
	ktap_ok(fcntl(x.n.fd, F_SETFL, fl & ~O_NONBLOCK));
	ktap_check(read(x.n.fd, buf, sizeof(buf)) < 0 && errno == EBADFD,
		   "blocking read without an IOMMU: %s", strerror(errno));
	ktap_eq(iotlb_update(x.n.fd, false, 0, 4096, 4096, 3), -EFAULT);
	ktap_eq(iotlb_invalidate(x.n.fd, false, 0, 4096), -EFAULT);
}

/* A device whose indirect tables are as long as can be. */
static void iotlb_open_tables(struct fixture *x, const struct combo *c)
{
	struct combo with = *c;
	struct mock_net_cfg cfg;

	with.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &with);
	cfg.mem_size = 16 << 20;
	cfg.num = 32;
	cfg.table_max = 4096;
	cfg.backend_features = VHU_BF_MSG_V2;
	fixture_open(x, &cfg);
	ktap_ok(mock_net_setup(&x->n));
}

/* A translation that is smaller than a page, and where there are some. */
#define IOTLB_TINY	16
#define IOTLB_TINY_AT	(1ULL << 40)

/* One chain of @n empty buffers and one of @len bytes at @addr. */
static void iotlb_add_empty(struct mock_ring *r, unsigned int n, __u64 addr,
			    __u32 len)
{
	static struct mock_seg seg[4096];
	unsigned int i;

	for (i = 0; i < n; i++)
		seg[i] = (struct mock_seg) { addr, 0, true };
	seg[n] = (struct mock_seg) { addr, len, true };
	ktap_ok(mock_ring_add(r, seg, n + 1, true, 0));
}

/*
 * A chain of more pieces than there is room for at first, which is met when the budget
 * of descriptors is nearly used up: the guest has buffers, so that is no stall.
 *
 * It must be the first of those that are taken at a time, hence the number of the others.
 */
KTAP_TEST(iotlb_budget, KTAP_LONG, net_layouts, "iotlb_scattered_end_of_budget")
{
	const unsigned int before = 16, n_empty = 65536 / before - 10;
	static struct mock_seg seg[1024];
	struct mock_used u;
	struct fixture x;
	__u64 page, table;
	__u8 frame[60];
	unsigned int i;

	iotlb_open_tables(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("others have no such budget");
	page = guest_alloc(&x.n.mem, 4096, 4096);
	iotlb_map_ring(&x, VHU_RX);
	mock_ring_table(&x.n.ring[VHU_RX], 0, &table);
	ktap_ok(iotlb_map(&x.n, table, 32 * 4096 * 16, VHOST_ACCESS_RO));
	ktap_ok(iotlb_map(&x.n, page, 4096, VHOST_ACCESS_RW));
	for (i = 0; i < 4096; i += IOTLB_TINY)
		ktap_ok(iotlb_update(x.n.fd, true, IOTLB_TINY_AT + i, IOTLB_TINY,
				     guest_hva(&x.n.mem, page) + i,
				     VHOST_ACCESS_RW));
	for (i = 0; i < before; i++)
		iotlb_add_empty(&x.n.ring[VHU_RX], n_empty, page, 2048);
	for (i = 0; i < 1024; i++)
		seg[i] = (struct mock_seg) { IOTLB_TINY_AT, 3 * IOTLB_TINY, true };
	ktap_ok(mock_ring_add(&x.n.ring[VHU_RX], seg, 1024, true, 0));
	mock_ring_publish(&x.n.ring[VHU_RX]);
	frame_fill(frame, sizeof(frame), 1);
	for (i = 0; i <= before; i++)
		ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, x.tap));
	for (i = 0; i <= before; i++) {
		ktap_eq(mock_ring_wait_used(&x.n.ring[VHU_RX], &u, FIXTURE_WAIT), 1);
		ktap_eq(u.len, sizeof(frame) + x.n.hdr_len);
	}
	ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_MISSES), 0);
	ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_STALLS), 0);
}

/*
 * One frame in as many buffers as a chain may have, each of which crosses from one
 * translation to another: more than the device keeps, unless they are needed.
 */
KTAP_TEST(iotlb_scattered, KTAP_LONG, net_layouts, "iotlb_HO11_scattered")
{
	const unsigned int n = 1024, len = 2 * n;
	static struct mock_seg seg[1024];
	struct iotlb_server s;
	struct fixture x;
	__u8 data[2048];
	unsigned int i;
	__u64 addr;

	iotlb_open_tables(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("others give up on so many pieces");
	memset(data, 0, x.n.hdr_len);
	frame_fill(data + x.n.hdr_len, len - x.n.hdr_len, 3);
	addr = guest_alloc(&x.n.mem, n * 8192ULL, 4096) + 4095;
	for (i = 0; i < n; i++) {
		seg[i] = (struct mock_seg) { addr + i * 8192ULL, 2, false };
		memcpy(guest_ptr(&x.n.mem, seg[i].addr), data + 2 * i, 2);
	}
	ktap_ok(iotlb_server_start(&s, &x.n));
	ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
	for (i = 0; i < 2; i++) {
		ktap_ok(mock_ring_add(&x.n.ring[VHU_TX], seg, n, true, 0));
		mock_ring_submit(&x.n.ring[VHU_TX]);
		fixture_expect_frame(&x, 3, len - x.n.hdr_len);
	}
	ktap_ok(mock_net_stop(&x.n));
	iotlb_server_stop(&s);
	ktap_eq(s.bad, 0);
	ktap_check(s.answered > 2 * n && s.answered < 8 * n, "%u misses",
		   s.answered);
}
