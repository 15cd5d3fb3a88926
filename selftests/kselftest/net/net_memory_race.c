// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that changes its mind while it is looked at, and one that always has
 * work.
 */
#include <fcntl.h>
#include <pthread.h>

#include "net_fixture.h"
#include "rng.h"

#define STRESS_MSECS	1500

/**
 * struct stress - a thread that does one thing over and over
 * @x: fixture
 * @fn: the thing
 * @thread: does it
 * @stop: set to end it
 * @rng: random numbers
 * @relaps: laps of stress_relap() so far
 */
struct stress {
	struct fixture *x;
	void (*fn)(struct stress *s);
	pthread_t thread;
	bool stop;
	struct rng rng;
	unsigned int relaps;
};

static void *stress_run(void *arg)
{
	struct stress *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
		s->fn(s);
	return NULL;
}

static void stress_start(struct stress *s, struct fixture *x,
			 void (*fn)(struct stress *s))
{
	memset(s, 0, sizeof(*s));
	s->x = x;
	s->fn = fn;
	rng_seed(&s->rng, 12345);
	ktap_check(!pthread_create(&s->thread, NULL, stress_run, s), "thread");
}

static void stress_stop(struct stress *s)
{
	__atomic_store_n(&s->stop, true, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
}

/* HO7, SP13: flip words of rings and tables, with values that hurt. */
static void stress_flip(struct stress *s)
{
	static const __u64 nasty[] = {
		0, 1, 0xffff, 0x8000, 0xffffffff, ~0ULL, 0x100000000ULL,
		0x0004000400040004ULL, 0x0001000200010002ULL, 0x8080,
	};
	struct mock_ring *r = &s->x->n.ring[rng_next(&s->rng) & 1];
	unsigned int off = rng_below(&s->rng, 3 * 4096 / 8);
	volatile __u64 *p = guest_ptr(r->mem, r->desc_addr);
	__u64 old = p[off];

	/* Rings and, behind them, tables: the three pages of @r. */
	p[off] = nasty[rng_below(&s->rng, 10)];
	if (rng_next(&s->rng) & 1)
		p[off] = old;
	if (rng_one_in(&s->rng, 64))
		mock_ring_kick(r);
}

KTAP_TEST(stress_flip_rings, KTAP_LONG, net_layouts, "stress_SP13_flip_rings")
{
	__s64 end = mock_msecs() + STRESS_MSECS;
	unsigned int i, broken = 0;
	struct stress s;
	struct fixture x;
	__u8 frame[200];

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	stress_start(&s, &x, stress_flip);
	frame_fill(frame, sizeof(frame), 1);
	while (mock_msecs() < end) {
		for (i = 0; i < VHU_NVQS; i++) {
			struct mock_ring *r = &x.n.ring[i];

			if (!mock_fd_drain(r->err_fd))
				continue;
			fixture_restart_vq(&x, i);
			broken++;
		}
		for (i = 0; i < 8; i++)
			mock_tx_post(&x.tx, i, 100, NULL);
		mock_ring_publish(x.tx.ring);
		mock_rx_fill(&x.rx);
		mock_ring_kick(x.tx.ring);
		mock_ring_kick(x.rx.ring);
		if (write(x.pkt, frame, sizeof(frame)) < 0)
			usleep(100);
	}
	stress_stop(&s);
	ktap_info("restarted %u times", broken);
	fixture_restart_vq(&x, VHU_RX);
	fixture_restart_vq(&x, VHU_TX);
	fixture_drain(&x, 2000);
	memset(x.tx.held, 0, x.tx.count * sizeof(*x.tx.held));
	fixture_tx(&x, 1, 40);
	mock_fd_drain(x.tx.ring->err_fd);
	fixture_tx(&x, 100, 40);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* SP13: header and frame change while they are read. */
static void stress_flip_header(struct stress *s)
{
	struct mock_io *io = &s->x->tx;
	__u8 *p = mock_io_ptr(io, rng_below(&s->rng, io->count));

	p[rng_below(&s->rng, 40)] = rng_next(&s->rng);
}

KTAP_TEST(stress_headers, KTAP_LONG, net_layouts, "stress_SP13_flip_headers")
{
	__s64 end = mock_msecs() + STRESS_MSECS;
	struct stress s;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	stress_start(&s, &x, stress_flip_header);
	while (mock_msecs() < end) {
		for (i = 0; i < x.tx.count; i++)
			ktap_ok(mock_tx_post(&x.tx, i, 1000, NULL));
		mock_ring_submit(x.tx.ring);
		fixture_tx_reap(&x);
	}
	stress_stop(&s);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* The guest writes where only the device writes, which decides on kicks. */
static void stress_flip_events(struct stress *s)
{
	unsigned int i;

	for (i = 0; i < VHU_NVQS; i++) {
		struct mock_ring *r = &s->x->n.ring[i];
		volatile __u16 *p = guest_ptr(r->mem, r->device_addr);

		*p = rng_next(&s->rng) & 1;
		if (r->packed)
			p[1] = rng_next(&s->rng) & 3;
		mock_ring_kick(r);
	}
}

/* A device whose notifications turn out to be on when they must be off. */
KTAP_TEST(defect_3_4_6, KTAP_LONG, net_layouts, "defect_3_4_6_flip_events")
{
	struct stress s;
	struct fixture x;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	stress_start(&s, &x, stress_flip_events);
	fixture_tx(&x, 1, 300);
	fixture_rx(&x, 1, 300);
	stress_stop(&s);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
	ktap_eq(mock_fd_drain(x.rx.ring->err_fd), 0);
}

/* SP18, PK11: interrupts are asked for at impossible places. */
static void stress_flip_driver_event(struct stress *s)
{
	unsigned int i;

	for (i = 0; i < VHU_NVQS; i++) {
		struct mock_ring *r = &s->x->n.ring[i];

		if (r->packed) {
			r->driver_event->off_wrap = rng_next(&s->rng);
			r->driver_event->flags = rng_next(&s->rng);
		} else {
			r->avail->ring[r->cfg.num] = rng_next(&s->rng);
			r->avail->flags = rng_next(&s->rng);
		}
	}
}

KTAP_TEST(stress_driver_event, KTAP_LONG, net_layouts,
	  "stress_SP18_PK11_driver_event")
{
	__s64 end = mock_msecs() + STRESS_MSECS / 2;
	struct stress s;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	stress_start(&s, &x, stress_flip_driver_event);
	while (mock_msecs() < end) {
		for (i = 0; i < 32; i++)
			ktap_ok(mock_tx_post(&x.tx, i, 100, NULL));
		mock_ring_publish(x.tx.ring);
		mock_ring_kick(x.tx.ring);
		while (x.tx.ring->ninflight)
			ktap_ok(mock_tx_reap(&x.tx));
	}
	stress_stop(&s);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
}

/* A packed ring whose slots are available again before they are used. */
static void stress_relap(struct stress *s)
{
	struct mock_ring *r = s->x->tx.ring;
	__u16 flags = s->relaps++ & 1 ? MOCK_DESC_AVAIL : MOCK_DESC_USED;
	unsigned int i;

	for (i = 0; i < r->cfg.num; i++)
		__atomic_store_n(&r->pdesc[i].flags, flags, __ATOMIC_RELEASE);
	mock_ring_kick(r);
}

static const struct ktap_variant stress_packed[] = {
	{ "packed", &combo_packed },
	{ "packed_inorder", &combo_packed_in_order },
	{ }
};

/* PK7, PK14: nothing beyond the ring is written, and the stop comes through. */
KTAP_TEST(stress_packed_relap, KTAP_LONG, stress_packed, "stress_PK7_relap")
{
	__s64 end = mock_msecs() + STRESS_MSECS;
	struct stress s;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	for (i = 0; i < x.n.cfg.num; i++) {
		x.tx.ring->pdesc[i].addr = mock_io_addr(&x.tx, i);
		x.tx.ring->pdesc[i].len = x.n.hdr_len + (i & 1 ? 60 : 5);
	}
	memset(mock_io_ptr(&x.tx, 0), 0, 2048 * x.tx.count);
	stress_start(&s, &x, stress_relap);
	while (mock_msecs() < end) {
		if (mock_fd_wait(x.tx.ring->err_fd, 20) &&
		    mock_fd_drain(x.tx.ring->err_fd))
			fixture_restart_vq(&x, VHU_TX);
		for (i = 0; i < x.n.cfg.num; i++) {
			x.tx.ring->pdesc[i].addr = mock_io_addr(&x.tx, i);
			x.tx.ring->pdesc[i].len = x.n.hdr_len + 60;
		}
	}
	stress_stop(&s);
	fixture_restart_vq(&x, VHU_TX);
	mock_fd_drain(x.tx.ring->err_fd);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* A split tx ring that is full again as soon as it is not. */
static void stress_endless(struct stress *s)
{
	struct mock_ring *r = s->x->tx.ring;
	__u16 used = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);

	__atomic_store_n(&r->avail->idx, (__u16)(used + r->cfg.num),
			 __ATOMIC_RELEASE);
	if (rng_one_in(&s->rng, 16))
		mock_ring_kick(r);
}

/* All entries lead to one buffer, with a frame of @len bytes. */
static void stress_fill_endless(struct fixture *x, unsigned int len)
{
	struct mock_ring *r = x->tx.ring;
	unsigned int i;

	memset(mock_io_ptr(&x->tx, 0), 0, x->n.hdr_len);
	frame_fill(mock_io_ptr(&x->tx, 0) + x->n.hdr_len, 1500, 1);
	for (i = 0; i < r->cfg.num; i++) {
		r->desc[i].addr = mock_io_addr(&x->tx, 0);
		r->desc[i].len = x->n.hdr_len + len;
		r->desc[i].flags = 0;
		r->avail->ring[i] = i;
	}
}

static void stress_starve(const struct combo *c, unsigned int len)
{
	struct mock_net_cfg cfg;
	struct fixture x;
	struct stress s;
	unsigned int i;

	fixture_cfg(&cfg, c);
	cfg.num = 1024;
	cfg.table_max = 1;
	cfg.mem_size = 32 << 20;
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 1));
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 2048, 256));
	ktap_ok(mock_net_start(&x.n, x.tap));
	mock_rx_fill(&x.rx);
	stress_fill_endless(&x, len);
	close(x.pkt);
	stress_start(&s, &x, stress_endless);
	usleep(50 * 1000);
	/* The other queue has the same worker and must get its turn. */
	x.pkt = ktap_ok(packet_open(FIXTURE_TAP, false));
	for (i = 0; i < 6; i++)
		fixture_rx(&x, 100 * i, 20);
	stress_stop(&s);
	if (fixture_is_myvhost(&x))
		ktap_check(fixture_counter(&x, VHU_TX, MYVHOST_CNT_BUDGET),
			   "the budget was never used up");
	/* And the stop comes through while there is still work. */
	stress_start(&s, &x, stress_endless);
	usleep(20 * 1000);
	ktap_ok(mock_net_stop(&x.n));
	stress_stop(&s);
}

