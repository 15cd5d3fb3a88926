// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that breaks the protocol: the queue stops, says so once, counts it,
 * and can be started again.  Nothing else is disturbed.
 */
#include <sys/mman.h>

#include "net_fixture.h"

/* One broken buffer, and the counters one of which must count it. */
struct hostile_case {
	const char *name;
	void (*make)(struct fixture *x, unsigned int vq);
	unsigned int vq;
	enum myvhost_counter want, or;
	bool split_only, packed_only;
};

static struct mock_io *hostile_io(struct fixture *x, unsigned int vq)
{
	return vq == VHU_TX ? &x->tx : &x->rx;
}

static struct mock_seg hostile_seg(struct fixture *x, unsigned int vq,
				   unsigned int off, unsigned int len)
{
	return (struct mock_seg) {
		mock_io_addr(hostile_io(x, vq), 0) + off, len, vq == VHU_RX,
	};
}

static void hostile_add(struct fixture *x, unsigned int vq,
			const struct mock_seg *seg, unsigned int n, bool indirect)
{
	ktap_ok(mock_ring_add(&x->n.ring[vq], seg, n, indirect, 0));
}

/* Descriptor of the buffer added last, which is a single one. */
static void *hostile_last(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];

	if (r->packed)
		return &r->pdesc[(r->next_avail + r->cfg.num - 1) % r->cfg.num];
	return &r->desc[r->avail->ring[(__u16)(r->next_avail - 1) % r->cfg.num]];
}

static void hostile_plain(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, 1000);

	memset(mock_io_ptr(hostile_io(x, vq), 0), 0, 2048);
	hostile_add(x, vq, &seg, 1, false);
}

/* SP1: the available index runs ahead of the ring. */
static void bad_index(struct fixture *x, unsigned int vq)
{
	x->n.ring[vq].next_avail += x->n.cfg.num + 1;
}

/* SP4: a head that is no descriptor. */
static void bad_head(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];

	hostile_plain(x, vq);
	r->avail->ring[(__u16)(r->next_avail - 1) % r->cfg.num] = r->cfg.num;
}

/* SP4: a next that is no descriptor. */
static void bad_next(struct fixture *x, unsigned int vq)
{
	struct vring_desc *d;

	hostile_plain(x, vq);
	d = hostile_last(x, vq);
	d->flags |= VRING_DESC_F_NEXT;
	d->next = 0xffff;
}

/* SP5: a chain that bites its tail. */
static void bad_loop(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];
	struct vring_desc *d;

	hostile_plain(x, vq);
	d = hostile_last(x, vq);
	d->flags |= VRING_DESC_F_NEXT;
	d->next = r->avail->ring[(__u16)(r->next_avail - 1) % r->cfg.num];
}

/* PK4: more descriptors with NEXT than the ring has. */
static void bad_long_packed(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];
	struct mock_seg seg[64];
	unsigned int i;

	for (i = 0; i < 64; i++)
		seg[i] = hostile_seg(x, vq, i * 16, 16);
	hostile_add(x, vq, seg, 64, false);
	for (i = 0; i < 64; i++)
		r->pdesc[i].flags |= VRING_DESC_F_NEXT;
	r->held_flags |= VRING_DESC_F_NEXT;
}

/* SP7: readable after writable. */
static void bad_order(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg[2];

	seg[0] = hostile_seg(x, vq, 0, 500);
	seg[1] = hostile_seg(x, vq, 500, 500);
	seg[0].write = true;
	seg[1].write = false;
	hostile_add(x, vq, seg, 2, false);
}

static void bad_order_indirect(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg[2];

	seg[0] = hostile_seg(x, vq, 0, 500);
	seg[1] = hostile_seg(x, vq, 500, 500);
	seg[0].write = true;
	seg[1].write = false;
	hostile_add(x, vq, seg, 2, true);
}

static void hostile_table_len(struct fixture *x, unsigned int vq, __u32 len)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, 1000);

	hostile_add(x, vq, &seg, 1, true);
	if (x->n.ring[vq].packed)
		((struct vring_packed_desc *)hostile_last(x, vq))->len = len;
	else
		((struct vring_desc *)hostile_last(x, vq))->len = len;
}

