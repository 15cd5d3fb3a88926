// SPDX-License-Identifier: GPL-2.0
/*
 * A back end that goes away under load: no descriptor is lost, nothing stalls.
 */
#include <pthread.h>

#include "net_fixture.h"

/**
 * struct gone_load - traffic in both directions by a thread of its own
 * @x: fixture
 * @thread: does it
 * @stop: set to end it
 * @sent: tx buffers given to the device
 * @back: used tx buffers
 * @error: rule that the device broke, or 0
 */
struct gone_load {
	struct fixture *x;
	pthread_t thread;
	bool stop;
	unsigned int sent;
	unsigned int back;
	int error;
};

static void gone_step(struct gone_load *l)
{
	struct mock_io *tx = &l->x->tx;
	__u8 frame[200] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	unsigned int i;
	int r;

	for (i = 0; i < tx->count; i++) {
		if (tx->held[i])
			continue;
		if (mock_tx_post(tx, i, 100 + i, NULL))
			break;
		l->sent++;
	}
	mock_ring_submit(tx->ring);
	r = mock_tx_reap(tx);
	if (r < 0)
		l->error = r;
	else
		l->back += r;
	/* Fails once the interface is gone, which is all right. */
	r = write(l->x->pkt, frame, sizeof(frame));
}

static void *gone_run(void *arg)
{
	struct gone_load *l = arg;

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE) && !l->error)
		gone_step(l);
	return NULL;
}

static void gone_load_start(struct gone_load *l, struct fixture *x)
{
	memset(l, 0, sizeof(*l));
	l->x = x;
	ktap_check(!pthread_create(&l->thread, NULL, gone_run, l), "thread");
}

static void gone_load_stop(struct gone_load *l)
{
	__atomic_store_n(&l->stop, true, __ATOMIC_RELEASE);
	pthread_join(l->thread, NULL);
	ktap_check(!l->error, "the device broke a rule: %d", l->error);
}

/*
 * Stop the queue.  Of all buffers that were given, those before the base have
 * come back, and those from there on the device has never touched.
 */
static void gone_account(struct fixture *x)
{
	unsigned int base;

	ktap_ok(vhost_set_backend(x->n.fd, VHU_TX, -1));
	ktap_ok(vhost_set_backend(x->n.fd, VHU_RX, -1));
	ktap_ok(mock_tx_reap(&x->tx));
	ktap_ok(vhost_get_base(x->n.fd, VHU_TX, &base));
	ktap_check(base == mock_ring_idle_base(x->tx.ring),
		   "base 0x%x, used up to 0x%x: %u buffers are lost", base,
		   mock_ring_idle_base(x->tx.ring), x->tx.ring->ninflight);
}

/* A new tap takes over; all buffers that are still there are sent. */
static void gone_revive(struct fixture *x)
{
	close(x->pkt);
	x->tap = ktap_ok(tap_open("tap1", x->n.tap_hdr_len, false));
	x->pkt = ktap_ok(packet_open("tap1", false));
	ktap_ok(mock_net_start(&x->n, x->tap));
	fixture_tx_reap(x);
	fixture_drain(x, 1000);
	fixture_tx(x, 5000, 60);
}

/* The interface is deleted in the middle of a batch. */
KTAP_TEST(gone_delete, KTAP_LONG, net_orders, "defect_3_4_3_deleted")
{
	struct gone_load l;
	struct fixture x;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	gone_load_start(&l, &x);
	usleep(100 * 1000);
	ktap_ok(link_cmd("link del " FIXTURE_TAP));
	usleep(100 * 1000);
	gone_load_stop(&l);
	ktap_check(l.back, "no traffic before the end");
	gone_account(&x);
	gone_revive(&x);
}

static void gone_open_mq(struct fixture *x, const struct combo *c, int *other)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	memset(x, 0, sizeof(*x));
	ktap_ok(mock_net_open(&x->n, &cfg));
	x->tap = ktap_ok(tap_open(FIXTURE_TAP, x->n.tap_hdr_len, true));
	*other = ktap_ok(tap_open(FIXTURE_TAP, x->n.tap_hdr_len, true));
	x->pkt = ktap_ok(packet_open(FIXTURE_TAP, false));
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, x->n.cfg.num));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, x->n.cfg.num));
	ktap_ok(mock_net_start(&x->n, x->tap));
	mock_rx_fill(&x->rx);
}