/* HO10, CVE-2019-3900: endless good frames. */
KTAP_TEST(stress_starve_good, KTAP_LONG, net_split, "stress_HO10_tx")
{
	stress_starve(arg, 60);
}

/* HO10: endless frames that are dropped. */
KTAP_TEST(stress_starve_short, KTAP_LONG, net_split, "stress_HO10_tx_discard")
{
	stress_starve(arg, 5);
}

static void stress_flood(struct stress *s)
{
	static const __u8 frame[1000] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	ssize_t r = write(s->x->pkt, frame, sizeof(frame));

	(void)r;
}

/* HO10: endless frames from outside that fit in no buffer. */
KTAP_TEST(stress_starve_rx, KTAP_LONG, net_layouts, "stress_HO10_rx_discard")
{
	struct combo c = *(const struct combo *)arg;
	struct mock_net_cfg cfg;
	struct fixture x;
	struct stress s;

	c.f[0] &= ~VHU_MRG_RXBUF;
	fixture_cfg(&cfg, &c);
	fixture_open(&x, &cfg);
	ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
	ktap_ok(mock_io_init(&x.rx, &x.n, VHU_RX, 128, 64));
	ktap_ok(mock_net_start(&x.n, x.tap));
	mock_rx_fill(&x.rx);
	stress_start(&s, &x, stress_flood);
	usleep(50 * 1000);
	fixture_tx(&x, 1, 200);
	stress_stop(&s);
	if (fixture_is_myvhost(&x))
		ktap_check(fixture_counter(&x, VHU_RX, MYVHOST_CNT_DROP_BUFFER),
			   "nothing was dropped");
}