/* SP9, PK6: tables of impossible sizes. */
static void bad_table_empty(struct fixture *x, unsigned int vq)
{
	hostile_table_len(x, vq, 0);
}

static void bad_table_odd(struct fixture *x, unsigned int vq)
{
	hostile_table_len(x, vq, 17);
}

static void bad_table_huge(struct fixture *x, unsigned int vq)
{
	hostile_table_len(x, vq, 0xfffffff0);
}

/* SP9: a table in a table; a next beyond the table; a loop inside. */
static struct vring_desc *hostile_table(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg[2];

	seg[0] = hostile_seg(x, vq, 0, 500);
	seg[1] = hostile_seg(x, vq, 500, 500);
	hostile_add(x, vq, seg, 2, true);
	return guest_ptr(&x->n.mem,
			 ((struct vring_desc *)hostile_last(x, vq))->addr);
}

static void bad_table_nested(struct fixture *x, unsigned int vq)
{
	hostile_table(x, vq)[1].flags |= VRING_DESC_F_INDIRECT;
}

static void bad_table_next(struct fixture *x, unsigned int vq)
{
	hostile_table(x, vq)[0].next = 2;
}

static void bad_table_loop(struct fixture *x, unsigned int vq)
{
	hostile_table(x, vq)[0].next = 0;
}

/* PK6: a table behind a direct descriptor. */
static void bad_table_behind(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		seg[i] = hostile_seg(x, vq, i * 100, 100);
	ktap_ok(mock_ring_add_mixed(&x->n.ring[vq], seg, 3, 1, 0));
}

/* HO11: more pieces than a device has to cope with. */
static void bad_segments(struct fixture *x, unsigned int vq)
{
	static struct mock_seg seg[4000];
	unsigned int i;

	for (i = 0; i < 4000; i++)
		seg[i] = hostile_seg(x, vq, i % 1000, 1);
	hostile_add(x, vq, seg, 4000, true);
}

static void hostile_at(struct fixture *x, unsigned int vq, __u64 addr,
		       __u32 len)
{
	struct mock_seg seg = { addr, len, vq == VHU_RX };

	hostile_add(x, vq, &seg, 1, false);
}

/* SP12, HO1: outside of all memory, running past its end, wrapping. */
static void bad_address(struct fixture *x, unsigned int vq)
{
	hostile_at(x, vq, 0x1000, 1000);
}

static void bad_address_end(struct fixture *x, unsigned int vq)
{
	hostile_at(x, vq, x->n.mem.base + x->n.mem.size - 100, 1000);
}

static void bad_address_wrap(struct fixture *x, unsigned int vq)
{
	hostile_at(x, vq, ~0ULL - 99, 1000);
}

static void bad_table_address(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, 1000);

	hostile_add(x, vq, &seg, 1, true);
	if (x->n.ring[vq].packed)
		((struct vring_packed_desc *)hostile_last(x, vq))->addr = 4096;
	else
		((struct vring_desc *)hostile_last(x, vq))->addr = 4096;
}

/* HO4: the wrong direction. */
static void bad_direction(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, 1000);

	seg.write = !seg.write;
	hostile_add(x, vq, &seg, 1, false);
}

/* HO4: readable and writable in one buffer. */
static void bad_direction_mixed(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg[2];

	seg[0] = hostile_seg(x, vq, 0, 500);
	seg[1] = hostile_seg(x, vq, 500, 500);
	seg[0].write = false;
	seg[1].write = true;
	hostile_add(x, vq, seg, 2, false);
}

/* HO5: shorter than the header. */
static void bad_length(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, x->n.hdr_len - 1);

	hostile_add(x, vq, &seg, 1, false);
}

static void bad_length_zero(struct fixture *x, unsigned int vq)
{
	struct mock_seg seg = hostile_seg(x, vq, 0, 0);

	hostile_add(x, vq, &seg, 1, false);
}

#define C(x)	MYVHOST_CNT_BAD_##x
#define SPLIT	.split_only = true
#define PACKED	.packed_only = true

