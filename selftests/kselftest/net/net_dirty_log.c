// SPDX-License-Identifier: GPL-2.0
/*
 * The dirty log, page by page: what is written is logged, nothing else is.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "dirty_log.h"
#include "net_fixture.h"
#include "iotlb.h"

#define DIRTY_NUM	1024	/* a used ring of several pages */
#define DIRTY_STRIDE	8192	/* a buffer of two pages */

/**
 * struct dirty_case - how to write
 * @c: features, logging included
 * @len: length of the frames
 * @start: first index
 */
struct dirty_case {
	struct combo c;
	unsigned int len;
	__u16 start;
};

static void dirty_open(struct fixture *x, struct dirty_log *d,
		       const struct combo *c, __u16 start)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	cfg.num = DIRTY_NUM;
	cfg.mem_size = 32 << 20;
	cfg.table_max = 4;
	cfg.start[VHU_RX] = start;
	cfg.start[VHU_TX] = start;
	cfg.head[VHU_RX] = start % DIRTY_NUM;
	cfg.head[VHU_TX] = start % DIRTY_NUM;
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, DIRTY_STRIDE, 64));
	x->tx.indirect = c->indirect;
	x->rx.indirect = c->indirect;
	ktap_ok(dirty_log_init(d, &x->n.mem));
	ktap_ok(mock_net_setup(&x->n));
}

static void dirty_on(struct fixture *x, const struct dirty_log *d)
{
	__u64 f[2] = { x->n.cfg.features[0] | VHU_LOG_ALL,
		       x->n.cfg.features[1] };

	/* The order in which QEMU does it, running or not. */
	ktap_ok(vhost_set_log_base(x->n.fd, d->map));
	ktap_ok(vhost_set_features(x->n.fd, f));
	ktap_ok(mock_net_set_addr(&x->n, VHU_RX, true));
	ktap_ok(mock_net_set_addr(&x->n, VHU_TX, true));
}

static void dirty_off(struct fixture *x)
{
	ktap_ok(vhost_set_features(x->n.fd, x->n.cfg.features));
	ktap_ok(mock_net_set_addr(&x->n, VHU_RX, false));
	ktap_ok(mock_net_set_addr(&x->n, VHU_TX, false));
}

static void dirty_attach(struct fixture *x)
{
	ktap_ok(vhost_set_backend(x->n.fd, VHU_RX, x->tap));
	ktap_ok(vhost_set_backend(x->n.fd, VHU_TX, x->tap));
}

static void dirty_check(struct fixture *x, const struct dirty_log *d)
{
	long page;

	/* The log is complete when the queue has been stopped. */
	ktap_ok(mock_net_stop(&x->n));
	page = dirty_log_missing(d);
	ktap_check(page < 0, "page 0x%lx was written but is not in the log",
		   page);
	page = dirty_log_surplus(d);
	ktap_check(page < 0, "page 0x%lx is in the log but was not written",
		   page);
}

/* Pages that a device writes when it says that it listens. */
static void dirty_may_events(struct dirty_log *d, const struct fixture *x)
{
	unsigned int i;

	for (i = 0; i < VHU_NVQS; i++) {
		__u64 at = x->n.ring[i].device_addr;

		dirty_log_may(d, at, 4);
		if (!x->n.ring[i].packed)
			dirty_log_may(d, at + 4 + 8 * x->n.cfg.num, 2);
	}
}

/* Receive one frame of @len bytes; its buffers are added to the set. */
static void dirty_rx(struct fixture *x, struct dirty_log *d, unsigned int len,
		     unsigned int seed)
{
	unsigned int left = len + x->n.hdr_len, n, pos = x->rx.ring->next_used;
	__u8 frame[FRAME_MTU];
	struct mock_used u;

	frame_fill(frame, len, seed);
	ktap_eq(write(x->pkt, frame, len), (int)len);
	for (n = 0; left; n++) {
		unsigned int part = left < x->rx.stride ? left : x->rx.stride;
		int r = n ? mock_ring_get_used(x->rx.ring, &u) :
			mock_ring_wait_used(x->rx.ring, &u, FIXTURE_WAIT);

		ktap_check(r == 1, "frame %u: %s", seed, strerror(-r));
		dirty_log_must(d, mock_io_addr(&x->rx, u.cookie), part);
		left -= part;
	}
	dirty_log_ring(d, x->rx.ring, pos, n);
}

static void dirty_variant(const struct combo *c, unsigned int len, __u16 start,
			  bool indirect);

static KTAP_VARIANTS(dirty_cases, 12)
{
	static const struct combo *const all[] = {
		&combo_split, &combo_packed,
		&combo_split_in_order, &combo_packed_in_order,
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		bool packed = i & 1;

		dirty_variant(all[i], 60, packed ? MOCK_START_WRAP : 0, false);
		dirty_variant(all[i], 1514,
			      packed ? MOCK_START_WRAP | 252 : 507, true);
		dirty_variant(all[i], 1000, packed ? 1020 : 65532, false);
	}
}