/*
 * The queue of a multi-queue tap is detached in the middle of a burst: sending
 * fails, and the burst's buffers must still come back.
 */
KTAP_TEST(gone_detach, KTAP_LONG, net_orders, "defect_3_4_3_detached_queue")
{
	struct gone_load l;
	struct fixture x;
	unsigned int i;
	int other;

	gone_open_mq(&x, arg, &other);
	gone_load_start(&l, &x);
	for (i = 0; i < 8; i++) {
		usleep(20 * 1000);
		ktap_ok(tap_attach_queue(x.tap, false));
		usleep(20 * 1000);
		ktap_ok(tap_attach_queue(x.tap, true));
		/* The tap does not say that it is back; a start does. */
		mock_ring_kick(x.tx.ring);
	}
	gone_load_stop(&l);
	ktap_check(l.back, "no traffic");
	gone_account(&x);
	ktap_ok(mock_net_start(&x.n, x.tap));
	fixture_tx_reap(&x);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
}

/*
 * A detached queue as a new back end: refused, or what is sent is dropped.  A
 * queue that works takes over without a loss.
 */
KTAP_TEST(gone_attach_detached, KTAP_LONG, net_layouts, "gone_attach_detached")
{
	struct fixture x;
	int other, r;

	gone_open_mq(&x, arg, &other);
	fixture_tx(&x, 1, 10);
	ktap_ok(tap_attach_queue(other, false));
	r = vhost_set_backend(x.n.fd, VHU_TX, other);
	if (!r) {
		ktap_ok(mock_tx_post(&x.tx, 0, 100, NULL));
		mock_ring_submit(x.tx.ring);
		usleep(20 * 1000);
		ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, x.tap));
		fixture_tx_reap(&x);
		fixture_drain(&x, 500);
	}
	fixture_tx(&x, 100, 10);
}

/* The interface goes down and up again. */
KTAP_TEST(gone_down_up, KTAP_LONG, net_layouts, "gone_down_up")
{
	struct gone_load l;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	gone_load_start(&l, &x);
	for (i = 0; i < 4; i++) {
		usleep(20 * 1000);
		ktap_ok(link_cmd("link set " FIXTURE_TAP " down"));
		usleep(20 * 1000);
		ktap_ok(link_cmd("link set " FIXTURE_TAP " up"));
	}
	gone_load_stop(&l);
	fixture_tx_reap(&x);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
}

/* The process's own descriptor of the tap is closed: the device keeps its. */
KTAP_TEST(gone_close, KTAP_LONG, net_layouts, "gone_close")
{
	struct fixture x;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 20);
	close(x.tap);
	fixture_tx(&x, 100, 20);
	fixture_rx(&x, 100, 20);
	ktap_ok(mock_net_stop(&x.n));
	ktap_check(link_index(FIXTURE_TAP) < 0,
		   "the interface outlives its last user");
}

/* Back ends swapped under load, packet socket included. */
KTAP_TEST(gone_swap, KTAP_LONG, net_layouts, "gone_swap")
{
	struct gone_load l;
	struct fixture x;
	unsigned int i;
	int tap[2];

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	tap[0] = x.tap;
	tap[1] = ktap_ok(tap_open("tap1", x.n.tap_hdr_len, false));
	gone_load_start(&l, &x);
	for (i = 0; i < 40; i++) {
		ktap_ok(vhost_set_backend(x.n.fd, VHU_TX, tap[~i & 1]));
		ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, tap[~i & 1]));
	}
	gone_load_stop(&l);
	fixture_tx_reap(&x);
	fixture_drain(&x, 5000);
	fixture_tx(&x, 1, 40);
	ktap_eq(mock_fd_drain(x.tx.ring->err_fd), 0);
}