static const struct hostile_case hostile_cases[] = {
	{ "SP1_index_tx", bad_index, VHU_TX, C(INDEX), C(INDEX), SPLIT },
	{ "SP1_index_rx", bad_index, VHU_RX, C(INDEX), C(INDEX), SPLIT },
	{ "SP4_head_tx", bad_head, VHU_TX, C(HEAD), C(HEAD), SPLIT },
	{ "SP4_head_rx", bad_head, VHU_RX, C(HEAD), C(HEAD), SPLIT },
	{ "SP4_next", bad_next, VHU_TX, C(HEAD), C(CHAIN), SPLIT },
	{ "SP5_loop_tx", bad_loop, VHU_TX, C(CHAIN), C(CHAIN), SPLIT },
	{ "SP5_loop_rx", bad_loop, VHU_RX, C(CHAIN), C(CHAIN), SPLIT },
	{ "PK4_long", bad_long_packed, VHU_TX, C(CHAIN), C(CHAIN), PACKED },
	{ "SP7_order_tx", bad_order, VHU_TX, C(ORDER), C(DIRECTION) },
	{ "SP7_order_rx", bad_order, VHU_RX, C(ORDER), C(DIRECTION) },
	{ "SP7_order_indirect", bad_order_indirect, VHU_TX, C(ORDER),
	  C(DIRECTION) },
	{ "SP9_PK6_table_empty", bad_table_empty, VHU_TX, C(INDIRECT),
	  C(INDIRECT) },
	{ "SP9_PK6_table_odd", bad_table_odd, VHU_RX, C(INDIRECT),
	  C(INDIRECT) },
	{ "SP9_PK6_table_huge", bad_table_huge, VHU_TX, C(INDIRECT),
	  C(INDIRECT) },
	{ "SP9_table_nested", bad_table_nested, VHU_TX, C(INDIRECT),
	  C(INDIRECT), SPLIT },
	{ "SP9_table_next", bad_table_next, VHU_TX, C(INDIRECT), C(CHAIN),
	  SPLIT },
	{ "SP9_table_loop", bad_table_loop, VHU_TX, C(CHAIN), C(INDIRECT),
	  SPLIT },
	{ "PK6_table_behind", bad_table_behind, VHU_TX, C(INDIRECT),
	  C(INDIRECT), PACKED },
	{ "HO11_segments_tx", bad_segments, VHU_TX, C(SEGMENTS),
	  C(SEGMENTS) },
	{ "HO11_segments_rx", bad_segments, VHU_RX, C(SEGMENTS),
	  C(SEGMENTS) },
	{ "HO1_address_tx", bad_address, VHU_TX, C(ADDRESS), C(ADDRESS) },
	{ "HO1_address_rx", bad_address, VHU_RX, C(ADDRESS), C(ADDRESS) },
	{ "SP12_end_tx", bad_address_end, VHU_TX, C(ADDRESS), C(ADDRESS) },
	{ "SP12_end_rx", bad_address_end, VHU_RX, C(ADDRESS), C(ADDRESS) },
	{ "SP12_wrap", bad_address_wrap, VHU_TX, C(ADDRESS), C(ADDRESS) },
	{ "HO1_table", bad_table_address, VHU_TX, C(ADDRESS), C(INDIRECT) },
	{ "HO4_direction_tx", bad_direction, VHU_TX, C(DIRECTION), C(ORDER) },
	{ "HO4_direction_rx", bad_direction, VHU_RX, C(DIRECTION), C(ORDER) },
	{ "HO4_mixed_tx", bad_direction_mixed, VHU_TX, C(DIRECTION),
	  C(ORDER) },
	{ "HO4_mixed_rx", bad_direction_mixed, VHU_RX, C(DIRECTION),
	  C(ORDER) },
	{ "HO5_length_tx", bad_length, VHU_TX, C(LENGTH), C(LENGTH) },
	{ "SP11_HO5_zero_tx", bad_length_zero, VHU_TX, C(LENGTH), C(LENGTH) },
};

#define HOSTILE_NCASES	(sizeof(hostile_cases) / sizeof(*hostile_cases))

struct hostile_run {
	const struct hostile_case *hc;
	const struct combo *c;
};

static __u64 hostile_bad_sum(struct fixture *x, unsigned int vq)
{
	__u64 c[MYVHOST_CNT_MAX], n = 0;
	unsigned int i;

	ktap_ok(vhost_get_stats(x->n.fd, vq, c));
	for (i = MYVHOST_CNT_BAD_INDEX; i <= MYVHOST_CNT_BAD_LENGTH; i++)
		n += c[i];
	return n;
}