/* HO13: rx buffers that are the rings themselves. */
KTAP_TEST(stress_overlap, KTAP_LONG, net_layouts, "stress_HO13_overlap")
{
	struct mock_seg seg;
	struct fixture x;
	__u8 frame[1400];
	unsigned int i, vq;

	fixture_start(&x, arg);
	frame_fill(frame, sizeof(frame), 1);
	for (i = 0; i < 30; i++) {
		for (vq = 0; vq < VHU_NVQS; vq++)
			if (mock_fd_drain(x.n.ring[vq].err_fd))
				fixture_restart_vq(&x, vq);
		seg.addr = x.n.ring[i & 1].desc_addr + i / 2 % 3 * 4096;
		seg.len = 4096;
		seg.write = true;
		if (mock_ring_add(x.rx.ring, &seg, 1, false, 0))
			fixture_restart_vq(&x, VHU_RX);
		mock_ring_publish(x.rx.ring);
		mock_ring_kick(x.rx.ring);
		ktap_eq(write(x.pkt, frame, sizeof(frame)),
			(int)sizeof(frame));
		mock_ring_kick(x.tx.ring);
		usleep(2000);
	}
	ktap_ok(mock_net_stop(&x.n));
	for (vq = 0; vq < VHU_NVQS; vq++) {
		mock_fd_drain(x.n.ring[vq].err_fd);
		fixture_restart_vq(&x, vq);
	}
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}

/* A guest that breaks the protocol in a loop does not fill the kernel log. */
KTAP_TEST(stress_log_spam, KTAP_LONG, net_layouts, "stress_log_spam")
{
	struct fixture x;
	unsigned int i, lines = 0;
	char buf[8192];
	int fd;

	fixture_start(&x, arg);
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (fd < 0 || lseek(fd, 0, SEEK_END))
		ktap_skip("/dev/kmsg: %s", strerror(errno));
	for (i = 0; i < 200; i++) {
		struct mock_seg seg = { 0x1000, 100, false };

		ktap_ok(mock_ring_add(x.tx.ring, &seg, 1, false, 0));
		mock_ring_submit(x.tx.ring);
		if (!mock_fd_wait(x.tx.ring->err_fd, FIXTURE_WAIT))
			ktap_fail("error %u was not reported", i);
		mock_fd_drain(x.tx.ring->err_fd);
		fixture_restart_vq(&x, VHU_TX);
	}
	while (read(fd, buf, sizeof(buf)) > 0)
		lines++;
	ktap_check(lines < 20, "%u lines in the kernel log", lines);
}