static void dirty_variant(const struct combo *c, unsigned int len, __u16 start,
			  bool indirect)
{
	struct dirty_case dc = { .c = *c, .len = len, .start = start };

	dc.c.indirect = indirect;
	ktap_variant(dirty_cases, dc, "%s%s_%u_%x", c->name,
		     indirect ? "_indirect" : "", len, start);
}

/* Rx: buffers as far as written, and the ring. */
KTAP_TEST(dirty_rx_exact, KTAP_SHORT, dirty_cases, "dirty_rx")
{
	const struct dirty_case *dc = arg;
	struct dirty_log d;
	struct fixture x;
	unsigned int i;

	dirty_open(&x, &d, &dc->c, dc->start);
	dirty_on(&x, &d);
	dirty_attach(&x);
	for (i = 0; i < x.rx.count; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	dirty_may_events(&d, &x);
	for (i = 0; i < 10; i++)
		dirty_rx(&x, &d, dc->len, i);
	dirty_check(&x, &d);
}

/* Merged over several buffers, each with pages of its own. */
KTAP_TEST(dirty_rx_merged, KTAP_SHORT, net_orders, "dirty_rx_merged")
{
	struct dirty_log d;
	struct fixture x;
	unsigned int i;
	struct combo c = *(const struct combo *)arg;

	dirty_open(&x, &d, &c, c.f[0] & VHU_PACKED ? MOCK_START_WRAP : 0);
	x.rx.stride = 512;
	dirty_on(&x, &d);
	dirty_attach(&x);
	for (i = 0; i < x.rx.count; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	dirty_may_events(&d, &x);
	for (i = 0; i < 5; i++)
		dirty_rx(&x, &d, 1400, i);
	dirty_check(&x, &d);
}

/* tx: the ring only. */
KTAP_TEST(dirty_tx, KTAP_SHORT, net_orders, "dirty_tx")
{
	const struct combo *c = arg;
	struct dirty_log d;
	struct fixture x;
	unsigned int i;

	dirty_open(&x, &d, c, c->f[0] & VHU_PACKED ? MOCK_START_WRAP | 250 :
						     500);
	dirty_on(&x, &d);
	dirty_attach(&x);
	dirty_may_events(&d, &x);
	for (i = 0; i < 20; i++)
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
	dirty_log_ring(&d, x.tx.ring, x.tx.ring->next_used, 20);
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	dirty_check(&x, &d);
}

/* Put the used ring where a page ends between two entries, at @entry. */
static void dirty_move_used(struct fixture *x, unsigned int entry)
{
	struct mock_ring *r = x->rx.ring;
	__u64 at = guest_alloc(&x->n.mem, 4 * 4096, 4096);

	at += (2 * 4096 - (4 + 8 * entry) % 4096) % 4096;
	memcpy(guest_ptr(&x->n.mem, at), r->used, 6 + 8 * r->cfg.num);
	r->used = guest_ptr(&x->n.mem, at);
	r->device_addr = at;
	ktap_ok(mock_net_set_addr(&x->n, VHU_RX, false));
}

/*
 * In-order frames that are used at once, close to the end of the ring: all
 * entries that are written are logged, whatever the cursor is afterwards.
 */
KTAP_TEST(defect_3_4_2, KTAP_SHORT, net_in_order, "defect_3_4_2_in_order_log")
{
	const struct combo *c = arg;
	bool packed = c->f[0] & VHU_PACKED;
	__u8 frame[100];
	struct dirty_log d;
	struct fixture x;
	struct mock_used u;
	unsigned int i;

	dirty_open(&x, &d, c, packed ? MOCK_START_WRAP | 226 : 960);
	if (!packed)
		dirty_move_used(&x, 990);
	dirty_on(&x, &d);
	dirty_attach(&x);
	dirty_may_events(&d, &x);
	for (i = 0; i < 60; i++) {
		frame_fill(frame, sizeof(frame), i);
		ktap_eq(write(x.pkt, frame, sizeof(frame)),
			(int)sizeof(frame));
	}
	/* The frames wait; now they find all buffers in one go. */
	dirty_log_ring(&d, x.rx.ring, x.rx.ring->next_used, 60);
	for (i = 0; i < 60; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	for (i = 0; i < 60; i++) {
		ktap_eq(mock_ring_wait_used(x.rx.ring, &u, FIXTURE_WAIT), 1);
		dirty_log_must(&d, mock_io_addr(&x.rx, u.cookie),
			       sizeof(frame) + x.n.hdr_len);
	}
	dirty_check(&x, &d);
}

/* On and off while traffic runs; the log is unmapped without an ioctl. */
KTAP_TEST(dirty_live, KTAP_LONG, net_layouts, "dirty_live")
{
	const struct combo *c = arg;
	struct dirty_log d;
	struct fixture x;
	unsigned int i;
	int log_fd = eventfd(0, EFD_NONBLOCK);

	dirty_open(&x, &d, c, c->f[0] & VHU_PACKED ? MOCK_START_WRAP : 0);
	dirty_attach(&x);
	mock_rx_fill(&x.rx);
	ktap_ok(vhost_set_log_fd(x.n.fd, log_fd));
	for (i = 0; i < 5; i++) {
		fixture_rx(&x, i * 100, 20);
		dirty_on(&x, &d);
		mock_fd_drain(log_fd);
		memset(d.map, 0, d.size);
		memset(d.must, 0, d.size);
		dirty_log_must(&d, x.rx.ring->device_addr + 2,
			       x.rx.ring->packed ? 0 : 2);
		fixture_rx(&x, i * 100 + 20, 20);
		ktap_check(mock_fd_wait(log_fd, FIXTURE_WAIT),
			   "nothing said that the log was written");
		ktap_check(dirty_log_missing(&d) < 0, "used index not logged");
		fixture_tx(&x, i * 100, 20);
		dirty_off(&x);
		memset(d.map, 0, d.size);
		ktap_ok(mprotect(d.map, d.size, PROT_NONE) ? -errno : 0);
		fixture_rx(&x, i * 100 + 40, 20);
		fixture_tx(&x, i * 100 + 40, 20);
		ktap_ok(mprotect(d.map, d.size, PROT_READ | PROT_WRITE) ?
			-errno : 0);
		memset(d.must, 0, d.size);
		memset(d.may, 0, d.size);
		ktap_check(dirty_log_surplus(&d) < 0, "logged after the end");
	}
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* The log becomes unmapped under traffic: no harm, and the stop succeeds. */
KTAP_TEST(dirty_log_unmapped, KTAP_SHORT, net_layouts, "dirty_unmapped")
{
	const struct combo *c = arg;
	struct dirty_log d;
	struct fixture x;

	dirty_open(&x, &d, c, c->f[0] & VHU_PACKED ? MOCK_START_WRAP : 0);
	dirty_on(&x, &d);
	dirty_attach(&x);
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 1, 20);
	munmap(d.map, d.size);
	fixture_rx(&x, 100, 20);
	fixture_tx(&x, 100, 20);
	ktap_ok(mock_net_stop(&x.n));
}

/* HO12, CVE-2019-14835: logging, and chains as long as they may be. */
KTAP_TEST(dirty_long_chain, KTAP_SHORT, net_layouts, "dirty_HO12_long_chain")
{
	static unsigned int pieces[1024];
	const struct combo *c = arg;
	struct mock_net_cfg cfg;
	struct dirty_log d;
	struct fixture x;
	unsigned int i;

	fixture_cfg(&cfg, c);
	cfg.num = 64;
	cfg.table_max = 1024;
	cfg.mem_size = 32 << 20;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, 16));
	for (i = 0; i < 1000; i++)
		pieces[i] = 2;
	x.rx.pieces = pieces;
	x.rx.indirect = true;
	ktap_ok(dirty_log_init(&d, &x.n.mem));
	ktap_ok(mock_net_setup(&x.n));
	dirty_on(&x, &d);
	dirty_attach(&x);
	mock_rx_fill(&x.rx);
	for (i = 0; i < 10; i++)
		fixture_rx(&x, i, 4);
	dirty_log_must(&d, mock_io_addr(&x.rx, 0), 100);
	ktap_check(dirty_log_missing(&d) < 0, "buffer is not in the log");
}

/* With an IOMMU guest-physical pages are found through the memory table. */
KTAP_TEST(dirty_iommu, KTAP_SHORT, net_layouts, "dirty_PK16_iommu")
{
	struct combo c = *(const struct combo *)arg;
	struct iotlb_server s;
	struct mock_net_cfg cfg;
	struct dirty_log d;
	struct fixture x;
	unsigned int i;

	c.f[0] |= VHU_ACCESS_PLATFORM;
	fixture_cfg(&cfg, &c);
	cfg.backend_features = VHU_BF_MSG_V2;
	cfg.mem_size = 2 << 20;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, DIRTY_STRIDE, 16));
	ktap_ok(dirty_log_init(&d, &x.n.mem));
	ktap_ok(mock_net_setup(&x.n));
	dirty_on(&x, &d);
	ktap_ok(iotlb_server_start(&s, &x.n));
	ktap_ok(iotlb_map_used(&x.n));
	dirty_attach(&x);
	for (i = 0; i < x.rx.count; i++)
		ktap_ok(mock_rx_post(&x.rx, i));
	mock_ring_submit(x.rx.ring);
	dirty_may_events(&d, &x);
	for (i = 0; i < 5; i++)
		dirty_rx(&x, &d, 1000, i);
	dirty_check(&x, &d);
	iotlb_server_stop(&s);
}