static void hostile_start(struct fixture *x, const struct combo *c)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	cfg.table_max = 4096;
	cfg.mem_size = 64 << 20;
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, 64));
	ktap_ok(mock_net_start(&x->n, x->tap));
}

static void hostile_send(struct fixture *x, unsigned int len)
{
	__u8 frame[200];

	frame_fill(frame, len, 9);
	ktap_eq(write(x->pkt, frame, len), (int)len);
}

/* The frame that found no good buffer may be kept or lost; the next one comes. */
static void hostile_rx_again(struct fixture *x)
{
	static struct mock_rx_frame f;
	int r;

	mock_rx_fill(&x->rx);
	hostile_send(x, 150);
	do {
		r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);
		ktap_check(!r, "no frame after the restart: %s", strerror(-r));
	} while (f.len != 150);
	ktap_check(frame_check(f.data, 150, 9) < 0, "frame differs");
	fixture_rx(x, 100, 20);
}

static void hostile_check_stopped(struct fixture *x,
				  const struct hostile_case *hc)
{
	struct mock_ring *r = &x->n.ring[hc->vq];
	__u64 n;

	if (!mock_fd_wait(r->err_fd, FIXTURE_WAIT))
		ktap_fail("the error was not reported");
	n = fixture_counter(x, hc->vq, hc->want);
	if (hc->or != hc->want)
		n += fixture_counter(x, hc->vq, hc->or);
	ktap_eq(n, 1);
	ktap_eq(hostile_bad_sum(x, hc->vq), 1);
	/* The error comes once, and kicks change nothing: 3.4.9. */
	for (int i = 0; i < 20; i++)
		mock_ring_kick(r);
	usleep(20 * 1000);
	ktap_eq(mock_fd_drain(r->err_fd), 1);
	ktap_eq(hostile_bad_sum(x, hc->vq), 1);
}

/* What was used is behind the base, and the broken buffer is not. */
static void hostile_check_base(struct fixture *x, unsigned int vq)
{
	unsigned int base;

	ktap_ok(vhost_get_base(x->n.fd, vq, &base));
	ktap_eq(base, mock_ring_idle_base(&x->n.ring[vq]));
}

static KTAP_VARIANTS(hostile_runs, 2 * HOSTILE_NCASES)
{
	static const struct combo *const both[] = { &combo_split, &combo_packed };
	unsigned int i, k;

	for (i = 0; i < HOSTILE_NCASES; i++) {
		for (k = 0; k < 2; k++) {
			const struct hostile_case *hc = &hostile_cases[i];
			const struct hostile_run run = { hc, both[k] };

			if (!(k ? hc->split_only : hc->packed_only))
				ktap_variant(hostile_runs, run, "%s_%s",
					     hc->name, both[k]->name);
		}
	}
}

/* One broken buffer behind good ones; then recovery. */
KTAP_TEST(hostile_one, KTAP_SHORT, hostile_runs, "hostile")
{
	const struct hostile_run *run = arg;
	const struct hostile_case *hc = run->hc;
	struct fixture x;

	hostile_start(&x, run->c);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s goes on after guest errors", ktap_opts.node);
	if (hc->vq == VHU_TX) {
		fixture_tx(&x, 1, 5);
		mock_rx_fill(&x.rx);
	}
	hc->make(&x, hc->vq);
	mock_ring_publish(&x.n.ring[hc->vq]);
	mock_ring_kick(&x.n.ring[hc->vq]);
	if (hc->vq == VHU_RX)
		hostile_send(&x, 100);
	hostile_check_stopped(&x, hc);
	hostile_check_base(&x, hc->vq);
	/* The other queue does not notice. */
	if (hc->vq == VHU_TX)
		fixture_rx(&x, 1, 20);
	else
		fixture_tx(&x, 1, 20);
	fixture_restart_vq(&x, hc->vq);
	if (hc->vq == VHU_TX)
		fixture_tx(&x, 100, 20);
	else
		hostile_rx_again(&x);
	ktap_eq(mock_fd_drain(x.n.ring[hc->vq].err_fd), 0);
}

/* Take access to a page away from the device, or give it back. */
static void hostile_protect(struct fixture *x, __u64 bus, int prot)
{
	void *p = (void *)(uintptr_t)guest_hva(&x->n.mem, bus);

	ktap_check(!mprotect(p, 4096, prot), "mprotect: %s", strerror(errno));
}

/*
 * HO1, CVE-2025-40051: a frame that ends in a page which cannot be read is
 * dropped, counted and completed; the queue continues.
 */
KTAP_TEST(fault_tx, KTAP_SHORT, net_layouts, "hostile_HO1_fault_tx")
{
	__u8 *p, buf[FRAME_MTU];
	struct fixture x;
	struct mock_seg seg;
	__u64 page;

	hostile_start(&x, arg);
	page = guest_alloc(&x.n.mem, 2 * 4096, 4096);
	p = guest_ptr(&x.n.mem, page);
	memset(p, 0, 2 * 4096);
	frame_fill(p + 4096 - 500 + x.n.hdr_len, 1000, 1);
	seg = (struct mock_seg) { page + 4096 - 500, x.n.hdr_len + 1000,
				  false };
	hostile_protect(&x, page + 4096, PROT_NONE);
	ktap_ok(mock_ring_add(x.tx.ring, &seg, 1, false, 0));
	x.tx.held[0] = true;
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	ktap_eq(packet_recv(x.pkt, buf, sizeof(buf), 0), -ETIMEDOUT);
	if (fixture_is_myvhost(&x))
		ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_DROP_FAULT), 1);
	hostile_protect(&x, page + 4096, PROT_READ);
	ktap_ok(mock_ring_add(x.tx.ring, &seg, 1, false, 0));
	x.tx.held[0] = true;
	mock_ring_submit(x.tx.ring);
	fixture_expect_frame(&x, 1, 1000);
	fixture_tx_reap(&x);
	fixture_tx(&x, 100, 20);
}

/* HO1, HO3: rx buffers that cannot be written, wholly or at the end. */
KTAP_TEST(fault_rx, KTAP_SHORT, net_layouts, "hostile_HO3_fault_rx")
{
	struct mock_used u;
	struct mock_seg seg;
	struct fixture x;
	__u8 frame[1000];
	__u64 page;

	hostile_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s does not count", ktap_opts.node);
	page = guest_alloc(&x.n.mem, 2 * 4096, 4096);
	seg = (struct mock_seg) { page + 4096 - 500, 1500, true };
	hostile_protect(&x, page + 4096, PROT_READ);
	ktap_ok(mock_ring_add(x.rx.ring, &seg, 1, false, 0));
	mock_ring_submit(x.rx.ring);
	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	ktap_check(!mock_fd_wait(x.rx.ring->call_fd, FIXTURE_QUIET),
		   "half a frame was delivered");
	ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_DROP_FAULT), 1);
	/* The buffer is still there for the next frame. */
	hostile_protect(&x, page + 4096, PROT_READ | PROT_WRITE);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	ktap_eq(mock_ring_wait_used(x.rx.ring, &u, FIXTURE_WAIT), 1);
	ktap_eq(u.len, sizeof(frame) + x.n.hdr_len);
	ktap_check(frame_check(guest_ptr(&x.n.mem, seg.addr + x.n.hdr_len),
			       sizeof(frame), 1) < 0, "frame differs");
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 100, 20);
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
}

/* Kicking a broken queue is cheap: it neither runs nor reports again. */
KTAP_TEST(defect_3_4_9, KTAP_SHORT, net_layouts, "defect_3_4_9_kicks")
{
	struct fixture x;
	__u64 runs;
	unsigned int i;

	hostile_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("%s goes on after guest errors", ktap_opts.node);
	bad_address(&x, VHU_TX);
	mock_ring_submit(x.tx.ring);
	ktap_check(mock_fd_wait(x.tx.ring->err_fd, FIXTURE_WAIT),
		   "the error was not reported");
	runs = fixture_counter(&x, VHU_TX, MYVHOST_CNT_RUNS);
	for (i = 0; i < 1000; i++)
		mock_ring_kick(x.tx.ring);
	usleep(50 * 1000);
	ktap_eq(fixture_counter(&x, VHU_TX, MYVHOST_CNT_RUNS), runs);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 1);
	ktap_eq(hostile_bad_sum(&x, VHU_TX), 1);
}
